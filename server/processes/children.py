"""Child processes that cannot outlive the stand-in, not even when it is killed with SIGKILL.

Every child leads a session (and so a process group) of its own, and carries a mark that all it starts
inherits. A guardian (`server.processes.guardian`), a process that does nothing but read a pipe from the
stand-in, knows them; the pipe ends when the stand-in does, however it does, and the guardian then kills
whatever is left, and removes the stand-in's files.
"""

import asyncio
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from server.processes import descriptors, guardian
from server.processes.guarded import GuardianProcess

RESTART_SECONDS = 1.0
"""After which a guardian is started anew that does not live longer than this."""


class Guardian:
    """The guardian's process and its spare, as seen from the stand-in; started anew when both are killed.

    `groups()` are the process groups there are, of which a new one is told.
    """

    def __init__(self, folder: Path, mark: str, groups: Callable[[], Iterable[int]]) -> None:
        """Raises `OSError` if no process can be started."""
        self._folder = folder
        self._mark = mark
        self._groups = groups
        self._loop = asyncio.get_running_loop()
        self._restarting: asyncio.TimerHandle | None = None
        self._start()

    def _start(self) -> None:
        self._restarting = None
        self._started = time.monotonic()
        self._process = GuardianProcess(str(self._folder), self._mark)
        os.set_blocking(self._process.to.fileno(), False)
        self._loop.add_reader(self._process.heard, self._hear)
        self._tell_all()

    def tell(self, action: str, group: int) -> None:
        """Say which group there is (`guard`), or is no more (`release`)."""
        news = f"{action} {group}\n".encode()  # so short that it is written whole or not at all
        with suppress(OSError, ValueError):  # it has been killed: the next one is told of all
            if self._process.to.write(news) is None:  # it has long been stopped: its pipe is full
                guardian.kill_group(self._process.pid)

    def _tell_all(self) -> None:
        for group in self._groups():
            self.tell("guard", group)

    def _hear(self) -> None:
        """The spare has taken over, or both have ended."""
        if os.read(self._process.heard.fileno(), 4096):
            self._tell_all()
            return
        self._loop.remove_reader(self._process.heard)
        self._process.has_ended()
        lived = time.monotonic() - self._started
        self._restarting = self._loop.call_later(
            0 if lived > RESTART_SECONDS else RESTART_SECONDS, self._restart
        )

    def _restart(self) -> None:
        try:
            self._start()
        except OSError:  # this machine has nothing left to start it with
            self._restarting = self._loop.call_later(RESTART_SECONDS, self._restart)

    async def stop(self) -> None:
        """Let it do its work and end. Where it does not, do its work here."""
        groups = list(self._groups())
        if self._restarting is not None:
            self._restarting.cancel()
            await asyncio.to_thread(guardian.clean_up, groups, self._mark, str(self._folder))
        else:
            self._loop.remove_reader(self._process.heard)
            await asyncio.to_thread(self._process.end, groups)


class Child:
    """A running process and everything it starts, which carries `mark`."""

    def __init__(self, process: asyncio.subprocess.Process, mark: str, processes: "Processes") -> None:
        self._process = process
        self._processes = processes
        self.pid = process.pid
        self.mark = mark

    async def wait(self) -> int:
        """Wait for the process to end, have what it left behind killed, return its exit status."""
        status = await self._process.wait()
        self.kill()
        self._processes.has_ended(self)
        return status

    def signal(self, number: int) -> None:
        """Send the process a signal."""
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    def kill(self) -> None:
        """Kill the process and all of its group."""
        guardian.kill_group(self.pid)


class Processes:
    """Starts children; `stop()` ends all of them, and so does the end of this very process."""

    def __init__(self) -> None:
        self._guardian: Guardian | None = None
        self._mark = uuid.uuid4().hex
        self._started = 0
        self._children: set[Child] = set()
        self._ended: set[Child] = set()
        self._sweeping: asyncio.Task[None] | None = None

    def start(self, folder: Path) -> None:
        """Start the guardian. `folder` is the stand-in's: it is removed when everything has ended. Raises
        `OSError` if no process can be started."""
        try:
            self._guardian = Guardian(folder, self._mark, lambda: [child.pid for child in self._children])
        except OSError:  # and nobody else removes it
            shutil.rmtree(folder, ignore_errors=True)
            raise

    async def spawn(
        self, argv: Sequence[str], *, cwd: Path, environment: Mapping[str, str], output: int
    ) -> Child:
        """Run `argv` in `cwd` with `environment`, and the mark; stdout and stderr both go to the descriptor
        `output`. Raises `OSError` if it cannot be run."""
        self._started += 1
        mark = f"{self._mark}.{self._started}."
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=cwd,
            env={**environment, guardian.VARIABLE: mark},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        descriptors.restore_limit(process.pid)
        child = Child(process, mark, self)
        if self._guardian is None:
            child.kill()
            raise RuntimeError("Processes is not started, or has been stopped")
        self._children.add(child)
        self._guardian.tell("guard", child.pid)
        return child

    def has_ended(self, child: Child) -> None:
        """Kill what a child that has ended left behind, in the background; then forget it, as its process id
        may soon be another's."""
        if child in self._children:
            self._ended.add(child)
            if self._sweeping is None or self._sweeping.done():
                self._sweeping = asyncio.create_task(self._sweep())

    async def _sweep(self) -> None:
        """One look at all processes serves all children that have ended since the last."""
        while self._ended:
            ended = self._ended
            self._ended = set()
            await asyncio.to_thread(guardian.kill_marked, [child.mark for child in ended])
            self._children -= ended
            for child in ended:
                if self._guardian is not None:
                    self._guardian.tell("release", child.pid)

    async def stop(self) -> None:
        """Kill all children, wait for them, and let the guardian go, which removes the folder."""
        children = list(self._children)
        for child in children:
            child.kill()
        await asyncio.gather(*(child.wait() for child in children))
        if self._sweeping is not None:
            await self._sweeping
        if self._guardian is not None:
            await self._guardian.stop()
            self._guardian = None
