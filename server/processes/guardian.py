"""Ends what another process leaves behind: run as a program of its own, which outlives that one.

It serves the stand-in, and whoever runs a single command (`server.processes.guarded`), which it then starts
itself. It reads the pipe from its owner: which process groups there are. The pipe ends when the owner does,
however it does; then everything is killed that carries the owner's mark, and its files are removed. A spare
waits beside it, for the case that the guardian itself is killed or stopped; if both are killed, the stand-in
starts another. Only who kills all three at once leaves something behind.

Processes of a session of their own (`setsid`, `spawn` with `detached`) belong to no group that anybody knows.
They are found by a mark: a variable in the environment they inherit. Linux shows it in /proc; on macOS `ps`
does, as far as the system lets it. One that gives up both its session and its environment is not found.
"""

import os
import select
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
PATIENCE_MS = 2000
"""How long a guardian may take to do its work before its spare does it."""

AGAIN = b"again\n"
"""Said to the owner by a spare that has taken over: it wants to know which groups there are."""


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


def clean_up(groups: Iterable[int], mark: str, folder: str) -> None:
    for group in groups:
        kill_group(group)
    kill_marked([mark])
    shutil.rmtree(folder, ignore_errors=True)


class Pair:
    """A guardian and its spare, a fork that takes over when the guardian is killed, or is stopped and so
    does nothing when the stand-in ends. A spare that is killed is replaced."""

    def __init__(self) -> None:
        """Fork a spare. In the spare itself this returns when it has become the guardian, with a spare of its
        own."""
        self.spare = self._to_spare = self._pid = -1
        self._renew()

    def _renew(self) -> None:
        while self._fork():
            tell(1, AGAIN)

    def _fork(self) -> bool:
        """False in the guardian; True in the spare, when it is to take over. `spare` ends with the spare."""
        guardian = os.getpid()
        ends_with_guardian, self._to_spare = os.pipe()
        self.spare, ends_with_spare = os.pipe()
        try:
            self._pid = os.fork()
        except OSError:  # no process is left: guard without a spare
            return False
        if self._pid:
            os.close(ends_with_guardian)
            os.close(ends_with_spare)
            return False
        os.close(self._to_spare)
        os.close(self.spare)
        wait_for_turn(guardian, ends_with_guardian)
        os.close(ends_with_guardian)
        os.close(ends_with_spare)
        return True

    def replace_spare(self) -> None:
        self.dismiss()
        self._renew()

    def dismiss(self) -> None:
        """End the spare, which has nothing left to do; a message might not reach it, as it may be stopped."""
        if self._pid > 0:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._to_spare)
        os.close(self.spare)


def wait_for_turn(guardian: int, ends_with_guardian: int) -> None:
    """Return when the guardian is gone; it kills its spare when it has done its work."""
    waiting = select.poll()
    waiting.register(ends_with_guardian, select.POLLIN)
    waiting.register(0, 0)  # its end is seen, what it says is left to the guardian
    if [descriptor for descriptor, _ in waiting.poll()] == [0]:
        waiting.unregister(0)
        if not waiting.poll(PATIENCE_MS) and os.getppid() == guardian:
            os.kill(guardian, signal.SIGKILL)
            waiting.poll()


def tell(descriptor: int, words: bytes) -> None:
    with suppress(OSError):  # nobody is there
        os.write(descriptor, words)


def run(argv: list[str], mark: str) -> int:
    """Start the command, which alone keeps our stderr; return its process group."""
    null = os.open(os.devnull, os.O_WRONLY)
    command = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=null,
        env={**os.environ, VARIABLE: mark},
        start_new_session=True,
    )
    os.dup2(null, 2)
    os.close(null)
    return command.pid


def main() -> None:
    folder, mark, *argv = sys.argv[1:]
    groups = {run(argv, mark)} if argv else set()
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    told = b""
    pair = Pair()
    waiting = select.poll()
    waiting.register(0, select.POLLIN)
    waiting.register(pair.spare, select.POLLIN)
    while True:
        ready = [descriptor for descriptor, _ in waiting.poll()]
        if 0 in ready:
            news = os.read(0, 65_536)
            if not news:
                break
            *lines, told = (told + news).split(b"\n")
            for line in lines:
                action, group = line.split()
                if action == b"guard":
                    groups.add(int(group))
                else:
                    groups.discard(int(group))
        elif pair.spare in ready:
            waiting.unregister(pair.spare)
            pair.replace_spare()
            waiting.register(pair.spare, select.POLLIN)
    clean_up(groups, mark, folder)
    pair.dismiss()


if __name__ == "__main__":
    main()
