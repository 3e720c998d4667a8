"""Who signed a request, and what IAM lets them do: moto's users, roles and policies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from moto.iam.access_control import (
    AssumedRoleAccessKey,
    CreateAccessKeyFailure,
    IAMPolicy,
    IAMUserAccessKey,
    PermissionResult,
    create_access_key,
)

from server.local_aws.control_plane import ACCOUNT_ID
from server.local_aws.sigv4 import SignedRequest, verify

ROOT_KEY = ROOT_SECRET = "test"
"""The credentials that every machine has: of the account's root, who may do everything in it."""


@dataclass(frozen=True)
class Identity:
    """A caller. `arn` and `user_id` as IAM has them; `policies` are those attached to the caller, root has
    none."""

    access_key: str
    arn: str
    user_id: str
    is_root: bool
    policies: Sequence[Any] = ()

    def may(self, action: str, resource: str) -> bool:
        """True if the caller's own policies allow `action` on `resource`, and none denies it."""
        if self.is_root:
            return True
        return self._judge(action, resource) is PermissionResult.PERMITTED

    def is_denied(self, action: str, resource: str) -> bool:
        """True if one of the caller's own policies denies it, which nothing else can allow."""
        return not self.is_root and self._judge(action, resource) is PermissionResult.DENIED

    def _judge(self, action: str, resource: str) -> PermissionResult:
        results = [IAMPolicy(policy).is_action_permitted(action, resource) for policy in self.policies]
        for result in (PermissionResult.DENIED, PermissionResult.PERMITTED):
            if result in results:
                return result
        return PermissionResult.NEUTRAL


def authenticate(request: SignedRequest, service: str) -> Identity:
    """The identity that signed `request`: root (`test`/`test`), or a user or role created in the stand-in.
    Raises `BadSignature`."""
    token = request.headers.get("x-amz-security-token", "")

    def secret_of(access_key: str) -> str | None:
        if access_key == ROOT_KEY:
            return ROOT_SECRET
        held = find_key(access_key, token)
        return held.create_credentials().secret_key if held else None

    access_key = verify(request, service, secret_of)
    held = find_key(access_key, token)
    if held is None:
        return Identity(access_key, f"arn:aws:iam::{ACCOUNT_ID}:root", ACCOUNT_ID, is_root=True)
    return Identity(access_key, held.arn, access_key, is_root=False, policies=held.collect_policies())


def find_key(access_key: str, token: str) -> IAMUserAccessKey | AssumedRoleAccessKey | None:
    headers = {"X-Amz-Security-Token": token} if token else {}
    try:
        return create_access_key(ACCOUNT_ID, "aws", access_key, headers)
    except CreateAccessKeyFailure:
        return None
