"""An execution environment: one process, its Runtime API on a port of its own, one invocation at a time."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Any

from server.door.guard import Kind
from server.local_aws.aws_lambda.environments.invocation import (
    STOPPED,
    TIMED_OUT,
    Invocation,
    Outcome,
    PostedResponse,
)
from server.local_aws.aws_lambda.environments.logs import LogStream
from server.local_aws.aws_lambda.environments.process import RuntimeProcess
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
    too_large,
)
from server.local_aws.aws_lambda.environments.runtime_api import State as RuntimeState
from server.local_aws.aws_lambda.failure import FunctionFailure
from server.local_aws.http1.exchange import BodyTooLarge, Exchange, TruncatedBody
from server.local_aws.http1.server import HOST, Server
from server.local_aws.platform.limits import Limits
from server.processes.children import Processes

JSON = ("Content-Type", "application/json")
RESPONSE_GRACE_SECONDS = 1.0
"""How long a runtime that asks for more work may have to wait until its response has been read."""


class State(Enum):
    """Where an environment is."""

    STARTING = "its runtime has not asked for work yet"
    READY = "its runtime waits for work"
    BUSY = "its runtime works on an invocation"
    ENDED = "it runs no more invocations"


MOVES = {
    State.STARTING: {State.READY, State.ENDED},
    State.READY: {State.READY, State.BUSY, State.ENDED},
    State.BUSY: {State.READY, State.ENDED},
    State.ENDED: set[State](),
}
"""Where an environment may go from each state. A runtime may ask for work twice: it has given up the
connection on which it asked before."""


class ExecutionEnvironment:
    """Runs the function of `invocation`, for which it is made, from `task_root`. `start()`, then `run()` for
    this invocation and each that follows, then `stop()`.

    `variables(address)` are the process's environment variables, given where its Runtime API listens.
    """

    def __init__(
        self,
        invocation: Invocation,
        task_root: Path,
        *,
        variables: Callable[[str], Mapping[str, str]],
        processes: Processes,
        limits: Limits,
        log: LogStream,
    ) -> None:
        self.function = invocation.function
        self._invocation = invocation
        self.task_root = task_root
        self._processes = processes
        self._limits = limits
        self._log = log
        self._variables = variables
        self._server = Server(self._serve_runtime, Kind.RUNTIME)
        self._runtime_api_address = ""
        self._process = RuntimeProcess(processes)
        self._api = RuntimeApi()
        self._state = State.STARTING
        self._moved = asyncio.Event()
        self._ended_by = STOPPED
        self._is_cold = True
        self._init_started = 0.0
        self._running = asyncio.Lock()
        self._has_work: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    @property
    def reusable(self) -> bool:
        """True when another invocation may run here."""
        return self._state is State.READY and not self._process.ended.done()

    def _move(self, state: State) -> None:
        """Enter `state`, and wake who waits for a runtime that is ready, or for the end."""
        if state not in MOVES[self._state]:
            raise RuntimeError(f"An environment cannot go from {self._state.name} to {state.name}")
        self._state = state
        if state is State.BUSY:
            self._moved.clear()
        else:
            self._moved.set()

    def _end(self, failure: FunctionFailure) -> None:
        """End because of `failure`. Only the first is the reason."""
        if self._state is not State.ENDED:
            self._ended_by = failure
            self._move(State.ENDED)

    async def start(self) -> None:
        """Start the process. One that cannot be started fails the first invocation. Raises `OSError` if this
        machine has no room for it."""
        self._runtime_api_address = f"{HOST}:{await self._server.start()}"
        await self._start_process()

    async def _start_process(self) -> None:
        self._init_started = time.monotonic()
        variables = self._variables(self._runtime_api_address)
        await self._process.start(self.function, self.task_root, variables, self._log.output)

    async def run(self, invocation: Invocation) -> Outcome:
        """Run one invocation to its end, which is when the runtime asks for the next one. Its response, if
        there is one, reaches `invocation.response` before. Raises `OSError` if this machine has no room for
        the process of an initialisation that is begun again."""
        async with self._running:
            self._invocation = invocation
            after_init = self._is_cold
            started = time.monotonic()
            init_seconds: float | None = None
            ended_by: FunctionFailure | None = None
            try:
                try:
                    init_seconds = await self._initialise()
                finally:
                    self._log.start(invocation.request_id, after_init=after_init)
                started = time.monotonic()
                await self._work(invocation)
            except FunctionFailure as failure:
                ended_by = failure
                self._end(failure)
                self._log.note(failure.message)
                self._kill()
            finally:
                seconds = time.monotonic() - started
                log_tail = self._log.end(invocation.request_id, seconds, init_seconds)
            return Outcome(ended_by, log_tail)

    async def stop(self) -> None:
        """Kill the process and give the port back."""
        self._end(STOPPED)
        self._kill()
        await self._process.stop()
        async with self._running:
            await self._server.stop()
            self._log.close()

    def _kill(self) -> None:
        if not self._process.ended.done():
            self._process.kill()
            self._server.cut_connections()

    async def _initialise(self) -> float | None:
        """Wait until the runtime asks for work; return how many seconds that took, None if it has asked
        before. An initialisation that takes longer than 10 s is begun again, within the function's own
        timeout (docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html, checked 2026-11)."""
        if not self._is_cold:
            return None
        if not await self._until_ready(self._limits.init_seconds):
            self._log.note(
                f"INIT_REPORT Init Duration: {self._limits.init_seconds * 1000:.2f} ms Status: timeout"
            )
            await self._start_again()
            if not await self._until_ready(self.function.timeout):
                raise self._timeout()
        self._is_cold = False
        return time.monotonic() - self._init_started

    async def _start_again(self) -> None:
        """Replace the process by a new one. Raises `FunctionFailure` if the environment has been stopped,
        `OSError` if this machine has no room for a process."""
        self._kill()
        await self._process.stop()
        if self._state is State.ENDED:
            raise self._ended_by
        self._api = RuntimeApi()
        self._process = RuntimeProcess(self._processes)
        await self._start_process()

    async def _work(self, invocation: Invocation) -> None:
        """Hand the invocation to the runtime; return when it asks for the next. Raises `FunctionFailure`."""
        self._move(State.BUSY)
        self._api.assign(invocation.assignment(time.time() + self.function.timeout))
        self._answer_next(has_work=True)
        if not await self._until_ready(self.function.timeout):
            raise self._timeout()

    def _timeout(self) -> FunctionFailure:
        request = f"RequestId: {self._invocation.request_id}"
        message = f"{request} Error: Task timed out after {self.function.timeout:.2f} seconds"
        return FunctionFailure.of(TIMED_OUT, message)

    async def _until_ready(self, seconds: float) -> bool:
        """Wait for `/next`; return whether it came in time. Raises `FunctionFailure` if the environment or
        its process ends before."""
        moved = asyncio.create_task(self._moved.wait())
        either: set[asyncio.Future[Any]] = {moved, self._process.ended}
        try:
            await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            moved.cancel()
        if self._state is State.ENDED:
            raise self._ended_by
        if self._state is not State.READY and self._process.ended.done():
            raise self._process.ended.result().failure(self._invocation.request_id)
        return self._state is State.READY

    # The Runtime API's side

    async def _serve_runtime(self, exchange: Exchange) -> None:
        if self._api.state is RuntimeState.INVOCATION_RESPONSE and exchange.method == "GET":
            # A runtime that does not wait for the answer to its response may ask before its end is read.
            await self._until_response_is_read()
        action = self._api.receive(exchange.method, exchange.target, dict(exchange.headers))
        if isinstance(action, Next):
            await self._serve_next(exchange)
        elif isinstance(action, Response):
            await self._take_response(exchange, action)
        elif isinstance(action, InvocationError | InitError):
            await self._take_error(exchange, action)
        else:
            if isinstance(action, InvalidMode):
                self._invocation.fail(
                    FunctionFailure.of("Runtime.InvalidResponseModeHeader", "Invalid function response mode")
                )
            await answer(exchange, action)

    async def _serve_next(self, exchange: Exchange) -> None:
        """Hold the call until there is work. Of several calls the latest gets it: a runtime that asks again
        has given up the connection on which it asked before."""
        self._answer_next(has_work=False)
        self._has_work = asyncio.get_running_loop().create_future()
        if self._api.state is RuntimeState.RUNNING:
            self._has_work.set_result(True)
        elif self._state is not State.ENDED:
            self._move(State.READY)
        if not await self._has_work:
            exchange.abort()
            return
        await exchange.respond(200, self._api.assignment.headers, self._api.assignment.payload)

    def _answer_next(self, *, has_work: bool) -> None:
        """Let the call to `/next` that is held, if one is, go on: with work, or cut."""
        if not self._has_work.done():
            self._has_work.set_result(has_work)

    async def _take_response(self, exchange: Exchange, action: Response) -> None:
        invocation = self._invocation
        limit = self._limits.streamed_response if invocation.streaming else self._limits.buffered_response
        response = PostedResponse(exchange, action.content_type, limit, invocation.outcome)
        invocation.begin(response)
        reply = await response.reply
        self._api.response_sent()
        await answer(exchange, reply)

    async def _until_response_is_read(self) -> None:
        if not self._invocation.is_answered:
            posted = self._invocation.response.result()
            await asyncio.wait({posted.reply}, timeout=RESPONSE_GRACE_SECONDS)

    async def _take_error(self, exchange: Exchange, action: InvocationError | InitError) -> None:
        limit = self._limits.buffered_response
        reply = ACCEPTED
        try:
            document = await exchange.read(limit)
        except BodyTooLarge:
            document = b""
            reply = too_large(limit)
        except TruncatedBody:
            document = b""
            reply = TRUNCATED
        error_type = action.error_type or "Function.Unknown"
        failure = FunctionFailure(error_type, document) if document else FunctionFailure.of(error_type, "")
        if isinstance(action, InitError):
            self._end(failure)
        else:
            self._api.response_sent()
            self._invocation.fail(failure)
        await answer(exchange, reply)


async def answer(exchange: Exchange, reply: Answer) -> None:
    with suppress(ConnectionError):
        await exchange.respond(reply.status, [JSON], reply.body)
    exchange.answered = True
