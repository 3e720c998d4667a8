"""Reads a stream to its end and notes when each part came."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, nullcontext
from time import time

import aiohttp
from websockets.exceptions import ConnectionClosedError

from lab.arrivals import Arrivals, Part
from lab.live import LiveView
from lab.readers import Head
from lab.source import LOCAL, source_of


async def record(
    reader: AsyncGenerator[Part, None],
    label: str = "",
    *,
    source: str = "",
    shared_clock: bool = False,
    live: bool = False,
) -> Arrivals:
    """Read to the end and note when each part came; with `live`, show it growing while it does.

    Where it was measured is told by the URL in the stream's head, or by `source` where there is no head. What
    comes from another machine was stamped by another clock, unless there is a `shared_clock`: the producer
    runs here, and only the way leads elsewhere.

    A stream that is cut is a result, kept in `Arrivals.error`. Whatever else the reader raises is raised.
    """
    arrivals = Arrivals(label)
    async with LiveView(arrivals) if live else nullcontext():
        try:
            async with aclosing(reader) as parts:
                async for part in parts:
                    arrivals.add(part)
        except (aiohttp.ClientPayloadError, ConnectionClosedError) as error:
            arrivals.error = error
        arrivals.ended = time()
    heads = [part for _, part in arrivals.parts if isinstance(part, Head)]
    arrivals.source = source or (source_of(heads[0].url) if heads and heads[0].url else LOCAL)
    arrivals.relative = arrivals.source != LOCAL and not shared_clock
    return arrivals
