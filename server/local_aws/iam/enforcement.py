"""IAM enforced on API calls, when `LOCAL_AWS_ENFORCE_IAM=1` asks for it: who calls, and may they?

Docs (checked 2026-11): docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html and
docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress

from server.local_aws.control_plane.call import ApiCall, ApiError
from server.local_aws.control_plane.canonical import canonical
from server.local_aws.control_plane.claims import Kind
from server.local_aws.control_plane.operations import from_form, operation_of
from server.local_aws.iam import s3_signatures, trust
from server.local_aws.iam.identity import Identity, authenticate, is_issued
from server.local_aws.iam.permissions import Permission, permissions
from server.local_aws.iam.policy import Statement
from server.local_aws.iam.resource_policy import permits
from server.local_aws.iam.sigv4 import BadSignature, ExpiredToken, NotSigned, SignedRequest, UnknownKey


def admit_signed(call: ApiCall) -> None:
    """Raise `ApiError` unless `call` is signed: anyhow with a key that the stand-in has not given to anybody,
    rightly with one of a user or of a role's session."""
    if call.claim is None:
        raise ApiError(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    if not is_issued(call.access_key):
        return
    if call.claim.kind is Kind.SIGNED:
        caller_of(call)
    else:
        s3_signatures.admit(call, call.claim)


def admit_unsigned(call: ApiCall, service: str) -> None:
    """Raise `ApiError` for a call that gives a role's credentials to somebody without any."""
    if service == "sts":
        raise trust.by_identity_provider(from_form(call).get("Action", ""))


StatementsOf = Callable[[str, str], Sequence[Statement]]
"""Returns the statements of a function's resource policy, given a Region and an ARN."""


def admit(call: ApiCall, statements_of: StatementsOf) -> ApiCall:
    """Return `call` in its canonical form: what is judged is what is run. Raises `ApiError` unless it is
    signed by somebody who has every permission that it needs."""
    return admit_of(caller_of(call), call, statements_of)


def admit_of(caller: Identity, call: ApiCall, statements_of: StatementsOf) -> ApiCall:
    """Return `caller`'s call in its canonical form. Raises `ApiError` without one of the permissions."""
    call = canonical(call)
    operation = operation_of(call)
    if operation is not None and trust.is_assumption(operation):
        trust.admit(caller, operation, call.region)
        return call
    if caller.is_root:
        return call
    if operation is None:
        raise ApiError(404, "UnknownOperationException", f"{call.service} has no such operation")
    for needed in permissions(call, operation):
        if not is_allowed(caller, needed, call.region, statements_of):
            message = caller.refusal(needed.action, needed.resource, needed.context)
            raise ApiError(403, "AccessDeniedException", message)
    if operation.service == "tag":
        from server.local_aws.iam import indirect  # only now: no lesson tags by this service

        indirect.check_tagging(caller, operation)
    return call


def caller_of(call: ApiCall) -> Identity:
    """Return who signed `call`. Raises `ApiError` unless the signature is right."""
    request = SignedRequest.of(call.method, call.target, call.headers, call.body)
    try:
        return authenticate(request, call.service)
    except NotSigned as error:
        raise ApiError(403, "MissingAuthenticationTokenException", str(error)) from None
    except UnknownKey as error:
        raise ApiError(403, "UnrecognizedClientException", str(error)) from None
    except ExpiredToken as error:
        raise ApiError(403, "ExpiredTokenException", str(error)) from None
    except BadSignature as error:
        raise ApiError(403, "InvalidSignatureException", str(error)) from None


def is_allowed(caller: Identity, needed: Permission, region: str, statements_of: StatementsOf) -> bool:
    """Return whether the caller's policies allow it or, to invoke a function, the policy of the function
    does; and none denies it."""
    statements: Sequence[Statement] = ()
    if needed.action == "lambda:InvokeFunction":
        with suppress(ApiError):  # there is no such function
            statements = statements_of(region, needed.resource)
    return permits(statements, needed.action, caller, needed.resource, needed.context)
