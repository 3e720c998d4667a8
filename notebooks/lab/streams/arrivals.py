"""What a stream sent and what arrived of it, and when.

A `Recording` appends a time and what was read to a list, and does nothing else: parsing, statistics and
drawing come after the last byte, so that measuring does not hold back what it measures. `Arrivals` is the
record of a stream that has ended; it is parsed once.
"""

import json
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate, pairwise
from time import time

from lab.streams.events import Event
from lab.streams.readers import Head, Refused
from lab.streams.source import LOCAL

Part = Head | Event | bytes | str
SMALLEST_GAP = 0.005
"""Seconds between two arrivals under which they are one burst, however fast the sender was."""


@dataclass(frozen=True, slots=True)
class Item:
    """One stamped item: its number, when it was sent and when it arrived (epoch seconds), its bytes."""

    seq: int
    sent: float
    arrived: float
    size: int

    @property
    def hold(self) -> float:
        """Seconds between being sent and arriving: what the layers between kept it."""
        return self.arrived - self.sent


@dataclass(frozen=True)
class Recording:
    """What has been read of a stream so far: each part with its time, the head first."""

    started: float = field(default_factory=time)
    parts: list[tuple[float, Part]] = field(default_factory=list, repr=False)

    def add(self, part: Part) -> None:
        self.parts.append((time(), part))


@dataclass(frozen=True)
class Arrivals:
    """The record of one stream. Times are epoch seconds, durations seconds, sizes bytes."""

    label: str = ""
    source: str = LOCAL
    started: float = 0.0
    ended: float = 0.0
    error: Exception | None = None
    """Why the stream ended before it was complete, if it did."""
    parts: Sequence[tuple[float, Part]] = field(default=(), repr=False)
    """Each part that was read, with the time it was read: the head first."""
    relative: bool = False
    """True if sender and receiver have clocks of their own: sent times are then shifted so that the smallest
    hold is 0."""

    @property
    def head_at(self) -> float | None:
        """When status and headers were there."""
        return next((at for at, part in self.parts if isinstance(part, Head)), None)

    @cached_property
    def content(self) -> list[tuple[float, bytes]]:
        """Each read of content with its time; an event's data or a message counts as a line."""
        return [(at, as_lines(part)) for at, part in self.parts if not isinstance(part, Head)]

    @cached_property
    def _lines(self) -> list[tuple[bytes, Item | None]]:
        """Each line, and the stamped item that it is."""
        splitter = LineSplitter()
        found = [each for at, data in self.content for each in splitter.feed(at, data)]
        return [(line, parse_item(line, at)) for at, line in [*found, *splitter.end()]]

    @cached_property
    def items(self) -> list[Item]:
        """The stamped items in the order they arrived; an item has arrived when its last byte has."""
        stamped = [item for _, item in self._lines if item]
        if not self.relative or not stamped:
            return stamped
        offset = min(item.hold for item in stamped)
        return [replace(item, sent=item.sent + offset) for item in stamped]

    @cached_property
    def strays(self) -> list[bytes]:
        """Lines of content that are not stamped items."""
        return [line for line, item in self._lines if line and not item]

    @cached_property
    def bursts(self) -> list[list[Item]]:
        """Items that came together: a burst ends where the next arrival is further off than half the sender's
        own median interval (and than 5 ms)."""
        items = self.items
        between_sent = [b.sent - a.sent for a, b in pairwise(items)]
        gap = max(SMALLEST_GAP, statistics.median(between_sent) / 2) if between_sent else SMALLEST_GAP
        bursts: list[list[Item]] = []
        for item in items:
            if bursts and item.arrived - bursts[-1][-1].arrived <= gap:
                bursts[-1].append(item)
            else:
                bursts.append([item])
        return bursts

    @property
    def in_order(self) -> bool:
        """True if the items are numbered without a gap, a repetition or a step back."""
        seqs = [item.seq for item in self.items]
        return seqs == list(range(seqs[0], seqs[0] + len(seqs))) if seqs else True

    @property
    def separate(self) -> bool:
        """True if there are more bursts than half the items: on average fewer than two came together."""
        return len(self.bursts) > len(self.items) / 2

    @property
    def refusal(self) -> str:
        """What the server said instead of a stream, such as "HTTP 403"; empty if there was a stream."""
        return str(self.error).partition(" from ")[0] if isinstance(self.error, Refused) else ""

    @property
    def first_byte(self) -> float | None:
        """Seconds from the request to the first byte of content (time to first byte)."""
        return self.content[0][0] - self.started if self.content else None

    @property
    def longest_hold(self) -> float:
        return max(self._holds())

    @property
    def median_hold(self) -> float:
        return statistics.median(self._holds())

    @property
    def most_held(self) -> int:
        """The most bytes that were sent and had not arrived, at any moment."""
        steps = [(item.sent, item.size) for item in self.items]
        steps += [(item.arrived, -item.size) for item in self.items]
        return max(accumulate((size for _, size in sorted(steps)), initial=0))

    @property
    def total(self) -> float:
        """Seconds from the request to the end of the stream."""
        return self.ended - self.started

    def finding(self) -> str:
        """What the picture shows, in one line."""
        if self.refusal:
            return f"refused: {self.refusal}"
        if not self.items:
            return "no items"
        cut = ", then cut" if self.error is not None else ""
        return f"{self.counts()}, longest hold {milliseconds(self.longest_hold)}{cut}"

    def summary(self) -> str:
        """Return the figure's text twin."""
        facts = [self.label, self.source] if self.label else [self.source]
        head = next((part for _, part in self.parts if isinstance(part, Head)), None)
        if head is not None and head.status not in (101, 200):
            facts.append(f"HTTP {head.status}")
        if self.items and self.first_byte is not None:
            facts.append(self.counts())
            facts.append(f"first {milliseconds(self.first_byte)}")
            facts.append(
                f"longest hold {milliseconds(self.longest_hold)}{' (relative)' if self.relative else ''}"
            )
        else:
            facts.append(self.finding())
        facts.append(f"total {milliseconds(self.total)}")
        if self.error is not None and not self.refusal:
            facts.append(f"CUT: {type(self.error).__name__}")
        return " · ".join(facts)

    def counts(self) -> str:
        """Return how many items in how many bursts."""
        return f"{plural(len(self.items), 'item')} in {plural(len(self.bursts), 'burst')}"

    def require_items(self) -> list[Item]:
        """Return the items. Raises `ValueError` if there are none, and says what came instead."""
        if not (items := self.items):
            raise ValueError(
                f"nothing to measure: no stamped item arrived, but {self.strays[:3]}. "
                "Ask the stream for stamped items: ?count=24&interval_ms=100"
            )
        return items

    def _holds(self) -> list[float]:
        return [item.hold for item in self.require_items()]


