"""A stack's calls are its caller's calls: what CloudFormation makes, its caller could have made.

Before moto makes, changes or deletes the resources of a stack, the permissions of the calls that do it are
asked for: of the caller or, with `RoleARN`, of the role that the caller hands over. A type of resources that
is not in `stack_resources.KINDS` (nested stacks and custom resources, too) and a template with a macro need
the permission to do everything.

Docs (checked 2026-11): docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/
control-access-with-iam.html and using-iam-servicerole.html. Updates: README.md, "Where AWS is unconfirmed".
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlparse

from server.local_aws.control_plane.call import ApiCall, ApiError
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.control_plane.operations import Operation
from server.local_aws.iam.identity import Identity
from server.local_aws.iam.permissions import Permission
from server.local_aws.iam.stack_resources import HOLDERS, KINDS, Kind
from server.local_aws.iam.templates import Template, Unknown, parse, transforms

CREATE, UPDATE, DELETE = "create", "update", "delete"
PASSED_TO = {"iam:passedtoservice": ["cloudformation.amazonaws.com"]}

ON_STACK = {"CreateStack", "UpdateStack", "DeleteStack", "CreateChangeSet", "ExecuteChangeSet"}
ON_STACK_SET = {
    "CreateStackSet",
    "UpdateStackSet",
    "CreateStackInstances",
    "UpdateStackInstances",
    "DeleteStackInstances",
}
PARAMETER = re.compile(r"Parameter(?:s|Overrides)\.member\.(\d+)\.ParameterKey")


def check_cloudformation(caller: Identity, call: ApiCall, operation: Operation) -> None:
    """Raise `ApiError` unless `caller` has the permissions of the calls that one of CloudFormation is."""
    given = template_of(caller, operation.members)
    if operation.name in ON_STACK:
        check_stack(caller, call, operation, given)
    elif operation.name in ON_STACK_SET:
        check_stack_set(caller, call, operation, given)


def template_of(caller: Identity, members: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the template in a call, or the one in S3 that it names; None if there is none."""
    body, address = members.get("TemplateBody"), members.get("TemplateURL")
    if body and address:
        raise ApiError(400, "ValidationError", "Give TemplateBody or TemplateURL, not both")
    if body:
        return parse(body)
    if not address:
        return None
    from moto.cloudformation.utils import get_stack_from_s3_url

    need(caller, Permission("s3:GetObject", object_arn(address)))
    try:
        return parse(get_stack_from_s3_url(address, ACCOUNT_ID, "aws"))
    except ApiError:
        raise
    except Exception:  # whatever S3 of moto's has against the address
        raise ApiError(400, "ValidationError", f"There is no template at {address}") from None


def object_arn(address: str) -> str:
    """The ARN of the object at an address: its bucket is in the host or in the path, as moto has it."""
    parts = urlparse(address)
    in_path = "localhost" in address or (
        parts.netloc.endswith("amazonaws.com") and parts.netloc.startswith("s3")
    )
    if in_path:
        return f"arn:aws:s3:::{parts.path.lstrip('/')}"
    return f"arn:aws:s3:::{parts.netloc.split('.')[0]}/{parts.path.lstrip('/')}"


# Stacks


def check_stack(caller: Identity, call: ApiCall, operation: Operation, given: dict[str, Any] | None) -> None:
    members = operation.members
    stack = stack_of(call.region, members)
    parameters, role = parameters_of(members), members.get("RoleARN")
    if operation.name == "ExecuteChangeSet":
        change = change_set_of(call.region, members)
        if change is None:
            return  # moto says so
        given = parse(change.template)
        stack = stack_of(call.region, {"StackName": change.stack_id}) or stack
        parameters, role = dict(change.parameters or {}), getattr(change, "role_arn", None)
    if role:
        need(
            caller,
            Permission("iam:PassRole", role, {"iam:passedtoservice": ["cloudformation.amazonaws.com"]}),
        )
    role = role or getattr(stack, "role_arn", None)
    judged = role_identity(role) if role else caller
    name = str(getattr(stack, "name", None) or members.get("StackName", ""))
    old = stack_template(stack, call.region)
    kept = dict(old.parameters) if old else {}
    if given is None and operation.name != "DeleteStack" and old is not None:
        given = dict(old.document)
    new = Template(given, name, call.region, {**kept, **parameters}) if given else None
    judge(judged, old, None if operation.name == "DeleteStack" else new)


