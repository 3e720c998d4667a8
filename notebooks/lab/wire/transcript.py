"""Draws the parts of an exchange as a table: in plain text, and in HTML for JupyterLab.

A rule marks where the line was silent: pauses are what a stream is made of. Colours (Okabe and Ito's, which
the colour-blind can tell apart) only repeat what the words say.
"""

import textwrap
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate

from lab.wire.part import Part, Read, Sender, plural, visible

PAUSE = 0.005
"""Seconds of silence that earn a rule."""

ARROWS = {"client": "→", "server": "←"}
HTML_RAW_WIDTH = 44
HTML_ROWS = 200
BLUE, SKY, GREEN, ORANGE, VERMILLION, PURPLE = (
    "#0072B2",
    "#56B4E9",
    "#009E73",
    "#E69F00",
    "#D55E00",
    "#CC79A7",
)
COLOURS = {
    "request line": BLUE,
    "status line": BLUE,
    "blank line": BLUE,
    "header": SKY,
    "trailer": SKY,
    "chunk size": ORANGE,
    "chunk end": ORANGE,
    "last chunk": ORANGE,
    "frame": ORANGE,
    "opcode": ORANGE,
    "length": ORANGE,
    "masking key": ORANGE,
    "chunk data": GREEN,
    "body": GREEN,
    "payload": GREEN,
    "close code": GREEN,
    "close reason": GREEN,
    "event field": PURPLE,
    "event end": PURPLE,
    "comment": PURPLE,
    "line end": PURPLE,
    "byte order mark": PURPLE,
}


@dataclass(frozen=True)
class Row:
    """A part with its whole note, and the silence before it in seconds (0: none to speak of)."""

    part: Part
    note: str
    silence: float = 0.0


class Arrivals:
    """When the bytes of one sender came, asked for in their order."""

    def __init__(self, reads: Sequence[Read], sender: Sender) -> None:
        own = [read for read in reads if read.sender == sender and read.data]
        self._times = [read.at for read in own]
        self._ends = list(accumulate(len(read.data) for read in own))
        self._position = 0

    def of_next(self, size: int) -> list[float]:
        """Return the times of the reads in which the next `size` bytes were."""
        start = self._position
        self._position += size
        first, last = bisect_right(self._ends, start), bisect_left(self._ends, self._position)
        return self._times[first : last + 1] if size else []


def rows(parts: Sequence[Part], reads: Sequence[Read], level: int) -> list[Row]:
    """Return the rows of the table. A part whose bytes came in several reads says when each came."""
    arrivals = {"client": Arrivals(reads, "client"), "server": Arrivals(reads, "server")}
    result, latest = [], 0.0
    for part in parts:
        if part.level == 0:
            times = arrivals[part.sender].of_next(len(part.raw)) or [part.at]
            silence = times[0] - latest
            result.append(Row(part, _with_reads(part.note, times), silence if silence > PAUSE else 0.0))
            latest = part.at
        elif part.level <= level:
            result.append(Row(part, part.note))
    return result


def _with_reads(note: str, times: list[float]) -> str:
    """`note`, and when the reads came in which the part's bytes were, if there were several."""
    if len(times) < 2:
        return note
    shown = [f"{at * 1000:.0f}" for at in times]
    if len(shown) > 6:
        shown[3:-2] = ["…"]
    return f"{note}{'; ' if note else ''}in {len(times)} reads, at {', '.join(shown)} ms"


def as_text(parts: Sequence[Part], reads: Sequence[Read], max_width: int, level: int, max_rows: int) -> str:
    """Columns: milliseconds, who sent it, how many bytes, what they are, the bytes, what they mean."""
    table = rows(parts, reads, level)
    kinds = max([len(_kind(row.part)) for row in table], default=4)
    room = max(24, max_width - kinds - 21)
    note_width = min(room * 6 // 11, max([len(row.note) for row in table], default=4))
    raw_width = min(room - note_width, max([len(visible(row.part.raw, room)) for row in table], default=3))
    lines = [f"{'ms':>7}   {'bytes':>6} {'what':<{kinds}}  {'raw':<{raw_width}}  note"]
    for row in _shortened(table, max_rows):
        if isinstance(row, str):
            lines.append(f"{'…':>7}   {row}")
            continue
        part = row.part
        if row.silence:
            lines.append(f"── {row.silence * 1000:,.0f} ms later ".ljust(max_width, "─"))
        raw = visible(part.raw, raw_width if row.note else room)
        notes = textwrap.wrap(row.note, room - raw_width) or [""]
        start = f"{part.at * 1000:7.1f} {ARROWS[part.sender]} {len(part.raw):6} {_kind(part):<{kinds}}"
        lines.append(f"{start}  {raw:<{raw_width}}  {notes[0]}".rstrip())
        lines += [" " * (len(start) + raw_width + 4) + note for note in notes[1:]]
    return "\n".join([*lines, "→ client to server   ← server to client"])


def as_html(parts: Sequence[Part], reads: Sequence[Read]) -> str:
    """The same table; it takes its text colour from the page, so that it can be read in a dark theme too."""
    cell = "text-align: left; white-space: pre-wrap; padding: 1px 8px"
    heads = ("ms", "who", "bytes", "what", "raw", "note")
    lines = [
        '<table style="font-family: monospace; font-size: 12px; border-collapse: collapse">',
        "<caption>→ client to server, ← server to client</caption>",
        "<thead><tr>" + "".join(f'<th scope="col" style="{cell}">{head}</th>' for head in heads),
        "</tr></thead><tbody>",
    ]
    for row in _shortened(rows(parts, reads, level=1), HTML_ROWS):
        if isinstance(row, str):
            lines.append(f'<tr><td colspan="6" style="{cell}">… {row}</td></tr>')
            continue
        part = row.part
        if row.silence:
            rule = f"{cell}; border-top: 1px dashed; opacity: 0.75"
            later = f"{row.silence * 1000:,.0f} ms later"
            lines.append(f'<tr><td colspan="6" style="{rule}">{later}</td></tr>')
        colour = COLOURS.get(part.kind, VERMILLION)
        label = f"{cell}; border-left: 6px solid {colour}; white-space: pre"
        texts = (
            f"{part.at * 1000:.1f}",
            ARROWS[part.sender],
            str(len(part.raw)),
            _kind(part),
            visible(part.raw, HTML_RAW_WIDTH),
            row.note,
        )
        styles = (cell, cell, cell, label, f"{cell}; background: {colour}22; word-break: break-all", cell)
        cells = (
            f'<td style="{style}">{escape(text)}</td>' for style, text in zip(styles, texts, strict=True)
        )
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join([*lines, "</tbody></table>"])


def _kind(part: Part) -> str:
    return "  " * part.level + part.kind


def _shortened(table: list[Row], max_rows: int) -> Iterator[Row | str]:
    """All rows, or the first and the last ones with a line between them that says how many are left out."""
    if len(table) <= max_rows:
        yield from table
        return
    head, tail = max_rows - max_rows // 2, max_rows // 2
    yield from table[:head]
    yield f"{plural(len(table) - max_rows, 'more row')} (max_rows is {max_rows})"
    yield from table[len(table) - tail :]
