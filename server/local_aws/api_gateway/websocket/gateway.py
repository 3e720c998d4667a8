"""Serves one WebSocket API: holds its clients' connections and calls its integrations.

Docs: …/developerguide/apigateway-websocket-api-overview.html (checked 2026-11).

Choices where AWS is unconfirmed: a `$connect` that returns no status is a 502, one that takes too long a 504;
messages of one client are served side by side, up to 64 of them; a message that selects `$connect` or
`$disconnect` goes to `$default`. When many clients leave at once, their `$disconnect`s are served sixteen at
a time; those that wait when the API or the stage is deleted are dropped.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from websockets.frames import Close, CloseCode

from server.local_aws.api_gateway.websocket import event, management
from server.local_aws.api_gateway.websocket.authorization import authorize
from server.local_aws.api_gateway.websocket.compression import negotiate
from server.local_aws.api_gateway.websocket.connection import BufferFull, Connection, NotOpen
from server.local_aws.api_gateway.websocket.deployed import Route, Stage
from server.local_aws.api_gateway.websocket.event import Client, Handshake
from server.local_aws.api_gateway.websocket.handshake import Refused, accept
from server.local_aws.api_gateway.websocket.integration import IntegrationFailure, Integrations
from server.local_aws.api_gateway.websocket.models import fits_model
from server.local_aws.api_gateway.websocket.routing import CONNECT, DEFAULT, DISCONNECT, select
from server.local_aws.aws_lambda.functions import Functions
from server.local_aws.aws_lambda.prelude import BadPrelude, status_code
from server.local_aws.control_plane.call import ApiAnswer, ApiError
from server.local_aws.http1.exchange import BodyTooLarge, Exchange, Header, TruncatedBody
from server.local_aws.platform.limits import Limits
from server.local_aws.platform.throttle import TokenBucket

MAX_URL = 4096
IN_FLIGHT = 64
"""Messages of one client that are served at once; further ones wait in its socket."""

DISCONNECTS = 16
"""`$disconnect`s of one API that are served at once: each may start a process. Lambda would run them all."""

RATE, BURST = 10_000.0, 5_000.0
"""Requests a second, and at once, of an account in a Region, by default (API Gateway quotas)."""

JSON = ("Content-Type", "application/json")
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110 section 5.6.2: what a subprotocol is made of."""


