"""The control plane of WebSocket APIs: moto's, with the port each API listens on, deployments and stages.

moto keeps APIs, routes, integrations, authorizers, models and stages, but no deployments, and it does not
change stages. Docs: docs.aws.amazon.com/apigatewayv2/latest/api-reference/operations.html (checked 2026-11).
"""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import unquote

from moto.apigatewayv2.models import Api

from server.door.guard import Kind
from server.local_aws.api_gateway.common.complete_stage import complete
from server.local_aws.api_gateway.websocket.deployed import Route, Stage, backend, freeze, websocket_apis
from server.local_aws.api_gateway.websocket.event import new_id
from server.local_aws.api_gateway.websocket.gateway import Gateway
from server.local_aws.api_gateway.websocket.routing import CONNECT
from server.local_aws.aws_lambda.functions import functions_of
from server.local_aws.control_plane.call import ApiAnswer, ApiCall, ApiError
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


@dataclass
class Deployment:
    """The routes of an API as they were at one moment. `created`: ISO 8601."""

    description: str
    routes: Mapping[str, Route]
    id: str = field(default_factory=lambda: new_id()[:6].lower())
    created: str = field(
        default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    )

    def to_document(self) -> dict[str, Any]:
        return {
            "autoDeployed": False,
            "createdDate": self.created,
            "deploymentId": self.id,
            "deploymentStatus": "DEPLOYED",
            "description": self.description,
        }


class WebSocketApis:
    """Every WebSocket API, each on a port of its own, plain and over TLS."""

    def __init__(self, platform: Platform) -> None:
        self._endpoints = platform.endpoints
        self._functions = functions_of(platform)
        self._limits = platform.limits
        self._tls = platform.certificate.context
        self._forward = platform.forward
        self._listening: dict[Key, tuple[Gateway, Server, Endpoint]] = {}
        self._deployments: dict[Key, dict[str, Deployment]] = {}
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
        if collection == "deployments":
            return self._call_deployment(call, key, api, item)
        if collection == "integrations" and call.method in ("POST", "PATCH"):
            check_integration(read(call), created=call.method == "POST")
        if collection == "authorizers" and call.method in ("POST", "PATCH"):
            check_authorizer(read(call), created=call.method == "POST")
        if collection == "routes" and call.method in ("POST", "PATCH"):
            check_route(read(call), api, item)
        if not collection and call.method == "PUT":
            raise ApiError(400, "BadRequestException", "OpenAPI documents are imported over HTTP APIs only")
        if collection == "stages" and call.method in ("POST", "PATCH"):
            return await self._call_stage(call, key, api, item)
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
        settings = read(call)
        if settings.get("protocolType") != "WEBSOCKET":
            return None
        if not settings.get("routeSelectionExpression"):
            message = "RouteSelectionExpression is required for WEBSOCKET protocol type"
            raise ApiError(400, "BadRequestException", message)
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
        self._deployments[key] = {}
        return ApiAnswer.of(201, api.to_json())

    async def _remove(self, key: Key) -> None:
        gateway, server, endpoint = self._listening.pop(key)
        del self._deployments[key]
        self._endpoints.remove(endpoint)
        gateway.close_all()
        await server.stop()

    def _call_deployment(self, call: ApiCall, key: Key, api: Api, deployment_id: str) -> ApiAnswer:
        """Create, list, get or delete deployments."""
        held = self._deployments[key]
        if not deployment_id:
            if call.method == "POST":
                return self._deploy(key, api, read(call))
            return ApiAnswer.of(200, {"items": [deployment.to_document() for deployment in held.values()]})
        if deployment_id not in held:
            raise not_found(deployment_id, "deployment")
        if call.method == "DELETE":
            if deployment_id in [stage.config.get("deploymentId") for stage in list(api.stages.values())]:
                message = "Active stages pointing to this deployment must be moved or deleted"
                raise ApiError(400, "BadRequestException", message)
            del held[deployment_id]
            return ApiAnswer.of(204)
        return ApiAnswer.of(200, held[deployment_id].to_document())

    def _deploy(self, key: Key, api: Api, settings: dict[str, Any]) -> ApiAnswer:
        stage = settings.get("stageName")
        if stage and stage not in api.stages:
            raise not_found(stage, "stage")
        if not api.routes:
            raise ApiError(
                400, "BadRequestException", "At least one route is required before deploying the Api."
            )
        deployment = Deployment(settings.get("description") or "", freeze(api))
        self._deployments[key][deployment.id] = deployment
        if stage:
            api.stages[stage].config["deploymentId"] = deployment.id
        return ApiAnswer.of(201, deployment.to_document())

    async def _call_stage(self, call: ApiCall, key: Key, api: Api, name: str) -> ApiAnswer:
        """Create a stage, or change one, which moto does not: it is created again, with both settings."""
        settings = read(call)
        if call.method == "PATCH":
            if name not in api.stages:
                raise not_found(name, "stage")
            settings = {**api.stages[name].config, **settings, "stageName": name}
        name = str(settings.get("stageName", ""))
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", name):
            raise ApiError(400, "BadRequestException", "Stage name must be alphanumeric, - or _")
        if call.method == "POST" and name in api.stages:
            raise ApiError(409, "ConflictException", "Stage already exists")
        deployment_id = settings.get("deploymentId")
        if deployment_id and deployment_id not in self._deployments[key]:
            raise not_found(deployment_id, "deployment")
        backend(call.region).create_stage(api.api_id, settings)
        return ApiAnswer.of(201 if call.method == "POST" else 200, complete(api, name).to_json())

    def _stage(self, key: Key, name: str) -> Stage | None:
        """Return the stage as it is deployed; None if nothing is."""
        api = websocket_apis().get(key)
        stage = api.stages.get(name) if api else None
        if api is None or stage is None:
            return None
        deployment = self._deployments[key].get(stage.config.get("deploymentId", ""))
        if stage.auto_deploy:
            routes: Mapping[str, Route] = freeze(api)
        elif deployment is not None:
            routes = deployment.routes
        else:
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


