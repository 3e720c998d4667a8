"""Turns a resource's properties into an operation's parameters, by the operation's model.

CloudFormation takes numbers and booleans as texts, writes JSON documents as objects and tags as lists;
its names differ from the parameters' in their capitals only."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape


class BadProperty(Exception):
    """A property that the resource does not have, or cannot have."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"#{path}: {message}")


def member_of(shape: StructureShape, name: str) -> str | None:
    """Return the member that is called `name`, whatever its capitals."""
    lowered = name.lower()
    return next((member for member in shape.members if member.lower() == lowered), None)


def input_of(operation: OperationModel) -> StructureShape:
    """Return the shape of an operation's parameters."""
    shape = operation.input_shape
    return (
        shape
        if isinstance(shape, StructureShape)
        else StructureShape("Nothing", {"type": "structure", "members": {}})
    )


def converted(shape: Shape, value: Any, path: str) -> Any:
    """Return `value` as `shape` has it. Raises `BadProperty`."""
    if isinstance(shape, StructureShape):
        return structure(shape, value, path)
    if isinstance(shape, ListShape):
        return listed(shape, value, path)
    if isinstance(shape, MapShape):
        return mapped(shape, value, path)
    return scalar(shape, value, path)


def structure(shape: StructureShape, value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise BadProperty(path, f"expected type: JSONObject, found: {kind(value)}")
    found = {}
    for name, inner in value.items():
        member = member_of(shape, name)
        if member is None:
            raise BadProperty(path, f"extraneous key [{name}] is not permitted")
        found[member] = converted(shape.members[member], inner, f"{path}/{name}")
    for member in shape.required_members:
        if member not in found:
            raise BadProperty(path, f"required key [{member}] not found")
    return found


def listed(shape: ListShape, value: Any, path: str) -> list[Any]:
    item = shape.member
    if isinstance(value, Mapping) and isinstance(item, StructureShape) and (names := tag_names(item)):
        key, content = names
        return [{key: str(name), content: str(inner)} for name, inner in value.items()]
    if isinstance(value, str):  # CloudFormation takes a single value for a list of one
        value = [value]
    if not isinstance(value, list):
        raise BadProperty(path, f"expected type: JSONArray, found: {kind(value)}")
    return [converted(item, inner, f"{path}/{number}") for number, inner in enumerate(value)]


def mapped(shape: MapShape, value: Any, path: str) -> dict[str, Any]:
    if isinstance(value, list):  # tags
        try:
            value = {pair["Key"]: pair["Value"] for pair in value}
        except (TypeError, KeyError):
            raise BadProperty(path, "expected a list of objects with a Key and a Value") from None
    if not isinstance(value, Mapping):
        raise BadProperty(path, f"expected type: JSONObject, found: {kind(value)}")
    names = shape.key.metadata.get("enum")
    for name in value:
        if names and name not in names:
            raise BadProperty(path, f"extraneous key [{name}] is not permitted")
    return {str(name): converted(shape.value, inner, f"{path}/{name}") for name, inner in value.items()}


def tag_names(shape: StructureShape) -> tuple[str, str] | None:
    """Return how a tag's key and value are called; None if `shape` is no tag."""
    key, value = member_of(shape, "Key"), member_of(shape, "Value")
    return (key, value) if key and value and len(shape.members) == 2 else None


def scalar(shape: Shape, value: Any, path: str) -> Any:
    """A number, a boolean, a text or bytes."""
    name = shape.type_name
    if name in ("string", "blob") and isinstance(value, Mapping):
        return json.dumps(value)
    if isinstance(value, (Mapping, list)) or value is None:
        raise BadProperty(path, f"expected type: {name.capitalize()}, found: {kind(value)}")
    if name == "boolean":
        if str(value).lower() not in ("true", "false"):
            raise BadProperty(path, f"expected type: Boolean, found: {kind(value)}")
        return str(value).lower() == "true"
    if name in ("integer", "long", "float", "double"):
        try:
            return int(str(value)) if name in ("integer", "long") else float(str(value))
        except ValueError:
            raise BadProperty(path, f"expected type: Number, found: {kind(value)}") from None
    if name == "string":
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def kind(value: Any) -> str:
    """What CloudFormation calls the type of a value."""
    kinds = {
        dict: "JSONObject",
        list: "JSONArray",
        str: "String",
        bool: "Boolean",
        int: "Integer",
        type(None): "Null",
    }
    return kinds.get(type(value), "Number")
