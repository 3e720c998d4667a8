"""OpenAPI documents (`ImportRestApi`, `PutRestApi`): made fit for moto, and what moto leaves out of them.

Docs: docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
(checked 2026-11).
"""

import json
from collections.abc import Iterator
from typing import Any

import yaml
from moto.apigateway.models import RestAPI
from moto.apigateway.utils import deserialize_body

from server.local_aws.api_gateway.common.openapi_security import asks_who_calls
from server.local_aws.api_gateway.rest import integration
from server.local_aws.control_plane.call import bad_request

ANY = "x-amazon-apigateway-any-method"
EXTENSION = "x-amazon-apigateway-integration"


def read(body: bytes, endpoint_types: list[str]) -> dict[str, Any]:
    """The document in a call's body: methods by HTTP's names, integration types by those of the API. Raises
    `ApiError` for what is none, for an integration that an API of these endpoint types may not have, and for
    a document that asks who calls."""
    try:
        document = deserialize_body(body.decode("utf-8", "replace"))
    except (yaml.YAMLError, TypeError):
        document = {}
    if not isinstance(document, dict):
        document = {}
    if not isinstance(document.get("paths"), dict) or not isinstance(document.get("info", {}), dict):
        raise bad_request("Failed to parse the uploaded OpenAPI document due to: no paths in it")
    document.setdefault("info", {}).setdefault("description", "")
    if not all(isinstance(methods, dict) for methods in document["paths"].values()):
        raise bad_request("Each path of an OpenAPI document must be an object of methods")
    for path, methods in document["paths"].items():
        document["paths"][path] = {"any" if name == ANY else name: held for name, held in methods.items()}
    if asks_who_calls(document):
        raise bad_request(
            "The local stand-in imports methods without authorization, API key or resource policy only"
        )
    for _, _, settings in integrations(document):
        settings["type"] = str(settings.get("type", "")).upper()
        integration.check(settings, endpoint_types)
    return document


def to_body(document: dict[str, Any]) -> bytes:
    return json.dumps(document, default=str).encode()


def complete(api: RestAPI, document: dict[str, Any]) -> None:
    """Give the imported integrations their transfer modes."""
    for path, name, settings in integrations(document):
        for resource in api.resources.values():
            method = resource.resource_methods.get(name)
            if resource.get_path() == path and method is not None and method.method_integration is not None:
                mode = str(settings.get("responseTransferMode") or "BUFFERED").upper()
                method.method_integration = integration.CompleteIntegration.of(
                    method.method_integration, mode
                )


def integrations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and settings of each integration."""
    for path, methods in document.get("paths", {}).items():
        for name, method in methods.items():
            if isinstance(method, dict) and isinstance(method.get(EXTENSION), dict):
                yield path, name.upper(), method[EXTENSION]
