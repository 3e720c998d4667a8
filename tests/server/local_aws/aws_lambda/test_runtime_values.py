"""Whatever a runtime sends is the outcome of its own invocation, at every front door: nothing raises past it.

One function, a puppet, sends the bytes of the case that its event names to the Runtime API, and to its log.
The stand-in's log is looked at when the session ends (see `tests.support.stand_in_log`).
"""

import asyncio
import json

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.support.account import Account
from tests.support.appsync_clients import DeployedApi, graphql
from tests.support.gateway import BUFFERED, STREAMING, Gateway
from tests.support.http_client import request
from tests.support.websocket_api import create_api

RESULTS = [
    b"\xff\xfe not UTF-8",
    b"",
    b"\0",
    b'"\\ud800"',
    b"NaN",
    b"1e999",
    b"9" * 5000,
    b"[" * 900 + b"]" * 900,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"statusCode": 200, "body": "\\ud800"}',
    b'{"statusCode": 200, "body": "\\u0000\\r\\n"}',
    b'{"statusCode": 200, "body": "\xc3\xa9", "isBase64Encoded": true}',
    b'{"statusCode": 200, "body": "\\ud800", "isBase64Encoded": true}',
    b'{"statusCode": 200, "body": "a", "isBase64Encoded": true}',
    b'{"statusCode": 200, "body": ' + b"[" * 900 + b"]" * 900 + b"}",
    b'{"statusCode": 403, "body": "\\ud800"}',
    *(b'{"statusCode": %s}' % code for code in (b"100", b"204", b"599", b"600")),
    *(b'{"statusCode": %s, "body": "x"}' % code for code in (b"101", b"204", b"304")),
    *(b'{"statusCode": %s}' % code for code in (b"1e999", b"null", b"[]")),
    b'{"statusCode": "%s"}' % (b"9" * 5000),
    b'{"statusCode": "\\ud800"}',
    *(
        b'{"statusCode": 200, "headers": {"x": %s}}' % value
        for value in (
            b'"\\ud800"',
            b'"\\u0000"',
            b'"a\\rb"',
            b'"a\\r\\nSet-Cookie: b"',
            b'"\\u2028"',
            b'" \\t "',
            b"NaN",
            b"null",
            b"[" * 900 + b"]" * 900,
            b'"' + b"x" * 1_100_000 + b'"',
        )
    ),
    *(
        b'{"statusCode": 200, "headers": {"%s": "x"}}' % name
        for name in (b"", b" ", b"\\ud800", b"a b", b"a:b", b"\\u0000", b"\xc3\xa9", b"a\\r\\nb", b":status")
    ),
    *(
        b'{"statusCode": 200, "headers": {"%s": "%s"}, "body": "abc"}' % pair
        for pair in (
            (b"Content-Length", b"99"),
            (b"Content-Length", b"x"),
            (b"Transfer-Encoding", b"gzip"),
            (b"Connection", b"close"),
            (b"Upgrade", b"x"),
            (b"Content-Type", b"\\u0000"),
            (b"Content-Encoding", b"gzip"),
            (b"Sec-WebSocket-Protocol", b"a, b\\r\\n"),
        )
    ),
    b'{"statusCode": 200, "multiValueHeaders": {"x": ["\\ud800", null, {}, "\\u0000"]}}',
    b'{"statusCode": 200, "multiValueHeaders": []}',
    b'{"statusCode": 200, "headers": "x"}',
    b'{"statusCode": 200, "cookies": ["\\ud800", "\\r\\n", 1, null]}',
    b'{"statusCode": 200, "cookies": {"a": 1}}',
    b'{"statusCode": 200, "cookies": "x"}',
]
HTTP_INTEGRATION = b"Content-Type: application/vnd.awslambda.http-integration-response\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
ERROR_TYPE, ERROR_BODY = b"Lambda-Runtime-Function-Error-Type", b"Lambda-Runtime-Function-Error-Body"
TRAILER = b"Trailer: " + ERROR_TYPE + b", " + ERROR_BODY + b"\r\n"


