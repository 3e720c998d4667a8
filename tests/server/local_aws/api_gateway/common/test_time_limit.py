"""Time limits end what takes too long, and nothing else: a cancellation from outside always arrives."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from server.local_aws.api_gateway.common.time_limit import attentive


async def test_a_read_that_takes_too_long_ends_the_stream() -> None:
    async def batches() -> AsyncIterator[list[bytes]]:
        yield [b"x"]
        await asyncio.sleep(10)

    reads = attentive(batches(), 0.05)
    assert await anext(reads) == [b"x"]
    with pytest.raises(TimeoutError):
        await anext(reads)


@pytest.mark.parametrize("steps", range(6))
async def test_a_cancellation_as_data_comes_is_not_swallowed(steps: int) -> None:
    came = asyncio.get_running_loop().create_future()

    async def batches() -> AsyncIterator[list[bytes]]:
        await came
        yield [b"x"]
        await asyncio.sleep(10)

    async def read() -> None:
        async with asyncio.timeout(10):
            async for _ in attentive(batches(), 10):
                pass

    task = asyncio.create_task(read())
    await asyncio.sleep(0.01)
    came.set_result(None)
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=2)
    assert done and task.cancelled()


async def test_what_is_attended_to_may_take_its_time_between_batches() -> None:
    async def batches() -> AsyncIterator[list[bytes]]:
        for _ in range(3):
            await asyncio.sleep(0.02)
            yield [b"x"]

    taken = 0
    async for _ in attentive(batches(), 0.5):
        await asyncio.sleep(0.6)  # a slow client is not a silent function
        taken += 1
    assert taken == 3
