"""Holds a WebSocket's peer to RFC 6455 where the library that reads its frames does not.

aiohttp takes frames without a mask, lengths that are longer than need be, a message that begins within
another, and close codes that nobody may send. Here the heads of frames are read before it reads them, and
what breaks the protocol is replaced by a frame that every library refuses: with 1002, as the RFC demands.
"""

from typing import Any

from aiohttp import web

NEVER_DEFINED = b"\x83\x80\0\0\0\0"
"""A frame with the reserved opcode 3 (section 5.2)."""

CONTINUATION, CLOSE = 0, 8
MAX_CONTROL = 125
CLOSE_CODES = {*range(1000, 1004), *range(1007, 1012), 1012, 1013, 1014, *range(3000, 5000)}
"""Codes that a close frame may hold: section 7.4, and IANA's registry of WebSocket close codes (checked
2026-11) for 1012 to 1014. 1004 is reserved; 1005, 1006 and 1015 never go on the wire."""


class FrameCheck:
    """`feed` passes the bytes of a client on until they break the protocol; then one `NEVER_DEFINED`. No I/O.

    Payloads pass as they come; heads, and close frames, pass when they are complete. What the library finds
    itself (reserved bits and opcodes, control frames in fragments, text that is not UTF-8) is left to it.
    """

    def __init__(self) -> None:
        self._head = bytearray()
        self._payload_left = 0
        self._within_message = False
        self._broken = False

    def feed(self, data: bytes) -> bytes:
        if self._broken:
            return b""
        passed = data[: self._payload_left]
        self._payload_left -= len(passed)
        self._head += data[len(passed) :]
        parts = [passed]
        while self._head and not self._payload_left:
            if breaks_protocol(self._head, self._within_message):
                self._broken = True
                parts.append(NEVER_DEFINED)
                break
            size = size_of_head(self._head)
            if len(self._head) < size:
                break
            parts.append(self._take_frame(size))
        return b"".join(parts)

    def _take_frame(self, size: int) -> bytes:
        """Return the head of `size` bytes and as much of its payload as is here."""
        opcode, final = self._head[0] & 0x0F, self._head[0] & 0x80
        if opcode < CLOSE:
            self._within_message = not final
        end = size if opcode == CLOSE else size + payload_length(self._head)
        taken = bytes(self._head[:end])
        del self._head[:end]
        self._payload_left = end - len(taken)
        return taken


def size_of_head(frame: bytes | bytearray) -> int:
    """Bytes up to the payload; of a close frame all of it. As far as `frame`, its beginning, tells."""
    if len(frame) < 2:
        return 2
    length = frame[1] & 0x7F
    size = 2 + {126: 2, 127: 8}.get(length, 0) + 4
    return size + length if frame[0] & 0x0F == CLOSE else size


def payload_length(head: bytes | bytearray) -> int:
    length = head[1] & 0x7F
    if length > MAX_CONTROL:
        return int.from_bytes(head[2 : 4 if length == 126 else 10], "big")
    return length


def breaks_protocol(frame: bytes | bytearray, within_message: bool) -> bool:
    """True if the beginning of a client's `frame` is none of RFC 6455's: as soon as that can be seen."""
    opcode = frame[0] & 0x0F
    if opcode < CLOSE and (opcode == CONTINUATION) != within_message:
        return True  # section 5.4
    if len(frame) < 2:
        return False
    length = frame[1] & 0x7F
    if not frame[1] & 0x80:
        return True  # section 5.1: a client masks
    if opcode >= CLOSE and length > MAX_CONTROL:
        return True  # section 5.5
    if opcode == CLOSE:
        return not may_close(frame)
    shortest = {126: MAX_CONTROL + 1, 127: 0x1_0000}.get(length)
    if shortest is None or len(frame) < size_of_head(frame) - 4:
        return False
    return not shortest <= payload_length(frame) < 1 << 63  # section 5.2


def may_close(frame: bytes | bytearray) -> bool:
    """False if a masked close frame holds half a code, or one that must not be sent (section 7.4)."""
    length, mask = frame[1] & 0x7F, frame[2:6]
    if length == 0 or len(frame) < 8:
        return length != 1
    return int.from_bytes(bytes((frame[6] ^ mask[0], frame[7] ^ mask[1])), "big") in CLOSE_CODES


class CheckedProtocol:
    """Stands between a transport and aiohttp's protocol, and checks what the peer sends."""

    def __init__(self, protocol: Any, check: FrameCheck) -> None:
        self._protocol = protocol
        self._check = check

    def data_received(self, data: bytes) -> None:
        if passed := self._check.feed(data):
            self._protocol.data_received(passed)

    def __getattr__(self, name: str) -> Any:
        """Everything else that a transport says is the protocol's own."""
        return getattr(self._protocol, name)


async def accept(request: web.Request, websocket: web.WebSocketResponse) -> None:
    """Answer the handshake: `websocket.prepare(request)`, with the peer held to the protocol from its first
    byte. What it has sent before the answer is with aiohttp already, which keeps it for the WebSocket."""
    check = FrameCheck()
    if early := getattr(request.protocol, "_message_tail", b""):
        setattr(request.protocol, "_message_tail", check.feed(early))  # noqa: B010
    if request.transport is not None:
        request.transport.set_protocol(CheckedProtocol(request.protocol, check))  # type: ignore[arg-type]
    await websocket.prepare(request)
