"""The event of a Function URL (payload format 2.0)."""

from tests.server.local_aws.audit import (
    ABSENT,
    FORMS,
    GO_EVENTS,
    HTTP_API,
    LOCALSTACK,
    UNCONFIRMED,
    URL_DOC,
    Request,
    Row,
)

PATH, QUERY, PARAMETERS = "rawPath", "rawQueryString", "queryStringParameters"
LONG = "x" * 20_000


def header(*values: str, name: str = "X-A") -> Request:
    return Request(headers=[(name, value) for value in values])


def body(content: bytes | None, *types: str) -> Request:
    return Request(method="POST", headers=[("Content-Type", kind) for kind in types], body=content)


def text(value: object, in_base64: bool = False) -> dict[str, object]:
    return {"body": value, "isBase64Encoded": in_base64}


ROWS = [
    Row("path", "empty", Request("/"), {PATH: "/", "requestContext.http.path": "/"}, GO_EVENTS),
    Row("path", "repeated", Request("//a//b/"), {PATH: "//a//b/"}, UNCONFIRMED),
    Row("path", "encoded", Request("/pa2%Fth/1"), {PATH: "/pa2%Fth/1"}, LOCALSTACK),
    Row("path", "encoded, slash", Request("/a%2Fb%20c"), {PATH: "/a%2Fb%20c"}, UNCONFIRMED),
    Row("path", "encoded, dots", Request("/a/../b/./c"), {PATH: "/a/../b/./c"}, UNCONFIRMED),
    Row("path", "non-ASCII", Request("/%E6%97%A5"), {PATH: "/%E6%97%A5"}, UNCONFIRMED),
    Row("path", "binary", Request("/%FF%00"), {PATH: "/%FF%00"}, UNCONFIRMED),
    Row("path", "very long", Request(f"/{LONG}"), {PATH: f"/{LONG}"}, UNCONFIRMED),
    Row("query", "absent", Request("/"), {QUERY: "", PARAMETERS: ABSENT}, GO_EVENTS),
    Row("query", "empty", Request("/?"), {QUERY: "", PARAMETERS: ABSENT}, UNCONFIRMED),
    Row(
        "query",
        "empty, value",
        Request("/?a=&b"),
        {QUERY: "a=&b", PARAMETERS: {"a": "", "b": ""}},
        UNCONFIRMED,
    ),
    Row("query", "repeated", Request("/?a=1&b=2&a=3"), {PARAMETERS: {"a": "1,3", "b": "2"}}, URL_DOC),
    Row(
        "query",
        "repeated, a cookie",
        Request("/?cookie=1&cookie=2"),
        {PARAMETERS: {"cookie": "1,2"}},
        URL_DOC,
    ),
    Row(
        "query",
        "encoded",
        Request("/?a%20b=%2C%26&c=d+e"),
        {QUERY: "a%20b=%2C%26&c=d+e", PARAMETERS: {"a b": ",&", "c": "d e"}},
        UNCONFIRMED,
    ),
    Row(
        "query",
        "encoded, question mark",
        Request("/?a=b?c"),
        {QUERY: "a=b?c", PARAMETERS: {"a": "b?c"}},
        UNCONFIRMED,
    ),
    Row(
        "query",
        "non-ASCII",
        Request("/?a=%E6%97%A5"),
        {QUERY: "a=%E6%97%A5", PARAMETERS: {"a": "日"}},
        UNCONFIRMED,
    ),
    Row("query", "binary", Request("/?a=%FF"), {QUERY: "a=%FF", PARAMETERS: {"a": "\ufffd"}}, UNCONFIRMED),
    Row(
        "query",
        "very long",
        Request(f"/?a={LONG}"),
        {QUERY: f"a={LONG}", PARAMETERS: {"a": LONG}},
        UNCONFIRMED,
    ),
    Row("cookies", "absent", Request(), {"cookies": ABSENT, "headers.cookie": ABSENT}, GO_EVENTS),
    Row(
        "cookies", "empty", header("", name="Cookie"), {"cookies": ABSENT, "headers.cookie": ""}, UNCONFIRMED
    ),
    Row(
        "cookies",
        "repeated",
        header("foo=bar; hello=hello", name="Cookie"),
        {"cookies": ["foo=bar", "hello=hello"], "headers.cookie": "foo=bar; hello=hello"},
        GO_EVENTS,
    ),
    Row(
        "cookies",
        "repeated, headers",
        header("a=1", "b=2; a=3", name="Cookie"),
        {"cookies": ["a=1", "b=2", "a=3"], "headers.cookie": "a=1; b=2; a=3"},
        UNCONFIRMED,
    ),
    Row("cookies", "encoded", header("a=%20,b", name="Cookie"), {"cookies": ["a=%20,b"]}, UNCONFIRMED),
    Row("cookies", "non-ASCII", header("a=\xe9", name="Cookie"), {"cookies": ["a=é"]}, UNCONFIRMED),
    Row("cookies", "very long", header(f"a={LONG}", name="Cookie"), {"cookies": [f"a={LONG}"]}, UNCONFIRMED),
    Row("headers", "absent", Request(), {"headers.x-a": ABSENT, "headers.connection": ABSENT}, GO_EVENTS),
    Row("headers", "empty", header(""), {"headers.x-a": ""}, UNCONFIRMED),
    Row("headers", "repeated", header("1", "2"), {"headers.x-a": "1,2"}, URL_DOC),
    Row("headers", "repeated, in one", header("h1,h2"), {"headers.x-a": "h1,h2"}, GO_EVENTS),
    Row("headers", "repeated, other case", header("1", name="ExTrA"), {"headers.extra": "1"}, LOCALSTACK),
    Row("headers", "encoded", header("%20 =?utf-8?q?a?="), {"headers.x-a": "%20 =?utf-8?q?a?="}, UNCONFIRMED),
    Row("headers", "non-ASCII", header("\xe9"), {"headers.x-a": "é"}, UNCONFIRMED),
    Row("headers", "binary", header("\x80\xff"), {"headers.x-a": "\x80\xff"}, UNCONFIRMED),
    Row("headers", "very long", header(LONG), {"headers.x-a": LONG}, UNCONFIRMED),
    Row("user agent", "absent", Request(), {"requestContext.http.userAgent": ""}, UNCONFIRMED),
    Row(
        "user agent",
        "empty",
        header("", name="User-Agent"),
        {"requestContext.http.userAgent": ""},
        UNCONFIRMED,
    ),
    Row(
        "user agent",
        "repeated",
        header("a", "b", name="User-Agent"),
        {"requestContext.http.userAgent": "a,b"},
        UNCONFIRMED,
    ),
    Row(
        "user agent",
        "encoded",
        header("a%20", name="User-Agent"),
        {"requestContext.http.userAgent": "a%20"},
        UNCONFIRMED,
    ),
    Row(
        "user agent",
        "non-ASCII",
        header("\xe9", name="User-Agent"),
        {"requestContext.http.userAgent": "é"},
        UNCONFIRMED,
    ),
    Row(
        "user agent",
        "very long",
        header(LONG, name="User-Agent"),
        {"requestContext.http.userAgent": LONG},
        UNCONFIRMED,
    ),
    Row("body", "absent", body(None), text(ABSENT), GO_EVENTS),
    Row("body", "empty", body(b"", "text/plain"), text(ABSENT), UNCONFIRMED),
    Row("body", "repeated", body(b"a", "text/plain", "text/plain"), text("a"), UNCONFIRMED),
    Row("body", "encoded", body(b"%7B+", "text/plain"), text("%7B+"), UNCONFIRMED),
    Row(
        "body", "encoded, form", body(b"a=1", "application/x-www-form-urlencoded"), text("YT0x", True), FORMS
    ),
    Row(
        "body",
        "encoded, multipart",
        body(b"--x--", "multipart/form-data; boundary=x"),
        text("LS14LS0=", True),
        LOCALSTACK,
    ),
    Row("body", "non-ASCII", body("é".encode(), "text/plain"), text("é"), UNCONFIRMED),
    Row(
        "body",
        "non-ASCII, not UTF-8",
        body(b"\xe9", "text/plain; charset=latin1"),
        text("6Q==", True),
        UNCONFIRMED,
    ),
    Row("body", "binary", body(b"\0\xff", "application/octet-stream"), text("AP8=", True), HTTP_API),
    Row("body", "binary, untyped", body(b"a=1"), text("YT0x", True), HTTP_API),
    Row("body", "binary, image of text", body(b"<svg/>", "image/svg+xml"), text("PHN2Zy8+", True), HTTP_API),
    Row("body", "binary, +json", body(b"{}", "application/vnd.api+json"), text("e30=", True), HTTP_API),
    Row("body", "binary, longer type", body(b"{}", "application/jsonl"), text("e30=", True), HTTP_API),
    Row("body", "very long", body(b"x" * 1_000_000, "text/csv"), text("x" * 1_000_000), URL_DOC),
    Row("body", "text, JSON", body(b'{"a": 1}', "application/json"), text('{"a": 1}'), GO_EVENTS),
    Row("body", "text, charset", body(b"{}", "Application/JSON; charset=utf-8"), text("{}"), HTTP_API),
    Row("body", "text, XML", body(b"<a/>", "application/xml"), text("<a/>"), HTTP_API),
    Row("body", "text, JavaScript", body(b"1", "application/javascript"), text("1"), HTTP_API),
    Row(
        "x-forwarded-for",
        "absent",
        Request(),
        {"headers.x-forwarded-for": "127.0.0.1", "requestContext.http.sourceIp": "127.0.0.1"},
        GO_EVENTS,
    ),
    Row(
        "x-forwarded-for",
        "repeated",
        header("192.0.2.1", name="X-Forwarded-For"),
        {"headers.x-forwarded-for": "192.0.2.1,127.0.0.1", "requestContext.http.sourceIp": "127.0.0.1"},
        UNCONFIRMED,
    ),
    Row(
        "x-forwarded-proto",
        "repeated",
        header("ftp", name="X-Forwarded-Proto"),
        {"headers.x-forwarded-proto": "https"},
        UNCONFIRMED,
    ),
    Row(
        "authorization",
        "absent",
        Request(),
        {
            "headers.authorization": ABSENT,
            "requestContext.authorizer": ABSENT,
            "requestContext.accountId": "anonymous",
        },
        URL_DOC,
    ),
    Row(
        "authorization",
        "repeated",
        header("Bearer t", name="Authorization"),
        {"headers.authorization": "Bearer t"},
        URL_DOC,
    ),
    Row(
        "constants",
        "absent",
        Request(),
        {
            "version": "2.0",
            "routeKey": "$default",
            "requestContext.routeKey": "$default",
            "requestContext.stage": "$default",
            "requestContext.http.protocol": "HTTP/1.1",
            "requestContext.authentication": ABSENT,
            "pathParameters": ABSENT,
            "stageVariables": ABSENT,
            "headers.x-forwarded-port": "443",
            "headers.x-forwarded-proto": "https",
        },
        GO_EVENTS,
    ),
]

NO_TEXT = dict.fromkeys(("empty", "encoded", "non-ASCII", "binary", "very long"), "as `headers`")
NOT_APPLICABLE = {
    "path": {"absent": "a request has one"},
    "cookies": {"binary": "as `headers`"},
    "user agent": {"binary": "as `headers`"},
    "x-forwarded-for": NO_TEXT,
    "x-forwarded-proto": {**NO_TEXT, "absent": "`constants`"},
    "authorization": NO_TEXT,
    "constants": {**NO_TEXT, "repeated": "not the client's"},
}
