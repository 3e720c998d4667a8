"""Change sets: what an update of a stack would do, and its execution."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from server.local_aws.cloudformation.resources import plan, takes_tags
from server.local_aws.cloudformation.stack import Definition, Stack, now
from server.local_aws.cloudformation.template import invalid
from server.local_aws.cloudformation.types import KINDS
from server.local_aws.cloudformation.values import Values
from server.local_aws.control_plane.call import ApiError

NO_CHANGES = (
    "The submitted information didn't contain changes. Submit different information to create a change set."
)


UPDATABLE = {
    "CREATE_COMPLETE",
    "CREATE_FAILED",
    "UPDATE_COMPLETE",
    "UPDATE_FAILED",
    "UPDATE_ROLLBACK_COMPLETE",
}


@dataclass(frozen=True)
class Change:
    """What becomes of a resource. `action`: Add, Modify or Remove."""

    action: str
    logical_id: str
    type: str
    physical_id: str = ""
    replacement: str = ""
    properties: tuple[str, ...] = ()


@dataclass
class ChangeSet:
    """`arn` is CloudFormation's id of it; `kind` CREATE or UPDATE. `definition` is None if it has failed."""

    name: str
    arn: str
    stack: Stack
    kind: str
    definition: Definition | None
    role: str = ""
    description: str = ""
    status: str = "CREATE_COMPLETE"
    reason: str = ""
    execution: str = "AVAILABLE"
    on_failure: str = ""
    changes: list[Change] = field(default_factory=list)
    created: datetime = field(default_factory=now)

    def fail(self, reason: str) -> None:
        """It cannot be executed."""
        self.status, self.execution, self.reason = "FAILED", "UNAVAILABLE", reason


def check_updatable(stack: Stack) -> None:
    """Raise `ApiError` unless a stack can be updated in the state in which it is."""
    if stack.status not in UPDATABLE:
        raise invalid(f"Stack:{stack.arn} is in {stack.status} state and can not be updated.")


def unchanged(stack: Stack, new: Definition, imports: Mapping[str, str]) -> bool:
    """Return whether deploying `new` changes nothing."""
    old = stack.definition
    if old is None or not stack.resources:
        return False
    outputs = [each.document.get("Outputs") for each in (old, new)]
    return outputs[0] == outputs[1] and old.tags == new.tags and not changes_of(stack, new, imports)


def changes_of(stack: Stack, new: Definition, imports: Mapping[str, str]) -> list[Change]:
    """Return what deploying `new` would change of a stack."""
    old = sketch(stack.definition, imports) if stack.definition and stack.resources else {}
    wanted = sketch(new, imports)
    found = [removed(stack, name) for name in old if name not in wanted]
    for name, (type_, properties) in wanted.items():
        if name not in old:
            found.append(Change("Add", name, type_))
        elif (changed := differing(old[name], (type_, properties))) or tagged_anew(stack, new, type_):
            physical_id = stack.resources[name].physical_id if name in stack.resources else ""
            replacement = "False" if may_change(type_, changed) else "True"
            found.append(Change("Modify", name, type_, physical_id, replacement, changed))
    return found


def tagged_anew(stack: Stack, new: Definition, type_: str) -> bool:
    """Return whether a resource of a type gets other tags with the stack."""
    kind = KINDS.get(type_)
    return (
        stack.definition is not None
        and stack.definition.tags != new.tags
        and kind is not None
        and takes_tags(kind)
    )


def removed(stack: Stack, name: str) -> Change:
    resource = stack.resources.get(name)
    assert stack.definition is not None
    type_ = stack.definition.document["Resources"][name]["Type"]
    return Change("Remove", name, type_, resource.physical_id if resource else "")


def sketch(definition: Definition, imports: Mapping[str, str]) -> dict[str, tuple[str, Any]]:
    """The resources and their properties, in which what other resources give is a name for it."""
    values = Values(
        definition.document, definition.names, imports, lambda name, attribute: f"${{{name}.{attribute}}}"
    )
    found = {}
    for name, resource in definition.document["Resources"].items():
        if "Condition" in resource and not values.condition(resource["Condition"]):
            continue
        properties = resource.get("Properties") or {}
        try:
            found[name] = resource["Type"], values.of(properties)
        except ApiError:  # it needs what another resource gives
            found[name] = resource["Type"], properties
    return found


def differing(old: tuple[str, Any], new: tuple[str, Any]) -> tuple[str, ...]:
    """Return the names of the properties that differ."""
    if old[0] != new[0]:
        return ("Type",)
    return tuple(name for name in {**old[1], **new[1]} if old[1].get(name) != new[1].get(name))


def may_change(type_: str, properties: tuple[str, ...]) -> bool:
    """Return whether these properties change without another resource in the place of this one."""
    kind = KINDS.get(type_)
    if kind is None or "Type" in properties:
        return False
    named = {kind.renamed.get(name, kind.from_s3.get(name, name)) for name in properties} - kind.parts.keys()
    named -= {"Tags", "tags"} if kind.tagging else set()
    _, left = plan(kind, dict.fromkeys(named, True), named)
    return kind.again or not kind.create or not left
