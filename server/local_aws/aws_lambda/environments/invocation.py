"""One invocation, and the response that its runtime posts."""

import asyncio
import base64
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
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


class PostedResponse:
    """A response that the runtime is posting. Whoever takes it reads the runtime's socket directly: what is
    not read is not sent, so a slow reader slows the function down.

    `answered` becomes what the Runtime API tells the runtime, when the body is at its end.
    """

    def __init__(
        self,
        exchange: Exchange,
        content_type: str,
        limit: int,
        why_broken: Callable[[], Awaitable[FunctionFailure]],
    ) -> None:
        self._exchange, self._limit, self._why_broken = exchange, limit, why_broken
        self._size = 0
        self.content_type = content_type
        self.answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    async def chunks(self) -> AsyncIterator[list[bytes]]:
        """Yield the chunks of each read. Raises `FunctionFailure` when the function fails in mid-stream: by
        trailers, by breaking off, or by exceeding the size limit (up to which all bytes are yielded)."""
        try:
            async for chunks in self._exchange.body():
                self._size += sum(map(len, chunks))
                if self._size > self._limit:
                    allowed = sum(map(len, chunks)) - (self._size - self._limit)
                    yield [b"".join(chunks)[:allowed]] if allowed else []
                    raise self._oversized()
                yield chunks
        except TruncatedBody:
            self._answer(TRUNCATED)
            raise await self._why_broken() from None
        self._answer(ACCEPTED)
        failure = reported_by_trailers(self._exchange)
        if failure is not None:
            raise failure

    async def read(self) -> bytes:
        """The whole body. Raises as `chunks` does."""
        parts: list[bytes] = []
        async for chunks in self.chunks():
            parts += chunks
        return b"".join(parts)

    async def discard(self) -> None:
        """Read to the end, for nobody. A second reader may take over where a first one stopped."""
        try:
            async for _ in self.chunks():
                pass
        except FunctionFailure:
            pass

    def _oversized(self) -> FunctionFailure:
        self._answer(too_large(self._limit))
        length = self._exchange.header("content-length")
        size = int(length) if length.isdigit() else self._size
        return FunctionFailure.of(
            "Function.ResponseSizeTooLarge",
            f"Response payload size ({size} bytes) "
            f"exceeded maximum allowed payload size ({self._limit} bytes).",
        )

    def _answer(self, answer: Answer) -> None:
        if not self.answered.done():
            self.answered.set_result(answer)


def reported_by_trailers(exchange: Exchange) -> FunctionFailure | None:
    """The failure a runtime reports in its request's trailers, if it does. The body is base64 of an error
    document (docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html, checked 2026-11)."""
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
    """What an invocation carries beside its payload; what is empty gets a value of its own.

    `client_context` is JSON, `tenant` whom the function works for, `trace_id` an X-Ray header.
    """

    client_context: str = ""
    tenant: str = ""
    trace_id: str = ""
    request_id: str = ""


ANONYMOUS = Caller()


class Invocation:
    """`response` is set as soon as the runtime begins to post one, or to the `FunctionFailure` that came
    instead; `killed` when it has run out of time, whatever of its response is still on the way; `finished`
    when the environment is free again or dead, and its log is complete."""

    def __init__(self, function: Function, payload: bytes, caller: Caller, *, streaming: bool) -> None:
        self.function, self.payload, self.streaming = function, payload, streaming
        self.client_context, self.tenant = caller.client_context, caller.tenant
        self.request_id = caller.request_id or str(uuid.uuid4())
        self.invocation_id = str(uuid.uuid4())
        self.trace_id = caller.trace_id or new_trace_id()
        self.response: asyncio.Future[PostedResponse] = asyncio.get_running_loop().create_future()
        self.killed: FunctionFailure | None = None
        self.finished = asyncio.Event()
        self.log_tail = b""

    def assignment(self, deadline: float) -> Assignment:
        """What the runtime is told. `deadline` is in epoch seconds."""
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
        return self.response.exception() is not None or self.response.result().answered.done()

    def begin_response(self, response: PostedResponse) -> None:
        if not self.response.done():
            self.response.set_result(response)

    def fail(self, failure: FunctionFailure) -> None:
        """Has no effect once a response has begun: its reader learns of the failure itself."""
        if not self.response.done():
            self.response.set_exception(failure)
            self.response.exception()  # a caller that has gone must not make asyncio complain


def new_trace_id() -> str:
    """An X-Ray header that was not sampled."""
    unique = uuid.uuid4().hex
    return f"Root=1-{int(time.time()):08x}-{unique[:24]};Parent={unique[16:]};Sampled=0"
