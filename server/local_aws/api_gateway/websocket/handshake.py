"""The opening handshake (RFC 6455 section 4.2), which `websockets` reads, without I/O."""

from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake, InvalidUpgrade
from websockets.http11 import Request
from websockets.server import ServerProtocol

from server.local_aws.api_gateway.websocket.event import Handshake
from server.local_aws.http1.exchange import Header


class Refused(Exception):
    """The connection is not allowed: 401 without credentials, 403 without permission, 500 by an authorizer
    that does not do what it must. `error_type` is AWS's name for it, "" where that is unconfirmed."""

    def __init__(self, status: int, message: str, error_type: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.error_type = error_type


class NotWebSocket(Refused):
    """The request does not open a WebSocket connection."""


def accept(handshake: Handshake, method: str) -> list[Header]:
    """Return the headers of the 101 that accepts it, without a subprotocol or extension. Raises
    `NotWebSocket`: 426 for a request that does not ask for WebSocket, 400 for a malformed one."""
    try:
        request = Request(handshake.path, Headers(handshake.headers))
        digest, _, _ = ServerProtocol().process_request(request)
    except InvalidUpgrade:
        raise NotWebSocket(426, "Upgrade Required") from None
    except InvalidHandshake:
        raise NotWebSocket(400, "Bad Request") from None
    if method != "GET":
        raise NotWebSocket(400, "Bad Request")
    return [("Connection", "upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Accept", digest)]
