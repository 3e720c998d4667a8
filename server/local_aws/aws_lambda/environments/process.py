"""The process of a function's runtime, from its start to its end."""

import asyncio
import errno
from collections.abc import Mapping
from pathlib import Path

from server.local_aws.aws_lambda.environments.launch import NotRunning, command_line, exited, not_started
from server.local_aws.aws_lambda.function import Function
from server.processes.children import Child, Processes

NO_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN)
"""Errors that are this machine's, not the function's."""

NEVER_STARTED = NotRunning("Sandbox.Failure", "No process has been started")


class RuntimeProcess:
    """One process: `start()` it once, `kill()` it at any time.

    `ended` is set to the reason when it has ended, could not be started, or is not to be started any more.
    """

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._child: Child | None = None
        self._starting = asyncio.Lock()
        self._waiting: asyncio.Task[None] | None = None
        self.ended: asyncio.Future[NotRunning] = asyncio.get_running_loop().create_future()

    async def start(
        self, function: Function, task_root: Path, variables: Mapping[str, str], output: int
    ) -> None:
        """Start the runtime of `function` in `task_root`; its stdout and stderr go to `output`. One that
        cannot be started has ended. Raises `OSError` if this machine has no room for a process."""
        async with self._starting:
            if self.ended.done():
                return
            try:
                self._child = await self._spawn(function, task_root, variables, output)
            except NotRunning as error:
                self.ended.set_result(error)
            except BaseException:
                self.ended.set_result(NEVER_STARTED)
                raise
            else:
                self._waiting = asyncio.create_task(self._wait(self._child))

    async def _spawn(
        self, function: Function, task_root: Path, variables: Mapping[str, str], output: int
    ) -> Child:
        argv = command_line(function, task_root)
        try:
            return await self._processes.spawn(argv, cwd=task_root, environment=variables, output=output)
        except OSError as error:
            if error.errno in NO_RESOURCES:
                raise
            raise not_started(function, error) from None
        except ValueError as error:  # a NUL, or half a surrogate pair, in the handler or a variable
            reason = f"The environment variables cannot be set: {error}"
            raise NotRunning("Runtime.InvalidEntrypoint", reason) from None

    async def _wait(self, child: Child) -> None:
        self.ended.set_result(exited(await child.wait()))

    def kill(self) -> None:
        """Kill the process and all of its group, if it runs."""
        if self._child is not None and not self.ended.done():
            self._child.kill()

    async def stop(self) -> None:
        """Kill the process, even one that is being started, and wait for its end. One that has not been
        started cannot be any more."""
        async with self._starting:
            self.kill()
            if self._child is None and not self.ended.done():
                self.ended.set_result(NEVER_STARTED)
        await asyncio.wait({self.ended})
