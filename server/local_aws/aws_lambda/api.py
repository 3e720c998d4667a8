"""Lambda's API: the invocations (data plane), and what moto's control plane needs beside it."""

import base64
import json
import re
import uuid
from urllib.parse import unquote

from server.local_aws.aws_lambda import deployed
from server.local_aws.aws_lambda.deployment import Deployment
from server.local_aws.aws_lambda.environments.invocation import Caller
from server.local_aws.aws_lambda.event_stream import INVOKE_COMPLETE, PAYLOAD_CHUNK, encode_message
from server.local_aws.aws_lambda.failure import FunctionFailure
from server.local_aws.aws_lambda.function import Function
from server.local_aws.aws_lambda.function_url.config import FunctionUrls, UrlConfig
from server.local_aws.aws_lambda.function_url.front_door import FunctionUrl
from server.local_aws.aws_lambda.functions import functions_of
from server.local_aws.control_plane.call import ApiAnswer, ApiCall, ApiError
from server.local_aws.http1.exchange import BodyTooLarge, Exchange, TruncatedBody
from server.local_aws.http1.server import Handler
from server.local_aws.platform.service import Platform

INVOKE = re.compile(r"/2015-03-31/functions/([^/]+)/invocations/?")
INVOKE_STREAM = re.compile(r"/2021-11-15/functions/([^/]+)/response-streaming-invocations/?")
POLICY = re.compile(r"/2015-03-31/functions/([^/]+)/policy/?")
URL_CONFIG = re.compile(r"/2021-10-31/functions/([^/]+)/url/?")
URL_CONFIGS = re.compile(r"/2021-10-31/functions/([^/]+)/urls/?")

MAX_CLIENT_CONTEXT = 3583


class LambdaApi:
    """Serves every call of Lambda's API; invocations are streamed. Where IAM is enforced, Lambda has to be
    trusted by the role of a function."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._limits = platform.limits
        self._functions = functions_of(platform)
        self._urls = FunctionUrls(platform.endpoints, self._front_door)
        self._deployment = Deployment(
            self._functions.packages, platform.limits, platform.forward, enforce_iam=platform.enforce_iam
        )

    def _front_door(self, config: UrlConfig) -> Handler:
        return FunctionUrl(config, self._functions, self._limits, self._platform.behaviour).serve

    def serves(self, call: ApiCall) -> bool:
        return True

    def streams(self, call: ApiCall) -> bool:
        return bool(INVOKE.fullmatch(call.path) or INVOKE_STREAM.fullmatch(call.path))

    async def retire(self) -> None:
        await self._urls.retire()

    async def stop(self) -> None:
        await self._urls.stop()

    # Data plane

    async def stream(self, exchange: Exchange) -> None:
        """Serve `Invoke` and `InvokeWithResponseStream`."""
        try:
            call = await self._read_invocation(exchange)
            match = INVOKE.fullmatch(call.path)
            name = unquote((match or INVOKE_STREAM.fullmatch(call.path) or [""])[1])
            if call.method != "POST":
                raise ApiError(
                    405, "MethodNotAllowedException", f"{call.path} answers POST, not {call.method}"
                )
            call = self._platform.admit(call)
            function = deployed.function(call.region, name, call.query.get("Qualifier"))
            invocation_type = call.header("x-amz-invocation-type") or "RequestResponse"
            if invocation_type not in ("RequestResponse", "DryRun", *(("Event",) if match else ())):
                raise ApiError(
                    400,
                    "InvalidParameterValueException",
                    f"There is no invocation type {invocation_type} here",
                )
            if invocation_type == "DryRun":
                answer = ApiAnswer.of(204)
                await exchange.respond(answer.status, answer.headers)
            elif match is None:
                await self._invoke_streaming(exchange, call, function)
            elif invocation_type == "Event":
                await self._invoke_later(exchange, call, function)
            else:
                await self._invoke_buffered(exchange, call, function)
        except ApiError as error:
            answer = error.answer()
            await exchange.respond(answer.status, answer.headers, answer.body)

    async def _read_invocation(self, exchange: Exchange) -> ApiCall:
        asynchronous = exchange.header("x-amz-invocation-type") == "Event"
        limit = self._limits.async_request if asynchronous else self._limits.request
        try:
            return await ApiCall.read(exchange, limit)
        except BodyTooLarge:
            message = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
            raise ApiError(413, "RequestTooLargeException", message) from None
        except TruncatedBody:
            raise ApiError(400, "InvalidRequestContentException", "The request's body broke off") from None

    async def _invoke_buffered(self, exchange: Exchange, call: ApiCall, function: Function) -> None:
        tail = call.header("x-amz-log-type") == "Tail"
        result = await self._functions.invoke(function, payload(call), caller(call), with_log=tail)
        headers = [
            ("Content-Type", "application/json"),
            ("x-amzn-RequestId", result.request_id),
            ("X-Amz-Executed-Version", function.version),
        ]
        if result.failed:
            headers.append(("X-Amz-Function-Error", "Unhandled"))
        if tail:
            headers.append(("X-Amz-Log-Result", base64.b64encode(result.log_tail).decode()))
        await exchange.respond(200, headers, result.payload)

    async def _invoke_later(self, exchange: Exchange, call: ApiCall, function: Function) -> None:
        work = self._functions.invoke_later(function, payload(call), caller(call))
        self._functions.in_background(work)
        answer = ApiAnswer.of(202)
        await exchange.respond(answer.status, answer.headers)

    async def _invoke_streaming(self, exchange: Exchange, call: ApiCall, function: Function) -> None:
        """Every chunk is a `PayloadChunk` as soon as it is read; `InvokeComplete` ends the stream, and alone
        tells of a failure. AWS's models disagree on the HTTP `Content-Type`: the event stream's is this
        stand-in's choice."""
        tail = call.header("x-amz-log-type") == "Tail"
        calling = caller(call)
        headers = [
            ("Content-Type", "application/vnd.amazon.eventstream"),
            ("x-amzn-RequestId", calling.request_id),
            ("X-Amz-Executed-Version", function.version),
        ]
        try:
            response = await self._functions.stream(function, payload(call), calling, with_log=tail)
        except FunctionFailure as failure:
            await exchange.start(200, headers)
            complete = invoke_complete(failure, failure.log_tail)
            await exchange.send([encode_message(INVOKE_COMPLETE, complete)])
            await exchange.finish()
            return
        async with response:
            await exchange.start(200, headers)
            failed: FunctionFailure | None = None
            try:
                async for chunks in response.reads():
                    await exchange.send([encode_message(PAYLOAD_CHUNK, chunk) for chunk in chunks])
            except FunctionFailure as failure:
                failed = failure
            complete = invoke_complete(failed, await response.log_tail() if tail else b"")
            await exchange.send([encode_message(INVOKE_COMPLETE, complete)])
            await exchange.finish()

    # Control plane

    async def call(self, call: ApiCall) -> ApiAnswer:
        """Serve any other call: those of Function URLs here, all else by moto, completed."""
        if match := URL_CONFIG.fullmatch(call.path):
            return await self._urls.call(call, unquote(match[1]))
        if match := URL_CONFIGS.fullmatch(call.path):
            return self._urls.list(call, unquote(match[1]))
        answer = await self._deployment.call(call)
        if answer.status < 300 and call.method == "POST" and (match := POLICY.fullmatch(call.path)):
            name, qualifier = unquote(match[1]), call.query.get("Qualifier")
            body = deployed.complete_permission(call.region, name, qualifier, answer.body)
            return ApiAnswer(answer.status, answer.headers, body)
        return answer


