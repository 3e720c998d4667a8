"""Who signed a request, and what IAM lets them do: moto's users, roles and policies.

Permissions boundaries, session policies and trust policies are not considered.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.iam.access_control import (
    AssumedRoleAccessKey,
    CreateAccessKeyFailure,
    IAMUserAccessKey,
    create_access_key,
)
from moto.iam.exceptions import NotFoundException
from moto.iam.models import Policy, iam_backends
from moto.sts.models import sts_backends

from server.local_aws.control_plane import ACCOUNT_ID
from server.local_aws.iam.policy import Context, effects
from server.local_aws.iam.sigv4 import SignedRequest, verify

ROOT_KEY = ROOT_SECRET = "test"
"""The credentials that every machine has: of the account's root, who may do everything in it."""

ROOT_ARN = f"arn:aws:iam::{ACCOUNT_ID}:root"

SESSION_SECONDS = 12 * 3600
"""How long the credentials of a role say that they last: this stand-in does not end them."""


@dataclass(frozen=True)
class Identity:
    """A caller. `arn` and `user_id` as IAM has them; `policies` are the documents of those attached to the
    caller, root has none."""

    access_key: str
    arn: str
    user_id: str
    is_root: bool
    policies: Sequence[Mapping[str, Any]] = ()

    def may(self, action: str, resource: str, context: Context | None = None) -> bool:
        """True if the caller's own policies allow `action` on `resource`, and none denies it."""
        return self.is_root or self._effects(action, resource, context) == {"Allow"}

    def is_denied(self, action: str, resource: str, context: Context | None = None) -> bool:
        """True if one of the caller's own policies denies it, which nothing else can allow."""
        return "Deny" in self._effects(action, resource, context)

    def refusal(self, action: str, resource: str, context: Context | None = None) -> str:
        """Why the caller may not, in AWS's words, as recorded in github.com/elastic/apm-aws-lambda/issues/526
        and github.com/noobaa/noobaa-core/issues/10060."""
        why = f"because no identity-based policy allows the {action} action"
        if self.is_denied(action, resource, context):
            why = "with an explicit deny in an identity-based policy"
        return f"User: {self.arn} is not authorized to perform: {action} on resource: {resource} {why}"

    @property
    def role(self) -> str:
        """The ARN of the role whose session this is, "" for anybody else."""
        kind, _, name = self.arn.rpartition(":")[2].partition("/")
        if kind != "assumed-role":
            return ""
        return f"arn:aws:iam::{ACCOUNT_ID}:role/{name.partition('/')[0]}"

    def _effects(self, action: str, resource: str, context: Context | None) -> set[str]:
        found = (effects(document, action, resource, context or {}) for document in self.policies)
        return set().union(*found)


def authenticate(request: SignedRequest, service: str) -> Identity:
    """The identity that signed `request`: root (`test`/`test`), or a user or role created in the stand-in.
    Raises `BadSignature`."""
    token = request.token

    def secret_of(access_key: str) -> str | None:
        if access_key == ROOT_KEY:
            return ROOT_SECRET
        held = find_key(access_key, token)
        return held.create_credentials().secret_key if held else None

    access_key = verify(request, service, secret_of)
    held = find_key(access_key, token)
    if held is None:
        return Identity(access_key, ROOT_ARN, ACCOUNT_ID, is_root=True)
    return Identity(access_key, held.arn, access_key, is_root=False, policies=policies_of(held))


def is_issued(access_key: str) -> bool:
    """True if the stand-in has given this key to a user, or to a session of a role."""
    sessions = sts_backends[ACCOUNT_ID]["aws"].assumed_roles
    return access_key in iam_backends[ACCOUNT_ID]["aws"].access_keys or any(
        session.access_key_id == access_key for session in sessions
    )


def find_key(access_key: str, token: str) -> IAMUserAccessKey | AssumedRoleAccessKey | None:
    headers = {"X-Amz-Security-Token": token} if token else {}
    try:
        return create_access_key(ACCOUNT_ID, "aws", access_key, headers)
    except CreateAccessKeyFailure:
        return None


def policies_of(held: IAMUserAccessKey | AssumedRoleAccessKey) -> list[Mapping[str, Any]]:
    """The documents of the policies of a key's user or role; none once that is deleted."""
    try:
        return [document_of(policy) for policy in held.collect_policies()]
    except NotFoundException:
        return []


def document_of(policy: Any) -> Mapping[str, Any]:
    """moto hands out managed policies as objects, inline ones as their text or a dictionary with it."""
    if isinstance(policy, Policy):
        source = next(version.document for version in policy.versions if version.is_default)
    else:
        source = policy if isinstance(policy, str) else policy["policy_document"]
    document: Mapping[str, Any] = json.loads(source)
    return document


def root_credentials(role: str, session: str) -> Mapping[str, str]:
    """The environment variables by which an SDK signs as the account's root, whatever the role."""
    return credentials(ROOT_KEY, ROOT_SECRET, "test")


def role_credentials(role: str, session: str) -> Mapping[str, str]:
    """The environment variables by which an SDK signs as the role with this ARN, in a session of that
    name."""
    assumed = sts_backends[ACCOUNT_ID]["aws"].assume_role(
        region_name="aws",
        role_session_name=session,
        role_arn=role,
        policy="",
        duration=SESSION_SECONDS,
        external_id="",
    )
    return credentials(assumed.access_key_id, assumed.secret_access_key, assumed.session_token)


def credentials(access_key: str, secret: str, token: str) -> Mapping[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_SESSION_TOKEN": token,
    }
