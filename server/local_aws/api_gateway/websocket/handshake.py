"""The opening handshake (RFC 6455 section 4.2), without I/O."""

import base64
import binascii
from hashlib import sha1

from server.local_aws.api_gateway.websocket.event import Handshake
from server.local_aws.http1.exchange import Header

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class NotWebSocket(Exception):
    """The request does not open a WebSocket connection; `status` is the answer to it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def accept(handshake: Handshake, method: str) -> list[Header]:
    """Return the headers of the 101 that accepts it, without a subprotocol or extension. Raises
    `NotWebSocket`: 426 for a request that does not ask for WebSocket, 400 for a malformed one."""
    connection = [option.strip().lower() for option in handshake.header("connection").split(",")]
    if "upgrade" not in connection or handshake.header("upgrade").lower() != "websocket":
        raise NotWebSocket(426, "Upgrade Required")
    key = handshake.header("sec-websocket-key")
    if method != "GET" or handshake.header("sec-websocket-version") != "13" or not is_nonce(key):
        raise NotWebSocket(400, "Bad Request")
    digest = base64.b64encode(sha1(key.encode() + GUID).digest()).decode()
    return [("Connection", "upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Accept", digest)]


def is_nonce(key: str) -> bool:
    """Return whether `key` is 16 bytes in base64."""
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False
