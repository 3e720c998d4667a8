"""The front door of a Function URL: an HTTP request in, an invocation, an HTTP response out.

Docs: docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html and …/configuration-response-streaming.html,
with bodies of errors as recorded on AWS (checked 2026-11).

How a streamed response ends when its function fails is chosen in `server.local_aws.platform.behaviour`: as if
it were complete, if the runtime reports the failure (as Node's does with any error, also before the first
byte: a 200 without a body); cut, without the last chunk, if the response just stops. That 429 has the body of
Lambda's API is this stand-in's choice: AWS is unconfirmed.
"""

import json
import time
import uuid
from collections.abc import AsyncIterator
from email.utils import formatdate

import h11

from server.local_aws.aws_lambda import deployed
from server.local_aws.aws_lambda.api import too_many_requests
from server.local_aws.aws_lambda.environments.invocation import Caller, new_trace_id
from server.local_aws.aws_lambda.failure import FunctionFailure, Throttled
from server.local_aws.aws_lambda.function import Function
from server.local_aws.aws_lambda.function_url import cors as url_cors
from server.local_aws.aws_lambda.function_url.authorization import Forbidden, authorize
from server.local_aws.aws_lambda.function_url.config import UrlConfig
from server.local_aws.aws_lambda.function_url.event import UrlRequest, event
from server.local_aws.aws_lambda.function_url.inflating import BadGzip, Inflating
from server.local_aws.aws_lambda.function_url.response import BadResult, from_prelude, from_result
from server.local_aws.aws_lambda.functions import Functions, StreamingResponse
from server.local_aws.aws_lambda.prelude import CONTENT_TYPE, BadPrelude, PreludeSplitter
from server.local_aws.control_plane.call import ApiAnswer
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.http1.exchange import BodyTooLarge, Exchange, Header, TruncatedBody
from server.local_aws.iam.identity import Identity
from server.local_aws.iam.sigv4 import BadSignature, SignedRequest
from server.local_aws.platform.behaviour import Behaviour
from server.local_aws.platform.limits import Limits
from server.local_aws.platform.throttle import TokenBucket

PRELUDE_WINDOW = 1_048_576
"""Bytes in which the delimiter must end: AWS documents no bound for Function URLs; one is needed."""

REQUESTS_PER_CONCURRENCY = 10
"""A function with reserved concurrency takes ten times as many requests a second through its URL."""

GZIP = ("content-encoding", "gzip")

FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)


class FunctionUrl:
    """Serves one Function URL; `serve` handles each of its requests."""

    def __init__(self, config: UrlConfig, functions: Functions, limits: Limits, behaviour: Behaviour) -> None:
        self._config, self._functions, self._limits = config, functions, limits
        self._behaviour = behaviour
        self._requests: TokenBucket | None = None

    async def serve(self, exchange: Exchange) -> None:
        """Answer one request."""
        config = self._config
        request_id, trace_id = str(uuid.uuid4()), new_trace_id()
        answer = Answering(exchange, config, request_id, trace_id)
        if config.cors and exchange.method == "OPTIONS" and exchange.header("access-control-request-method"):
            await answer.whole(
                200, url_cors.preflight(config.cors, exchange.header("origin")), b"", cors=False
            )
            return
        try:
            body = await exchange.read(self._limits.request)
        except BodyTooLarge:
            await answer.refused(413, "RequestTooLargeException", "Request Entity Too Large")
            return
        except TruncatedBody:
            await answer.refused(400, "InvalidRequestContentException", "The request's body broke off")
            return
        request = UrlRequest(exchange.method, exchange.target, exchange.headers, body, exchange.client)
        try:
            caller = authorize(config, signed(request))
            function = deployed.function(config.region, config.function, config.qualifier or None)
            self._admit(function)
            payload = self._payload(request, request_id, trace_id, caller)
            if len(payload) > self._limits.request:
                await answer.refused(413, "RequestTooLargeException", "Request Entity Too Large")
            elif config.invoke_mode == "RESPONSE_STREAM":
                await self._stream(answer, function, payload)
            else:
                await self._buffer(answer, function, payload)
        except (Forbidden, BadSignature) as error:
            message = FORBIDDEN if isinstance(error, Forbidden) else str(error)
            await answer.refused(403, "AccessDeniedException", message)
        except Throttled as throttled:
            refusal = too_many_requests(throttled.reason).answer()
            await answer.api(refusal)

    def _admit(self, function: Function) -> None:
        """Raises `Throttled` beyond ten requests a second for each unit of reserved concurrency."""
        reserved = function.reserved_concurrency
        if reserved is None:
            self._requests = None
            return
        rate = REQUESTS_PER_CONCURRENCY * reserved
        now = time.monotonic()
        if self._requests is None or self._requests.rate != rate:
            self._requests = TokenBucket(rate, rate, now)
        if not self._requests.take(1, now):
            raise Throttled("ReservedFunctionInvocationRateLimitExceeded")

    def _payload(self, request: UrlRequest, request_id: str, trace_id: str, caller: Identity | None) -> bytes:
        config = self._config
        authorizer = None
        if caller is not None:
            authorizer = {
                "accessKey": caller.access_key,
                "accountId": ACCOUNT_ID,
                "callerId": caller.user_id,
                "cognitoIdentity": None,
                "principalOrgId": None,
                "userArn": caller.arn,
                "userId": caller.user_id,
            }
        document = event(
            request,
            url_id=config.url_id,
            domain=f"{config.url_id}.lambda-url.{config.region}.on.aws",
            account_id=ACCOUNT_ID,
            request_id=request_id,
            trace_id=trace_id,
            authorizer=authorizer,
        )
        return json.dumps(document).encode()

    async def _buffer(self, answer: "Answering", function: Function, payload: bytes) -> None:
        """`InvokeMode` BUFFERED: what the function returns is the response (at most 6 MB)."""
        result = await self._functions.invoke(function, payload, answer.caller)
        if result.failed:
            await answer.bad_gateway()
            return
        try:
            response = from_result(result.payload)
            await answer.whole(response.status, response.headers, response.body)
        except (BadResult, h11.LocalProtocolError):
            await answer.bad_gateway()

    async def _stream(self, answer: "Answering", function: Function, payload: bytes) -> None:
        """`InvokeMode` RESPONSE_STREAM: what the function posts is the response, each chunk as soon as it is
        read, unless it is held."""
        try:
            response = await self._functions.stream(function, payload, answer.caller)
        except FunctionFailure:
            await answer.bad_gateway()
            return
        async with response:
            try:
                await relay(self._chunks(response), response.content_type, answer)
            except (BadPrelude, h11.LocalProtocolError):
                await answer.bad_gateway()
            except (FunctionFailure, BadGzip):
                if not answer.exchange.started:
                    await answer.start(200, [("Content-Type", "application/octet-stream")])
                answer.exchange.abort()

    def _chunks(self, response: StreamingResponse) -> AsyncIterator[list[bytes]]:
        chunks = response.reads()
        if not self._behaviour.cuts_reported_failures:
            chunks = until_reported_failure(chunks)
        return hold_last(chunks) if self._behaviour.holds_last else chunks


