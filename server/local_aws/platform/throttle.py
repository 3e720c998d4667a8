"""A token bucket that lets bytes through at a rate, after a burst."""

import asyncio
import math
import time
from collections.abc import AsyncIterator

REFILL_SECONDS = 0.125


class TokenBucket:
    """`burst` tokens, full at first; `rate` tokens a second are added in steps of 125 ms.

    This is the shape of Lambda's response throttle (6 MiB, then 2 MiB/s), steps included, as AWS's published
    emulator has it (checked 2026-11). `now` is a monotonic time in seconds.
    """

    def __init__(self, burst: float, rate: float, now: float) -> None:
        self.burst = burst
        self.rate = rate
        self._tokens = burst
        self._refilled = now

    def take(self, wanted: int, now: float) -> int:
        """Take up to `wanted` tokens; return how many were there."""
        steps = int((now - self._refilled) / REFILL_SECONDS)
        if steps > 0:
            self._refilled += steps * REFILL_SECONDS
            self._tokens = min(self.burst, self._tokens + steps * REFILL_SECONDS * self.rate)
        taken = min(wanted, int(self._tokens))
        self._tokens -= taken
        return taken

    def next_refill(self, now: float) -> float:
        """Seconds until tokens are added."""
        return max(0.0, self._refilled + REFILL_SECONDS - now)


async def throttled(
    batches: AsyncIterator[list[bytes]], burst: float, rate: float
) -> AsyncIterator[list[bytes]]:
    """Pass `batches` of chunks on through a bucket of their own. A chunk is split where the bucket is empty;
    nothing is read meanwhile, so whoever produces the chunks is slowed down."""
    if math.isinf(rate):
        async for chunks in batches:
            yield chunks
        return
    bucket = TokenBucket(burst, rate, time.monotonic())
    async for chunks in batches:
        size = sum(map(len, chunks))
        taken = bucket.take(size, time.monotonic())
        if taken == size:
            yield chunks
            continue
        for chunk in chunks:
            while chunk:
                allowed = min(taken, len(chunk)) or bucket.take(len(chunk), time.monotonic())
                if not allowed:
                    await asyncio.sleep(bucket.next_refill(time.monotonic()))
                    continue
                taken -= min(taken, allowed)
                yield [chunk[:allowed]]
                chunk = chunk[allowed:]
