"""Reads a stream to its end and notes when each part came."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, nullcontext
from time import time

import aiohttp
from websockets.exceptions import ConnectionClosedError

from lab.streams.arrivals import Arrivals, Part, Recording
from lab.streams.live import LiveView
from lab.streams.readers import Head
from lab.streams.source import LOCAL, source_of


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
    recording = Recording()
    cut: Exception | None = None
    async with LiveView(recording) if live else nullcontext():
        try:
            async with aclosing(reader) as parts:
                async for part in parts:
                    recording.add(part)
        except (aiohttp.ClientPayloadError, ConnectionClosedError) as error:
            cut = error
        ended = time()
    source = source or measured_at(recording)
    relative = source != LOCAL and not shared_clock
    return Arrivals(label, source, recording.started, ended, cut, recording.parts, relative)


def measured_at(recording: Recording) -> str:
    """Where the stream came from, as its head tells."""
    urls = [part.url for _, part in recording.parts if isinstance(part, Head) and part.url]
    return source_of(urls[0]) if urls else LOCAL
