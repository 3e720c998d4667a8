"""IAM enforced on API calls, when `LOCAL_AWS_ENFORCE_IAM=1` asks for it: who calls, and may they?

Docs (checked 2026-11): docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html and
docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html.
"""

import os
import uuid
from contextlib import suppress
from xml.sax.saxutils import escape

from server.local_aws.api import ApiAnswer, ApiCall, ApiError
from server.local_aws.aws_lambda import deployed
from server.local_aws.iam.identity import Identity, authenticate
from server.local_aws.iam.permissions import Permission, permissions
from server.local_aws.iam.resource_policy import allows, denies
from server.local_aws.iam.sigv4 import BadSignature, NotSigned, SignedRequest, UnknownKey
from server.local_aws.operations import operation_of, service_model

VARIABLE = "LOCAL_AWS_ENFORCE_IAM"

QUERY_CODES = {
    "AccessDeniedException": "AccessDenied",
    "InvalidSignatureException": "SignatureDoesNotMatch",
    "MissingAuthenticationTokenException": "MissingAuthenticationToken",
    "UnrecognizedClientException": "InvalidClientTokenId",
    "UnknownOperationException": "InvalidAction",
}
"""How the services with the query protocol (IAM, STS) call the errors of the others."""


def from_environment() -> bool:
    """Whether IAM is enforced. Raises `ValueError` if `LOCAL_AWS_ENFORCE_IAM` is neither 0 nor 1."""
    value = os.environ.get(VARIABLE, "0")
    if value not in ("0", "1"):
        raise ValueError(f"{VARIABLE} must be 0 or 1, not {value!r}")
    return value == "1"


def admit_signed(call: ApiCall) -> None:
    """Raise `ApiError` unless `call` is signed, by whomever."""
    if not call.signed:
        raise ApiError(403, "MissingAuthenticationTokenException", "Missing Authentication Token")


def admit(call: ApiCall) -> None:
    """Raise `ApiError` unless `call` is signed by somebody who has every permission that it needs."""
    path, _, query = call.target.partition("?")
    request = SignedRequest(call.method, path, query, dict(call.headers), call.body)
    try:
        caller = authenticate(request, call.service)
    except NotSigned as error:
        raise ApiError(403, "MissingAuthenticationTokenException", str(error)) from None
    except UnknownKey as error:
        raise ApiError(403, "UnrecognizedClientException", str(error)) from None
    except BadSignature as error:
        raise ApiError(403, "InvalidSignatureException", str(error)) from None
    if caller.is_root:
        return
    operation = operation_of(call)
    if operation is None:
        raise ApiError(404, "UnknownOperationException", f"{call.service} has no such operation")
    for needed in permissions(call, operation):
        if not is_allowed(caller, needed, call.region):
            message = caller.refusal(needed.action, needed.resource, needed.context)
            raise ApiError(403, "AccessDeniedException", message)


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


def refusal(call: ApiCall, error: ApiError) -> ApiAnswer:
    """The answer to a call that is refused, in the protocol that it is made in: XML, JSON with `__type`, or
    REST-JSON. JSON's is a 400 (as recorded in github.com/elastic/apm-aws-lambda/issues/526)."""
    if call.header("x-amz-target"):
        content_type = call.header("content-type") or "application/x-amz-json-1.1"
        answer = ApiAnswer.of(400, {"__type": error.code, "message": error.message})
        return with_content_type(answer, content_type, answer.body)
    model = service_model(call.service)
    by_query = model.metadata["protocol"] == "query" if model else b"Action=" in call.body
    if not by_query:
        return error.answer()
    namespace = model.metadata["xmlNamespace"] if model else "https://iam.amazonaws.com/doc/2010-05-08/"
    code = QUERY_CODES[error.code]
    document = (
        f'<ErrorResponse xmlns="{namespace}"><Error><Type>Sender</Type><Code>{code}</Code>'
        f"<Message>{escape(error.message)}</Message></Error>"
        f"<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
    )
    return with_content_type(ApiAnswer.of(error.status), "text/xml", document.encode())


def with_content_type(answer: ApiAnswer, content_type: str, body: bytes) -> ApiAnswer:
    others = [field for field in answer.headers if field[0] != "Content-Type"]
    return ApiAnswer(answer.status, [("Content-Type", content_type), *others], body)