async def until_reported_failure(batches: AsyncIterator[list[bytes]]) -> AsyncIterator[list[bytes]]:
    """Let a response end where its runtime reports, in trailers, that the function has failed. Raises
    `FunctionFailure` for any other failure."""
    try:
        async for chunks in batches:
            yield chunks
    except FunctionFailure as failure:
        if not failure.in_trailers:
            raise


async def hold_last(batches: AsyncIterator[list[bytes]]) -> AsyncIterator[list[bytes]]:
    """Pass each chunk on when the next one has come, or the end; one that nothing follows is lost if the
    response is cut."""
    held: list[bytes] = []
    async for chunks in batches:
        written = held + chunks
        held = written[-1:]
        if len(written) > 1:
            yield written[:-1]
    if held:
        yield held


async def relay(batches: AsyncIterator[list[bytes]], content_type: str, answer: "Answering") -> None:
    """Pass a streamed response on. With the integration's content type it begins with a prelude, whose status
    and headers are the response's; an empty one is a 200. The head is sent with the first byte. A gzip body
    is inflated."""
    content_type = content_type or "application/octet-stream"
    splitter = None
    if content_type.partition(";")[0].strip().lower() == CONTENT_TYPE:
        splitter = PreludeSplitter(PRELUDE_WINDOW)
    exchange, inflating = answer.exchange, None
    async for chunks in batches:
        if splitter is not None and splitter.prelude is None:
            chunks = [body for chunk in chunks if (body := splitter.feed(chunk))]
            if splitter.prelude is None:
                continue
        if not exchange.started:
            status, headers = from_prelude(splitter.prelude) if splitter and splitter.prelude else (200, [])
            headers, inflating = without_gzip(headers)
            await answer.start(status, headers or [("Content-Type", content_type)])
        if inflating is None:
            await exchange.send(chunks)
            continue
        for piece in (piece for chunk in chunks for piece in inflating.feed(chunk)):
            await exchange.send([piece])
    if inflating is not None:
        inflating.finish()
    if not exchange.started:
        if splitter is not None and not splitter.empty:
            raise BadPrelude("the response ended before the delimiter")
        await answer.start(200, [("Content-Type", "application/octet-stream" if splitter else content_type)])
    await exchange.finish()


def without_gzip(headers: list[Header]) -> tuple[list[Header], Inflating | None]:
    """The headers that go with an inflated body, and what inflates it; None unless it is gzip."""
    kept = [(name, value) for name, value in headers if (name.lower(), value.lower()) != GZIP]
    return kept, Inflating() if len(kept) < len(headers) else None


class Answering:
    """Answers one request with the headers that every answer of a Function URL has."""

    def __init__(self, exchange: Exchange, config: UrlConfig, request_id: str, trace_id: str) -> None:
        self.exchange, self.request_id, self.trace_id = exchange, request_id, trace_id
        self.caller = Caller(request_id=request_id, trace_id=trace_id)
        self._cors = config.cors

    def _head(self, headers: list[Header], *, cors: bool = True) -> list[Header]:
        origin = self.exchange.header("origin")
        return [
            ("Date", formatdate(usegmt=True)),
            *headers,
            *(url_cors.headers(self._cors, origin) if cors else []),
            ("Connection", "keep-alive"),
            ("x-amzn-RequestId", self.request_id),
            ("X-Amzn-Trace-Id", self.trace_id),
        ]

    async def whole(self, status: int, headers: list[Header], body: bytes, *, cors: bool = True) -> None:
        await self.exchange.respond(status, self._head(headers, cors=cors), body)

    async def start(self, status: int, headers: list[Header]) -> None:
        await self.exchange.start(status, self._head(headers))

    async def refused(self, status: int, error_type: str, message: str) -> None:
        headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", error_type)]
        await self.whole(status, headers, json.dumps({"Message": message}, separators=(",", ":")).encode())

    async def api(self, answer: ApiAnswer) -> None:
        headers = [field for field in answer.headers if field[0] != "x-amzn-RequestId"]
        await self.whole(answer.status, headers, answer.body)

    async def bad_gateway(self) -> None:
        await self.whole(502, [("Content-Type", "text/plain")], b"Internal Server Error")


def signed(request: UrlRequest) -> SignedRequest:
    return SignedRequest.of(request.method, request.target, request.headers, request.body)
