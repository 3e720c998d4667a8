"""The control plane of WebSocket APIs: moto's, with the port each API listens on.

Docs: docs.aws.amazon.com/apigatewayv2/latest/api-reference/operations.html (checked 2026-11).
"""

import json
import re
import time
from functools import partial
from typing import Any
from urllib.parse import unquote

from moto.apigatewayv2.models import Api

from server.door.guard import Kind
from server.local_aws.api_gateway.common.deployments import Deployments
from server.local_aws.api_gateway.websocket.deployed import Route, Stage, backend, freeze, websocket_apis
from server.local_aws.api_gateway.websocket.gateway import Gateway
from server.local_aws.api_gateway.websocket.routing import CONNECT
from server.local_aws.aws_lambda.functions import functions_of
from server.local_aws.control_plane.call import ApiAnswer, ApiCall, ApiError, bad_request
from server.local_aws.control_plane.endpoints import Endpoint
from server.local_aws.http1.server import HOST, Server
from server.local_aws.platform.service import Platform
from server.local_aws.platform.throttle import TokenBucket

PATH = re.compile(r"/v2/apis(?:/([^/]+)(?:/([^/]+)(?:/([^/]+))?)?)?/?")
INTEGRATIONS = ("AWS_PROXY", "MOCK")
AUTHORIZATIONS = ("NONE", "AWS_IAM", "CUSTOM")
MAX_ROUTES = 300
"""Routes of an API (API Gateway quotas)."""

Key = tuple[str, str]


class WebSocketApis:
    """Every WebSocket API, each on a port of its own, plain and over TLS."""

    def __init__(self, platform: Platform) -> None:
        self._endpoints = platform.endpoints
        self._functions = functions_of(platform)
        self._limits = platform.limits
        self._tls = platform.certificate.context
        self._forward = platform.forward
        self._listening: dict[Key, tuple[Gateway, Server, Endpoint]] = {}
        self._deployments: dict[Key, Deployments[dict[str, Route]]] = {}
        rate = self._limits.websocket_connection_rate
        self._new_connections = TokenBucket(max(rate, 1.0), rate, time.monotonic())

    async def call(self, call: ApiCall) -> ApiAnswer | None:
        """Answer a call about a WebSocket API; None if it is about something else. Raises `ApiError`."""
        match = PATH.fullmatch(call.path)
        if match is None:
            return None
        api_id, collection, item = (unquote(part) if part else "" for part in match.groups())
        if not api_id:
            return await self._create(call) if call.method == "POST" else None
        key = (call.region, api_id)
        api = websocket_apis().get(key)
        if api is None:
            return None
        deployments = self._deployments[key]
        if collection == "deployments":
            if call.method == "POST" and not item and not api.routes:
                raise bad_request("At least one route is required before deploying the Api.")
            return deployments.call(call, item)
        if collection == "integrations" and call.method in ("POST", "PATCH"):
            check_integration(call.members, created=call.method == "POST")
        if collection == "authorizers" and call.method in ("POST", "PATCH"):
            check_authorizer(call.members, created=call.method == "POST")
        if collection == "routes" and call.method in ("POST", "PATCH"):
            check_route(call.members, api, item)
        if not collection and call.method == "PUT":
            raise bad_request("OpenAPI documents are imported over HTTP APIs only")
        if collection == "stages" and call.method in ("POST", "PATCH"):
            return deployments.call_stage(call, item)
        return None

    async def retire(self) -> None:
        """Close the ports of APIs that have been deleted, and connections to deleted stages."""
        apis = websocket_apis()
        for key, (gateway, _, _) in list(self._listening.items()):
            if key not in apis:
                await self._remove(key)
            else:
                gateway.close_all(set(apis[key].stages))

    async def stop(self) -> None:
        for key in list(self._listening):
            await self._remove(key)

    async def _create(self, call: ApiCall) -> ApiAnswer | None:
        """Create an API and let it listen: its endpoint is on this machine."""
        settings = call.members
        if settings.get("protocolType") != "WEBSOCKET":
            return None
        if not settings.get("routeSelectionExpression"):
            raise bad_request("RouteSelectionExpression is required for WEBSOCKET protocol type")
        answer = await self._forward(call)
        if answer.status >= 300:
            return answer
        api = backend(call.region).get_api(json.loads(answer.body)["apiId"])
        key = (call.region, api.api_id)
        server = Server(lambda exchange: gateway.serve(exchange), Kind.PUBLIC, self._tls)
        domain = f"{HOST}:{await server.start()}"
        gateway = Gateway(
            call.region,
            api.api_id,
            domain,
            partial(self._stage, key),
            self._admit,
            self._functions,
            self._limits,
        )
        api.api_endpoint = f"ws://{domain}"
        endpoint = Endpoint("apigatewayv2", "websocket-api", api.api_id, api.api_endpoint)
        self._endpoints.add(endpoint)
        self._listening[key] = (gateway, server, endpoint)
        self._deployments[key] = Deployments(api, freeze)
        return ApiAnswer.of(201, api.to_json())

    async def _remove(self, key: Key) -> None:
        gateway, server, endpoint = self._listening.pop(key)
        del self._deployments[key]
        self._endpoints.remove(endpoint)
        gateway.close_all()
        await server.stop()

    def _stage(self, key: Key, name: str) -> Stage | None:
        """Return the stage as it is deployed; None if nothing is."""
        api = websocket_apis().get(key)
        stage = api.stages.get(name) if api else None
        if api is None or stage is None:
            return None
        routes = self._deployments[key].routes_of(stage)
        if routes is None:
            return None
        settings = stage.default_route_settings or {}
        return Stage(
            name=name,
            variables=stage.stage_variables or {},
            selection=api.route_selection_expression,
            routes=routes,
            rate=settings.get("throttlingRateLimit"),
            burst=settings.get("throttlingBurstLimit"),
        )

    def _admit(self) -> bool:
        return self._new_connections.take(1, time.monotonic()) > 0


