"""Listens with an aiohttp application for as long as a block runs."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.http import HttpProcessingError

SHUTDOWN_SECONDS = 0.25
"""How long open streams may go on after the end, twice (aiohttp waits for the handlers, cancels them, and
waits again); its default is a minute."""


def is_our_fault(record: logging.LogRecord) -> bool:
    """A log filter. aiohttp logs a traceback also for bytes that are not HTTP (TLS, a line too long), which
    it answers with 400, and for a client that is gone before its response begins."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (HttpProcessingError, ConnectionResetError))


LOGGER = logging.getLogger(__name__)
LOGGER.addFilter(is_our_fault)
logging.getLogger("aiohttp.websocket").setLevel(logging.ERROR)  # it warns of what a client offers


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """Serve `app`; yield the port (the one taken, when `port` is 0). Raises `OSError` if it is in use.

    A handler is cancelled as soon as its client is gone, and no line is logged for a request, good or bad:
    what a thread prints would land in whichever cell runs.
    """
    runner = web.AppRunner(
        app,
        handler_cancellation=True,
        access_log=None,
        logger=LOGGER,
        shutdown_timeout=SHUTDOWN_SECONDS,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
