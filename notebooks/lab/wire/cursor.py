"""Lets an annotator be written as its grammar reads, though the bytes come in any pieces.

The annotators are generators: they wait here for the bytes they need (`yield from`), and `feed` wakes them.
What they do depends on the bytes alone, so any split into reads gives the same parts.
"""

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")
Steps = Generator[None, None, T]


class Cut(Exception):
    """The bytes ended before what was awaited: `kind`, and what is missing in plain words."""

    def __init__(self, kind: str, missing: str) -> None:
        super().__init__(f"the bytes end inside a {kind}: {missing}")
        self.kind = kind
        self.missing = missing


class Cursor:
    """The bytes that came and were not taken yet; `at` says when the last of them was read (seconds)."""

    def __init__(self) -> None:
        self.at = 0.0
        self.ended = False
        self.ended_at = 0.0
        self.closed = False
        self._waiting = bytearray()

    def add(self, data: bytes, at: float) -> None:
        """Raises `ValueError` after `end`."""
        if self.ended:
            raise ValueError("these bytes come after end()")
        if data:
            self._waiting += data
            self.at = at

    def end(self, at: float, closed: bool) -> None:
        self.ended_at = at
        self.ended = True
        self.closed = closed

    def take(self, size: int | None = None) -> bytes:
        """Return the next `size` bytes, or all that came."""
        size = len(self._waiting) if size is None else size
        taken = bytes(self._waiting[:size])
        del self._waiting[:size]
        return taken

    def peek(self, size: int) -> bytes:
        return bytes(self._waiting[:size])

    def have(self, size: int, kind: str) -> Steps[None]:
        """Wait until `size` bytes are there. Raises `Cut`."""
        while (count := len(self._waiting)) < size:
            if self.ended:
                raise Cut(kind, f"{count:,} of {size:,} bytes came")
            yield

    def line(self, kind: str) -> Steps[bytes]:
        """The next line, with its LF. Raises `Cut`."""
        searched = 0
        while (end := self._waiting.find(b"\n", searched)) < 0:
            if self.ended:
                raise Cut(kind, "its line has no end")
            searched = len(self._waiting)
            yield
        return self.take(end + 1)

    def some(self, limit: int | None, kind: str) -> Steps[bytes]:
        """What came, at least one byte and at most `limit`. Raises `Cut`."""
        if limit is None or limit > 0:
            yield from self.have(1, kind)
        return self.take(limit)

    def rest(self) -> Steps[bytes]:
        """All that will ever come."""
        while not self.ended:
            yield
        return self.take()