class LineSplitter:
    """Splits a stream of reads into lines, each with the time of the read that completed it."""

    def __init__(self) -> None:
        self._pending: list[bytes] = []
        self._at = 0.0

    def feed(self, at: float, data: bytes) -> Iterator[tuple[float, bytes]]:
        """Yield the lines that `data`, read at `at`, completes."""
        self._at = at
        first, *rest = data.split(b"\n")
        self._pending.append(first)
        for line in rest:
            yield at, b"".join(self._pending) + b"\n"
            self._pending = [line]

    def end(self) -> Iterator[tuple[float, bytes]]:
        """Yield what came after the last line break, if anything did."""
        if unfinished := b"".join(self._pending):
            yield self._at, unfinished


def parse_item(line: bytes, at: float) -> Item | None:
    """Return the stamped item that `line` is, or None."""
    try:
        fields = json.loads(line)
        return Item(int(fields["seq"]), float(fields["sent"]), at, len(line))
    except (ValueError, TypeError, KeyError):
        return None


def as_lines(part: Part) -> bytes:
    if isinstance(part, bytes):
        return part
    text = part.data if isinstance(part, Event) else str(part)
    return text.encode() if text.endswith("\n") else text.encode() + b"\n"


def plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def milliseconds(seconds: float) -> str:
    """Return a duration as the summaries write it: 0.4 ms, 36 ms, 1204 ms."""
    return f"{seconds * 1000:.1f} ms" if abs(seconds) < 0.01 else f"{seconds * 1000:.0f} ms"
