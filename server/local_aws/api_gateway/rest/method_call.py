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
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import h11
from moto.apigateway.models import RestAPI

from server.local_aws.api_gateway.common import lambda_target, upstream
from server.local_aws.api_gateway.common.lambda_target import LAMBDA_URI, InvokeRejected
from server.local_aws.api_gateway.common.request import GatewayRequest, Target
from server.local_aws.api_gateway.common.result import BadResult, Response, from_prelude, from_rest_result
from server.local_aws.api_gateway.common.stage_variables import with_stage_variables
from server.local_aws.api_gateway.common.time_limit import attentive, time_limit
from server.local_aws.api_gateway.rest.answering import Answer
from server.local_aws.api_gateway.rest.deployment import Integration, Route
from server.local_aws.api_gateway.rest.integration import DEFAULT_TIMEOUT
from server.local_aws.api_gateway.rest.mapping import upstream_request
from server.local_aws.api_gateway.rest.payload import event, is_binary
from server.local_aws.aws_lambda.failure import FunctionFailure
from server.local_aws.aws_lambda.function import Function
from server.local_aws.aws_lambda.functions import Functions
from server.local_aws.aws_lambda.prelude import DELIMITER, BadPrelude, Prelude, PreludeSplitter, parse
from server.local_aws.http1.exchange import Header, PeerGone
from server.local_aws.platform.limits import Limits
from server.local_aws.platform.throttle import throttled

METADATA_WINDOW = 16_384
"""Bytes within which the delimiter must end: 16 KB."""

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


