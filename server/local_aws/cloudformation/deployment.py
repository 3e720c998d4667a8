"""Turns a stack into what its template says: makes, changes and deletes its resources, or goes back.

Docs (checked 2026-11): docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/: stack-failure-options.html,
using-cfn-updating-stacks-update-behaviors.html, aws-attribute-deletionpolicy.html.
"""

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from server.local_aws.cloudformation import dynamic, resources, types
from server.local_aws.cloudformation.calls import CallFailed, Calls
from server.local_aws.cloudformation.kinds import Kind
from server.local_aws.cloudformation.properties import BadProperty
from server.local_aws.cloudformation.resources import Deployer, NotStabilized, Replaced
from server.local_aws.cloudformation.stack import Definition, Output, Resource, Stack, now
from server.local_aws.cloudformation.template import invalid, ordered, unresolved
from server.local_aws.cloudformation.values import Values
from server.local_aws.control_plane.call import ApiError

EXCEPT_ON_CREATE = "RetainExceptOnCreate"
"""The policy of resources that are deleted if their stack's creation fails, and then no more."""

FAILURES = (ApiError, BadProperty, CallFailed, NotStabilized)
CODES = {
    "Conflict": "AlreadyExists",
    "AlreadyExists": "AlreadyExists",
    "NotFound": "NotFound",
    "AccessDenied": "AccessDenied",
    "Throttl": "Throttling",
}


class Failed(Exception):
    """A resource could not be made, changed or deleted; its event says why."""

    def __init__(self, logical_id: str) -> None:
        super().__init__(logical_id)
        self.logical_id = logical_id


@dataclass
class Step:
    """What was done to a resource: `before` is None if it was made, `replaced` the one that it replaces.
    `wanted`: the properties that it was to have, and may have in part."""

    after: Resource
    before: Resource | None = None
    wanted: Mapping[str, Any] = field(default_factory=dict)
    replaced: Resource | None = None


