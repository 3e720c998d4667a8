"""The control plane of REST APIs: moto's, completed; each API listens on a port of its own."""

import json
import re
from dataclasses import replace
from typing import Any

from moto.apigateway.exceptions import ApiGatewayException
from moto.apigateway.models import Method, RestAPI, apigateway_backends

from server.local_aws.api_gateway.common.ports import Ports
from server.local_aws.api_gateway.rest import integration, openapi, tags, unserved, updates
from server.local_aws.api_gateway.rest.deployment import Deployment, snapshot
from server.local_aws.api_gateway.rest.front_door import RestFrontDoor
from server.local_aws.api_gateway.rest.stage import complete_stage
from server.local_aws.api_gateway.rest.trial import try_out
from server.local_aws.aws_lambda.functions import functions_of
from server.local_aws.control_plane.call import ApiAnswer, ApiCall, bad_request, not_found
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.platform.service import Platform

API = re.compile(r"/restapis/([^/]+)/?")
APIS = re.compile(r"/restapis/?")
BELOW = re.compile(r"/restapis/([^/]+)")
DEPLOYMENT = re.compile(r"/restapis/([^/]+)/deployments/([^/]+)/?")
DEPLOYMENTS = re.compile(r"/restapis/([^/]+)/deployments/?")
STAGES = re.compile(r"/restapis/([^/]+)/stages/?")
METHOD = re.compile(r"/restapis/([^/]+)/resources/([^/]+)/methods/([^/]+)/?")
INTEGRATION_RESPONSE = re.compile(
    r"/restapis/([^/]+)/resources/([^/]+)/methods/([^/]+)/integration/responses/([^/]+)/?"
)
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
        if answer := self._own(call):
            return answer
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

    @staticmethod
    def _own(call: ApiCall) -> ApiAnswer | None:
        """Answer an update, and what moto answers wrongly where there is nothing; None for other calls.
        Raises `ApiError`."""
        match = BELOW.match(call.path)
        api = find(call.region, match[1]) if match else None
        if api is None:
            return None
        if call.method == "PATCH":
            return updates.serve(call, api)
        if call.method == "GET" and (match := INTEGRATION.fullmatch(call.path)):
            if updates.method_of(api, match[2], match[3]).method_integration is None:
                raise updates.missing("Integration")
        elif call.method in ("GET", "DELETE") and (match := DEPLOYMENT.fullmatch(call.path)):
            updates.deployment_of(api, match[2])
        return None

    def _check(self, call: ApiCall) -> None:
        if call.method == "POST" and APIS.fullmatch(call.path) and call.query.get("mode") != "import":
            refuse_unserved("a resource policy" if call.members.get("policy") else "", "a REST API")
        if call.method != "PUT":
            return
        if match := INTEGRATION.fullmatch(call.path):
            api = find(call.region, match[1])
            types = endpoint_types(api) if api else []
            settings = call.members
            integration.check(settings, types)
            refuse_unserved(unserved.unserved_settings(settings), place_of(call.region, *match.groups()))
        elif match := INTEGRATION_RESPONSE.fullmatch(call.path):
            settings = call.members
            if not re.fullmatch(r"[1-5]\d\d", match[4]):
                raise bad_request(f"Invalid status code {match[4]!r}")
            reason = unserved.unserved_response_settings(settings)
            refuse_unserved(reason, place_of(call.region, *match.groups()[:3]))
        elif match := METHOD.fullmatch(call.path):
            settings = call.members
            reason = unserved.unserved_access(
                settings.get("authorizationType", "NONE"), bool(settings.get("apiKeyRequired"))
            )
            refuse_unserved(reason, place_of(call.region, *match.groups()))

    async def _complete(self, call: ApiCall, answer: ApiAnswer) -> ApiAnswer:
        if call.method == "POST" and APIS.fullmatch(call.path):
            return await self._listen(call, answer)
        elif call.method == "POST" and (match := DEPLOYMENTS.fullmatch(call.path)):
            api = find(call.region, match[1])
            if api is not None:
                deployment_id = json.loads(answer.body)["id"]
                self._deployments[deployment_id] = snapshot(api, deployment_id)
            if api is not None and (name := call.members.get("stageName")):
                complete_stage(api, name, {})
        elif call.method == "POST" and (match := STAGES.fullmatch(call.path)):
            api, settings = find(call.region, match[1]), call.members
            if api is not None:
                return ApiAnswer.of(
                    answer.status, complete_stage(api, settings["stageName"], settings).to_json()
                )
        elif call.method == "PUT" and (match := INTEGRATION.fullmatch(call.path)):
            method = find_method(call.region, *match.groups())
            assert method.method_integration is not None
            complete = integration.CompleteIntegration.created(
                method.method_integration, match[2], call.members
            )
            method.method_integration = complete
            return ApiAnswer.of(answer.status, complete.to_json())
        return answer

    def _update_integration(self, call: ApiCall, api_id: str, resource_id: str, name: str) -> ApiAnswer:
        method = find_method(call.region, api_id, resource_id, name)
        operations = call.members.get("patchOperations")
        types = endpoint_types(apigateway_backends[ACCOUNT_ID][call.region].get_rest_api(api_id))
        changed = integration.updated(method, operations, types)
        refuse_unserved(
            unserved.unserved_integration(changed), place_of(call.region, api_id, resource_id, name)
        )
        method.method_integration = changed
        return ApiAnswer.of(200, changed.to_json())

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
            settings = call.members
            api.binaryMediaTypes = settings.get("binaryMediaTypes") or []
            api.version = settings.get("version")
        api.description = api.description or None  # type: ignore[assignment]
        addresses = "dualstack" if "PRIVATE" in endpoint_types(api) else "ipv4"
        api.endpoint_configuration = {"ipAddressType": addresses, **api.endpoint_configuration}
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


def refuse_unserved(reason: str, place: str) -> None:
    """Raise `ApiError` if there is a reason why a method cannot be served."""
    if reason:
        raise unserved.refusal(place, reason)


def place_of(region: str, api_id: str, resource_id: str, name: str) -> str:
    """A method as people name it: `GET /items`, or "a method" if there is no such resource."""
    api = find(region, api_id)
    resource = api.resources.get(resource_id) if api else None
    return f"{name} {resource.get_path()}" if resource else "a method"


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
