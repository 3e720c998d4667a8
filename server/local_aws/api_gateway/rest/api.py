"""The control plane of REST APIs: moto's, completed; each API listens on a port of its own."""

import json
import re
from dataclasses import replace
from typing import Any

from moto.apigateway.exceptions import ApiGatewayException
from moto.apigateway.models import Method, RestAPI, apigateway_backends

from server.local_aws.api_gateway.common.ports import Ports
from server.local_aws.api_gateway.rest import integration, openapi, tags
from server.local_aws.api_gateway.rest.deployment import Deployment, snapshot
from server.local_aws.api_gateway.rest.front_door import RestFrontDoor
from server.local_aws.api_gateway.rest.trial import try_out
from server.local_aws.aws_lambda.functions import functions_of
from server.local_aws.control_plane.call import ApiAnswer, ApiCall, bad_request, not_found
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.platform.service import Platform

API = re.compile(r"/restapis/([^/]+)/?")
APIS = re.compile(r"/restapis/?")
DEPLOYMENTS = re.compile(r"/restapis/([^/]+)/deployments/?")
METHOD = re.compile(r"/restapis/([^/]+)/resources/([^/]+)/methods/([^/]+)/?")
INTEGRATION = re.compile(r"/restapis/([^/]+)/resources/([^/]+)/methods/([^/]+)/integration/?")

ENDPOINT_TYPES = ("EDGE", "REGIONAL", "PRIVATE")


class RestApis:
    """Every REST API."""

    def __init__(self, platform: Platform) -> None:
        self._ports = Ports(platform.endpoints)
        self._functions = functions_of(platform)
        self._limits = platform.limits
        self._forward = platform.forward
        self._deployments: dict[str, Deployment] = {}

    @staticmethod
    def is_mine(call: ApiCall) -> bool:
        mine = call.path.startswith("/restapis") or tags.is_mine(call.path)
        return call.service == "apigateway" and mine

    async def call(self, call: ApiCall) -> ApiAnswer:
        """Serve one API call."""
        if tags.is_mine(call.path):
            return tags.serve(call)
        if call.method == "POST" and (match := METHOD.fullmatch(call.path)):
            return await self._test_invoke(call, *match.groups())
        if call.method == "PATCH" and (match := INTEGRATION.fullmatch(call.path)):
            return self._update_integration(call, *match.groups())
        self._check(call)
        document = imported(call)
        if document:
            call = replace(call, body=openapi.to_body(document))
        answer = await self._forward(call)
        if document and answer.status < 300:
            api = find(call.region, json.loads(answer.body)["id"])
            assert api is not None
            openapi.complete(api, document)
            api.endpoint_configuration["types"] = imported_types(call)
        if answer.status < 300:
            answer = await self._complete(call, answer)
        return answer

    async def retire(self) -> None:
        """Close the ports of APIs that have been deleted."""
        await self._ports.retire(find)

    async def stop(self) -> None:
        await self._ports.stop()

    def _check(self, call: ApiCall) -> None:
        if call.method != "PUT":
            return
        if match := INTEGRATION.fullmatch(call.path):
            api = find(call.region, match[1])
            types = endpoint_types(api) if api else []
            integration.check(call.members, types)
        elif METHOD.fullmatch(call.path):
            settings = call.members
            if settings.get("authorizationType", "NONE") != "NONE" or settings.get("apiKeyRequired"):
                raise bad_request("The local stand-in serves methods without authorization or API key only")

    async def _complete(self, call: ApiCall, answer: ApiAnswer) -> ApiAnswer:
        if call.method == "POST" and APIS.fullmatch(call.path):
            return await self._listen(call, answer)
        elif call.method == "POST" and (match := DEPLOYMENTS.fullmatch(call.path)):
            api = find(call.region, match[1])
            if api is not None:
                deployment_id = json.loads(answer.body)["id"]
                self._deployments[deployment_id] = snapshot(api, deployment_id)
        elif call.method == "PUT" and (match := INTEGRATION.fullmatch(call.path)):
            method = find_method(call.region, *match.groups())
            mode = call.members.get("responseTransferMode") or "BUFFERED"
            assert method.method_integration is not None
            complete = integration.CompleteIntegration.of(method.method_integration, mode)
            method.method_integration = complete
            return ApiAnswer.of(answer.status, complete.to_json())
        return answer

    def _update_integration(self, call: ApiCall, api_id: str, resource_id: str, name: str) -> ApiAnswer:
        method = find_method(call.region, api_id, resource_id, name)
        operations = call.members.get("patchOperations")
        types = endpoint_types(apigateway_backends[ACCOUNT_ID][call.region].get_rest_api(api_id))
        return ApiAnswer.of(200, integration.patch(method, operations, types).to_json())

    async def _test_invoke(self, call: ApiCall, api_id: str, resource_id: str, name: str) -> ApiAnswer:
        api = find(call.region, api_id)
        if api is None:
            raise not_found("Invalid API identifier specified")
        settings = call.members
        document = await try_out(api, resource_id, name, settings, self._functions, self._limits)
        return ApiAnswer.of(200, document)

    async def _listen(self, call: ApiCall, answer: ApiAnswer) -> ApiAnswer:
        """Open the port of the API that moto has just created, or imported; complete what moto dropped."""
        api_id = json.loads(answer.body)["id"]
        api = find(call.region, api_id)
        assert api is not None
        front_door = RestFrontDoor(
            lambda: find(call.region, api_id), self._deployments, self._functions, self._limits
        )
        await self._ports.open("apigateway", "rest-api", call.region, api_id, front_door.serve)
        if "mode=import" not in call.target:
            api.binaryMediaTypes = call.members.get("binaryMediaTypes") or []
        return ApiAnswer.of(answer.status, api.to_dict())


def imported(call: ApiCall) -> dict[str, Any]:
    """Return the OpenAPI document of an import, {} for every other call. Raises `ApiError`."""
    creates = call.method == "POST" and APIS.fullmatch(call.path) and call.query.get("mode") == "import"
    puts = call.method == "PUT" and API.fullmatch(call.path)
    return openapi.read(call.body, imported_types(call)) if creates or puts else {}


def imported_types(call: ApiCall) -> list[str]:
    """The endpoint types of an API that is imported: those it has, or those that a parameter gives a new one.
    Raises `ApiError`."""
    api = find(call.region, match[1]) if (match := API.fullmatch(call.path)) else None
    if api is not None:
        return endpoint_types(api)
    kind = call.query.get("endpointConfigurationTypes", "EDGE")
    if kind not in ENDPOINT_TYPES:
        expected = ", ".join(ENDPOINT_TYPES)
        raise bad_request(f"Invalid endpoint type {kind!r}: must be one of {expected}")
    return [kind]


def find(region: str, api_id: str) -> RestAPI | None:
    return apigateway_backends[ACCOUNT_ID][region].apis.get(api_id)


def find_method(region: str, api_id: str, resource_id: str, name: str) -> Method:
    """Raises `ApiError`, as AWS does for what is not there."""
    try:
        return apigateway_backends[ACCOUNT_ID][region].get_method(api_id, resource_id, name)
    except ApiGatewayException as error:
        raise not_found(str(error.message)) from None


def endpoint_types(api: RestAPI) -> list[str]:
    types: list[str] = api.endpoint_configuration.get("types", ["EDGE"])
    return types