def prelude(document: bytes, body: bytes = b"x") -> bytes:
    content = document + b"\0" * 8 + body
    return HTTP_INTEGRATION + b"Content-Length: %d\r\n\r\n" % len(content) + content


def trailers(error_type: bytes, error_body: bytes) -> bytes:
    fields = ERROR_TYPE + b": " + error_type + b"\r\n" + ERROR_BODY + b": " + error_body + b"\r\n\r\n"
    return CHUNKED + TRAILER + b"\r\n5\r\nhello\r\n0\r\n" + fields


ODD_TRAILERS = [
    trailers(b"T", b"\xff"),
    trailers(b"\xff\xfe", b"e30="),
    trailers(b"", b""),
    trailers(b"T", b"!!!"),
    trailers(b"T" * 100_000, b"A" * 100_000),
    trailers(b"T", b"/w=="),
    trailers(b"a\0b", b"e30="),
    trailers(b"a\rb", b"e30="),
    CHUNKED + b"\r\n5\r\nhello\r\n0\r\nno trailer\r\n\r\n",
]
ODD_HEADS = [
    b"Content-Length: 2\r\nLambda-Runtime-Function-Response-Mode: \xff\r\n\r\n{}",
    b"Content-Length: 2\r\nContent-Type: \xff\xfe\r\n\r\n{}",
    b"Content-Length: 2\r\nContent-Type: \xc2\x85\r\n\r\n{}",
    b"Content-Length: 2\r\nContent-Type: \r\n\r\n{}",
    b"Content-Length: 2\r\nContent-Type: a\0b\r\n\r\n{}",
    b"Content-Length: 2\r\nX: " + b"x" * 1_100_000 + b"\r\n\r\n{}",
    b"Content-Length: -1\r\n\r\n{}",
    b"Content-Length: " + b"9" * 30 + b"\r\n\r\n{}",
    b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    b"Content-Length: 10\r\n\r\n{}",
    b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n{}",
    b"Transfer-Encoding: gzip\r\n\r\n{}",
    CHUNKED + b"\r\nffffffffffffffffffffffff\r\n{}",
    CHUNKED + b"\r\n-1\r\n{}",
    CHUNKED + b"Expect: 100-continue\r\n\r\n",
    b"\xff\xff: x\r\n\r\n",
    b"a\rb: x\r\n\r\n",
]
ODD_ERRORS = [
    b"Content-Length: %d\r\n%s: %s\r\n\r\n%s" % (len(document), ERROR_TYPE, error_type, document)
    for error_type in (b"T", b"\xff")
    for document in (
        b"",
        b"\xff",
        b"NaN",
        b"[]",
        b'{"errorMessage": "\\ud800", "errorType": "\\u0000"}',
        b'{"errorMessage": {"a": 1e999}}',
        b"[" * 100_000,
        b'{"errorMessage": ' + b"[" * 900 + b"]" * 900 + b"}",
    )
]
CASES: list[tuple[str, bytes]] = [
    *(("result", document) for document in RESULTS),
    *(("prelude", prelude(document)) for document in RESULTS),
    *(("raw", head) for head in ODD_TRAILERS + ODD_HEADS),
    *(("error", head) for head in ODD_ERRORS),
]


