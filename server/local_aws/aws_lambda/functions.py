"""Invokes functions, buffered or streaming: what every front door of Lambda, and every gateway, calls.

Environments are started when there is no free one (a cold start), reused, and stopped when their function is
changed or deleted.
"""

import asyncio
import errno
import os
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from server.local_aws.aws_lambda import deployed
from server.local_aws.aws_lambda.environments import code, opt
from server.local_aws.aws_lambda.environments.environment import ExecutionEnvironment
from server.local_aws.aws_lambda.environments.invocation import (
    ANONYMOUS,
    STOPPED,
    Caller,
    Invocation,
    Outcome,
    PostedResponse,
)
from server.local_aws.aws_lambda.environments.launch import Roots, environment_variables
from server.local_aws.aws_lambda.environments.logs import LogStream
from server.local_aws.aws_lambda.environments.packages import Packages
from server.local_aws.aws_lambda.failure import FunctionFailure, Throttled
from server.local_aws.aws_lambda.function import Function
from server.local_aws.aws_lambda.runtimes import is_as_asked, version_of
from server.local_aws.iam.identity import role_credentials, root_credentials
from server.local_aws.platform.limits import Limits
from server.local_aws.platform.service import Platform
from server.local_aws.platform.throttle import throttled
from server.processes import descriptors

ACCOUNT_CONCURRENCY = 1000
"""Concurrent executions of an account in a Region, by default (Lambda quotas, checked 2026-11)."""

SETTLE_SECONDS = 1.0
THROTTLED_EVENT_SECONDS = 1.0


@dataclass(frozen=True)
class BufferedResult:
    """What `Invoke` returns. With `failed`, `payload` is the error document. `log_tail`: the last 4 KB of the
    log, or empty if it was not asked for."""

    payload: bytes
    failed: bool
    request_id: str
    log_tail: bytes


class StreamingResponse:
    """A response while the function writes it. Use as `async with`: a caller that leaves the block early does
    not stop the function; what it still writes is read and dropped."""

    def __init__(
        self, invocation: Invocation, posted: PostedResponse, limits: Limits, functions: "Functions"
    ) -> None:
        self._invocation = invocation
        self._posted = posted
        self._limits = limits
        self._functions = functions
        self.content_type = posted.content_type

    async def reads(self) -> AsyncIterator[list[bytes]]:
        """Yield the chunks of each read, at Lambda's rate (6 MiB at once, then 2 MiB/s). What is not taken
        stays with the function. Raises `FunctionFailure` when the function fails in mid-stream."""
        async for chunks in throttled(
            self._posted.reads(), self._limits.stream_burst, self._limits.stream_rate
        ):
            if (ended_by := self._invocation.timed_out) is not None:
                raise ended_by
            yield chunks

    async def log_tail(self) -> bytes:
        """Wait until the function is done; return the last 4 KB of its log."""
        return await self._invocation.log_tail()

    async def __aenter__(self) -> "StreamingResponse":
        return self

    async def __aexit__(self, *_: object) -> None:
        if not self._posted.reply.done():
            self._functions.in_background(self._posted.discard())


