"""One invocation, and the response that its runtime posts."""

import asyncio
import base64
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

from server.local_aws.aws_lambda.environments.runtime_api import (
    ACCEPTED,
    ERROR_BODY_HEADER,
    ERROR_TYPE_HEADER,
    TRUNCATED,
    Answer,
    Assignment,
    too_large,
)
from server.local_aws.aws_lambda.failure import FunctionFailure
from server.local_aws.aws_lambda.function import Function
from server.local_aws.http1.exchange import Exchange, TruncatedBody

TIMED_OUT = "Sandbox.Timedout"
STOPPED = FunctionFailure.of("Sandbox.Failure", "The execution environment has been stopped.")
END_NOTICE_SECONDS = 1.0
"""How long after a broken upload the invocation may take to end: that tells why the upload broke."""


@dataclass(frozen=True)
class Outcome:
    """How an invocation ended. `ended_by` is the failure that ended its environment, None if the runtime has
    asked for more work; `log_tail` is the last 4 KB of its log."""

    ended_by: FunctionFailure | None
    log_tail: bytes = b""


class PostedResponse:
    """A response that the runtime is posting. Its reader reads the runtime's socket directly: what is not
    read is not sent, so a slow reader slows the function down.

    `reply` is set, when the body is at its end, to what the Runtime API answers the runtime. `outcome` is
    that of the invocation: it says why a body broke off.
    """

    def __init__(
        self, exchange: Exchange, content_type: str, limit: int, outcome: "asyncio.Future[Outcome]"
    ) -> None:
        self._exchange = exchange
        self._limit = limit
        self._outcome = outcome
        self._size = 0
        self.content_type = content_type
        self.reply: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    async def reads(self) -> AsyncIterator[list[bytes]]:
        """Yield the chunks of each read. Raises `FunctionFailure` when the function fails in mid-stream: by
        trailers, by breaking off, or by exceeding the size limit (up to which all bytes are yielded)."""
        try:
            async for chunks in self._exchange.reads():
                self._size += sum(map(len, chunks))
                if self._size > self._limit:
                    allowed = sum(map(len, chunks)) - (self._size - self._limit)
                    yield [b"".join(chunks)[:allowed]] if allowed else []
                    raise self._oversized()
                yield chunks
        except TruncatedBody:
            self._set_reply(TRUNCATED)
            raise await self._why_broken() from None
        self._set_reply(ACCEPTED)
        failure = reported_by_trailers(self._exchange)
        if failure is not None:
            raise failure

    async def read(self) -> bytes:
        """Return the whole body. Raises as `reads` does."""
        parts: list[bytes] = []
        async for chunks in self.reads():
            parts += chunks
        return b"".join(parts)

    async def discard(self) -> None:
        """Read the rest for nobody, if there is one: a function whose caller has gone goes on."""
        if self.reply.done():  # its connection may already carry another call
            return
        with suppress(FunctionFailure):
            async for _ in self.reads():
                pass

    async def _why_broken(self) -> FunctionFailure:
        """Return what ended the invocation, or, if nothing does, that the runtime itself broke off."""
        await asyncio.wait({self._outcome}, timeout=END_NOTICE_SECONDS)
        ended_by = self._outcome.result().ended_by if self._outcome.done() else None
        return ended_by or FunctionFailure.of(
            "Runtime.TruncatedResponse", "The runtime's response broke off."
        )

    def _oversized(self) -> FunctionFailure:
        self._set_reply(too_large(self._limit))
        length = self._exchange.header("content-length")
        size = int(length) if length.isdigit() else self._size
        return FunctionFailure.of(
            "Function.ResponseSizeTooLarge",
            f"Response payload size ({size} bytes) "
            f"exceeded maximum allowed payload size ({self._limit} bytes).",
        )

    def _set_reply(self, reply: Answer) -> None:
        if not self.reply.done():
            self.reply.set_result(reply)


