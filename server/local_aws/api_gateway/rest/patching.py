"""Patch operations (`Update…` of REST APIs): what each kind of resource lets them change, and moto's
attribute for it.

Docs: docs.aws.amazon.com/apigateway/latest/api/patch-operations.html (checked 2026-11). The texts of
refusals are this stand-in's own."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from server.local_aws.control_plane.call import bad_request

ADDING, REMOVING = ("add", "replace"), "remove"

T = TypeVar("T")


@dataclass(frozen=True)
class Patchable:
    """The attributes by the paths that change them. `maps` and `lists`: paths to a member of theirs begin
    with these; `flags`: values of these maps are true or false."""

    texts: Mapping[str, str] = field(default_factory=dict)
    switches: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)
    maps: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, str] = field(default_factory=dict)


INTEGRATION = Patchable(
    texts={
        "/uri": "uri",
        "/httpMethod": "http_method",
        "/responseTransferMode": "response_transfer_mode",
        "/passthroughBehavior": "passthrough_behaviour",
        "/contentHandling": "content_handling",
        "/credentials": "credentials",
        "/connectionType": "connection_type",
        "/cacheNamespace": "cache_namespace",
    },
    numbers={"/timeoutInMillis": "timeout_in_millis"},
    maps={"/requestParameters/": "request_parameters", "/requestTemplates/": "request_templates"},
    lists={"/cacheKeyParameters/": "cache_key_parameters"},
)
INTEGRATION_RESPONSE = Patchable(
    texts={"/selectionPattern": "selection_pattern", "/contentHandling": "content_handling"},
    maps={"/responseParameters/": "response_parameters", "/responseTemplates/": "response_templates"},
)
METHOD = Patchable(
    texts={
        "/authorizationType": "authorization_type",
        "/authorizerId": "authorizer_id",
        "/operationName": "operation_name",
        "/requestValidatorId": "request_validator_id",
    },
    switches={"/apiKeyRequired": "api_key_required"},
    maps={"/requestModels/": "request_models"},
    flags={"/requestParameters/": "request_parameters"},
)
METHOD_RESPONSE = Patchable(
    maps={"/responseModels/": "response_models"}, flags={"/responseParameters/": "response_parameters"}
)
RESOURCE = Patchable(texts={"/pathPart": "path_part", "/parentId": "parent_id"})
DEPLOYMENT = Patchable(texts={"/description": "description"})
REST_API = Patchable(
    texts={"/name": "name", "/description": "description", "/apiKeySource": "api_key_source"},
    switches={"/disableExecuteApiEndpoint": "disableExecuteApiEndpoint"},
    numbers={"/minimumCompressionSize": "minimum_compression_size"},
    lists={"/binaryMediaTypes/": "binaryMediaTypes"},
)


def patched(held: T, patchable: Patchable, operations: Any) -> T:
    """Return a copy of what moto holds, changed by the operations. Raises `ApiError`."""
    changed = copy.copy(held)
    for attribute in {**patchable.maps, **patchable.flags}.values():
        setattr(changed, attribute, dict(getattr(held, attribute) or {}))
    for attribute in patchable.lists.values():
        setattr(changed, attribute, list(getattr(held, attribute) or []))
    for operation in operations if isinstance(operations, list) else []:
        if not isinstance(operation, dict):
            raise bad_request("Each patch operation must be an object")
        apply(changed, patchable, operation)
    return changed


def apply(target: object, patchable: Patchable, operation: Mapping[str, Any]) -> None:
    op, path, value = operation.get("op"), str(operation.get("path")), operation.get("value")
    if op not in (*ADDING, REMOVING):
        raise bad_request(f"Invalid patch operation {op!r}: must be one of add, replace and remove")
    if path in patchable.texts:
        setattr(target, patchable.texts[path], value if op in ADDING else None)
    elif path in patchable.switches:
        setattr(target, patchable.switches[path], op in ADDING and is_true(value))
    elif path in patchable.numbers:
        setattr(target, patchable.numbers[path], number(path, value) if op in ADDING else None)
    elif start := beginning(path, patchable.lists):
        items = getattr(target, patchable.lists[start])
        items[:] = [item for item in items if item != member(path, start)]
        if op in ADDING:
            items.append(member(path, start))
    elif start := beginning(path, {**patchable.maps, **patchable.flags}):
        held = getattr(target, {**patchable.maps, **patchable.flags}[start])
        if op in ADDING:
            held[member(path, start)] = is_true(value) if start in patchable.flags else str(value)
        else:
            held.pop(member(path, start), None)
    else:
        raise bad_request(f"Invalid patch path {path!r} for operation {op!r}")


def beginning(path: str, starts: Mapping[str, str]) -> str | None:
    """Which of these beginnings a path has, with something after it."""
    return next((start for start in starts if path.startswith(start) and path != start), None)


def member(path: str, start: str) -> str:
    """The name at the end of a path (JSON Pointer, RFC 6901 section 4)."""
    return path.removeprefix(start).replace("~1", "/").replace("~0", "~")


def is_true(value: object) -> bool:
    return str(value).lower() == "true"


def number(path: str, value: object) -> int | None:
    """The number that a value says; None for an empty one. Raises `ApiError`."""
    if value in (None, ""):
        return None
    if not str(value).isdecimal():
        raise bad_request(f"Invalid value {value!r} for {path}")
    return int(str(value))
