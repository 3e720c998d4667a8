"""The process of a function's runtime, from its start to its end."""

import asyncio
import errno
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from server.local_aws.aws_lambda.environments.launch import NotStarted, command_line, not_started
from server.local_aws.aws_lambda.failure import FunctionFailure
from server.local_aws.aws_lambda.function import Function
from server.processes.children import Child, Processes

NO_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN)
"""Errors that are this machine's, not the function's."""


@dataclass(frozen=True)
class End:
    """Why there is no process: the type of the error, and the reason in Lambda's words."""

    error_type: str
    reason: str

    @classmethod
    def with_status(cls, status: int) -> "End":
        """The end of a process with this exit status, which is negative for a signal."""
        how = "without providing a reason"
        if status:
            how = f"with error: exit status {status}" if status > 0 else f"with error: signal {-status}"
        return cls("Runtime.ExitError", f"Runtime exited {how}")

    def failure(self, request_id: str) -> FunctionFailure:
        """The failure of the invocation that the end met."""
        return FunctionFailure.of(self.error_type, f"RequestId: {request_id} Error: {self.reason}")


class RuntimeProcess:
    """One process: `start()` it once, `kill()` it at any time.

    `ended` is set to the reason when it has ended, could not be started, or is not to be started any more.
    """

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._child: Child | None = None
        self._starting = asyncio.Lock()
        self._waiting: asyncio.Task[None] | None = None
        self.ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()

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
            except NotStarted as error:
                self.ended.set_result(End(error.error_type, error.reason))
            except BaseException:
                self.ended.set_result(End("Sandbox.Failure", "No process could be started"))
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
            raise NotStarted("Runtime.InvalidEntrypoint", reason) from None

    async def _wait(self, child: Child) -> None:
        self.ended.set_result(End.with_status(await child.wait()))

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
                self.ended.set_result(End("Sandbox.Failure", "No process is to be started"))
        await asyncio.wait({self.ended})
