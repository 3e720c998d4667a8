"""Accepts connections on a loopback port, over TLS where a client begins with its handshake.

asyncio's own server is not used: without descriptors it writes a traceback for every connection that its
backlog allows, a thousand a second for each port, until nothing else gets a turn.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress

from server.processes import descriptors

TLS_HANDSHAKE = b"\x16"
"""The first byte of a TLS connection: the content type "handshake" (RFC 8446 section 5.1)."""

RETRY_SECONDS = 0.1
"""How long clients wait in the port's queue before they are looked at again, when descriptors are short."""

Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Listener:
    """Hands each connection to `connected`; with `tls`, the port takes both TLS and plain ones.

    `backlog`: how many clients may wait to be accepted; `spare`: how many descriptors it leaves to others;
    `patience`: seconds that a client may take to begin, and again for TLS's handshake;
    `on_shortage` is called, again and again, while there are not so many.
    """

    def __init__(
        self,
        connected: Connected,
        *,
        tls: ssl.SSLContext | None,
        limit: int,
        backlog: int,
        spare: int,
        patience: float,
        on_shortage: Callable[[], None],
    ) -> None:
        self._connected, self._tls, self._limit = connected, tls, limit
        self._backlog, self._spare, self._on_shortage = backlog, spare, on_shortage
        self._patience = patience
        self._socket: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, host: str, port: int) -> int:
        """Listen; return the port. Raises `OSError` if it is taken or no descriptor is left."""
        self._socket = socket.create_server((host, port), backlog=self._backlog)
        self._socket.setblocking(False)
        self._in_task(self._accept(self._socket))
        bound: int = self._socket.getsockname()[1]
        return bound

    def close(self) -> None:
        """Accept no more; connections that have begun go on."""
        for task in self._tasks:
            task.cancel()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)  # before its number is another's
            self._socket.close()
            self._socket = None

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
                self._on_shortage()
                await asyncio.sleep(RETRY_SECONDS)
                continue
            number = connection.fileno()
            self._in_task(self._begin(connection))
            del connection
            if number >= descriptors.limit() - self._spare:  # the lowest free number is given out first
                while descriptors.left() < self._spare:
                    self._on_shortage()
                    await asyncio.sleep(RETRY_SECONDS)

    async def _begin(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        begun = False
        try:
            tls = None
            if self._tls:
                try:
                    first = await asyncio.wait_for(peek(connection), self._patience)
                except asyncio.TimeoutError:
                    return
                tls = self._tls if first == TLS_HANDSHAKE else None
            reader = asyncio.StreamReader(limit=self._limit, loop=loop)
            protocol = asyncio.StreamReaderProtocol(reader, self._connected, loop=loop)
            begun = True
            with suppress(OSError):  # of a handshake that fails, the client learns by TLS's own alert
                await loop.connect_accepted_socket(
                    lambda: protocol,
                    connection,
                    ssl=tls,
                    ssl_handshake_timeout=self._patience if tls else None,
                )
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
