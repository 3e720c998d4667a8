"""Signs requests to Function URLs whose AuthType is AWS_IAM, with botocore's own signer.

Lambda's authorization of URLs: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html (checked 2026-11).
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

SERVICE = "lambda"
VALID_SECONDS = 3600


@dataclass(frozen=True)
class Signer:
    """Signs for one Region, with the credentials that the session has at that moment."""

    session: boto3.Session
    region: str

    def credentials(self) -> ReadOnlyCredentials:
        return self.session.get_credentials().get_frozen_credentials()

    def headers(self, url: str) -> dict[str, str]:
        """The headers that sign a GET of `url`."""
        request = AWSRequest("GET", url)
        SigV4Auth(self.credentials(), SERVICE, self.region).add_auth(request)
        return dict(request.headers)

    def presign(self, url: str) -> str:
        """`url` with the signature in its query, for an hour: for who cannot send headers."""
        request = AWSRequest("GET", url)
        SigV4QueryAuth(self.credentials(), SERVICE, self.region, VALID_SECONDS).add_auth(request)
        return str(request.url)


_signers: dict[str, Signer] = {}


def sign_requests_to(url: str, session: boto3.Session, region: str) -> None:
    """Sign requests to the host of `url` from now on."""
    _signers[urlsplit(url).netloc] = Signer(session, region)


def signer_of(url: str) -> Signer | None:
    """Who signs requests to `url`; None if they are not to be signed."""
    return _signers.get(urlsplit(url).netloc)


def signed_headers(url: str) -> dict[str, str]:
    """The headers that a GET of `url` needs beside its own: a signature, or none."""
    signer = signer_of(url)
    return signer.headers(url) if signer else {}


def presigned(url: str) -> str:
    """`url` as a browser can ask for it."""
    signer = signer_of(url)
    return signer.presign(url) if signer else url
