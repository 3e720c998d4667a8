"""Who signed a request, and what IAM lets them do: moto's users, roles and policies.

A session has the permissions of its role that its session policy and the role's permissions boundary leave
(docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html, checked 2026-11). moto
keeps no boundaries of users.
"""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend, ManagedPolicy, Role, User, iam_backends
from moto.sts.models import AssumedRole, sts_backends

from server.local_aws.control_plane.call import json_object
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.iam.conditions import Context
from server.local_aws.iam.policy import DENY, effects, permits
from server.local_aws.iam.sigv4 import ExpiredToken, SignedRequest, verify

ROOT_KEY = ROOT_SECRET = "test"
"""The credentials that every machine has: of the account's root, who may do everything in it."""

ROOT_ARN = f"arn:aws:iam::{ACCOUNT_ID}:root"

SESSION = timedelta(days=365)
"""How long a function's credentials last: longer than any process that has them."""

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Identity:
    """A caller. `arn` and `user_id` as IAM has them, `role` the ARN of the role whose session it is, or "".
    `policies` are the documents of those attached to the caller (root has none), `limits` those that have to
    allow what they allow."""

    access_key: str
    arn: str
    user_id: str
    is_root: bool
    policies: Sequence[Document] = ()
    limits: Sequence[Document] = ()
    role: str = ""
    user_name: str = ""

    @property
    def context(self) -> Context:
        """The condition keys that the caller brings into every call."""
        kind = "Account" if self.is_root else "AssumedRole" if self.role else "User"
        known = {
            "aws:principalarn": [self.role or self.arn],
            "aws:principalaccount": [ACCOUNT_ID],
            "aws:principaltype": [kind],
            "aws:principalisawsservice": ["false"],
            "aws:userid": [self.user_id],
        }
        return {**known, "aws:username": [self.user_name]} if self.user_name else known

    def may(self, action: str, resource: str, context: Context | None = None) -> bool:
        """Return whether the caller's own policies allow `action` on `resource`, and none denies it."""
        if self.is_root:
            return True
        return permits(self._effects(action, resource, context)) and self.is_within_limits(
            action, resource, context
        )

    def is_denied(self, action: str, resource: str, context: Context | None = None) -> bool:
        """Return whether one of the caller's own policies denies it, which nothing else can allow."""
        return DENY in self._effects(action, resource, context)

    def is_left(self, action: str, resource: str, context: Context | None = None) -> bool:
        """True if what a resource's policy allows is left to the caller: nothing of its own denies it."""
        return not self.is_denied(action, resource, context) and self.is_within_limits(
            action, resource, context
        )

    def is_within_limits(self, action: str, resource: str, context: Context | None = None) -> bool:
        """True if the session policy and the permissions boundary, as far as there are any, allow it."""
        known = {**self.context, **(context or {})}
        return all(permits(effects(document, action, resource, known)) for document in self.limits)

    def refusal(self, action: str, resource: str, context: Context | None = None) -> str:
        """Why the caller may not, in AWS's words, as recorded in github.com/elastic/apm-aws-lambda/issues/526
        and github.com/noobaa/noobaa-core/issues/10060."""
        why = f"because no identity-based policy allows the {action} action"
        if self.is_denied(action, resource, context):
            why = "with an explicit deny in an identity-based policy"
        elif permits(self._effects(action, resource, context)):
            why = f"because no session policy or permissions boundary allows the {action} action"
        return f"User: {self.arn} is not authorized to perform: {action} on resource: {resource} {why}"

    def _effects(self, action: str, resource: str, context: Context | None) -> set[str]:
        known = {**self.context, **(context or {})}
        found = (effects(document, action, resource, known) for document in self.policies)
        return set().union(*found)


def authenticate(request: SignedRequest, service: str, region: str | None = None) -> Identity:
    """The identity that signed `request` for `service` (in `region`, if it has to be a certain one): root
    (`test`/`test`), or a user or role created in the stand-in. Raises `BadSignature`."""
    token = request.token

    def secret_of(access_key: str) -> str | None:
        if access_key == ROOT_KEY:
            return ROOT_SECRET
        if token:
            session = session_of(access_key, token)
            return session.secret_access_key if session else None
        found = user_of(access_key)
        return found[1] if found else None

    return with_key(verify(request, service, region, secret_of).key, token)


def with_key(access_key: str, token: str) -> Identity:
    """Return whose key this is, of a call whose signature has been verified. Raises `ExpiredToken`."""
    if access_key == ROOT_KEY:
        return Identity(access_key, ROOT_ARN, ACCOUNT_ID, is_root=True)
    if session := session_of(access_key, token):
        return of_session(session)
    found = user_of(access_key)
    assert found is not None  # who verified has asked for the secret
    return of_user(found[0], access_key)


