"""A real-time connection: what the two protocols of AppSync share. One WebSocket, JSON texts both ways.

Docs: docs.aws.amazon.com/appsync/latest/devguide/real-time-websocket-client.html and
…/eventapi/event-api-websocket-protocol.html (checked 2026-11). What AWS leaves open (who sends no
`connection_init`, who does not read, how connections are closed): README.md, "Where AWS is unconfirmed".
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from server.local_aws.appsync.door import MAX_BODY
from server.local_aws.control_plane.call import json_object
from server.local_aws.platform.limits import Limits
from server.websocket_frames import accept

INIT_SECONDS = 3.0
MAX_WAITING = 4 * 1024 * 1024
"""Bytes that may wait for one slow reader."""

MAX_SUBSCRIPTIONS = 200
"""Subscriptions of one connection (AppSync quotas, checked 2026-11)."""

KEEP_ALIVE = json.dumps({"type": "ka"})
UNSUPPORTED = "UnsupportedOperation"
OVER = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)

Message = dict[str, Any]


class Connection:
    """`send` never waits: a subscriber that does not read must not hold up the others. What waits is
    bounded."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse, limits: Limits) -> None:
        self._request = request
        self._limits = limits
        self.socket = socket
        self._outbox: asyncio.Queue[str] = asyncio.Queue()
        self._waiting = 0

    @classmethod
    async def open(cls, request: web.Request, protocol: str, limits: Limits) -> "Connection":
        """Accept the handshake."""
        socket = web.WebSocketResponse(protocols=(protocol,), max_msg_size=MAX_BODY, compress=False)
        await accept(request, socket)
        return cls(request, socket, limits)

    def send(self, message: Mapping[str, Any] | str) -> None:
        """Queue a message (a text is JSON already)."""
        text = message if isinstance(message, str) else json.dumps(message)
        self._waiting += len(text)
        if self._waiting > MAX_WAITING:
            self.cut()
            return
        self._outbox.put_nowait(text)

    def cut(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()

    async def refuse(self, message: Message) -> None:
        """Say why, when the client has said hello; then close."""
        if await self._wait_for_init():
            with suppress(ConnectionError):
                await self.socket.send_json(message)
                await self.socket.close(code=WSCloseCode.POLICY_VIOLATION)

    async def converse(self, acknowledgement: Message, handle: Callable[[Message], Awaitable[None]]) -> None:
        """Acknowledge, then `handle` each message, with keep-alives in between, until either side ends it."""
        if not await self._wait_for_init():
            return
        self.send(acknowledgement)
        tasks = [asyncio.create_task(self._deliver()), asyncio.create_task(self._keep_alive())]
        try:
            async with asyncio.timeout(self._limits.appsync_connection_seconds):
                await self._read(acknowledgement, handle)
        except TimeoutError:
            await self.socket.close(code=WSCloseCode.GOING_AWAY)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _wait_for_init(self) -> bool:
        """Ignore what comes before `connection_init`; False if the client has gone."""
        loop = asyncio.get_running_loop()
        until = loop.time() + INIT_SECONDS
        while (left := until - loop.time()) > 0:
            try:
                frame = await self.socket.receive(timeout=left)
            except TimeoutError:
                return True
            if frame.type in OVER:
                return False
            if (parse(frame) or {}).get("type") == "connection_init":
                return True
        return True

    async def _read(self, acknowledgement: Message, handle: Callable[[Message], Awaitable[None]]) -> None:
        async for frame in self.socket:
            message = parse(frame)
            if message is not None and message.get("type") == "connection_init":
                self.send(acknowledgement)
            else:
                await handle(message if message is not None else {})

    async def _deliver(self) -> None:
        while True:
            text = await self._outbox.get()
            try:
                await self.socket.send_str(text)
            except ConnectionError:
                return  # the reader sees it too, and ends
            self._waiting -= len(text)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._limits.appsync_keep_alive_seconds)
            self.send(KEEP_ALIVE)


def parse(frame: WSMessage) -> Message | None:
    """Return the JSON object in a text frame, or None."""
    return json_object(frame.data) if frame.type is WSMsgType.TEXT else None


def connection_timeout_ms(limits: Limits) -> int:
    """Return how long a client waits for a keep-alive before it gives the connection up: 5 minutes."""
    return int(limits.appsync_keep_alive_seconds * 5 * 1000)
