"""Clients of the origin that share no code with it: raw sockets, h11, processes."""

import json
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import h11
from aiohttp import web

from server.embedded import EmbeddedServer
from server.origin import make_app

ROOT = Path(__file__).parents[2]
HERE = "127.0.0.1:PORT"
"""The address of whichever server the bytes of a request are sent to."""

PATHS = ("/transfer-encoding", "/sse", "/websocket")
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
"""The handshake of RFC 6455 section 1.2, whose answer it gives too."""


def request(
    path: str, headers: dict[str, str] | None = None, method: str = "GET", version: str = "1.1"
) -> bytes:
    lines = [f"{method} {path} HTTP/{version}", f"Host: {HERE}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def addressed(sending: bytes, port: int) -> bytes:
    """The bytes of a request with the server's own port in their `Host`."""
    return sending.replace(HERE.encode(), f"127.0.0.1:{port}".encode())


def connect(port: int, sending: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.sendall(addressed(sending, port))
    return connection


def reset(connection: socket.socket) -> None:
    """Vanish: RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def read_until(connection: socket.socket, wanted: bytes) -> bytes:
    received = b""
    while wanted not in received:
        piece = connection.recv(65536)
        assert piece, f"closed before {wanted!r}, after {received[-200:]!r}"
        received += piece
    return received


def read_to_end(connection: socket.socket) -> bytes:
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


@dataclass
class Response:
    """A response as h11 reads it: names in lower case, and one bytes object for each chunk on the wire."""

    status: int
    headers: dict[str, str]
    names: list[str]
    http_version: str
    chunks: list[bytes] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)

    @property
    def json(self) -> dict[str, object]:
        answer = json.loads(self.body)
        assert isinstance(answer, dict)
        return answer


def ask(port: int, sending: bytes) -> Response:
    """Send the bytes of one request, and read one response. It is an error if it is cut or malformed."""
    parser = h11.Connection(h11.CLIENT)
    proposal = [("Upgrade", "websocket")] if b"\r\nUpgrade: " in sending else []
    method, path, _ = sending.split(b"\r\n", 1)[0].split(b" ")
    parser.send(h11.Request(method=method, target=path, headers=[("Host", "x"), *proposal]))
    parser.send(h11.EndOfMessage())
    response: Response | None = None
    with connect(port, sending) as connection:
        while True:
            event = parser.next_event()
            if event is h11.NEED_DATA:
                parser.receive_data(connection.recv(65536))
            elif isinstance(event, (h11.Response, h11.InformationalResponse)):
                pairs = [(name.decode(), value.decode("latin-1")) for name, value in event.headers]
                names = [name.decode() for name, _ in event.headers.raw_items()]
                response = Response(event.status_code, dict(pairs), names, event.http_version.decode())
                if event.status_code == 101:
                    return response
            elif isinstance(event, h11.Data):
                assert response is not None
                if event.chunk_start or not response.chunks:
                    response.chunks.append(b"")
                response.chunks[-1] += bytes(event.data)
            else:
                assert isinstance(event, h11.EndOfMessage) and response is not None
                return response


def get(
    port: int,
    path: str,
    headers: dict[str, str] | None = None,
    method: str = "GET",
    version: str = "1.1",
) -> Response:
    return ask(port, request(path, headers, method, version))


def upgrade(port: int, path: str, **headers: str) -> Response:
    """Ask for a WebSocket, with some of the handshake's headers replaced (left out when empty)."""
    changed = UPGRADE | {name.replace("_", "-"): value for name, value in headers.items()}
    return get(port, path, {name: value for name, value in changed.items() if value})


def eventually(condition: Callable[[], bool], within: float = 10.0) -> bool:
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


class WatchedOrigin(EmbeddedServer):
    """The origin, with the number of handlers at work."""

    def __init__(self, heartbeat: float = 15.0) -> None:
        super().__init__(self._make_watched_app)
        self.heartbeat = heartbeat
        self.working = 0

    def _make_watched_app(self) -> web.Application:
        app = make_app(self.heartbeat)
        app.middlewares.append(self._count)
        return app

    @property
    def _count(self) -> Callable[..., Awaitable[web.StreamResponse]]:
        @web.middleware
        async def count(
            request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
        ) -> web.StreamResponse:
            self.working += 1
            try:
                return await handler(request)
            finally:
                self.working -= 1

        return count


class CommandServer:
    """`python -m server` in a process of its own, or a script that prints the port it serves."""

    def __init__(self, *arguments: str) -> None:
        self.arguments = arguments or ("-m", "server", "--port", "0")

    def __enter__(self) -> "CommandServer":
        self._stderr = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [sys.executable, *self.arguments],
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            cwd=ROOT,
        )
        assert self.process.stdout is not None
        self.announcement = self.process.stdout.readline()
        found = re.search(r"127\.0\.0\.1:(\d+)", self.announcement)
        assert found, self.announcement + self.stderr
        self.port = int(found[1])
        return self

    @property
    def stderr(self) -> str:
        self._stderr.seek(0)
        return self._stderr.read()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.communicate()
        self._stderr.close()
