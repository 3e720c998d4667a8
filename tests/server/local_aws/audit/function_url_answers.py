"""The answers of Function URLs: to what a function returns (BUFFERED), and to what it posts (STREAM).

`given` is the result, or the chunks of an integration response; `expected` is the status, headers by name
(lower case; a list if the answer has several) and the body.
"""

import json
from typing import Any

from tests.server.local_aws.audit import (
    ABSENT,
    CARGO,
    GO_STREAM,
    LOCALSTACK,
    STREAM_DOC,
    UNCONFIRMED,
    URL_DOC,
    Row,
)

LONG = "x" * 100_000
GATEWAY_ERROR = (502, {"content-type": "text/plain"}, b"Internal Server Error")
JSON = {"content-type": "application/json"}


def plain(status: int = 200, body: bytes = b"", **headers: Any) -> tuple[int, dict[str, Any], bytes]:
    return status, {**JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}, body


def full(**members: Any) -> bytes:
    return json.dumps({"statusCode": 200, **members}).encode()


def prelude(*body: bytes, **members: Any) -> list[bytes]:
    return [json.dumps(members).encode(), bytes(8), *body]


BUFFERED = [
    Row("result", "absent", b"", (200, JSON, b""), UNCONFIRMED),
    Row("result", "absent, null", b"null", plain(body=b"null"), UNCONFIRMED),
    Row("result", "empty", b"{}", plain(body=b"{}"), URL_DOC),
    Row("result", "empty, string", b'""', plain(body=b""), UNCONFIRMED),
    Row("result", "repeated", b'["hello", 3, true]', plain(body=b'["hello",3,true]'), LOCALSTACK),
    Row("result", "repeated, object", b'{"hello": "world"}', plain(body=b'{"hello":"world"}'), LOCALSTACK),
    Row("result", "encoded", b'"hello"', plain(body=b"hello"), LOCALSTACK),
    Row("result", "encoded, integer", b"3", plain(body=b"3"), LOCALSTACK),
    Row("result", "encoded, float", b"3.1", plain(body=b"3.1"), LOCALSTACK),
    Row("result", "encoded, boolean", b"true", plain(body=b"true"), LOCALSTACK),
    Row("result", "non-ASCII", '"日"'.encode(), plain(body="日".encode()), UNCONFIRMED),
    Row("result", "binary", b"\xff\0", plain(body=b"\xff\0"), UNCONFIRMED),
    Row("result", "very long", f'"{LONG}"'.encode(), plain(body=LONG.encode()), UNCONFIRMED),
    Row("statusCode", "absent", b'{"body": "x"}', plain(body=b'{"body":"x"}'), URL_DOC),
    Row("statusCode", "empty", full(statusCode=""), GATEWAY_ERROR, UNCONFIRMED),
    Row("statusCode", "empty, null", full(statusCode=None), GATEWAY_ERROR, UNCONFIRMED),
    Row("statusCode", "encoded", full(statusCode="418"), plain(418), LOCALSTACK),
    Row("statusCode", "encoded, word", full(statusCode="ok"), GATEWAY_ERROR, UNCONFIRMED),
    Row("statusCode", "very long", full(statusCode=1000), GATEWAY_ERROR, UNCONFIRMED),
    Row("statusCode", "very long, too small", full(statusCode=99), GATEWAY_ERROR, UNCONFIRMED),
    Row("statusCode", "very long, unknown", full(statusCode=599), plain(599), URL_DOC),
    Row("headers", "absent", full(), plain(), LOCALSTACK),
    Row("headers", "empty", full(headers={"x-a": ""}), plain(x_a=""), UNCONFIRMED),
    Row("headers", "empty, null", full(headers=None), plain(), UNCONFIRMED),
    Row("headers", "repeated", full(headers={"x-a": ["1", "2"]}), plain(x_a='["1", "2"]'), UNCONFIRMED),
    Row("headers", "repeated, not an object", full(headers=[1]), GATEWAY_ERROR, UNCONFIRMED),
    Row(
        "headers",
        "repeated, multiValueHeaders",
        full(multiValueHeaders={"x-a": ["1"]}),
        plain(x_a=ABSENT),
        UNCONFIRMED,
    ),
    Row(
        "headers",
        "encoded",
        full(headers={"x-a": 5, "Content-Type": "a/b"}),
        (200, {"x-a": "5", "content-type": "a/b"}, b""),
        UNCONFIRMED,
    ),
    Row(
        "headers",
        "encoded, length",
        full(headers={"content-length": "5"}),
        plain(x_amzn_remapped_content_length="5"),
        CARGO,
    ),
    Row("headers", "non-ASCII", full(headers={"x-a": "é"}), plain(x_a="é"), UNCONFIRMED),
    Row("headers", "non-ASCII, name", full(headers={"x-é": "a"}), GATEWAY_ERROR, UNCONFIRMED),
    Row("headers", "binary", full(headers={"x-a": "a\r\nx-b: c"}), GATEWAY_ERROR, UNCONFIRMED),
    Row("headers", "very long", full(headers={"x-a": LONG}), plain(x_a=LONG), UNCONFIRMED),
    Row("cookies", "absent", full(), plain(set_cookie=ABSENT), URL_DOC),
    Row("cookies", "empty", full(cookies=[]), plain(set_cookie=ABSENT), UNCONFIRMED),
    Row("cookies", "empty, null", full(cookies=None), plain(set_cookie=ABSENT), UNCONFIRMED),
    Row(
        "cookies",
        "repeated",
        full(cookies=["a=1", "b=2; Secure"]),
        plain(set_cookie=["a=1", "b=2; Secure"]),
        URL_DOC,
    ),
    Row("cookies", "repeated, not a list", full(cookies="a=1"), GATEWAY_ERROR, UNCONFIRMED),
    Row(
        "cookies",
        "repeated, and a header",
        full(cookies=["a=1"], headers={"Set-Cookie": "b=2"}),
        plain(set_cookie=["b=2", "a=1"]),
        UNCONFIRMED,
    ),
    Row("cookies", "encoded", full(cookies=["a=%20"]), plain(set_cookie="a=%20"), UNCONFIRMED),
    Row("cookies", "non-ASCII", full(cookies=["a=é"]), plain(set_cookie="a=é"), UNCONFIRMED),
    Row("cookies", "binary", full(cookies=["a\n"]), plain(set_cookie="a"), UNCONFIRMED),
    Row("cookies", "very long", full(cookies=[LONG]), plain(set_cookie=LONG), UNCONFIRMED),
    Row("body", "absent", full(), plain(), UNCONFIRMED),
    Row("body", "empty", full(body=""), plain(), URL_DOC),
    Row("body", "empty, null", full(body=None), plain(), UNCONFIRMED),
    Row("body", "repeated", full(body=[1, {"a": 2}]), plain(body=b'[1,{"a":2}]'), UNCONFIRMED),
    Row("body", "encoded", full(body="aGk=", isBase64Encoded=True), plain(body=b"hi"), URL_DOC),
    Row("body", "encoded, not said", full(body="aGk="), plain(body=b"aGk="), URL_DOC),
    Row(
        "body",
        "encoded, JSON text",
        full(body='{"hello": "world"}'),
        plain(body=b'{"hello": "world"}'),
        LOCALSTACK,
    ),
    Row("body", "encoded, no base64", full(body="?", isBase64Encoded=True), GATEWAY_ERROR, UNCONFIRMED),
    Row("body", "non-ASCII", full(body="日"), plain(body="日".encode()), URL_DOC),
    Row("body", "binary", full(body="//8A", isBase64Encoded=True), plain(body=b"\xff\xff\0"), URL_DOC),
    Row("body", "very long", full(body=LONG), plain(body=LONG.encode()), URL_DOC),
]

