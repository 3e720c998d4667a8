"""Verifies the two signatures that only S3 takes: that of a form's policy, and version 2.

Docs (checked 2026-11): docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html,
docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html.
"""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha1
from urllib.parse import urlsplit

from botocore.auth import HmacV1Auth, S3SigV4PostAuth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from server.local_aws.control_plane.call import ApiCall, ApiError
from server.local_aws.control_plane.claims import Claim, Kind
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.iam.sigv4 import MISMATCH, BadSignature

SKEW_SECONDS = 900
"""How far the client's clock may be from ours."""


def admit(call: ApiCall, claim: Claim) -> None:
    """Raise `ApiError` unless `call` is signed by whom it says, who has a key of this stand-in."""
    try:
        verify(call, claim, credentials_of(claim.key))
    except BadSignature as error:
        raise ApiError(403, "InvalidSignatureException", str(error)) from None


def credentials_of(access_key: str) -> Credentials:
    """Return the credentials of a session of a role, or of a user."""
    session = sts_backends[ACCOUNT_ID]["aws"].get_assumed_role_from_access_key(access_key)
    if session is not None:
        return Credentials(access_key, session.secret_access_key, session.session_token)
    return Credentials(access_key, iam_backends[ACCOUNT_ID]["aws"].access_keys[access_key].secret_access_key)


def verify(call: ApiCall, claim: Claim, credentials: Credentials) -> None:
    """Raise `BadSignature` unless `call` is signed with `credentials`."""
    given, right = of_form(claim, credentials) if claim.kind is Kind.FORM else of_version_2(call, credentials)
    if not hmac.compare_digest(given.encode(), right.encode()):
        raise BadSignature(MISMATCH)


def of_form(claim: Claim, credentials: Credentials) -> tuple[str, str]:
    """The signature that a form's policy has, and the right one. Raises `BadSignature` for a policy that has
    expired. Which fields and files it allows is not checked."""
    fields = claim.fields
    check_expiration(fields["policy"])
    if claim.region is None:
        digest = hmac.new(credentials.secret_key.encode(), fields["policy"].encode(), sha1).digest()
        return fields["signature"], b64encode(digest).decode()
    request = AWSRequest(method="POST")
    request.context["timestamp"] = fields["x-amz-date"]
    signer = S3SigV4PostAuth(credentials, "s3", claim.region)
    return fields["x-amz-signature"], str(signer.signature(fields["policy"], request))


def check_expiration(policy: str) -> None:
    try:
        expiration = json.loads(b64decode(policy))["expiration"]
        ends = datetime.fromisoformat(expiration.replace("Z", "+00:00"))
        expired = ends < datetime.now(UTC)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadSignature("Invalid Policy: Invalid JSON.") from None
    if expired:
        raise BadSignature("Invalid according to Policy: Policy expired.")


def of_version_2(call: ApiCall, credentials: Credentials) -> tuple[str, str]:
    """The signature that a call to S3 has by version 2, and the right one. Raises `BadSignature` if it is too
    old."""
    expires, now = call.query.get("Expires"), datetime.now(UTC)
    date = call.header("date") or call.header("x-amz-date")
    try:
        if expires and int(expires) < now.timestamp():
            raise BadSignature("Request has expired")
        if not expires and abs((now - parsedate_to_datetime(date)).total_seconds()) > SKEW_SECONDS:
            raise BadSignature("The difference between the request time and the current time is too large.")
    except (TypeError, ValueError):
        raise BadSignature("AWS authentication requires a valid Date or x-amz-date header") from None
    headers = HTTPHeaders()
    for name, value in {**dict(call.headers), **of_query(call.query)}.items():
        if name not in ("date", "authorization"):
            headers[name] = value
    signer = DatedAuth(credentials, expires or ("" if call.header("x-amz-date") else date))
    right = str(signer.get_signature(call.method, urlsplit(f"http://s3{call.target}"), headers))
    return call.query.get("Signature") or call.header("authorization").rpartition(":")[2], right


def of_query(query: Mapping[str, str]) -> Mapping[str, str]:
    """Return the headers that a presigned URL has in its query."""
    names = ("content-md5", "content-type")
    return {name: value for name, value in query.items() if name in names or name.startswith("x-amz-")}


class DatedAuth(HmacV1Auth):  # type: ignore[misc]
    """Signs for the time at which the client signed."""

    def __init__(self, credentials: Credentials, date: str) -> None:
        super().__init__(credentials)
        self._date = date

    def _get_date(self) -> str:
        return self._date