class Doors:
    """The puppet behind every front door; `ask(door, case)` has it play a case (none: answer well)."""

    def __init__(self, aws: Account) -> None:
        self._aws, gateway = aws, Gateway(aws)
        self._name = aws.deploy("puppet.play", CASES, Timeout=10)
        arn = gateway.permit(self._name)
        self._urls = {
            "REST BUFFERED": gateway.rest(BUFFERED.format(arn)).url + "/x",
            "REST STREAM": gateway.rest(STREAMING.format(arn), "STREAM").url + "/x",
            "HTTP 1.0": gateway.http(arn, version="1.0"),
            "HTTP 2.0": gateway.http(arn),
            "URL BUFFERED": aws.url(self._name, "BUFFERED"),
        }
        streamed = aws.deploy("puppet.play", CASES, Timeout=10)
        self._urls["URL STREAM"] = aws.url(streamed)
        self._sockets = {name: self._websocket_api(name, arn) for name in ("ROUTE", "CONNECT", "AUTHORIZER")}
        self._graphql = self._resolver(arn)

    def ask(self, door: str, case: int | None) -> object:
        """What came back: a payload, events, a status and body, or a message."""
        words = "well" if case is None else f"say:{case};"
        aws = self._aws.client("lambda")
        payload = json.dumps({"body": words})
        if door == "INVOKE":
            return aws.invoke(FunctionName=self._name, Payload=payload)["Payload"].read()
        if door == "INVOKE STREAM":
            answer = aws.invoke_with_response_stream(FunctionName=self._name, Payload=payload)
            *_, last = answer["EventStream"]
            assert "InvokeComplete" in last
            return last
        if door in self._urls:
            received = request(f"{self._urls[door]}?q={words}")
            assert (received.status, received.body) != (500, b"Internal Server Error")
            return received.status, received.body
        if door == "APPSYNC":
            query = "query Item($name: ID!) { item(name: $name) { name } }"
            return asyncio.run(self._graphql.query(query, name=words))
        return self._over_websocket(door, words)

    def _over_websocket(self, door: str, words: str) -> object:
        query = "" if door == "ROUTE" else f"?q={words}"
        try:
            with connect(self._sockets[door] + query, max_size=None) as socket:
                if door != "ROUTE":
                    return "open"
                socket.send(words)
                socket.send("well")
                return socket.recv(20)
        except InvalidStatus as refused:
            assert refused.response.body != b"Internal Server Error"
            return refused.response.status_code

    def _websocket_api(self, kind: str, arn: str) -> str:
        api = create_api(self._aws)
        settings = {}
        if kind == "AUTHORIZER":
            created = api.gateway.create_authorizer(
                ApiId=api.id,
                Name="puppet",
                AuthorizerType="REQUEST",
                AuthorizerUri=BUFFERED.format(arn),
                IdentitySource=["route.request.querystring.q"],
            )
            settings = {"AuthorizationType": "CUSTOM", "AuthorizerId": created["AuthorizerId"]}
        if kind == "ROUTE":
            api.add_route("$default", arn, responds=True)
        else:
            api.add_route("$connect", arn, **settings)
        return api.url

    def _resolver(self, arn: str) -> DeployedApi:
        api = graphql(self._aws)
        appsync = self._aws.client("appsync")
        appsync.create_data_source(
            apiId=api.api_id,
            name="puppet",
            type="AWS_LAMBDA",
            lambdaConfig={"lambdaFunctionArn": arn},
            serviceRoleArn=self._aws.role(),
        )
        appsync.create_resolver(apiId=api.api_id, typeName="Query", fieldName="item", dataSourceName="puppet")
        return api


@pytest.fixture(scope="module")
def doors(aws: Account) -> Doors:
    return Doors(aws)


DOORS = [
    *("INVOKE", "INVOKE STREAM", "REST BUFFERED", "REST STREAM", "HTTP 1.0", "HTTP 2.0"),
    *("URL BUFFERED", "URL STREAM", "ROUTE", "CONNECT", "AUTHORIZER", "APPSYNC"),
]


@pytest.mark.parametrize("door", DOORS)
def test_whatever_a_runtime_sends_the_front_door_answers_and_goes_on(doors: Doors, door: str) -> None:
    well = doors.ask(door, None)
    raised = []
    streams = "STREAM" in door
    for case, (kind, raw) in enumerate(CASES):
        if kind == ("result" if streams else "prelude"):
            continue  # what the other kind of door reads
        try:
            doors.ask(door, case)
        except Exception as error:
            raised.append((kind, raw[:200], error))
    assert not raised
    assert doors.ask(door, None) == well
