"""A deployment of a REST API: what its methods were when it was made. Later changes wait for the next one."""

from collections.abc import Mapping
from dataclasses import dataclass

from moto.apigateway import models as moto_models
from moto.apigateway.models import Method, RestAPI

from server.local_aws.api_gateway.common.paths import PathTemplate, best_match, rest_segments
from server.local_aws.api_gateway.rest.mock import Mock
from server.local_aws.api_gateway.rest.unserved import unserved_method


@dataclass(frozen=True)
class Integration:
    """How a method is answered. `streams`: its `responseTransferMode` is STREAM. `timeout`: seconds, None if
    none was set. `credentials`: the role that invokes its function, or "". `mock`: what answers it, if its
    type is MOCK. `unserved`: why this stand-in cannot answer it, or ""."""

    type: str
    http_method: str
    uri: str
    streams: bool
    timeout: float | None
    credentials: str
    parameters: Mapping[str, str]
    mock: Mock | None
    unserved: str


@dataclass(frozen=True)
class Route:
    """Where a request leads: a resource's method, and the values of the path's variables."""

    resource: str
    resource_id: str
    integration: Integration
    path_parameters: Mapping[str, str]


@dataclass(frozen=True)
class Deployment:
    """`methods`: the integrations by path template and HTTP method; `resource_ids` by path template."""

    id: str
    methods: Mapping[PathTemplate, Mapping[str, Integration]]
    resource_ids: Mapping[PathTemplate, str]

    def route(self, method: str, path: str) -> Route | None:
        """The most specific resource that `path` matches, by `method` or ANY; None if there is none."""
        found = best_match(self.methods, rest_segments(path))
        if found is None:
            return None
        template, values = found
        methods = self.methods[template]
        integration = methods.get(method) or methods.get("ANY")
        if integration is None:
            return None
        return Route(template.text, self.resource_ids[template], integration, values)


def snapshot(api: RestAPI, deployment_id: str) -> Deployment:
    """Return the methods of `api` as moto has them now."""
    methods: dict[PathTemplate, dict[str, Integration]] = {}
    ids: dict[PathTemplate, str] = {}
    for resource in api.resources.values():
        template = PathTemplate(resource.get_path())
        deployed = {
            name: integration_of(name, method, held)
            for name, method in resource.resource_methods.items()
            if (held := method.method_integration) is not None
        }
        if deployed:
            methods[template], ids[template] = deployed, resource.id
    return Deployment(deployment_id, methods, ids)


def integration_of(name: str, method: Method, held: moto_models.Integration) -> Integration:
    unserved = unserved_method(method)
    return Integration(
        type=held.integration_type,
        http_method=held.http_method or name,
        uri=held.uri or "",
        streams=getattr(held, "response_transfer_mode", "BUFFERED") == "STREAM",
        timeout=int(held.timeout_in_millis) / 1000 if held.timeout_in_millis else None,
        credentials=held.credentials or "",
        parameters=dict(held.request_parameters or {}),
        mock=Mock.of(held) if held.integration_type == "MOCK" and not unserved else None,
        unserved=unserved,
    )
