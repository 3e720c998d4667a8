"""The control plane of WebSocket APIs: what there is of connections, authorizers and routes."""

import time
from functools import partial
from typing import Any

from moto.apigatewayv2.models import Api

from server.local_aws.api_gateway.common.apis import Apis, check_integration_type
from server.local_aws.api_gateway.websocket.deployed import Route, Stage, freeze
from server.local_aws.api_gateway.websocket.gateway import Gateway
from server.local_aws.api_gateway.websocket.routing import CONNECT
from server.local_aws.control_plane.call import ApiCall, ApiError, bad_request
from server.local_aws.platform.service import Platform
from server.local_aws.platform.throttle import TokenBucket

AUTHORIZATIONS = ("NONE", "AWS_IAM", "CUSTOM")
MAX_ROUTES = 300
"""Routes of an API (API Gateway quotas)."""


class WebSocketApis(Apis[dict[str, Route]]):
    """Every WebSocket API, each on a port of its own, plain and over TLS."""

    PROTOCOL = "WEBSOCKET"

    def __init__(self, platform: Platform) -> None:
        super().__init__(platform)
        self._tls = platform.certificate.context
        self._gateways: dict[tuple[str, str], Gateway] = {}
        rate = self._limits.websocket_connection_rate
        self._new_connections = TokenBucket(max(rate, 1.0), rate, time.monotonic())

    def _freeze(self, api: Api) -> dict[str, Route]:
        return freeze(api)

    def _check_creation(self, settings: dict[str, Any]) -> None:
        if not settings.get("routeSelectionExpression"):
            raise bad_request("RouteSelectionExpression is required for WEBSOCKET protocol type")

    def _check(self, call: ApiCall, api: Api, collection: str, item: str) -> None:
        settings, creates = call.members, call.method == "POST"
        if collection == "integrations":
            check_integration_type(settings, ("AWS_PROXY", "MOCK"), creates=creates)
        elif collection == "authorizers":
            check_authorizer(settings, creates=creates)
        elif collection == "routes":
            check_route(settings, api, item)
        elif collection == "deployments" and creates and not api.routes:
            raise bad_request("At least one route is required before deploying the Api.")
        elif not collection and call.method == "PUT":
            raise bad_request("OpenAPI documents are imported over HTTP APIs only")

    async def retire(self) -> None:
        """Let go of APIs that have been deleted, and close connections to deleted stages."""
        await super().retire()
        for key, gateway in list(self._gateways.items()):
            if (api := self._find(*key)) is not None:
                gateway.close_all(set(api.stages))

    async def _remove(self, key: tuple[str, str]) -> None:
        if (gateway := self._gateways.pop(key, None)) is not None:
            gateway.close_all()
        await super()._remove(key)

    async def _listen(self, call: ApiCall, api: Api) -> None:
        key = (call.region, api.api_id)
        api.api_endpoint = await self._ports.open(
            "apigatewayv2",
            "websocket-api",
            *key,
            lambda exchange: self._gateways[key].serve(exchange),
            "ws",
            self._tls,
        )
        self._gateways[key] = Gateway(
            *key,
            api.api_endpoint.removeprefix("ws://"),
            partial(self._stage, key),
            self._admit,
            self._functions,
            self._limits,
        )

    def _stage(self, key: tuple[str, str], name: str) -> Stage | None:
        """Return the stage as it is deployed; None if nothing is."""
        api, deployments = self._find(*key), self._deployments.get(key)
        stage = api.stages.get(name) if api else None
        routes = deployments.routes_of(stage) if deployments and stage else None
        if api is None or stage is None or routes is None:
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


def check_authorizer(settings: dict[str, Any], *, creates: bool) -> None:
    """Refuse an authorizer that no WebSocket API may have: JWT is for HTTP APIs (CreateAuthorizer)."""
    kind = settings.get("authorizerType")
    if kind != "REQUEST" and (creates or kind is not None):
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
