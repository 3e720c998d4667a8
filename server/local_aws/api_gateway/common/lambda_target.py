"""Invokes a function for a gateway: which one, whether its policy allows it, and within which time."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from server.local_aws.api_gateway.common.request import GatewayRequest
from server.local_aws.aws_lambda import deployed
from server.local_aws.aws_lambda.environments.invocation import Caller
from server.local_aws.aws_lambda.failure import FunctionFailure, Throttled
from server.local_aws.aws_lambda.function import Function
from server.local_aws.aws_lambda.functions import BufferedResult, Functions, StreamingResponse
from server.local_aws.control_plane.call import ApiError
from server.local_aws.iam.resource_policy import Service, permits

LAMBDA_URI = re.compile(
    r"arn:aws[\w-]*:apigateway:[^:]+:lambda:path/"
    r"(?:2015-03-31/functions/(?P<buffered>.+)/invocations"
    r"|2021-11-15/functions/(?P<streaming>.+)/response-streaming-invocations)"
)
API_GATEWAY = Service("apigateway.amazonaws.com")
INVOKE = "lambda:InvokeFunction"

Result = TypeVar("Result")


class InvokeRejected(Exception):
    """Lambda would not run the function for this gateway."""


def permitted_function(function_arn: str, source_arn: str, *, has_credentials: bool = False) -> Function:
    """Return the function at `function_arn`, if its resource policy lets API Gateway invoke it on behalf of
    `source_arn`, a route or an authorizer. With credentials a role invokes it, and not API Gateway. Raises
    `InvokeRejected`."""
    parts = function_arn.split(":")
    try:
        region, name = parts[3], ":".join(parts[:7])
        qualifier = parts[7] if len(parts) > 7 else None
        statements = deployed.statements(region, name, qualifier)
        function = deployed.function(region, name, qualifier)
    except (ApiError, IndexError):
        raise InvokeRejected(f"there is no function {function_arn}") from None
    known = API_GATEWAY.on_behalf_of(source_arn)
    if not has_credentials and not permits(statements, INVOKE, API_GATEWAY, function_arn, known):
        raise InvokeRejected(
            f"{function_arn} does not allow {API_GATEWAY.name} to invoke it for {source_arn}"
        )
    return function


def caller(request: GatewayRequest) -> Caller:
    return Caller(trace_id=request.trace_id)


async def invoke_within(
    seconds: float, functions: Functions, function: Function, payload: bytes, request: GatewayRequest
) -> BufferedResult:
    """Invoke and wait at most `seconds` for the result; the function runs on when they are over. Raises
    `InvokeRejected`, `TimeoutError`."""
    invocation = functions.invoke(function, payload, caller(request))
    return await within(seconds, invocation, settle, functions)


async def stream_within(
    seconds: float, functions: Functions, function: Function, payload: bytes, request: GatewayRequest
) -> StreamingResponse:
    """Invoke; wait at most `seconds` until the response begins; the function runs on when they are over.
    Raises `InvokeRejected`, `FunctionFailure`, `TimeoutError`."""
    invocation = functions.stream(function, payload, caller(request))
    return await within(seconds, invocation, discard, functions)


async def within(
    seconds: float,
    work: Coroutine[Any, Any, Result],
    abandoned: Callable[["asyncio.Future[Result]"], Coroutine[Any, Any, None]],
    functions: Functions,
) -> Result:
    task = asyncio.ensure_future(work)
    try:
        async with asyncio.timeout(seconds):
            return await asyncio.shield(task)
    except Throttled as throttled:
        raise InvokeRejected(throttled.reason) from None
    except (TimeoutError, asyncio.CancelledError):
        functions.in_background(abandoned(task))
        raise


async def settle(task: "asyncio.Future[BufferedResult]") -> None:
    with suppress(Throttled):
        await task


async def discard(task: "asyncio.Future[StreamingResponse]") -> None:
    with suppress(Throttled, FunctionFailure):
        async with await task:
            pass
