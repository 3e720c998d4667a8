"""Answers requests at a front door of AWS: with the headers that each of its answers has."""

from collections.abc import Container, Iterable, Sequence
from email.utils import formatdate

from server.local_aws.http1.exchange import Exchange, Header


class Answering:
    """Answers one request. A head is the date, what `shown` makes of the given headers, and `own`: those
    that name the request."""

    def __init__(self, exchange: Exchange, own: Sequence[Header]) -> None:
        self.exchange = exchange
        self.own = own

    def shown(self, headers: list[Header], *, streams: bool) -> list[Header]:
        """The headers of an integration as the client gets them; `streams`: their body comes in chunks."""
        raise NotImplementedError

    async def whole(self, status: int, headers: list[Header], body: bytes) -> None:
        """Answer in one piece."""
        await self.exchange.respond(status, self.head(self.shown(headers, streams=False)), body)

    async def start(self, status: int, headers: list[Header]) -> None:
        """Begin an answer; `send` its chunks, and `finish` it."""
        await self.exchange.start(status, self.head(self.shown(headers, streams=True)))

    async def send(self, chunks: list[bytes]) -> None:
        await self.exchange.send(chunks)

    async def finish(self) -> None:
        await self.exchange.finish()

    def head(self, headers: Sequence[Header]) -> list[Header]:
        """Return the headers that are sent."""
        return [("Date", formatdate(usegmt=True)), *headers, ("Connection", "keep-alive"), *self.own]


def renamed(headers: Iterable[Header], owned: Container[str], prefix: str) -> list[Header]:
    """`headers` with `prefix` before the names that are the server's: `owned`, in lower case."""
    return [(prefix + name if name.lower() in owned else name, value) for name, value in headers]


def has(headers: Iterable[Header], name: str) -> bool:
    """Return whether a header `name` (lower case) is among `headers`."""
    return any(key.lower() == name for key, _ in headers)
