"""An API as it is deployed: what moto keeps of it, frozen as the data plane needs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.apigatewayv2.models import Api
from moto.apigatewayv2.models import Route as MotoRoute


@dataclass(frozen=True)
class Integration:
    """What a route calls: `kind` is AWS_PROXY or MOCK, `credentials` the role that invokes the function, or
    "", `seconds` its own timeout."""

    kind: str
    uri: str
    credentials: str
    seconds: float


@dataclass(frozen=True)
class Authorizer:
    """A Lambda authorizer; `identity_sources` must all be there."""

    uri: str
    credentials: str
    identity_sources: tuple[str, ...]


@dataclass(frozen=True)
class Route:
    """`responds`: the route has a route response, so what the integration returns goes to the client.
    `needs_key`: it wants an API key. `models`: JSON schemas by the key that `model_selection` selects."""

    key: str
    integration: Integration | None
    responds: bool
    authorization: str
    authorizer: Authorizer | None
    model_selection: str
    models: Mapping[str, str]
    needs_key: bool


@dataclass(frozen=True)
class Stage:
    """A stage and the routes that are deployed to it. `rate` and `burst`: messages a second, None without a
    limit of its own."""

    name: str
    variables: Mapping[str, str]
    selection: str
    routes: Mapping[str, Route]
    rate: float | None
    burst: float | None


def freeze(api: Api) -> dict[str, Route]:
    """The routes as they are now, by their keys: what a deployment captures. Dictionaries are copied first:
    moto's calls run in threads."""
    return {route.route_key: freeze_route(api, route) for route in list(api.routes.values())}


def freeze_route(api: Api, route: MotoRoute) -> Route:
    models = {model.name: model.schema for model in list(api.models.values())}
    return Route(
        key=route.route_key,
        integration=integration(api, route.target),
        responds=any(
            response.route_response_key == "$default" for response in list(route.route_responses.values())
        ),
        authorization=route.authorization_type or "NONE",
        authorizer=authorizer(api, route.authorizer_id),
        model_selection=route.model_selection_expression or "",
        models={key: models.get(name, "") for key, name in (route.request_models or {}).items()},
        needs_key=bool(route.api_key_required),
    )


def integration(api: Api, target: str | None) -> Integration | None:
    """Return the integration that `target` ("integrations/ID") names."""
    found = api.integrations.get((target or "").rpartition("/")[2])
    if found is None:
        return None
    return Integration(
        kind=found.integration_type,
        uri=found.integration_uri or "",
        credentials=found.credentials_arn or "",
        seconds=(found.timeout_in_millis or 29_000) / 1000,
    )


def authorizer(api: Api, authorizer_id: str | None) -> Authorizer | None:
    found = api.authorizers.get(authorizer_id or "")
    if found is None:
        return None
    sources: Any = found.identity_source or []
    return Authorizer(
        uri=found.authorizer_uri or "",
        credentials=found.auth_creds_arn or "",
        identity_sources=tuple([sources] if isinstance(sources, str) else sources),
    )
