"""The stand-in for AWS on this machine: one endpoint for API calls, and the deployed endpoints beside it."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from server.door import allowed
from server.door.allowed import Allowed
from server.door.guard import Kind
from server.envoy import users as envoy_users
from server.local_aws import services
from server.local_aws.control_plane import refusals
from server.local_aws.control_plane.call import ApiAnswer, ApiCall, ApiError
from server.local_aws.control_plane.canonical import canonical
from server.local_aws.control_plane.endpoints import Endpoints
from server.local_aws.control_plane.moto import ControlPlane
from server.local_aws.control_plane.unsigned import public_service
from server.local_aws.http1.exchange import BodyTooLarge, Exchange, TruncatedBody
from server.local_aws.http1.server import HOST, Server
from server.local_aws.platform.behaviour import Behaviour
from server.local_aws.platform.limits import Limits
from server.local_aws.platform.service import Platform, Service
from server.processes.children import Processes

if TYPE_CHECKING:
    from server.local_aws.iam.identity import Identity

MAX_API_CALL = 256 * 1024 * 1024
"""Bytes of a control-plane call's body that are accepted."""


class StandIn:
    """`start()`, then everything is at `endpoint_url`; `stop()` leaves no process, port or file behind.

    With `enforce_iam` every API call needs its permissions, and functions sign as their roles.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        behaviour: Behaviour | None = None,
        *,
        enforce_iam: bool = False,
    ) -> None:
        self.limits = limits or Limits()
        self._behaviour = behaviour or Behaviour()
        self.endpoints = Endpoints()
        self.endpoint_url = ""
        self._enforce_iam = enforce_iam
        self._allowed = Allowed()
        self._host = ""
        self._control_plane = ControlPlane()
        self._services: dict[str, asyncio.Task[Service]] = {}
        self._running = AsyncExitStack()

    async def start(self, port: int = 0) -> str:
        """Listen on `port` of 127.0.0.1 (0: any free one); return the endpoint's URL. Raises `OSError`,
        `allowed.BadEntry`, and leaves nothing then."""
        self._allowed = allowed.from_environment()
        async with AsyncExitStack() as starting:
            folder = Path(tempfile.mkdtemp(prefix="local-aws-"))
            processes = Processes()
            processes.start(folder)
            starting.push_async_callback(processes.stop)
            server = Server(self._serve, Kind.API)
            self._host = f"{HOST}:{await server.start(port)}"
            self.endpoint_url = f"http://{self._host}"
            self._platform = Platform(
                limits=self.limits,
                behaviour=self._behaviour,
                endpoint_url=self.endpoint_url,
                folder=folder,
                processes=processes,
                endpoints=self.endpoints,
                forward=self._forward,
                admit=self._admit,
                act=self._act,
                enforce_iam=self._enforce_iam,
            )
            starting.push_async_callback(self._platform.stop)
            starting.push_async_callback(self._stop_services)
            starting.push_async_callback(server.stop)
            self._running = starting.pop_all()
        return self.endpoint_url

    async def stop(self) -> None:
        await self._running.aclose()

    async def _stop_services(self) -> None:
        async with AsyncExitStack() as stopping:  # one that fails does not keep the others from stopping
            for service in await self._made():
                stopping.push_async_callback(service.stop)

    async def _service(self, name: str) -> Service | None:
        """The service whose calls are signed for `name`, made when it is called for the first time; None if
        moto alone answers for it."""
        if name not in services.SERVICES:
            return None
        if name not in self._services:
            work = asyncio.to_thread(services.make, name, self._platform)
            self._services[name] = asyncio.create_task(work)
        making = self._services[name]
        try:
            return await asyncio.shield(making)
        except Exception:
            self._services.pop(name, None)  # what was in the way may be gone the next time
            raise

    async def _made(self) -> list[Service]:
        made = await asyncio.gather(*self._services.values(), return_exceptions=True)
        return [service for service in made if not isinstance(service, BaseException)]

    async def _serve(self, exchange: Exchange) -> None:
        if exchange.target == "/_local/endpoints":
            answer = ApiAnswer(200, [("Content-Type", "application/json")], self.endpoints.to_json())
            await exchange.respond(answer.status, answer.headers, answer.body)
            return
        if exchange.target == "/_local/certificate":
            certificate = await asyncio.to_thread(lambda: self._platform.certificate)
            headers = [("Content-Type", "application/x-pem-file")]
            await exchange.respond(200, headers, certificate.authority)
            return
        if exchange.target.startswith(f"{envoy_users.PATH}?"):
            status, refusal = envoy_users.answer(exchange.target, self._allowed)
            await exchange.respond(status, [("Content-Type", "application/json")], refusal)
            return
        head = ApiCall(exchange.method, exchange.target, exchange.headers, b"")
        service = await self._service(head.service)
        if service is not None and service.streams(head):
            await service.stream(exchange)
            return
        answer = await self._call(exchange, service)
        await exchange.respond(answer.status, answer.headers, answer.body)

    async def _call(self, exchange: Exchange, service: Service | None) -> ApiAnswer:
        try:
            call = await ApiCall.read(exchange, MAX_API_CALL)
        except BodyTooLarge:
            message = f"Request must be smaller than {MAX_API_CALL} bytes"
            return ApiError(413, "RequestEntityTooLargeException", message).answer()
        except TruncatedBody:
            return ApiError(400, "InvalidRequestContentException", "The request's body broke off").answer()
        try:
            call = self._admit(call)
            return await self._answer(call, service)
        except ApiError as error:
            return refusals.in_protocol(call, error)

    async def _answer(self, call: ApiCall, service: Service | None) -> ApiAnswer:
        if service is not None and service.serves(call):
            return await service.call(call)
        return await self._forward(call)

    async def _act(self, caller: "Identity", call: ApiCall) -> ApiAnswer:
        """Answer a call that the stand-in itself makes in the name of `caller`."""
        from server.local_aws.iam import enforcement

        call = replace(call, headers=[*call.headers, ("host", self._host)])
        try:
            if self._enforce_iam:
                call = enforcement.admit_of(caller, call, function_statements)
            else:
                call = canonical(call)
            return await self._answer(call, await self._service(call.service))
        except ApiError as error:
            return refusals.in_protocol(call, error)

    def _admit(self, call: ApiCall) -> ApiCall:
        """`call` in its canonical form, which is what has been judged and is run. Raises `ApiError` unless it
        is allowed."""
        from server.local_aws.iam import enforcement  # only now: it knows every service of moto's

        if not call.signed and (public := public_service(call)):
            if self._enforce_iam:
                enforcement.admit_unsigned(call, public)
            return canonical(call)
        if self._enforce_iam:
            return enforcement.admit(call, function_statements)
        enforcement.admit_signed(call)
        return canonical(call)

    async def _forward(self, call: ApiCall) -> ApiAnswer:
        """Let moto answer; then let go of what it no longer knows."""
        if call.service == "s3":
            from server.local_aws.iam import bucket_policies  # only now: it imports moto's S3

            bucket_policies.install()
        answer = await self._control_plane.call(call, self._host)
        if call.method not in ("GET", "HEAD"):
            self._platform.retire()
            for service in await self._made():
                await service.retire()
        return answer


def function_statements(region: str, arn: str) -> list[dict[str, Any]]:
    """Return the statements of a function's resource policy. Raises `ApiError` if there is no function."""
    from server.local_aws.aws_lambda import deployed  # only now: most calls need none

    return deployed.statements(region, arn)
