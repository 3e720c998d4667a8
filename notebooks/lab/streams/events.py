"""Server-Sent Events from bytes: the parser of `text/event-stream`, without I/O.

Source: HTML standard, sections 9.2.5 and 9.2.6 (https://html.spec.whatwg.org/multipage/server-sent-events.html).
"""

import codecs
import re
from dataclasses import dataclass

LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Event:
    """One event as a client dispatches it. `id` is the last one seen so far, "" before the first."""

    event: str
    data: str
    id: str


class EventParser:
    """Feed it bytes as they arrive, in any pieces; it gives back the events they complete.

    `retry_ms` is the reconnection time the server asked for, if it did.
    """

    def __init__(self) -> None:
        self.retry_ms: int | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._line = ""
        self._after_cr = False
        self._event = ""
        self._id = ""
        self._data: list[str] = []

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes; return the events that they complete. A CR ends its line at once: the event
        does not wait for the byte that follows, and an LF that does belongs to the same line end."""
        text = self._decoder.decode(data)
        if not text:
            return []
        if self._after_cr:
            text = text.removeprefix("\n")
        self._after_cr = text.endswith("\r")
        *lines, self._line = LINE_END.split(self._line + text)
        return [event for line in lines if (event := self._take(line)) is not None]

    def _take(self, line: str) -> Event | None:
        if line == "":
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry_ms = int(value)
        return None

    def _dispatch(self) -> Event | None:
        """Return the end of an event; one without data is dropped, as the standard says."""
        event, data = self._event or "message", self._data
        self._event = ""
        self._data = []
        return Event(event, "\n".join(data), self._id) if data else None
