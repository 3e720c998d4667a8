"""Listens with an aiohttp application for as long as a block runs."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.http import HttpProcessingError

from server.door import allowed
from server.door.admission import HEAD_SECONDS, Door, GuardedConnection
from server.door.authority import is_loopback
from server.door.guard import Kind

SHUTDOWN_SECONDS = 0.25
"""How long open streams may go on after the end, twice (aiohttp waits for the handlers, cancels them, and
waits again); its default is a minute."""

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
    try:
        make_protocol = runner.server
        assert make_protocol is not None
        loop = asyncio.get_running_loop()
        listening = await loop.create_server(
            lambda: GuardedConnection(make_protocol(), door), host, port, start_serving=False
        )
        try:
            addresses = [each.getsockname() for each in listening.sockets]
            door.on_loopback = all(is_loopback(bracketed(address[0])) for address in addresses)
            await listening.start_serving()
            yield int(addresses[0][1])
        finally:
            listening.close()
    finally:
        await runner.cleanup()


def bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
