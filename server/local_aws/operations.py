"""Which operation an API call is, and with which parameters: by botocore's models of the services."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from botocore.model import ServiceModel
from botocore.session import UnknownServiceError, get_session

from server.local_aws.api import ApiCall

OTHERWISE_NAMED = {"tagging": ("resourcegroupstaggingapi", "tag")}
"""Services whose name in a signature is neither that of their model nor that of their actions: both."""


@dataclass(frozen=True)
class Operation:
    """An operation of a service; `service` is what the names of its actions begin with. `members`: the
    parameters by their names in the request; the query protocol has names such as `Tags.member.1.Key`."""

    service: str
    name: str
    members: Mapping[str, Any]


def operation_of(call: ApiCall) -> Operation | None:
    """The operation that `call` asks for from the service for which it is signed; None if that service has
    no such operation. API Gateway's are named by their HTTP methods, as its actions are."""
    if call.service == "apigateway":
        return Operation("apigateway", call.method, from_json(call.body))
    model_name, prefix = OTHERWISE_NAMED.get(call.service, (call.service, call.service))
    model = service_model(model_name)
    if model is None:
        return None
    head, _, name = call.header("x-amz-target").rpartition(".")
    if name:
        members: Mapping[str, Any] = from_json(call.body)
        name = name if head == model.metadata.get("targetPrefix") else ""
    elif model.metadata["protocol"] == "query":
        members = from_form(call)
        name = members.get("Action", "")
    else:
        name, members = by_path(model, call)
    return Operation(prefix, name, declared(model, name, members)) if name in model.operation_names else None


def declared(model: ServiceModel, name: str, members: Mapping[str, Any]) -> Mapping[str, Any]:
    """Those of `members` that the operation has; of another one the service would not see."""
    shape = model.operation_model(name).input_shape
    known = (
        {member.serialization.get("name", key) for key, member in shape.members.items()} if shape else set()
    )
    return {key: value for key, value in members.items() if key.partition(".")[0] in known}


@lru_cache
def service_model(name: str) -> ServiceModel | None:
    try:
        return get_session().get_service_model(name)
    except UnknownServiceError:
        return None


def by_path(model: ServiceModel, call: ApiCall) -> tuple[str, Mapping[str, Any]]:
    """The REST operation with this method and path, and its parameters: of several that fit the one with the
    longest fixed text."""
    for pattern, method, name in routes(model.service_name):
        match = pattern.fullmatch(call.path)
        if match and method == call.method:
            shape = model.operation_model(name).input_shape
            is_payload = shape is not None and "payload" in shape.serialization  # then it is not parameters
            body = {} if is_payload else from_json(call.body)
            given = {key: unquote(value) for key, value in match.groupdict().items()}
            return name, {**body, **call.query, **given}
    return "", {}


@lru_cache
def routes(service: str) -> list[tuple["re.Pattern[str]", str, str]]:
    """Pattern, method and name of the service's operations, those with the longest fixed text first."""
    model = get_session().get_service_model(service)
    found = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        parts = re.split(r"\{([^}]+)\}", http["requestUri"].partition("?")[0].rstrip("/"))
        fixed = sum(map(len, parts[::2]))
        found.append((fixed, re.compile(expression(parts) + "/?"), http["method"], name))
    return [(pattern, method, name) for _, pattern, method, name in sorted(found, key=lambda each: -each[0])]


def expression(parts: list[str]) -> str:
    """A path as a regular expression: `parts` are fixed texts and, between them, names of parameters; that of
    one which may contain slashes ends with a plus."""
    written = [re.escape(part) for part in parts]
    for number in range(1, len(parts), 2):
        name = re.sub(r"\W", "_", parts[number].rstrip("+"))
        written[number] = f"(?P<{name}>.+)" if parts[number].endswith("+") else f"(?P<{name}>[^/]+)"
    return "".join(written)


def from_json(body: bytes) -> dict[str, Any]:
    """The members of a JSON object; none if that is not what the body is."""
    try:
        document = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def from_form(call: ApiCall) -> dict[str, str]:
    """The parameters of a call of the query protocol, in its body or its query."""
    return {**call.query, **dict(parse_qsl(call.body.decode("latin-1"), keep_blank_values=True))}