def check_integration(settings: dict[str, Any], *, created: bool) -> None:
    """Refuse what this stand-in does not do, rather than ignore it."""
    kind = settings.get("integrationType")
    if kind not in INTEGRATIONS and (created or kind is not None):
        served = " and ".join(INTEGRATIONS)
        raise bad_request(f"This stand-in integrates WebSocket APIs by {served} only, not {kind}")


def check_authorizer(settings: dict[str, Any], *, created: bool) -> None:
    """Refuse an authorizer that no WebSocket API may have: JWT is for HTTP APIs (CreateAuthorizer)."""
    kind = settings.get("authorizerType")
    if kind != "REQUEST" and (created or kind is not None):
        raise bad_request(f"WebSocket APIs have REQUEST authorizers, not {kind}")


def check_route(settings: dict[str, Any], api: Api, route_id: str) -> None:
    """Refuse a route that is there already, one too many, or one that could not be kept closed as it asks.
    `route_id` is the route's own when it is changed, "" for a new one. Raises `ApiError`."""
    key, held = settings.get("routeKey"), api.routes.get(route_id)
    if (held is None or key is not None) and not (key and isinstance(key, str)):
        raise bad_request("RouteKey must be a text that is not empty")
    if any(route.route_key == key and route is not held for route in list(api.routes.values())):
        raise ApiError(409, "ConflictException", f"Route with key {key} already exists for this API")
    if held is None and len(api.routes) >= MAX_ROUTES:
        raise ApiError(429, "TooManyRequestsException", f"An API has at most {MAX_ROUTES} routes")
    kind = settings.get("authorizationType") or (held.authorization_type if held else None) or "NONE"
    authorizer = settings.get("authorizerId") or (held.authorizer_id if held else None)
    if reason := wrong_authorization(kind, authorizer, key or (held.route_key if held else ""), api):
        raise bad_request(reason)
    if settings.get("apiKeyRequired"):
        raise bad_request("This stand-in serves WebSocket APIs without API keys only")


def wrong_authorization(kind: str, authorizer_id: str | None, key: str, api: Api) -> str | None:
    """What keeps a route from asking for this authorization, None if nothing does. CreateRoute has three
    kinds for WebSocket APIs; only `$connect` is ever asked for one."""
    if kind not in AUTHORIZATIONS:
        return f"The AuthorizationType of a WebSocket API is {', '.join(AUTHORIZATIONS)}, not {kind}"
    if kind != "NONE" and key != CONNECT:
        return f"Only the route {CONNECT} has an authorization, not {key}"
    if kind == "CUSTOM" and str(authorizer_id) not in api.authorizers:
        return f"There is no authorizer {authorizer_id}: AuthorizerId must be one of this API's authorizers"
    return None
