"""The event of a REST API (payload format 1.0), by field and by the state of the request.

The stage `prod` has no variables, `vars` has some. Resources: `/{proxy+}`, `/orders/{id}`, `/fixed`. The API
is regional, with the binary media types `image/*` and `application/octet-stream`.
"""

import re

from tests.server.local_aws.api_gateway.events.table import (
    ABSENT,
    DOC_BINARY,
    DOC_REST,
    LOCALSTACK,
    MINISTACK_REST,
    UNCONFIRMED,
    VOKER_PATHS,
    VOKER_REST,
    EventRow,
    Sent,
)

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
EXTENDED = re.compile(r"[A-Za-z0-9_-]{15}=")
TIME = re.compile(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000")
TRACE = re.compile(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}.*")
LONG = "v" * 7_000


def path(state: str, sent: str, event: str, value: str, context: str, source: str) -> EventRow:
    """A path below `/{proxy+}`."""
    expected = {"path": event, "pathParameters.proxy": value, "requestContext.path": context}
    return EventRow("path", state, Sent(sent), expected, source)


def query(state: str, sent: str, single: object, multiple: object, source: str) -> EventRow:
    expected = {"queryStringParameters": single, "multiValueQueryStringParameters": multiple}
    return EventRow("queryStringParameters", state, Sent(f"/prod/x{sent}"), expected, source)


def body(
    state: str, kind: str | None, sent: bytes | None, text: object, encoded: bool, source: str
) -> EventRow:
    headers = [("Content-Type", kind)] if kind else []
    return EventRow(
        "body",
        f"{state}, {kind}",
        Sent("/prod/x", "POST", headers, sent),
        {"body": text, "isBase64Encoded": encoded},
        source,
    )


ROWS = [
    # path, pathParameters, requestContext.path
    path("plain", "/prod/a/b", "/a/b", "a/b", "/prod/a/b", LOCALSTACK),
    path("encoded space", "/prod/a%20b", "/a%20b", "a%20b", "/prod/a%20b", VOKER_REST),
    path("encoded plus", "/prod/a%2Bb@c", "/a%2Bb@c", "a%2Bb@c", "/prod/a%2Bb@c", LOCALSTACK),
    path("plus", "/prod/a+b@c", "/a+b@c", "a+b@c", "/prod/a+b@c", LOCALSTACK),
    path("encoded slash", "/prod/a%2Fb", "/a%2Fb", "a%2Fb", "/prod/a%2Fb", VOKER_PATHS),
    path("encoded ?", "/prod/a%3Fb", "/a%3Fb", "a%3Fb", "/prod/a%3Fb", VOKER_PATHS),
    path("encoded #", "/prod/a%23b", "/a%23b", "a%23b", "/prod/a%23b", VOKER_PATHS),
    path("encoded percent", "/prod/a%25done", "/a%25done", "a%25done", "/prod/a%25done", VOKER_PATHS),
    path("encoded twice", "/prod/a%252Fb", "/a%252Fb", "a%252Fb", "/prod/a%252Fb", VOKER_PATHS),
    path("non-ASCII, encoded", "/prod/%CE%BB", "/%CE%BB", "%CE%BB", "/prod/%CE%BB", VOKER_PATHS),
    path("not UTF-8, encoded", "/prod/%FF", "/%FF", "%FF", "/prod/%FF", UNCONFIRMED),
    path("no escape after %", "/prod/a%zz", "/a%zz", "a%zz", "/prod/a%zz", UNCONFIRMED),
    path("trailing slash", "/prod/a/", "/a/", "a", "/prod/a/", LOCALSTACK),
    path("double slash", "/prod/a//b", "/a//b", "a//b", "/prod/a//b", LOCALSTACK),
    path("slashes before the path", "/prod//a", "/a", "a", "/prod//a", LOCALSTACK),
    path("slashes before the stage", "//prod/a", "/a", "a", "/prod/a", LOCALSTACK),
    path("dot segments", "/prod/a/../b", "/a/../b", "a/../b", "/prod/a/../b", UNCONFIRMED),
    path("very long", f"/prod/{LONG}", f"/{LONG}", LONG, f"/prod/{LONG}", UNCONFIRMED),
    path("named stage", "/vars/a", "/a", "a", "/vars/a", DOC_REST),
    EventRow(
        "pathParameters",
        "encoded, one part",
        Sent("/prod/orders/a%20b%2Fc"),
        {"resource": "/orders/{id}", "pathParameters": {"id": "a%20b%2Fc"}, "path": "/orders/a%20b%2Fc"},
        LOCALSTACK,
    ),
    EventRow(
        "pathParameters",
        "trailing slash, one part",
        Sent("/prod/orders/5/"),
        {"resource": "/orders/{id}", "pathParameters": {"id": "5"}, "path": "/orders/5/"},
        LOCALSTACK,
    ),
    EventRow(
        "pathParameters",
        "absent",
        Sent("/prod/fixed"),
        {"resource": "/fixed", "pathParameters": None, "requestContext.resourcePath": "/fixed"},
        LOCALSTACK,
    ),
    EventRow(
        "resource",
        "fixed before greedy",
        Sent("/prod//fixed"),
        {"resource": "/fixed", "path": "/fixed", "requestContext.path": "/prod//fixed"},
        LOCALSTACK,
    ),
    EventRow(
        "resource",
        "greedy where the variable has more parts",
        Sent("/prod/orders/5/6"),
        {"resource": "/{proxy+}", "pathParameters": {"proxy": "orders/5/6"}},
        DOC_REST,
    ),
    # queryStringParameters, multiValueQueryStringParameters
    query("absent", "", None, None, LOCALSTACK),
    query("empty", "?", None, None, UNCONFIRMED),
    query("empty value", "?a=", {"a": ""}, {"a": [""]}, VOKER_REST),
    query("no =", "?a", {"a": ""}, {"a": [""]}, UNCONFIRMED),
    query("no key", "?=a", {"": "a"}, {"": ["a"]}, UNCONFIRMED),
    query("only &", "?&&a=1&", {"a": "1"}, {"a": ["1"]}, UNCONFIRMED),
    query("repeated", "?a=1&a=2&b=3", {"a": "2", "b": "3"}, {"a": ["1", "2"], "b": ["3"]}, LOCALSTACK),
    query("repeated, in two cases", "?a=1&A=2", {"a": "1", "A": "2"}, {"a": ["1"], "A": ["2"]}, UNCONFIRMED),
    query("plus", "?a=b+c", {"a": "b c"}, {"a": ["b c"]}, VOKER_REST),
    query("encoded plus", "?a=b%2Bc", {"a": "b+c"}, {"a": ["b+c"]}, VOKER_REST),
    query("encoded space", "?a=b%20c", {"a": "b c"}, {"a": ["b c"]}, LOCALSTACK),
    query("encoded & and =", "?a=b%26c%3Dd", {"a": "b&c=d"}, {"a": ["b&c=d"]}, DOC_REST),
    query("= in the value", "?a=b=c", {"a": "b=c"}, {"a": ["b=c"]}, UNCONFIRMED),
    query("slashes", "?a=https://b/c", {"a": "https://b/c"}, {"a": ["https://b/c"]}, LOCALSTACK),
    query("non-ASCII, encoded", "?%E3%81%82=%E3%81%84", {"あ": "い"}, {"あ": ["い"]}, UNCONFIRMED),
    query("not UTF-8, encoded", "?a=%FF", {"a": "\ufffd"}, {"a": ["\ufffd"]}, UNCONFIRMED),
    query("commas", "?a=1,2", {"a": "1,2"}, {"a": ["1,2"]}, UNCONFIRMED),
    query("semicolons", "?a=1;b=2", {"a": "1;b=2"}, {"a": ["1;b=2"]}, UNCONFIRMED),
    query("very long", f"?a={LONG}", {"a": LONG}, {"a": [LONG]}, UNCONFIRMED),
    # headers, multiValueHeaders
    EventRow(
        "headers", "absent", Sent("/prod/x"), {"headers.X-A": ABSENT, "headers.Cookie": ABSENT}, LOCALSTACK
    ),
    EventRow(
        "headers",
        "empty",
        Sent("/prod/x", headers=[("X-A", "")]),
        {"headers.X-A": "", "multiValueHeaders.X-A": [""]},
        UNCONFIRMED,
    ),
    EventRow(
        "headers",
        "repeated",
        Sent("/prod/x", headers=[("X-A", "first"), ("X-A", "second")]),
        {"headers.X-A": "second", "multiValueHeaders.X-A": ["first", "second"]},
        VOKER_REST,
    ),
    EventRow(
        "headers",
        "repeated, in two cases",
        Sent("/prod/x", headers=[("X-A", "first"), ("x-a", "second")]),
        {"headers.X-A": "second", "headers.x-a": ABSENT, "multiValueHeaders.X-A": ["first", "second"]},
        UNCONFIRMED,
    ),
    EventRow(
        "headers",
        "casing",
        Sent("/prod/x", headers=[("tEsT-HEADeR", "aValUE"), ("user-Agent", "me"), ("authorization", "a")]),
        {
            "headers.tEsT-HEADeR": "aValUE",
            "headers.User-Agent": "me",
            "headers.user-Agent": ABSENT,
            "headers.authorization": "a",
            "requestContext.identity.userAgent": "me",
        },
        VOKER_REST,
    ),
    EventRow(
        "headers",
        "commas",
        Sent("/prod/x", headers=[("X-A", "1, 2")]),
        {"headers.X-A": "1, 2", "multiValueHeaders.X-A": ["1, 2"]},
        UNCONFIRMED,
    ),
    EventRow(
        "headers",
        "non-ASCII",
        Sent("/prod/x", headers=[("X-A", "caf\u00e9")]),
        {"headers.X-A": "caf\u00e9"},
        UNCONFIRMED,
    ),
    EventRow(
        "headers", "very long", Sent("/prod/x", headers=[("X-A", LONG)]), {"headers.X-A": LONG}, UNCONFIRMED
    ),
    EventRow(
        "headers",
        "cookies",
        Sent("/prod/x", headers=[("Cookie", "session=abc123; theme=dark")]),
        {"headers.Cookie": "session=abc123; theme=dark", "cookies": ABSENT},
        VOKER_REST,
    ),
    EventRow(
        "headers",
        "of the connection",
        Sent("/prod/x", "POST", [("Connection", "keep-alive"), ("Content-Type", "text/plain")], b"x"),
        {
            "headers.Connection": ABSENT,
            "headers.Content-Length": ABSENT,
            "headers.Content-Type": "text/plain",
        },
        LOCALSTACK,
    ),
    EventRow(
        "headers",
        "of the gateway",
        Sent("/prod/x"),
        {
            "headers.X-Forwarded-For": "127.0.0.1",
            "headers.X-Forwarded-Port": "443",
            "headers.X-Forwarded-Proto": "https",
            "headers.X-Amzn-Trace-Id": TRACE,
        },
        VOKER_REST,
    ),
    EventRow(
        "headers",
        "of the gateway, from the client",
        Sent(
            "/prod/x",
            headers=[
                ("x-forwarded-for", "192.0.2.1"),
                ("x-forwarded-proto", "http"),
                ("X-Amzn-Trace-Id", "Root=1-0-0"),
            ],
        ),
        {
            "headers.X-Forwarded-For": "192.0.2.1, 127.0.0.1",
            "headers.x-forwarded-for": ABSENT,
            "headers.X-Forwarded-Proto": "https",
            "headers.X-Amzn-Trace-Id": TRACE,
        },
        UNCONFIRMED,
    ),
    # body, isBase64Encoded
    body("absent", None, None, None, False, LOCALSTACK),
    body("empty", "text/plain", b"", None, False, UNCONFIRMED),
    body("text", "application/json", '{"λ": 1}'.encode(), '{"λ": 1}', False, VOKER_REST),
    body("form", "application/x-www-form-urlencoded", b"a=1&b=2", "a=1&b=2", False, DOC_REST),
    body("binary type", "image/png", b"\xff\x00", "/wA=", True, MINISTACK_REST),
    body("binary type", "application/octet-stream", b"abc", "YWJj", True, MINISTACK_REST),
    body("binary type, other case", "IMAGE/PNG", b"abc", "YWJj", True, UNCONFIRMED),
    body("binary type with a parameter", "image/png; a=b", b"abc", "YWJj", True, UNCONFIRMED),
    body("text type, binary bytes", "text/plain", b"\xff", "\ufffd", False, UNCONFIRMED),
    body("no type", None, b"abc", "abc", False, DOC_BINARY),
    body("very long", "text/plain", b"x" * 200_000, "x" * 200_000, False, DOC_REST),
    # httpMethod
    *(
        EventRow(
            "httpMethod",
            method,
            Sent("/prod/x", method),
            {"httpMethod": method, "requestContext.httpMethod": method},
            DOC_REST,
        )
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    ),
    # stageVariables, requestContext
    EventRow(
        "stageVariables", "absent", Sent("/prod/x"), {"stageVariables": None, "version": ABSENT}, LOCALSTACK
    ),
    EventRow(
        "stageVariables",
        "named stage",
        Sent("/vars/x"),
        {"stageVariables": {"name": "value"}, "requestContext.stage": "vars"},
        DOC_REST,
    ),
    EventRow(
        "requestContext",
        "stage prod",
        Sent("/prod/x", headers=[("User-Agent", "tester/1")]),
        {
            "requestContext.accountId": "123456789012",
            "requestContext.apiId": re.compile(r"[a-z0-9]{10}"),
            "requestContext.deploymentId": re.compile(r"[a-z0-9]+"),
            "requestContext.domainName": re.compile(
                r"[a-z0-9]{10}\.execute-api\.ap-northeast-1\.amazonaws\.com"
            ),
            "requestContext.domainPrefix": re.compile(r"[a-z0-9]{10}"),
            "requestContext.extendedRequestId": EXTENDED,
            "requestContext.identity.accessKey": None,
            "requestContext.identity.accountId": None,
            "requestContext.identity.caller": None,
            "requestContext.identity.cognitoAmr": ABSENT,
            "requestContext.identity.cognitoAuthenticationProvider": None,
            "requestContext.identity.cognitoAuthenticationType": None,
            "requestContext.identity.cognitoIdentityId": None,
            "requestContext.identity.cognitoIdentityPoolId": None,
            "requestContext.identity.principalOrgId": None,
            "requestContext.identity.sourceIp": "127.0.0.1",
            "requestContext.identity.user": None,
            "requestContext.identity.userAgent": "tester/1",
            "requestContext.identity.userArn": None,
            "requestContext.protocol": "HTTP/1.1",
            "requestContext.requestId": ID,
            "requestContext.requestTime": TIME,
            "requestContext.resourceId": re.compile(r"[a-z0-9]+"),
            "requestContext.resourcePath": "/{proxy+}",
            "requestContext.stage": "prod",
            "requestContext.authorizer": ABSENT,
        },
        LOCALSTACK,
    ),
]

REFUSED = [
    ("no resource at the stage's root", Sent("/prod/"), 403, "Missing Authentication Token", LOCALSTACK),
    ("an unknown stage", Sent("/other/x"), 403, "Forbidden", DOC_REST),
    (
        "a method that the resource has not",
        Sent("/prod/fixed", "POST"),
        403,
        "Missing Authentication Token",
        DOC_REST,
    ),
]
"""What is not routed: what it is, the request, the status, the message, the source."""