class MethodCall:
    """One request on its way through one method of a REST API."""

    def __init__(
        self,
        request: GatewayRequest,
        target: Target,
        route: Route,
        settings: Settings,
        functions: Functions,
        limits: Limits,
    ) -> None:
        self._request, self._target, self._route, self._binary = request, target, route, settings.binary
        self._functions, self._limits, self._edge = functions, limits, settings.edge
        self._idle = limits.rest_stream_edge_idle_seconds if self._edge else limits.rest_stream_idle_seconds

    @property
    def _integration(self) -> Integration:
        return self._route.integration

    async def carry_out(self, answer: Answer) -> None:
        """Carry out the integration, whatever comes of it."""
        proceed: Callable[[Answer], Awaitable[None]] = {
            ("AWS_PROXY", False): self._invoke,
            ("AWS_PROXY", True): self._invoke_streaming,
            ("HTTP_PROXY", False): self._forward,
            ("HTTP_PROXY", True): self._forward_streaming,
        }[self._integration.type, self._integration.streams]
        try:
            if self._integration.streams:
                longest = self._limits.rest_stream_seconds
                with time_limit(min(self._integration.timeout or longest, longest)):
                    await proceed(answer)
            else:
                await proceed(answer)
        except PeerGone:
            raise
        except asyncio.TimeoutError:
            await answer.fail(504, "Endpoint request timed out")
        except (FunctionFailure, BadResult, h11.LocalProtocolError):
            await answer.fail(502, "Internal server error")
        except (BadPrelude, InvokeRejected, Unsupported):
            await answer.fail(500, "Internal server error")
        except upstream.UPSTREAM_ERRORS:
            await answer.fail(504, "Network error communicating with endpoint")

    # AWS_PROXY

    def _function(self) -> Function:
        """The function of the integration's URI. Raises `Unsupported`, `InvokeRejected`."""
        uri = with_stage_variables(self._integration.uri, self._target.stage_variables)
        match = LAMBDA_URI.fullmatch(uri)
        arn = match and match["streaming" if self._integration.streams else "buffered"]
        if not arn:
            mode = "STREAM" if self._integration.streams else "BUFFERED"
            raise Unsupported(f"no invocation URI for {mode}: {uri}")
        route = f"{self._request.method}{self._target.resource}"
        return lambda_target.permitted_function(arn, self._target.source_arn(route))

    async def _payload(self, answer: Answer) -> bytes | None:
        document = event(self._request, self._target, self._binary, edge=self._edge)
        payload = json.dumps(document).encode()
        if len(payload) <= self._limits.request:
            return payload
        await answer.refuse(413, "RequestTooLargeException", "Request Too Long")
        return None

    async def _invoke(self, answer: Answer) -> None:
        function = self._function()
        if (payload := await self._payload(answer)) is None:
            return
        result = await lambda_target.invoke_within(
            self._buffered_seconds, self._functions, function, payload, self._request
        )
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
        accepted = self._request.header("accept").partition(",")[0]
        return response.decoded() if is_binary(accepted, self._binary) else response.body

    async def _invoke_streaming(self, answer: Answer) -> None:
        function = self._function()
        if (payload := await self._payload(answer)) is None:
            return
        response = await lambda_target.stream_within(
            self._idle, self._functions, function, payload, self._request
        )
        async with response:
            splitter = PreludeSplitter(METADATA_WINDOW)
            async for chunks in self._paced(response.reads()):
                if splitter.prelude is None:
                    chunks = [body for chunk in chunks if (body := splitter.feed(chunk))]
                    if splitter.prelude is None:
                        continue
                    if splitter.prelude.unknown:
                        raise BadPrelude(f"unknown metadata: {', '.join(sorted(splitter.prelude.unknown))}")
                    await begin(answer, splitter.prelude)
                await answer.send(chunks)
            if splitter.prelude is None:
                raise BadPrelude("the response ended before the delimiter")
            await answer.finish()

    # HTTP_PROXY

    async def _forward(self, answer: Answer) -> None:
        with time_limit(self._buffered_seconds):
            status, headers, body = await self._fetch()
        await answer.whole(status, headers, body)

    async def _fetch(self) -> tuple[int, list[Header], bytes]:
        async with upstream.request(*self._upstream_request()) as response:
            body = bytearray()
            async for chunks in response.reads():
                body += b"".join(chunks)
                if len(body) > self._limits.gateway_payload:
                    raise BadResult("the response is larger than a buffered one may be")
            return response.status, response.headers, bytes(body)

    async def _forward_streaming(self, answer: Answer) -> None:
        async with AsyncExitStack() as stack:
            with time_limit(self._idle):
                response = await stack.enter_async_context(upstream.request(*self._upstream_request()))
            await answer.start(response.status, response.headers)
            async for chunks in self._paced(response.reads()):
                await answer.send(chunks)
            await answer.finish()

    def _upstream_request(self) -> tuple[str, str, list[Header], bytes]:
        uri = with_stage_variables(self._integration.uri, self._target.stage_variables)
        method = self._integration.http_method
        url, headers = upstream_request(uri, self._integration.parameters, self._request, self._target)
        return (self._request.method if method == "ANY" else method), url, headers, self._request.body

    # Times and rates

    @property
    def _buffered_seconds(self) -> float:
        """A timeout beyond 29 s raises the limit in proportion, so that limits are scaled as before; not
        that of an API which has become edge-optimised since."""
        timeout, longest = self._integration.timeout, self._limits.rest_seconds
        if timeout is None:
            return longest
        raised = 1.0 if self._edge else max(1.0, timeout / DEFAULT_SECONDS)
        return min(timeout, longest * raised)

    def _paced(self, batches: AsyncIterator[list[bytes]]) -> AsyncIterator[list[bytes]]:
        """The chunks, no pause between them longer than the idle timeout, at the gateway's rate."""
        return throttled(
            attentive(batches, self._idle), self._limits.rest_stream_burst, self._limits.rest_stream_rate
        )


async def begin(answer: Answer, prelude: Prelude) -> None:
    """Send status and headers. Raises `BadPrelude` if they are none of HTTP's: nothing has been sent then."""
    try:
        await answer.start(*from_prelude(prelude))
    except h11.LocalProtocolError as error:
        raise BadPrelude(str(error)) from None
