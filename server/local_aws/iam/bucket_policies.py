"""The policies of S3's buckets, judged as all others are: moto leaves their conditions out.

A bucket that denies what does not come over TLS, as those of SAM and of the CDK do, would deny
everything. A call on the loopback interface counts as one over TLS 1.3: nobody else reads it.

Docs (checked 2026-11): docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html.
"""

from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket

from server.local_aws.control_plane.call import json_object
from server.local_aws.control_plane.moto_trust import CALL
from server.local_aws.iam.identity import ROOT_KEY, Identity, is_issued, with_key
from server.local_aws.iam.policy import ALLOW, DENY, effects
from server.local_aws.iam.resource_policy import ANONYMOUS, names

OVER_TLS = {"aws:securetransport": ["true"], "s3:tlsversion": ["1.3"]}


def install() -> None:
    """From now on, in the whole process, moto asks `permission`."""
    FakeBucket.get_permission = permission  # type: ignore[assignment, method-assign]


def permission(bucket: FakeBucket, action: str, resource: str) -> Any:
    """Return what a bucket's policy says about the call that moto works on."""
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    principal = caller()
    context = {**(principal.context if principal else ANONYMOUS), **OVER_TLS}
    said = effects(
        json_object(bucket.policy) or {},
        action,
        resource,
        context,
        lambda statement: names(statement, principal, with_account=True),
    )
    if DENY in said:
        return PermissionResult.DENIED
    return PermissionResult.PERMITTED if ALLOW in said else PermissionResult.NEUTRAL


def caller() -> Identity | None:
    """Return who makes the call that moto works on; a key that was not given to anybody is root's."""
    call = CALL.get()
    if not call.signed:
        return None
    token = call.header("x-amz-security-token") or call.query.get("X-Amz-Security-Token", "")
    return with_key(call.access_key if is_issued(call.access_key) else ROOT_KEY, token)
