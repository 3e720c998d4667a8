"""Annotates what one side of an HTTP/1.x connection sends: requests, or responses.

Source: RFC 9112 (section 6.3: where a body ends; 7.1: chunks), RFC 9110 (fields, status codes).
"""

import re

from lab.wire.cursor import Cursor, Cut, Steps
from lab.wire.part import Part, Sender, plural, visible
from lab.wire.sse import SseAnnotator
from lab.wire.websocket import WebSocketAnnotator

STATUS_LINE = re.compile(rb"HTTP/(\d\.\d) (\d{3})(?: .*)?")
REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/(\d\.\d)")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+)([ \t]*):[ \t]*(.*?)[ \t]*", re.DOTALL)
CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(;[^\r\n]*)?\r\n")

FIELD_NOTES = {
    "connection": "about this hop, not the whole way",
    "sec-websocket-accept": "proves that the server read the key",
    "sec-websocket-key": "16 random bytes in base64",
    "sec-websocket-version": "13 is RFC 6455",
    "trailer": "fields to come after the last chunk",
    "upgrade": "the protocol to change to",
}


class Unreadable(Exception):
    """These bytes cannot be what the grammar wants next, so nothing after them can be read either."""

    def __init__(self, kind: str, note: str, raw: bytes) -> None:
        super().__init__(note)
        self.kind = kind
        self.note = note
        self.raw = raw


