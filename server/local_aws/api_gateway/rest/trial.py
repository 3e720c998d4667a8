"""`TestInvokeMethod`: carries a method out as it is now, deployed or not; the answer is a document.

A streamed answer is collected until it ends, for 35 s, or up to 1 MB; status 0 says that status and headers
did not come in time. Docs: docs.aws.amazon.com/apigateway/latest/developerguide, page
response-streaming-troubleshoot.html (checked 2026-11). The stand-in writes no execution log: `log` is empty.
"""

import asyncio
import time
from typing import Any
from urllib.parse import urlsplit

from moto.apigateway.models import Resource, RestAPI

from server.local_aws.api_gateway.common.paths import rest_segments
from server.local_aws.api_gateway.common.request import GatewayRequest, Target, grouped
from server.local_aws.api_gateway.rest.answering import Answer
from server.local_aws.api_gateway.rest.deployment import Route, snapshot
from server.local_aws.api_gateway.rest.method_call import MethodCall, Settings
from server.local_aws.aws_lambda.functions import Functions
from server.local_aws.control_plane.call import not_found
from server.local_aws.http1.exchange import Header
from server.local_aws.platform.limits import Limits

STAGE = "test-invoke-stage"


class Enough(Exception):
    """As much of the answer has come as a test collects."""


class Collected(Answer):
    """The answer so far."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.status = 0
        self.headers: list[Header] = []
        self.body = bytearray()

    async def whole(self, status: int, headers: list[Header], body: bytes) -> None:
        await self.start(status, headers)
        self.body += body

    async def start(self, status: int, headers: list[Header]) -> None:
        self.status = status
        self.headers = headers

    async def send(self, chunks: list[bytes]) -> None:
        self.body += b"".join(chunks)
        if len(self.body) >= self._limit:
            del self.body[self._limit :]
            raise Enough

    async def finish(self) -> None:
        pass

    async def fail(self, status: int, message: str) -> None:
        if not self.status:
            await self.refuse(status, "InternalServerErrorException", message)


async def try_out(
    api: RestAPI,
    resource_id: str,
    method: str,
    settings: dict[str, Any],
    functions: Functions,
    limits: Limits,
) -> dict[str, Any]:
    """The document that `TestInvokeMethod` answers. Raises `ApiError` (404) if there is no such method."""
    resource = api.resources.get(resource_id)
    route = routed(api, resource, method, settings) if resource else None
    if route is None:
        raise not_found("Invalid Method identifier specified")
    request = request_of(method, route.resource, settings)
    target = Target(
        api_id=api.id,
        region=api.region_name,
        stage=STAGE,
        resource=route.resource,
        resource_id=resource_id,
        deployment_id="",
        path=request.path,
        path_parameters=route.path_parameters,
        stage_variables=settings.get("stageVariables") or {},
    )
    collected = Collected(limits.rest_test_payload)
    call = MethodCall(request, target, route.integration, Settings.of(api), functions, limits)
    started = time.monotonic()
    try:
        async with asyncio.timeout(limits.rest_test_seconds):
            await call.carry_out(collected)
    except (TimeoutError, Enough):
        pass
    return {
        "status": collected.status,
        "body": collected.body.decode("utf-8", "replace"),
        "headers": dict(collected.headers),
        "multiValueHeaders": grouped(collected.headers),
        "log": "",
        "latency": int((time.monotonic() - started) * 1000),
    }


def routed(api: RestAPI, resource: Resource, method: str, settings: dict[str, Any]) -> Route | None:
    """Return the method as it is now, with the path's variables as `pathWithQueryString` gives them."""
    for template, methods in snapshot(api, "").methods.items():
        integration = methods.get(method)
        if template.text == resource.get_path() and integration is not None:
            path = urlsplit(settings.get("pathWithQueryString") or template.text).path
            return Route(template.text, resource.id, integration, template.match(rest_segments(path)) or {})
    return None


def request_of(method: str, path: str, settings: dict[str, Any]) -> GatewayRequest:
    parts = urlsplit(settings.get("pathWithQueryString") or path)
    single = list((settings.get("headers") or {}).items())
    several = [
        (name, value)
        for name, values in (settings.get("multiValueHeaders") or {}).items()
        for value in values
    ]
    return GatewayRequest(
        method="GET" if method == "ANY" else method,
        path=parts.path or "/",
        query=parts.query,
        headers=[*single, *several],
        body=(settings.get("body") or "").encode(),
        source_ip="test-invoke-source-ip",
    )
