"""The clients that endpoints of the exam come with: they read as programs out there do, well or not."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import httpx

from lab.streams.readers import Head, read_chunks

Client = Callable[[str], AsyncGenerator[Head | bytes, None]]
SIZE = 1024
REST_SECONDS = 0.2


async def read_sized(url: str) -> AsyncGenerator[Head | bytes, None]:
    """Ask httpx for `SIZE` bytes at a time: it waits until it has exactly that many."""
    async with (
        httpx.AsyncClient(trust_env=False, timeout=None) as client,
        client.stream("GET", url) as response,
    ):
        yield Head(response.status_code, response.headers)
        async for data in response.aiter_bytes(SIZE):
            yield data


async def read_slowly(url: str) -> AsyncGenerator[Head | bytes, None]:
    """Rest after each chunk, as a client does that works on it before it reads on."""
    async for part in read_chunks(url):
        yield part
        if isinstance(part, bytes):
            await asyncio.sleep(REST_SECONDS)
