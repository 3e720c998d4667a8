"""Invokes a function for a gateway: which one, whether its policy allows it, and within which time."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from server.local_aws.api import ApiError
from server.local_aws.api_gateway.request import GatewayRequest
from server.local_aws.api_gateway.time_limit import time_limit
from server.local_aws.aws_lambda import deployed
from server.local_aws.aws_lambda.failure import FunctionFailure, Throttled
from server.local_aws.aws_lambda.function import Function
from server.local_aws.aws_lambda.functions import BufferedResult, Functions, StreamingResponse
from server.local_aws.aws_lambda.invocation import Caller
from server.local_aws.control_plane import ACCOUNT_ID

LAMBDA_URI = re.compile(
    r"arn:aws[\w-]*:apigateway:[^:]+:lambda:path/"
    r"(?:2015-03-31/functions/(?P<buffered>.+)/invocations"
    r"|2021-11-15/functions/(?P<streaming>.+)/response-streaming-invocations)"
)
PRINCIPAL = "apigateway.amazonaws.com"

Result = TypeVar("Result")


class InvokeRejected(Exception):
    """Lambda would not run the function for this gateway."""


def permitted_function(function_arn: str, source_arn: str) -> Function:
    """The function at `function_arn`, if its resource policy lets API Gateway invoke it for `source_arn`.
    Raises `InvokeRejected`."""
    parts = function_arn.split(":")
    try:
        region, name = parts[3], ":".join(parts[:7])
        qualifier = parts[7] if len(parts) > 7 else None
        statements = deployed.statements(region, name, qualifier)
        function = deployed.function(region, name, qualifier)
    except (ApiError, IndexError):
        raise InvokeRejected(f"there is no function {function_arn}") from None
    matching = [statement for statement in statements if applies(statement, source_arn)]
    effects = {statement.get("Effect") for statement in matching}
    if "Deny" in effects or "Allow" not in effects:
        raise InvokeRejected(f"{function_arn} does not allow {PRINCIPAL} to invoke it for {source_arn}")
    return function


def applies(statement: dict[str, Any], source_arn: str) -> bool:
    principal = statement.get("Principal")
    services = listed(principal.get("Service")) if isinstance(principal, dict) else listed(principal)
    if not {PRINCIPAL, "*"} & set(services):
        return False
    actions = listed(statement.get("Action"))
    if not any(fnmatchcase("lambda:invokefunction", pattern.lower()) for pattern in actions):
        return False
    known = {"aws:sourcearn": source_arn, "aws:sourceaccount": ACCOUNT_ID}
    return all(
        operator in ("ArnLike", "ArnEquals", "StringLike", "StringEquals")
        and any(fnmatchcase(known.get(key.lower(), ""), pattern) for pattern in listed(patterns))
        for operator, conditions in statement.get("Condition", {}).items()
        for key, patterns in conditions.items()
    )


def listed(value: Any) -> list[str]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def caller(request: GatewayRequest) -> Caller:
    return Caller(trace_id=request.trace_id)


async def invoke_within(
    seconds: float, functions: Functions, function: Function, payload: bytes, request: GatewayRequest
) -> BufferedResult:
    """Invoke and wait at most `seconds` for the result; the function runs on when they are over. Raises
    `InvokeRejected`, `asyncio.TimeoutError`."""
    invocation = functions.invoke(function, payload, caller(request))
    return await within(seconds, invocation, settle, functions)


async def stream_within(
    seconds: float, functions: Functions, function: Function, payload: bytes, request: GatewayRequest
) -> StreamingResponse:
    """Invoke; wait at most `seconds` until the response begins; the function runs on when they are over.
    Raises `InvokeRejected`, `FunctionFailure`, `asyncio.TimeoutError`."""
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
        with time_limit(seconds):
            return await asyncio.shield(task)
    except Throttled as throttled:
        raise InvokeRejected(throttled.reason) from None
    except (asyncio.TimeoutError, asyncio.CancelledError):
        functions.in_background(abandoned(task))
        raise


async def settle(task: "asyncio.Future[BufferedResult]") -> None:
    with suppress(Throttled):
        await task


async def discard(task: "asyncio.Future[StreamingResponse]") -> None:
    with suppress(Throttled, FunctionFailure):
        async with await task:
            pass
