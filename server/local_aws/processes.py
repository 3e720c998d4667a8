"""Child processes that cannot outlive the stand-in, not even when it is killed with SIGKILL.

Every child leads a session (and so a process group) of its own, and carries a mark that all it starts
inherits. A guardian (`server.local_aws.guardian`), a process that does nothing but read a pipe from the
stand-in, knows them; the pipe ends when the stand-in does, however it does, and the guardian then kills
whatever is left, and removes the stand-in's files.
"""

import asyncio
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from server.local_aws import descriptors, guardian


class Child:
    """A running process and everything it starts, which carries `mark`."""

    def __init__(self, process: asyncio.subprocess.Process, mark: str, processes: "Processes") -> None:
        self._process, self._processes = process, processes
        self.pid, self.mark = process.pid, mark

    async def wait(self) -> int:
        """Wait for the process to end, have what it left behind killed, return its exit status."""
        status = await self._process.wait()
        self.kill()
        self._processes.has_ended(self)
        return status

    def kill(self) -> None:
        """Kill the process and all of its group."""
        guardian.kill_group(self.pid)


class Processes:
    """Starts children; `stop()` ends all of them, and so does the end of this very process."""

    def __init__(self) -> None:
        self._guardian: subprocess.Popen[bytes] | None = None
        self._mark = uuid.uuid4().hex
        self._started = 0
        self._children: set[Child] = set()
        self._ended: set[Child] = set()
        self._sweeping: asyncio.Task[None] | None = None

    def start(self, folder: Path) -> None:
        """Start the guardian. `folder` is the stand-in's: it is removed when everything has ended."""
        self._guardian = subprocess.Popen(
            [sys.executable, "-I", "-S", guardian.__file__, str(folder), self._mark],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

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
        self._tell_guardian("guard", child)
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
            ended, self._ended = self._ended, set()
            await asyncio.to_thread(guardian.kill_marked, [child.mark for child in ended])
            self._children -= ended
            for child in ended:
                self._tell_guardian("release", child)

    async def stop(self) -> None:
        """Kill all children, wait for them, and let the guardian go, which removes the folder."""
        children = list(self._children)
        for child in children:
            child.kill()
        await asyncio.gather(*(child.wait() for child in children))
        if self._sweeping is not None:
            await self._sweeping
        if self._guardian is not None and self._guardian.stdin is not None:
            self._guardian.stdin.close()
            await asyncio.to_thread(self._guardian.wait)
            self._guardian = None

    def _tell_guardian(self, action: str, child: Child) -> None:
        if self._guardian is None or self._guardian.stdin is None:
            raise RuntimeError("Processes is not started")
        self._guardian.stdin.write(f"{action} {child.pid}\n".encode())
        self._guardian.stdin.flush()
