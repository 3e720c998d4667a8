"""The stand-in for AWS on this machine: one endpoint for API calls, and the deployed endpoints beside it."""

import tempfile
from pathlib import Path

from server.local_aws.api import ApiAnswer, ApiCall, ApiError
from server.local_aws.api_gateway_http.api import HttpApis
from server.local_aws.api_gateway_rest.api import RestApis
from server.local_aws.api_gateway_websocket.apis import WebSocketApis
from server.local_aws.app_runner.api import AppRunnerApi
from server.local_aws.appsync.api import AppSyncApi
from server.local_aws.appsync.apis import Apis
from server.local_aws.aws_lambda import deployed
from server.local_aws.aws_lambda.api import LambdaApi
from server.local_aws.aws_lambda.function_url import FunctionUrl
from server.local_aws.aws_lambda.functions import Functions
from server.local_aws.aws_lambda.url_config import FunctionUrls
from server.local_aws.containers.hosting import Place
from server.local_aws.control_plane import ControlPlane
from server.local_aws.ecs_express.api import EcsExpressApi
from server.local_aws.endpoints import Endpoints
from server.local_aws.http1.exchange import BodyTooLarge, Exchange, TruncatedBody
from server.local_aws.http1.server import HOST, Server
from server.local_aws.iam import enforcement, root
from server.local_aws.iam.identity import role_credentials, root_credentials
from server.local_aws.limits import Limits
from server.local_aws.processes import Processes
from server.local_aws.tls import Certificate

MAX_API_CALL = 256 * 1024 * 1024
"""Bytes of a control-plane call's body that are accepted."""


class StandIn:
    """`start()`, then everything is at `endpoint_url`; `stop()` leaves no process, port or file behind.

    `functions` is what a gateway calls to invoke a function in process, `endpoints` where it registers. With
    `enforce_iam` every API call needs its permissions, and functions sign as their roles.
    """

    def __init__(self, limits: Limits | None = None, *, enforce_iam: bool = False) -> None:
        self.limits = limits or Limits()
        self._enforce_iam = enforce_iam
        self.endpoints = Endpoints()
        self.endpoint_url = ""
        self._processes = Processes()
        self._control_plane = ControlPlane()
        self._server = Server(self._serve)
        self._host = ""

    async def start(self, port: int = 0) -> str:
        """Listen on `port` of 127.0.0.1 (0: any free one); return the endpoint's URL. Raises `OSError`."""
        self._host = f"{HOST}:{await self._server.start(port)}"
        self.endpoint_url = f"http://{self._host}"
        folder = Path(tempfile.mkdtemp(prefix="local-aws-"))
        self._processes.start(folder)
        certificate = Certificate(folder)
        self.functions = Functions(
            folder=folder,
            processes=self._processes,
            limits=self.limits,
            endpoint_url=self.endpoint_url,
            credentials=role_credentials if self._enforce_iam else root_credentials,
            trusted=certificate.trusted(),
            put_events=deployed.put_log_events,
            current=deployed.current,
            reserved=deployed.reserved_concurrency,
        )
        self._urls = FunctionUrls(
            self.endpoints, lambda config: FunctionUrl(config, self.functions, self.limits).serve
        )
        self._websocket_apis = WebSocketApis(
            self.endpoints, self.functions, self.limits, certificate.context, self._forward
        )
        admit = enforcement.admit if self._enforce_iam else enforcement.admit_signed
        self._lambda = LambdaApi(self.functions, self._urls, self.limits, admit, self._forward)
        self._rest_apis = RestApis(self.endpoints, self.functions, self.limits, self._forward)
        self._http_apis = HttpApis(self.endpoints, self.functions, self.limits, self._forward)
        place = Place(self._processes, folder, self.endpoints, self.endpoint_url)
        self._app_runner = AppRunnerApi(place, self.limits)
        self._ecs_express = EcsExpressApi(place, self.limits)
        self._appsync_apis = Apis(self.endpoints, self.functions, self.limits)
        self._appsync = AppSyncApi(self._appsync_apis, self._forward)
        return self.endpoint_url

    async def stop(self) -> None:
        await self._server.stop()
        await self._urls.stop()
        await self._rest_apis.stop()
        await self._http_apis.stop()
        await self._websocket_apis.stop()
        await self._appsync_apis.stop()
        await self.functions.stop()
        await self._app_runner.stop()
        await self._ecs_express.stop()
        await self._processes.stop()

    async def _serve(self, exchange: Exchange) -> None:
        if exchange.target == "/_local/endpoints":
            answer = ApiAnswer(200, [("Content-Type", "application/json")], self.endpoints.to_json())
        elif LambdaApi.is_invocation(exchange.target):
            await self._lambda.invoke(exchange)
            return
        else:
            answer = await self._call(exchange)
        await exchange.respond(answer.status, answer.headers, answer.body)

    async def _call(self, exchange: Exchange) -> ApiAnswer:
        try:
            call = await ApiCall.read(exchange, MAX_API_CALL)
        except BodyTooLarge:
            message = f"Request must be smaller than {MAX_API_CALL} bytes"
            return ApiError(413, "RequestEntityTooLargeException", message).answer()
        except TruncatedBody:
            return ApiError(400, "InvalidRequestContentException", "The request's body broke off").answer()
        if self._enforce_iam:
            try:
                enforcement.admit(call)
            except ApiError as error:
                return enforcement.refusal(call, error)
        if root.is_asked(call):
            return root.answer()
        if call.service == "lambda":
            return await self._lambda.call(call)
        for hosting in (self._app_runner, self._ecs_express):
            if hosting.serves(call):
                return hosting.call(call)
        if call.service == "appsync":
            return await self._appsync.call(call)
        if call.service == "apigateway":
            try:
                answer = await self._websocket_apis.call(call)
            except ApiError as error:
                answer = error.answer()
            if answer is not None:
                return answer
        for gateway in (self._rest_apis, self._http_apis):
            if gateway.is_mine(call):
                return await gateway.call(call)
        return await self._forward(call)

    async def _forward(self, call: ApiCall) -> ApiAnswer:
        """Let moto answer; then let go of what it no longer knows."""
        answer = await self._control_plane.call(call, self._host)
        if call.method not in ("GET", "HEAD"):
            self.functions.retire()
            await self._urls.retire()
            await self._rest_apis.retire()
            await self._http_apis.retire()
            await self._websocket_apis.retire()
            await self._appsync_apis.retire()
        return answer
