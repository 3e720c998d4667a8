"""Who may be a role: its trust policy.

Docs (checked 2026-11): docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and
docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html.
"""

import re
from collections.abc import Iterator

from server.local_aws.control_plane.call import ApiError
from server.local_aws.control_plane.operations import Operation
from server.local_aws.iam.conditions import Context
from server.local_aws.iam.identity import Document, Identity, document_of, role_with
from server.local_aws.iam.permissions import tag_context, tags_of
from server.local_aws.iam.policy import permits as permitted
from server.local_aws.iam.resource_policy import Service, effects, permits

ASSUME = "sts:AssumeRole"
LAMBDA = Service("lambda.amazonaws.com")
ASSUMPTIONS = ("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot")
LIMITS = re.compile(r"PolicyArns\.member\.\d+\.arn")


def is_assumption(operation: Operation) -> bool:
    return operation.service == "sts" and operation.name in ASSUMPTIONS


def admit(caller: Identity, operation: Operation, region: str) -> None:
    """Raise `ApiError` unless the role's trust policy lets `caller` assume it. Where it does not name the
    caller but the account, the caller's own policies have to allow it, too."""
    if operation.name != "AssumeRole":
        raise by_identity_provider(operation.name)
    role, known = str(operation.members.get("RoleArn", "")), context_of(operation, region)
    for action in actions_of(operation):
        if not may_assume(caller, action, role, known):
            raise ApiError(403, "AccessDenied", refusal(caller, action, role, known))
    if any(LIMITS.fullmatch(name) for name in operation.members):
        message = "The local stand-in restricts a session by Policy only: leave PolicyArns out"
        raise ApiError(400, "ValidationError", message)


def by_identity_provider(name: str) -> ApiError:
    """The refusal of a caller whom an identity provider is to vouch for: nobody here can verify what such a
    provider signs."""
    return ApiError(403, "AccessDenied", f"Not authorized to perform sts:{name}")


def context_of(operation: Operation, region: str) -> Context:
    """Return the condition keys of a call to assume a role."""
    keys = {"sts:externalid": "ExternalId", "sts:rolesessionname": "RoleSessionName"}
    given = {key: [str(operation.members[name])] for key, name in keys.items() if name in operation.members}
    return {"aws:requestedregion": [region], **given, **tag_context(tags_of(operation))}


def actions_of(operation: Operation) -> Iterator[str]:
    yield ASSUME
    if tags_of(operation):
        yield "sts:TagSession"


def may_assume(caller: Identity, action: str, role_arn: str, context: Context) -> bool:
    """True if the role is of this account, trusts `caller`, and nothing that the caller has denies it."""
    statements = statements_of(role_arn)
    trusted = permitted(effects(statements, action, caller, context))
    return trusted and permits(statements, action, caller, role_arn, context)


def refusal(caller: Identity, action: str, role_arn: str, context: Context) -> str:
    """Why, in AWS's words. It does not say whether there is such a role."""
    if not caller.may(action, role_arn, context):
        return caller.refusal(action, role_arn, context)
    return f"User: {caller.arn} is not authorized to perform: {action} on resource: {role_arn}"


def check_lambda(role_arn: str, function_arn: str) -> None:
    """Raise `ApiError` (400) unless the role lets Lambda assume it for a function. Whether there is such a
    role is not asked."""
    known = LAMBDA.on_behalf_of(function_arn)
    if role_with(role_arn) and not trusts(role_arn, LAMBDA, known):
        message = "The role defined for the function cannot be assumed by Lambda."
        raise ApiError(400, "InvalidParameterValueException", message)


def trusts(role_arn: str, service: Service, context: Context) -> bool:
    """Return whether there is this role, and it lets a service of AWS's assume it."""
    return permits(statements_of(role_arn), ASSUME, service, role_arn, context)


def statements_of(role_arn: str) -> object:
    """Return the statements of a role's trust policy; none if this account has no such role."""
    role = role_with(role_arn)
    document: Document = document_of(role.assume_role_policy_document) if role else {}
    return document.get("Statement")
