"""A picture that grows while a stream arrives.

It is a small SVG string put into one output again and again by a task of its own, about a millisecond each
time; drawing with matplotlib between two reads would hold the stream back (notebook 05 shows it).
"""

import asyncio
from collections.abc import Sequence
from html import escape
from time import time

from IPython.display import display

from lab.streams.arrivals import Item, LineSplitter, Recording, as_lines, parse_item
from lab.streams.readers import Head

REDRAW_SECONDS = 0.1
WIDTH, HEIGHT, LEFT, TOP = 720, 110, 70, 20
SENT, ARRIVED = "#999999", "#0072B2"


class LiveView:
    """Shows `recording` for as long as a block runs, and what it had come to when the block ends."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._splitter = LineSplitter()
        self._seen = 0
        self._items: list[Item] = []
        self._ended: float | None = None

    async def __aenter__(self) -> None:
        self._handle = display(self, display_id=True)  # type: ignore[no-untyped-call]
        self._task = asyncio.create_task(self._redraw())

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        self._ended = time()
        self._update()

    async def _redraw(self) -> None:
        while True:
            await asyncio.sleep(REDRAW_SECONDS)
            if len(self._recording.parts) > self._seen:
                self._update()

    def _update(self) -> None:
        if self._handle is not None:  # None outside a kernel
            self._handle.update(self)

    def _read_on(self) -> list[Item]:
        """Return the items so far: what has come since the last time is parsed, and nothing twice."""
        parts = self._recording.parts
        new = parts[self._seen :]
        self._seen = len(parts)
        for at, part in new:
            if not isinstance(part, Head):
                found = (parse_item(line, at) for at, line in self._splitter.feed(at, as_lines(part)))
                self._items += [item for item in found if item]
        return self._items

    def _repr_html_(self) -> str:
        return live_svg(self._read_on(), self._recording.started, self._ended)

    def __repr__(self) -> str:
        seconds = (self._ended or time()) - self._recording.started
        return f"{len(self._read_on())} items after {seconds * 1000:.0f} ms"


def live_svg(items: Sequence[Item], started: float, ended: float | None) -> str:
    """The fan so far: a line from each item's sent time to its arrived time, and the count in words. `ended`
    is None while more may come."""
    now = ended or time()
    scale = (WIDTH - LEFT - 20) / max(now - started, 1.0)

    def x(moment: float) -> float:
        return LEFT + (moment - started) * scale

    bottom = HEIGHT - 25
    fan = "".join(
        f'<line x1="{sent:.1f}" y1="{TOP}" x2="{arrived:.1f}" y2="{bottom}" stroke="{ARRIVED}"/>'
        f'<circle cx="{arrived:.1f}" cy="{bottom}" r="3" fill="{ARRIVED}"/>'
        for sent, arrived in ((x(item.sent), x(item.arrived)) for item in items)
    )
    state = "arriving …" if ended is None else "complete"
    label = f"{len(items)} items after {now - started:.1f} s, {state}"
    return (
        f'<svg role="img" aria-label="{escape(label)}" width="{WIDTH}" height="{HEIGHT}" font-size="12" '
        f'font-family="sans-serif" fill="currentColor">'
        f'<text x="{LEFT - 10}" y="{TOP + 4}" text-anchor="end">sent</text>'
        f'<text x="{LEFT - 10}" y="{bottom + 4}" text-anchor="end">arrived</text>'
        f'<line x1="{LEFT}" y1="{TOP}" x2="{WIDTH}" y2="{TOP}" stroke="{SENT}"/>'
        f'<line x1="{LEFT}" y1="{bottom}" x2="{WIDTH}" y2="{bottom}" stroke="{SENT}"/>'
        f'{fan}<text x="{LEFT}" y="{HEIGHT - 4}">{escape(label)}</text></svg>'
    )
