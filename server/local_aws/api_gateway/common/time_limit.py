"""Time limits that never take a cancellation for themselves.

`asyncio.wait_for` does, before Python 3.12, when what it waits for is done in the same moment: a stream would
go on although its API has been deleted. `asyncio.timeout` is what this would be from Python 3.11 on.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Let the block, in a task, run for `seconds` at most. Raises `asyncio.TimeoutError` out of it."""
    task = asyncio.current_task()
    assert task is not None
    expired = False

    def expire() -> None:
        nonlocal expired
        expired = True
        task.cancel()

    timer = asyncio.get_running_loop().call_later(seconds, expire)
    try:
        yield
    except asyncio.CancelledError:
        cancelled_by_others = hasattr(task, "uncancel") and expired and task.uncancel() > 0
        if not expired or cancelled_by_others:
            raise
        raise TimeoutError from None
    finally:
        timer.cancel()


async def attentive(batches: AsyncIterator[list[bytes]], seconds: float) -> AsyncIterator[list[bytes]]:
    """Pass `batches` on. Raises `asyncio.TimeoutError` when the next one takes longer than `seconds`."""
    while True:
        with time_limit(seconds):
            try:
                chunks = await batches.__anext__()
            except StopAsyncIteration:
                return
        yield chunks
