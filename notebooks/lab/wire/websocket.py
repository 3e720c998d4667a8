"""WebSocket frames: made, read and annotated.

Source: RFC 6455 sections 5.2 (frames), 5.5 (control frames), 7.4 (close codes), 4.2.2 (handshake).
"""

from dataclasses import dataclass

from websockets.utils import apply_mask

from lab.wire.cursor import Cursor, Cut, Steps
from lab.wire.part import Part, Sender, plural, quoted

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
OPCODES = {
    CONTINUATION: "continuation",
    TEXT: "text",
    BINARY: "binary",
    CLOSE: "close",
    PING: "ping",
    PONG: "pong",
}
CLOSE_CODES = {
    1000: "normal closure",
    1001: "going away",
    1002: "protocol error",
    1003: "unsupported data",
    1007: "invalid data",
    1008: "policy violation",
    1009: "message too big",
    1010: "extension expected",
    1011: "internal error",
    1012: "service restart",
    1013: "try again later",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """`payload` is unmasked; `mask` is the key of 4 bytes, or empty; `rsv` holds the 3 reserved bits."""

    opcode: int
    payload: bytes = b""
    mask: bytes = b""
    fin: bool = True
    rsv: int = 0

    def encode(self) -> bytes:
        """Return the frame as it goes over the socket, with the shortest form of the length."""
        size, masked = len(self.payload), 0x80 if self.mask else 0
        if size < 126:
            length = bytes([masked | size])
        elif size < 0x10000:
            length = bytes([masked | 126]) + size.to_bytes(2, "big")
        else:
            length = bytes([masked | 127]) + size.to_bytes(8, "big")
        first = bytes([self.fin << 7 | self.rsv << 4 | self.opcode])
        return first + length + self.mask + xor(self.payload, self.mask)


def xor(payload: bytes, mask: bytes) -> bytes:
    """Mask or unmask: byte i of the payload with byte i mod 4 of the mask; no mask changes nothing."""
    return apply_mask(payload, mask) if mask else payload


class WebSocketAnnotator:
    """Bytes of one direction after the handshake in; a part a frame, and its fields at level 1, out.

    `frames` are the frames themselves; `complete` says that a close frame was among them.
    """

    def __init__(self, sender: Sender) -> None:
        self.parts: list[Part] = []
        self.frames: list[Frame] = []
        self.complete = False
        self._sender = sender
        self._bytes = Cursor()
        self._steps = self._annotate()
        next(self._steps)

    def feed(self, data: bytes, at: float) -> None:
        """`at`: when these bytes were read, in seconds. Raises nothing but `ValueError` after `end`."""
        self._bytes.add(data, at)
        next(self._steps, None)

    def end(self, at: float) -> None:
        """No more bytes will come."""
        self._bytes.end(at, closed=True)
        next(self._steps, None)

    def _annotate(self) -> Steps[None]:
        try:
            while not self.complete:
                yield from self._frame()
            yield from self._bytes.have(1, "frame")
            self._emit("excess", (yield from self._bytes.rest()), "nothing may follow a close frame")
        except Cut as cut:
            if remains := self._bytes.take():
                self._emit(cut.kind, remains, f"cut: {cut.missing}")

    def _frame(self) -> Steps[None]:
        yield from self._bytes.have(2, "frame")
        first, second = self._bytes.peek(2)
        length_end = 2 + {126: 2, 127: 8}.get(second & 0x7F, 0)
        yield from self._bytes.have(length_end, "frame")
        size = second & 0x7F if length_end == 2 else int.from_bytes(self._bytes.peek(length_end)[2:], "big")
        payload_start = length_end + (4 if second & 0x80 else 0)
        yield from self._bytes.have(payload_start + size, "frame")
        raw = self._bytes.take(payload_start + size)
        mask = raw[length_end:payload_start]
        frame = Frame(
            opcode=first & 0x0F,
            payload=xor(raw[payload_start:], mask),
            mask=mask,
            fin=bool(first & 0x80),
            rsv=first >> 4 & 0x07,
        )
        self.frames.append(frame)
        self.complete = frame.opcode == CLOSE
        self._emit("frame", raw, self._frame_note(frame))
        opcode_note = f"{first >> 4:04b} {first & 15:04b}: {_fin(frame)}, {_opcode(frame)}"
        self._emit("opcode", raw[:1], opcode_note, level=1)
        bits = f"{second >> 7:b} {second & 0x7F:07b}"
        length_note = f"{bits}: {'masked' if mask else 'not masked'}, {plural(size, 'byte')}"
        self._emit("length", raw[1:length_end], length_note, level=1)
        if mask:
            self._emit("masking key", mask, "the payload is XORed with it", level=1)
        self._payload(frame, raw[payload_start:])

    def _payload(self, frame: Frame, raw: bytes) -> None:
        unmasked = "unmasked: " if frame.mask else ""
        if frame.opcode == CLOSE and len(raw) >= 2:
            code = int.from_bytes(frame.payload[:2], "big")
            note = f"{unmasked}{code}, {CLOSE_CODES.get(code, 'not a code of the RFC')}"
            self._emit("close code", raw[:2], note, level=1)
            if raw[2:]:
                self._emit("close reason", raw[2:], unmasked + quoted(frame.payload[2:]), level=1)
        elif frame.opcode == CLOSE and raw:
            self._emit("payload", raw, "not a close code: that takes 2 bytes", level=1)
        elif raw and frame.rsv & 0x04:
            self._emit("payload", raw, "compressed", level=1)
        elif raw:
            self._emit("payload", raw, unmasked + quoted(frame.payload), level=1)

    def _frame_note(self, frame: Frame) -> str:
        words = [_opcode(frame), _fin(frame)]
        if frame.rsv & 0x04:
            words.append("RSV1 (compressed)")
        if frame.rsv & 0x03:
            words.append("a reserved bit that no extension here uses")
        if frame.mask:
            words.append("masked" if self._sender == "client" else "masked, which a server must not")
        elif self._sender == "client":
            words.append("not masked, which a client must")
        words.append(plural(len(frame.payload), "byte"))
        if frame.opcode >= CLOSE and (len(frame.payload) > 125 or not frame.fin):
            words.append("but a control frame is whole and has 125 at most")
        return ", ".join(words)

    def _emit(self, kind: str, raw: bytes, note: str, level: int = 0) -> None:
        self.parts.append(Part(self._sender, self._bytes.at, kind, raw, note, level))


def _opcode(frame: Frame) -> str:
    return f"opcode {frame.opcode}, {OPCODES.get(frame.opcode, 'reserved')}"


def _fin(frame: Frame) -> str:
    return "fin" if frame.fin else "more frames follow"
