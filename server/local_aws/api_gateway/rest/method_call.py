"""Carries out a method of a REST API: a request in, an integration, a response out, buffered or streaming.

Docs: docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html and its siblings
(checked 2026-11). `responseTransferMode` alone decides whether a response streams.

Choices of this stand-in, where AWS is unconfirmed: a combination of mode and invocation URI that AWS calls
unsupported is a 500, and so is a request that Lambda refuses; a function that fails before its metadata are
complete is a 502, as with BUFFERED; a failure after them cuts the connection without the last chunk. A
stream without `timeoutInMillis` has 15 minutes.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import h11
from moto.apigateway.models import RestAPI

from server.local_aws.api_gateway.common import upstream
from server.local_aws.api_gateway.common.lambda_target import LAMBDA_URI, InvokeRejected, permitted_function
from server.local_aws.api_gateway.common.request import GatewayRequest, Target
from server.local_aws.api_gateway.common.result import BadResult, Response, from_prelude, from_rest_result
from server.local_aws.api_gateway.common.stage_variables import with_stage_variables
from server.local_aws.api_gateway.common.time_limit import attentive
from server.local_aws.api_gateway.rest.answering import Answer
from server.local_aws.api_gateway.rest.deployment import Integration
from server.local_aws.api_gateway.rest.integration import DEFAULT_TIMEOUT
from server.local_aws.api_gateway.rest.mapping import upstream_request
from server.local_aws.api_gateway.rest.mapping_template import TemplateFailure
from server.local_aws.api_gateway.rest.mock import UnsupportedMediaType
from server.local_aws.api_gateway.rest.payload import event, is_binary
from server.local_aws.aws_lambda.environments.invocation import Caller
from server.local_aws.aws_lambda.failure import FunctionFailure, Throttled
from server.local_aws.aws_lambda.function import Function
from server.local_aws.aws_lambda.functions import Functions
from server.local_aws.aws_lambda.prelude import DELIMITER, BadPrelude, parse
from server.local_aws.aws_lambda.relay import relay
from server.local_aws.aws_lambda.streamed_answer import PreludeRule, StreamedAnswer
from server.local_aws.http1.exchange import Header, PeerGone
from server.local_aws.platform.limits import Limits
from server.local_aws.platform.throttle import throttled

METADATA = PreludeRule(window=16_384, strict=True)

DEFAULT_SECONDS = DEFAULT_TIMEOUT / 1000


class Unsupported(Exception):
    """The method's integration cannot be carried out as it is configured."""


@dataclass(frozen=True)
class Settings:
    """What of an API's own settings its methods heed: `binary` media types; `edge`: it is edge-optimised."""

    binary: Sequence[str]
    edge: bool

    @classmethod
    def of(cls, api: RestAPI) -> "Settings":
        return cls(tuple(api.binaryMediaTypes), "EDGE" in api.endpoint_configuration.get("types", ["EDGE"]))


