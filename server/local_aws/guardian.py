"""Ends what the stand-in leaves behind: run as a program of its own, which outlives the stand-in.

It reads the pipe from the stand-in: which process groups there are. The pipe ends when the stand-in does,
however it does; then everything is killed that carries the stand-in's mark, and its files are removed.

Processes of a session of their own (`setsid`, `spawn` with `detached`) belong to no group that anybody knows.
They are found by a mark: a variable in the environment they inherit. Linux shows it in /proc; on macOS `ps`
does, as far as the system lets it. One that gives up both its session and its environment is not found.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

VARIABLE = "LOCAL_AWS_PROCESS"
DYING_SECONDS = 0.01


def kill_group(group: int) -> None:
    with suppress(OSError):
        os.killpg(group, signal.SIGKILL)


def kill_marked(marks: Iterable[str]) -> None:
    """Kill every process with one of `marks`, which are beginnings of the variable's value, and what these
    start meanwhile; return when they are gone."""
    wanted = [f"\0{VARIABLE}={mark}".encode() for mark in marks]
    while pids := [pid for pid, variables in environments() if any(mark in variables for mark in wanted)]:
        for pid in pids:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(DYING_SECONDS)


def environments() -> Iterator[tuple[int, bytes]]:
    """Every process and its environment, each variable after a NUL; one that has ended has none."""
    if sys.platform != "linux":
        yield from environments_by_ps()
        return
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                yield int(folder.name), b"\0" + (folder / "environ").read_bytes()


def environments_by_ps() -> Iterator[tuple[int, bytes]]:
    with suppress(OSError):
        listing = subprocess.run(["ps", "-axEww", "-o", "pid=,command="], capture_output=True, check=False)
        for line in listing.stdout.splitlines():
            pid, _, command = line.strip().partition(b" ")
            yield int(pid), command.replace(b" ", b"\0")


def main() -> None:
    folder, mark = sys.argv[1:]
    groups: set[int] = set()
    for line in sys.stdin:
        action, group = line.split()
        (groups.add if action == "guard" else groups.discard)(int(group))
    for group in groups:
        kill_group(group)
    kill_marked([mark])
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
