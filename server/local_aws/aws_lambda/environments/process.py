"""A process of an environment, a runtime or an extension, from its start to its end."""

import asyncio
import errno
import signal
from collections.abc import Mapping

from server.local_aws.aws_lambda.environments.launch import NotRunning, Program
from server.processes.children import Child, Processes

NO_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN)
"""Errors that are this machine's, not the function's."""

NEVER_STARTED = NotRunning("Sandbox.Failure", "No process has been started")


class EnvironmentProcess:
    """One process: `start()` it once, `kill()` it at any time.

    `ended` is set to the reason when it has ended, could not be started, or is not to be started any more.
    """

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._child: Child | None = None
        self._starting = asyncio.Lock()
        self._waiting: asyncio.Task[None] | None = None
        self.ended: asyncio.Future[NotRunning] = asyncio.get_running_loop().create_future()

    @property
    def pid(self) -> int | None:
        """The process's id, while it runs."""
        return None if self._child is None or self.ended.done() else self._child.pid

    async def start(self, program: Program, variables: Mapping[str, str], output: int) -> None:
        """Start `program`; its stdout and stderr go to `output`. One that cannot be started has ended. Raises
        `OSError` if this machine has no room for a process."""
        async with self._starting:
            if self.ended.done():
                return
            try:
                self._child = await self._spawn(program, variables, output)
            except NotRunning as error:
                self.ended.set_result(error)
            except BaseException:
                self.ended.set_result(NEVER_STARTED)
                raise
            else:
                self._waiting = asyncio.create_task(self._wait(program, self._child))

    async def _spawn(self, program: Program, variables: Mapping[str, str], output: int) -> Child:
        try:
            return await self._processes.spawn(
                program.argv(), cwd=program.folder, environment=variables, output=output
            )
        except OSError as error:
            if error.errno in NO_RESOURCES:
                raise
            raise program.not_started(error) from None
        except ValueError as error:  # a NUL, or half a surrogate pair, in the handler or a variable
            reason = f"The environment variables cannot be set: {error}"
            raise NotRunning("Runtime.InvalidEntrypoint", reason) from None

    async def _wait(self, program: Program, child: Child) -> None:
        self.ended.set_result(program.exited(await child.wait()))

    def terminate(self) -> None:
        """Ask the process to end, if it runs."""
        if self._child is not None and not self.ended.done():
            self._child.signal(signal.SIGTERM)

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
