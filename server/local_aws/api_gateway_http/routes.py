"""The routes of an HTTP API, as they are deployed.

Docs: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html (checked 2026-11).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moto.apigatewayv2.models import Api

from server.local_aws.api_gateway.paths import PathTemplate, best_match

DEFAULT = "$default"


@dataclass(frozen=True)
class Integration:
    """`payload_format`: "1.0" or "2.0"; `timeout` in seconds."""

    type: str
    method: str
    uri: str
    payload_format: str
    timeout: float


@dataclass(frozen=True)
class Route:
    """`key` is `$default` or METHOD and path, as in `GET /items/{id}`."""

    key: str
    integration: Integration

    @property
    def method(self) -> str:
        return self.key.partition(" ")[0]

    @property
    def template(self) -> PathTemplate:
        return PathTemplate(self.key.partition(" ")[2])


Routes = Sequence[Route]


def routes_of(api: Api) -> Routes:
    """The routes of `api` that have an integration, as moto has them now."""
    found = []
    for route in api.routes.values():
        held = api.integrations.get((route.target or "").removeprefix("integrations/"))
        if held is None:
            continue
        integration = Integration(
            type=held.integration_type,
            method=held.integration_method or "ANY",
            uri=held.integration_uri or "",
            payload_format=held.payload_format_version or "1.0",
            timeout=(held.timeout_in_millis or 30_000) / 1000,
        )
        found.append(Route(route.route_key, integration))
    return tuple(found)


def find(routes: Routes, method: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
    """The route for a request, with the values of its path's variables: the most specific path, then the
    method itself before ANY; `$default` when nothing else matches."""
    candidates = [route for route in routes if route.method in (method, "ANY")]
    best = best_match({route.template for route in candidates if route.key != DEFAULT}, path)
    if best is not None:
        template, values = best
        matching = [route for route in candidates if route.template == template and route.key != DEFAULT]
        return min(matching, key=lambda route: route.method == "ANY"), values
    default = next((route for route in routes if route.key == DEFAULT), None)
    return (default, {}) if default else None
