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
from typing import Any

import h11

from server.local_aws.aws_lambda import deployed
from server.local_aws.aws_lambda.environments.invocation import Caller, new_trace_id
from server.local_aws.aws_lambda.failure import FunctionFailure, Throttled
from server.local_aws.aws_lambda.function import Function
from server.local_aws.aws_lambda.function_url import cors as url_cors
from server.local_aws.aws_lambda.function_url.authorization import Forbidden, authorize
from server.local_aws.aws_lambda.function_url.config import UrlConfig
from server.local_aws.aws_lambda.function_url.event import UrlRequest, event
from server.local_aws.aws_lambda.function_url.response import (
    OCTET_STREAM,
    BadResult,
    from_prelude,
    from_result,
)
from server.local_aws.aws_lambda.functions import Functions, StreamingResponse
from server.local_aws.aws_lambda.inflating import BadGzip
from server.local_aws.aws_lambda.prelude import CONTENT_TYPE, BadPrelude, Prelude
from server.local_aws.aws_lambda.relay import pass_on, relay
from server.local_aws.aws_lambda.streamed_answer import PreludeRule, StreamedAnswer
from server.local_aws.control_plane.call import ApiAnswer
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.http1.answering import Answering
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

FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)


class FunctionUrl:
    """Serves one Function URL; `serve` handles each of its requests."""

    def __init__(self, config: UrlConfig, functions: Functions, limits: Limits, behaviour: Behaviour) -> None:
        self._config = config
        self._functions = functions
        self._limits = limits
        self._behaviour = behaviour
        self._requests: TokenBucket | None = None

    async def serve(self, exchange: Exchange) -> None:
        """Answer one request."""
        config = self._config
        answer = UrlAnswering(exchange, config.cors)
        if config.cors and url_cors.is_preflight(exchange):
            await answer.preflight()
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
            identity = authorize(config, signed(request))
            function = deployed.function(config.region, config.function, config.qualifier or None)
            self._admit(function)
            payload = self._payload(request, answer.caller, identity)
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
            await answer.api(throttled.answer())

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

    def _payload(self, request: UrlRequest, caller: Caller, identity: Identity | None) -> bytes:
        config = self._config
        authorizer = None
        if identity is not None:
            authorizer = {
                "accessKey": identity.access_key,
                "accountId": ACCOUNT_ID,
                "callerId": identity.user_id,
                "cognitoIdentity": None,
                "principalOrgId": None,
                "userArn": identity.arn,
                "userId": identity.user_id,
            }
        document = event(
            request,
            url_id=config.url_id,
            domain=f"{config.url_id}.lambda-url.{config.region}.on.aws",
            account_id=ACCOUNT_ID,
            request_id=caller.request_id,
            trace_id=caller.trace_id,
            authorizer=authorizer,
        )
        return json.dumps(document).encode()

    async def _buffer(self, answer: "UrlAnswering", function: Function, payload: bytes) -> None:
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

    async def _stream(self, answer: "UrlAnswering", function: Function, payload: bytes) -> None:
        """`InvokeMode` RESPONSE_STREAM: what the function posts is the response, each chunk as soon as it is
        read, unless it is held."""
        try:
            response = await self._functions.stream(function, payload, answer.caller)
        except FunctionFailure:
            await answer.bad_gateway()
            return
        async with response:
            streamed = self._streamed_answer(response.content_type or OCTET_STREAM)
            try:
                await relay(self._reads(response), streamed, answer, from_prelude)
            except (BadPrelude, h11.LocalProtocolError):
                await answer.bad_gateway()
            except (FunctionFailure, BadGzip):
                await pass_on(streamed.broken(), answer, from_prelude)
                answer.exchange.abort()

    def _streamed_answer(self, content_type: str) -> StreamedAnswer:
        """With the integration's content type a response begins with a prelude, unless it is empty."""
        announced = content_type.partition(";")[0].strip().lower() == CONTENT_TYPE
        begins = PreludeRule(PRELUDE_WINDOW) if announced else Prelude(headers={"Content-Type": content_type})
        return StreamedAnswer(begins, inflates=True, holds_last=self._behaviour.holds_last)

    def _reads(self, response: StreamingResponse) -> AsyncIterator[list[bytes]]:
        reads = response.reads()
        return reads if self._behaviour.cuts_reported_failures else until_reported_failure(reads)


async def until_reported_failure(batches: AsyncIterator[list[bytes]]) -> AsyncIterator[list[bytes]]:
    """Let a response end where its runtime reports, in trailers, that the function has failed. Raises
    `FunctionFailure` for any other failure."""
    try:
        async for chunks in batches:
            yield chunks
    except FunctionFailure as failure:
        if not failure.in_trailers:
            raise


class UrlAnswering(Answering):
    """Answers one request with the headers that every answer of a Function URL has."""

    def __init__(self, exchange: Exchange, cors: dict[str, Any] | None) -> None:
        self.caller = Caller(request_id=str(uuid.uuid4()), trace_id=new_trace_id())
        own = [("x-amzn-RequestId", self.caller.request_id), ("X-Amzn-Trace-Id", self.caller.trace_id)]
        super().__init__(exchange, own)
        self._cors = cors

    def shown(self, headers: list[Header], *, streams: bool) -> list[Header]:
        return [*headers, *url_cors.headers(self._cors, self.exchange.header("origin"))]

    async def preflight(self) -> None:
        headers = url_cors.preflight(self._cors, self.exchange.header("origin"))
        await self.exchange.respond(200, self.head(headers))

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
