"""Verifies AWS Signature Version 4 with botocore's own signer: it signs the request again, and compares."""

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from hashlib import sha256

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<key>[^/]+)/(?P<date>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request"
    r",\s*SignedHeaders=(?P<headers>[^,]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)
CLOCK_SKEW = timedelta(minutes=5)

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)


class BadSignature(Exception):
    """The request is not signed, or not rightly; the message is AWS's."""


@dataclass(frozen=True)
class SignedRequest:
    """What a signature covers. `headers`: lower-case names; `path`: as it was sent."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def verify(request: SignedRequest, service: str, secret_of: Callable[[str], str | None]) -> str:
    """Return the access key id that signed `request` for `service`. `secret_of` knows the keys' secrets.

    Raises `BadSignature`. A presigned URL is not accepted: AWS's clients sign calls by header.
    """
    match = AUTHORIZATION.fullmatch(request.headers.get("authorization", "").strip())
    timestamp = request.headers.get("x-amz-date", "")
    if match is None:
        raise BadSignature("Missing Authentication Token")
    try:
        signed_at = datetime.strptime(timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise BadSignature("Authorization header requires existence of a 'X-Amz-Date' header") from None
    if abs(datetime.now(timezone.utc) - signed_at) > CLOCK_SKEW:
        raise BadSignature(f"Signature expired: {timestamp} is not within 5 minutes of now")
    if match["service"] != service:
        raise BadSignature(f"Credential should be scoped to correct service: '{service}'.")
    secret = secret_of(match["key"])
    if secret is None:
        raise BadSignature("The security token included in the request is invalid.")
    declared = request.headers.get("x-amz-content-sha256", "")
    if declared not in ("", "UNSIGNED-PAYLOAD") and declared != sha256(request.body).hexdigest():
        raise BadSignature(MISMATCH)
    if "host" not in match["headers"].split(";"):
        raise BadSignature(MISMATCH)
    if not hmac.compare_digest(match["signature"], sign(request, match, timestamp, secret)):
        raise BadSignature(MISMATCH)
    return match["key"]


def sign(request: SignedRequest, match: "re.Match[str]", timestamp: str, secret: str) -> str:
    """The signature that the holder of `secret` gives `request`."""
    url = f"https://{request.headers.get('host', '')}{request.path}"
    again = AWSRequest(
        method=request.method, url=f"{url}?{request.query}" if request.query else url, data=request.body
    )
    again.context["timestamp"] = timestamp
    for name in match["headers"].split(";"):
        again.headers[name] = request.headers.get(name, "")
    signer = Resigner(Credentials(match["key"], secret), match["service"], match["region"])
    return str(signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again))


class Resigner(SigV4Auth):  # type: ignore[misc]
    """Signs the headers that the client chose to sign, which botocore would choose otherwise."""

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        headers: HTTPHeaders = request.headers
        return headers
