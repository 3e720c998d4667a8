"""One client's connection: WebSocket messages (RFC 6455) with API Gateway's limits.

`websockets` does the protocol without I/O, frame by frame: AWS limits frames, not only messages. Quotas and
close codes: …/developerguide/apigateway-execution-service-websocket-limits-table.html and
…/apigateway-websocket-api-overview.html (checked 2026-11).

Choices where AWS is unconfirmed: pings do not keep an idle connection open; `disconnectReason` is what the
peer or the gateway said, and AWS's text for a close without a status.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress

from websockets.extensions import Extension
from websockets.frames import Close, CloseCode, Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from server.local_aws.platform.limits import Limits
from server.websocket_frames import FrameCheck

READ_SIZE = 65_536
CLOSE_SECONDS = 2.0
"""How long a peer may take to answer the gateway's close frame, or to take note of it."""

COMPRESSED = 1_024
"""Bytes by which what cannot be compressed may grow: frames are measured as they were sent first, messages as
they were meant after that."""

SEND_BUFFER = 1_048_576
"""Bytes that wait for a slow client before further messages are refused (AWS gives no number)."""

NO_STATUS = "Client-side close frame status not set"


class BufferFull(Exception):
    """The client does not read what has been sent to it."""


class NotOpen(Exception):
    """The connection is closed or about to be."""


class Connection:
    """Iterate over `messages()` until the connection has ended; `ended` then says how. `send` and `close` may
    be called meanwhile."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        first: bytes,
        limits: Limits,
        extensions: Sequence[Extension],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._first = first
        self._limits = limits
        self._protocol = ServerProtocol(state=State.OPEN, max_size=limits.websocket_message + COMPRESSED)
        self._protocol.extensions = list(extensions)
        self._frames = FrameCheck()
        self._message = bytearray()
        self._by_gateway: Close | None = None
        self._loop = asyncio.get_running_loop()
        self._opened_at = self._active_at = self._loop.time()
        self._watching = self._loop.call_later(0, self._watch)

    @property
    def ended(self) -> Close:
        """The close code and reason: of the gateway if it closed first, else of the client; 1006 if the
        connection just broke."""
        received = self._protocol.close_rcvd
        if self._by_gateway is not None:
            return self._by_gateway
        if received is None:
            return Close(CloseCode.ABNORMAL_CLOSURE, "")
        return Close(received.code, NO_STATUS) if received.code == CloseCode.NO_STATUS_RCVD else received

    @property
    def is_open(self) -> bool:
        return self._protocol.state is State.OPEN and not self._writer.is_closing()

    @property
    def active_for(self) -> float:
        """Seconds from its opening to the last message in either direction."""
        return self._active_at - self._opened_at

    async def messages(self) -> AsyncGenerator[str, None]:
        """Yield each text message. Ends with the connection, whoever ends it, and leaves it closed."""
        try:
            data = self._first
            while data or not self._reader.at_eof():
                if data:
                    self._protocol.receive_data(self._frames.feed(data))
                    for message in self._take_frames():
                        yield message
                if self._flush():
                    break
                await self._writer.drain()  # who pings and does not read is not read either
                data = await self._reader.read(READ_SIZE)
            self._protocol.receive_eof()
        except ConnectionError:
            pass
        finally:
            self._watching.cancel()
            await self._finish()

    def send(self, payload: bytes) -> None:
        """Send a text message in frames of at most AWS's frame size (binary ones if it is not UTF-8, which is
        a choice). Raises `NotOpen`, `BufferFull`."""
        if not self.is_open:
            raise NotOpen
        if self._writer.transport.get_write_buffer_size() > SEND_BUFFER:
            raise BufferFull
        size = self._limits.websocket_frame
        frames = [payload[start : start + size] for start in range(0, len(payload), size)] or [b""]
        begin = self._protocol.send_text if is_text(payload) else self._protocol.send_binary
        begin(frames[0], fin=len(frames) == 1)
        for number, frame in enumerate(frames[1:], start=2):
            self._protocol.send_continuation(frame, fin=number == len(frames))
        self._active_at = self._loop.time()
        self._flush()

    def close(self, code: int, reason: str) -> None:
        """Close from the gateway's side; the peer has two seconds to answer."""
        if self._protocol.state is State.OPEN:
            self._by_gateway = Close(code, reason)
            self._protocol.send_close(code, reason)
            self._flush()
            self._watching.cancel()
            self._watching = self._loop.call_later(CLOSE_SECONDS, self._writer.transport.abort)

    def _take_frames(self) -> list[str]:
        """The messages that the frames just received complete; what breaks a limit fails the connection."""
        messages = []
        for event in self._protocol.events_received():
            assert isinstance(event, Frame)
            if self._by_gateway is not None or event.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                continue
            self._active_at = self._loop.time()
            if event.opcode is Opcode.BINARY:
                self._fail(CloseCode.UNSUPPORTED_DATA, "Binary frames are not supported")
            elif len(event.data) > self._limits.websocket_frame:
                self._fail(CloseCode.MESSAGE_TOO_BIG, "Frame too large")
            else:
                self._message += event.data
                if len(self._message) > self._limits.websocket_message:
                    self._fail(CloseCode.MESSAGE_TOO_BIG, "Message too large")
                elif event.fin:
                    try:
                        messages.append(self._message.decode())
                    except UnicodeDecodeError:
                        self._fail(CloseCode.INVALID_DATA, "Not UTF-8")
                    self._message.clear()
        if self._by_gateway is None and self._protocol.close_rcvd is None:
            self._by_gateway = self._protocol.close_sent  # it broke the protocol, or sent too large a message
        return messages

    def _fail(self, code: int, reason: str) -> None:
        self._by_gateway = Close(code, reason)
        self._protocol.fail(code, reason)

    def _flush(self) -> bool:
        """Write what the protocol has to say; return True when it has said all."""
        finished = False
        if not self._writer.is_closing():
            for data in self._protocol.data_to_send():
                if data:
                    self._writer.write(data)
                else:
                    finished = True
        return finished

    async def _finish(self) -> None:
        """Close the connection. A peer that was failed may be sending still: closing at once would reset the
        connection before it has read why."""
        with suppress(OSError):
            if self._by_gateway is not None and not self._writer.is_closing():
                if self._writer.can_write_eof():
                    self._writer.write_eof()
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._discard()
        self._writer.close()

    async def _discard(self) -> None:
        while await self._reader.read(READ_SIZE):
            pass

    def _watch(self) -> None:
        """Close a connection that is idle or old; else look again when it might be."""
        now = self._loop.time()
        idle_until = self._active_at + self._limits.websocket_idle_seconds
        old_at = self._opened_at + self._limits.websocket_lifetime_seconds
        if now >= min(idle_until, old_at):
            self.close(CloseCode.GOING_AWAY, "Going away")
        else:
            self._watching = self._loop.call_later(min(idle_until, old_at) - now, self._watch)


def is_text(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True
