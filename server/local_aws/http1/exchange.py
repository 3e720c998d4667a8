"""One connection and its exchanges (a request and its response), from the server's side."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from http import HTTPStatus

import h11

READ_SIZE = 262_144
LINGER_SECONDS = 2.0
"""How long a peer that still sends may take to notice an early answer (RFC 9112 section 9.6)."""

BODILESS = (204, 304)
"""Status codes whose responses have no body (RFC 9112 section 6.3), as responses to HEAD have none."""

Header = tuple[str, str]


class PeerGone(ConnectionError):
    """The peer has closed or reset the connection."""


class TruncatedBody(Exception):
    """The request's body broke off or was not framed as RFC 9112 asks."""


class BodyTooLarge(Exception):
    """The request's body is larger than its reader allows."""


class HeadClock:
    """Cancels the task that made it after `seconds`, unless it is stopped: `has_rung` tells. It costs a tenth
    of `asyncio.wait_for`, which makes a task for each request."""

    def __init__(self, seconds: float) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._timer = asyncio.get_running_loop().call_later(seconds, self._ring)
        self.has_rung = False

    def _ring(self) -> None:
        self.has_rung = True
        self._task.cancel()

    def stop(self) -> None:
        self._timer.cancel()


class Connection:
    """An HTTP/1.1 connection: at most one exchange at a time, as many in turn as both sides keep it for."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, max_head: int) -> None:
        self.reader = reader
        self.writer = writer
        self._is_new = True
        self.protocol = h11.Connection(h11.SERVER, max_incomplete_event_size=max_head)
        self._max_head = max_head
        self.client = str(writer.get_extra_info("peername", ("",))[0])
        self.over_tls = writer.get_extra_info("ssl_object") is not None

    async def next_exchange(self, head_seconds: float) -> "Exchange | None":
        """Wait for a request's head. None at a clean end, and on a new connection on which nothing comes for
        `head_seconds`; raises `h11.RemoteProtocolError` on garbage, and on a head that is not complete
        `head_seconds` after it began. Between two requests a connection may be idle for ever: runtimes and
        SDKs keep theirs."""
        clock = HeadClock(head_seconds) if self._is_new else None
        self._is_new = False
        try:
            while (event := self.protocol.next_event()) is h11.NEED_DATA:
                if clock is None and self._has_begun_a_head():
                    clock = HeadClock(head_seconds)
                await self.receive()
        except asyncio.CancelledError:
            if clock is None or not clock.has_rung:
                raise
            if not self._has_begun_a_head():
                return None
            message = f"The request's head was not complete after {head_seconds:g} s"
            raise h11.RemoteProtocolError(message, error_status_hint=408) from None
        finally:
            if clock is not None:
                clock.stop()
        if not isinstance(event, h11.Request):
            return None
        if size_of_head(event) > self._max_head:  # h11 counts only while it is incomplete
            raise h11.RemoteProtocolError("The request's head is too large", error_status_hint=431)
        return Exchange(self, event)

    def _has_begun_a_head(self) -> bool:
        return self.protocol.trailing_data[0] != b""

    async def receive(self) -> None:
        try:
            data = await self.reader.read(READ_SIZE)
        except ConnectionError:
            data = b""
        self.protocol.receive_data(data)

    async def refuse(self, status: int, content_type: str, body: bytes) -> None:
        """Answer what is no request, or none that is taken, and be done with the peer."""
        if self.protocol.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        headers = [
            ("Content-Type", content_type),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
        ]
        with suppress(PeerGone):
            await self.send([h11.Response(status_code=status, reason=reason(status), headers=headers)])
            await self.send([h11.Data(data=body), h11.EndOfMessage()])
            await self._linger()

    async def send(self, events: Iterable[h11.Event]) -> None:
        """Write `events`; wait while the peer does not read (this is where back-pressure begins)."""
        parts: list[bytes] = []
        for event in events:
            parts += self.protocol.send_with_data_passthrough(event) or ()
        if self.writer.is_closing():
            raise PeerGone
        self.writer.write(b"".join(parts))
        try:
            await self.writer.drain()
        except ConnectionError as error:
            raise PeerGone from error

    async def ready_for_next(self) -> bool:
        """True when both sides are done with this exchange and keep the connection."""
        with suppress(h11.RemoteProtocolError):
            while (
                self.protocol.their_state is h11.SEND_BODY and self.protocol.next_event() is not h11.NEED_DATA
            ):
                pass  # a body that nobody wanted, as far as it is here
        if self.protocol.our_state is h11.DONE and self.protocol.their_state is h11.DONE:
            self.protocol.start_next_cycle()
            return True
        if self.protocol.their_state is h11.SEND_BODY:
            await self._linger()
        return False

    async def _linger(self) -> None:
        """Close our side only and discard what still comes: closing at once would reset the connection, and
        the peer might never read the answer."""
        with suppress(OSError):
            self.writer.write_eof()
            async with asyncio.timeout(LINGER_SECONDS):
                await self._discard()

    async def _discard(self) -> None:
        while await self.reader.read(READ_SIZE):
            pass

    def abort(self) -> None:
        """Cut the connection now; what is not yet sent is lost."""
        self.writer.transport.abort()

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


class Exchange:
    """A request, and the response to it.

    `headers` are (lower-case name, value) pairs in the order they came, `raw_headers` the same with the names
    as they were written; `trailers` are filled in when the body has been read to its end. All text is
    Latin-1, as RFC 9110 section 5.5 has it.
    """

    def __init__(self, connection: Connection, request: h11.Request) -> None:
        self._connection = connection
        self.method = request.method.decode("latin-1")
        self.sent_target = request.target.decode("latin-1")
        self.target = origin_form(self.sent_target)
        self.headers: list[Header] = decode(request.headers)
        self.raw_headers: list[Header] = decode(request.headers.raw_items())
        self.trailers: list[Header] = []
        self.client = connection.client
        self.http_version = request.http_version
        self.started = False
        self.answered = False
        self._sends_body = True

    def header(self, name: str, default: str = "") -> str:
        """Return the value of the header `name` (lower case), several joined by a comma."""
        return ", ".join(value for key, value in self.headers if key == name) or default

    async def reads(self) -> AsyncIterator[list[bytes]]:
        """Yield the body as it comes: the chunks of each read of the socket, in order.

        A chunk that arrives in pieces is passed on in pieces. Raises `TruncatedBody`. May be abandoned and
        called again: it goes on where it stopped.
        """
        protocol = self._connection.protocol
        chunks: list[bytes] = []
        while protocol.their_state is h11.SEND_BODY:
            try:
                event = protocol.next_event()
            except h11.RemoteProtocolError as error:
                if chunks:
                    yield chunks
                raise TruncatedBody(str(error)) from error
            if isinstance(event, h11.Data):
                chunks.append(bytes(event.data))
            elif event is h11.NEED_DATA:
                if chunks:
                    yield chunks
                    chunks = []
                    continue
                if protocol.they_are_waiting_for_100_continue:
                    with suppress(PeerGone):  # its end is read next: the body has broken off
                        await self._connection.send([h11.InformationalResponse(status_code=100, headers=[])])
                await self._connection.receive()
            elif isinstance(event, h11.EndOfMessage):
                self.trailers = decode(event.headers)
        if chunks:
            yield chunks
        if protocol.their_state is h11.ERROR:
            raise TruncatedBody("the connection has failed")

    async def read(self, limit: int) -> bytes:
        """Return the whole body. Raises `BodyTooLarge` beyond `limit` bytes (the rest stays unread),
        `TruncatedBody`."""
        parts: list[bytes] = []
        size = 0
        async for chunks in self.reads():
            parts += chunks
            size += sum(map(len, chunks))
            if size > limit:
                raise BodyTooLarge
        return b"".join(parts)

    async def respond(self, status: int, headers: Sequence[Header] = (), body: bytes = b"") -> None:
        """Answer in one piece, with a `Content-Length` and the body where HTTP allows them. Raises
        `h11.LocalProtocolError`, before anything is sent, if a header is not one; `PeerGone`."""
        length = [] if status in BODILESS else [("Content-Length", str(len(body)))]
        response = h11.Response(
            status_code=status, reason=reason(status), headers=encode([*headers, *length])
        )
        self.started = True
        data = [h11.Data(data=body)] if body and self._may_have_body(status) else []
        await self._connection.send([response, *data, h11.EndOfMessage()])
        self.answered = True

    async def start(self, status: int, headers: Sequence[Header]) -> None:
        """Send the head of a response whose length is not known: h11 adds `Transfer-Encoding: chunked`.

        Raises `h11.LocalProtocolError`, before anything is sent, if a header is not one; `PeerGone`.
        """
        response = h11.Response(status_code=status, reason=reason(status), headers=encode(headers))
        self.started = True
        self._sends_body = self._may_have_body(status)
        await self._connection.send([response])

    async def send(self, chunks: Iterable[bytes]) -> None:
        """Send each of `chunks` as a chunk of its own; wait while the peer does not read. They are dropped
        where HTTP allows no body. Raises `PeerGone`."""
        if self._sends_body:
            await self._connection.send([h11.Data(data=chunk) for chunk in chunks])

    def _may_have_body(self, status: int) -> bool:
        return self.method != "HEAD" and status not in BODILESS

    async def finish(self) -> None:
        """Send the last chunk: the response is complete. Raises `PeerGone`."""
        await self._connection.send([h11.EndOfMessage()])
        self.answered = True

    async def switch_protocols(
        self, headers: Sequence[Header]
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]:
        """Answer 101: from here on the connection speaks another protocol (RFC 9110 section 7.8). Returns its
        streams, and what the peer has sent already. The request's body must have been read. Raises
        `PeerGone`."""
        connection = self._connection
        self.started = True
        await connection.send(
            [h11.InformationalResponse(status_code=101, reason=reason(101), headers=list(headers))]
        )
        self.answered = True
        return connection.reader, connection.writer, connection.protocol.trailing_data[0]

    def abort(self) -> None:
        """Cut the connection: a chunked response without its last chunk tells the client that it is not
        complete (RFC 9112 section 8)."""
        self._connection.abort()
        self.answered = True


def size_of_head(request: h11.Request) -> int:
    """Return the bytes of a request line and its headers, as they are usually written."""
    line = len(request.method) + len(request.target) + len("  HTTP/1.1\r\n")
    return line + sum(len(name) + len(value) + len(": \r\n") for name, value in request.headers)


def encode(headers: Iterable[Header]) -> list[tuple[bytes, bytes]]:
    """h11 takes ASCII only as text; what functions send in UTF-8 passes as it is."""
    return [(name.encode(errors="replace"), value.encode(errors="replace")) for name, value in headers]


def decode(headers: Iterable[tuple[bytes, bytes]]) -> list[Header]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def origin_form(target: str) -> str:
    """A target without the address that a client puts before it when it takes us for a proxy: a server must
    accept that (RFC 9112 section 3.2.2)."""
    if not target.startswith(("http://", "https://")):
        return target
    path, mark, query = target.partition("?")
    return "/" + path.partition("://")[2].partition("/")[2] + mark + query


def reason(status: int) -> str:
    """The phrase that goes with `status`, "" for one that has none (a function may return any number)."""
    with suppress(ValueError):
        return HTTPStatus(status).phrase
    return ""