def payload(call: ApiCall) -> bytes:
    """Return the event; none is `{}`. Raises `ApiError` (400) if it is not JSON."""
    if not call.body:
        return b"{}"
    try:
        json.loads(call.body)
    except (ValueError, RecursionError) as error:
        message = f"Could not parse request body into json: Could not parse payload into json: {error}"
        raise ApiError(400, "InvalidRequestContentException", message) from None
    return call.body


def caller(call: ApiCall) -> Caller:
    """Raises `ApiError` (400) if the client context is not one."""
    return Caller(
        client_context=client_context(call),
        tenant=call.header("x-amz-tenant-id"),
        request_id=str(uuid.uuid4()),
    )


def client_context(call: ApiCall) -> str:
    """`X-Amz-Client-Context` is base64 of JSON, at most 3,583 bytes of it. The runtime gets it as a header:
    in one line, and in ASCII. Raises `ApiError` (400)."""
    encoded = call.header("x-amz-client-context")
    if not encoded:
        return ""
    try:
        document = base64.b64decode(encoded, validate=True).decode()
        json.loads(document)
        if len(encoded) > MAX_CLIENT_CONTEXT:
            raise ValueError
    except (ValueError, RecursionError):
        raise ApiError(
            400, "InvalidRequestContentException", "Client context must be base64-encoded JSON"
        ) from None
    line = document.replace("\r", " ").replace("\n", " ").strip()  # between values: no string may hold one
    return re.sub(r"[^\x00-\x7f]", lambda character: json.dumps(character[0])[1:-1], line)


def invoke_complete(failure: FunctionFailure | None, log_tail: bytes = b"") -> bytes:
    """The document of `InvokeComplete`. Whether AWS leaves keys out or sends null is unconfirmed; here they
    are left out. `ErrorDetails` is the error document."""
    document: dict[str, str] = {}
    if failure is not None:
        document["ErrorCode"] = failure.error_type
        document["ErrorDetails"] = failure.document.decode("utf-8", "replace")
    if log_tail:
        document["LogResult"] = base64.b64encode(log_tail).decode()
    return json.dumps(document).encode()
