"""TLS on 127.0.0.1: a certificate that functions trust (others by `GET /_local/certificate`)."""

import ssl
from pathlib import Path

import certifi
import trustme


class Certificate:
    """A certificate for 127.0.0.1 and localhost. Its authority's key is never stored; `authority` is the
    authority's certificate (PEM), `bundle` a file with it and the public ones; `context` serves the
    certificate."""

    def __init__(self, folder: Path) -> None:
        made = trustme.CA()
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        made.issue_cert("127.0.0.1", "localhost").configure_cert(self.context)
        self.authority = made.cert_pem.bytes()
        self.bundle = folder / "authorities.pem"
        self.bundle.write_bytes(Path(certifi.where()).read_bytes() + self.authority)

    def trusted(self) -> dict[str, str]:
        """The environment variables by which a process trusts it: those of boto3 and requests, of OpenSSL
        (Python's `ssl`, Go, Ruby, …), of curl and of Node."""
        names = (
            "AWS_CA_BUNDLE",
            "REQUESTS_CA_BUNDLE",
            "SSL_CERT_FILE",
            "CURL_CA_BUNDLE",
            "NODE_EXTRA_CA_CERTS",
        )
        return {name: str(self.bundle) for name in names}
