"""An execution environment: one process, its Runtime API on a port of its own, one invocation at a time."""

import asyncio
import errno
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from server.door.guard import Kind
from server.local_aws.aws_lambda.environments.invocation import Invocation, PostedResponse
from server.local_aws.aws_lambda.environments.launch import (
    NotStarted,
    command_line,
    environment_variables,
    not_started,
)
from server.local_aws.aws_lambda.environments.logs import LogStream
from server.local_aws.aws_lambda.environments.runtime_api import (
    ACCEPTED,
    TRUNCATED,
    Answer,
    InitError,
    InvalidMode,
    InvocationError,
    Next,
    Response,
    RuntimeApi,
    State,
    too_large,
)
from server.local_aws.aws_lambda.failure import FunctionFailure
from server.local_aws.aws_lambda.function import Function
from server.local_aws.http1.exchange import BodyTooLarge, Exchange, TruncatedBody
from server.local_aws.http1.server import HOST, Server
from server.local_aws.platform.limits import Limits
from server.processes.children import Child, Processes

JSON = ("Content-Type", "application/json")
STOPPED = FunctionFailure.of("Sandbox.Failure", "The execution environment has been stopped.")
EXIT_NOTICE_SECONDS = 1.0
"""How long after a broken upload the process may take to be seen dead, or to ask for more work: that tells
why it broke."""

RUNTIME_BACKLOG = 16
"""Connections that may wait at a Runtime API: a runtime has one or two."""

NO_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN)
"""Errors that are this machine's, not the function's."""

RESPONSE_GRACE_SECONDS = 1.0
"""How long a runtime that asks for more work may have to wait until its response has been read."""


