"""Who signs requests, host by host: readers, curl and browser ask here, and know nothing of how it works."""

from typing import Protocol
from urllib.parse import urlsplit


class Signer(Protocol):
    """Signs GET requests to the URLs of one host."""

    def headers(self, url: str) -> dict[str, str]:
        """Return the headers that sign a GET of `url`."""

    def presign(self, url: str) -> str:
        """Return `url` with the signature in its query, for a client that cannot send headers."""

    def curl_options(self) -> str:
        """Return curl's options as a reader would type them, with the credentials by their variables."""

    def curl_configuration(self) -> str:
        """Return the same as lines of curl's configuration, with the credentials themselves."""


_signers: dict[str, Signer] = {}


def sign_with(signer: Signer, url: str) -> None:
    """Sign requests to the host of `url` with `signer` from now on."""
    _signers[urlsplit(url).netloc] = signer


def signer_of(url: str) -> Signer | None:
    """Return who signs requests to `url`; None if they are not to be signed."""
    return _signers.get(urlsplit(url).netloc)


def signed_headers(url: str) -> dict[str, str]:
    """Return the headers that a GET of `url` needs beside its own: a signature, or none."""
    signer = signer_of(url)
    return signer.headers(url) if signer else {}


def presigned(url: str) -> str:
    """Return `url` as a browser can ask for it."""
    signer = signer_of(url)
    return signer.presign(url) if signer else url
