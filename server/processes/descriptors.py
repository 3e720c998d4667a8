"""File descriptors: how many this process may have, and how many it has left."""

import os
import resource
import sys
from contextlib import suppress
from pathlib import Path

INHERITED = resource.getrlimit(resource.RLIMIT_NOFILE)
"""The soft and the hard limit with which this process was started."""

ENOUGH = 10_240 if sys.platform == "darwin" else 65_536
"""More than the stand-in can use; macOS grants no more, whatever its hard limit says."""

FEW, PLENTY = 1024, 8192
"""With so many allowed, and one below so few free, it does not matter how many are open above."""

OPEN = Path("/proc/self/fd" if sys.platform == "linux" else "/dev/fd")


MINIMUM = 128
"""With fewer nothing is served: 64 are left to execution environments (`http1.server`), some 16 are the
stand-in's own, and every endpoint and every client needs one."""


class TooFew(Exception):
    """This process may not open enough files; the message says what to do."""


def open_standard_streams() -> None:
    """Where stdin, stdout or stderr is closed, open the null device instead: the next file that is opened
    would take its place."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number is given out first


def require_enough() -> None:
    """Raise `TooFew` unless this process may open `MINIMUM` files."""
    if limit() < MINIMUM:
        raise TooFew(
            f"At most {limit()} files may be open here, the stand-in needs {MINIMUM}: allow more with "
            "ulimit -n 1024 (or, for the hard limit, in /etc/security/limits.conf)."
        )


def raise_limit() -> None:
    """Raise the soft limit of this process as far as it may go: many systems begin with 1024, or 256, and
    every client and every execution environment needs some."""
    soft, hard = INHERITED
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def restore_limit(pid: int) -> None:
    """Give a child the limit this process was started with: programs that `select` cannot use more. Where
    there is no `prlimit` (macOS) it keeps ours."""
    if sys.platform == "linux":
        with suppress(OSError):
            resource.prlimit(pid, resource.RLIMIT_NOFILE, INHERITED)


def left() -> int:
    """How many more this process may open. They are counted only where they may matter: that takes time."""
    try:
        lowest = os.open(os.devnull, os.O_RDONLY)
        os.close(lowest)
        if lowest < FEW and limit() >= PLENTY:
            return limit() - lowest
        return limit() - sum(1 for _ in OPEN.iterdir())
    except OSError:  # not even one, to look
        return 0


def limit() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return ENOUGH if soft == resource.RLIM_INFINITY else soft
