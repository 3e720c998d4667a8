"""The stand-in's own log in tests: whatever is sent to it from outside, it holds no traceback."""

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO

TRACEBACK = "Traceback (most recent call last)"
LINES_BEFORE, LINES_AFTER = 3, 30
LOOP_COMPLAINTS = ("Task exception was never retrieved", "Exception in callback")
"""What asyncio logs of an exception that nobody handles, with its traceback below or without."""


@contextmanager
def without_tracebacks() -> Iterator[IO[str]]:
    """Yield a file for a process's stderr; when the block ends well, fail if it holds a traceback."""
    with TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        yield log
        log.seek(0)
        found = tracebacks(log.read())
    assert not found, "the stand-in's log holds tracebacks:\n" + "\n---\n".join(found)


def tracebacks(text: str) -> list[str]:
    """Each traceback in `text`, with the lines around it."""
    lines = text.splitlines()
    found = []
    until = 0
    for number, line in enumerate(lines):
        if number >= until and (TRACEBACK in line or line.startswith(LOOP_COMPLAINTS)):
            until = number + LINES_AFTER
            found.append("\n".join(lines[max(0, number - LINES_BEFORE) : until]))
    return found
