"""IAM enforced on API calls, when `LOCAL_AWS_ENFORCE_IAM=1` asks for it: who calls, and may they?

Docs (checked 2026-11): docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html and
docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html.
"""

from contextlib import suppress

from server.local_aws.api import ApiCall, ApiError
from server.local_aws.aws_lambda import deployed
from server.local_aws.canonical import canonical
from server.local_aws.iam.identity import Identity, authenticate, is_issued
from server.local_aws.iam.permissions import Permission, permissions
from server.local_aws.iam.resource_policy import allows, denies
from server.local_aws.iam.sigv4 import BadSignature, NotSigned, SignedRequest, UnknownKey
from server.local_aws.operations import operation_of


def admit_signed(call: ApiCall) -> None:
    """Raise `ApiError` unless `call` is signed: anyhow with a key that the stand-in has not given to anybody,
    rightly with one of a user or of a role's session."""
    if not call.signed:
        raise ApiError(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    if is_issued(call.access_key):
        caller_of(call)


def admit(call: ApiCall) -> ApiCall:
    """`call` in its canonical form: what is judged is what is run. Raises `ApiError` unless it is signed by
    somebody who has every permission that it needs."""
    caller = caller_of(call)
    call = canonical(call)
    if caller.is_root:
        return call
    operation = operation_of(call)
    if operation is None:
        raise ApiError(404, "UnknownOperationException", f"{call.service} has no such operation")
    for needed in permissions(call, operation):
        if not is_allowed(caller, needed, call.region):
            message = caller.refusal(needed.action, needed.resource, needed.context)
            raise ApiError(403, "AccessDeniedException", message)
    if operation.service in ("cloudformation", "tag"):
        from server.local_aws.iam import indirect  # only now: most lessons have no stack

        indirect.check(caller, call, operation)
    return call


def caller_of(call: ApiCall) -> Identity:
    """Who signed `call`. Raises `ApiError` unless the signature is right."""
    path, _, query = call.target.partition("?")
    request = SignedRequest(call.method, path, query, dict(call.headers), call.body)
    try:
        return authenticate(request, call.service)
    except NotSigned as error:
        raise ApiError(403, "MissingAuthenticationTokenException", str(error)) from None
    except UnknownKey as error:
        raise ApiError(403, "UnrecognizedClientException", str(error)) from None
    except BadSignature as error:
        raise ApiError(403, "InvalidSignatureException", str(error)) from None


def is_allowed(caller: Identity, needed: Permission, region: str) -> bool:
    """True if the caller's policies allow it or, to invoke a function, the policy of the function does; and
    none denies it."""
    action, resource, context = needed.action, needed.resource, needed.context
    if action == "lambda:InvokeFunction":
        with suppress(ApiError):  # there is no such function
            statements = deployed.statements(region, resource)
            if any(denies(statement, action, caller, context) for statement in statements):
                return False
            if any(allows(statement, action, caller, context) for statement in statements):
                return not caller.is_denied(action, resource, context)
    return caller.may(action, resource, context)