@dataclass
class Deployment:
    """One operation on a stack, by `calls`. `imports`: what other stacks export; `reachable`: puts
    addresses of this machine in the place of AWS's."""

    stack: Stack
    calls: Calls
    imports: Mapping[str, str]
    reachable: Callable[[str], str]
    steps: list[Step] = field(default_factory=list)

    # Create

    async def create(self, definition: Definition, on_failure: str) -> None:
        """Make everything; if something fails, take all back unless `on_failure` (ROLLBACK, DELETE,
        DO_NOTHING) says otherwise."""
        stack = self.stack
        stack.definition = definition
        try:
            await self._apply(definition)
            stack.outputs = self._outputs(definition)
        except (Failed, ApiError) as failed:
            reason = why(failed, "create")
            if on_failure == "DO_NOTHING":
                stack.turn("CREATE_FAILED", reason)
            elif on_failure == "DELETE":
                stack.turn("DELETE_IN_PROGRESS", f"{reason} Delete requested by user.")
                await self._delete_all("DELETE")
            else:
                stack.turn("ROLLBACK_IN_PROGRESS", f"{reason} Rollback requested by user.")
                await self._delete_all("ROLLBACK")
            return
        for resource in stack.resources.values():
            policy = definition.document["Resources"][resource.logical_id].get("DeletionPolicy")
            resource.retained = resource.retained or policy == EXCEPT_ON_CREATE
        stack.turn("CREATE_COMPLETE")

    # Update

    async def update(self, definition: Definition, *, rollback: bool) -> None:
        """Change what differs; if something fails, change it back."""
        stack, old = self.stack, self.stack.definition
        assert old is not None
        stack.definition, stack.updated = definition, now()
        try:
            gone = await self._apply(definition)
            stack.outputs = self._outputs(definition)
        except (Failed, ApiError) as failed:
            reason = why(failed, "update")
            if not rollback:
                stack.turn("UPDATE_FAILED", reason)
                return
            stack.turn("UPDATE_ROLLBACK_IN_PROGRESS", reason)
            stack.definition = old
            await self._roll_back()
            return
        stack.turn("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        replaced = [step.replaced for step in reversed(self.steps) if step.replaced is not None]
        await self._clean([*replaced, *reversed(gone)])
        stack.turn("UPDATE_COMPLETE")

    async def _roll_back(self) -> None:
        """Take the steps back, the last one first."""
        stack, failed = self.stack, []
        new = []
        for step in reversed(self.steps):
            name = step.after.logical_id
            if step.replaced is not None:
                stack.resources[name] = step.replaced
                new.append(step.after)
            elif step.before is None:
                stack.resources.pop(name, None)
                new.append(step.after)
            elif not await self._restore(step.after, step.before, step.wanted):
                failed.append(name)
        if failed:
            stack.turn(
                "UPDATE_ROLLBACK_FAILED",
                f"The following resource(s) failed to update: [{', '.join(failed)}]. ",
            )
            return
        stack.turn("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        await self._clean(new)
        stack.turn("UPDATE_ROLLBACK_COMPLETE")

    async def _restore(self, resource: Resource, before: Resource, wanted: Mapping[str, Any]) -> bool:
        self.stack.note(resource, "UPDATE_IN_PROGRESS")
        try:
            kind = kind_of(before)
            if kind is not None:
                deployer = self._deployer(self.stack.definition)
                await deployer.update(resource, kind, before.properties, wanted)
        except (*FAILURES, Replaced) as error:
            self.stack.note(resource, "UPDATE_FAILED", reason_of(error, resource))
            return False
        resource.properties = before.properties
        self.stack.note(resource, "UPDATE_COMPLETE")
        return True

    async def _clean(self, gone: Iterable[Resource]) -> None:
        """Delete what is not needed any more; what cannot be deleted is left, as AWS leaves it."""
        for resource in gone:
            await self._delete(resource)

    # Delete

    async def delete(self, retained: Iterable[str]) -> None:
        """Delete everything but `retained`."""
        self.stack.turn("DELETE_IN_PROGRESS", "User Initiated")
        for name in retained:
            if name in self.stack.resources:
                self.stack.resources[name].retained = True
        await self._delete_all("DELETE")

    async def _delete_all(self, what: str) -> None:
        stack = self.stack
        document = stack.definition.document if stack.definition else {"Resources": {}}
        rank = {name: number for number, name in enumerate(ordered(document["Resources"]))}
        live = sorted(
            (each for each in stack.resources.values() if each.status != "DELETE_COMPLETE"),
            key=lambda each: rank.get(each.logical_id, len(rank)),
            reverse=True,
        )
        failed = [resource.logical_id for resource in live if not await self._delete(resource)]
        if failed:
            stack.turn(
                f"{what}_FAILED",
                f"The following resource(s) failed to delete: [{', '.join(sorted(failed))}]. ",
            )
            return
        stack.outputs = []
        if what == "DELETE":
            stack.deleted = now()
        stack.turn(f"{what}_COMPLETE")

    async def _delete(self, resource: Resource) -> bool:
        stack, kind = self.stack, kind_of(resource)
        if resource.retained:
            stack.note(resource, "DELETE_SKIPPED")
            return True
        stack.note(resource, "DELETE_IN_PROGRESS")
        try:
            if kind is not None:
                await self._deployer(stack.definition).delete(resource, kind)
        except FAILURES as error:
            stack.note(resource, "DELETE_FAILED", reason_of(error, resource))
            return False
        resource.known = {}  # a function's code is in it
        stack.note(resource, "DELETE_COMPLETE")
        return True

    # What all have in common

    async def _apply(self, definition: Definition) -> list[Resource]:
        """Make and change what the template has; return what it has no more. Raises `Failed`, `ApiError`."""
        values, stack = self._values(definition), self.stack
        stack.imported.clear()
        wanted = active(definition, values)
        for name in ordered(wanted):
            deployed = stack.resources.get(name)
            if deployed is not None and deployed.status == "CREATE_FAILED":  # and was not taken back
                await self._delete(deployed)
            if deployed is None or deployed.status == "DELETE_COMPLETE":
                await self._make(definition, name, wanted[name], values)
            else:
                await self._change(definition, deployed, wanted[name], values)
        gone = [each for each in stack.resources.values() if each.logical_id not in wanted]
        for resource in gone:
            del stack.resources[resource.logical_id]
        return gone

    async def _make(
        self,
        definition: Definition,
        name: str,
        given: Mapping[str, Any],
        values: Values,
        replaced: Resource | None = None,
    ) -> None:
        stack, resource = self.stack, Resource(name, given["Type"])
        resource.retained = given.get("DeletionPolicy") == "Retain"
        verb = "UPDATE" if replaced else "CREATE"
        stack.resources[name] = resource
        self.steps.append(Step(resource, replaced=replaced))
        stack.note(
            resource,
            f"{verb}_IN_PROGRESS",
            "Requested update requires the creation of a new physical resource; hence creating one."
            if replaced
            else "",
        )
        try:
            resource.properties = await self._properties(given, values)
            kind = known_kind(resource)
            if kind is None:
                resource.physical_id = f"{stack.name}-{name}-{resources.random(12)}"
            else:
                await self._deployer(definition).create(resource, kind, resource.properties)
        except FAILURES as error:
            stack.note(resource, f"{verb}_FAILED", reason_of(error, resource), written(resource.properties))
            raise Failed(name) from None
        stack.note(
            resource, f"{verb}_IN_PROGRESS", "Resource creation Initiated", written(resource.properties)
        )
        stack.note(resource, f"{verb}_COMPLETE", "", written(resource.properties))

    async def _change(
        self, definition: Definition, resource: Resource, given: Mapping[str, Any], values: Values
    ) -> None:
        """Change a resource, if it differs. One that cannot be changed is made anew; the old one is
        deleted when all else is done."""
        stack, name = self.stack, resource.logical_id
        try:
            properties = await self._properties(given, values)
        except FAILURES as error:
            stack.note(resource, "UPDATE_FAILED", reason_of(error, resource))
            raise Failed(name) from None
        retained = given.get("DeletionPolicy") in ("Retain", EXCEPT_ON_CREATE)
        kind = kind_of(resource)
        same_tags = resource.tags == definition.tags or kind is None or not resources.takes_tags(kind)
        if resource.type == given["Type"] and resource.properties == properties and same_tags:
            resource.retained = retained
            return
        before = Resource(
            name,
            resource.type,
            resource.physical_id,
            resource.properties,
            dict(resource.known),
            resource.tags,
        )
        try:
            if resource.type != given["Type"]:
                raise Replaced("Type")
            if kind is not None:
                stack.note(resource, "UPDATE_IN_PROGRESS")
                self.steps.append(Step(resource, before, properties))
                await self._deployer(definition).update(resource, kind, properties, resource.properties)
        except Replaced:
            self.steps = [step for step in self.steps if step.after is not resource]
            if kind and resource.type == given["Type"] and kind.named in properties:
                self._check_name(resource, kind.named, properties)
            resource.retained = given.get("UpdateReplacePolicy") == "Retain"
            await self._make(definition, name, given, values, resource)
            return
        except FAILURES as error:
            stack.note(resource, "UPDATE_FAILED", reason_of(error, resource), written(properties))
            raise Failed(name) from None
        resource.properties, resource.retained = properties, retained
        if kind is not None:
            stack.note(resource, "UPDATE_COMPLETE", "", written(properties))

    def _check_name(self, resource: Resource, named: str, properties: Mapping[str, Any]) -> None:
        """Raise `Failed` if a resource that has to be made anew would have the name of the old one."""
        if resource.properties.get(named) != properties[named]:
            return
        reason = (
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
            f"Rename {properties[named]} and update the stack again."
        )
        self.stack.note(resource, "UPDATE_FAILED", reason)
        raise Failed(resource.logical_id)

    async def _properties(self, given: Mapping[str, Any], values: Values) -> dict[str, Any]:
        """A resource's properties, without functions and references. Raises what `FAILURES` has."""
        found: dict[str, Any] = await dynamic.resolved(values.of(given.get("Properties") or {}), self.calls)
        return found

    def _values(self, definition: Definition) -> Values:
        def reference(name: str, attribute: str) -> Any:
            resource = self.stack.resources.get(name)
            if resource is None:
                raise unresolved([name])
            if not attribute:
                return resource.physical_id
            kind = kind_of(resource)
            if kind is None:
                raise invalid(f"Requested attribute {attribute} does not exist in schema for {resource.type}")
            return resources.attribute_of(resource, kind, attribute)

        return Values(
            definition.document,
            definition.names,
            self.imports,
            reference,
            self.reachable,
            self.stack.imported,
        )

    def _outputs(self, definition: Definition) -> list[Output]:
        values, found = self._values(definition), []
        for key, output in (definition.document.get("Outputs") or {}).items():
            if "Condition" in output and not values.condition(output["Condition"]):
                continue
            name = values.of((output.get("Export") or {}).get("Name", ""))
            value = values.of(output.get("Value"))
            text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
            if name in self.imports:
                raise invalid(f"Export with name {name} is already exported by another stack")
            found.append(Output(key, text, str(output.get("Description", "")), name))
        return found

    def _deployer(self, definition: Definition | None) -> Deployer:
        return Deployer(self.calls, self.stack.name, definition.tags if definition else {})


def why(failed: Failed | ApiError, verb: str) -> str:
    """Why a stack could not be made, or changed, in AWS's words."""
    if isinstance(failed, ApiError):
        return f"{failed.message}."
    return f"The following resource(s) failed to {verb}: [{failed.logical_id}]."


def active(definition: Definition, values: Values) -> dict[str, Mapping[str, Any]]:
    """Return the resources whose condition holds."""
    return {
        name: resource
        for name, resource in definition.document["Resources"].items()
        if "Condition" not in resource or values.condition(resource["Condition"])
    }


def kind_of(resource: Resource) -> Kind | None:
    """Return the kind of a resource; None if it makes nothing."""
    return types.KINDS.get(resource.type)


def known_kind(resource: Resource) -> Kind | None:
    """As `kind_of`. Raises `ApiError` for a type that is not served."""
    if resource.type not in types.KINDS and resource.type not in types.NOTHING:
        raise invalid(f"The local stand-in has no resources of type {resource.type}")
    return kind_of(resource)


def reason_of(error: Exception, resource: Resource) -> str:
    """Why, in AWS's words."""
    if isinstance(error, CallFailed):
        request = uuid.uuid4()
        detail = f"(Service: {error.service}, Status Code: {error.status}, Request ID: {request})"
        code = next((name for part, name in CODES.items() if part in error.code), "InvalidRequest")
        code = "NotFound" if error.status == 404 else code
        return (
            f'Resource handler returned message: "{error.message} {detail}" '
            f"(RequestToken: {uuid.uuid4()}, HandlerErrorCode: {code})"
        )
    if isinstance(error, BadProperty):
        return f"Properties validation failed for resource {resource.logical_id} with message:\n{error}"
    if isinstance(error, ApiError):
        return error.message
    return str(error)


def written(properties: Mapping[str, Any]) -> str:
    return json.dumps(properties, default=str)
