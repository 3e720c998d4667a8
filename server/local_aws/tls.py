"""TLS on 127.0.0.1: a certificate that functions trust (other processes need not), and a port that takes both
TLS and plain connections."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import certifi
import trustme

TLS_HANDSHAKE = b"\x16"
"""The first byte of a TLS connection: the content type "handshake" (RFC 8446 section 5.1)."""

BACKLOG = 1024

Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Certificate:
    """A certificate for 127.0.0.1 and localhost. Its authority's key is never stored; `bundle` is a file with
    the authority and the public ones; `context` serves the certificate."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("127.0.0.1", "localhost").configure_cert(self.context)
        self.bundle = folder / "authorities.pem"
        self.bundle.write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())

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


class TlsOrPlain:
    """Accepts connections like `asyncio.start_server`, over TLS where a client begins with its handshake.
    `sockets` and `close()` are those of `asyncio.Server`."""

    def __init__(self, connected: Connected, context: ssl.SSLContext, limit: int) -> None:
        self._connected, self._context, self._limit = connected, context, limit
        self._tasks: set[asyncio.Task[None]] = set()
        self.sockets: list[socket.socket] = []

    def start(self, host: str, port: int) -> None:
        """Raises `OSError` if the port is taken."""
        self.sockets = [socket.create_server((host, port), backlog=BACKLOG)]
        self.sockets[0].setblocking(False)
        self._in_task(self._accept(self.sockets[0]))

    def close(self) -> None:
        """Accept no more; connections that have begun go on."""
        for task in self._tasks:
            task.cancel()
        for listening in self.sockets:
            listening.close()

    def _in_task(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listening)
            except OSError:  # no descriptor is left, or the client has gone already
                await asyncio.sleep(0.1)
                continue
            self._in_task(self._begin(connection))

    async def _begin(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        begun = False
        try:
            first = await peek(connection)
            reader = asyncio.StreamReader(limit=self._limit, loop=loop)
            protocol = asyncio.StreamReaderProtocol(reader, self._connected, loop=loop)
            context = self._context if first == TLS_HANDSHAKE else None
            begun = True
            with suppress(OSError):  # of a handshake that fails, the client learns by TLS's own alert
                await loop.connect_accepted_socket(lambda: protocol, connection, ssl=context)
        finally:
            if not begun:
                connection.close()


async def peek(connection: socket.socket) -> bytes:
    """Wait for the first byte and leave it there; b"" if the peer has gone."""
    loop = asyncio.get_running_loop()
    readable: asyncio.Future[None] = loop.create_future()
    loop.add_reader(connection, wake, readable)
    try:
        await readable
        return connection.recv(1, socket.MSG_PEEK)
    except OSError:
        return b""
    finally:
        loop.remove_reader(connection)


def wake(waiting: "asyncio.Future[None]") -> None:
    if not waiting.done():
        waiting.set_result(None)
