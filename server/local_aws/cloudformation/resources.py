"""Makes, changes and deletes one resource of a stack, by the calls that its `Kind` names."""

import asyncio
import json
import secrets
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.model import StructureShape

from server.local_aws.cloudformation.calls import CallFailed, Calls, model_of
from server.local_aws.cloudformation.kinds import Kind, Part, Properties
from server.local_aws.cloudformation.properties import BadProperty, converted, input_of, member_of, structure
from server.local_aws.cloudformation.stack import Resource
from server.local_aws.cloudformation.template import invalid
from server.local_aws.control_plane.moto import ACCOUNT_ID

OPTIONAL = {"Qualifier", "StackName"}
"""Parameters that say what an operation is about, though they may be left out."""

PAUSE = 0.1
"""Seconds between two questions whether a resource is ready."""

PATIENCE = 900
"""Seconds after which a resource that is not ready has failed."""

MISSING = ("NotFound", "NoSuch", "NonExistent", "DoesNotExist", "ResourceNotFoundFault")


class NotStabilized(Exception):
    """A resource that was made and did not become ready."""


class Replaced(Exception):
    """A change for which the resource has to be made anew."""


@dataclass(frozen=True)
class Deployer:
    """Deploys resources by `calls`, with the tags of the stack."""

    calls: Calls
    stack: str
    tags: Mapping[str, str]

    async def create(self, resource: Resource, kind: Kind, properties: Properties) -> None:
        """Make a resource. Raises `CallFailed`, `BadProperty`, `NotStabilized`; then it may be there in part,
        and has a physical id."""
        given = await self._prepared(kind, self._named(resource, kind, properties))
        resource.tags = self.tags
        if kind.create:
            await self._create(resource, kind, given)
        else:
            resource.known = {name: value for name, value in given.items() if name not in kind.parts}
        for name, part in kind.parts.items():
            if name in given:
                await self._put(resource, kind, part, name, elements(part, given[name]))
        self._learn(resource, kind)
        await self._settle(resource, kind)

    async def update(
        self, resource: Resource, kind: Kind, properties: Properties, former: Properties
    ) -> None:
        """Give a resource other properties than its `former` ones. Raises `Replaced` if it has to be made
        anew for these, and what `create` raises."""
        if kind.again:
            await self.delete(resource, kind)
            await self.create(resource, kind, self._named(resource, kind, properties))
            return
        name = resource.known.get(kind.renamed.get(kind.named, kind.named))
        kept = {kind.named: name} if kind.named and name else {}
        old = await self._prepared(kind, {**kept, **self._tagged(kind, former, resource.tags)})
        new = await self._prepared(kind, {**kept, **self._tagged(kind, properties, self.tags)})
        changed = {each for each in old.keys() | new.keys() if old.get(each) != new.get(each)}
        resource.tags = self.tags
        try:
            await self._change(resource, kind, new, changed - kind.parts.keys())
        except CallFailed as failed:
            if not kind.idle or kind.idle not in failed.message:
                raise
            return  # it is as it should be
        for member in changed & kind.parts.keys() if kind.create else kind.parts.keys():
            await self._change_part(resource, kind, member, old.get(member), new.get(member))
        self._learn(resource, kind)
        await self._settle(resource, kind)

    async def delete(self, resource: Resource, kind: Kind) -> None:
        """Delete a resource, if it is there. Raises `CallFailed`, `NotStabilized`."""
        if not resource.physical_id:
            return
        given = await self._prepared(kind, resource.properties)
        try:
            for name, part in kind.parts.items():
                if part.each or not kind.create:
                    await self._remove(resource, kind, part, elements(part, given.get(name)))
            if kind.delete:
                await self._delete(resource, kind)
                await self._vanish(resource, kind)
        except CallFailed as failed:
            if not is_missing(failed):
                raise

    async def _delete(self, resource: Resource, kind: Kind) -> None:
        try:
            await self._call(kind, kind.delete, resource)
        except CallFailed as failed:
            if kind.held is None or kind.held[0] not in failed.message:
                raise
            await self._call(kind, kind.held[1], resource)
            await self._call(kind, kind.delete, resource)

    # Properties

    def _named(self, resource: Resource, kind: Kind, properties: Properties) -> dict[str, Any]:
        """The properties with a name, if they have none, and the stack's tags."""
        given = self._tagged(kind, properties, self.tags)
        if kind.named and kind.named not in given:
            known = resource.known.get(kind.renamed.get(kind.named, kind.named))
            given[kind.named] = known or generated(self.stack, resource.logical_id, kind)
        return given

    def _tagged(self, kind: Kind, properties: Properties, tags: Mapping[str, str]) -> dict[str, Any]:
        """The properties with the stack's tags, if such a resource has any."""
        given = dict(properties)
        if not tags or not takes_tags(kind):
            return given
        own = given.get("Tags") or []
        if not isinstance(own, (list, Mapping)):
            return given
        if isinstance(own, list):
            named = {tag.get("Key") for tag in own if isinstance(tag, Mapping)}
            more = [{"Key": key, "Value": value} for key, value in tags.items() if key not in named]
            given["Tags"] = [*own, *more]
        else:
            given["Tags"] = {**tags, **own}
        return given

    async def _prepared(self, kind: Kind, properties: Properties) -> dict[str, Any]:
        """The properties under their parameters' names, objects in S3 read."""
        given = dict(properties)
        for name, member in kind.from_s3.items():
            if name in given:
                given[member] = await self._object(given.pop(name), name)
        try:
            given = kind.prepare(given, self.calls.region) if kind.prepare else given
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise BadProperty("", f"a property has another structure than it should have ({error})") from None
        return {kind.renamed.get(name, name): value for name, value in given.items()}

    async def _object(self, place: Any, name: str) -> str:
        """The text of an object in S3, by its address or by its bucket and key."""
        if isinstance(place, str):
            bucket, _, key = place.removeprefix("s3://").partition("/")
            return await self.calls.text_of(bucket, key)
        if isinstance(place, Mapping) and {"Bucket", "Key"} <= place.keys():
            return await self.calls.text_of(
                str(place["Bucket"]), str(place["Key"]), str(place.get("Version", ""))
            )
        raise BadProperty(f"/{name}", "expected the address of an object in S3")

    def _parameters(
        self, kind: Kind, shape: StructureShape, given: Properties, *, all_known: bool = True
    ) -> dict[str, Any]:
        """The parameters of an operation that the properties become; those that are parts are left out. With
        `all_known` a property that is none of its parameters is refused."""
        found = {}
        for name, value in given.items():
            if name in kind.parts or (not kind.create and all_known):
                continue
            member = member_of(shape, name)
            if member is not None:
                found[member] = converted(shape.members[member], value, f"/{property_of(kind, name)}")
            elif all_known:
                raise BadProperty("", f"extraneous key [{property_of(kind, name)}] is not permitted")
        return found

    # Calls

    async def _create(self, resource: Resource, kind: Kind, given: Properties) -> None:
        """Make the call that makes a resource."""
        shape = shape_of(kind, kind.create)
        parameters = {**kind.fixed, **self._parameters(kind, shape, given)}
        for member in shape.required_members:
            if member not in parameters:
                raise BadProperty("", f"required key [{property_of(kind, member)}] not found")
        answer = await self.calls.make(kind.service, kind.create, parameters)
        resource.known = {**parameters, **unwrapped(answer)}
        self._learn(resource, kind)

    async def _change(self, resource: Resource, kind: Kind, given: Properties, changed: set[str]) -> None:
        """Make the calls that change these properties. Raises `Replaced`."""
        if not kind.create:
            resource.known |= given
            return
        if not changed:
            return
        self._parameters(kind, shape_of(kind, kind.create), given)  # refuses what is not known
        complete = {**{name: kind.defaults[name] for name in changed if name in kind.defaults}, **given}
        tags = {name for name in changed if name.lower() == "tags" and kind.tagging}
        operations, left = plan(kind, complete, changed - tags)
        if left:
            raise Replaced(", ".join(sorted(left)))
        for operation in operations:
            parameters = self._changing(kind, operation, complete, changed)
            answer = await self._call(kind, operation, resource, parameters)
            resource.known |= {**parameters, **unwrapped(answer)}
        if tags:
            await self._tag(resource, kind, complete)

    def _changing(
        self, kind: Kind, operation: str, complete: Properties, changed: set[str]
    ) -> dict[str, Any]:
        """The parameters of an operation that changes properties."""
        if operation == kind.patch:
            return {
                "patchOperations": list(patch(complete, [name for name in kind.patched if name in changed]))
            }
        given = dict(complete)
        if spread := kind.spread.get(operation):
            given |= given.get(spread) or {}
        for member, name in kind.alias.get(operation, {}).items():
            given[member] = given[name]
        if kind.tagging:
            given = {name: value for name, value in given.items() if name.lower() != "tags"}
        shape = shape_of(kind, operation)
        return {**self._parameters(kind, shape, given, all_known=False), **kind.fixed_update}

    async def _tag(self, resource: Resource, kind: Kind, given: Properties) -> None:
        """Give a resource these tags, and no others."""
        assert kind.tagging is not None
        put, remove, keys = kind.tagging
        old, new = pairs(look_up(resource.known, "tags")), pairs(look_up(given, "tags"))
        if gone := [key for key in old if key not in new]:
            await self._call(kind, remove, resource, {keys: gone})
        if new:
            shape = shape_of(kind, put)
            member = member_of(shape, "Tags") or "Tags"
            await self._call(kind, put, resource, {member: converted(shape.members[member], new, "/Tags")})
        resource.known["Tags"] = new

    async def _change_part(self, resource: Resource, kind: Kind, name: str, old: Any, new: Any) -> None:
        """Make the calls that turn a property that is calls of its own from `old` into `new`."""
        part = kind.parts[name]
        before, after = elements(part, old), elements(part, new)
        if before and not after and not part.each and not part.remove:
            if part.neutral is None:
                raise BadProperty(f"/{property_of(kind, name)}", "the local stand-in cannot take it away")
            after = [part.neutral]
        if part.each or not after:
            await self._remove(resource, kind, part, [each for each in before if each not in after])
        unchanged = before if kind.create else []  # where all is parts, what they set may have changed, too
        await self._put(resource, kind, part, name, [each for each in after if each not in unchanged])

    async def _put(
        self, resource: Resource, kind: Kind, part: Part, name: str, values: Iterable[Any]
    ) -> None:
        shape = shape_of(kind, part.put)
        for value in values:
            if not part.member and not isinstance(value, Mapping):
                raise BadProperty(f"/{name}", "expected type: JSONObject")
            members = {part.member: value} if part.member else value
            identity = self._identity(kind, part.put, resource)
            parameters = structure(shape, {**identity, **members}, f"/{name}")
            await self.calls.make(kind.service, part.put, parameters)
            self._learn(resource, kind)  # from now on there is something to delete

    async def _remove(self, resource: Resource, kind: Kind, part: Part, values: Iterable[Any]) -> None:
        for value in values if part.remove else ():
            shape = shape_of(kind, part.remove)
            members = {part.member: value} if part.member else value
            own = {
                member: inner
                for name, inner in (members.items() if isinstance(members, Mapping) else ())
                if (member := member_of(shape, name))
            }
            try:
                await self._call(kind, part.remove, resource, own)
            except CallFailed as failed:
                if not is_missing(failed):
                    raise

    async def _call(
        self, kind: Kind, operation: str, resource: Resource, parameters: Properties | None = None
    ) -> dict[str, Any]:
        identity = self._identity(kind, operation, resource)
        return await self.calls.make(kind.service, operation, {**identity, **(parameters or {})})

    def _identity(self, kind: Kind, operation: str, resource: Resource) -> dict[str, Any]:
        """Which resource an operation is about: its required parameters, as far as they are known; all of
        them if the resource consists of nothing but such operations."""
        shape, found = shape_of(kind, operation), {}
        needed = (*shape.required_members, *(OPTIONAL & shape.members.keys()))
        for member in needed if kind.create else shape.members:
            value = look_up(resource.known, member)
            if value is not None:
                found[member] = converted(shape.members[member], value, f"/{member}")
        return found

    def _learn(self, resource: Resource, kind: Kind) -> None:
        """Complete what is known of a resource, and give it the id that `Ref` gives."""
        known = resource.known
        known |= {"region": self.calls.region, "account": ACCOUNT_ID}
        known.setdefault("random", random(7))
        for name, form in kind.known.items():
            known[name] = form.format_map(known)
        resource.physical_id = kind.ref.format_map(known)

    async def _settle(self, resource: Resource, kind: Kind) -> None:
        """Read a resource, until it is ready if it takes time."""
        if not kind.read:
            return
        for _ in range(int(PATIENCE / PAUSE)):
            answer = unwrapped(await self._call(kind, kind.read, resource))
            resource.known |= answer
            if kind.settled is None:
                self._learn(resource, kind)
                return
            status = str(at(answer, kind.settled.path))
            if status in kind.settled.good:
                self._learn(resource, kind)
                return
            if status in kind.settled.bad:
                details = answer.get("details") or status
                raise NotStabilized(f"{resource.type} did not stabilize: {details}")
            await asyncio.sleep(PAUSE)
        raise NotStabilized(f"{resource.type} did not stabilize in time")

    async def _vanish(self, resource: Resource, kind: Kind) -> None:
        """Wait until a resource that takes time to be deleted is."""
        if kind.settled is None or not kind.gone:
            return
        for _ in range(int(PATIENCE / PAUSE)):
            answer = unwrapped(await self._call(kind, kind.read, resource))  # missing: it is gone
            status = str(at(answer, kind.settled.path))
            if status in kind.gone:
                return
            if status in kind.settled.bad:
                raise NotStabilized(f"{resource.type} was not deleted: {status}")
            await asyncio.sleep(PAUSE)
        raise NotStabilized(f"{resource.type} was not deleted in time")


