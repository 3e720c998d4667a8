"""Reads a stream to its end and notes when each part came."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, nullcontext
from time import time

import aiohttp
from websockets.exceptions import ConnectionClosedError

from lab.arrivals import Arrivals, Part
from lab.live import LiveView


async def record(
    reader: AsyncGenerator[Part, None], label: str = "", *, source: str = "LOCAL", live: bool = False
) -> Arrivals:
    """Read to the end and note when each part came; with `live`, show it growing while it does.

    A stream that is cut is a result, kept in `Arrivals.error`. Whatever else the reader raises is raised.
    """
    arrivals = Arrivals(label, source)
    async with LiveView(arrivals) if live else nullcontext():
        try:
            async with aclosing(reader) as parts:
                async for part in parts:
                    arrivals.add(part)
        except (aiohttp.ClientPayloadError, ConnectionClosedError) as error:
            arrivals.error = error
        arrivals.ended = time()
    return arrivals
