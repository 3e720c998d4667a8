"""Verifies AWS Signature Version 4 with botocore's own signer: it signs the request again, and compares.

A signature is in the `Authorization` header, or, in a presigned URL, in the query. Docs (checked 2026-11):
docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html and, for services other than S3,
docs.aws.amazon.com/prescriptive-guidance/latest/presigned-url-best-practices/overview.html.
"""

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property
from hashlib import sha256
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<credential>[^,\s]+)"
    r",\s*SignedHeaders=(?P<headers>[^,\s]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)
CREDENTIAL = re.compile(r"(?P<key>[^/]+)/(?P<date>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
CLOCK_SKEW = timedelta(minutes=5)
LONGEST = timedelta(days=7)
"""A presigned URL is valid for a week at most."""

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)


class BadSignature(Exception):
    """The request is not signed, or not rightly; the message is AWS's."""


class NotSigned(BadSignature):
    """The request is not signed at all."""


class UnknownKey(BadSignature):
    """Nobody has the access key, or the session token is not that of the key."""


@dataclass(frozen=True)
class SignedRequest:
    """What a signature covers. `headers`: lower-case names; `path`: as it was sent."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @property
    def token(self) -> str:
        """The session token that goes with temporary credentials, or ""."""
        name = "X-Amz-Security-Token"
        return self.headers.get(name.lower()) or self.parameters.get(name, "")


@dataclass(frozen=True)
class Signature:
    """A signature as the client sent it. `expires`: how long a presigned URL is valid, None for a header."""

    key: str
    region: str
    service: str
    headers: tuple[str, ...]
    value: str
    timestamp: str
    expires: timedelta | None

    @classmethod
    def of(cls, request: SignedRequest) -> "Signature":
        """Raises `BadSignature` if there is none that can be read."""
        parameters = request.parameters
        if "X-Amz-Signature" in parameters and "authorization" not in request.headers:
            credential, headers = (
                parameters.get("X-Amz-Credential", ""),
                parameters.get("X-Amz-SignedHeaders", ""),
            )
            value, timestamp = parameters["X-Amz-Signature"], parameters.get("X-Amz-Date", "")
            expires = lifetime(parameters.get("X-Amz-Expires", ""))
            algorithm = parameters.get("X-Amz-Algorithm")
        else:
            header = AUTHORIZATION.fullmatch(request.headers.get("authorization", "").strip())
            if header is None:
                raise NotSigned("Missing Authentication Token")
            credential, headers, value = header.groups()
            timestamp, expires, algorithm = request.headers.get("x-amz-date", ""), None, "AWS4-HMAC-SHA256"
        scope = CREDENTIAL.fullmatch(credential)
        if scope is None or algorithm != "AWS4-HMAC-SHA256":
            raise NotSigned("Missing Authentication Token")
        names = tuple(headers.split(";"))
        return cls(scope["key"], scope["region"], scope["service"], names, value, timestamp, expires)

    def check_time(self) -> None:
        """Raise `BadSignature` unless the signature is valid now."""
        try:
            signed_at = datetime.strptime(self.timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
        except ValueError:
            raise BadSignature("Authorization header requires existence of a 'X-Amz-Date' header") from None
        now = datetime.now(timezone.utc)
        if signed_at - now > CLOCK_SKEW:
            raise BadSignature(f"Signature not yet current: {self.timestamp} is later than now")
        if self.expires is None and now - signed_at > CLOCK_SKEW:
            raise BadSignature(f"Signature expired: {self.timestamp} is not within 5 minutes of now")
        if self.expires is not None and now - signed_at > self.expires:
            seconds = int(self.expires.total_seconds())
            raise BadSignature(f"Signature expired: {self.timestamp} is more than {seconds} s ago")


def lifetime(seconds: str) -> timedelta:
    """`X-Amz-Expires`. Raises `BadSignature` unless it is from 1 second to a week."""
    if not re.fullmatch(r"\d{1,6}", seconds) or not timedelta() < timedelta(seconds=int(seconds)) <= LONGEST:
        raise BadSignature("X-Amz-Expires must be a number of seconds, from 1 to 604800")
    return timedelta(seconds=int(seconds))


def verify(request: SignedRequest, service: str, secret_of: Callable[[str], str | None]) -> str:
    """Return the access key id that signed `request` for `service`. `secret_of` knows the keys' secrets.

    Raises `BadSignature`.
    """
    signature = Signature.of(request)
    signature.check_time()
    if signature.service != service:
        raise BadSignature(f"Credential should be scoped to correct service: '{service}'.")
    secret = secret_of(signature.key)
    if secret is None:
        raise UnknownKey("The security token included in the request is invalid.")
    declared = request.headers.get("x-amz-content-sha256", "")
    if declared not in ("", "UNSIGNED-PAYLOAD") and declared != sha256(request.body).hexdigest():
        raise BadSignature(MISMATCH)
    if "host" not in signature.headers:
        raise BadSignature(MISMATCH)
    if not hmac.compare_digest(signature.value.encode(), sign(request, signature, secret).encode()):
        raise BadSignature(MISMATCH)
    return signature.key


def sign(request: SignedRequest, signature: Signature, secret: str) -> str:
    """The signature that the holder of `secret` gives `request`. In a presigned URL it covers the whole query
    but for itself."""
    query = "&".join(part for part in request.query.split("&") if part.partition("=")[0] != "X-Amz-Signature")
    url = f"https://host{request.path}?{canonical(query)}"  # the client's host is among the headers
    again = AWSRequest(method=request.method, url=url, data=request.body)
    again.context["timestamp"] = signature.timestamp
    for name in signature.headers:
        again.headers[name] = request.headers.get(name, "")
    signer = Resigner(Credentials(signature.key, secret), signature.service, signature.region)
    return str(signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again))


def canonical(query: str) -> str:
    """The query as SigV4 has it, however the client encoded it
    (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, checked 2026-11)."""
    pairs = (part.partition("=") for part in query.split("&") if part)
    return "&".join(f"{reencoded(name)}={reencoded(value)}" for name, _, value in pairs)


def reencoded(text: str) -> str:
    return quote(unquote_to_bytes(text), safe="-_.~")


class Resigner(SigV4Auth):  # type: ignore[misc]
    """Signs the headers that the client chose to sign, which botocore would choose otherwise."""

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        headers: HTTPHeaders = request.headers
        return headers