def judge(caller: Identity, old: Template | None, new: Template | None) -> None:
    """Raise `ApiError` unless `caller` may turn the old stack into the new one."""
    for template, other, alone in ((new, old, (CREATE,)), (old, new, (DELETE,))):
        if template is None:
            continue
        if transforms(template.document):
            administrator(caller, "The template has a macro (Transform), which may change it into any other")
        for logical in template.resources:
            kept = other is not None and logical in other.resources
            for needed in permissions_of(
                caller, template, logical, (CREATE, UPDATE, DELETE) if kept else alone
            ):
                need(caller, needed)


def permissions_of(
    caller: Identity, template: Template, logical: str, steps: Iterable[str]
) -> list[Permission]:
    """What the calls that a resource becomes need."""
    resource = template.resources[logical]
    type_, properties = resource["Type"], resource.get("Properties") or {}
    if type_ == "AWS::CloudFormation::WaitConditionHandle":
        return []
    try:
        if type_ == "AWS::IAM::Policy":
            return list(on_holders(template, properties, "Put{}Policy", "Delete{}Policy"))
        kind = KINDS.get(type_)
        if kind is None:
            administrator(caller, f"{logical} is of type {type_}, of which it is not known what it needs")
            return []
        return [*own(template, logical, kind, properties, steps), *passed(template, kind, properties)]
    except Unknown:
        message = (
            f"{logical} ({type_}): the names of resources and roles have to be texts, parameters or "
            "references to the stack's own resources; others cannot be judged before the stack is made"
        )
        raise ApiError(403, "AccessDeniedException", message) from None


def own(
    template: Template, logical: str, kind: Kind, properties: Mapping[str, Any], steps: Iterable[str]
) -> Iterator[Permission]:
    actions = [action for step in steps for action in getattr(kind, step)]
    actions += [action for name, more in kind.also.items() if name in properties for action in more]
    given = properties.get(kind.name) if kind.name else None
    names = (
        [template.text(each) for each in given] if isinstance(given, list) else [template.name_of(logical)]
    )
    context = {"aws:requestedregion": [template.region]}
    for name in names:
        arn = template.arn_of(logical, name)
        yield from (Permission(f"{kind.service}:{action}", arn, context) for action in dict.fromkeys(actions))
    if kind is KINDS["AWS::IAM::ManagedPolicy"]:
        yield from on_holders(template, properties, "Attach{}Policy", "Detach{}Policy")


def on_holders(template: Template, properties: Mapping[str, Any], *actions: str) -> Iterator[Permission]:
    """The permissions to give a policy to the roles, users and groups that it names."""
    for member, (_, kind, noun) in HOLDERS.items():
        given = properties.get(member) or []
        if not isinstance(given, list):
            raise Unknown
        for each in given:
            arn = holder_arn(kind, template.text(each))
            yield from (Permission(f"iam:{action.format(noun)}", arn) for action in actions)


def holder_arn(kind: str, name: str) -> str:
    """Return the ARN of a role, user or group by its name: with its path if there is such a one."""
    from moto.iam.models import iam_backends

    backend = iam_backends[ACCOUNT_ID]["aws"]
    roles = {role.name: role for role in backend.roles.values()}
    holders: Mapping[str, Any] = {"role": roles, "user": backend.users, "group": backend.groups}
    held = holders[kind]
    return str(held[name].arn) if name in held else f"arn:aws:iam::{ACCOUNT_ID}:{kind}/{name}"


def passed(template: Template, kind: Kind, properties: Mapping[str, Any]) -> Iterator[Permission]:
    """The permissions to hand over the roles that a resource gets."""
    for path, service in kind.roles.items():
        for value in values_at(properties, path.split(".")):
            role = template.text(value)
            arn = role if role.startswith("arn:") else f"arn:aws:iam::{ACCOUNT_ID}:role/{role}"
            yield Permission("iam:PassRole", arn, {"iam:passedtoservice": [service]})


def values_at(value: Any, path: list[str]) -> list[Any]:
    """Return the values at a path of properties. Raises `Unknown` if something on the way is computed."""
    if not path:
        return [value]
    if path[0] == "*":
        if not isinstance(value, list):
            raise Unknown
        return [found for each in value for found in values_at(each, path[1:])]
    if not isinstance(value, dict) or any(str(key).startswith(("Fn::", "Ref")) for key in value):
        raise Unknown
    return values_at(value[path[0]], path[1:]) if path[0] in value else []


