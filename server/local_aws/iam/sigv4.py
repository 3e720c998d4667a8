"""Verifies AWS Signature Version 4 with botocore's own signer: it signs the request again, and compares.

A signature is in the `Authorization` header, or, in a presigned URL, in the query. Docs (checked 2026-11):
docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html and, for services other than S3,
docs.aws.amazon.com/prescriptive-guidance/latest/presigned-url-best-practices/overview.html.
"""

import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from hashlib import sha256
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from server.local_aws.control_plane.claims import Claim, Kind

CLOCK_SKEW = timedelta(minutes=5)
LONGEST = timedelta(days=7)
"""A presigned URL is valid for a week at most."""

STAMP = "%Y%m%dT%H%M%SZ"
WITHOUT_HASH = "s3"
"""The service that takes a body which the signature does not cover, or covers piece by piece."""

UNSIGNED = "UNSIGNED-PAYLOAD"
STREAMING = (
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
)
"""What it declares then, instead of a hash (docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html)."""

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)


OF_CLIENT = "x-amz-user-agent"
"""The name of the client, which Amplify adds when it has signed."""


class BadSignature(Exception):
    """The request is not signed, or not rightly; the message is AWS's."""


class NotSigned(BadSignature):
    """The request is not signed at all."""


class UnknownKey(BadSignature):
    """Nobody has the access key, or the session token is not that of the key."""


class ExpiredToken(BadSignature):
    """The session that the token is of is over."""


