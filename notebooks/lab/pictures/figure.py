"""The signature figure: the same axes for every stream, drawn after the last byte.

On top the fan, a line from each item's sent time to its arrived time: parallel lines stream, a converging fan
is a buffer. Below it cumulative bytes sent and arrived, with what is held back shaded.

matplotlib takes a second to import, which the first figure takes, and not whoever only reads a stream.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from lab.streams.arrivals import Arrivals, Item

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# okabe_ito, and never colour alone: each has a marker, a place or a label of its own
BLUE, ORANGE, GREY, BLACK = "#0072B2", "#E69F00", "#767676", "#000000"
STYLE: dict[Any, Any] = {
    "interactive": True,  # Jupyter shows a figure at the end of its cell only if it was made in this mode
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 12,
    "figure.facecolor": "white",
}


def figure(*streams: Arrivals) -> "Figure":
    """Draw up to four streams side by side on shared axes, and print the text twin of each.

    Raises `ValueError` if a stream has no stamped items.
    """
    import matplotlib.pyplot as plt
    from matplotlib.ticker import EngFormatter

    if not 1 <= len(streams) <= 4:
        raise ValueError(f"one to four streams side by side, not {len(streams)}: use small_multiples()")
    print_twins(streams)
    for stream in streams:
        stream.require_items()
    width = 9 if len(streams) == 1 else 5 * len(streams)
    with plt.rc_context(STYLE):
        drawing, axes = plt.subplots(
            2, len(streams), figsize=(width, 5), sharex=True, sharey="row", squeeze=False
        )
        for column, stream in zip(axes.T, streams, strict=True):
            column[0].set_title(title(stream, lines=1 if len(streams) == 1 else 2))
            draw_fan(column[0], stream)
            draw_bytes(column[1], stream)
            column[1].set_xlabel(time_axis(stream))
        axes[1, 0].set_ylabel("bytes")
        axes[1, 0].yaxis.set_major_formatter(EngFormatter(unit="B"))
        axes[1, 0].legend(loc="best", frameon=False)
        axes[0, 0].legend(loc="lower center", ncols=4, fontsize=8, frameon=False, handletextpad=0.1)
        place(drawing, left=0.95, top=0.35 if len(streams) == 1 else 0.55, between_rows=0.2)
    return drawing


def small_multiples(*streams: Arrivals, columns: int = 4) -> "Figure":
    """Draw the fans of many streams on shared axes, and print the text twin of each.

    A buffer shows without colour: what came in few bursts is hatched from sent to arrived, and labelled. A
    stream without items says so in its place.
    """
    import matplotlib.pyplot as plt

    print_twins(streams)
    rows = -(-len(streams) // columns)
    with plt.rc_context(STYLE | {"axes.titlesize": 10}):
        drawing, axes = plt.subplots(
            rows, columns, figsize=(3.4 * columns, 2.1 * rows), sharex=True, sharey=True, squeeze=False
        )
        for axis, stream in zip(axes.flat, streams, strict=False):
            axis.set_title(title(stream, lines=2))
            if stream.items:
                draw_fan(axis, stream)
                if not stream.separate:
                    hatch_bursts(axis, stream)
            else:
                axis.text(0.5, 0.6, "nothing arrived", transform=axis.transAxes, ha="center", va="center")
        for axis in axes.flat[len(streams) :]:
            axis.set_axis_off()
        if len(streams) < axes.size:
            marks = axes.flat[0].get_legend_handles_labels()
            axes.flat[-1].legend(*marks, loc="center", frameon=False)
        lowest = slice(max(0, len(streams) - columns), len(streams))  # of each column
        for axis, stream in zip(axes.flat[lowest], streams[lowest], strict=True):
            axis.set_xlabel(time_axis(stream))
            axis.tick_params(labelbottom=True)
        place(drawing, left=0.75, top=0.45, between_rows=0.55)
    return drawing


def place(drawing: "Figure", *, left: float, top: float, between_rows: float) -> None:
    """Leave these margins, in inches, and show all of the drawing. What is around the axes has the same size
    in every figure: to let matplotlib measure it, and crop, takes as long again as the drawing."""
    grid = drawing.axes[0].get_gridspec()
    assert grid is not None
    rows, columns = grid.get_geometry()
    width, height = drawing.get_size_inches()
    right, bottom, between_columns = 0.15, 0.55, 0.2
    drawing.subplots_adjust(
        left=left / width,
        right=1 - right / width,
        bottom=bottom / height,
        top=1 - top / height,
        wspace=ratio(width - left - right, columns, between_columns),
        hspace=ratio(height - bottom - top, rows, between_rows),
    )
    print_figure = drawing.canvas.print_figure

    def print_whole(*arguments: Any, **settings: Any) -> Any:  # Jupyter asks for what is cropped
        return print_figure(*arguments, **(settings | {"bbox_inches": None}))

    drawing.canvas.print_figure = print_whole  # type: ignore[method-assign]


def ratio(total: float, count: int, between: float) -> float:
    """Return `between` as a part of one of `count` axes in a row that is `total` wide."""
    return between / ((total - (count - 1) * between) / count)


def print_twins(streams: Sequence[Arrivals]) -> None:
    for stream in streams:
        print(stream.summary())


def time_axis(stream: Arrivals) -> str:
    """What the horizontal axis shows. Sent times by another clock are aligned by the smallest hold."""
    return f"seconds since the request{' (sent: relative)' if stream.relative else ''}"


def title(stream: Arrivals, lines: int) -> str:
    """Return the finding, under (or after) what was measured and where."""
    name = f"{stream.label} · {stream.source}" if stream.label else stream.source
    return f"{name}{': ' if lines == 1 else chr(10)}{stream.finding()}"


def draw_fan(axis: "Axes", stream: Arrivals) -> None:
    """A line an item from when it was sent (top) to when it arrived (bottom); head and ends are marked."""
    from matplotlib.collections import LineCollection

    items = stream.items
    sent, arrived = since(stream, *(i.sent for i in items)), since(stream, *(i.arrived for i in items))
    fan = [[(start, 1), (end, 0)] for start, end in zip(sent, arrived, strict=True)]
    axis.add_collection(LineCollection(fan, colors=BLUE, linewidths=1))
    axis.plot(sent, [1] * len(items), "|", color=GREY)
    axis.plot(arrived, [0] * len(items), "o", color=BLUE, markersize=3.5)
    mark_moments(axis, stream, items)
    axis.set_yticks([0, 1], ["arrived", "sent"])
    axis.set_ylim(-0.95, 1.2)


def hatch_bursts(axis: "Axes", stream: Arrivals) -> None:
    """Hatch each burst of several items, from when they were sent to when they arrived, and say so."""
    for burst in stream.bursts:
        if len(burst) > 1:
            first, last, arrived = since(stream, burst[0].sent, burst[-1].sent, burst[-1].arrived)
            corners = [first, last, arrived], [1, 1, 0]
            axis.fill(*corners, facecolor=ORANGE, edgecolor=BLACK, hatch="...", alpha=0.4, zorder=0)
    axis.text(0.02, 0.12, "BUFFERED", transform=axis.transAxes, weight="bold")


def mark_moments(axis: "Axes", stream: Arrivals, items: list[Item]) -> None:
    """Marks under the arrivals for the headers, the first and the last item, and where the stream was cut."""
    cut = stream.ended if stream.error is not None else None
    moments = {
        "headers": ("^", stream.head_at),
        "first item": ("v", items[0].arrived),
        "last item": ("s", items[-1].arrived),
        "cut": ("X", cut),
    }
    for row, (name, (marker, moment)) in enumerate(moments.items(), start=1):
        if moment is not None:  # each in a row of its own, so that none hides another
            axis.plot(since(stream, moment), [-0.15 * row], marker, color=BLACK, markersize=5, label=name)


def draw_bytes(axis: "Axes", stream: Arrivals) -> None:
    """Cumulative bytes sent and arrived; what is between them is held back."""
    items = stream.items
    sent = staircase(sorted((item.sent - stream.started, item.size) for item in items))
    arrived = staircase(sorted((item.arrived - stream.started, item.size) for item in items))
    axis.step(*sent, where="post", color=GREY, linestyle="--", label="sent")
    axis.step(*arrived, where="post", color=BLUE, label="arrived")
    moments = sorted({*sent[0], *arrived[0]})
    gone, come = [level(sent, moment) for moment in moments], [level(arrived, moment) for moment in moments]
    held = [max(levels) for levels in zip(gone, come, strict=True)]  # clocks that differ hold nothing back
    axis.fill_between(moments, held, come, step="post", color=ORANGE, alpha=0.4, label="held back")


Steps = tuple[list[float], list[int]]


def staircase(steps: list[tuple[float, int]]) -> Steps:
    """Moments and the running total from each of them on, starting with nothing at 0."""
    totals = accumulate((size for _, size in steps), initial=0)
    return [0.0, *(moment for moment, _ in steps)], list(totals)


def level(stairs: Steps, moment: float) -> int:
    """Return the running total at `moment`."""
    moments, totals = stairs
    return totals[bisect_right(moments, moment) - 1]


def since(stream: Arrivals, *moments: float) -> list[float]:
    return [moment - stream.started for moment in moments]