def shape_of(kind: Kind, operation: str) -> StructureShape:
    """Return the parameters of an operation of a kind's service; none of "", which is no operation."""
    if not operation:
        return StructureShape("Nothing", {"type": "structure", "members": {}})
    return input_of(model_of(kind.service).operation_model(operation))


def plan(kind: Kind, complete: Properties, changed: set[str]) -> tuple[list[str], set[str]]:
    """The operations that change properties, and the properties that none of them changes."""
    identity = {name.lower() for name in (*shape_of(kind, kind.delete).required_members, *OPTIONAL)}
    patched = {name.lower() for name in kind.patched}
    left, operations = {name for name in changed if name.lower() not in patched}, []
    if left != changed:
        operations.append(kind.patch)
    for operation in kind.update:
        shape, names = shape_of(kind, operation), kind.alias.get(operation, {}).values()
        mine = {
            name
            for name in left
            if name in names or name == kind.spread.get(operation) or member_of(shape, name)
        }
        mine = {name for name in mine if name.lower() not in identity and has(complete, name)}
        if mine:
            operations.append(operation)
        left -= mine
    return operations, left


def takes_tags(kind: Kind) -> bool:
    """Return whether resources of a kind have tags, which can be changed."""
    operations = (kind.create if kind.tagging else "", *kind.update)
    return "Tags" in kind.parts or any(member_of(shape_of(kind, each), "Tags") for each in operations)


