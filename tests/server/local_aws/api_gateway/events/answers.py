"""What becomes of a function's result: REST APIs buffered and streaming, HTTP APIs in both formats.

A result is given as the bytes that the function returns; `json_of` writes them.
"""

import base64
import json
from typing import Any

from tests.server.local_aws.api_gateway.events.table import (
    DOC_BINARY,
    DOC_HTTP,
    DOC_REMAPPED,
    DOC_REST,
    DOC_STREAM,
    DOTNET,
    LAMBDA_PROXY,
    LOCALSTACK_EMPTY,
    LOCALSTACK_HTTP,
    LOCALSTACK_RESULTS,
    MINISTACK,
    MINISTACK_REST,
    SAM_HEADERS,
    SST,
    UNCONFIRMED,
    AnswerRow,
)

JSON, TEXT = ("content-type", "application/json"), ("content-type", "text/plain; charset=utf-8")
REST_ERROR = b'{"message": "Internal server error"}'
HTTP_ERROR = b'{"message":"Internal Server Error"}'
DATA = base64.b64encode(b"\xff\x00").decode()


def json_of(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def rest(
    what: str, result: bytes, source: str, status: int = 200, body: bytes | None = b"", **more: Any
) -> AnswerRow:
    return AnswerRow(what, result, status, body, source, **more)


def bad_rest(what: str, result: bytes, source: str) -> AnswerRow:
    typed = [JSON, ("x-amzn-errortype", "InternalServerErrorException")]
    return AnswerRow(what, result, 502, REST_ERROR, source, typed)


def bad_http(what: str, result: bytes, source: str) -> AnswerRow:
    return AnswerRow(what, result, 500, HTTP_ERROR, source, [JSON])


STATUS = [
    ("201", json_of(statusCode=201), 201, LOCALSTACK_RESULTS),
    ('"201"', json_of(statusCode="201"), 201, LOCALSTACK_RESULTS),
    ("418", json_of(statusCode=418), 418, DOC_REST),
    ("599", json_of(statusCode=599), 599, UNCONFIRMED),
]
"""A status that is sent, in every format: what, result, status, source."""

BAD_STATUS = [
    ("0", json_of(statusCode=0), DOTNET),
    ("200.5", json_of(statusCode=200.5), DOTNET),
    ("text", json_of(statusCode="test"), LOCALSTACK_RESULTS),
    ("99", json_of(statusCode=99), UNCONFIRMED),
    ("600", json_of(statusCode=600), UNCONFIRMED),
    ("1000", json_of(statusCode=1000), UNCONFIRMED),
    ("negative", json_of(statusCode=-200), UNCONFIRMED),
    ("true", json_of(statusCode=True), UNCONFIRMED),
    ("a list", json_of(statusCode=[200]), UNCONFIRMED),
    ('""', json_of(statusCode=""), UNCONFIRMED),
]
"""A status that is an error, in every format: what, result, source."""

REST = [
    *(rest(f"statusCode {what}", result, source, status) for what, result, status, source in STATUS),
    *(bad_rest(f"statusCode {what}", result, source) for what, result, source in BAD_STATUS),
    rest("statusCode absent", json_of(body="x"), LOCALSTACK_RESULTS, body=b"x", headers=[JSON]),
    rest("statusCode null", json_of(statusCode=None, body="x"), UNCONFIRMED, body=b"x"),
    rest("nothing at all", b"{}", LOCALSTACK_EMPTY),
    rest("headers alone", json_of(headers={"x-a": "b"}), LOCALSTACK_RESULTS, headers=[("x-a", "b")]),
    bad_rest("an unknown key", json_of(statusCode=200, wrongValue="value"), LOCALSTACK_RESULTS),
    bad_rest("cookies", json_of(statusCode=200, cookies=["a=1"]), SST),
    bad_rest("a string", b'"text"', LOCALSTACK_RESULTS),
    bad_rest("a list", b"[1]", DOC_REST),
    bad_rest("a number", b"5", DOC_REST),
    bad_rest("null", b"null", DOC_REST),
    bad_rest("not JSON", b"{not json", DOTNET),
    bad_rest("the error of a function", json_of(errorMessage="x", errorType="y"), DOC_REST),
    rest("body absent", json_of(statusCode=200), LOCALSTACK_RESULTS, headers=[JSON, ("content-length", "0")]),
    rest("body null", json_of(statusCode=200, body=None), UNCONFIRMED),
    rest("body empty", json_of(statusCode=200, body=""), LOCALSTACK_EMPTY),
    rest("body non-ASCII", json_of(statusCode=200, body="λ"), DOC_REST, body="λ".encode()),
    rest("body a lone surrogate", b'{"statusCode": 200, "body": "\\ud800"}', UNCONFIRMED, body=b"?"),
    rest("body very long", json_of(statusCode=200, body="x" * 200_000), DOC_REST, body=b"x" * 200_000),
    bad_rest("body an object", json_of(statusCode=200, body={"hey": "dude"}), LAMBDA_PROXY),
    bad_rest("body a list", json_of(statusCode=200, body=[1]), LAMBDA_PROXY),
    bad_rest("body a number", json_of(statusCode=200, body=5), UNCONFIRMED),
    rest("headers null", json_of(statusCode=200, headers=None), LOCALSTACK_RESULTS),
    bad_rest("headers a list", json_of(statusCode=200, headers=["a"]), DOC_REST),
    bad_rest("headers a string", json_of(statusCode=200, headers="a"), DOC_REST),
    rest("a header empty", json_of(headers={"x-a": ""}), UNCONFIRMED, headers=[("x-a", "")]),
    rest("a header true", json_of(headers={"x-a": True}), LOCALSTACK_RESULTS, headers=[("x-a", "true")]),
    rest("a header 0", json_of(headers={"x-a": 0}), SAM_HEADERS, headers=[("x-a", "0")]),
    rest("a header 1.5", json_of(headers={"x-a": 1.5}), UNCONFIRMED, headers=[("x-a", "1.5")]),
    rest("a header null", json_of(headers={"x-a": None}), UNCONFIRMED, without=["x-a"]),
    bad_rest("a header a list", json_of(headers={"x-a": ["b"]}), LOCALSTACK_RESULTS),
    bad_rest("a header an object", json_of(headers={"x-a": {"b": 1}}), LOCALSTACK_RESULTS),
    bad_rest("a header with a line break", json_of(headers={"x-a": "b\r\nx-c: d"}), UNCONFIRMED),
    bad_rest("a header's name with a blank", json_of(headers={"x a": "b"}), UNCONFIRMED),
    rest(
        "headers twice",
        json_of(multiValueHeaders={"x-a": ["1", "2"]}),
        LOCALSTACK_RESULTS,
        headers=[("x-a", "1"), ("x-a", "2")],
    ),
    rest(
        "both kinds of headers",
        json_of(headers={"x-a": "single"}, multiValueHeaders={"x-a": ["1", "2"]}),
        DOTNET,
        headers=[("x-a", "1"), ("x-a", "2"), ("x-a", "single")],
    ),
    rest(
        "a pair in both kinds of headers",
        json_of(headers={"X-A": "1"}, multiValueHeaders={"x-a": ["1"]}),
        DOC_REST,
        headers=[("x-a", "1")],
    ),
    rest(
        "cookies",
        json_of(multiValueHeaders={"Set-Cookie": ["a=1", "b=2"]}),
        DOC_REST,
        headers=[("set-cookie", "a=1"), ("set-cookie", "b=2")],
    ),
    rest(
        "cookies by case",
        json_of(headers={"Set-Cookie": "a=1", "set-cookie": "b=2"}),
        DOC_REST,
        headers=[("set-cookie", "a=1"), ("set-cookie", "b=2")],
    ),
    bad_rest("multiValueHeaders with a string", json_of(multiValueHeaders={"x-a": "1"}), LOCALSTACK_RESULTS),
    bad_rest("multiValueHeaders with an object", json_of(multiValueHeaders={"x-a": {}}), LOCALSTACK_RESULTS),
    bad_rest("multiValueHeaders a list", json_of(multiValueHeaders=[]), UNCONFIRMED),
    rest("multiValueHeaders null", json_of(multiValueHeaders=None), UNCONFIRMED),
    rest("multiValueHeaders with none", json_of(multiValueHeaders={"x-a": []}), UNCONFIRMED, without=["x-a"]),
    rest("Content-Type", json_of(headers={"Content-type": "a/b"}), DOTNET, headers=[("content-type", "a/b")]),
    rest(
        "base64, not asked for", json_of(body=DATA, isBase64Encoded=True), MINISTACK_REST, body=DATA.encode()
    ),
    rest(
        "base64, asked for",
        json_of(body=DATA, isBase64Encoded=True),
        MINISTACK_REST,
        body=b"\xff\x00",
        accept="image/png",
    ),
    rest(
        "base64, asked for first",
        json_of(body=DATA, isBase64Encoded=True),
        DOC_BINARY,
        body=b"\xff\x00",
        accept="image/png, text/html;q=0.9",
    ),
    rest(
        "base64, asked for second",
        json_of(body=DATA, isBase64Encoded=True),
        DOC_BINARY,
        body=DATA.encode(),
        accept="text/html, image/png",
    ),
    rest(
        "base64, by a flag as text",
        json_of(body=DATA, isBase64Encoded="true"),
        UNCONFIRMED,
        body=b"\xff\x00",
        accept="image/png",
    ),
    rest(
        "text, by a flag as text",
        json_of(body="abcd", isBase64Encoded="false"),
        UNCONFIRMED,
        body=b"abcd",
        accept="image/png",
    ),
    rest(
        "text, by a flag of null",
        json_of(body="abcd", isBase64Encoded=None),
        UNCONFIRMED,
        body=b"abcd",
        accept="image/png",
    ),
    rest("no padding, not asked for", json_of(body="_w", isBase64Encoded=True), UNCONFIRMED, body=b"_w"),
    AnswerRow(
        "base64 without padding",
        json_of(body="/wA", isBase64Encoded=True),
        502,
        REST_ERROR,
        UNCONFIRMED,
        accept="image/png",
    ),
    AnswerRow(
        "base64 with other characters",
        json_of(body="!!!!", isBase64Encoded=True),
        502,
        REST_ERROR,
        UNCONFIRMED,
        accept="image/png",
    ),
    rest(
        "headers of the connection",
        json_of(
            statusCode=200,
            headers={"Connection": "close", "Date": "never", "Server": "me", "Content-Length": "9"},
            body="x",
        ),
        DOC_REMAPPED,
        body=b"x",
        headers=[
            ("x-amzn-remapped-connection", "close"),
            ("x-amzn-remapped-date", "never"),
            ("x-amzn-remapped-server", "me"),
            ("x-amzn-remapped-content-length", "9"),
            ("content-length", "1"),
        ],
    ),
    rest("no body allowed", json_of(statusCode=204, body="x"), UNCONFIRMED, 204),
]

HTTP_1 = [
    *(rest(f"statusCode {what}", result, source, status) for what, result, status, source in STATUS),
    *(bad_http(f"statusCode {what}", result, source) for what, result, source in BAD_STATUS),
    bad_http("statusCode absent", json_of(headers={"x-a": "b"}), LOCALSTACK_HTTP),
    bad_http("statusCode null", json_of(statusCode=None), UNCONFIRMED),
    bad_http("nothing at all", b"{}", LOCALSTACK_HTTP),
    rest("an unknown key", json_of(statusCode=200, wrongValue="value"), LOCALSTACK_HTTP),
    bad_http("a string", b'"text"', LOCALSTACK_HTTP),
    bad_http("a list", b"[1]", UNCONFIRMED),
    bad_http("not JSON", b"{not json", DOTNET),
    bad_http("the error of a function", json_of(errorMessage="x"), LOCALSTACK_HTTP),
    rest("no content type", json_of(statusCode=200, body="x"), DOTNET, body=b"x", headers=[TEXT]),
    rest(
        "a header true",
        json_of(statusCode=200, headers={"x-a": True}),
        LOCALSTACK_HTTP,
        headers=[("x-a", "true")],
    ),
    rest("headers null", json_of(statusCode=200, headers=None), UNCONFIRMED),
    bad_http("a header a list", json_of(statusCode=200, headers={"x-a": ["b"]}), UNCONFIRMED),
    rest(
        "both kinds of headers",
        json_of(statusCode=200, headers={"x-a": "single"}, multiValueHeaders={"x-a": ["1"]}),
        DOTNET,
        headers=[("x-a", "1"), ("x-a", "single")],
    ),
    bad_http(
        "multiValueHeaders with a string",
        json_of(statusCode=200, multiValueHeaders={"x-a": "1"}),
        LOCALSTACK_HTTP,
    ),
    rest("base64", json_of(statusCode=200, body=DATA, isBase64Encoded=True), DOTNET, body=b"\xff\x00"),
    rest("base64 without the flag", json_of(statusCode=200, body=DATA), LOCALSTACK_HTTP, body=DATA.encode()),
    bad_http(
        "base64 without padding", json_of(statusCode=200, body="/wA", isBase64Encoded=True), UNCONFIRMED
    ),
    bad_http("body an object", json_of(statusCode=200, body={"a": 1}), UNCONFIRMED),
]

HTTP_2 = [
    *(
        rest(f"statusCode {what}", result, source, status, headers=[TEXT])
        for what, result, status, source in STATUS
    ),
    *(bad_http(f"statusCode {what}", result, source) for what, result, source in BAD_STATUS),
    bad_http("statusCode null", json_of(statusCode=None), UNCONFIRMED),
    *(
        rest(f"no statusCode: {result.decode()}", result, source, body=result, headers=[JSON])
        for result, source in (
            (b"{}", LOCALSTACK_HTTP),
            (b'{"name": "John Doe", "age": 30}', DOTNET),
            (b'{"name": "John Doe", "age":', DOTNET),
            (b'{"key" : "value", "headers" : {"content-type": "application/xml"}}', DOTNET),
            (b'{"headers": {"x-a": "b"}}', LOCALSTACK_HTTP),
            (b'{"random": {"json-body": "value"}}', LOCALSTACK_HTTP),
            (b"[1, 2, 3, 4, 5]", DOTNET),
            (b"Hello, World!", DOTNET),
            (b"42", DOTNET),
            (b"true", DOTNET),
            (b"null", UNCONFIRMED),
        )
    ),
    *(
        rest(f"a string: {result.decode()}", result, source, body=body, headers=[JSON])
        for result, body, source in (
            (b'"test"', b"test", DOTNET),
            (b'"Hello, World!"', b"Hello, World!", DOTNET),
            (b'""', b"", DOTNET),
            (b'"Special \\"quoted\\" text"', b'Special "quoted" text', DOTNET),
            (b'"null"', b"null", LOCALSTACK_HTTP),
            (b'"errorMessage"', b"errorMessage", LOCALSTACK_HTTP),
            (b'"\\u03bb"', "λ".encode(), UNCONFIRMED),
        )
    ),
    bad_http(
        "what looks like the error of a function",
        json_of(errorMessage="test fake error message"),
        LOCALSTACK_HTTP,
    ),
    rest("an unknown key", json_of(statusCode=200, wrongValue="value"), LOCALSTACK_HTTP),
    rest(
        "multiValueHeaders",
        json_of(statusCode=200, multiValueHeaders={"x-a": ["1"]}),
        DOC_HTTP,
        without=["x-a"],
    ),
    rest("body null", json_of(statusCode=200, body=None), UNCONFIRMED),
    rest("body non-ASCII", json_of(statusCode=200, body="λ"), DOC_HTTP, body="λ".encode()),
    bad_http("body an object", json_of(statusCode=200, body={"a": 1}), DOTNET),
    bad_http("body a number", json_of(statusCode=200, body=5), UNCONFIRMED),
    rest(
        "Content-Type",
        json_of(statusCode=200, headers={"CONTENT-TYPE": "a/b"}),
        DOTNET,
        headers=[("content-type", "a/b")],
    ),
    rest(
        "a header true",
        json_of(statusCode=200, headers={"x-a": True}),
        LOCALSTACK_HTTP,
        headers=[("x-a", "true")],
    ),
    rest(
        "a header with commas",
        json_of(statusCode=200, headers={"x-a": "1,2"}),
        DOTNET,
        headers=[("x-a", "1,2")],
    ),
    rest("a header null", json_of(statusCode=200, headers={"x-a": None}), UNCONFIRMED, without=["x-a"]),
    bad_http("a header a list", json_of(statusCode=200, headers={"x-a": ["b"]}), UNCONFIRMED),
    bad_http("headers a string", json_of(statusCode=200, headers="x"), DOTNET),
    bad_http("a header with a line break", json_of(statusCode=200, headers={"x-a": "b\nc"}), UNCONFIRMED),
    rest(
        "cookies",
        json_of(statusCode=200, cookies=["a=1", "b=2; Secure"], headers={"Set-Cookie": "c=3"}),
        LOCALSTACK_HTTP,
        headers=[("set-cookie", "c=3"), ("set-cookie", "a=1"), ("set-cookie", "b=2; Secure")],
    ),
    bad_http("cookies an object", json_of(statusCode=200, cookies={"a": "1"}), LOCALSTACK_HTTP),
    bad_http("cookies a string", json_of(statusCode=200, cookies="a=1"), UNCONFIRMED),
    rest("base64", json_of(statusCode=200, body=DATA, isBase64Encoded=True), MINISTACK, body=b"\xff\x00"),
    rest("base64 without the flag", json_of(statusCode=200, body=DATA), LOCALSTACK_HTTP, body=DATA.encode()),
    bad_http(
        "base64 without padding", json_of(statusCode=200, body="/wA", isBase64Encoded=True), UNCONFIRMED
    ),
    bad_http(
        "base64 with other characters", json_of(statusCode=200, body="λ", isBase64Encoded=True), UNCONFIRMED
    ),
]


def stream(what: str, head: bytes, source: str, status: int = 200, **more: Any) -> AnswerRow:
    return AnswerRow(what, head + bytes(8) + b"body", status, b"body", source, **more)


def bad_stream(what: str, result: bytes, source: str) -> AnswerRow:
    typed = [JSON, ("x-amzn-errortype", "InternalServerErrorException")]
    return AnswerRow(what, result, 500, REST_ERROR, source, typed)


STREAM = [
    stream("nothing at all", b"{}", DOC_STREAM, headers=[JSON, ("transfer-encoding", "chunked")]),
    stream("statusCode 201", json_of(statusCode=201), DOC_STREAM, 201),
    stream('statusCode "201"', json_of(statusCode="201"), UNCONFIRMED, 201),
    stream("a header", json_of(headers={"x-a": "b"}), DOC_STREAM, headers=[("x-a", "b")]),
    stream("a header true", json_of(headers={"x-a": True}), UNCONFIRMED, headers=[("x-a", "true")]),
    stream(
        "both kinds of headers",
        json_of(headers={"x-a": "1", "x-b": "2"}, multiValueHeaders={"x-a": ["1", "3"]}),
        DOC_STREAM,
        headers=[("x-a", "1"), ("x-a", "3"), ("x-b", "2")],
    ),
    stream(
        "cookies",
        json_of(cookies=["a=1", "b=2"]),
        DOC_STREAM,
        headers=[("set-cookie", "a=1"), ("set-cookie", "b=2")],
    ),
    stream(
        "Content-Type",
        json_of(headers={"Content-Type": "a/b"}),
        DOC_STREAM,
        headers=[("content-type", "a/b")],
    ),
    stream(
        "Content-Length",
        json_of(headers={"Content-Length": "4"}),
        DOC_STREAM,
        headers=[("content-length", "4")],
        without=["transfer-encoding"],
    ),
    stream("nulls", json_of(headers=None, cookies=None, multiValueHeaders=None), UNCONFIRMED),
    AnswerRow("an empty body", b"{}" + bytes(8), 200, b"", DOC_STREAM),
    AnswerRow("a binary body", b"{}" + bytes(8) + b"\xff\x00", 200, b"\xff\x00", DOC_STREAM),
    AnswerRow("NULs in the body", b"{}" + bytes(8) + bytes(8) + b"x", 200, bytes(8) + b"x", UNCONFIRMED),
    bad_stream("base64", json_of(statusCode=200, isBase64Encoded=True) + bytes(8) + b"YQ==", DOC_STREAM),
    bad_stream("an unknown key", json_of(wrongValue=1) + bytes(8), DOC_STREAM),
    bad_stream("a body in the metadata", json_of(statusCode=200, body="x") + bytes(8), DOC_STREAM),
    bad_stream("no delimiter", json_of(statusCode=200), DOC_STREAM),
    bad_stream("seven NULs", b"{}" + bytes(7) + b"x", DOC_STREAM),
    bad_stream("no metadata", bytes(8) + b"x", DOC_STREAM),
    bad_stream("not JSON", b"{not json" + bytes(8), DOC_STREAM),
    bad_stream("a list", b"[]" + bytes(8), DOC_STREAM),
    bad_stream("statusCode 600", json_of(statusCode=600) + bytes(8), DOC_STREAM),
    bad_stream("statusCode text", json_of(statusCode="x") + bytes(8), DOC_STREAM),
    bad_stream("headers a list", json_of(headers=["a"]) + bytes(8), DOC_STREAM),
    bad_stream("cookies an object", json_of(cookies={"a": 1}) + bytes(8), DOC_STREAM),
    bad_stream("a header with a line break", json_of(headers={"x-a": "b\nc"}) + bytes(8), UNCONFIRMED),
    bad_stream("nothing in the first 16 KB", b" " * 16_384 + b"{}" + bytes(8), DOC_STREAM),
]
