"""The front door of an HTTP API: a request in, an integration, a response out, always in one piece.

Docs: docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html, …/http-api-quotas.html and
…/http-api-cors.html (checked 2026-11). HTTP APIs do not stream; there is nothing to configure.

Choices of this stand-in, where AWS is unconfirmed: what takes too long and what cannot be reached is a 503
"Service Unavailable"; `$default` sends the request's path on to an HTTP_PROXY whose URI has none.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

import h11
from moto.apigatewayv2.models import Api, Stage

from server.local_aws.api_gateway.common import result, upstream
from server.local_aws.api_gateway.common.deployments import DEFAULT, Deployments
from server.local_aws.api_gateway.common.lambda_target import LAMBDA_URI, InvokeRejected, permitted_function
from server.local_aws.api_gateway.common.request import (
    GatewayRequest,
    Target,
    extended_request_id,
    has_large_head,
)
from server.local_aws.api_gateway.common.result import BadResult
from server.local_aws.api_gateway.common.stage_variables import with_stage_variables
from server.local_aws.api_gateway.http import payload_v1, payload_v2
from server.local_aws.api_gateway.http.received_path import BadPath, received
from server.local_aws.api_gateway.http.routes import Integration, Route, Routes, find
from server.local_aws.aws_lambda.environments.invocation import Caller
from server.local_aws.aws_lambda.failure import Throttled
from server.local_aws.aws_lambda.function_url import cors as url_cors
from server.local_aws.aws_lambda.functions import Functions
from server.local_aws.http1.answering import Answering
from server.local_aws.http1.exchange import BodyTooLarge, Exchange, Header, PeerGone, TruncatedBody
from server.local_aws.platform.limits import Limits

UNTYPED = payload_v2.UNTYPED
FRAMING = {"connection", "content-length", "date", "keep-alive", "transfer-encoding", "upgrade"}
INTERNAL = "Internal Server Error"


class HttpApiFrontDoor:
    """Serves one HTTP API, all its stages."""

    def __init__(
        self, region: str, api: Api, deployments: Deployments[Routes], functions: Functions, limits: Limits
    ) -> None:
        self._region = region
        self._api = api
        self._deployments = deployments
        self._functions = functions
        self._limits = limits

    async def serve(self, exchange: Exchange) -> None:
        """Answer one request."""
        cors = capitalized(self._api.cors_configuration)
        request = GatewayRequest.of(exchange, exchange.target.partition("?")[0], b"")
        answer = HttpAnswering(exchange, request, cors)
        if cors and url_cors.is_preflight(exchange):
            await answer.preflight()
            return
        try:
            await self._serve(exchange, request, answer)
        except (BadPath, TruncatedBody):
            await answer.refuse(400, "Bad Request")
        except BodyTooLarge:
            await answer.refuse(413, "Request Entity Too Large")

    async def _serve(self, exchange: Exchange, request: GatewayRequest, answer: "HttpAnswering") -> None:
        """Find the route and carry it out. Raises `BadPath`, `TruncatedBody`, `BodyTooLarge`."""
        full_path = received(request.path)
        stage, path = self._stage(full_path)
        found = find(self._deployments.routes_of(stage) or (), exchange.method, path) if stage else None
        if stage is None or found is None:
            await answer.refuse(404, "Not Found")
            return
        route, values = found
        if route.unserved:
            message = f"LOCAL: {route.key} is not served by this stand-in, which lacks {route.unserved}"
            await answer.refuse(501, message)
            return
        if has_large_head(exchange):
            await answer.refuse(431, "Request Header Fields Too Large")
            return
        body = await exchange.read(self._limits.gateway_payload)
        target = self._target(stage, route, full_path, values)
        request = replace(request, path=path, body=body)
        await Call(request, target, route, self._functions, self._limits).answer(answer)

    def _stage(self, path: str) -> tuple[Stage | None, str]:
        """Return the stage that `path` names, or `$default`; and the path below it."""
        first, slash, rest = path.lstrip("/").partition("/")
        if first != DEFAULT and (stage := self._api.stages.get(first)):
            return stage, slash + rest or "/"
        return self._api.stages.get(DEFAULT), path

    def _target(self, stage: Stage, route: Route, path: str, values: Mapping[str, str]) -> Target:
        return Target(
            api_id=self._api.api_id,
            region=self._region,
            stage=stage.name,
            resource=route.template.text or route.key,
            resource_id=route.key,
            deployment_id=stage.config.get("deploymentId", ""),
            path=path,
            path_parameters=values,
            stage_variables=dict(stage.stage_variables or {}),
        )


@dataclass(frozen=True)
class Call:
    """One request on its way along one route."""

    request: GatewayRequest
    target: Target
    route: Route
    functions: Functions
    limits: Limits

    @property
    def integration(self) -> Integration:
        return self.route.integration

    @property
    def _uri(self) -> str:
        return with_stage_variables(self.integration.uri, self.target.stage_variables)

    @property
    def _seconds(self) -> float:
        return min(self.integration.timeout, self.limits.http_api_seconds)

    async def answer(self, answer: "HttpAnswering") -> None:
        """Carry out the integration, whatever comes of it."""
        try:
            if self.integration.type == "AWS_PROXY":
                await self._invoke(answer)
            else:
                async with asyncio.timeout(self._seconds):
                    status, headers, body = await self._fetch()
                await answer.whole(status, headers, body)
        except PeerGone:
            raise
        except (BadResult, InvokeRejected, Throttled, h11.LocalProtocolError):
            await answer.refuse(500, INTERNAL)
        except (TimeoutError, *upstream.UPSTREAM_ERRORS):
            await answer.refuse(503, "Service Unavailable")

    async def _invoke(self, answer: "HttpAnswering") -> None:
        match = LAMBDA_URI.fullmatch(self._uri)
        arn = match["buffered"] if match else self._uri
        if not arn:
            raise InvokeRejected("HTTP APIs do not stream")
        route = self.route.key if self.route.key == DEFAULT else self.route.key.replace(" ", "", 1)
        source_arn = self.target.source_arn(route)
        function = permitted_function(
            arn, source_arn, self.integration.credentials, judge_roles=self.functions.judge_roles
        )
        payload = json.dumps(self._event()).encode()
        if len(payload) > self.limits.request:
            await answer.refuse(413, "Request Entity Too Large")
            return
        async with asyncio.timeout(self._seconds):  # the function runs on when they are over
            invoked = await self.functions.invoke(function, payload, Caller(trace_id=self.request.trace_id))
        if invoked.failed:
            raise BadResult("the function failed")
        if self.integration.payload_format == "2.0":
            response = payload_v2.from_result(invoked.payload)
        else:
            response = result.from_http_result(invoked.payload)
        await answer.whole(response.status, response.headers, response.decoded())

    def _event(self) -> dict[str, object]:
        if self.integration.payload_format == "2.0":
            return payload_v2.event_v2(self.request, self.target, self.route.key)
        return payload_v1.event(self.request, self.target)

    async def _fetch(self) -> tuple[int, list[Header], bytes]:
        request, method = self.request, self.integration.method
        return await upstream.fetch(
            request.method if method == "ANY" else method,
            self._url(),
            [*request.headers, ("Forwarded", forwarded(request))],
            request.body,
            self.limits.gateway_payload,
        )

    def _url(self) -> str:
        url = self._uri
        for name, value in self.target.path_parameters.items():
            url = url.replace(f"{{{name}}}", quote(value, safe="/"))
        if self.route.key == DEFAULT and urlsplit(url).path in ("", "/"):
            url = url.rstrip("/") + self.request.path
        if self.request.query:
            url += ("&" if "?" in url else "?") + self.request.query
        return url


class HttpAnswering(Answering):
    """Answers one request with the headers that every answer of an HTTP API has."""

    def __init__(self, exchange: Exchange, request: GatewayRequest, cors: dict[str, object] | None) -> None:
        super().__init__(exchange, [("Apigw-Requestid", extended_request_id(request))])
        self._cors = cors

    def shown(self, headers: list[Header], *, streams: bool) -> list[Header]:
        """With a CORS configuration, the integration's own CORS headers are ignored."""
        kept = [
            (name, value)
            for name, value in headers
            if name.lower() not in FRAMING and not (self._cors and name.lower().startswith("access-control-"))
        ]
        origin = self.exchange.header("origin")
        cors = url_cors.headers(self._cors, origin, echoes=False)
        return [*result.with_content_type(kept, UNTYPED), *cors]

    async def preflight(self) -> None:
        headers = url_cors.preflight(self._cors, self.exchange.header("origin"), echoes=False)
        await self.exchange.respond(204, [*headers, *self.own])

    async def refuse(self, status: int, message: str) -> None:
        body = json.dumps({"message": message}, separators=(",", ":")).encode()
        await self.whole(status, [("Content-Type", "application/json")], body)


def forwarded(request: GatewayRequest) -> str:
    return f"for={request.source_ip};host={request.header('host')};proto=https"


def capitalized(cors: object) -> dict[str, object] | None:
    """moto keeps a CORS configuration with the names of its JSON, `url_cors` has those of the model."""
    if not isinstance(cors, dict):
        return None
    return {name[:1].upper() + name[1:]: value for name, value in cors.items()}
