"""An execution environment: one process, its Runtime API on a port of its own, one invocation at a time."""

import asyncio
import time
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from server.door.guard import Kind
from server.local_aws.aws_lambda.environments import extensions_api, platform_events
from server.local_aws.aws_lambda.environments.extensions import Extensions, respond
from server.local_aws.aws_lambda.environments.invocation import (
    STOPPED,
    TIMED_OUT,
    Invocation,
    Outcome,
    PostedResponse,
)
from server.local_aws.aws_lambda.environments.launch import NotRunning, Roots, Runtime
from server.local_aws.aws_lambda.environments.logs import LogStream
from server.local_aws.aws_lambda.environments.memory import used as memory_used
from server.local_aws.aws_lambda.environments.platform_events import Usage
from server.local_aws.aws_lambda.environments.process import EnvironmentProcess
from server.local_aws.aws_lambda.environments.runtime_api import (
    ACCEPTED,
    TRUNCATED,
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

EXTERNAL_SHUTDOWN_SECONDS = 2.0
INTERNAL_SHUTDOWN_SECONDS = 0.5
RUNTIME_SHUTDOWN_SECONDS = 0.3
"""How long the end of an environment may take that has extensions: an external one, or only internal ones;
and how much of it the runtime has where there is an external one. Without any it is ended at once
(docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html,
github.com/aws-samples/graceful-shutdown-with-aws-lambda; checked 2026-11)."""

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
    """Runs the function of `invocation`, for which it is made, from `roots`. `start()`, then `run()` for
    this invocation and each that follows, then `stop()`.

    `version` is that of its runtime, `variables(address)` are the process's environment variables, given
    where its Runtime API listens.
    """

    def __init__(
        self,
        invocation: Invocation,
        roots: Roots,
        *,
        version: str,
        variables: Callable[[str], Mapping[str, str]],
        processes: Processes,
        limits: Limits,
        log: LogStream,
    ) -> None:
        self.function = invocation.function
        self._invocation = invocation
        self.roots = roots
        self._processes = processes
        self._limits = limits
        self._log = log
        self._version = version
        self._variables = variables
        self._server = Server(self._serve_runtime, Kind.RUNTIME)
        self._runtime_api_address = ""
        self._make_processes()
        self._state = State.STARTING
        self._moved = asyncio.Event()
        self._ended_by = STOPPED
        self._is_cold = True
        self._init_started = 0.0
        self._running = asyncio.Lock()
        self._starting: asyncio.Task[None] | None = None
        self._has_work: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def _make_processes(self) -> None:
        self._api = RuntimeApi()
        self._process = EnvironmentProcess(self._processes)
        self._extensions = Extensions(self.function, self.roots, self._processes, self._look)
        self._ended: asyncio.Future[NotRunning] = asyncio.get_running_loop().create_future()
        self._process.ended.add_done_callback(self._one_has_ended)
        self._extensions.failed.add_done_callback(self._one_has_ended)

    def _one_has_ended(self, ended: "asyncio.Future[NotRunning]") -> None:
        """The runtime has ended, or an extension has. The first is the reason."""
        if ended in (self._process.ended, self._extensions.failed) and not self._ended.done():
            self._ended.set_result(ended.result())

    @property
    def reusable(self) -> bool:
        """True when another invocation may run here."""
        return self._state is State.READY and not self._ended.done()

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
        await self._start_processes()

    async def _start_processes(self) -> None:
        """Start the runtime, when external extensions have registered: they start first. Raises `OSError`."""
        self._init_started = time.monotonic()
        self._log.note(platform_events.init_start(self.function, self._version, self._log.name))
        variables = self._variables(self._runtime_api_address)
        if not self._extensions.are_external:
            await self._process.start(Runtime(self.function, self.roots), variables, self._log.output)
            return
        self._starting = asyncio.create_task(self._start_extensions_first(variables))

    async def _start_extensions_first(self, variables: Mapping[str, str]) -> None:
        """In the background, as the time for it is part of the initialisation's."""
        extensions, process = self._extensions, self._process
        try:
            await extensions.start(variables, self._log.output)
            if not extensions.failed.done():
                await process.start(Runtime(self.function, self.roots), variables, self._log.output)
        except OSError as error:
            self._end(FunctionFailure.of_machine(error))

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
            memory: int | None = None
            try:
                try:
                    init_seconds = await self._initialise()
                finally:
                    self._log.begin(platform_events.start(invocation), after_init=after_init)
                started = time.monotonic()
                await self._work(invocation)
            except FunctionFailure as failure:
                ended_by = failure
                self._end(failure)
                if not self.function.logging.json:
                    self._log.say(failure.message)
                memory = memory_used(self._pids())
                self._kill()
            else:
                memory = memory_used(self._pids())
            finally:
                usage = Usage(time.monotonic() - started, init_seconds, memory)
                log_tail = self._log.end(
                    platform_events.done(invocation, ended_by, usage.seconds),
                    platform_events.report(invocation, ended_by, usage),
                )
            return Outcome(ended_by, log_tail)

    def _pids(self) -> list[int]:
        """The ids of the processes that run."""
        runtime = [self._process.pid] if self._process.pid is not None else []
        return [*runtime, *self._extensions.pids]

    async def stop(self) -> None:
        """End the processes and give the port back."""
        self._end(STOPPED)
        if self._extensions.have_registered:
            await self._shut_down()
        self._kill()
        await self._stop_processes()
        async with self._running:
            await self._server.stop()
            self._log.close()

    async def _shut_down(self) -> None:
        """Ask the runtime to end, then tell the extensions."""
        reason = "spindown"
        if self._ended_by is not STOPPED:
            reason = "timeout" if self._ended_by.error_type == TIMED_OUT else "failure"
        external = self._extensions.are_external
        self._process.terminate()
        share = RUNTIME_SHUTDOWN_SECONDS if external else INTERNAL_SHUTDOWN_SECONDS
        started = time.monotonic()
        await asyncio.wait({self._process.ended}, timeout=share)
        self._process.kill()
        if external:
            left = EXTERNAL_SHUTDOWN_SECONDS - (time.monotonic() - started)
            await self._extensions.shut_down(reason, left)

    async def _stop_processes(self) -> None:
        if self._starting is not None:
            self._starting.cancel()
        await asyncio.gather(self._process.stop(), self._extensions.stop())

    def _kill(self) -> None:
        """Kill the runtime, and cut its connections, which extensions share."""
        if not self._process.ended.done():
            self._process.kill()
            if not self._extensions.have_registered:
                self._server.cut_connections()

    async def _initialise(self) -> float | None:
        """Wait until the runtime asks for work; return how many seconds that took, None if it has asked
        before. An initialisation that takes longer than 10 s is begun again, within the function's own
        timeout (docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html, checked 2026-11)."""
        if not self._is_cold:
            return None
        if not await self._until_ready(self._limits.init_seconds):
            self._log.note(platform_events.init_report(self._limits.init_seconds, "timeout"))
            await self._start_again()
            if not await self._until_ready(self.function.timeout):
                raise self._timeout()
        self._is_cold = False
        for event in self._extensions.end_of_initialisation():
            self._log.note(event)
        return time.monotonic() - self._init_started

    async def _start_again(self) -> None:
        """Replace the process by a new one. Raises `FunctionFailure` if the environment has been stopped,
        `OSError` if this machine has no room for a process."""
        self._kill()
        await self._stop_processes()
        if self._state is State.ENDED:
            raise self._ended_by
        self._make_processes()
        await self._start_processes()

    async def _work(self, invocation: Invocation) -> None:
        """Hand the invocation to the runtime and tell the extensions; return when all of them ask for the
        next. Raises `FunctionFailure`."""
        self._move(State.BUSY)
        deadline = time.time() + self.function.timeout
        self._api.assign(invocation.assignment(deadline))
        self._extensions.invoke(invocation, deadline)
        self._answer_next(has_work=True)
        if not await self._until_ready(self.function.timeout):
            raise self._timeout()

    def _timeout(self) -> FunctionFailure:
        request = f"RequestId: {self._invocation.request_id}"
        message = f"{request} Error: Task timed out after {self.function.timeout:.2f} seconds"
        return FunctionFailure.of(TIMED_OUT, message)

    async def _until_ready(self, seconds: float) -> bool:
        """Wait until all have asked for the next invocation; return whether they did in time. Raises
        `FunctionFailure` if the environment or one of its processes ends before."""
        moved = asyncio.create_task(self._moved.wait())
        either: set[asyncio.Future[Any]] = {moved, self._ended}
        try:
            await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            moved.cancel()
        if self._state is State.ENDED:
            raise self._ended_by
        if self._state is not State.READY and self._ended.done():
            raise self._ended.result().failure(self._invocation.request_id)
        return self._state is State.READY

    # The Runtime API's side

    async def _serve_runtime(self, exchange: Exchange) -> None:
        if extensions_api.serves(exchange.target):
            await self._extensions.answer(exchange)
            return
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
            await respond(exchange, action)

    async def _serve_next(self, exchange: Exchange) -> None:
        """Hold the call until there is work. Of several calls the latest gets it: a runtime that asks again
        has given up the connection on which it asked before."""
        self._answer_next(has_work=False)
        self._has_work = asyncio.get_running_loop().create_future()
        if self._api.state is RuntimeState.RUNNING:
            self._has_work.set_result(True)
        self._look()
        if not await self._has_work:
            exchange.abort()
            return
        await exchange.respond(200, self._api.assignment.headers, self._api.assignment.payload)

    def _look(self) -> None:
        """Become ready when the runtime and all extensions wait for work."""
        waits = self._api.state is RuntimeState.READY and self._extensions.are_ready
        if waits and self._state is not State.ENDED:
            self._move(State.READY)

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
        await respond(exchange, reply)

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
        await respond(exchange, reply)