def attribute_of(resource: Resource, kind: Kind, name: str) -> Any:
    """Return what `Fn::GetAtt` gives. Raises `ApiError` if the resource has no such attribute."""
    if kind.outputs:
        outputs = at(resource.known, "Stacks.0.Outputs") or []
        found = {f"Outputs.{each['OutputKey']}": each["OutputValue"] for each in outputs}
        if name in found:
            return found[name]
    try:
        return kind.attributes[name].format_map(resource.known)
    except (KeyError, TypeError, IndexError):
        pass
    raise invalid(f"Requested attribute {name} does not exist in schema for {resource.type}")


def pairs(tags: Any) -> dict[str, str]:
    """Return tags as a mapping, however they are written."""
    if isinstance(tags, Mapping):
        return dict(tags)
    return {str(look_up(tag, "Key")): str(look_up(tag, "Value")) for tag in tags or []}


def patch(given: Properties, names: Iterable[str]) -> Iterator[dict[str, str]]:
    """The operations of a patch that set properties
    (docs.aws.amazon.com/apigateway/latest/api/patch-operations.html, checked 2026-11)."""
    for name in names:
        path, value = f"/{name[:1].lower()}{name[1:]}", given.get(name)
        if isinstance(value, Mapping) and name != "Policy":
            yield from (
                {"op": "replace", "path": f"{path}/{key}", "value": text(inner)}
                for key, inner in value.items()
            )
        else:
            yield {"op": "replace", "path": path, "value": text("" if value is None else value)}