class Functions:
    """All functions of the stand-in. Where IAM is enforced, an SDK inside a function signs as its role, and
    `judge_roles` says that a role by which a service invokes a function needs the permission."""

    def __init__(self, platform: Platform) -> None:
        self._processes = platform.processes
        self._limits = platform.limits
        self._endpoint_url = platform.endpoint_url
        self.judge_roles = platform.enforce_iam
        self._credentials = role_credentials if platform.enforce_iam else root_credentials
        self._trusted = platform.certificate.trusted()
        self._idle: dict[str, dict[ExecutionEnvironment, asyncio.TimerHandle]] = defaultdict(dict)
        self._environments: set[ExecutionEnvironment] = set()
        self._running: dict[str, dict[str, set[Invocation]]] = defaultdict(lambda: defaultdict(set))
        self.packages = Packages(platform.folder, platform.limits.unzipped_code, deployed.packages)
        self._told: set[str] = set()
        self._tasks: set[asyncio.Task[object]] = set()
        self._stopping = False

    async def invoke(
        self, function: Function, payload: bytes, caller: Caller = ANONYMOUS, *, with_log: bool = False
    ) -> BufferedResult:
        """Invoke and wait for the whole response. A caller that is cancelled does not stop the function.
        Raises `Throttled`."""
        invocation = await self._begin(Invocation(function, payload, caller, streaming=False))
        failed = False
        try:
            posted = await asyncio.shield(invocation.response)
            result = await posted.read()
        except FunctionFailure as failure:
            result = failure.document
            failed = True
        except asyncio.CancelledError:
            self.in_background(drain(invocation))
            raise
        log_tail = await invocation.log_tail() if with_log else b""
        return BufferedResult(result, failed, invocation.request_id, log_tail)

    async def invoke_later(self, function: Function, payload: bytes, caller: Caller = ANONYMOUS) -> None:
        """Invoke for nobody, when there is concurrency for it, unless the function is deleted before. Unlike
        on AWS, a failure is not tried again."""
        current: Function | None = function
        while current is not None:
            try:
                await self.invoke(current, payload, caller)
                return
            except Throttled:
                await asyncio.sleep(THROTTLED_EVENT_SECONDS)
                current = deployed.current(function)

    async def stream(
        self, function: Function, payload: bytes, caller: Caller = ANONYMOUS, *, with_log: bool = False
    ) -> StreamingResponse:
        """Invoke; return as soon as the runtime begins to post a response. A caller that is cancelled does
        not stop the function. Raises `Throttled`, and `FunctionFailure` if the function failed before it
        began one (`with_log`: when the function is done, with its `log_tail`)."""
        invocation = await self._begin(Invocation(function, payload, caller, streaming=True))
        try:
            posted = await asyncio.shield(invocation.response)
        except FunctionFailure as failure:
            if with_log:
                failure.log_tail = await invocation.log_tail()
            raise
        except asyncio.CancelledError:
            self.in_background(drain(invocation))
            raise
        return StreamingResponse(invocation, posted, self._limits, self)

    def in_background(self, work: Coroutine[Any, Any, object]) -> None:
        """Run `work` for as long as the stand-in runs."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def retire(self) -> None:
        """Stop free environments whose function has been changed or deleted, and remove code that nothing is
        deployed with."""
        for free in self._idle.values():
            for environment in list(free):
                if not self._is_current(environment):
                    self._reclaim(environment)
        self.packages.retire()

    async def stop(self) -> None:
        """Stop every environment, whatever it does."""
        self._stopping = True
        for free in self._idle.values():
            for timer in free.values():
                timer.cancel()
        await self.packages.stop()
        await asyncio.gather(*(self._stop(environment) for environment in list(self._environments)))
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _begin(self, invocation: Invocation) -> Invocation:
        function = invocation.function
        in_region = self._running[function.region]
        running = in_region[function.name]
        await self._settle(function, running)
        reserved = function.reserved_concurrency
        if reserved is not None and len(running) >= reserved:
            raise Throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
        unreserved = sum(
            each.function.reserved_concurrency is None for calls in in_region.values() for each in calls
        )
        if reserved is None and unreserved >= ACCOUNT_CONCURRENCY - deployed.reserved_concurrency(
            function.region
        ):
            raise Throttled("ConcurrentInvocationLimitExceeded")
        running.add(invocation)
        self.in_background(self._run(running, invocation))
        return invocation

    async def _run(self, running: set[Invocation], invocation: Invocation) -> None:
        """Run an invocation in an environment, and say how it ended."""
        environment = None
        outcome = Outcome(STOPPED)
        try:
            environment = await self._environment(invocation)
            outcome = await environment.run(invocation)
        except FunctionFailure as failure:
            outcome = Outcome(failure)
        except OSError as error:
            outcome = Outcome(FunctionFailure.of_machine(error))
        finally:
            running.discard(invocation)
            invocation.end(outcome)
            if environment is not None:
                await self._keep_or_stop(environment)

    async def _keep_or_stop(self, environment: ExecutionEnvironment) -> None:
        """Keep an environment for later invocations, if it can serve them."""
        if environment.reusable and self._is_current(environment):
            self._idle[environment.function.arn][environment] = asyncio.get_running_loop().call_later(
                self._limits.idle_seconds, self._reclaim, environment
            )
        else:
            await self._stop(environment)

    async def _settle(self, function: Function, running: set[Invocation]) -> None:
        """A caller has its response a moment before the runtime asks for more work. One that calls again at
        once finds the same environment, not a cold start or a 429."""
        settling = [each.outcome for each in running if each.is_answered]
        if settling and not self._idle[function.arn]:
            await asyncio.wait(settling, timeout=SETTLE_SECONDS, return_when=asyncio.FIRST_COMPLETED)

    async def _environment(self, invocation: Invocation) -> ExecutionEnvironment:
        """Return a free environment of the invocation's function, or start one for it. Raises
        `FunctionFailure`, and `OSError` if this machine has no room for one."""
        function = invocation.function
        free = self._idle[function.arn]
        while free:
            environment, timer = free.popitem()
            timer.cancel()
            if environment.reusable and environment.function.revision == function.revision:
                return environment
            self.in_background(self._stop(environment))
        environment = await self._make_environment(invocation)
        try:
            await environment.start()
        except BaseException:
            await self._stop(environment)
            raise
        return environment

    async def _make_environment(self, invocation: Invocation) -> ExecutionEnvironment:
        """Return an environment that has not been started, with the function's code on disk. Raises
        `FunctionFailure`, `OSError`."""
        function = invocation.function
        version = await asyncio.to_thread(version_of, function.runtime)
        roots = await self._hold(function)
        try:
            await self._make_room()  # from here on without a pause, in which others would take it
            if self._stopping:
                raise STOPPED
            log = LogStream(function)
        except (OSError, FunctionFailure):
            self._release(roots)
            raise
        self._tell_version(function, log)
        variables = partial(
            environment_variables,
            function,
            roots=roots,
            log_stream=log.name,
            endpoint_url=self._endpoint_url,
            credentials=self._credentials(function.role, function.name),
            trusted=self._trusted,
        )
        environment = ExecutionEnvironment(
            invocation,
            roots,
            version=version,
            variables=variables,
            processes=self._processes,
            limits=self._limits,
            log=log,
        )
        self._environments.add(environment)
        return environment

    def _tell_version(self, function: Function, log: LogStream) -> None:
        """Say once, in the stand-in's log and in the function's, that another version runs it."""
        if function.runtime.startswith("provided") or is_as_asked(function.runtime):
            return
        message = f"The local stand-in has no {function.runtime}: functions of it run on "
        message += version_of(function.runtime).replace(":", " ")
        if function.runtime not in self._told:
            self._told.add(function.runtime)
            print(message, file=sys.stderr)
        if function.arn not in self._told:
            self._told.add(function.arn)
            log.warn(message)

    async def _hold(self, function: Function) -> Roots:
        """Return where the function's code and layers are unpacked. Raises `FunctionFailure`, `OSError`."""
        mounted = bool(function.layers) and await asyncio.to_thread(opt.can_mount)
        try:
            task = await self.packages.hold((function.code,))
            if not function.layers:
                return Roots(task)
            try:
                layers = await self.packages.hold(function.layers)
            except BaseException:
                self.packages.release(task)
                raise
        except code.BadPackage as error:
            raise FunctionFailure.of("Runtime.InvalidPackage", str(error)) from None
        return Roots(task, layers, mounted=mounted)

    def _release(self, roots: Roots) -> None:
        for folder in filter(None, (roots.task, roots.layers)):
            self.packages.release(folder)

    async def _make_room(self) -> None:
        """Where there are as many environments as file descriptors allow, stop one that is free. Raises
        `OSError` if none is."""
        while len(self._environments) >= descriptors.for_environments():
            environment = next((each for free in self._idle.values() for each in free), None)
            if environment is None:
                descriptors.tell_shortage()
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            self._idle[environment.function.arn].pop(environment).cancel()
            await self._stop(environment)

    def _reclaim(self, environment: ExecutionEnvironment) -> None:
        """Stop a free environment."""
        self._idle[environment.function.arn].pop(environment).cancel()
        self.in_background(self._stop(environment))

    def _is_current(self, environment: ExecutionEnvironment) -> bool:
        current = deployed.current(environment.function)
        return current is not None and current.revision == environment.function.revision

    async def _stop(self, environment: ExecutionEnvironment) -> None:
        if environment in self._environments:
            self._environments.discard(environment)
            await environment.stop()
            self._release(environment.roots)


async def drain(invocation: Invocation) -> None:
    """Read the response for nobody: a function whose caller has gone goes on."""
    with suppress(FunctionFailure):
        posted = await asyncio.shield(invocation.response)
        await posted.discard()


def functions_of(platform: Platform) -> Functions:
    """Return the functions of the platform, which all front doors share."""
    return platform.shared(Functions)
