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