@dataclass(frozen=True)
class MethodCall:
    """One request on its way through one method of a REST API."""

    request: GatewayRequest
    target: Target
    integration: Integration
    settings: Settings
    functions: Functions
    limits: Limits

    async def carry_out(self, answer: Answer) -> None:
        """Carry out the integration, whatever comes of it."""
        if self.integration.unserved:
            method = f"{self.request.method} {self.target.resource}"
            message = (
                f"LOCAL: {method} is not served by this stand-in, which lacks {self.integration.unserved}"
            )
            await answer.refuse(501, "NotImplementedException", message)
            return
        try:
            if self.integration.streams:
                await self._stream(answer)
            else:
                await self._buffer(answer)
        except PeerGone:
            raise
        except TimeoutError:
            await answer.fail(504, "Endpoint request timed out")
        except (FunctionFailure, BadResult, h11.LocalProtocolError):
            await answer.fail(502, "Internal server error")
        except UnsupportedMediaType:
            await answer.refuse(415, "BadRequestException", "Unsupported Media Type")
        except (BadPrelude, InvokeRejected, TemplateFailure, Throttled, Unsupported):
            await answer.fail(500, "Internal server error")
        except upstream.UPSTREAM_ERRORS:
            await answer.fail(504, "Network error communicating with endpoint")

    async def _buffer(self, answer: Answer) -> None:
        if self.integration.mock is not None:
            await answer.whole(*self.integration.mock.answer(self.request, self.target))
        elif self.integration.type == "AWS_PROXY":
            await self._invoke(answer)
        else:
            await self._forward(answer)

    async def _stream(self, answer: Answer) -> None:
        longest = self.limits.rest_stream_seconds
        async with asyncio.timeout(min(self.integration.timeout or longest, longest)):
            if self.integration.type == "AWS_PROXY":
                await self._invoke_streaming(answer)
            else:
                await self._forward_streaming(answer)

    # AWS_PROXY

    def _function(self) -> Function:
        """Return the function of the integration's URI. Raises `Unsupported`, `InvokeRejected`."""
        uri = with_stage_variables(self.integration.uri, self.target.stage_variables)
        match = LAMBDA_URI.fullmatch(uri)
        arn = match and match["streaming" if self.integration.streams else "buffered"]
        if not arn:
            mode = "STREAM" if self.integration.streams else "BUFFERED"
            raise Unsupported(f"no invocation URI for {mode}: {uri}")
        route = f"{self.request.method}{self.target.resource}"
        source_arn = self.target.source_arn(route)
        return permitted_function(
            arn, source_arn, self.integration.credentials, judge_roles=self.functions.judge_roles
        )

    @property
    def _caller(self) -> Caller:
        return Caller(trace_id=self.request.trace_id)

    async def _payload(self, answer: Answer) -> bytes | None:
        document = event(self.request, self.target, self.settings.binary, edge=self.settings.edge)
        payload = json.dumps(document).encode()
        if len(payload) <= self.limits.request:
            return payload
        await answer.refuse(413, "RequestTooLargeException", "Request Too Long")
        return None

    async def _invoke(self, answer: Answer) -> None:
        function = self._function()
        if (payload := await self._payload(answer)) is None:
            return
        async with asyncio.timeout(self._buffered_seconds):  # the function runs on when they are over
            result = await self.functions.invoke(function, payload, self._caller)
        if result.failed:
            raise BadResult("the function failed")
        metadata, delimiter, _ = result.payload.partition(DELIMITER)
        if delimiter:  # made for streaming: status and headers get through, the body does not
            status, headers = from_prelude(parse(metadata))
            await answer.whole(status, headers, b"")
            return
        response = from_rest_result(result.payload)
        await answer.whole(response.status, response.headers, self._body(response))

    def _body(self, response: Response) -> bytes:
        """Base64 is decoded for clients whose first `Accept` is one of the API's binary media types."""
        accepted = self.request.header("accept").partition(",")[0]
        return response.decoded() if is_binary(accepted, self.settings.binary) else response.body

    async def _invoke_streaming(self, answer: Answer) -> None:
        function = self._function()
        if (payload := await self._payload(answer)) is None:
            return
        async with asyncio.timeout(self._idle):
            response = await self.functions.stream(function, payload, self._caller)
        async with response:
            try:
                reads = self._paced(response.reads())
                await relay(reads, StreamedAnswer(METADATA), answer, from_prelude)
            except h11.LocalProtocolError as error:
                raise BadPrelude(str(error)) from None

    # HTTP_PROXY

    async def _forward(self, answer: Answer) -> None:
        async with asyncio.timeout(self._buffered_seconds):
            status, headers, body = await upstream.fetch(
                *self._upstream_request(), self.limits.gateway_payload
            )
        await answer.whole(status, headers, body)

    async def _forward_streaming(self, answer: Answer) -> None:
        async with AsyncExitStack() as stack:
            async with asyncio.timeout(self._idle):
                response = await stack.enter_async_context(upstream.request(*self._upstream_request()))
            await answer.start(response.status, response.headers)
            async for chunks in self._paced(response.reads()):
                await answer.send(chunks)
            await answer.finish()

    def _upstream_request(self) -> tuple[str, str, list[Header], bytes]:
        uri = with_stage_variables(self.integration.uri, self.target.stage_variables)
        method = self.integration.http_method
        url, headers = upstream_request(uri, self.integration.parameters, self.request, self.target)
        return (self.request.method if method == "ANY" else method), url, headers, self.request.body

    # Times and rates

    @property
    def _idle(self) -> float:
        """Seconds that may pass between two chunks of a stream."""
        edge = self.settings.edge
        return self.limits.rest_stream_edge_idle_seconds if edge else self.limits.rest_stream_idle_seconds

    @property
    def _buffered_seconds(self) -> float:
        """A timeout beyond 29 s raises the limit in proportion, so that limits are scaled as before; not
        that of an API which has become edge-optimised since."""
        timeout, longest = self.integration.timeout, self.limits.rest_seconds
        if timeout is None:
            return longest
        raised = 1.0 if self.settings.edge else max(1.0, timeout / DEFAULT_SECONDS)
        return min(timeout, longest * raised)

    def _paced(self, batches: AsyncIterator[list[bytes]]) -> AsyncIterator[list[bytes]]:
        """The chunks, no pause between them longer than the idle timeout, at the gateway's rate."""
        return throttled(
            attentive(batches, self._idle), self.limits.rest_stream_burst, self.limits.rest_stream_rate
        )
