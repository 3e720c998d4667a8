"""Child processes that cannot outlive the stand-in, not even when it is killed with SIGKILL.

Every child leads a session (and so a process group) of its own. A guardian, a process that does nothing but
read a pipe from the stand-in, knows the groups; the pipe ends when the stand-in does, however it does, and
the guardian then kills every group that is left, and removes the stand-in's files.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

GUARDIAN = """
import os, shutil, signal, sys
groups = set()
for line in sys.stdin:
    action, group = line.split()
    (groups.add if action == "guard" else groups.discard)(int(group))
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        pass
shutil.rmtree(sys.argv[1], ignore_errors=True)
"""


class Child:
    """A running process and everything it starts."""

    def __init__(self, process: asyncio.subprocess.Process, processes: "Processes") -> None:
        self._process, self._processes = process, processes
        self.pid = process.pid

    @property
    def exit_status(self) -> int | None:
        """None while it runs; below 0: the signal that ended it."""
        return self._process.returncode

    async def wait(self) -> int:
        """Wait for the process to end, kill what it left behind, return its exit status."""
        status = await self._process.wait()
        self.kill()
        self._processes.release(self)
        return status

    def kill(self) -> None:
        """Kill the process and all of its group."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


class Processes:
    """Starts children; `stop()` ends all of them, and so does the end of this very process."""

    def __init__(self) -> None:
        self._guardian: subprocess.Popen[bytes] | None = None
        self._children: set[Child] = set()

    def start(self, folder: Path) -> None:
        """Start the guardian. `folder` is the stand-in's: it is removed when everything has ended."""
        self._guardian = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", GUARDIAN, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

    async def spawn(
        self, argv: Sequence[str], *, cwd: Path, environment: Mapping[str, str], output: int
    ) -> Child:
        """Run `argv` in `cwd` with exactly `environment`; stdout and stderr both go to the descriptor
        `output`. Raises `OSError` if it cannot be run."""
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=cwd,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        child = Child(process, self)
        if self._guardian is None:
            child.kill()
            raise RuntimeError("Processes is not started, or has been stopped")
        self._children.add(child)
        self._tell_guardian("guard", child)
        return child

    def release(self, child: Child) -> None:
        """Forget a child that has ended: its process id may soon be another's."""
        if child in self._children:
            self._children.discard(child)
            self._tell_guardian("release", child)

    async def stop(self) -> None:
        """Kill all children, wait for them, and let the guardian go, which removes the folder."""
        for child in list(self._children):
            child.kill()
        await asyncio.gather(*(child.wait() for child in list(self._children)))
        if self._guardian is not None and self._guardian.stdin is not None:
            self._guardian.stdin.close()
            await asyncio.to_thread(self._guardian.wait)
            self._guardian = None

    def _tell_guardian(self, action: str, child: Child) -> None:
        if self._guardian is None or self._guardian.stdin is None:
            raise RuntimeError("Processes is not started")
        self._guardian.stdin.write(f"{action} {child.pid}\n".encode())
        self._guardian.stdin.flush()