@dataclass(frozen=True)
class SignedRequest:
    """What a signature covers. `headers`: lower-case names, each once; `path`: as it was sent."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, method: str, target: str, fields: Iterable[tuple[str, str]], body: bytes) -> "SignedRequest":
        """`fields`: the headers as they came (lower-case names). Those with one name are one, as SigV4 has
        it."""
        path, _, query = target.partition("?")
        headers: dict[str, str] = {}
        for name, value in fields:
            headers[name] = f"{headers[name]},{value}" if name in headers else value
        return cls(method, path, query, headers, body)

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @property
    def token(self) -> str:
        """The session token that goes with temporary credentials, or ""."""
        name = "X-Amz-Security-Token"
        return self.headers.get(name.lower()) or self.parameters.get(name, "")

    def check_text(self) -> None:
        """Raise `BadSignature` if it has half a surrogate pair, which only JSON can say: what is no text has
        not been signed."""
        try:
            for text in (self.path, self.query, *self.headers, *self.headers.values()):
                text.encode()
        except UnicodeEncodeError:
            raise BadSignature(MISMATCH) from None

    def check_parameters(self) -> None:
        """Raise `BadSignature` if what belongs to a signature is in the query twice, or in a header, too."""
        names = [name for name, _ in parse_qsl(self.query, keep_blank_values=True)]
        for name in {name for name in names if name.lower().startswith("x-amz-")}:
            if names.count(name) > 1 or name.lower() in self.headers:
                raise BadSignature(f"{name} is in the request more than once")
        if "X-Amz-Signature" in names and "authorization" in self.headers:
            raise BadSignature("A request is signed by its Authorization header or by its query, not by both")


@dataclass(frozen=True)
class Signature:
    """A signature as the client sent it. `expires`: how long a presigned URL is valid, None for a header."""

    claim: Claim
    timestamp: str
    expires: timedelta | None

    @classmethod
    def of(cls, request: SignedRequest) -> "Signature":
        """Raises `BadSignature` if there is none that can be read."""
        headers, parameters = request.headers, request.parameters
        claim = Claim.of(lambda name: headers.get(name, ""), parameters, b"")
        if claim is None or claim.kind is not Kind.SIGNED:
            raise NotSigned("Missing Authentication Token")
        if headers.get("authorization", "").strip():
            return cls(claim, timestamp_of(headers), None)
        return cls(claim, parameters["X-Amz-Date"], lifetime(parameters.get("X-Amz-Expires", "")))

    @property
    def key(self) -> str:
        return self.claim.key

    def check_time(self) -> None:
        """Raise `BadSignature` unless the signature is valid now."""
        try:
            signed_at = datetime.strptime(self.timestamp, STAMP).replace(tzinfo=UTC)
        except ValueError:
            message = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
            raise BadSignature(message) from None
        if self.claim.date != self.timestamp[:8]:
            raise BadSignature(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                f"'{self.claim.date}' != '{self.timestamp[:8]}', from '{self.timestamp}'."
            )
        now = datetime.now(UTC)
        if signed_at - now > CLOCK_SKEW:
            raise BadSignature(f"Signature not yet current: {self.timestamp} is later than now")
        if self.expires is None and now - signed_at > CLOCK_SKEW:
            raise BadSignature(f"Signature expired: {self.timestamp} is not within 5 minutes of now")
        if self.expires is not None and now - signed_at > self.expires:
            seconds = int(self.expires.total_seconds())
            raise BadSignature(f"Signature expired: {self.timestamp} is more than {seconds} s ago")

    def check_scope(self, service: str, region: str | None) -> None:
        """Raise `BadSignature` unless the signature is for `service` in `region` (None: any)."""
        if self.claim.service != service:
            raise BadSignature(f"Credential should be scoped to correct service: '{service}'.")
        if region is not None and self.claim.region != region:
            raise BadSignature(f"Credential should be scoped to a valid Region: '{region}'.")

    def check_headers(self, headers: Mapping[str, str]) -> None:
        """Raise `BadSignature` unless the signature covers what it has to: the host, every header of AWS's,
        and the date."""
        if len(set(self.claim.headers)) != len(self.claim.headers):
            raise BadSignature(MISMATCH)
        needed = [name for name in headers if name.startswith("x-amz-") and name != OF_CLIENT]
        if self.expires is None and "x-amz-date" not in headers:
            needed.append("date")
        for name in ("host", *needed):
            if name not in self.claim.headers:
                shown = "Host' or ':authority" if name == "host" else name
                raise BadSignature(f"'{shown}' must be a 'SignedHeader' in the AWS Authorization.")


def timestamp_of(headers: Mapping[str, str]) -> str:
    """Return when a request was signed: `X-Amz-Date` or, where there is none, `Date` in the same form; "" if
    neither can be read."""
    if stamp := headers.get("x-amz-date", ""):
        return stamp
    try:
        return parsedate_to_datetime(headers.get("date", "")).astimezone(UTC).strftime(STAMP)
    except (TypeError, ValueError, OverflowError):
        return ""


def lifetime(seconds: str) -> timedelta:
    """`X-Amz-Expires`. Raises `BadSignature` unless it is from 1 second to a week."""
    if not re.fullmatch(r"[0-9]{1,6}", seconds) or not 0 < int(seconds) <= LONGEST.total_seconds():
        raise BadSignature("X-Amz-Expires must be a number of seconds, from 1 to 604800")
    return timedelta(seconds=int(seconds))


def verify(
    request: SignedRequest, service: str, region: str | None, secret_of: Callable[[str], str | None]
) -> Signature:
    """Return the signature of `request`, which is for `service` in `region` (None: any). `secret_of` knows
    the keys' secrets.

    Raises `BadSignature`.
    """
    signature = Signature.of(request)
    request.check_text()
    request.check_parameters()
    signature.check_time()
    signature.check_scope(service, region)
    secret = secret_of(signature.key)
    if secret is None:
        raise UnknownKey("The security token included in the request is invalid.")
    signature.check_headers(request.headers)
    digest = payload_digest(request, signature)
    right = sign(request, signature, secret, digest)
    if not hmac.compare_digest(signature.claim.signature.encode(), right.encode()):
        raise BadSignature(MISMATCH)
    return signature


def payload_digest(request: SignedRequest, signature: Signature) -> str:
    """What the signature covers of the body: its hash. Raises `BadSignature` if the request declares another
    one. Only S3 takes bodies that are not signed."""
    actual = sha256(request.body).hexdigest()
    name = "X-Amz-Content-Sha256"
    declared = request.headers.get(name.lower()) or request.parameters.get(name, "")
    if signature.claim.service == WITHOUT_HASH:
        if declared in (UNSIGNED, *STREAMING):
            return declared
        if not declared and signature.expires is not None:
            return UNSIGNED
    if declared not in ("", actual):
        raise BadSignature(MISMATCH)
    return actual


def sign(request: SignedRequest, signature: Signature, secret: str, digest: str) -> str:
    """The signature that the holder of `secret` gives `request`. In a presigned URL it covers the whole query
    but for itself."""
    query = "&".join(part for part in request.query.split("&") if part.partition("=")[0] != "X-Amz-Signature")
    url = f"https://host{request.path}?{canonical(query)}"  # the client's host is among the headers
    again = AWSRequest(method=request.method, url=url)
    again.context["timestamp"] = signature.timestamp
    for name in signature.claim.headers:
        again.headers[name] = request.headers.get(name, "")
    kind = PathAsSent if signature.claim.service == WITHOUT_HASH else Resigner
    signer = kind(Credentials(signature.key, secret), signature.claim.service, signature.claim.region, digest)
    return str(signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again))


def canonical(query: str) -> str:
    """Return the query as SigV4 has it, however the client encoded it
    (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, checked 2026-11)."""
    pairs = (part.partition("=") for part in query.split("&") if part)
    return "&".join(f"{reencoded(name)}={reencoded(value)}" for name, _, value in pairs)


def reencoded(text: str) -> str:
    return quote(unquote_to_bytes(text), safe="-_.~")


class Resigner(SigV4Auth):  # type: ignore[misc]
    """Signs the headers that the client chose to sign, and the hash of the body, which botocore would choose
    otherwise."""

    def __init__(self, credentials: Credentials, service: str, region: str | None, digest: str) -> None:
        super().__init__(credentials, service, region)
        self._digest = digest

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        headers: HTTPHeaders = request.headers
        return headers

    def payload(self, request: AWSRequest) -> str:
        return self._digest


class PathAsSent(Resigner):
    """S3's keys may hold anything: their path is signed as it is sent."""

    def _normalize_url_path(self, path: str) -> str:
        return path