def read(call: ApiCall) -> dict[str, Any]:
    """Return the settings in a call's body. Raises `ApiError`."""
    try:
        settings = json.loads(call.body or b"{}")
    except ValueError:
        settings = None
    if not isinstance(settings, dict):
        raise ApiError(400, "BadRequestException", "Invalid request body")
    return settings


def check_integration(settings: dict[str, Any], *, created: bool) -> None:
    """Refuse what this stand-in does not do, rather than ignore it."""
    kind = settings.get("integrationType")
    if kind not in INTEGRATIONS and (created or kind is not None):
        message = f"This stand-in integrates WebSocket APIs by {' and '.join(INTEGRATIONS)} only, not {kind}"
        raise ApiError(400, "BadRequestException", message)


def check_authorizer(settings: dict[str, Any], *, created: bool) -> None:
    """Refuse an authorizer that no WebSocket API may have: JWT is for HTTP APIs (CreateAuthorizer)."""
    kind = settings.get("authorizerType")
    if kind != "REQUEST" and (created or kind is not None):
        raise ApiError(400, "BadRequestException", f"WebSocket APIs have REQUEST authorizers, not {kind}")


def check_route(settings: dict[str, Any], api: Api, route_id: str) -> None:
    """Refuse a route that is there already, one too many, or one that could not be kept closed as it asks.
    `route_id` is the route's own when it is changed, "" for a new one. Raises `ApiError`."""
    key, held = settings.get("routeKey"), api.routes.get(route_id)
    if (held is None or key is not None) and not (key and isinstance(key, str)):
        raise ApiError(400, "BadRequestException", "RouteKey must be a text that is not empty")
    if any(route.route_key == key and route is not held for route in list(api.routes.values())):
        raise ApiError(409, "ConflictException", f"Route with key {key} already exists for this API")
    if held is None and len(api.routes) >= MAX_ROUTES:
        raise ApiError(429, "TooManyRequestsException", f"An API has at most {MAX_ROUTES} routes")
    kind = settings.get("authorizationType") or (held.authorization_type if held else None) or "NONE"
    authorizer = settings.get("authorizerId") or (held.authorizer_id if held else None)
    if reason := wrong_authorization(kind, authorizer, key or (held.route_key if held else ""), api):
        raise ApiError(400, "BadRequestException", reason)
    if settings.get("apiKeyRequired"):
        raise ApiError(
            400, "BadRequestException", "This stand-in serves WebSocket APIs without API keys only"
        )


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


def not_found(name: str, kind: str) -> ApiError:
    return ApiError(404, "NotFoundException", f"Unable to find {kind} by name {name} within the provided API")