class Gateway:
    """`serve` handles each request to one API at `domain` (host:port). `stage_of(name)` is the stage as it is
    deployed now, or None; `admit()` says whether the account may open one more connection."""

    def __init__(
        self,
        region: str,
        api_id: str,
        domain: str,
        stage_of: Callable[[str], Stage | None],
        admit: Callable[[], bool],
        functions: Functions,
        limits: Limits,
    ) -> None:
        self._region = region
        self._api_id = api_id
        self._domain = domain
        self._stage_of = stage_of
        self._admit = admit
        self._limits = limits
        self._integrations = Integrations(functions, region, api_id, limits.websocket_integration_seconds)
        self._connections: dict[tuple[str, str], tuple[Client, Connection]] = {}
        self._buckets: dict[str, TokenBucket] = {}
        self._disconnects = asyncio.Semaphore(DISCONNECTS)

    async def serve(self, exchange: Exchange) -> None:
        """Answer one request: a handshake, and the connection's whole life, or a call of `@connections`."""
        path = exchange.target.partition("?")[0]
        name, _, rest = unquote(path).removeprefix("/").partition("/")
        collection, _, connection_id = rest.partition("/")
        try:
            if len(exchange.target) > MAX_URL:
                raise ApiError(414, "RequestUriTooLargeException", "URI Too Long")
            if collection == "@connections":
                answer = await self._manage(exchange, name, connection_id)
            else:
                stage = self._stage_of(name)
                if stage is None or rest:
                    raise ApiError(403, "ForbiddenException", "Forbidden")
                await self._connect(exchange, stage)
                return
        except ApiError as error:
            plain = ApiAnswer.of(error.status, {"message": error.message})
            answer = replace(plain, headers=[*plain.headers, ("x-amzn-ErrorType", error.code)])
        await exchange.respond(answer.status, answer.headers, answer.body)

    def close_all(self, stages: set[str] | None = None) -> None:
        """Close the connections to stages other than `stages`, which are gone; without any, all."""
        for (stage, _), (_, connection) in list(self._connections.items()):
            if stages is None or stage not in stages:
                connection.close(CloseCode.GOING_AWAY, "Going away")

    async def _manage(self, exchange: Exchange, stage: str, connection_id: str) -> ApiAnswer:
        body = await management.read(exchange, self._limits.websocket_message)
        resource = f"{self._api_id}/{stage}/{exchange.method}/@connections/{connection_id}"
        management.check(exchange, body, self._region, resource)
        management.check_id(connection_id)
        found = self._connections.get((stage, connection_id))
        if found is None or not found[1].is_open:
            raise management.gone()
        return management.act(exchange.method, body, *found)

    async def _connect(self, exchange: Exchange, stage: Stage) -> None:
        """Hold the handshake until `$connect` has answered; then keep the connection to its end."""
        path, _, query = exchange.target.partition("?")
        handshake = Handshake(path, query, exchange.headers)
        client = Client(
            region=self._region,
            api_id=self._api_id,
            stage=stage.name,
            domain=self._domain,
            source_ip=exchange.client,
            user_agent=exchange.header("user-agent"),
            variables=stage.variables,
        )
        opening = event.connect(client, handshake)
        request_id = opening["requestContext"]["requestId"]
        try:
            headers = accept(handshake, exchange.method)
            accepted, extensions = negotiate(handshake)
            await exchange.read(0)
            if not self._admit():
                raise Refused(429, "Too Many Requests")
            route = stage.routes.get(CONNECT)
            if route is not None:
                headers += await self._ask(exchange, route, client, handshake, opening)
                if exchange.answered:
                    return
        except (BodyTooLarge, TruncatedBody):
            await reject(exchange, 400, "Bad Request", client, request_id)
        except Refused as error:
            typed = [("x-amzn-ErrorType", error.error_type)] if error.error_type else []
            await reject(exchange, error.status, error.message, client, request_id, typed)
        except IntegrationFailure as error:
            await reject(exchange, error.status, error.message, client, request_id)
        else:
            streams = await exchange.switch_protocols(headers + accepted)
            connection = Connection(*streams, self._limits, extensions)
            await self._hold(client, connection)

    async def _ask(
        self,
        exchange: Exchange,
        route: Route,
        client: Client,
        handshake: Handshake,
        opening: dict[str, Any],
    ) -> list[Header]:
        """Let the authorizer and `$connect` decide; return the headers that go into the 101. What refuses
        with a status of its own is answered here."""
        client.authorizer = await authorize(route, client, handshake, self._integrations)
        if client.authorizer is not None:
            opening["requestContext"]["authorizer"] = dict(client.authorizer)
        if route.integration is None:
            raise IntegrationFailure(500, "Internal server error")
        result = await self._integrations.call(route.integration, opening, client.stage, client.variables)
        try:
            status = status_code(result["statusCode"])
        except (BadPrelude, LookupError, TypeError):
            raise IntegrationFailure(502, "Internal server error") from None
        if status < 200:  # none that can end a request
            raise IntegrationFailure(502, "Internal server error")
        if status >= 300:
            body = result.get("body")
            content = body.encode(errors="replace") if isinstance(body, str) else b""
            await exchange.respond(status, [JSON], content)
            return []
        if not handshake.header("sec-websocket-protocol"):
            return []
        return [("Sec-WebSocket-Protocol", name) for name in subprotocols(result.get("headers"))]

    async def _hold(self, client: Client, connection: Connection) -> None:
        """Serve a connection's messages until it ends; then tell `$disconnect`, without waiting for it."""
        key = (client.stage, client.id)
        self._connections[key] = (client, connection)
        serving: set[asyncio.Task[None]] = set()
        free = asyncio.Semaphore(IN_FLIGHT)
        try:
            async with aclosing(connection.messages()) as messages:
                async for message in messages:
                    stage = self._stage_of(client.stage)
                    if stage is None:
                        continue  # it has just been deleted, and its connections are being closed
                    if not self._take_token(stage):
                        connection.close(CloseCode.POLICY_VIOLATION, "Too many requests")
                        continue
                    await free.acquire()
                    task = asyncio.create_task(self._serve(stage, client, connection, message))
                    serving.add(task)
                    task.add_done_callback(serving.discard)
                    task.add_done_callback(lambda _: free.release())
        finally:
            del self._connections[key]
        await self._disconnected(client, connection.ended)
        await asyncio.gather(*serving)

    async def _serve(self, stage: Stage, client: Client, connection: Connection, message: str) -> None:
        """Serve one message: choose the route, check the message, call the integration, send what it returns
        if the route has a response."""
        key = select(stage.selection, message)
        route = None if key in (CONNECT, DISCONNECT) else stage.routes.get(key)
        route = route or stage.routes.get(DEFAULT)
        document = event.message(client, route.key if route else key, message)
        context = document["requestContext"]
        if route is None:
            reply = event.failure("Forbidden", client, context["requestId"])
        elif not fits_model(route, message):
            reply = event.bad_request_body(client, context["messageId"])
        elif route.integration is None:
            reply = event.failure("Internal server error", client, context["requestId"])
        else:
            try:
                result = await self._integrations.call(
                    route.integration, document, client.stage, client.variables
                )
                reply = output(result) if route.responds else b""
            except IntegrationFailure as failure:
                reply = event.failure(failure.message, client, context["requestId"])
        if len(reply) > self._limits.websocket_message:
            reply = event.failure("Internal server error", client, context["requestId"])
        if reply:
            try:
                connection.send(reply)
            except (NotOpen, BufferFull):
                return

    async def _disconnected(self, client: Client, ended: Close) -> None:
        document = event.disconnect(client, ended)
        async with self._disconnects:
            stage = self._stage_of(client.stage)
            route = stage.routes.get(DISCONNECT) if stage else None
            if route is None or route.integration is None:
                return
            with suppress(IntegrationFailure):  # nobody is left to be told
                await self._integrations.call(route.integration, document, client.stage, client.variables)

    def _take_token(self, stage: Stage) -> bool:
        rate, burst = stage.rate or RATE, stage.burst or stage.rate or BURST
        bucket = self._buckets.get(stage.name)
        now = time.monotonic()
        if bucket is None or (bucket.rate, bucket.burst) != (rate, burst):
            bucket = self._buckets[stage.name] = TokenBucket(burst, rate, now)
        return bucket.take(1, now) > 0


