"""Whose credentials a call claims, and for which service: a claim, which nobody has verified yet.

Only a signature with all of its parts claims anything: a credential alone, wherever it stands, does not.
Docs (checked 2026-11): docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html,
docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html and, for version 2, which only S3
still takes, docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Optional

ALGORITHM = "AWS4-HMAC-SHA256"
CREDENTIAL = re.compile(
    r"(?P<key>[^\s/,:=]+)/(?P<date>\d{8})/(?P<region>[a-z0-9-]+)/(?P<service>[A-Za-z0-9._-]+)/aws4_request",
    re.ASCII,
)
SIGNATURE = re.compile(r"[0-9a-f]{64}")
SIGNED_HEADERS = re.compile(r"[^\s/,:=]+")
PRESIGNED = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature")
"""The parameters by which a query is signed with version 4."""

VERSION_2 = re.compile(r"AWS (?P<key>[^\s/,:=]+):(?P<signature>[A-Za-z0-9+/]+={0,2})")
FORM_FIELD = re.compile(
    rb'^--[^\r\n]+\r\ncontent-disposition: *form-data; *name="(?P<name>[^"\r\n]+)"\r\n'
    rb"\r\n(?P<value>[^\r\n]*)\r\n",
    re.MULTILINE | re.IGNORECASE,
)


class Kind(Enum):
    """How a call is signed."""

    SIGNED = "version 4, in a header or in the query"
    FORM = "version 4 over the policy in an HTML form (S3)"
    VERSION_2 = "version 2 (S3)"


@dataclass(frozen=True)
class Claim:
    """An access key, and the service and Region that it signs for (of version 2, which names none, the
    Region is None)."""

    kind: Kind
    key: str
    service: str
    region: str | None
    fields: Mapping[str, str]
    """Of a form those that are signed or sign."""
    date: str = ""
    """Of version 4, not in a form: the day in its scope, which headers are signed, the signature itself."""
    headers: tuple[str, ...] = ()
    signature: str = ""

    @classmethod
    def of(cls, header: Callable[[str], str], query: Mapping[str, str], body: bytes) -> Optional["Claim"]:
        """What a request claims; None if it is not signed. `header` gives a header by its lower-case name."""
        authorization = header("authorization").strip()
        if authorization:
            if match := VERSION_2.fullmatch(authorization):
                dated = header("date") or header("x-amz-date")
                return cls(Kind.VERSION_2, match["key"], "s3", None, {}) if dated else None
            return in_header(authorization)
        if "X-Amz-Signature" in query:
            return in_query(query)
        if query.get("AWSAccessKeyId") and query.get("Signature") and query.get("Expires", "").isdigit():
            return cls(Kind.VERSION_2, query["AWSAccessKeyId"], "s3", None, {})
        if header("content-type").startswith("multipart/form-data"):
            return in_form(body)
        return None


def in_header(authorization: str) -> Claim | None:
    algorithm, _, rest = authorization.partition(" ")
    listed = rest.split(",")
    parts = dict(part.strip().partition("=")[::2] for part in listed)
    if algorithm != ALGORITHM or len(listed) != 3:
        return None
    return signed(parts.get("Credential", ""), parts.get("SignedHeaders", ""), parts.get("Signature", ""))


def in_query(query: Mapping[str, str]) -> Claim | None:
    if query.get("X-Amz-Algorithm") != ALGORITHM or not query.get("X-Amz-Date"):
        return None
    return signed(
        query.get("X-Amz-Credential", ""), query.get("X-Amz-SignedHeaders", ""), query["X-Amz-Signature"]
    )


def signed(credential: str, headers: str, signature: str) -> Claim | None:
    scope = CREDENTIAL.fullmatch(credential)
    if scope is None or not SIGNED_HEADERS.fullmatch(headers) or not SIGNATURE.fullmatch(signature):
        return None
    names = tuple(headers.split(";"))
    return Claim(
        Kind.SIGNED, scope["key"], scope["service"], scope["region"], {}, scope["date"], names, signature
    )


def in_form(body: bytes) -> Claim | None:
    """What the fields before the file claim: an upload that a page was given the signed fields for."""
    fields = {
        match["name"].decode("latin-1").lower(): match["value"].decode("latin-1")
        for match in FORM_FIELD.finditer(body.partition(b'name="file"')[0])
    }
    scope = CREDENTIAL.fullmatch(fields.get("x-amz-credential", ""))
    complete = (
        fields.get("x-amz-algorithm") == ALGORITHM and fields.get("policy") and fields.get("x-amz-date")
    )
    if scope and complete and SIGNATURE.fullmatch(fields.get("x-amz-signature", "")):
        return Claim(Kind.FORM, scope["key"], "s3", scope["region"], fields)
    if fields.get("awsaccesskeyid") and fields.get("policy") and fields.get("signature"):
        return Claim(Kind.FORM, fields["awsaccesskeyid"], "s3", None, fields)
    return None
