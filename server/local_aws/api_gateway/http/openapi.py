"""OpenAPI documents of HTTP APIs (`ImportApi`, `ReimportApi`): made fit for moto, and what moto leaves
out of them. A route that this stand-in cannot serve is imported all the same.

moto drops what a document says about who may call: a document that asks it of all its routes is refused,
one route that asks it is served to nobody. Docs:
docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html and
…/api-gateway-swagger-extensions-integration.html (checked 2026-11)."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from moto.apigatewayv2.models import Api, Integration

from server.local_aws.api_gateway.common.deployments import DEFAULT
from server.local_aws.api_gateway.common.openapi_security import authorization_of, says_who_may
from server.local_aws.api_gateway.http.routes import METHODS, wrong_with
from server.local_aws.control_plane.call import bad_request

ANY, DEFAULT_PATH = "x-amazon-apigateway-any-method", "/$default"
EXTENSION = "x-amazon-apigateway-integration"
CORS = "x-amazon-apigateway-cors"
SHARED = "#/components/x-amazon-apigateway-integrations/"

Operation = Mapping[str, Any]


def read(text: object) -> dict[str, Any]:
    """The document. Raises `ApiError` for one that is none, that asks who calls as a whole, or that has a
    path or an integration that no route may have."""
    try:
        document = yaml.safe_load(text) if isinstance(text, str) else None
    except yaml.YAMLError:
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        raise bad_request("Unable to parse the OpenAPI document: it must be an object with paths")
    if not isinstance(document.get("info", {}), dict):
        raise bad_request("Unable to parse the OpenAPI document: its info must be an object")
    if says_who_may(document):
        raise bad_request(
            "The local stand-in imports no document with a resource policy, or with security for all routes"
        )
    for key, operation in operations(document):
        if key != DEFAULT and (reason := wrong_with(key)):
            raise bad_request(f"The path of {key!r} is not valid for an HTTP API: {reason}")
        settings = integration_of(document, operation)
        if settings.get("type", "AWS_PROXY") not in ("AWS_PROXY", "HTTP_PROXY"):
            raise bad_request(f"HTTP APIs have AWS_PROXY and HTTP_PROXY integrations, not {settings['type']}")
    return document


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, Operation]]:
    """Each route's key, and what the document says of it. Raises `ApiError`."""
    for path, methods in document["paths"].items():
        for name, operation in methods.items() if isinstance(methods, dict) else ():
            method = "ANY" if name == ANY else str(name).upper()
            if method not in METHODS:
                continue
            if not isinstance(operation, dict):
                raise bad_request(f"What {method} {path} is must be an object")
            yield DEFAULT if path == DEFAULT_PATH else f"{method} {path}", operation


def integration_of(document: Mapping[str, Any], operation: Operation) -> dict[str, Any]:
    """The settings of an operation's integration, also of one that several share; {} without one."""
    held = operation.get(EXTENSION)
    shared = held.get("$ref") if isinstance(held, dict) else None
    if isinstance(shared, str) and shared.startswith(SHARED):
        components = document.get("components")
        named = components.get("x-amazon-apigateway-integrations") if isinstance(components, dict) else None
        held = named.get(shared.removeprefix(SHARED)) if isinstance(named, dict) else None
    if not isinstance(held, dict):
        return {}
    return {**held, "type": str(held.get("type", "")).upper()}


def to_body(document: Mapping[str, Any]) -> bytes:
    """A call's body that moto reads as this document: routes with an integration, and what it says of the
    API."""
    paths: dict[str, dict[str, Any]] = {}
    for key, operation in operations(document):
        if settings := integration_of(document, operation):
            method, _, path = key.partition(" ") if key != DEFAULT else ("ANY", "", DEFAULT_PATH)
            paths.setdefault(path, {})[method.lower()] = {EXTENSION: settings}
    kept = {name: document[name] for name in ("info", CORS) if name in document}
    return json.dumps({"body": json.dumps({**kept, "paths": paths}, default=str)}).encode()


def complete(api: Api, document: Mapping[str, Any]) -> None:
    """Give the routes that moto has just imported what it left out."""
    given = dict(operations(document))
    for route in api.routes.values():
        if route.route_key == f"ANY {DEFAULT_PATH}":
            route.route_key = DEFAULT
        operation = given[route.route_key]
        route.authorization_type = authorization_of(operation)
        route.operation_name = operation.get("operationId")
        held = api.integrations[(route.target or "").removeprefix("integrations/")]
        complete_integration(held, integration_of(document, operation))


def complete_integration(held: Integration, settings: Mapping[str, Any]) -> None:
    held.connection_type = str(settings.get("connectionType") or "INTERNET").upper()
    held.credentials_arn = settings.get("credentials")
    held.integration_subtype = settings.get("integrationSubtype")
    held.request_parameters = settings.get("requestParameters")
    held.response_parameters = settings.get("responseParameters")
    timeout = settings.get("timeoutInMillis")
    held.timeout_in_millis = timeout if isinstance(timeout, int) else held.timeout_in_millis