class ExecutionEnvironment:
    """Runs `function` from `task_root`. `start()`, then `run()` for each invocation, then `stop()`."""

    def __init__(
        self,
        function: Function,
        task_root: Path,
        *,
        processes: Processes,
        limits: Limits,
        log: LogStream,
        endpoint_url: str,
        credentials: Mapping[str, str],
        trusted: Mapping[str, str],
    ) -> None:
        self.function, self._task_root = function, task_root
        self._processes, self._limits, self._log, self._endpoint_url = processes, limits, log, endpoint_url
        self._credentials, self._trusted = credentials, trusted
        self._server = Server(self._serve_runtime, Kind.RUNTIME, backlog=RUNTIME_BACKLOG, spare=0)
        self._api = RuntimeApi()
        self._runtime_api_address = ""
        self._child: Child | None = None
        self._exited: asyncio.Task[int] | None = None
        self._not_started: NotStarted | None = None
        self._starting = asyncio.Lock()
        self._ready = asyncio.Event()
        self._waiting: asyncio.Future[bool] | None = None
        self._invocation: Invocation | None = None
        self._init_failure: FunctionFailure | None = None
        self._end: FunctionFailure | None = None
        self._init_started = 0.0
        self._init_seconds: float | None = None

    @property
    def reusable(self) -> bool:
        """True when another invocation may run here."""
        return (
            self._end is None
            and self._ready.is_set()
            and self._exited is not None
            and not self._exited.done()
        )

    @property
    def is_starting(self) -> bool:
        """True until the runtime has asked for work for the first time."""
        return self._init_seconds is None

    async def start(self) -> None:
        """Start the process. One that cannot be started fails the first invocation. Raises `OSError` if this
        machine has no room for it."""
        async with self._starting:
            self._runtime_api_address = f"{HOST}:{await self._server.start()}"
        await self._start_process()

    async def _start_process(self) -> None:
        async with self._starting:
            if self._end is not None:
                raise self._end
            self._api = RuntimeApi()
            self._init_started = time.monotonic()
            try:
                self._child = await self._spawn()
            except NotStarted as error:
                self._not_started = error
                return
            self._exited = asyncio.create_task(self._child.wait())

    async def _spawn(self) -> Child:
        """Raises `NotStarted`, and `OSError` if this machine has no room for a process."""
        argv = command_line(self.function, self._task_root)
        variables = environment_variables(
            self.function,
            runtime_api=self._runtime_api_address,
            task_root=self._task_root,
            log_stream=self._log.name,
            endpoint_url=self._endpoint_url,
            credentials=self._credentials,
            trusted=self._trusted,
        )
        try:
            return await self._processes.spawn(
                argv, cwd=self._task_root, environment=variables, output=self._log.output
            )
        except OSError as error:
            if error.errno in NO_RESOURCES:
                raise
            raise not_started(self.function, error) from None
        except ValueError as error:  # a NUL, or half a surrogate pair, in the handler or a variable
            reason = f"The environment variables cannot be set: {error}"
            raise NotStarted("Runtime.InvalidEntrypoint", reason) from None

    async def run(self, invocation: Invocation) -> None:
        """Run one invocation to its end, which is when the runtime asks for the next one. Its response, or
        its failure, reaches `invocation.response` before."""
        self._invocation = invocation
        cold = self._init_seconds is None
        started = time.monotonic()
        try:
            try:
                await self._initialise()
            finally:
                self._log.start(invocation.request_id, after_init=cold)
            started = time.monotonic()
            self._ready.clear()
            self._api.assign(invocation.assignment(time.time() + self.function.timeout))
            self._answer_next()
            if not await self._until_ready(self.function.timeout):
                invocation.killed = self._timeout_failure()
                raise invocation.killed
        except FunctionFailure as failure:
            self._end = failure
            self._log.note(failure.message)
            self._kill()
            invocation.fail(failure)
        finally:
            seconds = time.monotonic() - started
            init_seconds = self._init_seconds if cold else None
            invocation.log_tail = self._log.end(invocation.request_id, seconds, init_seconds)
            invocation.fail(STOPPED)
            invocation.finished.set()

    async def stop(self) -> None:
        """Kill the process and give the port back."""
        self._end = self._end or STOPPED
        async with self._starting:
            self._kill()
        if self._exited is not None:
            await self._exited
        if self._invocation is not None:
            await self._invocation.finished.wait()
        await self._server.stop()
        self._log.close()

    def _kill(self) -> None:
        if self._child is not None and self._exited is not None and not self._exited.done():
            self._child.kill()
            self._server.cut_connections()

    async def _initialise(self) -> None:
        """Wait until the runtime asks for work. An initialisation that takes longer than 10 s is begun again,
        within the function's own timeout
        (docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html, checked 2026-11)."""
        if self._init_seconds is not None:
            return
        if not await self._until_ready(self._limits.init_seconds):
            self._log.note(
                f"INIT_REPORT Init Duration: {self._limits.init_seconds * 1000:.2f} ms Status: timeout"
            )
            self._kill()
            assert self._exited is not None
            await self._exited
            await self._start_process()
            if not await self._until_ready(self.function.timeout):
                raise self._timeout_failure()
        self._init_seconds = time.monotonic() - self._init_started

    async def _until_ready(self, seconds: float) -> bool:
        """Wait for `/next`; return whether it came in time. Raises `FunctionFailure` if the process ends, or
        reports that it cannot be initialised, or could not be started."""
        if self._not_started is not None:
            raise self._start_failure(self._not_started)
        assert self._exited is not None
        await self._asked_or_exited(seconds)
        if self._init_failure is not None:
            raise self._init_failure
        if not self._ready.is_set() and self._exited.done():
            raise self._exit_failure()
        return self._ready.is_set()

    async def _asked_or_exited(self, seconds: float) -> None:
        """Wait until the runtime has asked for work or its process has ended, at most `seconds`."""
        assert self._exited is not None
        asked = asyncio.create_task(self._ready.wait())
        try:
            await asyncio.wait({asked, self._exited}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()

    def _start_failure(self, error: NotStarted) -> FunctionFailure:
        assert self._invocation is not None
        message = f"RequestId: {self._invocation.request_id} Error: {error.reason}"
        return FunctionFailure.of(error.error_type, message)

    def _exit_failure(self) -> FunctionFailure:
        assert self._exited is not None and self._invocation is not None
        status = self._exited.result()
        how = "without providing a reason"
        if status:
            how = f"with error: exit status {status}" if status > 0 else f"with error: signal {-status}"
        message = f"RequestId: {self._invocation.request_id} Error: Runtime exited {how}"
        return FunctionFailure.of("Runtime.ExitError", message)

    def _timeout_failure(self) -> FunctionFailure:
        assert self._invocation is not None
        seconds = self.function.timeout
        message = (
            f"RequestId: {self._invocation.request_id} Error: Task timed out after {seconds:.2f} seconds"
        )
        return FunctionFailure.of("Sandbox.Timedout", message)

    async def _why_broken(self) -> FunctionFailure:
        """Why a response broke off: what ended the environment, the end of its process, or the runtime
        itself."""
        if self._end is None and self._exited is not None:
            await self._asked_or_exited(EXIT_NOTICE_SECONDS)
        if self._end is not None:
            return self._end
        if self._exited is not None and self._exited.done():
            return self._exit_failure()
        return FunctionFailure.of("Runtime.TruncatedResponse", "The runtime's response broke off.")

    # The Runtime API's side

    async def _serve_runtime(self, exchange: Exchange) -> None:
        if self._api.state is State.INVOCATION_RESPONSE and exchange.method == "GET":
            # A runtime that does not wait for the answer to its response may ask before its end is read.
            await self._response_taken()
        action = self._api.receive(exchange.method, exchange.target, dict(exchange.headers))
        if isinstance(action, Next):
            await self._serve_next(exchange)
        elif isinstance(action, Response):
            await self._take_response(exchange, action)
        elif isinstance(action, InvocationError | InitError):
            await self._take_error(exchange, action)
        else:
            if isinstance(action, InvalidMode) and self._invocation is not None:
                self._invocation.fail(
                    FunctionFailure.of("Runtime.InvalidResponseModeHeader", "Invalid function response mode")
                )
            await answer(exchange, action)

    async def _serve_next(self, exchange: Exchange) -> None:
        """Hold the call until there is work. Of several calls the latest gets it: a runtime that asks again
        has given up the connection on which it asked before."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(False)
        self._waiting = asyncio.get_running_loop().create_future()
        if self._api.state is State.RUNNING:
            self._waiting.set_result(True)
        else:
            self._ready.set()
        if not await self._waiting:
            exchange.abort()
            return
        assignment = self._api.assignment
        assert assignment is not None
        await exchange.respond(200, assignment.headers, assignment.payload)

    def _answer_next(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(True)

    async def _take_response(self, exchange: Exchange, action: Response) -> None:
        invocation = self._invocation
        assert invocation is not None
        limit = self._limits.streamed_response if invocation.streaming else self._limits.buffered_response
        response = PostedResponse(exchange, action.content_type, limit, self._why_broken)
        invocation.begin_response(response)
        reply = await response.answered
        self._api.response_sent()
        await answer(exchange, reply)

    async def _response_taken(self) -> None:
        if self._invocation is not None and not self._invocation.is_answered:
            posted = self._invocation.response.result()
            await asyncio.wait({posted.answered}, timeout=RESPONSE_GRACE_SECONDS)

    async def _take_error(self, exchange: Exchange, action: InvocationError | InitError) -> None:
        limit = self._limits.buffered_response
        reply = ACCEPTED
        try:
            document = await exchange.read(limit)
        except BodyTooLarge:
            document, reply = b"", too_large(limit)
        except TruncatedBody:
            document, reply = b"", TRUNCATED
        error_type = action.error_type or "Function.Unknown"
        failure = FunctionFailure(error_type, document) if document else FunctionFailure.of(error_type, "")
        if isinstance(action, InitError):
            self._init_failure = failure
            self._ready.set()
        else:
            self._api.response_sent()
            if self._invocation is not None:
                self._invocation.fail(failure)
        await answer(exchange, reply)


async def answer(exchange: Exchange, reply: Answer) -> None:
    with suppress(ConnectionError):
        await exchange.respond(reply.status, [JSON], reply.body)
    exchange.answered = True
