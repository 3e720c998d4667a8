"""Events and answers of WebSocket APIs, by field and by the state of the handshake or message.

The stage `dev` has no variables, `vars` has some; messages are routed by `$request.body.action`, with the
routes `echo`, `nested/key` and `$default`.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.server.local_aws.api_gateway.events.table import (
    ABSENT,
    CONTEXT_REFUSED,
    CONTEXT_STRINGS,
    DEFLATE,
    DOC_CONNECTIONS,
    DOC_CREATE_ROUTE,
    DOC_OVERVIEW,
    DOC_WS,
    DOC_WS_AUTH,
    DOC_WS_EVENT,
    DOC_WS_PROTOCOL,
    DOC_WS_SELECT,
    LOCALSTACK_WS,
    MINISTACK_JWT,
    OFFLINE,
    ONLY_CONNECT,
    SLSWS,
    UNCONFIRMED,
    Header,
)

ID = re.compile(r"[A-Za-z0-9_-]{15}=")
TIME = re.compile(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000")
TRACE = re.compile(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}.*")
LONG = "v" * 3_000


@dataclass(frozen=True)
class ConnectRow:
    """`state` of a `field` in a handshake for `target`; `expected` as in an `EventRow`."""

    field: str
    state: str
    target: str
    expected: Mapping[str, Any]
    source: str
    headers: Sequence[Header] = ()


@dataclass(frozen=True)
class MessageRow:
    """A text message, and what its event has."""

    state: str
    message: str
    expected: Mapping[str, Any]
    source: str


CONTEXT = {
    "requestContext.apiId": re.compile(r"[a-z0-9]+"),
    "requestContext.connectionId": ID,
    "requestContext.domainName": re.compile(r".+"),
    "requestContext.extendedRequestId": ID,
    "requestContext.identity.sourceIp": "127.0.0.1",
    "requestContext.messageDirection": "IN",
    "requestContext.requestId": ID,
    "requestContext.requestTime": TIME,
}


def query(state: str, sent: str, single: object, multiple: object, source: str) -> ConnectRow:
    expected = {"queryStringParameters": single, "multiValueQueryStringParameters": multiple}
    return ConnectRow("queryStringParameters", state, f"/dev{sent}", expected, source)


CONNECT = [
    ConnectRow(
        "requestContext",
        "stage dev",
        "/dev",
        {
            **CONTEXT,
            "requestContext.routeKey": "$connect",
            "requestContext.eventType": "CONNECT",
            "requestContext.stage": "dev",
            "requestContext.authorizer": ABSENT,
            "requestContext.identity.userAgent": "tester/1",
            "stageVariables": ABSENT,
            "body": ABSENT,
            "isBase64Encoded": False,
        },
        DOC_WS,
        [("User-Agent", "tester/1")],
    ),
    ConnectRow(
        "stageVariables",
        "named stage",
        "/vars",
        {"stageVariables": {"name": "value"}, "requestContext.stage": "vars"},
        DOC_WS_EVENT,
    ),
    query("absent", "", ABSENT, ABSENT, SLSWS),
    query("empty", "?", ABSENT, ABSENT, UNCONFIRMED),
    query("empty value", "?a=", {"a": ""}, {"a": [""]}, UNCONFIRMED),
    query("no =", "?a", {"a": ""}, {"a": [""]}, UNCONFIRMED),
    query("repeated", "?a=1&a=2", {"a": "2"}, {"a": ["1", "2"]}, DOC_WS),
    query("plus", "?a=b+c", {"a": "b c"}, {"a": ["b c"]}, UNCONFIRMED),
    query("encoded", "?a=b%20c%2Bd", {"a": "b c+d"}, {"a": ["b c+d"]}, UNCONFIRMED),
    query("non-ASCII, encoded", "?a=%E3%81%82", {"a": "あ"}, {"a": ["あ"]}, UNCONFIRMED),
    query("very long", f"?a={LONG}", {"a": LONG}, {"a": [LONG]}, UNCONFIRMED),
    ConnectRow(
        "headers",
        "of the handshake",
        "/dev",
        {
            "headers.Sec-WebSocket-Key": re.compile(r".{24}"),
            "headers.Sec-WebSocket-Version": "13",
            "headers.Sec-WebSocket-Extensions": "permessage-deflate",
            "headers.X-Forwarded-For": "127.0.0.1",
            "headers.X-Forwarded-Port": "443",
            "headers.X-Forwarded-Proto": "https",
            "headers.X-Amzn-Trace-Id": TRACE,
            "multiValueHeaders.Sec-WebSocket-Version": ["13"],
            "headers.Connection": ABSENT,
            "headers.Upgrade": ABSENT,
        },
        DOC_WS,
        [("Sec-WebSocket-Extensions", "permessage-deflate")],
    ),
    ConnectRow("headers", "absent", "/dev", {"headers.X-A": ABSENT}, DOC_WS),
    ConnectRow(
        "headers",
        "repeated",
        "/dev",
        {"headers.X-A": "2", "multiValueHeaders.X-A": ["1", "2"]},
        DOC_WS,
        [("X-A", "1"), ("X-A", "2")],
    ),
    ConnectRow("headers", "casing", "/dev", {"headers.X-Abc-Def": "1"}, UNCONFIRMED, [("x-ABC-dEf", "1")]),
    ConnectRow("headers", "empty", "/dev", {"headers.X-A": ""}, UNCONFIRMED, [("X-A", "")]),
    ConnectRow("headers", "very long", "/dev", {"headers.X-A": LONG}, UNCONFIRMED, [("X-A", LONG)]),
    ConnectRow(
        "headers", "cookies", "/dev", {"headers.Cookie": "a=1; b=2"}, DOC_WS, [("Cookie", "a=1; b=2")]
    ),
    ConnectRow(
        "headers",
        "subprotocols",
        "/dev",
        {"headers.Sec-WebSocket-Protocol": "one, two"},
        DOC_WS_PROTOCOL,
        [("Sec-WebSocket-Protocol", "one, two")],
    ),
]


def message(state: str, text: str, route: str, source: str) -> MessageRow:
    expected = {"requestContext.routeKey": route, "body": text}
    return MessageRow(state, text, expected, source)


MESSAGES = [
    MessageRow(
        "requestContext",
        '{"action": "echo"}',
        {
            **CONTEXT,
            "requestContext.routeKey": "echo",
            "requestContext.eventType": "MESSAGE",
            "requestContext.messageId": ID,
            "requestContext.stage": "dev",
            "requestContext.disconnectStatusCode": ABSENT,
            "body": '{"action": "echo"}',
            "isBase64Encoded": False,
            "headers": ABSENT,
            "queryStringParameters": ABSENT,
        },
        SLSWS,
    ),
    message("selected", '{"action": "echo", "x": 1}', "echo", DOC_WS_SELECT),
    message("a key that is no route", '{"action": "other"}', "$default", DOC_WS_SELECT),
    message("not JSON", "text", "$default", DOC_WS_SELECT),
    message("JSON cut short", '{"action": "echo"', "$default", DOC_WS_SELECT),
    message("an array", '[{"action": "echo"}]', "$default", UNCONFIRMED),
    message("a string", '"echo"', "$default", UNCONFIRMED),
    message("a number", "5", "$default", UNCONFIRMED),
    message("null", "null", "$default", UNCONFIRMED),
    message("no key", '{"x": "echo"}', "$default", DOC_WS_SELECT),
    message("an empty key", '{"action": ""}', "$default", UNCONFIRMED),
    message("a key of null", '{"action": null}', "$default", UNCONFIRMED),
    message("a key of an object", '{"action": {"action": "echo"}}', "$default", UNCONFIRMED),
    message("a key of a list", '{"action": ["echo"]}', "$default", UNCONFIRMED),
    message("a key of a number", '{"action": 5}', "5", UNCONFIRMED),
    message("a key of true", '{"action": true}', "true", UNCONFIRMED),
    message("a key twice", '{"action": "other", "action": "echo"}', "echo", UNCONFIRMED),
    message("a key in another case", '{"Action": "echo"}', "$default", DOC_WS_SELECT),
    message("a key with blanks", '{"action": " echo "}', "$default", UNCONFIRMED),
    message("a fixed key", '{"action": "$connect"}', "$default", UNCONFIRMED),
    message("the default key", '{"action": "$default"}', "$default", UNCONFIRMED),
    message("a key with a slash", '{"action": "nested/key"}', "nested/key", UNCONFIRMED),
    message("empty", "", "$default", UNCONFIRMED),
    message("non-ASCII", '{"action": "echo", "x": "あ😊"}', "echo", DOC_WS_SELECT),
    message("very long", json.dumps({"action": "echo", "x": "v" * 30_000}), "echo", DOC_WS_EVENT),
]


@dataclass(frozen=True)
class HandshakeRow:
    """What a client gets of a `$connect` that returns `result`. `protocol` is what the answer chooses."""

    what: str
    result: Any
    status: int
    source: str
    headers: Sequence[Header] = ()
    protocol: str | None = None
    body: str | None = None


OFFERED = [("Sec-WebSocket-Protocol", "one, two")]

HANDSHAKES = [
    HandshakeRow("200", {"statusCode": 200}, 101, DOC_WS),
    HandshakeRow("200 as text", {"statusCode": "200"}, 101, UNCONFIRMED),
    HandshakeRow("204", {"statusCode": 204}, 101, DOC_WS),
    HandshakeRow("200 and a body", {"statusCode": 200, "body": "x"}, 101, DOC_WS),
    HandshakeRow("400", {"statusCode": 400, "body": "no"}, 400, DOC_WS_PROTOCOL, body="no"),
    HandshakeRow("401", {"statusCode": 401}, 401, DOC_WS_PROTOCOL, body=""),
    HandshakeRow("300", {"statusCode": 300}, 300, UNCONFIRMED),
    HandshakeRow("503", {"statusCode": 503, "body": "busy"}, 503, UNCONFIRMED, body="busy"),
    HandshakeRow(
        "a body that is an object", {"statusCode": 400, "body": {"a": 1}}, 400, UNCONFIRMED, body=""
    ),
    HandshakeRow("no status", {}, 502, UNCONFIRMED),
    HandshakeRow("a status of null", {"statusCode": None}, 502, UNCONFIRMED),
    HandshakeRow("a status of 0", {"statusCode": 0}, 502, UNCONFIRMED),
    HandshakeRow("a status of 200.5", {"statusCode": 200.5}, 502, UNCONFIRMED),
    HandshakeRow("a status of text", {"statusCode": "fine"}, 502, UNCONFIRMED),
    HandshakeRow("a status of 1000", {"statusCode": 1000}, 502, UNCONFIRMED),
    HandshakeRow("a string", "text", 502, UNCONFIRMED),
    HandshakeRow("null", None, 502, UNCONFIRMED),
    HandshakeRow("no subprotocol", {"statusCode": 200}, 101, DOC_WS_PROTOCOL, OFFERED),
    HandshakeRow(
        "a subprotocol",
        {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "two"}},
        101,
        DOC_WS_PROTOCOL,
        OFFERED,
        "two",
    ),
    HandshakeRow(
        "a subprotocol, other case",
        {"statusCode": 200, "headers": {"sec-websocket-protocol": "one"}},
        101,
        DOC_WS_PROTOCOL,
        OFFERED,
        "one",
    ),
    HandshakeRow(
        "a subprotocol that nobody offered",
        {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "one"}},
        101,
        UNCONFIRMED,
    ),
    HandshakeRow(
        "a subprotocol that is none",
        {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "a\r\nb"}},
        502,
        UNCONFIRMED,
        OFFERED,
    ),
    HandshakeRow(
        "compression",
        {"statusCode": 200},
        101,
        DEFLATE,
        [("Sec-WebSocket-Extensions", "permessage-deflate")],
    ),
]


@dataclass(frozen=True)
class GuardRow:
    """What an authorizer's result makes of a handshake: the status, and at 101 the caller's context."""

    what: str
    result: Mapping[str, Any]
    status: int
    source: str
    context: Mapping[str, Any] = field(default_factory=dict)
    error_type: str | None = None


def guard(what: str, context: Any, status: int, source: str, **seen: Any) -> GuardRow:
    """`context` as an authorizer returns it that lets everybody in."""
    error_type = None if status == 101 else "AuthorizerConfigurationException"
    result = {"principalId": "user", "context": context, "policyDocument": policy("Allow")}
    return GuardRow(what, result, status, source, seen, error_type)


def policy(effect: str, action: Any = "execute-api:Invoke", resource: Any = "*") -> dict[str, Any]:
    statement = {"Action": action, "Effect": effect, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


GUARDS = [
    guard("no context", None, 101, DOC_WS_AUTH, principalId="user"),
    guard("an empty context", {}, 101, DOC_WS_AUTH, principalId="user"),
    guard("text", {"a": "x"}, 101, CONTEXT_STRINGS, a="x"),
    guard("empty text", {"a": ""}, 101, UNCONFIRMED, a=""),
    guard("non-ASCII", {"a": "あ"}, 101, UNCONFIRMED, a="あ"),
    guard("very long", {"a": "v" * 7_000}, 101, UNCONFIRMED, a="v" * 7_000),
    guard("longer than 8 KB", {"a": "v" * 9_000}, 500, UNCONFIRMED),
    guard("an integer", {"a": 123}, 101, CONTEXT_STRINGS, a="123"),
    guard("a negative number", {"a": -1}, 101, UNCONFIRMED, a="-1"),
    guard("a fraction", {"a": 1.5}, 101, UNCONFIRMED, a="1.5"),
    guard("true", {"a": True}, 101, CONTEXT_STRINGS, a="true"),
    guard("false", {"a": False}, 101, CONTEXT_STRINGS, a="false"),
    guard("null", {"a": None}, 101, CONTEXT_STRINGS, a=None),
    guard("a list", {"a": [1]}, 500, CONTEXT_REFUSED),
    guard("an empty list", {"a": []}, 500, CONTEXT_REFUSED),
    guard("an object", {"a": {"b": 1}}, 500, CONTEXT_REFUSED),
    guard("a context that is a list", [1], 500, CONTEXT_REFUSED),
    guard("a context that is text", "x", 500, CONTEXT_REFUSED),
    GuardRow(
        "a principal that is a number",
        {"principalId": 5, "policyDocument": policy("Allow")},
        101,
        UNCONFIRMED,
        {"principalId": "5"},
    ),
    GuardRow("no principal", {"policyDocument": policy("Allow")}, 500, UNCONFIRMED),
    GuardRow("a denial", {"principalId": "u", "policyDocument": policy("Deny")}, 403, DOC_WS_AUTH),
    GuardRow(
        "another action", {"principalId": "u", "policyDocument": policy("Allow", "s3:*")}, 403, DOC_WS_AUTH
    ),
    GuardRow(
        "another resource",
        {"principalId": "u", "policyDocument": policy("Allow", resource="arn:aws:execute-api:*:*:other/*")},
        403,
        DOC_WS_AUTH,
    ),
    GuardRow(
        "lists of actions",
        {"principalId": "u", "policyDocument": policy("Allow", ["s3:*", "execute-api:*"], ["*"])},
        101,
        DOC_WS_AUTH,
    ),
    GuardRow("no policy", {"principalId": "u"}, 500, UNCONFIRMED),
    GuardRow(
        "a policy without statements",
        {"principalId": "u", "policyDocument": {"Version": "2012-10-17"}},
        500,
        UNCONFIRMED,
    ),
    GuardRow("an empty policy", {"principalId": "u", "policyDocument": {"Statement": []}}, 403, UNCONFIRMED),
    GuardRow("a simple response of HTTP APIs", {"isAuthorized": True}, 500, UNCONFIRMED),
    GuardRow("null", {}, 500, UNCONFIRMED),
]

SOURCES = [
    (["route.request.querystring.t"], "?t=1", [], 101, DOC_WS_AUTH),
    (["route.request.querystring.t"], "", [], 401, DOC_WS_AUTH),
    (["route.request.querystring.t"], "?t=", [], 401, DOC_WS_AUTH),
    (["route.request.querystring.t"], "?t", [], 401, DOC_WS_AUTH),
    (["route.request.querystring.t"], "?T=1", [], 401, UNCONFIRMED),
    (["route.request.querystring.t"], "?t=%20", [], 101, UNCONFIRMED),
    (["route.request.header.X-T"], "", [("x-t", "1")], 101, DOC_WS_AUTH),
    (["route.request.header.X-T"], "", [("X-T", "")], 401, DOC_WS_AUTH),
    (["route.request.header.X-T"], "", [], 401, DOC_WS_AUTH),
    (["route.request.header.X-T", "route.request.querystring.t"], "?t=1", [("X-T", "1")], 101, DOC_WS_AUTH),
    (["route.request.header.X-T", "route.request.querystring.t"], "?t=1", [], 401, DOC_WS_AUTH),
    (["stageVariables.name"], "", [], 101, DOC_WS_AUTH),
    (["stageVariables.other"], "", [], 401, DOC_WS_AUTH),
    (["context.identity.sourceIp"], "", [], 101, DOC_WS_AUTH),
    (["context.no.such"], "", [], 401, UNCONFIRMED),
    (["$request.header.X-T"], "", [("X-T", "1")], 401, UNCONFIRMED),
    (["nonsense"], "", [], 401, UNCONFIRMED),
    ([], "", [], 101, UNCONFIRMED),
]
"""Identity sources of an authorizer: what they are, query, headers, status, source. The stage has `name`."""

AUTHORIZATIONS = [
    ("$connect", {"AuthorizationType": "NONE"}, True, DOC_CREATE_ROUTE),
    ("$connect", {"AuthorizationType": "AWS_IAM"}, True, DOC_CREATE_ROUTE),
    ("$connect", {"AuthorizationType": "CUSTOM", "AuthorizerId": "{authorizer}"}, True, DOC_CREATE_ROUTE),
    ("$connect", {"AuthorizationType": "CUSTOM"}, False, UNCONFIRMED),
    ("$connect", {"AuthorizationType": "CUSTOM", "AuthorizerId": "nobody"}, False, UNCONFIRMED),
    ("$connect", {"AuthorizationType": "CUSTOM", "AuthorizerId": "{deleted}"}, False, UNCONFIRMED),
    ("$connect", {"AuthorizationType": "JWT"}, False, MINISTACK_JWT),
    ("$connect", {"AuthorizationType": "JWT", "AuthorizerId": "{authorizer}"}, False, MINISTACK_JWT),
    ("$connect", {"AuthorizationType": "COGNITO_USER_POOLS"}, False, DOC_CREATE_ROUTE),
    ("$connect", {"AuthorizationType": "REQUEST"}, False, DOC_CREATE_ROUTE),
    ("$connect", {"AuthorizationType": "none"}, False, DOC_CREATE_ROUTE),
    ("$connect", {"AuthorizationType": "NONSENSE"}, False, DOC_CREATE_ROUTE),
    ("$connect", {"ApiKeyRequired": True}, False, UNCONFIRMED),
    ("echo", {"AuthorizationType": "AWS_IAM"}, False, ONLY_CONNECT),
    ("$default", {"AuthorizationType": "CUSTOM", "AuthorizerId": "{authorizer}"}, False, ONLY_CONNECT),
]
"""Authorizations of routes: the route, the settings, whether CreateRoute and UpdateRoute take them, the
source."""

ASKED = {
    "type": "REQUEST",
    "methodArn": re.compile(r"arn:aws:execute-api:ap-northeast-1:123456789012:[a-z0-9]+/vars/\$connect"),
    "headers.Connection": "upgrade",
    "headers.Upgrade": "websocket",
    "headers.content-length": "0",
    "headers.Sec-WebSocket-Version": "13",
    "multiValueHeaders.Connection": ["upgrade"],
    "queryStringParameters": {"t": "1"},
    "stageVariables": {"name": "value"},
    "requestContext.routeKey": "$connect",
    "requestContext.eventType": "CONNECT",
    "requestContext.connectionId": ID,
    "requestContext.authorizer": ABSENT,
}
"""What the event of an authorizer has, for a handshake with `?t=1`."""
ASKED_SOURCE = LOCALSTACK_WS


def connection_id(seed: int) -> str:
    return base64.urlsafe_b64encode(bytes([seed] * 11)).decode()


CONNECTIONS = [
    (connection_id(0), 410, DOC_CONNECTIONS),
    (connection_id(250), 410, DOC_CONNECTIONS),
    ("L0SM9cOFvHcCIhw=", 410, DOC_CONNECTIONS),
    ("cjy8i76bx002884le6n17d49b", 400, OFFLINE),
    ("6d6040c1-60f2-48b9-a868-e75167e6083f", 400, OFFLINE),
    ("abc", 400, OFFLINE),
    ("L0SM9cOFvHcCIhw", 400, UNCONFIRMED),
    ("L0SM9cOFvHcCIhw==", 400, UNCONFIRMED),
    ("L0SM9cOFvHcCI.w=", 400, UNCONFIRMED),
    ("あ", 400, UNCONFIRMED),
    ("a/b", 400, UNCONFIRMED),
    ("v" * 2_000, 400, UNCONFIRMED),
]
"""Ids that no connection has: the id, what POST, GET and DELETE answer, the source."""

DISCONNECTS = [
    ("no code", None, "", 1005, "Client-side close frame status not set", DOC_WS),
    ("1000", 1000, "", 1000, "", UNCONFIRMED),
    ("1000 and a reason", 1000, "bye", 1000, "bye", UNCONFIRMED),
    ("1001", 1001, "", 1001, "", UNCONFIRMED),
    ("a code of its own", 4001, "あ", 4001, "あ", UNCONFIRMED),
    ("a broken connection", 1006, "", 1006, "", DOC_OVERVIEW),
    ("a binary frame", 1003, "", 1003, re.compile(r".+"), DOC_OVERVIEW),
]
"""How connections end: what it is, the client's code and reason, the event's code and reason, the source."""

DISCONNECTED = {
    **CONTEXT,
    "requestContext.routeKey": "$disconnect",
    "requestContext.eventType": "DISCONNECT",
    "requestContext.stage": "dev",
    "requestContext.messageId": ABSENT,
    "headers.Host": re.compile(r".+"),
    "headers.x-api-key": "",
    "headers.X-Forwarded-For": "",
    "headers.x-restapi": "",
    "multiValueHeaders.x-api-key": [""],
    "isBase64Encoded": False,
    "body": ABSENT,
    "queryStringParameters": ABSENT,
}
"""What every event of `$disconnect` has (its sample in DOC_WS)."""