def subprotocols(headers: Any) -> list[str]:
    """Return the subprotocol that a function chose. Raises `IntegrationFailure` if it is none."""
    found = [
        str(value)
        for name, value in (headers if isinstance(headers, dict) else {}).items()
        if name.lower() == "sec-websocket-protocol"
    ]
    if not all(TOKEN.fullmatch(name) for name in found):
        raise IntegrationFailure(502, "Internal server error")
    return found


async def reject(
    exchange: Exchange,
    status: int,
    message: str,
    client: Client,
    request_id: str,
    more: Sequence[Header] = (),
) -> None:
    """Answer a handshake that is refused, with `more` headers."""
    upgrade = [("Connection", "upgrade"), ("Upgrade", "websocket")] if status == 426 else []
    await exchange.respond(status, [JSON, *upgrade, *more], event.failure(message, client, request_id))


def output(result: Any) -> bytes:
    """What of an integration's result goes to the client: its `body` if it has one, nothing if it has only a
    status, else all of it. Raises `IntegrationFailure`."""
    if isinstance(result, dict):
        if "body" not in result and "statusCode" in result:
            return b""
        result = result.get("body", result)
    if result is None:
        return b""
    try:
        text = result if isinstance(result, str) else json.dumps(result, separators=(",", ":"))
    except RecursionError:
        raise IntegrationFailure(502, "Internal server error") from None
    return text.encode(errors="replace")
