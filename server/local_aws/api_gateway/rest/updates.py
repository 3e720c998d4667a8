"""Updates of what belongs to a REST API, which moto has not, or not as AWS has them: `UpdateRestApi`,
`UpdateResource`, `UpdateMethod`, `UpdateMethodResponse`, `UpdateIntegrationResponse` and
`UpdateDeployment`.

Docs: docs.aws.amazon.com/apigateway/latest/api/patch-operations.html (checked 2026-11).
"""

import re
from collections.abc import Callable
from typing import Any

from moto.apigateway.models import Deployment, Method, RestAPI

from server.local_aws.api_gateway.rest import patching, unserved
from server.local_aws.api_gateway.rest.patching import patched
from server.local_aws.control_plane.call import ApiAnswer, ApiCall, ApiError, bad_request, not_found

ENDPOINT = re.compile(r"/endpointConfiguration/(?:types/\w+|ipAddressType)")
POLICY = "/policy"

Operations = list[dict[str, Any]]


def serve(call: ApiCall, api: RestAPI) -> ApiAnswer | None:
    """Carry out an update of `api`, or of what belongs to it; None if the call is none of these. Raises
    `ApiError`; then nothing has changed."""
    for pattern, update in UPDATES.items():
        match = re.fullmatch(rf"/restapis/[^/]+{pattern}/?", call.path)
        if match is not None:
            operations = call.members.get("patchOperations")
            given = operations if isinstance(operations, list) else []
            if not all(isinstance(operation, dict) for operation in given):
                raise bad_request("Each patch operation must be an object")
            return ApiAnswer.of(200, update(api, given, *match.groups()))
    return None


def update_api(api: RestAPI, operations: Operations) -> dict[str, Any]:
    if any(operation.get("path") == POLICY and operation.get("value") for operation in operations):
        raise unserved.refusal("a REST API", "a resource policy")
    endpoint = dict(api.endpoint_configuration)
    others = []
    for operation in operations:
        path, value = str(operation.get("path")), operation.get("value")
        if not ENDPOINT.fullmatch(path):
            others.append(operation)
        elif path.endswith("/ipAddressType"):
            endpoint["ipAddressType"] = value
        else:
            endpoint["types"] = [value]
    kept = [operation for operation in others if operation.get("path") != POLICY]
    changed = patched(api, patching.REST_API, kept)
    api.__dict__.update(changed.__dict__)
    api.endpoint_configuration = endpoint
    return dict(api.to_dict())


def update_resource(api: RestAPI, operations: Operations, resource_id: str) -> dict[str, Any]:
    held = api.resources.get(resource_id)
    if held is None:
        raise missing("Resource")
    held.__dict__.update(patched(held, patching.RESOURCE, operations).__dict__)
    return dict(held.to_dict())


def update_method(api: RestAPI, operations: Operations, resource_id: str, name: str) -> dict[str, Any]:
    held = method_of(api, resource_id, name)
    changed = patched(held, patching.METHOD, operations)
    reason = unserved.unserved_access(changed.authorization_type or "NONE", bool(changed.api_key_required))
    if reason:
        raise unserved.refusal(f"{name} {api.resources[resource_id].get_path()}", reason)
    held.__dict__.update(changed.__dict__)
    return dict(held.to_json())


def update_method_response(
    api: RestAPI, operations: Operations, resource_id: str, name: str, status: str
) -> dict[str, Any]:
    held = method_of(api, resource_id, name).method_responses.get(status)
    if held is None:
        raise missing("Response status code")
    held.__dict__.update(patched(held, patching.METHOD_RESPONSE, operations).__dict__)
    return dict(held.to_json())


def update_integration_response(
    api: RestAPI, operations: Operations, resource_id: str, name: str, status: str
) -> dict[str, Any]:
    integration = method_of(api, resource_id, name).method_integration
    held = (integration.integration_responses or {}).get(status) if integration else None
    if held is None:
        raise missing("Response status code")
    changed = patched(held, patching.INTEGRATION_RESPONSE, operations)
    if reason := unserved.unserved_response(changed):
        raise unserved.refusal(f"{name} {api.resources[resource_id].get_path()}", reason)
    held.__dict__.update(changed.__dict__)
    return dict(held.to_json())


def update_deployment(api: RestAPI, operations: Operations, deployment_id: str) -> dict[str, Any]:
    held = deployment_of(api, deployment_id)
    held.__dict__.update(patched(held, patching.DEPLOYMENT, operations).__dict__)
    return dict(held.to_json())


UPDATES: dict[str, Callable[..., dict[str, Any]]] = {
    "": update_api,
    r"/resources/([^/]+)": update_resource,
    r"/resources/([^/]+)/methods/([^/]+)": update_method,
    r"/resources/([^/]+)/methods/([^/]+)/responses/([^/]+)": update_method_response,
    r"/resources/([^/]+)/methods/([^/]+)/integration/responses/([^/]+)": update_integration_response,
    r"/deployments/([^/]+)": update_deployment,
}


def method_of(api: RestAPI, resource_id: str, name: str) -> Method:
    """Raises `ApiError` (404)."""
    resource = api.resources.get(resource_id)
    if resource is None:
        raise missing("Resource")
    method = resource.resource_methods.get(name)
    if method is None:
        raise missing("Method")
    return method


def deployment_of(api: RestAPI, deployment_id: str) -> Deployment:
    """Raises `ApiError` (404)."""
    held = api.deployments.get(deployment_id)
    if held is None:
        raise missing("Deployment")
    return held


def missing(kind: str) -> ApiError:
    return not_found(f"Invalid {kind} identifier specified")
