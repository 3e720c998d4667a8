"""Annotates the lines of an event stream.

Source: HTML standard, sections 9.2.5 and 9.2.6 (https://html.spec.whatwg.org/multipage/server-sent-events.html).
"""

import re

from lab.wire.part import Part, Sender, plural, quoted

LINE_END = re.compile(rb"\r\n|\n|\r(?!\Z)")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class SseAnnotator:
    """Bytes of an event stream in, parts of level 1 out: each byte is in exactly one of them."""

    def __init__(self, sender: Sender = "server") -> None:
        self.parts: list[Part] = []
        self._sender = sender
        self._at = 0.0
        self._waiting = b""
        self._first_line = True
        self._after_lone_cr = False
        self._type = b""
        self._data: list[bytes] = []
        self._fields = 0

    def feed(self, data: bytes, at: float) -> None:
        """`at`: when these bytes were read, in seconds. Never raises."""
        if not data:
            return
        if data[:1] != b"\n":
            self.settle()
        elif self._after_lone_cr:
            self._at = at
            data = data[1:]
            self._emit("line end", b"\n", "the LF of the CRLF before: no new line")
        self._after_lone_cr = False
        self._at = at
        unsearched = len(self._waiting)
        self._waiting += data
        start = 0
        for end in LINE_END.finditer(self._waiting, unsearched):
            self._line(self._waiting[start : end.end()])
            start = end.end()
        self._waiting = self._waiting[start:]

    def settle(self) -> None:
        """Count a CR that came last as a line's end now. Its LF, should it follow, is a part of its own."""
        if self._waiting.endswith(b"\r"):
            self._line(self._waiting)
            self._waiting = b""
            self._after_lone_cr = True

    def end(self, at: float) -> None:
        """The stream is over: what no blank line ended is discarded by a client."""
        self.settle()
        self._at = at
        if self._waiting:
            note = "the stream ended inside this line: clients discard it"
            self._emit("incomplete line", self._waiting, note)
            self._waiting = b""
        if self._fields:
            self._emit("incomplete event", b"", "no blank line ended this event: clients discard it")
        self._start_event()

    def _line(self, raw: bytes) -> None:
        if self._first_line and raw.startswith(BYTE_ORDER_MARK):
            self._emit("byte order mark", BYTE_ORDER_MARK, "ignored at the start of the stream")
            raw = raw[len(BYTE_ORDER_MARK) :]
        self._first_line = False
        content = raw.rstrip(b"\r\n")
        if not content:
            self._emit("event end", raw, self._dispatched())
            self._start_event()
        elif content.startswith(b":"):
            self._emit("comment", raw, "clients ignore it")
        else:
            name, _, value = content.partition(b":")
            self._fields += 1
            self._emit("event field", raw, self._field(name, value.removeprefix(b" ")))

    def _field(self, name: bytes, value: bytes) -> str:
        """Do what the field says; return that in plain words."""
        if name == b"event":
            self._type = value
            return f"event type is {quoted(value)[1:-1]}"
        if name == b"data":
            self._data.append(value)
            which = "data is" if len(self._data) == 1 else f"line {len(self._data)} of the data is"
            return f"{which} {quoted(value)}"
        if name == b"id":
            return "ignored: NUL in it" if b"\0" in value else f"last event ID is {quoted(value)}"
        if name == b"retry":
            digits = re.fullmatch(rb"[0-9]+", value)
            return f"reconnect after {quoted(value)[1:-1]} ms" if digits else "ignored: not only digits"
        return f"no such field as {quoted(name)}: ignored"

    def _dispatched(self) -> str:
        if not self._data:
            return "no data since the last one: nothing is dispatched"
        name, data = quoted(self._type or b"message"), b"\n".join(self._data)
        return f"dispatch {name}, {plural(len(data), 'byte')} of data"

    def _start_event(self) -> None:
        self._type = b""
        self._data = []
        self._fields = 0

    def _emit(self, kind: str, raw: bytes, note: str) -> None:
        self.parts.append(Part(self._sender, self._at, kind, raw, note, level=1))