def is_issued(access_key: str) -> bool:
    """Return whether the stand-in has given this key to a user, or to a session of a role."""
    keys = {key.access_key_id for user in list(iam().users.values()) for key in list(user.access_keys)}
    sessions = list(sts_backends[ACCOUNT_ID]["aws"].assumed_roles)
    return access_key in keys or any(session.access_key_id == access_key for session in sessions)


# Users


def iam() -> IAMBackend:
    return iam_backends[ACCOUNT_ID]["aws"]


def user_of(access_key: str) -> tuple[User, str] | None:
    """Return the identity to which an active key belongs, and the key's secret."""
    for user in list(iam().users.values()):
        for key in list(user.access_keys):
            if key.access_key_id == access_key and key.status == "Active":
                return user, key.secret_access_key
    return None


def of_user(user: User, access_key: str) -> Identity:
    groups = [group for group in list(iam().groups.values()) if user in group.users]
    policies = [document for holder in (user, *groups) for document in documents(holder)]
    return Identity(access_key, user.arn, user.id, is_root=False, policies=policies, user_name=user.name)


def documents(holder: Any) -> Iterator[Document]:
    """The policies of a user, a group or a role: inline, then managed."""
    for text in list(holder.policies.values()):
        yield document_of(text)
    for policy in list(holder.managed_policies.values()):
        yield managed(policy)


def document_of(text: Any) -> Document:
    """moto keeps inline policies as their text, those of stacks as they are in the template."""
    return text if isinstance(text, Mapping) else json_object(text) or {}


def managed(policy: ManagedPolicy) -> Document:
    """Return the document of a managed policy's default version; one without statements if there is none."""
    found = [
        version.document for version in policy.versions if version.version_id == policy.default_version_id
    ]
    return document_of(found[0]) if found else {}


# Sessions of roles


def session_of(access_key: str, token: str) -> AssumedRole | None:
    """Return the session with these credentials. Raises `ExpiredToken` when it is over."""
    for session in list(sts_backends[ACCOUNT_ID]["aws"].assumed_roles):
        if session.access_key_id == access_key and hmac.compare_digest(
            session.session_token.encode(), token.encode()
        ):
            if session.expiration <= datetime.now(UTC).replace(tzinfo=None):
                raise ExpiredToken("The security token included in the request is expired")
            return session
    return None


def of_session(session: AssumedRole) -> Identity:
    """A role that was deleted since has no policies, nor has one of that name made later."""
    role = role_with(session.role_arn)
    if role is None or role.create_date > session.access_key.create_date:
        unknown = f"AROA{'0' * 17}:{session.session_name}"
        return Identity(
            session.access_key_id, session.arn, unknown, is_root=False, policies=[], role=session.role_arn
        )
    return of_role(role, session.session_name, session.access_key_id, session.policy)


def of_role(role: Role, session_name: str, access_key: str = "", policy: str | None = None) -> Identity:
    """Return who acts as `role`: in a session with this name and, if it has one, a policy of its own."""
    limits = [managed_with(role.permissions_boundary_arn)] if role.permissions_boundary_arn else []
    return Identity(
        access_key,
        f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{role.name}/{session_name}",
        f"{role.id}:{session_name}",
        is_root=False,
        policies=list(documents(role)),
        limits=[*limits, document_of(policy)] if policy else limits,
        role=role.arn,
    )


def role_with(arn: str) -> Role | None:
    return next((role for role in list(iam().roles.values()) if role.arn == arn), None)


def managed_with(arn: str) -> Document:
    """Return the document of the managed policy with this ARN; one that allows nothing if there is none."""
    try:
        return managed(iam().get_policy(arn))
    except NotFoundException:
        return {}


# Credentials of functions


def root_credentials(role: str, session: str) -> Mapping[str, str]:
    """Return the environment variables by which an SDK signs as the account's root, whatever the role."""
    return credentials(ROOT_KEY, ROOT_SECRET, "test")


def role_credentials(role: str, session: str) -> Mapping[str, str]:
    """Return the environment variables by which an SDK signs as the role with this ARN, in a session of that
    name."""
    assumed = sts_backends[ACCOUNT_ID]["aws"].assume_role(
        region_name="aws",
        role_session_name=session,
        role_arn=role,
        policy="",
        duration=int(SESSION.total_seconds()),
        external_id="",
    )
    return credentials(assumed.access_key_id, assumed.secret_access_key, assumed.session_token)


def credentials(access_key: str, secret: str, token: str) -> Mapping[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_SESSION_TOKEN": token,
    }