# Stack sets


def check_stack_set(
    caller: Identity, call: ApiCall, operation: Operation, given: dict[str, Any] | None
) -> None:
    """A stack set's stacks are made by its caller, in each Region. In another account nobody but the
    administrator makes any: its roles are not known here."""
    from moto.cloudformation.models import cloudformation_backends

    members = operation.members
    backend = cloudformation_backends[ACCOUNT_ID][call.region]
    name = str(members.get("StackSetName", ""))
    found = next(
        (s for s in backend.stacksets.values() if name in (s.name, s.id) and s.status != "DELETED"), None
    )
    if found is not None and any(i.account_id != ACCOUNT_ID for i in found.stack_instances):
        administrator(caller, "The stack set has stacks in other accounts")
    accounts = [
        value for key, value in members.items() if key.startswith(("Accounts.", "DeploymentTargets."))
    ]
    if any(account != ACCOUNT_ID for account in accounts):
        administrator(caller, "Stacks in other accounts are made by roles that are not known here")
    if role := members.get("AdministrationRoleARN"):
        need(caller, Permission("iam:PassRole", role, PASSED_TO))
    old = parse(found.template) if found is not None and operation.name != "CreateStackSet" else None
    regions = {value for key, value in members.items() if key.startswith("Regions.")}
    regions |= {i.region_name for i in found.stack_instances} if found is not None else set()
    for region in regions or {call.region}:
        before = Template(old, f"StackSet-{name}", region, parameters_of(members)) if old else None
        after = Template(given, f"StackSet-{name}", region, parameters_of(members)) if given else before
        judge(caller, before, after)


# What moto has


def stack_of(region: str, members: Mapping[str, Any]) -> Any:
    from moto.cloudformation.models import cloudformation_backends

    name = members.get("StackName")
    stacks = cloudformation_backends[ACCOUNT_ID][region].stacks.values()
    return next((stack for stack in stacks if name in (stack.name, stack.stack_id)), None)


def change_set_of(region: str, members: Mapping[str, Any]) -> Any:
    """Return the change set that moto executes: of several with the name the last."""
    from moto.cloudformation.models import cloudformation_backends

    sets = cloudformation_backends[ACCOUNT_ID][region].change_sets
    name = members.get("ChangeSetName", "")
    return sets.get(name) or next((s for s in reversed([*sets.values()]) if s.change_set_name == name), None)


def stack_template(stack: Any, region: str) -> Template | None:
    """What a stack consists of; None if there is nothing yet."""
    if stack is None or not stack.template or stack.status == "REVIEW_IN_PROGRESS":
        return None
    return Template(parse(stack.template), stack.name, region, dict(stack.stack_parameters or {}))


def parameters_of(members: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters of a template that a call gives a value."""
    found = {}
    for name, key in members.items():
        if PARAMETER.fullmatch(name):
            value = members.get(name.removesuffix("Key") + "Value")
            if value is not None:
                found[key] = value
    return found


def role_identity(arn: str) -> Identity:
    """Return the role with this ARN, by its own policies. Raises `ApiError` if there is none."""
    from moto.iam.models import iam_backends

    role = next((r for r in iam_backends[ACCOUNT_ID]["aws"].roles.values() if r.arn == arn), None)
    if role is None:
        raise ApiError(400, "ValidationError", f"Role {arn} is invalid or cannot be assumed")
    versions = [version for policy in role.managed_policies.values() for version in policy.versions]
    texts = [*role.policies.values(), *(version.document for version in versions if version.is_default)]
    return Identity("", arn, role.id, is_root=False, policies=[json.loads(text) for text in texts])


# Judgements


def need(caller: Identity, needed: Permission) -> None:
    if not caller.may(needed.action, needed.resource, needed.context):
        message = caller.refusal(needed.action, needed.resource, needed.context)
        raise ApiError(403, "AccessDeniedException", message)


def administrator(caller: Identity, reason: str) -> None:
    """Raise `ApiError` unless `caller` may do everything."""
    if not caller.may("*", "*"):
        message = (
            f"{reason}: the stack needs the permission to do everything (* on *), which {caller.arn} lacks"
        )
        raise ApiError(403, "AccessDeniedException", message)
