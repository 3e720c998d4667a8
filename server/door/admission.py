"""The guard and a clock before an aiohttp application, which has neither.

aiohttp waits for ever for the rest of a request's head, and knows nothing of who is at the other end. Both
need the connection as it is before aiohttp has made a request of it, so its protocol is wrapped.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.typedefs import Middleware

from server.door import guard, peer
from server.door.allowed import Allowed
from server.door.guard import Facts, Kind, Port, Refusal

HEAD_SECONDS = 20.0
"""How long a client may take to begin, and for a request line and its headers."""

LINGER_SECONDS = 2.0
"""How long a peer may take to read that it is refused (RFC 9112 section 9.6)."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Door:
    """Judges the connections and the requests of one server. Its port is known when it listens:
    `on_loopback` is false where the reader has bound it to more."""

    def __init__(self, kind: Kind, allowed: Allowed, head_seconds: float) -> None:
        self.kind = kind
        self.allowed = allowed
        self.head_seconds = head_seconds
        self.on_loopback = True

    def judge_user(self, transport: asyncio.BaseTransport) -> Refusal | None:
        """Raises `peer.PeerGone`, `OSError`."""
        if not self.on_loopback:
            return None
        user = peer.user_of(transport.get_extra_info("socket"))
        return None if user is None else guard.judge_user(user, os.geteuid(), self.allowed)

    @property
    def admit(self) -> Middleware:
        """The outermost middleware: aiohttp calls it for what no route answers, too."""

        @web.middleware
        async def admit(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.transport is None:
                raise ConnectionResetError("the client has gone")
            connection = request.transport.get_protocol()
            assert isinstance(connection, GuardedConnection)
            connection.head_is_complete()
            try:
                refusal = self._judge(request, connection)
                if refusal is None:
                    return await handler(request)
                return refused(refusal)
            finally:
                connection.exchange_is_over()

        return admit

    def _judge(self, request: web.Request, connection: "GuardedConnection") -> Refusal | None:
        facts = Facts.of(
            request.method,
            request.raw_path,
            request.headers.items(),
            needs_host=request.version >= HttpVersion11,
        )
        number = connection.port if self.on_loopback else None
        port = Port(self.kind, number, 443 if connection.over_tls else 80)
        return guard.judge(port, facts, self.allowed)


class GuardedConnection(asyncio.Protocol):
    """One connection: `inner` is aiohttp's protocol, which sees it if the user at the other end may connect.

    A request's head must be complete `head_seconds` after its first byte, the first one's after the
    connection was made.
    """

    def __init__(self, inner: asyncio.Protocol, door: Door) -> None:
        self._inner = inner
        self._door = door
        self._transport: asyncio.Transport | None = None
        self._clock: asyncio.TimerHandle | None = None
        self._admitted = self._ended = False
        self._in_exchange = self._heard = False
        self.port = 0
        self.over_tls = False

    @property
    def allowed(self) -> Allowed:
        return self._door.allowed

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        try:
            refusal = self._door.judge_user(transport)
        except OSError:
            self._ended = True
            transport.abort()
            return
        if refusal is not None:
            self._answer_and_close(refusal.status, "application/json", refusal.to_json())
            return
        self._admitted = True
        self.port = int(transport.get_extra_info("sockname")[1])
        self.over_tls = transport.get_extra_info("ssl_object") is not None
        self._inner.connection_made(transport)
        self._start_clock()

    def data_received(self, data: bytes) -> None:
        if self._ended:
            return
        self._heard = True
        if self._clock is None and not self._in_exchange:
            self._start_clock()
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return None if self._ended else self._inner.eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        self._stop_clock()
        if self._admitted:
            self._inner.connection_lost(error)

    def pause_writing(self) -> None:
        if self._admitted:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        if self._admitted:
            self._inner.resume_writing()

    def head_is_complete(self) -> None:
        """A request has come to the application."""
        self._in_exchange = True
        self._stop_clock()

    def exchange_is_over(self) -> None:
        """The application has answered; what comes next is another head."""
        self._in_exchange = self._heard = False

    def _start_clock(self) -> None:
        loop = asyncio.get_running_loop()
        self._clock = loop.call_later(self._door.head_seconds, self._expire)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _expire(self) -> None:
        assert self._transport is not None
        if not self._heard:
            self._transport.close()
            return
        text = f"The request's head was not complete after {self._door.head_seconds:g} s\n"
        self._answer_and_close(408, "text/plain", text.encode())

    def _answer_and_close(self, status: int, content_type: str, body: bytes) -> None:
        """Close our side, and the connection when the peer has had time to read: closing at once what the
        peer still sends to would reset it."""
        assert self._transport is not None
        self._ended = True
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {content_type}\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self._transport.write(head.encode() + body)
        if self._transport.can_write_eof():  # TLS cannot
            self._transport.write_eof()
        loop = asyncio.get_running_loop()
        self._clock = loop.call_later(LINGER_SECONDS, self._transport.abort)


def setting_of(request: web.Request) -> Allowed:
    """Return the setting that the request's server was started with."""
    connection = request.transport.get_protocol() if request.transport else None
    return connection.allowed if isinstance(connection, GuardedConnection) else Allowed()


def refused(refusal: Refusal) -> web.Response:
    response = web.Response(
        status=refusal.status, body=refusal.to_json(), headers={hdrs.CONTENT_TYPE: "application/json"}
    )
    response.force_close()
    return response
