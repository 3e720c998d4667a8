"""Readers: async generators that yield first the response's head, then what the client gets, as it gets it.

Each is short enough to be read in the notebook that introduces it.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass

import aiohttp
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from lab.streams.events import Event, EventParser
from lab.streams.signers import signed_headers


@dataclass(frozen=True, slots=True)
class Head:
    """The status and header fields of the response: all a client knows before the first byte of content."""

    status: int
    headers: Mapping[str, str]
    url: str = ""
    """What was asked: it tells where the measurement comes from."""

    def __str__(self) -> str:
        return "\n".join(
            [f"status {self.status}", *(f"  {name}: {value}" for name, value in self.headers.items())]
        )


class Refused(Exception):
    """The server answered, but not with a stream; the message is its status and what it said."""


async def read_chunks(
    url: str, headers: Mapping[str, str] | None = None
) -> AsyncGenerator[Head | bytes, None]:
    """GET `url`; yield each HTTP chunk, whole (aiohttp's `iter_chunks` tells where each one ends).

    A response that is not chunked is yielded as it is read. Raises `Refused` for a status of 400 and above,
    and `aiohttp.ClientPayloadError` if the connection is cut before the body is complete.
    """
    headers = {**(headers or {}), **signed_headers(url)}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        yield await head_of(response)
        chunk = b""
        async for data, end_of_http_chunk in response.content.iter_chunks():
            chunk += data
            if chunk and (end_of_http_chunk or not response.headers.get("Transfer-Encoding")):
                yield chunk
                chunk = b""
        if chunk:
            yield chunk


async def read_events(url: str, last_event_id: str | None = None) -> AsyncGenerator[Head | Event, None]:
    """GET `url` as Server-Sent Events; yield each event. With `last_event_id`, ask for those after it.

    Unlike a browser's `EventSource` it does not reconnect. Raises as `read_chunks` does.
    """
    headers = {"Accept": "text/event-stream"}
    if last_event_id is not None:
        headers["Last-Event-ID"] = last_event_id
    headers.update(signed_headers(url))
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        yield await head_of(response)
        parser = EventParser()
        async for data in response.content.iter_any():
            for event in parser.feed(data):
                yield event


async def read_messages(url: str) -> AsyncGenerator[Head | str | bytes, None]:
    """Open a WebSocket at `url` (ws://…); yield each message until the server closes.

    Raises `Refused` if the server does not switch protocols, and
    `websockets.exceptions.ConnectionClosedError` if the connection ends without a clean closing handshake.
    """
    try:
        connection = await connect(url, compression=None)
    except InvalidStatus as error:
        body = (error.response.body or b"").decode(errors="replace")
        raise Refused(f"HTTP {error.response.status_code} from {url}: {body}") from None
    async with connection as socket:
        assert socket.response is not None
        yield Head(socket.response.status_code, socket.response.headers, url)
        async for message in socket:
            yield message


async def head_of(response: aiohttp.ClientResponse) -> Head:
    """Return the head of a response that is a success; `Refused`, with what the server said, of any other."""
    if response.status >= 400:
        body = (await response.text(errors="replace")).strip()
        raise Refused(f"HTTP {response.status} from {response.url}: {body}")
    return Head(response.status, response.headers, str(response.url))


async def in_thread(parts: Iterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Iterate over what a blocking client gives, in a thread, so that it does not hold up everything else."""
    while (part := await asyncio.to_thread(next, parts, None)) is not None:
        yield part
