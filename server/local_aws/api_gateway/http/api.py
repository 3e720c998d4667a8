"""The control plane of HTTP APIs: moto's, completed; each API listens on a port of its own.

moto lacks quick create (`Target`). Docs:
docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html (checked 2026-11). The texts of refusals
are this stand-in's own.
"""

import json
import re
from typing import Any
from urllib.parse import unquote

from moto.apigatewayv2.models import Api, apigatewayv2_backends

from server.local_aws.api_gateway.common.deployments import DEFAULT, Deployments
from server.local_aws.api_gateway.common.ports import Ports
from server.local_aws.api_gateway.http.front_door import HttpApiFrontDoor
from server.local_aws.api_gateway.http.openapi import check_document
from server.local_aws.api_gateway.http.routes import Routes, routes_of, wrong_with
from server.local_aws.aws_lambda.functions import functions_of
from server.local_aws.control_plane.call import ApiAnswer, ApiCall, ApiError, bad_request
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.platform.service import Platform

APIS = re.compile(r"/v2/apis/?")
API = re.compile(r"/v2/apis/([^/]+)/?")
BELOW = re.compile(r"/v2/apis/([^/]+)/(\w+)(?:/([^/]+))?/?")
TIMEOUTS = range(50, 30_001)


class HttpApis:
    """Every HTTP API; calls that concern other APIs are handed on."""

    def __init__(self, platform: Platform) -> None:
        self._ports = Ports(platform.endpoints)
        self._functions = functions_of(platform)
        self._limits = platform.limits
        self._forward = platform.forward
        self._deployments: dict[str, Deployments[Routes]] = {}

    @staticmethod
    def is_mine(call: ApiCall) -> bool:
        """Return whether the call may concern an HTTP API."""
        return call.service == "apigateway" and call.path.startswith("/v2/apis")

    async def call(self, call: ApiCall) -> ApiAnswer:
        """Serve one API call."""
        if call.method == "POST" and APIS.fullmatch(call.path):
            return await self._create(call)
        if call.method == "PUT" and APIS.fullmatch(call.path):
            raise bad_request("The local stand-in imports over HTTP APIs that are there: use ReimportApi")
        if match := API.fullmatch(call.path):
            self._check_change(call, match[1])
        match = BELOW.fullmatch(call.path)
        api = find(call.region, match[1]) if match else None
        if match is None or api is None:
            return await self._forward(call)
        return await self._below(call, api, match[2], unquote(match[3] or ""))

    async def retire(self) -> None:
        """Close the ports of APIs that have been deleted."""
        for api_id in await self._ports.retire(find):
            self._deployments.pop(api_id, None)

    async def stop(self) -> None:
        await self._ports.stop()

    async def _create(self, call: ApiCall) -> ApiAnswer:
        settings = call.members
        if settings.get("protocolType") == "HTTP":
            check_cors(settings)
            check_route_key(settings.get("routeKey") or DEFAULT)
        answer = await self._forward(call)
        if answer.status >= 300 or settings.get("protocolType") != "HTTP":
            return answer
        api = find(call.region, json.loads(answer.body)["apiId"])
        assert api is not None
        await self._listen(call.region, api)
        if settings.get("target"):
            quick_create(api, settings)
            self._deployments[api.api_id].create_stage({"stageName": DEFAULT, "autoDeploy": True})
        return ApiAnswer.of(answer.status, api.to_json())

    def _check_change(self, call: ApiCall, api_id: str) -> None:
        """Refuse an update (PATCH) or an import over the API (PUT) that AWS refuses or this stand-in does not
        serve. Raises `ApiError`."""
        if find(call.region, api_id) is None:
            return
        if call.method == "PATCH":
            check_cors(call.members)
        elif call.method == "PUT":
            check_cors({"corsConfiguration": check_document(call.members.get("body"))})

    async def _listen(self, region: str, api: Api) -> None:
        deployments = Deployments(api, routes_of)
        front_door = HttpApiFrontDoor(region, api, deployments, self._functions, self._limits)
        self._deployments[api.api_id] = deployments
        api.api_endpoint = await self._ports.open(
            "apigatewayv2", "http-api", region, api.api_id, front_door.serve
        )

    async def _below(self, call: ApiCall, api: Api, kind: str, name: str) -> ApiAnswer:
        deployments = self._deployments[api.api_id]
        if kind == "deployments":
            return deployments.call(call, name)
        if call.method in ("POST", "PATCH"):
            settings = call.members
            if kind == "integrations":
                check_integration(settings, creates=call.method == "POST")
            elif kind == "routes":
                check_route(settings, api, name)
            elif kind == "stages":
                return deployments.call_stage(call, name)
        return await self._forward(call)


def find(region: str, api_id: str) -> Api | None:
    """moto's API, if it is an HTTP API."""
    api = apigatewayv2_backends[ACCOUNT_ID][region].apis.get(api_id)
    return api if api is not None and api.protocol_type == "HTTP" else None


def quick_create(api: Api, settings: dict[str, Any]) -> None:
    """An integration with `target`, and a route to it (`$default` unless `routeKey` names one)."""
    target = settings["target"]
    to_lambda = target.startswith("arn:")
    integration = api.create_integration(
        connection_id=None,
        connection_type="INTERNET",
        content_handling_strategy=None,
        credentials_arn=settings.get("credentialsArn"),
        description="",
        integration_method="POST" if to_lambda else "ANY",
        integration_type="AWS_PROXY" if to_lambda else "HTTP_PROXY",
        integration_uri=target,
        passthrough_behavior=None,
        payload_format_version="2.0" if to_lambda else "1.0",
        integration_subtype=None,
        request_parameters=None,
        request_templates=None,
        response_parameters=None,
        template_selection_expression=None,
        timeout_in_millis=None,
        tls_config=None,
    )
    api.create_route(
        api_key_required=False,
        authorization_scopes=[],
        authorization_type="NONE",
        authorizer_id=None,
        model_selection_expression=None,
        operation_name=None,
        request_models=None,
        request_parameters=None,
        route_key=settings.get("routeKey") or DEFAULT,
        route_response_selection_expression=None,
        target=f"integrations/{integration.id}",
    )


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
    kind = settings.get("integrationType")
    if kind not in ("AWS_PROXY", "HTTP_PROXY") and (creates or kind is not None):
        raise bad_request(f"HTTP APIs have AWS_PROXY and HTTP_PROXY integrations, not {kind}")
    if settings.get("payloadFormatVersion") not in (None, "1.0", "2.0"):
        raise bad_request("PayloadFormatVersion must be 1.0 or 2.0")
    timeout = settings.get("timeoutInMillis")
    if timeout is not None and timeout not in TIMEOUTS:
        raise bad_request("Timeout should be between 50 ms and 30000 ms")
    for name in ("integrationSubtype", "requestParameters", "responseParameters"):
        if settings.get(name):
            raise bad_request(f"The local stand-in does not serve {name} of HTTP APIs")
    if settings.get("connectionType") == "VPC_LINK":
        raise bad_request("The local stand-in has no VPC links")
