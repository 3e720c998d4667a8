"""The pieces of an exchange: the reads of the socket, and the parts that the RFCs name."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

Sender = Literal["client", "server"]

ESCAPES = {0x0D: r"\r", 0x0A: r"\n", 0x09: r"\t", 0x5C: r"\\"}


class Read(NamedTuple):
    """Bytes that came out of the socket together (of the client: went in), `at` seconds after the request
    began to be sent. No bytes: that side ended the connection."""

    at: float
    sender: Sender
    data: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of one sender that mean something together.

    `at`: when the last of them was read, in seconds since the request began to be sent. `kind`: the RFC's
    term ("status line", "chunk size", "frame", ...). `level` 0: each byte that a sender sent is in exactly
    one such part, in order. `level` 1: a closer look at bytes of the parts of level 0 before it (the lines
    of an event stream, the fields of a frame). A part without bytes says that something ended.
    """

    sender: Sender
    at: float
    kind: str
    raw: bytes
    note: str = ""
    level: int = 0


def visible(raw: bytes, width: int | None = None) -> str:
    """`raw` in printable ASCII: `\\r`, `\\n`, `\\x00`; a longer one than `width` loses its middle."""
    head, tail = (raw, b"") if width is None or len(raw) <= 2 * width else (raw[:width], raw[-width:])
    units = [ESCAPES.get(b) or (chr(b) if 0x20 <= b < 0x7F else f"\\x{b:02x}") for b in head + tail]
    return _shortened(units, width)


def quoted(raw: bytes, width: int = 24) -> str:
    """`raw` as UTF-8 text in quotes, control characters escaped; a longer one loses its middle."""
    head, tail = (raw, b"") if len(raw) <= 8 * width else (raw[: 4 * width], raw[-4 * width :])
    text = (head + tail).decode("utf-8", "backslashreplace")
    units = [c if c.isprintable() else c.encode("unicode_escape").decode() for c in text]
    return f'"{_shortened(units, width)}"'


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _shortened(units: list[str], width: int | None) -> str:
    """The units side by side, whole ones only, with "…" for the middle when they need more than `width`."""
    text = "".join(units)
    if width is None or len(text) <= width:
        return text
    head, tail = "", ""
    for unit in units:
        if len(head) + len(unit) > (width - 1) * 2 // 3:
            break
        head += unit
    for unit in reversed(units):
        if len(head) + 1 + len(unit) + len(tail) > width:
            break
        tail = unit + tail
    return f"{head}…{tail}"
