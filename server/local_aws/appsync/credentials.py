"""How a client hands its credentials to the real-time endpoint: in one of three ways.

Docs: docs.aws.amazon.com/appsync/latest/devguide/real-time-websocket-client.html (checked 2026-11): the query
(`?header=` base64 JSON `&payload=`), a subprotocol (`header-` base64url JSON), or ordinary HTTP headers.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence

from server.local_aws.appsync.errors import Refused

SUBPROTOCOL_PREFIX = "header-"


def from_handshake(
    headers: Mapping[str, str], query: Mapping[str, str], subprotocols: list[str]
) -> dict[str, str]:
    """Return the credentials of a handshake, with lower-case names. Raises `Refused` (400) if they cannot be
    read."""
    for subprotocol in subprotocols:
        if subprotocol.startswith(SUBPROTOCOL_PREFIX):
            return decode(subprotocol[len(SUBPROTOCOL_PREFIX) :])
    if "header" in query:
        return decode(query["header"])
    return lower(headers)


def decode(encoded: str) -> dict[str, str]:
    """Base64 or base64url, padded or not, of a JSON object of strings."""
    plain = encoded.replace("-", "+").replace("_", "/").replace(" ", "+").rstrip("=")
    try:
        document = json.loads(base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True))
    except (binascii.Error, ValueError, RecursionError):
        document = None
    if not is_text(document):
        raise Refused(400, "BadRequestException", "The header is not base64 of a JSON object of strings")
    return lower(document)


def is_text(document: object) -> bool:
    return isinstance(document, dict) and all(isinstance(value, str) for value in document.values())


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def check_host(credentials: Mapping[str, str], hosts: Sequence[str]) -> None:
    """Raise `Refused` unless `host` in the credentials is one of the API's: that of its HTTP endpoint, or
    that under which it was reached."""
    if credentials.get("host", "").lower() not in hosts:
        message = f"host in the header must be that of the HTTP endpoint, {hosts[0]}"
        raise Refused(400, "BadRequestException", message)
