"""A request to a deployed API, and what its events (payload format 1.0) have in common: REST and HTTP APIs
each add their own (`api_gateway_rest/payload.py`, `api_gateway_http/payload_v1.py`).

Docs: docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html and
…/http-api-develop-integrations-lambda.html (checked 2026-11).
"""

import base64
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from server.local_aws.aws_lambda.environments.invocation import new_trace_id
from server.local_aws.aws_lambda.function_url.event import request_time
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.http1.exchange import Exchange, Header

MAX_HEADERS = 10_240
"""Bytes of request line and headers."""

HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"}
FORWARDED = {"x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"}

Body = tuple[str | None, bool]
"""A body as an event has it: the text, and whether it is base64."""


@dataclass(frozen=True)
class GatewayRequest:
    """`headers` as the client wrote them; `path` without the stage, escapes kept."""

    method: str
    path: str
    query: str
    headers: Sequence[Header]
    body: bytes
    source_ip: str
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    trace_id: str = field(default_factory=new_trace_id)

    @classmethod
    def of(cls, exchange: Exchange, path: str, body: bytes) -> "GatewayRequest":
        query = exchange.target.partition("?")[2]
        headers = [header for header in exchange.raw_headers if header[0].lower() not in HOP_BY_HOP]
        return cls(exchange.method, path, query, headers, body, exchange.client)

    def header(self, name: str) -> str:
        return ", ".join(value for key, value in self.headers if key.lower() == name)

    @property
    def parameters(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query, keep_blank_values=True)

    def forwarded(self) -> list[Header]:
        """The headers as they go on: what the gateway adds takes the place of what the client sent by these
        names; only the addresses that it says it forwards for stay, before its own."""
        addresses = [self.header("x-forwarded-for"), self.source_ip]
        return [
            *((name, value) for name, value in self.headers if name.lower() not in FORWARDED),
            ("X-Amzn-Trace-Id", self.trace_id),
            ("X-Forwarded-For", ", ".join(filter(None, addresses))),
            ("X-Forwarded-Port", "443"),
            ("X-Forwarded-Proto", "https"),
        ]


@dataclass(frozen=True)
class Target:
    """What a request was routed to. `resource` is the path template, `path` the path with the stage."""

    api_id: str
    region: str
    stage: str
    resource: str
    resource_id: str
    deployment_id: str
    path: str
    path_parameters: Mapping[str, str]
    stage_variables: Mapping[str, str]

    @property
    def domain_name(self) -> str:
        return f"{self.api_id}.execute-api.{self.region}.amazonaws.com"

    def source_arn(self, route: str) -> str:
        """The ARN for which a function's resource policy grants; `route` is `METHOD/path` or `$default`."""
        return f"arn:aws:execute-api:{self.region}:{ACCOUNT_ID}:{self.api_id}/{self.stage}/{route}"


def event_v1(
    request: GatewayRequest, target: Target, headers: Sequence[Header], body: Body
) -> dict[str, Any]:
    """Return the fields of payload format 1.0 that REST and HTTP APIs agree on."""
    text, encoded = body
    return {
        "resource": target.resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": dict(headers),
        "multiValueHeaders": grouped(headers),
        "queryStringParameters": dict(request.parameters) or None,
        "multiValueQueryStringParameters": grouped(request.parameters) or None,
        "pathParameters": dict(target.path_parameters) or None,
        "stageVariables": dict(target.stage_variables) or None,
        "requestContext": request_context(request, target),
        "body": text,
        "isBase64Encoded": encoded,
    }


def request_context(request: GatewayRequest, target: Target) -> dict[str, Any]:
    """Return what an event, a mapping and a template can know of a request beside what it says itself."""
    now = time.time()
    return {
        "accountId": ACCOUNT_ID,
        "apiId": target.api_id,
        "domainName": target.domain_name,
        "domainPrefix": target.api_id,
        "extendedRequestId": extended_request_id(request),
        "httpMethod": request.method,
        "identity": identity(request),
        "path": target.path,
        "protocol": "HTTP/1.1",
        "requestId": request.request_id,
        "requestTime": request_time(now),
        "requestTimeEpoch": int(now * 1000),
        "resourceId": target.resource_id,
        "resourcePath": target.resource,
        "stage": target.stage,
    }


def identity(request: GatewayRequest) -> dict[str, str | None]:
    nobody = (
        "accessKey",
        "accountId",
        "caller",
        "cognitoAuthenticationProvider",
        "cognitoAuthenticationType",
        "cognitoIdentityId",
        "cognitoIdentityPoolId",
        "principalOrgId",
        "user",
        "userArn",
    )
    known = {"sourceIp": request.source_ip, "userAgent": request.header("user-agent")}
    return {**dict.fromkeys(nobody), **known}


def extended_request_id(request: GatewayRequest) -> str:
    """Return the `x-amz-apigw-id` of the request: the same for every use of it."""
    return base64.urlsafe_b64encode(uuid.UUID(request.request_id).bytes[:11]).decode()


def spelled(headers: Sequence[Header], names: Sequence[str]) -> list[Header]:
    """The headers with each name spelled in one way: as in `names` if it is there, else as it came first."""
    spelling = {name.lower(): name for name in names}
    return [(spelling.setdefault(name.lower(), name), value) for name, value in headers]


def grouped(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def has_large_head(exchange: Exchange) -> bool:
    """Return whether request line and headers exceed what a gateway takes."""
    fields = sum(len(name) + len(value) for name, value in exchange.raw_headers)
    return len(exchange.target) + fields > MAX_HEADERS
