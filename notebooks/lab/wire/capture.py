"""Writes a request by hand on a raw connection and records every read, with its time.

What the socket gives is what is recorded: no HTTP library stands between. (For https and wss the record is
what TLS carries.) Each function is short enough to be read in a lesson.
"""

import base64
import os
from collections.abc import Iterable, Mapping

from lab.wire.connection import CaptureTimeout, Connection, connect, get_request
from lab.wire.exchange import Exchange
from lab.wire.http1 import Http1Annotator
from lab.wire.websocket import CLOSE, PING, PONG, TEXT, Frame

GOODBYE = 1.0
"""Seconds that the server has for its part of the end, once we have said ours."""


async def capture(
    url: str, headers: Mapping[str, str] | None = None, http_version: str = "1.1", timeout: float = 30.0
) -> Exchange:
    """GET `url` (http or https); record until the response is complete or the connection ends.

    Raises `ValueError` for what cannot be sent, `ConnectionError` if nobody answers there, `CaptureTimeout`
    (with the exchange so far) after `timeout` seconds.
    """
    request = get_request(url, headers or {}, http_version)
    response = Http1Annotator("server")
    async with connect(url, ("http", "https"), timeout) as connection:
        connection.send(request)
        while not response.complete and (data := await connection.read()):
            response.feed(data, connection.reads[-1].at)
        return Exchange(url, connection.reads)


async def capture_websocket(
    url: str, messages: Iterable[str] = (), headers: Mapping[str, str] | None = None, timeout: float = 30.0
) -> Exchange:
    """Open a WebSocket at `url` (ws or wss), send the text messages, record both directions to the end.

    Pings and the closing handshake are answered. If the server has not closed after `timeout` seconds, we do.
    A handshake that is refused is recorded as the response it is. Raises what `capture` raises.
    """
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    key = base64.b64encode(os.urandom(16)).decode()
    request = get_request(url, {**upgrade, "Sec-WebSocket-Key": key, **(headers or {})}, "1.1")
    server = Http1Annotator("server")
    async with connect(url, ("ws", "wss"), timeout) as connection:
        connection.send(request)
        while not (server.complete or server.websocket) and (data := await connection.read()):
            server.feed(data, connection.reads[-1].at)
        if server.websocket:
            for message in messages:
                connection.send(masked(TEXT, message.encode()))
            await _answer(connection, server, server.websocket.frames)
        return Exchange(url, connection.reads)


async def _answer(connection: Connection, server: Http1Annotator, frames: list[Frame]) -> None:
    """Read to the end of the connection, and answer what RFC 6455 (sections 5.5.1 and 5.5.2) says must be."""
    answered, closing = 0, False
    while True:
        for frame in frames[answered:]:
            answered += 1
            if frame.opcode == PING:
                connection.send(masked(PONG, frame.payload))
            elif frame.opcode == CLOSE:
                if not closing:
                    connection.send(masked(CLOSE, frame.payload))
                closing = True
                connection.give(GOODBYE)
        try:
            data = await connection.read()
        except CaptureTimeout:
            if closing:
                return
            connection.send(masked(CLOSE, (1000).to_bytes(2, "big")))
            closing = True
            connection.give(GOODBYE)
            continue
        if not data:
            return
        server.feed(data, connection.reads[-1].at)


def masked(opcode: int, payload: bytes) -> bytes:
    """Return a frame as a client must send it: masked with 4 random bytes (RFC 6455 section 5.3)."""
    return Frame(opcode, payload, mask=os.urandom(4)).encode()
