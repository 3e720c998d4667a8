"""A command that cannot outlive the process that started it, not even when that is killed with SIGKILL.

The command is the child of a small guard, which reads a pipe from us. The pipe ends when we do, however we
do, and the guard then kills the command. Both are in a session of their own: the interrupt that stops a cell
is sent to the kernel's whole process group, and must not stop them.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

GUARD = """
import os, subprocess, sys, threading

command = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)

def kill_when_input_ends():
    while os.read(0, 1):
        pass
    command.kill()

threading.Thread(target=kill_when_input_ends, daemon=True).start()
status = command.wait()
os._exit(status if status >= 0 else 128 - status)
"""


class GuardedProcess:
    """A running command, with its errors (stderr) to read; `kill()` it, or end."""

    def __init__(self, argv: Sequence[str]) -> None:
        """Run `argv`. Raises `OSError` if no process can be started."""
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", GUARD, *argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
            start_new_session=True,
        )
        assert self._guard.stderr is not None
        self.errors = self._guard.stderr
        """What the command writes to stderr, for the caller to read and close; it ends with the command."""

    def kill(self) -> None:
        """Kill the command and wait until it is gone. Does nothing the second time."""
        assert self._guard.stdin is not None
        if self._guard.stdin.closed:
            return
        if (status := self._guard.poll()) is not None and status < 0:  # somebody killed the guard alone
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._guard.pid, signal.SIGKILL)
        self._guard.stdin.close()
        self._guard.wait()