def reported_by_trailers(exchange: Exchange) -> FunctionFailure | None:
    """Return the failure that a runtime reports in its request's trailers, if it does. The header of the body
    is base64 of an error document
    (docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html, checked 2026-11)."""
    trailers = dict(exchange.trailers)
    if not (ERROR_TYPE_HEADER in trailers or ERROR_BODY_HEADER in trailers):
        return None
    error_type = trailers.get(ERROR_TYPE_HEADER) or "Function.Unknown"
    try:
        document = base64.b64decode(trailers.get(ERROR_BODY_HEADER, ""), validate=True)
    except ValueError:  # also for what is not ASCII
        document = b""
    failure = FunctionFailure(error_type, document) if document else FunctionFailure.of(error_type, "")
    failure.in_trailers = True
    return failure


@dataclass(frozen=True)
class Caller:
    """What a caller passes on beside the payload: `client_context` is JSON, `tenant` is the customer for whom
    the function works, `trace_id` an X-Ray header. An empty `trace_id` or `request_id` is replaced by a new
    one."""

    client_context: str = ""
    tenant: str = ""
    trace_id: str = ""
    request_id: str = ""


ANONYMOUS = Caller()


class Invocation:
    """One call of a function, and what becomes of it.

    `response` is set once: to the response that the runtime begins to post, or to the `FunctionFailure` that
    came instead. `outcome` is set once, when the environment is free again or dead and the log is complete.
    Neither is ever cancelled: callers wait for them behind `asyncio.shield`.
    """

    def __init__(self, function: Function, payload: bytes, caller: Caller, *, streaming: bool) -> None:
        self.function = function
        self.payload = payload
        self.streaming = streaming
        self.client_context = caller.client_context
        self.tenant = caller.tenant
        self.request_id = caller.request_id or str(uuid.uuid4())
        self.invocation_id = str(uuid.uuid4())
        self.trace_id = caller.trace_id or new_trace_id()
        self.response: asyncio.Future[PostedResponse] = asyncio.get_running_loop().create_future()
        self.outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def assignment(self, deadline: float) -> Assignment:
        """Return what the runtime is told. `deadline` is in epoch seconds."""
        headers = [
            ("Content-Type", "application/json"),
            ("Lambda-Runtime-Aws-Request-Id", self.request_id),
            ("Lambda-Runtime-Deadline-Ms", str(int(deadline * 1000))),
            ("Lambda-Runtime-Invocation-Id", self.invocation_id),
            ("Lambda-Runtime-Invoked-Function-Arn", self.function.invoked_arn),
            ("Lambda-Runtime-Trace-Id", self.trace_id),
        ]
        if self.client_context:
            headers.append(("Lambda-Runtime-Client-Context", self.client_context))
        if self.tenant:
            headers.append(("Lambda-Runtime-Aws-Tenant-Id", self.tenant))
        return Assignment(self.request_id, self.invocation_id, tuple(headers), self.payload)

    @property
    def is_answered(self) -> bool:
        """True when the runtime has nothing more to say about this invocation."""
        if not self.response.done():
            return False
        return self.response.exception() is not None or self.response.result().reply.done()

    @property
    def timed_out(self) -> FunctionFailure | None:
        """The failure, if the invocation has run out of time: what of its response has not been read is
        lost. After any other end it is still there to read."""
        ended_by = self.outcome.result().ended_by if self.outcome.done() else None
        return ended_by if ended_by is not None and ended_by.error_type == TIMED_OUT else None

    async def log_tail(self) -> bytes:
        """Wait for the end; return the last 4 KB of the log."""
        return (await asyncio.shield(self.outcome)).log_tail

    def begin(self, response: PostedResponse) -> None:
        """The runtime begins to post `response`. Ignored if the invocation has failed before."""
        if not self.response.done():
            self.response.set_result(response)

    def fail(self, failure: FunctionFailure) -> None:
        """There will be no response. Ignored once one has begun: its reader learns of the failure itself."""
        if not self.response.done():
            self.response.set_exception(failure)
            self.response.exception()  # a caller that has gone must not make asyncio complain

    def end(self, outcome: Outcome) -> None:
        """The invocation is over. One without a response has failed."""
        self.fail(outcome.ended_by or STOPPED)
        self.outcome.set_result(outcome)


def new_trace_id() -> str:
    """Return an X-Ray header of a request that is not sampled."""
    unique = uuid.uuid4().hex
    return f"Root=1-{int(time.time()):08x}-{unique[:24]};Parent={unique[16:]};Sampled=0"
