"""A command that cannot outlive the process that started it, not even when that is killed with SIGKILL.

The command is the child of a small guard, which reads a pipe from us. The pipe ends when we do, however we
do, and the guard then kills the command. On Linux the command also ends with the guard, if that is killed;
elsewhere it then ends by `kill()`, or not at all. Both are in a session of their own: the interrupt that
stops a cell is sent to the kernel's whole process group, and must not stop them.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

from server.processes.environment import needed

GUARD = """
import ctypes, os, signal, subprocess, sys, threading

def die_with_guard():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG

linux = sys.platform == "linux"
command = subprocess.Popen(
    sys.argv[1:], stdin=subprocess.DEVNULL, preexec_fn=die_with_guard if linux else None
)

def kill_when_input_ends():
    while os.read(0, 1):
        pass
    command.kill()

threading.Thread(target=kill_when_input_ends, daemon=True).start()
status = command.wait()
os._exit(status if status >= 0 else 128 - status)
"""


PATIENCE_SECONDS = 3
"""How long the guard may take to end with its command."""


class GuardedProcess:
    """A running command, with its errors (stderr) to read; `kill()` it, or end."""

    def __init__(self, argv: Sequence[str]) -> None:
        """Run `argv`. Raises `OSError` if no process can be started."""
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", GUARD, *argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=needed(os.environ),
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
        try:
            self._guard.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:  # it has been stopped
            os.killpg(self._guard.pid, signal.SIGKILL)
            self._guard.wait()
