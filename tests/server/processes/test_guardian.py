"""The guardian and its spare: killed or stopped, in any order, nothing outlives the process they guard."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

GUARDED = """
import asyncio, os, sys, tempfile
from pathlib import Path
from server.processes.children import Processes

CHILD = '''
import os, subprocess, sys, time
detached = subprocess.Popen(["sleep", "300"], start_new_session=True)
print(os.getpid(), detached.pid, flush=True)
time.sleep(300)
'''

async def main():
    folder = Path(tempfile.mkdtemp())
    processes = Processes()
    processes.start(folder)
    asyncio.get_running_loop().add_signal_handler(15, (ending := asyncio.Event()).set)
    read, write = os.pipe()
    argv = [sys.executable, "-c", CHILD]
    await processes.spawn(argv, cwd=folder, environment={**os.environ}, output=write)
    print(folder, (await asyncio.to_thread(os.read, read, 100)).decode(), flush=True)
    await ending.wait()
    await processes.stop()

asyncio.run(main())
"""


class Guarded:
    """A process that uses `Processes`, with one child, which has started a detached one."""

    def __init__(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", GUARDED], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        folder, *pids = self.process.stdout.readline().split()
        self.folder, self.children = Path(folder), [int(pid) for pid in pids]
        assert eventually(lambda: len(self.guardians()) == 2)
        self.everything = {*self.children, *self.guardians()}

    def guardians(self) -> list[int]:
        """The guardian, then its spare: both have the folder in their command."""
        found = [
            process
            for process in psutil.process_iter(["cmdline"])
            if str(self.folder) in (process.info["cmdline"] or ())
        ]
        pids = {process.pid for process in found}
        return sorted((each.pid for each in found if alive(each.pid)), key=lambda pid: parent(pid) in pids)

    def signal(self, *signals: tuple[int, int]) -> None:
        for pid, number in signals:
            psutil.Process(pid).send_signal(number)

    def has_two_guardians_without(self, killed: list[int]) -> bool:
        now = set(self.guardians())
        self.everything |= now
        return len(now) == 2 and not now & set(killed)

    def nothing_is_left(self) -> bool:
        return eventually(lambda: not any(map(alive, self.everything)) and not self.folder.exists())


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def parent(pid: int) -> int:
    return psutil.Process(pid).ppid()


def eventually(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def guarded() -> Iterator[Guarded]:
    guarded = Guarded()
    with guarded.process:
        yield guarded
        guarded.process.kill()


STOP, KILL, TERM = signal.SIGSTOP, signal.SIGKILL, signal.SIGTERM
ORDERS: dict[str, list[tuple[str, int]]] = {
    "the end": [("it", TERM)],
    "killed": [("it", KILL)],
    "guardian stopped, the end": [("guardian", STOP), ("it", TERM)],
    "both stopped, the end": [("guardian", STOP), ("spare", STOP), ("it", TERM)],
    "guardian killed, the end": [("guardian", KILL), ("it", TERM)],
    "both killed, the end": [("guardian", KILL), ("spare", KILL), ("it", TERM)],
    "guardian killed, then it": [("guardian", KILL), ("it", KILL)],
    "spare killed, then it": [("spare", KILL), ("it", KILL)],
    "guardian stopped, it killed": [("guardian", STOP), ("it", KILL)],
    "spare stopped, it killed": [("spare", STOP), ("it", KILL)],
}


@pytest.mark.parametrize("order", ORDERS)
def test_whatever_befalls_the_guardian_nothing_is_left(guarded: Guarded, order: str) -> None:
    guardian, spare = guarded.guardians()
    pids = {"it": guarded.process.pid, "guardian": guardian, "spare": spare}
    guarded.signal(*((pids[who], number) for who, number in ORDERS[order]))
    guarded.process.wait(20)
    assert guarded.nothing_is_left()


@pytest.mark.parametrize("kill", [slice(0, 1), slice(1, 2), slice(0, 2)], ids=["guardian", "spare", "both"])
def test_who_is_killed_is_replaced(guarded: Guarded, kill: slice) -> None:
    for _ in range(2):
        killed = guarded.guardians()[kill]
        guarded.signal(*((pid, KILL) for pid in killed))
        assert eventually(partial(guarded.has_two_guardians_without, killed))
    guarded.signal((guarded.process.pid, KILL))
    assert guarded.nothing_is_left()
