"""A command that cannot outlive the process that started it, not even when that is killed with SIGKILL.

The command is the child of a guardian (`server.processes.guardian`), which kills it, and all that it has
started, when we end, however we do. Both are in sessions of their own: the interrupt that stops a cell is
sent to the kernel's whole process group, and must not stop them.
"""

import os
import select
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable, Sequence
from typing import IO

from server.processes import guardian
from server.processes.environment import needed

PATIENCE_SECONDS = 5.0
"""How long the guardian and its spare may take to end, until their work is done here."""


class GuardianProcess:
    """The guardian's process, which ends when `to` is closed: then it kills what carries `mark`, and removes
    `folder`. Its child is the command `argv`, if there is one, with its stderr in `errors`. What the guardian
    and its spare say comes from `heard`, which ends with the last of them."""

    def __init__(self, folder: str, mark: str, argv: Sequence[str] = ()) -> None:
        """Raises `OSError` if no process can be started."""
        self._folder = folder
        self._mark = mark
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", guardian.__file__, folder, mark, *argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if argv else None,
            env=needed(os.environ),
            start_new_session=True,
            cwd="/",
            bufsize=0,
        )
        self.pid = self._process.pid
        assert self._process.stdin is not None and self._process.stdout is not None
        self.to: IO[bytes] = self._process.stdin
        self.heard: IO[bytes] = self._process.stdout
        self.errors = self._process.stderr

    def end(self, groups: Iterable[int]) -> None:
        """Let it do its work and end. Where it does not, do its work here, which includes these `groups`."""
        self.to.close()
        ended = ends_within(self.heard, PATIENCE_SECONDS)
        if not ended:
            guardian.kill_group(self.pid)
        status = self._process.wait()
        self.heard.close()
        if not ended or status:
            guardian.clean_up(groups, self._mark, self._folder)

    def has_ended(self) -> None:
        """Let go of one that has ended without being told."""
        self.to.close()
        self.heard.close()
        self._process.wait()


def ends_within(pipe: IO[bytes], seconds: float) -> bool:
    """Wait for the end of a pipe; False if it does not come in time."""
    deadline = time.monotonic() + seconds
    waiting = select.poll()
    waiting.register(pipe, select.POLLIN)
    while (left := deadline - time.monotonic()) > 0 and waiting.poll(left * 1000):
        if not pipe.read(4096):
            return True
    return False


class GuardedProcess:
    """A running command, with its errors (stderr) to read; `kill()` it, or end."""

    def __init__(self, argv: Sequence[str]) -> None:
        """Run `argv`. Raises `OSError` if no process can be started."""
        self._guardian = GuardianProcess("", uuid.uuid4().hex, argv)
        assert self._guardian.errors is not None
        self.errors = self._guardian.errors
        """What the command writes to stderr, for the caller to read and close; it ends with the command."""

    def kill(self) -> None:
        """Kill the command and wait until it is gone. Does nothing the second time."""
        if not self._guardian.to.closed:
            self._guardian.end([])
