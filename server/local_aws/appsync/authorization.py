"""Who may connect, subscribe, publish, query: API keys and IAM (SigV4). Each operation is asked for anew.

Docs: docs.aws.amazon.com/appsync/latest/devguide/security-authz.html and
…/eventapi/configure-event-api-auth.html (checked 2026-11). The messages are those AWS's clients have
recorded; that a bad signature is a `BadRequestException` too. The message of a missing permission is this
stand-in's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.local_aws.appsync.deployed import Api, is_valid_key
from server.local_aws.appsync.errors import Refused
from server.local_aws.iam.identity import Identity, authenticate
from server.local_aws.iam.sigv4 import MISMATCH, BadSignature, SignedRequest

NOT_AUTHORIZED = "You are not authorized to make this call."
NO_CREDENTIALS = "Valid authorization header not provided."


@dataclass(frozen=True)
class Caller:
    """Who has been let in, and how: `mode` is API_KEY or AWS_IAM, `identity` IAM's."""

    mode: str
    identity: Identity | None = None

    def may(self, action: str, resource: str) -> bool:
        return self.identity is None or self.identity.may(action, resource)


def authorize(
    api: Api, modes: Sequence[str], credentials: Mapping[str, str], path: str, body: bytes
) -> Caller:
    """Let the bearer of `credentials` (lower-case names) in by one of `modes`, or raise `Refused`.

    A signature must be that of a POST of `body` to `path` of the API's host, whatever carried it.
    """
    if "x-api-key" in credentials:
        if "API_KEY" not in modes or not is_valid_key(api, credentials["x-api-key"]):
            raise Refused(401, "UnauthorizedException", NOT_AUTHORIZED)
        return Caller("API_KEY")
    authorization = credentials.get("authorization", "")
    if not authorization:
        raise Refused(401, "UnauthorizedException", NO_CREDENTIALS)
    if "AWS_IAM" not in modes or not authorization.startswith("AWS4-HMAC-SHA256"):
        raise Refused(401, "UnauthorizedException", NOT_AUTHORIZED)
    try:
        identity = authenticate(SignedRequest("POST", path, "", credentials, body), "appsync")
    except BadSignature as error:
        raise Refused(400, "BadRequestException", str(error)) from None
    except UnicodeError:
        raise Refused(400, "BadRequestException", MISMATCH) from None
    return Caller("AWS_IAM", identity)


def demand(caller: Caller, action: str, resource: str) -> None:
    """Raise `Refused` unless IAM lets the caller do `action` on `resource`; an API key may do everything."""
    if not caller.may(action, resource):
        arn = caller.identity.arn if caller.identity else ""
        message = f"User: {arn} is not authorized to perform: {action} on resource: {resource}"
        raise Refused(403, "AccessDeniedException", message)
