"""A time limit for each read of a stream."""

import asyncio
from collections.abc import AsyncIterator


async def attentive(batches: AsyncIterator[list[bytes]], seconds: float) -> AsyncIterator[list[bytes]]:
    """Pass `batches` on. Raises `TimeoutError` when the next one takes longer than `seconds`."""
    while True:
        async with asyncio.timeout(seconds):
            try:
                chunks = await anext(batches)
            except StopAsyncIteration:
                return
        yield chunks
