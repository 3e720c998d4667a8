"""The front door of one API: an HTTP endpoint and a real-time endpoint on one loopback port.

AWS gives each a host of its own; an API with a custom domain has both on one host, as here.
"""

import ssl
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

from aiohttp import hdrs, web

from server.door.guard import Kind
from server.local_aws.appsync import credentials
from server.local_aws.appsync.errors import Refused
from server.local_aws.control_plane.call import json_object
from server.local_aws.http1.server import HOST
from server.serving import serving_with_tls

MAX_BODY = 6 * 1024 * 1024
"""Bytes of a request or a WebSocket message that are read: well above all of AppSync's own limits."""

PREFLIGHT = {
    hdrs.ACCESS_CONTROL_ALLOW_HEADERS: "*, Authorization",
    hdrs.ACCESS_CONTROL_ALLOW_METHODS: "POST, OPTIONS",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Door:
    """`start()`, then `host` (name:port) answers, over TLS as well; `stop()` gives the port back and cuts
    every connection."""

    def __init__(
        self, posts: Mapping[str, Handler], sockets: Mapping[str, Handler], tls: ssl.SSLContext
    ) -> None:
        self._tls = tls
        self._app = web.Application(middlewares=[as_appsync], client_max_size=MAX_BODY)
        for path, handler in posts.items():
            self._app.router.add_post(path, handler)
            self._app.router.add_options(path, preflight)
        for path, handler in sockets.items():
            self._app.router.add_get(path, handler, allow_head=False)
        self._app.on_response_prepare.append(complete_head)
        self._running = AsyncExitStack()
        self.host = ""

    async def start(self) -> None:
        serving = serving_with_tls(self._app, Kind.PUBLIC, self._tls)
        port = await self._running.enter_async_context(serving)
        self.host = f"{HOST}:{port}"

    async def stop(self) -> None:
        await self._running.aclose()

    def credentials(self, request: web.Request, protocol: str) -> dict[str, str]:
        """What the client of a handshake for `protocol` signs with. Raises `Refused`."""
        offered = offered_subprotocols(request, protocol)
        given = credentials.from_handshake(request.headers, request.query, offered)
        credentials.check_host(given, (self.host, request.host.lower()))
        return given


async def preflight(_: web.Request) -> web.StreamResponse:
    return web.Response(status=200, headers=PREFLIGHT)


async def complete_head(_: web.Request, response: web.StreamResponse) -> None:
    """What every answer has: pages of any origin may read it."""
    response.headers.popall(hdrs.SERVER, None)
    if response.status != 101:
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = "*"
        response.headers["x-amzn-RequestId"] = str(uuid.uuid4())


@web.middleware
async def as_appsync(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal has AppSync's body."""
    try:
        return await handler(request)
    except Refused as refused:
        return refusal(refused)
    except web.HTTPRequestEntityTooLarge:
        return refusal(Refused(413, "RequestEntityTooLargeException", "The request is too large"))
    except web.HTTPException as error:
        message = f"{request.path} does not answer {request.method}" if error.status == 405 else "Not found"
        return refusal(Refused(error.status, "BadRequestException", message))


def refusal(refused: Refused) -> web.Response:
    headers = {"x-amzn-ErrorType": refused.error_type}
    return web.json_response({"errors": refused.errors()}, status=refused.status, headers=headers)


async def read_object(request: web.Request, otherwise: Refused) -> tuple[bytes, dict[str, Any]]:
    """Return the body and the JSON object in it. Raises `otherwise` if there is none."""
    body = await request.read()
    document = json_object(body)
    if document is None:
        raise otherwise
    return body, document


def is_upgrade(request: web.Request) -> bool:
    return request.headers.get(hdrs.UPGRADE, "").lower() == "websocket"


def offered_subprotocols(request: web.Request, protocol: str) -> list[str]:
    """What the client offers as subprotocols, among them `protocol`. Raises `Refused` if it offers none, or
    others only: both errors are recorded of GraphQL APIs (github.com/aws/aws-appsync-community/issues/195,
    github.com/graphql-dotnet/graphql-client/issues/591, checked 2026-11), the first is assumed of Event APIs.
    Credentials alone (`header-…`): README.md, "Where AWS is unconfirmed"."""
    joined = ",".join(request.headers.getall(hdrs.SEC_WEBSOCKET_PROTOCOL, []))
    offered = [name.strip() for name in joined.split(",") if name.strip()]
    if protocol not in offered:
        error = "SubProtocolNotSupportedError" if offered else "NoProtocolError"
        raise Refused(400, error, error)
    return offered
