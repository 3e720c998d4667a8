"""The events of HTTP APIs, payload formats 1.0 and 2.0, by field and by the state of the request.

Both APIs have the stages `$default` and, with variables, `dev`, and the routes `GET /orders/{id}`,
`ANY /files/{proxy+}`, `GET /thing`, `GET /pets/{id}`, `ANY /pets/fixed`, `GET /pets/{proxy+}` and `$default`.
"""

import re
from collections.abc import Sequence

from tests.server.local_aws.api_gateway.events.table import (
    ABSENT,
    CDK_CORS,
    CDK_METHOD,
    DOC_CORS,
    DOC_HTTP,
    DOC_ROUTES,
    DOC_STAGES,
    DOTNET,
    MANTIL,
    MILLI,
    MINISTACK,
    NO_COOKIE,
    PART,
    POWERTOOLS,
    STAGED,
    STORACHA,
    UNCONFIRMED,
    VOKER_HTTP,
    VOKER_PATHS,
    EventRow,
    Header,
    Sent,
)

ID = re.compile(r"[A-Za-z0-9_-]{15}=")
TIME = re.compile(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000")
TRACE = re.compile(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}.*")
DOMAIN = re.compile(r"[a-z0-9]+\.execute-api\.ap-northeast-1\.amazonaws\.com")
LONG = "v" * 7_000


def path2(state: str, sent: str, decoded: str, source: str) -> EventRow:
    expected = {"rawPath": decoded, "requestContext.http.path": decoded}
    return EventRow("rawPath", state, Sent(sent), expected, source)


def query2(state: str, sent: str, parameters: object, source: str) -> EventRow:
    expected = {"rawQueryString": sent.removeprefix("?"), "queryStringParameters": parameters}
    return EventRow("queryStringParameters", state, Sent(f"/x{sent}"), expected, source)


def header2(state: str, sent: Sequence[Header], expected: dict[str, object], source: str) -> EventRow:
    return EventRow("headers", state, Sent("/x", headers=sent), expected, source)


def body2(
    state: str, kind: str | None, sent: bytes | None, text: object, encoded: bool, source: str
) -> EventRow:
    headers = [("Content-Type", kind)] if kind else []
    expected = {"body": text, "isBase64Encoded": encoded}
    return EventRow("body", f"{state}, {kind}", Sent("/x", "POST", headers, sent), expected, source)


def route2(state: str, sent: Sent, key: str, values: object, source: str) -> EventRow:
    expected = {"routeKey": key, "requestContext.routeKey": key, "pathParameters": values}
    return EventRow("routeKey", state, sent, expected, source)


TEXT = [
    *(
        body2("text", kind, b"a=1", "a=1", False, MINISTACK)
        for kind in (
            "text/plain",
            "text/csv",
            "text/javascript",
            "application/json",
            "application/xml",
            "application/javascript",
        )
    ),
    body2("text with a parameter", "application/json; charset=utf-8", b"{}", "{}", False, MINISTACK),
    body2("text, other case", "Application/JSON", b"{}", "{}", False, UNCONFIRMED),
    body2("text, non-ASCII", "application/json", '{"λ": 1}'.encode(), '{"λ": 1}', False, VOKER_HTTP),
    *(
        body2("binary", kind, b"a=1", "YT0x", True, MINISTACK)
        for kind in (
            None,
            "application/x-www-form-urlencoded",
            "application/octet-stream",
            "multipart/form-data; boundary=b",
            "application/vnd.api+json",
            "image/svg+xml",
            "image/png",
        )
    ),
    body2("text type, binary bytes", "text/plain", b"\xff\xfe", "//4=", True, UNCONFIRMED),
    body2("binary bytes", "image/png", b"\xff\x00", "/wA=", True, MINISTACK),
    body2("very long", "text/plain", b"x" * 200_000, "x" * 200_000, False, DOC_HTTP),
]
"""The body is the same in both formats, but for one that is not there."""

PATHS = [
    ("plain", "/plain", "/plain", VOKER_PATHS),
    ("encoded space", "/a%20b", "/a b", VOKER_HTTP),
    ("encoded slash", "/a%2Fb", "/a/b", VOKER_PATHS),
    ("encoded #", "/a%23b", "/a#b", VOKER_PATHS),
    ("encoded ?", "/a%3Fb", "/a", VOKER_PATHS),
    ("encoded ?, lower case", "/a%3fb/c", "/a", VOKER_PATHS),
    ("non-ASCII, encoded", "/%CE%BB-%E4%B8%96", "/λ-世", VOKER_PATHS),
    ("encoded twice, slash", "/a%252Fb", "/a/b", VOKER_PATHS),
    ("encoded twice, ?", "/a%253Fb", "/a?b", VOKER_PATHS),
    ("encoded twice, percent", "/a%2525b", "/a%b", VOKER_PATHS),
    ("encoded percent, cut short", "/a%25", "/a%", UNCONFIRMED),
    ("not UTF-8, encoded", "/%FF", "/\ufffd", UNCONFIRMED),
    ("plus", "/a+b", "/a+b", UNCONFIRMED),
    ("trailing slash", "/a/", "/a/", MANTIL),
    ("double slash", "/a//b", "/a//b", UNCONFIRMED),
    ("dot segments", "/a/../b", "/a/../b", UNCONFIRMED),
    ("root", "/", "/", DOC_HTTP),
    ("very long", f"/{LONG}", f"/{LONG}", UNCONFIRMED),
    ("named stage", "/dev/a%20b", "/dev/a b", POWERTOOLS),
    ("named stage, root", "/dev", "/dev", UNCONFIRMED),
    ("named stage, trailing slash", "/dev/", "/dev/", UNCONFIRMED),
    ("like a stage", "/devx/a", "/devx/a", DOC_ROUTES),
]
"""State, path as sent, as format 2.0 has it, source."""

V2 = [
    *(path2(*row) for row in PATHS),
    query2("absent", "", ABSENT, MANTIL),
    query2("empty", "?", ABSENT, UNCONFIRMED),
    query2("empty value", "?a=", {"a": ""}, VOKER_HTTP),
    query2("no =", "?a", {"a": ""}, UNCONFIRMED),
    query2("repeated", "?a=1&a=2&b=3", {"a": "1,2", "b": "3"}, VOKER_HTTP),
    query2("repeated, one empty", "?a=&a=2", {"a": ",2"}, UNCONFIRMED),
    query2("plus", "?a=b+c", {"a": "b c"}, VOKER_HTTP),
    query2("encoded plus", "?a=b%2Bc", {"a": "b+c"}, VOKER_HTTP),
    query2("encoded space", "?a=b%20c", {"a": "b c"}, DOTNET),
    query2("encoded #", "?a=C%23", {"a": "C#"}, DOTNET),
    query2("encoded URL", "?a=https%3A%2F%2Fb%2Fc", {"a": "https://b/c"}, VOKER_HTTP),
    query2("non-ASCII, encoded", "?%E3%81%82=%E3%81%84", {"あ": "い"}, UNCONFIRMED),
    query2("not UTF-8, encoded", "?a=%FF", {"a": "\ufffd"}, UNCONFIRMED),
    query2("commas", "?a=1,2", {"a": "1,2"}, DOC_HTTP),
    query2("semicolons", "?a=1;b=2", {"a": "1;b=2"}, UNCONFIRMED),
    query2("? in the value", "?a=b?c", {"a": "b?c"}, UNCONFIRMED),
    query2("very long", f"?a={LONG}", {"a": LONG}, UNCONFIRMED),
    header2("absent", [], {"headers.x-a": ABSENT, "cookies": ABSENT, "multiValueHeaders": ABSENT}, MANTIL),
    header2("empty", [("X-A", "")], {"headers.x-a": ""}, UNCONFIRMED),
    header2("repeated", [("X-A", "first"), ("X-A", "second")], {"headers.x-a": "first,second"}, VOKER_HTTP),
    header2("repeated, in two cases", [("X-A", "1"), ("x-a", "2")], {"headers.x-a": "1,2"}, DOTNET),
    header2("casing", [("CaSeD-HEADER", "Value2")], {"headers.cased-header": "Value2"}, DOTNET),
    header2("non-ASCII", [("X-A", "caf\u00e9")], {"headers.x-a": "caf\u00e9"}, UNCONFIRMED),
    header2("very long", [("X-A", LONG)], {"headers.x-a": LONG}, UNCONFIRMED),
    header2(
        "cookies",
        [("Cookie", "session=abc123; theme=dark")],
        {"cookies": ["session=abc123", "theme=dark"], "headers.cookie": ABSENT},
        NO_COOKIE,
    ),
    header2(
        "cookies, repeated",
        [("Cookie", "a=1"), ("cookie", "b=2; c=3")],
        {"cookies": ["a=1", "b=2", "c=3"], "headers.cookie": ABSENT},
        UNCONFIRMED,
    ),
    header2(
        "cookies with = and commas",
        [("Cookie", "a=b=c; d=1,2;e")],
        {"cookies": ["a=b=c", "d=1,2", "e"]},
        UNCONFIRMED,
    ),
    header2("cookies, empty", [("Cookie", "")], {"cookies": ABSENT, "headers.cookie": ABSENT}, UNCONFIRMED),
    header2("no body", [], {"headers.content-length": "0", "headers.content-type": ABSENT}, MANTIL),
    header2(
        "of the gateway",
        [],
        {
            "headers.x-forwarded-for": "127.0.0.1",
            "headers.x-forwarded-port": "443",
            "headers.x-forwarded-proto": "https",
            "headers.x-amzn-trace-id": TRACE,
            "headers.x-amzn-tls-version": ABSENT,
            "headers.connection": ABSENT,
        },
        VOKER_HTTP,
    ),
    header2(
        "of the gateway, from the client",
        [("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Proto", "http")],
        {"headers.x-forwarded-for": "192.0.2.1, 127.0.0.1", "headers.x-forwarded-proto": "https"},
        UNCONFIRMED,
    ),
    body2("absent", None, None, ABSENT, False, MANTIL),
    body2("empty", "text/plain", b"", ABSENT, False, UNCONFIRMED),
    *TEXT,
    EventRow(
        "body",
        "length",
        Sent("/x", "POST", [("Content-Type", "text/plain")], b"abc"),
        {"headers.content-length": "3", "headers.content-type": "text/plain"},
        VOKER_HTTP,
    ),
    route2("$default", Sent("/other/x", "POST"), "$default", ABSENT, VOKER_HTTP),
    route2("no method for the path", Sent("/thing", "POST"), "$default", ABSENT, DOC_ROUTES),
    route2("path", Sent("/thing"), "GET /thing", ABSENT, DOC_ROUTES),
    route2("trailing slash", Sent("/thing/"), "$default", ABSENT, STORACHA),
    route2("case", Sent("/Thing"), "$default", ABSENT, UNCONFIRMED),
    route2("variable", Sent("/orders/5"), "GET /orders/{id}", {"id": "5"}, DOC_ROUTES),
    route2("variable, encoded", Sent("/orders/a%20b"), "GET /orders/{id}", {"id": "a b"}, DOTNET),
    route2("variable, emoji", Sent("/orders/%F0%9F%98%8A"), "GET /orders/{id}", {"id": "😊"}, DOTNET),
    route2("variable, encoded slash", Sent("/orders/a%2Fb"), "GET /orders/{id}", {"id": "a/b"}, UNCONFIRMED),
    route2("variable, empty", Sent("/orders/"), "$default", ABSENT, UNCONFIRMED),
    route2("variable, trailing slash", Sent("/orders/5/"), "$default", ABSENT, STORACHA),
    route2("variable, named stage", Sent("/dev/orders/5"), "GET /orders/{id}", {"id": "5"}, DOC_STAGES),
    route2("greedy", Sent("/files/a/b"), "ANY /files/{proxy+}", {"proxy": "a/b"}, DOC_ROUTES),
    route2("greedy, encoded", Sent("/files/a%20b/c"), "ANY /files/{proxy+}", {"proxy": "a b/c"}, DOC_ROUTES),
    route2("greedy, empty", Sent("/files/"), "ANY /files/{proxy+}", {"proxy": ""}, MANTIL),
    route2("greedy, nothing", Sent("/files"), "$default", ABSENT, STORACHA),
    route2("greedy, trailing slash", Sent("/files/a/"), "ANY /files/{proxy+}", {"proxy": "a/"}, UNCONFIRMED),
    route2(
        "greedy, double slash", Sent("/files/a//b"), "ANY /files/{proxy+}", {"proxy": "a//b"}, UNCONFIRMED
    ),
    route2("ANY", Sent("/files/a", "DELETE"), "ANY /files/{proxy+}", {"proxy": "a"}, DOC_ROUTES),
    route2("fixed before variable", Sent("/pets/fixed"), "ANY /pets/fixed", ABSENT, DOC_ROUTES),
    route2("variable before greedy", Sent("/pets/1"), "GET /pets/{id}", {"id": "1"}, DOC_ROUTES),
    route2("greedy for more parts", Sent("/pets/1/2"), "GET /pets/{proxy+}", {"proxy": "1/2"}, DOC_ROUTES),
    *(
        EventRow(
            "method",
            method,
            Sent("/x", method),
            {"requestContext.http.method": method, "version": "2.0"},
            DOC_HTTP,
        )
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    ),
    EventRow("stageVariables", "absent", Sent("/x"), {"stageVariables": ABSENT}, MANTIL),
    EventRow(
        "stageVariables",
        "named stage",
        Sent("/dev/x"),
        {"stageVariables": {"name": "value"}, "requestContext.stage": "dev"},
        DOC_STAGES,
    ),
    EventRow(
        "requestContext",
        "$default",
        Sent("/x", headers=[("User-Agent", "tester/1")]),
        {
            "requestContext.accountId": "123456789012",
            "requestContext.apiId": re.compile(r"[a-z0-9]+"),
            "requestContext.domainName": DOMAIN,
            "requestContext.domainPrefix": re.compile(r"[a-z0-9]+"),
            "requestContext.http.protocol": "HTTP/1.1",
            "requestContext.http.sourceIp": "127.0.0.1",
            "requestContext.http.userAgent": "tester/1",
            "requestContext.requestId": ID,
            "requestContext.stage": "$default",
            "requestContext.time": TIME,
            "requestContext.authorizer": ABSENT,
            "requestContext.authentication": ABSENT,
        },
        MANTIL,
    ),
]


def path1(state: str, sent: str, source: str) -> EventRow:
    """Format 1.0 has the path as it was sent."""
    return EventRow("path", state, Sent(sent), {"path": sent, "requestContext.path": sent}, source)


V1 = [
    path1("plain", "/plain", MANTIL),
    path1("encoded space", "/a%20b", DOTNET),
    path1("non-ASCII, encoded", "/%E2%98%95", DOTNET),
    path1("encoded slash", "/a%2Fb", UNCONFIRMED),
    path1("encoded percent, cut short", "/a%25b", UNCONFIRMED),
    path1("trailing slash", "/files/", MANTIL),
    path1("double slash", "/a//b", UNCONFIRMED),
    path1("very long", f"/{LONG}", UNCONFIRMED),
    path1("named stage", "/dev/a", STAGED),
    EventRow(
        "pathParameters",
        "greedy, empty",
        Sent("/files/", "POST"),
        {
            "pathParameters": {"proxy": ""},
            "resource": "/files/{proxy+}",
            "requestContext.resourceId": "ANY /files/{proxy+}",
            "requestContext.resourcePath": "/files/{proxy+}",
        },
        MANTIL,
    ),
    EventRow(
        "pathParameters",
        "encoded",
        Sent("/orders/%E2%98%95%20Coffee"),
        {"pathParameters": {"id": "☕ Coffee"}, "path": "/orders/%E2%98%95%20Coffee"},
        DOTNET,
    ),
    EventRow("pathParameters", "absent", Sent("/thing"), {"pathParameters": None}, STAGED),
    EventRow(
        "queryStringParameters",
        "absent",
        Sent("/x"),
        {"queryStringParameters": None, "multiValueQueryStringParameters": None},
        MANTIL,
    ),
    EventRow(
        "queryStringParameters",
        "repeated",
        Sent("/x?a=1&a=2&b=C%23+d"),
        {
            "queryStringParameters": {"a": "2", "b": "C# d"},
            "multiValueQueryStringParameters": {"a": ["1", "2"], "b": ["C# d"]},
        },
        DOTNET,
    ),
    EventRow(
        "queryStringParameters",
        "empty value",
        Sent("/x?a=&b"),
        {"queryStringParameters": {"a": "", "b": ""}},
        UNCONFIRMED,
    ),
    EventRow(
        "headers",
        "repeated",
        Sent("/x", headers=[("X-A", "first"), ("X-A", "second")]),
        {"headers.X-A": "second", "multiValueHeaders.X-A": ["first", "second"]},
        DOC_HTTP,
    ),
    EventRow(
        "headers",
        "casing",
        Sent("/x", "POST", [("content-type", "text/plain"), ("user-agent", "me"), ("accept", "*/*")], b"x"),
        {
            "headers.Content-Type": "text/plain",
            "headers.Content-Length": "1",
            "headers.User-Agent": "me",
            "headers.accept": "*/*",
            "multiValueHeaders.accept": ["*/*"],
        },
        STAGED,
    ),
    EventRow("headers", "no body", Sent("/x"), {"headers.Content-Length": "0"}, MANTIL),
    EventRow(
        "headers",
        "cookies",
        Sent("/x", headers=[("Cookie", "a=1; b=2")]),
        {"headers.Cookie": "a=1; b=2", "cookies": ABSENT},
        DOTNET,
    ),
    EventRow(
        "headers",
        "of the gateway",
        Sent("/x"),
        {
            "headers.X-Forwarded-For": "127.0.0.1",
            "headers.X-Forwarded-Port": "443",
            "headers.X-Forwarded-Proto": "https",
            "headers.X-Amzn-Trace-Id": TRACE,
        },
        MILLI,
    ),
    EventRow("body", "absent", Sent("/x"), {"body": None, "isBase64Encoded": False}, MANTIL),
    *TEXT,
    *(
        EventRow("httpMethod", method, Sent("/x", method), {"httpMethod": method, "version": "1.0"}, DOC_HTTP)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    ),
    EventRow("stageVariables", "absent", Sent("/x"), {"stageVariables": None}, MANTIL),
    EventRow(
        "stageVariables", "named stage", Sent("/dev/x"), {"stageVariables": {"name": "value"}}, DOC_STAGES
    ),
    EventRow(
        "requestContext",
        "$default",
        Sent("/x", headers=[("User-Agent", "tester/1")]),
        {
            "resource": "$default",
            "requestContext.accountId": "123456789012",
            "requestContext.domainName": DOMAIN,
            "requestContext.deploymentId": ABSENT,
            "requestContext.extendedRequestId": ID,
            "requestContext.httpMethod": "GET",
            "requestContext.identity.accessKey": None,
            "requestContext.identity.cognitoAmr": None,
            "requestContext.identity.sourceIp": "127.0.0.1",
            "requestContext.identity.userAgent": "tester/1",
            "requestContext.protocol": "HTTP/1.1",
            "requestContext.requestId": ID,
            "requestContext.requestTime": TIME,
            "requestContext.resourceId": "$default",
            "requestContext.stage": "$default",
            "requestContext.authorizer": ABSENT,
        },
        MANTIL,
    ),
]

REFUSED = [
    ("an escape that is none, behind one", Sent("/percent%25done"), 400, "Bad Request", VOKER_PATHS),
    ("an escape that is none", Sent("/percent%zz"), 400, "Bad Request", UNCONFIRMED),
    (
        "headers of more than 10,240 bytes",
        Sent("/x", headers=[("X-A", "v" * 10_240)]),
        431,
        None,
        UNCONFIRMED,
    ),
]
"""What is not routed: what it is, the request, the status, the message, the source."""

KEYS = [
    ("$default", True, DOC_ROUTES),
    ("GET /", True, DOC_ROUTES),
    ("GET /a", True, DOC_ROUTES),
    ("ANY /{proxy+}", True, DOC_ROUTES),
    ("PATCH /a/{b}/c/{d}", True, DOC_ROUTES),
    ("GET /a.b/c-d_e/{f:int}", True, DOTNET),
    ("HEAD /a", True, UNCONFIRMED),
    ("GET /a/", False, STORACHA),
    ("GET a", False, DOC_ROUTES),
    ("/a", False, DOC_ROUTES),
    ("GET", False, DOC_ROUTES),
    ("", False, DOC_ROUTES),
    (" /a", False, DOC_ROUTES),
    ("get /a", False, UNCONFIRMED),
    ("FETCH /a", False, DOC_ROUTES),
    ("GET  /a", False, UNCONFIRMED),
    ("GET /a/{proxy+}/b", False, DOC_ROUTES),
    ("GET /a/{b}.json", False, PART),
    ("GET /a/{b}/{b}", False, UNCONFIRMED),
    ("GET /a//b", False, UNCONFIRMED),
    ("GET /a/{}", False, UNCONFIRMED),
    ("GET /a?b=c", False, UNCONFIRMED),
    ("GET /a b", False, UNCONFIRMED),
    ("$connect", False, DOC_ROUTES),
]
"""Keys of routes: the key, whether CreateRoute takes it, the source."""

CORS = [
    ("any origin", {"AllowOrigins": ["*"]}, True, DOC_CORS),
    ("credentials from any origin", {"AllowOrigins": ["*"], "AllowCredentials": True}, False, CDK_CORS),
    (
        "credentials from any origin among others",
        {"AllowOrigins": ["https://a.example", "*"], "AllowCredentials": True},
        False,
        UNCONFIRMED,
    ),
    ("no credentials", {"AllowOrigins": ["*"], "AllowCredentials": False}, True, DOC_CORS),
    ("credentials", {"AllowOrigins": ["https://a.example"], "AllowCredentials": True}, True, CDK_CORS),
    ("credentials from any host", {"AllowOrigins": ["https://*"], "AllowCredentials": True}, True, DOC_CORS),
    ("any method", {"AllowOrigins": ["*"], "AllowMethods": ["*"]}, True, DOC_CORS),
    ("the method ANY", {"AllowOrigins": ["*"], "AllowMethods": ["ANY"]}, False, CDK_METHOD),
]
"""CORS configurations: what it is, the configuration, whether CreateApi takes it, the source."""