OCTETS = {"content-type": "application/octet-stream"}
STREAMED = [
    Row("prelude", "absent", [], (200, OCTETS, b""), UNCONFIRMED),
    Row("prelude", "absent, no delimiter", [b"body"], GATEWAY_ERROR, UNCONFIRMED),
    Row("prelude", "empty", prelude(b"x"), (200, OCTETS, b"x"), STREAM_DOC),
    Row("prelude", "empty, nothing", [bytes(8), b"x"], GATEWAY_ERROR, UNCONFIRMED),
    Row(
        "prelude",
        "repeated",
        [*prelude(), *prelude(b"x")],
        (200, OCTETS, b"{}" + bytes(8) + b"x"),
        UNCONFIRMED,
    ),
    Row("prelude", "encoded", [b"not json", bytes(8)], GATEWAY_ERROR, UNCONFIRMED),
    Row("prelude", "encoded, other key", prelude(b"x", status=404), (200, OCTETS, b"x"), LOCALSTACK),
    Row(
        "prelude", "non-ASCII", prelude(headers={"x-a": "é"}), (200, {**OCTETS, "x-a": "é"}, b""), UNCONFIRMED
    ),
    Row("prelude", "binary", [b"\xff", bytes(8)], GATEWAY_ERROR, UNCONFIRMED),
    Row("prelude", "very long", prelude(headers={"x-a": LONG}), (200, {"x-a": LONG}, b""), UNCONFIRMED),
    Row("statusCode", "absent", prelude(b"x", headers={}), (200, OCTETS, b"x"), STREAM_DOC),
    Row("statusCode", "empty", prelude(statusCode=""), GATEWAY_ERROR, UNCONFIRMED),
    Row("statusCode", "encoded", prelude(statusCode="404"), (404, OCTETS, b""), UNCONFIRMED),
    Row("statusCode", "very long", prelude(statusCode=1000), GATEWAY_ERROR, UNCONFIRMED),
    Row("headers", "absent", prelude(statusCode=201), (201, OCTETS, b""), STREAM_DOC),
    Row("headers", "empty", prelude(headers=None), (200, OCTETS, b""), UNCONFIRMED),
    Row(
        "headers",
        "repeated",
        prelude(multiValueHeaders={"x-a": ["1"]}),
        (200, {"x-a": ABSENT}, b""),
        UNCONFIRMED,
    ),
    Row(
        "headers",
        "encoded",
        prelude(headers={"content-length": "5"}),
        (200, {"x-amzn-remapped-content-length": "5"}, b""),
        CARGO,
    ),
    Row("headers", "non-ASCII", prelude(headers={"é": "a"}), GATEWAY_ERROR, UNCONFIRMED),
    Row("headers", "binary", prelude(headers={"x-a": "a\r\nx-b: c"}), GATEWAY_ERROR, UNCONFIRMED),
    Row("headers", "very long", prelude(headers={"x-a": LONG}), (200, {"x-a": LONG}, b""), UNCONFIRMED),
    Row("cookies", "absent", prelude(), (200, {"set-cookie": ABSENT}, b""), STREAM_DOC),
    Row("cookies", "empty", prelude(cookies=[]), (200, {"set-cookie": ABSENT}, b""), UNCONFIRMED),
    Row(
        "cookies",
        "repeated",
        prelude(cookies=["a=1", "b=2"]),
        (200, {"set-cookie": ["a=1", "b=2"]}, b""),
        STREAM_DOC,
    ),
    Row("cookies", "encoded", prelude(cookies=[1]), (200, {"set-cookie": "1"}, b""), UNCONFIRMED),
    Row("cookies", "non-ASCII", prelude(cookies=["a=é"]), (200, {"set-cookie": "a=é"}, b""), UNCONFIRMED),
    Row("cookies", "very long", prelude(cookies=[LONG]), (200, {"set-cookie": LONG}, b""), UNCONFIRMED),
    Row("body", "absent", prelude(statusCode=204), (204, {}, b""), UNCONFIRMED),
    Row("body", "empty", prelude(), (200, OCTETS, b""), STREAM_DOC),
    Row("body", "repeated", prelude(b"a", b"b"), (200, OCTETS, b"ab"), STREAM_DOC),
    Row("body", "encoded", prelude(b'{"statusCode": 404}'), (200, OCTETS, b'{"statusCode": 404}'), GO_STREAM),
    Row("body", "non-ASCII", prelude("日".encode()), (200, OCTETS, "日".encode()), STREAM_DOC),
    Row(
        "body",
        "binary",
        prelude(b"a", bytes(8), b"\xff"),
        (200, OCTETS, b"a" + bytes(8) + b"\xff"),
        UNCONFIRMED,
    ),
    Row("body", "very long", prelude(LONG.encode()), (200, OCTETS, LONG.encode()), STREAM_DOC),
]

NUMBER = {"repeated": "a number", "non-ASCII": "a number", "binary": "a number"}
BUFFERED_NOT_APPLICABLE = {"statusCode": NUMBER}
STREAMED_NOT_APPLICABLE = {"statusCode": NUMBER, "cookies": {"binary": "as `headers`"}}
