"""Shows how many of several things are done, in one output that is updated as they get done."""

from collections.abc import Iterable
from html import escape
from time import monotonic

from IPython.display import display

SHOWN = 4
"""How many of those still to come are named."""


class Progress:
    """`done(name)` for each; the output names those that are still to come."""

    def __init__(self, what: str, names: Iterable[str]) -> None:
        self._what = what
        self._waiting = list(names)
        self._all = len(self._waiting)
        self._started = monotonic()
        self._handle = display(self, display_id=True)  # type: ignore[no-untyped-call]

    def done(self, name: str) -> None:
        self._waiting.remove(name)
        if self._handle is not None:  # None outside a kernel
            self._handle.update(self)

    def __repr__(self) -> str:
        rest = f" · still: {'; '.join(self._waiting[:SHOWN])}" if self._waiting else ""
        if (more := len(self._waiting) - SHOWN) > 0:
            rest += f" and {more} more"
        done = self._all - len(self._waiting)
        return f"{done} of {self._all} {self._what} after {monotonic() - self._started:.1f} s{rest}"

    def _repr_html_(self) -> str:
        done = self._all - len(self._waiting)
        bar = f'<progress max="{self._all}" value="{done}"></progress>'
        return f'<div role="status">{bar} {escape(repr(self))}</div>'
