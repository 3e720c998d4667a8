"""The routes of an HTTP API, as they are deployed.

Docs: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html (checked 2026-11).
That a path must not end with a slash, and that a variable is a whole part, AWS was seen to insist on
(github.com/aws/serverless-application-model/issues/1949, 2021-03;
github.com/serverless/serverless/issues/10423, 2021-12). Two variables of one name, and an empty part, are
refused where it is unconfirmed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.apigatewayv2 import models as moto_models
from moto.apigatewayv2.models import Api

from server.local_aws.api_gateway.common.deployments import DEFAULT
from server.local_aws.api_gateway.common.paths import VARIABLE, PathTemplate, best_match, http_segments
from server.local_aws.api_gateway.http.received_path import decoded

METHODS = ("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
FIXED = re.compile(r"[^\s{}?#]+")


@dataclass(frozen=True)
class Integration:
    """`payload_format`: "1.0" or "2.0"; `timeout` in seconds. `credentials`: the role that invokes its
    function, or ""."""

    type: str
    method: str
    uri: str
    payload_format: str
    timeout: float
    credentials: str


@dataclass(frozen=True)
class Route:
    """`key` is `$default` or METHOD and path, as in `GET /items/{id}`. `unserved`: why this stand-in cannot
    serve it, or ""."""

    key: str
    integration: Integration
    unserved: str

    @property
    def method(self) -> str:
        return self.key.partition(" ")[0]

    @property
    def template(self) -> PathTemplate:
        return PathTemplate(self.key.partition(" ")[2])


Routes = Sequence[Route]


def routes_of(api: Api) -> Routes:
    """Return the routes of `api` that have an integration, as moto has them now."""
    found = []
    for route in api.routes.values():
        held = api.integrations.get((route.target or "").removeprefix("integrations/"))
        if held is None:
            continue
        integration = Integration(
            type=(held.integration_type or "").upper(),  # AWS's documents have lower case
            method=held.integration_method or "ANY",
            uri=held.integration_uri or "",
            payload_format=held.payload_format_version or "1.0",
            timeout=(held.timeout_in_millis or 30_000) / 1000,
            credentials=held.credentials_arn or "",
        )
        found.append(Route(route.route_key, integration, unserved_route(route) or unserved(held.to_json())))
    return tuple(found)


def unserved_route(route: moto_models.Route) -> str:
    """Return what of a route, beside its integration, cannot be served here, or ""."""
    authorization = route.authorization_type or "NONE"
    if authorization != "NONE":
        return f"authorization {authorization}"
    return "API keys" if route.api_key_required else ""


def unserved(settings: Mapping[str, Any]) -> str:
    """The same of the settings of an integration, by the names of the API."""
    for name in ("integrationSubtype", "requestParameters", "responseParameters"):
        if settings.get(name):
            return name
    return "VPC links" if settings.get("connectionType") == "VPC_LINK" else ""


def find(routes: Routes, method: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
    """The route for a request, with the values of its path's variables, escapes resolved: the most specific
    path, then the method itself before ANY; `$default` when nothing else matches."""
    candidates = [route for route in routes if route.method in (method, "ANY")]
    templates = {route.template for route in candidates if route.key != DEFAULT}
    best = best_match(templates, http_segments(path))
    if best is not None:
        template, values = best
        matching = [route for route in candidates if route.template == template and route.key != DEFAULT]
        route = min(matching, key=lambda route: route.method == "ANY")
        return route, {name: decoded(value) for name, value in values.items()}
    default = next((route for route in routes if route.key == DEFAULT), None)
    return (default, {}) if default else None


def wrong_with(key: object) -> str | None:
    """What keeps `key` from being the key of a route; None if nothing does."""
    if key == DEFAULT:
        return None
    method, space, path = key.partition(" ") if isinstance(key, str) else ("", "", "")
    if method not in METHODS or not space or not path.startswith("/"):
        return f"it must be {DEFAULT}, or one of {', '.join(METHODS)} and a path, as in GET /items/{{id}}"
    *before, last = path[1:].split("/")
    if path == "/":
        return None
    if not last:
        return "its path must not end with a slash"
    variables = [match for part in (*before, last) if (match := VARIABLE.fullmatch(part))]
    if any(match[2] for part in before if (match := VARIABLE.fullmatch(part))):
        return "a greedy path variable must be the last part of the path"
    if len({match[1] for match in variables}) < len(variables):
        return "its path variables must have different names"
    if not all(VARIABLE.fullmatch(part) or FIXED.fullmatch(part) for part in (*before, last)):
        return "one or more path parts are neither text nor a {variable}"
    return None