class Http1Annotator:
    """Bytes of one sender in, parts out. `method`: of the request that a response answers (HEAD has no body).

    `status`, `headers` (names in lower case) and `websocket` are of the message read last; `complete` says
    that its end was seen. Interim responses (1xx) are followed by the final one; after `101` to a WebSocket,
    or a request for one, come frames.
    """

    def __init__(self, sender: Sender = "server", method: str = "GET") -> None:
        self.parts: list[Part] = []
        self.complete = False
        self.status: int | None = None
        self.headers: list[tuple[str, str]] = []
        self.websocket: WebSocketAnnotator | None = None
        self._sender = sender
        self._method = method
        self._bytes = Cursor()
        self._steps = self._annotate()
        next(self._steps)

    def feed(self, data: bytes, at: float) -> None:
        """`at`: when these bytes were read, in seconds. Raises nothing but `ValueError` after `end`."""
        self._bytes.add(data, at)
        next(self._steps, None)

    def end(self, at: float, closed: bool = True) -> None:
        """No more bytes will come: the connection ended, or (not `closed`) nobody looked any longer."""
        self._bytes.end(at, closed)
        next(self._steps, None)

    def values(self, name: str) -> list[str]:
        """The members of the comma-separated lists that the fields of this name (in lower case) hold."""
        return [v.strip() for n, value in self.headers if n == name for v in value.split(",") if v.strip()]

    def _annotate(self) -> Steps[None]:
        note = "the connection ended"
        try:
            yield from self._message()
            if self._bytes.ended:
                note = "the connection ended: so did the body"
            yield from self._bytes.have(1, "")
            self._emit("excess", (yield from self._bytes.rest()), "after the end of the message")
        except Unreadable as error:
            self._emit(error.kind, error.raw + (yield from self._bytes.rest()), error.note)
        except Cut as cut:
            if remains := self._bytes.take():
                self._emit(cut.kind, remains, f"cut: {cut.missing}")
            if not self.complete:
                note = "the connection ended too early: the message is not complete"
        if self._bytes.closed:
            self.parts.append(Part(self._sender, self._bytes.ended_at, "close", b"", note))

    def _message(self) -> Steps[None]:
        while True:
            yield from (self._request_line() if self._sender == "client" else self._status_line())
            end = yield from self._fields("header")
            if self.status is None or self.status == 101 or self.status >= 200:
                break
            self._emit("blank line", end, f"end of the interim response {self.status}: another follows")
        yield from self._body(end)
        self.complete = True

    def _request_line(self) -> Steps[None]:
        yield from self._bytes.have(1, "request line")
        raw = yield from self._bytes.line("request line")
        if raw == b"\r\n":
            self._emit("blank line", raw, "ignored before a request")
            raw = yield from self._bytes.line("request line")
        match = REQUEST_LINE.fullmatch(_content(raw))
        if not match:
            raise Unreadable("not HTTP", "not a request line: METHOD target HTTP/1.1", raw)
        self._method = match[1].decode()
        self._emit("request line", raw, "method, target, version")

    def _status_line(self) -> Steps[None]:
        for size in range(1, 6):
            yield from self._bytes.have(size, "status line")
            if not b"HTTP/".startswith(self._bytes.peek(size)):
                raise Unreadable("not HTTP", 'a response begins with "HTTP/"', b"")
        raw = yield from self._bytes.line("status line")
        match = STATUS_LINE.fullmatch(_content(raw))
        if not match:
            raise Unreadable("not HTTP", "not a status line: HTTP/1.1 200 OK", raw)
        self.status = int(match[2])
        self._emit("status line", raw, "version, status code, reason")

    def _fields(self, kind: str) -> Steps[bytes]:
        """The header or trailer section; returns the empty line that ends it, which is not a part yet."""
        fields: list[tuple[str, str]] = []
        while True:
            raw = yield from self._bytes.line(kind)
            content = _content(raw)
            if not content:
                if kind == "header":
                    self.headers = fields
                return raw
            if content[:1] in b" \t":
                if fields:
                    fields[-1] = (fields[-1][0], f"{fields[-1][1]} {content.decode('latin-1').strip()}")
                self._emit(kind, raw, "continues the line above (obsolete)")
            elif match := FIELD.fullmatch(content):
                name, value = match[1].decode("ascii").lower(), match[3].decode("latin-1")
                fields.append((name, value))
                self._emit(kind, raw, _field_note(name, value, raw, blank=bool(match[2])))
            else:
                self._emit(f"not a {kind}", raw, "a field is Name: value; ignored")

    def _body(self, end: bytes) -> Steps[None]:
        """What follows the empty line `end`, by the rules of RFC 9112 section 6.3 in their order."""
        codings = [coding.lower() for coding in self.values("transfer-encoding")]
        lengths = set(self.values("content-length"))
        upgrade = "websocket" in [value.lower() for value in self.values("upgrade")]
        if self.status == 101 or (self._sender == "client" and upgrade):
            yield from self._other_protocol(end, upgrade)
        elif self.status in (204, 304) or (self._sender == "server" and self._method == "HEAD"):
            why = "a HEAD request" if self._method == "HEAD" else f"status {self.status}"
            self._emit("blank line", end, f"end of the message: {why} has no body")
        elif codings and codings[-1] == "chunked":
            both = ", whatever Content-Length says" if lengths else ""
            self._emit("blank line", end, f"end of the headers; chunks follow{both}")
            yield from self._chunks()
        elif len(lengths) == 1 and not codings and re.fullmatch("[0-9]{1,18}", length := lengths.pop()):
            size = int(length)
            self._emit("blank line", end, f"end of the headers; {plural(size, 'byte')} of body follow")
            if size:
                yield from self._data("body", size, "as many bytes as Content-Length says", self._events())
        elif self._sender == "client":
            self._emit("blank line", end, "end of the request; no body")
        else:
            self._emit("blank line", end, "end of the headers; body until close")
            yield from self._data("body", None, "no length and no chunks", self._events())

    def _chunks(self) -> Steps[None]:
        events = self._events()
        while True:
            raw = yield from self._bytes.line("chunk size")
            match = CHUNK_SIZE.fullmatch(raw)
            if not match:
                raise Unreadable("not a chunk size", "a chunk begins with its size in hexadecimal", raw)
            size = int(match[1], 16)
            extension = "; and an extension, which nobody must understand" if match[2] else ""
            if size == 0:
                break
            self._emit("chunk size", raw, f"{plural(size, 'byte')} follow{extension}")
            yield from self._data("chunk data", size, "", events)
            yield from self._bytes.have(2, "chunk end")
            if self._bytes.peek(2) != b"\r\n":
                raise Unreadable(
                    "not a chunk end", f"after the {plural(size, 'byte')} a CRLF must stand", b""
                )
            self._emit("chunk end", self._bytes.take(2), "end of the chunk")
        self._emit("last chunk", raw, f"size 0: no more chunks{extension}")
        self._end_events(events)
        end = yield from self._fields("trailer")
        self._emit("blank line", end, "end of the message")

    def _data(self, kind: str, size: int | None, note: str, events: SseAnnotator | None) -> Steps[None]:
        """`size` bytes of content (None: all until the connection ends), then the event lines they hold."""
        raw = bytearray()
        cut: Cut | None = None
        while size is None or len(raw) < size:
            try:
                piece = yield from self._bytes.some(None if size is None else size - len(raw), kind)
            except Cut as error:
                cut = None if size is None and self._bytes.closed else error
                break
            raw += piece
            if events:
                events.feed(piece, self._bytes.at)
        if cut:
            came = "still going on" if size is None else f"{len(raw):,} of {size:,} bytes came"
            note = f"cut: {came}"
        if raw:
            self._emit(kind, bytes(raw), note)
        if events and (cut or kind == "body"):
            self._end_events(events)
        elif events:
            events.settle()
            self._take_parts(events)
        if cut:
            raise cut

    def _events(self) -> SseAnnotator | None:
        """Return an annotator if the content is an event stream as it is, not compressed."""
        types = [value for name, value in self.headers if name == "content-type"]
        plain = not self.values("content-encoding")
        is_stream = bool(types) and types[-1].split(";")[0].strip().lower() == "text/event-stream"
        return SseAnnotator(self._sender) if is_stream and plain else None

    def _end_events(self, events: SseAnnotator | None) -> None:
        if events:
            events.end(self._bytes.at)
            self._take_parts(events)

    def _other_protocol(self, end: bytes, upgrade: bool) -> Steps[None]:
        what = "frames" if upgrade else "another protocol"
        if self._sender == "client":
            self._emit("blank line", end, "end; frames, if the server agrees")
        else:
            self._emit("blank line", end, f"end of HTTP: {what} from here on")
        if not upgrade:
            yield from self._data("another protocol", None, "not HTTP any longer", None)
            return
        self.websocket = WebSocketAnnotator(self._sender)
        try:
            while True:
                piece = yield from self._bytes.some(None, "frame")
                self.websocket.feed(piece, self._bytes.at)
                self._take_parts(self.websocket)
                self.complete = self.websocket.complete
        except Cut:
            self.websocket.end(self._bytes.at)
            self._take_parts(self.websocket)
            raise

    def _take_parts(self, inner: SseAnnotator | WebSocketAnnotator) -> None:
        self.parts += inner.parts
        inner.parts.clear()

    def _emit(self, kind: str, raw: bytes, note: str) -> None:
        self.parts.append(Part(self._sender, self._bytes.at, kind, raw, note))


def _content(line: bytes) -> bytes:
    """Return the line without its CRLF, or LF alone, which RFC 9112 section 2.2 lets a recipient accept."""
    return line[:-2] if line.endswith(b"\r\n") else line[:-1]


def _field_note(name: str, value: str, raw: bytes, blank: bool) -> str:
    if blank:
        return "a blank before the colon: must not be"
    if not raw.endswith(b"\r\n"):
        return "ended by LF alone, not CRLF"
    if name == "transfer-encoding" and value.lower().endswith("chunked"):
        return "the body comes in chunks"
    if name == "content-length":
        return f"the body is {visible(value.encode('latin-1'), 20)} bytes"
    if name == "content-type" and value.lower().startswith("text/event-stream"):
        return "the body is a stream of events"
    return FIELD_NOTES.get(name, "")
