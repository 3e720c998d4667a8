"""Accepts connections on a loopback port, over TLS where a client begins with its handshake.

asyncio's own server is not used: without descriptors it writes a traceback for every connection that its
backlog allows, a thousand a second for each port, until nothing else gets a turn.
"""

import asyncio
import errno
import socket
import ssl
from collections.abc import Awaitable, Callable
from weakref import WeakSet

from server.processes import descriptors

BACKLOG = 1024
"""How many clients may wait to be accepted."""

TLS_HANDSHAKE = b"\x16"
"""The first byte of a TLS connection: the content type "handshake" (RFC 8446 section 5.1)."""

RETRY_SECONDS = 0.1
"""How long clients wait in the port's queue before they are looked at again, when descriptors are short."""

Attach = Callable[[socket.socket, ssl.SSLContext | None], Awaitable[None]]
"""Serves a connection from its first byte on: over TLS if there is a context, else plain."""

CLIENTS: WeakSet["asyncio.Task[None]"] = WeakSet()
"""The connections of clients to all ports of this process, which have a share of its descriptors."""


class Listener:
    """Hands each connection to `attach`, in a task of its own. With `tls`, the port takes both TLS and plain
    connections.

    `patience`: how many seconds a client may take to begin; `are_clients`: whether who connects has a place
    in the clients' share of descriptors, or is a runtime, which has one with its environment.
    """

    def __init__(
        self,
        attach: Attach,
        *,
        tls: ssl.SSLContext | None,
        patience: float,
        are_clients: bool,
    ) -> None:
        self._attach = attach
        self._tls = tls
        self._patience = patience
        self._are_clients = are_clients
        self._socket: socket.socket | None = None
        self._accepting: set[asyncio.Task[None]] = set()
        self._connections: set[asyncio.Task[None]] = set()

    def start(self, host: str, port: int) -> int:
        """Listen; return the port. Raises `OSError` if it is taken or no descriptor is left."""
        self._socket = socket.create_server((host, port), backlog=BACKLOG)
        self._socket.setblocking(False)
        self._accepting.add(asyncio.create_task(self._accept(self._socket)))
        bound: int = self._socket.getsockname()[1]
        return bound

    async def stop(self) -> None:
        """Give the port back and cut every connection but that of the current task, if it is one."""
        for task in self._accepting:
            task.cancel()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)  # before its number is another's
            self._socket.close()
            self._socket = None
        cut = self.cut()
        await asyncio.gather(*cut, return_exceptions=True)

    def cut(self) -> "list[asyncio.Task[None]]":
        """Cut every connection but that of the current task, if it is one; return those that end now."""
        tasks = [task for task in self._connections if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        return tasks

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listening)
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE):
                    descriptors.tell_shortage()
                await asyncio.sleep(RETRY_SECONDS)  # or the client has gone already
                continue
            self._keep(asyncio.create_task(self._serve(connection)))
            del connection
            while self._are_clients and len(CLIENTS) >= descriptors.for_clients():
                descriptors.tell_shortage()
                await asyncio.sleep(RETRY_SECONDS)

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        if self._are_clients:
            CLIENTS.add(task)
            task.add_done_callback(CLIENTS.discard)

    async def _serve(self, connection: socket.socket) -> None:
        try:
            tls = await self._tls_for(connection)
        except (OSError, asyncio.CancelledError):
            connection.close()
            return
        await self._attach(connection, tls)

    async def _tls_for(self, connection: socket.socket) -> ssl.SSLContext | None:
        """Return what the client begins with: TLS, or None for a plain request. Raises `TimeoutError` if it
        does not begin."""
        if self._tls is None:
            return None
        async with asyncio.timeout(self._patience):
            first = await peek(connection)
        return self._tls if first == TLS_HANDSHAKE else None


async def attached(
    make_protocol: Callable[[], asyncio.BaseProtocol],
    connection: socket.socket,
    tls: ssl.SSLContext | None,
    patience: float,
) -> asyncio.Transport | None:
    """Let a protocol speak with whoever has connected; from here on asyncio closes the connection. None if
    TLS's handshake fails or takes more than `patience` seconds, of which the client learns by TLS's alert."""
    try:
        transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
            make_protocol, connection, ssl=tls, ssl_handshake_timeout=patience if tls else None
        )
    except (OSError, asyncio.CancelledError):
        return None
    return transport


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
