"""`requestParameters` of an HTTP_PROXY integration: what of the request goes where. Pure.

Docs: docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html (checked
2026-11).
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote

from server.local_aws.api_gateway.common.request import GatewayRequest, Target, request_context
from server.local_aws.http1.exchange import Header

REQUEST = "integration.request."


def upstream_request(
    uri: str, parameters: Mapping[str, str], request: GatewayRequest, target: Target
) -> tuple[str, list[Header]]:
    """URL and headers of the request to `uri`, which gets the client's query string and headers beside what
    `parameters` map (`integration.request.{path|querystring|header}.NAME` to a source)."""
    headers = request.forwarded()
    query = [request.query] if request.query else []
    for destination, source in parameters.items():
        place, _, name = destination.removeprefix(REQUEST).partition(".")
        value = value_of(source, request, target)
        if value is None:
            continue
        if place == "path":
            uri = uri.replace(f"{{{name}}}", quote(value, safe="/"))
        elif place == "querystring":
            query.append(f"{quote_plus(name)}={quote_plus(value)}")
        elif place == "header":
            headers = [header for header in headers if header[0].lower() != name.lower()]
            headers.append((name, value))
    if query:
        uri += ("&" if "?" in uri else "?") + "&".join(query)
    return uri, headers


def value_of(source: str, request: GatewayRequest, target: Target) -> str | None:
    """The value of `method.request.{path|querystring|header}.NAME`, `stageVariables.NAME`, `context.NAME` or
    a 'constant'; None if there is none."""
    if source.startswith("'") and source.endswith("'"):
        return source[1:-1]
    if source.startswith("stageVariables."):
        return target.stage_variables.get(source.removeprefix("stageVariables."))
    if source.startswith("context."):
        return context_value(source.removeprefix("context."), request, target)
    place, _, name = source.removeprefix("method.request.").partition(".")
    if place == "path":  # decoded here, not in events: github.com/ustayready/fireprox/issues/44 (2022-12)
        value = target.path_parameters.get(name)
        return None if value is None else unquote(value)
    if place == "querystring":
        return dict(request.parameters).get(name)
    return (request.header(name.lower()) or None) if place == "header" else None


def context_value(path: str, request: GatewayRequest, target: Target) -> str | None:
    """The value at a dotted path of a request's context, such as `identity.sourceIp`."""
    value: Any = request_context(request, target)
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return None if value is None or isinstance(value, dict) else str(value)
