"""The control plane of HTTP APIs, in what it has of its own.

moto lacks quick create (`Target`). Docs:
docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html (checked 2026-11). The texts of refusals
are this stand-in's own.
"""

import json
import re
from dataclasses import replace
from typing import Any

from moto.apigatewayv2.models import Api

from server.local_aws.api_gateway.common.apis import Apis, check_integration_type
from server.local_aws.api_gateway.common.deployments import DEFAULT
from server.local_aws.api_gateway.http import openapi
from server.local_aws.api_gateway.http.front_door import HttpApiFrontDoor
from server.local_aws.api_gateway.http.routes import Routes, routes_of, unserved, wrong_with
from server.local_aws.control_plane.call import ApiAnswer, ApiCall, ApiError, bad_request, json_object

APIS = re.compile(r"/v2/apis(?:/([^/]+))?/?")
TIMEOUTS = range(50, 30_001)


class HttpApis(Apis[Routes]):
    """Every HTTP API."""

    PROTOCOL = "HTTP"

    def _freeze(self, api: Api) -> Routes:
        return routes_of(api)

    def _check_creation(self, settings: dict[str, Any]) -> None:
        check_cors(settings)
        check_route_key(settings.get("routeKey") or DEFAULT)

    def _check(self, call: ApiCall, api: Api, collection: str, item: str) -> None:
        settings = call.members
        if collection == "integrations":
            check_integration(settings, creates=call.method == "POST")
        elif collection == "routes":
            check_route(settings, api, item)
        elif not collection:
            check_cors(settings)

    async def call(self, call: ApiCall) -> ApiAnswer | None:
        match = APIS.fullmatch(call.path) if call.method == "PUT" else None
        if match is None:
            return await super().call(call)
        if not match[1]:
            return await self._import(call)
        api = self._find(call.region, match[1])
        return await self._import_over(call, api) if api else None

    async def _import(self, call: ApiCall) -> ApiAnswer:
        """`ImportApi`: a new API of this document."""
        document = checked(call)
        title = document.get("info", {}).get("title") or "imported"
        settings = json.dumps({"name": str(title), "protocolType": self.PROTOCOL}).encode()
        made = await self._create(replace(call, method="POST", target="/v2/apis", body=settings))
        api = self._find(call.region, str((json_object(made.body) or {}).get("apiId")))
        return await self._import_over(call, api) if api else made

    async def _import_over(self, call: ApiCall, api: Api) -> ApiAnswer:
        """`ReimportApi`: routes and integrations are those of the document, the stages stay."""
        document = checked(call)
        stages = dict(api.stages)
        target, body = f"/v2/apis/{api.api_id}", openapi.to_body(document)
        answer = await self._forward(replace(call, target=target, body=body))
        if answer.status >= 300:
            return answer
        api.stages.update(stages)
        openapi.complete(api, document)
        return ApiAnswer.of(answer.status, api.to_json())

    async def _listen(self, call: ApiCall, api: Api) -> None:
        deployments = self._deployments[call.region, api.api_id]
        front_door = HttpApiFrontDoor(call.region, api, deployments, self._functions, self._limits)
        api.api_endpoint = await self._ports.open(
            "apigatewayv2", "http-api", call.region, api.api_id, front_door.serve
        )
        if call.members.get("target"):
            await self._quick_create(call, api)
            deployments.create_stage({"stageName": DEFAULT, "autoDeploy": True})

    async def _quick_create(self, call: ApiCall, api: Api) -> None:
        """An integration with `target`, and a route to it (`$default` unless `routeKey` names one)."""
        target = call.members["target"]
        to_lambda = target.startswith("arn:")
        integration = {
            "connectionType": "INTERNET",
            "credentialsArn": call.members.get("credentialsArn"),
            "description": "",
            "integrationMethod": "POST" if to_lambda else "ANY",
            "integrationType": "AWS_PROXY" if to_lambda else "HTTP_PROXY",
            "integrationUri": target,
            "payloadFormatVersion": "2.0" if to_lambda else "1.0",
        }
        made = await self._add(call, api, "integrations", integration)
        route: dict[str, Any] = {
            "authorizationScopes": [],
            "routeKey": call.members.get("routeKey") or DEFAULT,
            "target": f"integrations/{made['integrationId']}",
        }
        await self._add(call, api, "routes", route)

    async def _add(
        self, call: ApiCall, api: Api, collection: str, settings: dict[str, Any]
    ) -> dict[str, Any]:
        """Let moto add to an API; return what it has made."""
        path, body = f"/v2/apis/{api.api_id}/{collection}", json.dumps(settings).encode()
        answer = await self._forward(replace(call, target=path, body=body))
        return json_object(answer.body) or {}


def checked(call: ApiCall) -> dict[str, Any]:
    """The document that a call imports. Raises `ApiError`."""
    document = openapi.read(call.members.get("body"))
    check_cors({"corsConfiguration": document.get(openapi.CORS)})
    return document


def check_cors(settings: dict[str, Any]) -> None:
    """Refuse credentials from any origin, and the method ANY, as AWS does (github.com/aws/aws-cdk/issues/9076
    and …/10230, 2020). Raises `ApiError`."""
    cors = settings.get("corsConfiguration")
    if cors is not None and not isinstance(cors, dict):
        raise bad_request("CorsConfiguration must be an object")
    for name in ("allowOrigins", "allowMethods", "allowHeaders", "exposeHeaders"):
        values = (cors or {}).get(name) or []
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise bad_request(f"{name} of CorsConfiguration must be a list of strings")
    if cors and cors.get("allowCredentials") and "*" in (cors.get("allowOrigins") or []):
        raise bad_request("allow-credentials is not supported if 'allow-origin' is *")
    if cors and "ANY" in (cors.get("allowMethods") or []):
        raise bad_request("Method ANY is not supported")


def check_route(settings: dict[str, Any], api: Api, route_id: str) -> None:
    """Refuse a route that AWS refuses, or that asks who calls in a way that this stand-in does not serve:
    `route_id` is the route's own when it is changed, "" for a new one. Raises `ApiError`."""
    key = settings.get("routeKey")
    if key is not None or not route_id:
        check_route_key(key)
    if settings.get("authorizationType", "NONE") != "NONE" or settings.get("apiKeyRequired"):
        raise bad_request("The local stand-in serves routes without authorization or API key only")
    if any(route.route_key == key and route.route_id != route_id for route in api.routes.values()):
        raise ApiError(409, "ConflictException", f"Route with key {key} already exists for this API")


def check_route_key(key: object) -> None:
    if reason := wrong_with(key):
        raise bad_request(f"The provided route key {key!r} is not valid for an HTTP API: {reason}")


def check_integration(settings: dict[str, Any], *, creates: bool) -> None:
    """Refuse settings that AWS refuses, and those that this stand-in does not serve. Raises `ApiError`."""
    check_integration_type(settings, ("AWS_PROXY", "HTTP_PROXY"), creates=creates)
    if settings.get("payloadFormatVersion") not in (None, "1.0", "2.0"):
        raise bad_request("PayloadFormatVersion must be 1.0 or 2.0")
    timeout = settings.get("timeoutInMillis")
    if timeout is not None and timeout not in TIMEOUTS:
        raise bad_request("Timeout should be between 50 ms and 30000 ms")
    if reason := unserved(settings):
        raise bad_request(f"The local stand-in does not serve {reason} of HTTP APIs")
