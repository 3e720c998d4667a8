"""OpenAPI documents (`ImportRestApi`, `PutRestApi`): made fit for moto, and what moto leaves out of them. A
method that this stand-in cannot serve is imported all the same.

Docs: docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
(checked 2026-11).
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml
from moto.apigateway.models import RestAPI
from moto.apigateway.utils import deserialize_body

from server.local_aws.api_gateway.common.openapi_security import authorization_of, says_who_may
from server.local_aws.api_gateway.rest import integration
from server.local_aws.control_plane.call import bad_request

ANY = "x-amazon-apigateway-any-method"
EXTENSION = "x-amazon-apigateway-integration"
METHODS = {"any", "delete", "get", "head", "options", "patch", "post", "put"}
SWAGGER = "2.0"


def read(body: bytes, endpoint_types: list[str]) -> dict[str, Any]:
    """The document in a call's body: methods by HTTP's names, integration types by those of the API. Raises
    `ApiError` for what is none, for an integration that an API of these endpoint types may not have, and for
    a document all of whose methods ask who calls."""
    document = parsed(body)
    if says_who_may(document):
        raise bad_request(
            "The local stand-in imports no document with a resource policy, or with security for all methods"
        )
    for path, methods in document["paths"].items():
        named = {"any" if name == ANY else name: held for name, held in methods.items()}
        document["paths"][path] = {name: held for name, held in named.items() if name in METHODS}
    for path, name, settings in integrations(document):
        check(settings, f"{name} {path}", endpoint_types)
    return document


def parsed(body: bytes) -> dict[str, Any]:
    """Return the document as one of OpenAPI 3. Raises `ApiError` for what is none."""
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
    if not all(isinstance(held, dict) for held in operations(document)):
        raise bad_request("Each method of an OpenAPI document must be an object")
    if str(document.get("swagger")) == SWAGGER:  # moto reads version 3 only; what is read of both is the same
        del document["swagger"]
        document["openapi"] = "3.0.1"
    return document


def operations(document: dict[str, Any]) -> Iterator[Any]:
    for methods in document["paths"].values():
        yield from (held for name, held in methods.items() if name == ANY or name in METHODS)


def check(settings: dict[str, Any], method: str, endpoint_types: list[str]) -> None:
    """Write the settings of an integration as the API has them. Raises `ApiError` for those that AWS
    refuses."""
    for name in ("type", "passthroughBehavior", "connectionType"):
        if name in settings or name == "type":
            settings[name] = str(settings.get(name, "")).upper()
    for name in ("uri", "httpMethod"):  # moto needs them of every type
        settings[name] = str(settings.get(name) or "")
    integration.check(settings, endpoint_types)
    responses = settings.setdefault("responses", {})
    if not isinstance(responses, dict) or not all(isinstance(held, dict) for held in responses.values()):
        raise bad_request(f"The integration responses of {method} must be objects")
    for held in responses.values():
        held["statusCode"] = str(held.get("statusCode"))
        if not re.fullmatch(r"[1-5]\d\d", held["statusCode"]):
            raise bad_request(f"Each integration response of {method} needs a statusCode")


def to_body(document: dict[str, Any]) -> bytes:
    return json.dumps(document, default=str).encode()


def complete(api: RestAPI, document: dict[str, Any]) -> None:
    """Give the imported API and its methods what moto left out."""
    api.version = document["info"].get("version")
    for path, names in document["paths"].items():
        resource = next(each for each in api.resources.values() if each.get_path() == path)
        for name, held in names.items():
            method = resource.resource_methods[name.upper()]
            method.authorization_type = authorization_of(held)
            if method.method_integration is not None:
                method.method_integration = integration.CompleteIntegration.created(
                    method.method_integration, resource.id, held[EXTENSION]
                )


def integrations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and settings of each integration."""
    for path, methods in document.get("paths", {}).items():
        for name, method in methods.items():
            if isinstance(method.get(EXTENSION), dict):
                yield path, name.upper(), method[EXTENSION]
