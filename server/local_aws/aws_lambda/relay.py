"""Relays a function's response to a client, as a `StreamedAnswer` says."""

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Protocol

from server.local_aws.aws_lambda.prelude import Prelude
from server.local_aws.aws_lambda.streamed_answer import Body, Head, StreamedAnswer
from server.local_aws.http1.exchange import Header

ToHead = Callable[[Prelude], tuple[int, list[Header]]]
"""How a front door turns a prelude into status and headers."""


class Client(Protocol):
    """Where a response goes, piece by piece."""

    async def start(self, status: int, headers: list[Header]) -> None: ...

    async def send(self, chunks: list[bytes]) -> None: ...

    async def finish(self) -> None: ...


async def relay(
    reads: AsyncIterator[list[bytes]], streamed: StreamedAnswer, client: Client, to_head: ToHead
) -> None:
    """Pass a response on as it is read, to its end. Raises what `reads`, `streamed` and `client` raise."""
    async for chunks in reads:
        await pass_on(streamed.feed(chunks), client, to_head)
    await pass_on(streamed.end(), client, to_head)
    await client.finish()


async def pass_on(parts: Iterable[Head | Body], client: Client, to_head: ToHead) -> None:
    """Send each part before the next one is made."""
    for part in parts:
        if isinstance(part, Body):
            await client.send(part.chunks)
        else:
            await client.start(*to_head(part.prelude))
