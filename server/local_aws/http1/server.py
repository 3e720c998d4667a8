"""Listens on a loopback port and hands each request to one coroutine."""

import asyncio
import os
import socket
import ssl
import sys
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress

import h11

from server.door import allowed, guard, peer
from server.door.allowed import Allowed
from server.door.guard import Facts, Kind, Port, Refusal
from server.listener import Listener, attached
from server.local_aws.http1.exchange import Connection, Exchange, PeerGone

HOST = "127.0.0.1"
READ_BUFFER = 65_536
"""Bytes asyncio buffers for a reader before it stops reading the socket (it stops at twice this)."""

HEAD_SECONDS = 20.0
"""How long a client may take to begin, and for a request line and its headers."""

MAX_HEAD = 1_048_576
"""Bytes of a request line and its headers: 1 MB in all (Lambda quotas, checked 2026-11)."""

JSON = "application/json"
Handler = Callable[[Exchange], Awaitable[None]]


class Server:
    """An HTTP/1.1 server for as long as it is started; each connection is a task of its own.

    What the guard of a port of this `kind` refuses does not come to `handler`. A request's head must be
    complete within `head_seconds`.

    A handler that returns without answering is a defect and becomes a 500, as does one that raises: the
    traceback goes to stderr, never to the client. Nagle's algorithm is off, which is asyncio's default. With
    `tls`, the port also takes connections over TLS.
    """

    def __init__(
        self,
        handler: Handler,
        kind: Kind,
        tls: ssl.SSLContext | None = None,
        *,
        head_seconds: float = HEAD_SECONDS,
    ) -> None:
        self._handler = handler
        self._kind = kind
        self._head_seconds = head_seconds
        self._allowed = Allowed()
        self._port = 0
        self._listener = Listener(
            self._attach,
            tls=tls,
            patience=head_seconds,
            are_clients=kind is not Kind.RUNTIME,
        )

    async def start(self, port: int = 0) -> int:
        """Listen on `port` of 127.0.0.1 (0: any free one); return the port. Raises `OSError` if it is taken
        or no descriptor is left, `allowed.BadEntry`."""
        self._allowed = allowed.from_environment()
        self._port = self._listener.start(HOST, port)
        return self._port

    async def stop(self) -> None:
        """Give the port back and cut every connection."""
        await self._listener.stop()

    def cut_connections(self) -> None:
        """Cut every open connection; go on listening."""
        self._listener.cut()

    async def _attach(self, connection: socket.socket, tls: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=READ_BUFFER, loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        transport = await attached(lambda: protocol, connection, tls, self._head_seconds)
        if transport is not None:
            await self._connected(reader, asyncio.StreamWriter(transport, protocol, reader, loop))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer, MAX_HEAD)
        try:
            await self._judge_user_and_serve(connection)
        except (asyncio.CancelledError, OSError):
            connection.abort()
        finally:
            with suppress(ConnectionError, asyncio.CancelledError):
                await connection.close()

    async def _judge_user_and_serve(self, connection: Connection) -> None:
        """Raises `ConnectionError`, and `OSError` if no descriptor is left to ask by."""
        try:
            user = peer.user_of(connection.writer.get_extra_info("socket"))
        except peer.PeerGone:
            # a runtime may end right after its last call; whoever else does it knows no invocation's id
            if self._kind is Kind.RUNTIME:
                await self._serve(connection, only="POST")
            return
        refusal = None if user is None else guard.judge_user(user, os.geteuid(), self._allowed)
        if refusal is None:
            await self._serve(connection)
        else:
            await connection.refuse(refusal.status, JSON, refusal.to_json())

    def _judge(self, exchange: Exchange, connection: Connection) -> Refusal | None:
        facts = Facts.of(
            exchange.method,
            exchange.sent_target,
            exchange.headers,
            needs_host=exchange.http_version != b"1.0",
        )
        port = Port(self._kind, self._port, 443 if connection.over_tls else 80)
        return guard.judge(port, facts, self._allowed)

    async def _serve(self, connection: Connection, only: str | None = None) -> None:
        """Take one request after another; `only` those of that method, if it is given."""
        while True:
            try:
                exchange = await connection.next_exchange(self._head_seconds)
            except h11.RemoteProtocolError as error:
                await connection.refuse(error.error_status_hint, "text/plain", f"{error}\n".encode())
                return
            if exchange is None or (only is not None and exchange.method != only):
                return
            refusal = self._judge(exchange, connection)
            if refusal is not None:
                headers = [("Content-Type", JSON), ("Connection", "close")]
                await exchange.respond(refusal.status, headers, refusal.to_json())
                await connection.ready_for_next()
                return
            try:
                await self._handler(exchange)
                if not exchange.answered:
                    raise RuntimeError(f"no answer to {exchange.method} {exchange.target}")
            except PeerGone:
                return
            except Exception:
                traceback.print_exc(file=sys.stderr)
                if exchange.started:
                    exchange.abort()
                    return
                await exchange.respond(500, [("Content-Type", "text/plain")], b"Internal Server Error")
            if not await connection.ready_for_next():
                return
