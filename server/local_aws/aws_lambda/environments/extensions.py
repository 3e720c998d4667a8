"""The extensions of an environment: their processes, and what they are told."""

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from server.local_aws.aws_lambda.environments.extensions_api import (
    EVENT_IDENTIFIER,
    IDENTIFIER,
    INVOKE,
    SHUTDOWN,
    Extension,
    ExtensionsApi,
    Failed,
    NextEvent,
    Registered,
    State,
)
from server.local_aws.aws_lambda.environments.invocation import Invocation
from server.local_aws.aws_lambda.environments.launch import Extension as Program
from server.local_aws.aws_lambda.environments.launch import NotRunning, Roots, of_extension
from server.local_aws.aws_lambda.environments.platform_events import PlatformEvent
from server.local_aws.aws_lambda.environments.platform_events import extension as platform_extension
from server.local_aws.aws_lambda.environments.process import EnvironmentProcess
from server.local_aws.aws_lambda.environments.runtime_api import TRUNCATED, Answer, too_large
from server.local_aws.aws_lambda.function import Function
from server.local_aws.http1.exchange import BodyTooLarge, Exchange, TruncatedBody
from server.processes.children import Processes

JSON = ("Content-Type", "application/json")
MAX_BODY = 1_048_576
"""Bytes of a registration, or of an error document."""


class Extensions:
    """Starts the external extensions in `roots`, and serves the Extensions API to them and to internal ones.
    `moved()` is called when one is ready, or has failed.

    `failed` is set to the reason when one has ended, or has reported that it failed.
    """

    def __init__(
        self, function: Function, roots: Roots, processes: Processes, moved: Callable[[], None]
    ) -> None:
        self._programs = [Program(path, roots) for path in roots.extensions()]
        about = {
            "functionName": function.name,
            "functionVersion": function.version,
            "handler": function.handler,
        }
        self._api = ExtensionsApi([each.path.name for each in self._programs], about, function.account_id)
        self._processes = [EnvironmentProcess(processes) for _ in self._programs]
        self._moved = moved
        self._registered = asyncio.Event()
        """Set when all external extensions have registered, or one has failed."""
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._is_stopping = False
        self._shutdown_event: dict[str, Any] = {}
        self.failed: asyncio.Future[NotRunning] = asyncio.get_running_loop().create_future()

    @property
    def are_ready(self) -> bool:
        """Every extension waits for an event, if there is any."""
        return self._api.all_ready

    @property
    def have_registered(self) -> bool:
        """There are extensions that have registered, so that the end of the environment is a phase of its
        own."""
        return any(each.state is not State.STARTED for each in self._api.extensions)

    @property
    def are_external(self) -> bool:
        return bool(self._programs)

    @property
    def pids(self) -> list[int]:
        """The ids of the processes that run."""
        return [process.pid for process in self._processes if process.pid is not None]

    async def start(self, variables: Mapping[str, str], output: int) -> None:
        """Start them; return when they have registered, or one has failed. Raises `OSError` if this machine
        has no room for a process."""
        for program, process in zip(self._programs, self._processes, strict=True):
            await process.start(program, of_extension(variables), output)
            process.ended.add_done_callback(self._has_ended)
        await self._registered.wait()

    def _has_ended(self, ended: "asyncio.Future[NotRunning]") -> None:
        if not self._is_stopping:
            self._fail(ended.result())

    def _fail(self, reason: NotRunning) -> None:
        """One has failed. Only the first is the reason."""
        if not self.failed.done():
            self.failed.set_result(reason)
            self._registered.set()  # nobody waits any more for those that have not
            self._moved()

    def end_of_initialisation(self) -> list[PlatformEvent]:
        """No more extensions register; return what the log says of those that have."""
        self._api.close_registration()
        return [platform_extension(each.name, each.state.value, each.events) for each in self._api.extensions]

    async def answer(self, exchange: Exchange) -> None:
        """Answer a call of an extension's."""
        try:
            body = await exchange.read(MAX_BODY)
        except (BodyTooLarge, TruncatedBody) as error:
            await respond(exchange, too_large(MAX_BODY) if isinstance(error, BodyTooLarge) else TRUNCATED)
            return
        action = self._api.receive(exchange.method, exchange.target, dict(exchange.headers), body)
        if isinstance(action, NextEvent):
            await self._serve_next(exchange, action.extension)
            return
        await respond(exchange, action)
        if isinstance(action, Registered) and self._api.all_registered:
            self._registered.set()
        if isinstance(action, Failed):
            self._fail(NotRunning(action.error_type, "exit code 0"))

    async def _serve_next(self, exchange: Exchange, extension: Extension) -> None:
        """Hold the call until there is an event."""
        waiting = asyncio.get_running_loop().create_future()
        self._waiting[extension.identifier] = waiting
        if self._is_stopping and SHUTDOWN in extension.events:
            self._tell(extension, self._shutdown_event)
        self._moved()
        event = await waiting
        identifier = (EVENT_IDENTIFIER, str(uuid.uuid4()))
        await exchange.respond(200, [JSON, identifier], json.dumps(event, separators=(",", ":")).encode())

    def _tell(self, extension: Extension, event: dict[str, Any]) -> None:
        waiting = self._waiting.pop(extension.identifier, None)
        if waiting is not None and not waiting.done():
            extension.state = State.RUNNING
            waiting.set_result(event)

    def invoke(self, invocation: Invocation, deadline: float) -> None:
        """Tell those that want to know of an invocation; `deadline` in epoch seconds."""
        event = {
            "eventType": INVOKE,
            "deadlineMs": int(deadline * 1000),
            "requestId": invocation.request_id,
            "invokedFunctionArn": invocation.function.invoked_arn,
            "tracing": {"type": "X-Amzn-Trace-Id", "value": invocation.trace_id},
        }
        for extension in self._api.extensions:
            if INVOKE in extension.events:
                self._tell(extension, event)

    async def shut_down(self, reason: str, seconds: float) -> None:
        """Tell external extensions that the environment ends, and why; return when their processes have
        ended, in `seconds` at the latest."""
        self._is_stopping = True
        self._shutdown_event = {
            "eventType": SHUTDOWN,
            "deadlineMs": int((time.time() + seconds) * 1000),
            "shutdownReason": reason,
        }
        for extension in self._api.extensions:
            if SHUTDOWN in extension.events:
                self._tell(extension, self._shutdown_event)
        running = {process.ended for process in self._processes if process.pid is not None}
        if running:
            await asyncio.wait(running, timeout=seconds)

    async def stop(self) -> None:
        """Kill their processes, and let go of the calls that wait for events."""
        self._is_stopping = True
        for waiting in self._waiting.values():
            waiting.cancel()
        await asyncio.gather(*(process.stop() for process in self._processes))


async def respond(exchange: Exchange, answer: Answer) -> None:
    """Answer a call of a runtime's or of an extension's, if its connection still stands."""
    headers = [JSON]
    if isinstance(answer, Registered):
        headers.append((IDENTIFIER, answer.identifier))
    with suppress(ConnectionError):
        await exchange.respond(answer.status, headers, answer.body)
    exchange.answered = True
