"""The buffers of notebook 05, for `lab.streams.relay`; of those that have a size, a function makes one."""

import asyncio
import zlib

from lab.streams.relay import Chunks, Transform

GZIP = {"Content-Encoding": "gzip"}
"""The header that goes with the two compressors."""
GZIP_WBITS = 31


async def pass_on(chunks: Chunks) -> Chunks:
    """Hold nothing."""
    async for chunk in chunks:
        yield chunk


def items(number: int) -> Transform:
    """Hold until there are `number` chunks."""

    async def hold(chunks: Chunks) -> Chunks:
        held: list[bytes] = []
        async for chunk in chunks:
            held.append(chunk)
            if len(held) == number:
                yield b"".join(held)
                held.clear()
        yield b"".join(held)

    return hold


def timer(seconds: float) -> Transform:
    """Hold, and let go of everything each `seconds`."""

    async def hold(chunks: Chunks) -> Chunks:
        held: list[bytes] = []

        async def collect() -> None:
            async for chunk in chunks:
                held.append(chunk)

        collecting = asyncio.create_task(collect())
        try:
            while not collecting.done():
                await asyncio.wait({collecting}, timeout=seconds)
                yield b"".join(held)
                held.clear()
            await collecting  # raises what cut the stream, if anything did
        finally:
            collecting.cancel()
            await asyncio.gather(collecting, return_exceptions=True)  # nobody closes `chunks` under it

    return hold


def blocks(size: int) -> Transform:
    """Let go of blocks of exactly `size` bytes, wherever that cuts an item."""

    async def hold(chunks: Chunks) -> Chunks:
        held = b""
        async for chunk in chunks:
            held += chunk
            whole = len(held) - len(held) % size
            if whole:
                yield held[:whole]
                held = held[whole:]
        yield held

    return hold


async def one_line_behind(chunks: Chunks) -> Chunks:
    """Let a line go when the next one has arrived."""
    held, rest = b"", b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield held
            held = line + b"\n"
    yield held + rest


async def gzipped(chunks: Chunks) -> Chunks:
    """Compress; the compressor decides when there is something to send."""
    compressor = zlib.compressobj(wbits=GZIP_WBITS)
    async for chunk in chunks:
        yield compressor.compress(chunk)
    yield compressor.flush()


async def gzipped_and_flushed(chunks: Chunks) -> Chunks:
    """Compress, and flush after each chunk."""
    compressor = zlib.compressobj(wbits=GZIP_WBITS)
    async for chunk in chunks:
        yield compressor.compress(chunk) + compressor.flush(zlib.Z_SYNC_FLUSH)
    yield compressor.flush()
