"""The events that functions get, and the messages the gateway itself sends.

Docs: …/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html and
…/apigateway-websocket-api-integration-requests.html (checked 2026-11).
"""

import base64
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from websockets.frames import Close

from server.local_aws.api_gateway.common.request import grouped
from server.local_aws.aws_lambda.environments.invocation import new_trace_id
from server.local_aws.aws_lambda.function_url.event import request_time
from server.local_aws.http1.exchange import Header

HOP_BY_HOP = ("connection", "upgrade")


def new_id() -> str:
    """Return an identifier as API Gateway makes them: eleven bytes in base64, so it ends with "="."""
    return base64.urlsafe_b64encode(os.urandom(11)).decode()


@dataclass
class Client:
    """Who is connected, and to what. `connected_at` in epoch seconds; `authorizer` is what one returned."""

    region: str
    api_id: str
    stage: str
    domain: str
    source_ip: str
    user_agent: str
    variables: Mapping[str, str]
    id: str = field(default_factory=new_id)
    connected_at: float = field(default_factory=time.time)
    authorizer: Mapping[str, Any] | None = None

    @property
    def identity(self) -> dict[str, str]:
        return {"sourceIp": self.source_ip, "userAgent": self.user_agent}


@dataclass(frozen=True)
class Handshake:
    """The request that opens a connection. `headers`: lower-case names in the order they came."""

    path: str
    query: str
    headers: Sequence[Header]

    def parameters(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query, keep_blank_values=True)

    def header(self, name: str) -> str:
        return ", ".join(value for key, value in self.headers if key == name)


def context(client: Client, route_key: str, event_type: str, **more: Any) -> dict[str, Any]:
    """Return the `requestContext` of one event."""
    now = time.time()
    request_id = new_id()
    document: dict[str, Any] = {
        "routeKey": route_key,
        **more,
        "eventType": event_type,
        "extendedRequestId": request_id,
        "requestTime": request_time(now),
        "messageDirection": "IN",
        "stage": client.stage,
        "connectedAt": int(client.connected_at * 1000),
        "requestTimeEpoch": int(now * 1000),
        "identity": client.identity,
        "requestId": request_id,
        "domainName": client.domain,
        "connectionId": client.id,
        "apiId": client.api_id,
    }
    if client.authorizer is not None:
        document["authorizer"] = dict(client.authorizer)
    return document


def connect(client: Client, handshake: Handshake, more: Sequence[Header] = ()) -> dict[str, Any]:
    """The event of `$connect`, with `more` headers. Header names get the case that the RFCs write them in."""
    headers = [
        *((canonical(name), value) for name, value in handshake.headers if name not in HOP_BY_HOP),
        *more,
        ("X-Amzn-Trace-Id", new_trace_id()),
        ("X-Forwarded-For", client.source_ip),
        ("X-Forwarded-Port", "443"),
        ("X-Forwarded-Proto", "https"),
    ]
    document = {
        **both_ways("headers", "multiValueHeaders", headers),
        **both_ways("queryStringParameters", "multiValueQueryStringParameters", handshake.parameters()),
        "requestContext": context(client, "$connect", "CONNECT"),
        "isBase64Encoded": False,
    }
    return with_variables(document, client)


def authorize(client: Client, handshake: Handshake, arn: str) -> dict[str, Any]:
    """The event of an authorizer: that of `$connect`, with the headers of the handshake that it lacks (an
    event of 2022-11, github.com/localstack/localstack/issues/7191)."""
    upgrade = [("Connection", "upgrade"), ("content-length", "0"), ("Upgrade", "websocket")]
    return {**connect(client, handshake, upgrade), "type": "REQUEST", "methodArn": arn}


def message(client: Client, route_key: str, body: str) -> dict[str, Any]:
    """Return the event of a message."""
    document = {
        "requestContext": context(client, route_key, "MESSAGE", messageId=new_id()),
        "body": body,
        "isBase64Encoded": False,
    }
    return with_variables(document, client)


def disconnect(client: Client, ended: Close) -> dict[str, Any]:
    """Return the event of `$disconnect`."""
    headers = [("Host", client.domain), ("x-api-key", ""), ("X-Forwarded-For", ""), ("x-restapi", "")]
    document = {
        **both_ways("headers", "multiValueHeaders", headers),
        "requestContext": context(
            client,
            "$disconnect",
            "DISCONNECT",
            disconnectStatusCode=int(ended.code),
            disconnectReason=ended.reason,
        ),
        "isBase64Encoded": False,
    }
    return with_variables(document, client)


def with_variables(document: dict[str, Any], client: Client) -> dict[str, Any]:
    if client.variables:
        document["stageVariables"] = dict(client.variables)
    return document


def both_ways(single: str, multiple: str, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """`pairs` under two keys: the last value of each name, and all of them. Nothing if there are none."""
    return {single: dict(pairs), multiple: grouped(pairs)} if pairs else {}


def canonical(name: str) -> str:
    parts = "-".join(part.capitalize() for part in name.split("-"))
    return parts.replace("Websocket", "WebSocket")


def failure(text: str, client: Client, request_id: str) -> bytes:
    """What a client is told when the gateway cannot serve it; spaced as AWS does."""
    return f'{{"message": "{text}", "connectionId":"{client.id}", "requestId":"{request_id}"}}'.encode()


def bad_request_body(client: Client, message_id: str) -> bytes:
    """What a client is told when its message does not fit the route's model; spaced as AWS does."""
    text = "Bad request body"
    return f'{{"message" : "{text}", "connectionId": "{client.id}", "messageId": "{message_id}"}}'.encode()