def text(value: Any) -> str:
    if isinstance(value, (Mapping, list)):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def look_up(known: Mapping[str, Any], name: str) -> Any:
    """Return what is known by `name`, whatever its capitals."""
    if name in known:
        return known[name]
    return next((value for key, value in known.items() if key.lower() == name.lower()), None)


def has(given: Mapping[str, Any], name: str) -> bool:
    return look_up(given, name) is not None


def property_of(kind: Kind, name: str) -> str:
    """What the property of a parameter is called."""
    reverse = {member: each for each, member in kind.renamed.items()}
    found = reverse.get(name, name)
    return found[:1].upper() + found[1:]


def unwrapped(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the one structure that an answer consists of, as most that create do."""
    inner = [value for value in answer.values() if isinstance(value, dict)]
    if len(answer) <= 2 and len(inner) == 1 and all(isinstance(v, (dict, str)) for v in answer.values()):
        return {**answer, **inner[0]}
    return dict(answer)


def at(value: Any, path: str) -> Any:
    """Return what stands at a path of names, and of numbers of elements."""
    for name in path.split("."):
        if isinstance(value, list):
            value = value[int(name)] if int(name) < len(value) else None
        else:
            value = value.get(name) if isinstance(value, Mapping) else None
    return value


def elements(part: Part, value: Any) -> list[Any]:
    """Return the values of which each is a call."""
    if value is None:
        return []
    if not part.each:
        return [value]
    return value if isinstance(value, list) else [value]


def is_missing(failed: CallFailed) -> bool:
    return failed.status == 404 or any(word in failed.code for word in MISSING)


def random(count: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(count))


def generated(stack: str, logical_id: str, kind: Kind) -> str:
    """Return a name as CloudFormation gives it: of the stack, the logical id and something random."""
    end = f"-{random(12)}"
    room = kind.longest - len(end)
    own = logical_id[: room // 2]
    name = f"{stack[: room - len(own) - 1]}-{own}{end}"
    return name.lower() if kind.service in ("s3", "ecr") else name
