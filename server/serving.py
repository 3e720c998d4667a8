"""Listens with an aiohttp application for as long as a block runs."""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.http import HttpProcessingError

from server.door import allowed
from server.door.admission import HEAD_SECONDS, Door, GuardedConnection
from server.door.authority import is_loopback
from server.door.guard import Kind
from server.listener import Listener, attached

SHUTDOWN_SECONDS = 0.25
"""How long open streams may go on after the end, twice (aiohttp waits for the handlers, cancels them, and
waits again); its default is a minute."""

LOOPBACK = "127.0.0.1"
IDLE_SECONDS = 75.0
"""How long a connection may be without a request; its default is an hour."""


def is_our_fault(record: logging.LogRecord) -> bool:
    """A log filter. aiohttp logs a traceback also for bytes that are not HTTP (TLS, a line too long), which
    it answers with 400, and for a client that is gone before its response begins."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (HttpProcessingError, ConnectionResetError))


LOGGER = logging.getLogger(__name__)
LOGGER.addFilter(is_our_fault)
logging.getLogger("aiohttp.websocket").setLevel(logging.ERROR)  # it warns of what a client offers


@asynccontextmanager
async def serving(
    app: web.Application, kind: Kind, host: str, port: int, *, head_seconds: float = HEAD_SECONDS
) -> AsyncIterator[int]:
    """Serve `app` behind the guard of a port of this `kind`; yield the port (the one taken, when `port` is
    0). Raises `OSError` if it is in use, `allowed.BadEntry`.

    A request's head must be complete within `head_seconds`. A handler is cancelled as soon as its client is
    gone, and no line is logged for a request, good or bad: what a thread prints would land in whichever cell
    runs.
    """
    door = Door(kind, allowed.from_environment(), head_seconds)
    async with protocols(app, door) as make_protocol:
        loop = asyncio.get_running_loop()
        listening = await loop.create_server(make_protocol, host, port, start_serving=False)
        try:
            addresses = [each.getsockname() for each in listening.sockets]
            door.on_loopback = all(is_loopback(bracketed(address[0])) for address in addresses)
            await listening.start_serving()
            yield int(addresses[0][1])
        finally:
            listening.close()


@asynccontextmanager
async def serving_with_tls(app: web.Application, kind: Kind, tls: ssl.SSLContext) -> AsyncIterator[int]:
    """The same on any free port of 127.0.0.1, over TLS where a client begins with its handshake."""
    door = Door(kind, allowed.from_environment(), HEAD_SECONDS)
    async with protocols(app, door) as make_protocol:

        async def attach(connection: socket.socket, context: ssl.SSLContext | None) -> None:
            await attached(make_protocol, connection, context, HEAD_SECONDS)

        listener = Listener(attach, tls=tls, patience=HEAD_SECONDS, are_clients=True)
        try:
            yield listener.start(LOOPBACK, 0)
        finally:
            await listener.stop()


@asynccontextmanager
async def protocols(app: web.Application, door: Door) -> AsyncIterator[Callable[[], asyncio.Protocol]]:
    """Yield what makes the protocol of a connection to `app`; at the end, end every connection."""
    app.middlewares.insert(0, door.admit)
    runner = web.AppRunner(
        app,
        handler_cancellation=True,
        access_log=None,
        logger=LOGGER,
        shutdown_timeout=SHUTDOWN_SECONDS,
        keepalive_timeout=IDLE_SECONDS,
    )
    await runner.setup()
    make_protocol = runner.server
    assert make_protocol is not None
    try:
        yield lambda: GuardedConnection(make_protocol(), door)
    finally:
        await runner.cleanup()


def bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
