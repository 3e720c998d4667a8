"""File descriptors: how many this process may open, and how many of them are whose.

Where a system grants few, each client and each execution environment of a function has a place in one half of
them. Who finds no place waits (a client, in its port's queue) or is refused (an environment). So clients
cannot take what a function needs to answer them.
"""

import os
import resource
import sys
from contextlib import suppress
from functools import cache

INHERITED = resource.getrlimit(resource.RLIMIT_NOFILE)
"""The soft and the hard limit with which this process was started."""

ENOUGH = 10_240 if sys.platform == "darwin" else 65_536
"""More than the stand-in can use; macOS grants no more, whatever its hard limit says."""

MINIMUM = 128
"""With fewer nothing is served."""

OWN = 32
"""For the stand-in itself; one with many endpoints, each of which listens, takes some of the clients'."""

ENVIRONMENT = 6
"""For one execution environment: a pipe, a port, its runtime's connections, and what starting it takes."""


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


def for_clients() -> int:
    """Return how many connections of clients may be open at once."""
    return (limit() - OWN) // 2


def for_environments() -> int:
    """Return how many execution environments there may be at once."""
    return (limit() - OWN) // 2 // ENVIRONMENT


@cache
def tell_shortage() -> None:
    """Say, once, that clients wait or are refused because too few files may be open."""
    print(
        f"At most {limit()} files may be open here: {for_clients()} clients and {for_environments()} "
        "execution environments at once, and more must wait or are refused. Allow more with ulimit -n 1024 "
        "(or, for the hard limit, in /etc/security/limits.conf).",
        file=sys.stderr,
    )


def limit() -> int:
    """Return how many files this process may open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return ENOUGH if soft == resource.RLIM_INFINITY else soft
