"""Readers of what is pushed or published: they subscribe, let the producer begin, and yield what comes.

None of the three has an end of its own: each reader stops after the items it asked for. A silence of
`PATIENCE` seconds raises `TimeoutError`. A subscription to AppSync has no certain beginning either:
what was published right after `start_ack` has been lost on AWS
(https://github.com/aws/aws-appsync-community/issues/405, checked 2026-11). So a marker is published until it
is heard, and then the items.
"""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import aiohttp
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from lab.deploy.appsync import NAMESPACE, AppSyncApi
from lab.streams.readers import Head, Refused
from server.items import Items

PATIENCE = 20.0
MARKER = '"are you there?"'
"""A line that is no item. It is JSON, for an event has to be."""
MARKER_SECONDS = 0.1
GRAPHQL, EVENTS = Subprotocol("graphql-ws"), Subprotocol("aws-appsync-event-ws")
Publish = Callable[[aiohttp.ClientSession, str], Awaitable[None]]
MUTATION = "mutation($line: String) { send(line: $line) { line } }"


async def read_pushed(url: str, items: Items) -> AsyncGenerator[Head | str, None]:
    """Ask a WebSocket API's route `stream` for `items`; yield each message that the function pushes."""
    request = {"action": "stream", "count": items.count, "interval_ms": items.interval_ms, "pad": items.pad}
    async with connect(url, compression=None) as socket:
        yield head_of_upgrade(socket, url)
        await socket.send(json.dumps(request))
        for _ in range(items.count):
            yield str(await asyncio.wait_for(socket.recv(), PATIENCE))


async def read_graphql(api: AppSyncApi, items: Items) -> AsyncGenerator[Head | str, None]:
    """Subscribe to a GraphQL API, send each item as a mutation, yield each as the subscription has it."""
    authorization = {"host": api.host, "x-api-key": api.key}
    query = {"query": "subscription { onSend { line } }"}
    payload = {"data": json.dumps(query), "extensions": {"authorization": authorization}}

    async def mutate(session: aiohttp.ClientSession, line: str) -> None:
        body = {"query": MUTATION, "variables": {"line": line}}
        async with session.post(api.http_url, json=body) as response:
            answer = await response.json()
        if "errors" in answer:
            raise Refused(str(answer["errors"]))

    async with connect(api.realtime_url, subprotocols=[GRAPHQL, credentials(api)]) as socket:
        yield head_of_upgrade(socket, api.realtime_url)
        await ask(socket, {"id": "1", "type": "start", "payload": payload}, "start_ack")
        async for line in published(socket, api, items, mutate, line_in_mutation):
            yield line


async def read_channel(api: AppSyncApi, items: Items) -> AsyncGenerator[Head | str, None]:
    """Subscribe to a channel of an Event API, publish each item to it, yield each as the channel has it."""
    channel = f"{NAMESPACE}/items"
    request = {"id": "1", "type": "subscribe", "channel": channel, "authorization": {"x-api-key": api.key}}

    async def publish(session: aiohttp.ClientSession, line: str) -> None:
        async with session.post(api.http_url, json={"channel": channel, "events": [line]}) as response:
            answer = await response.json()
        if answer.get("failed") != []:
            raise Refused(str(answer))

    async with connect(api.realtime_url, subprotocols=[EVENTS, credentials(api)]) as socket:
        yield head_of_upgrade(socket, api.realtime_url)
        await ask(socket, request, "subscribe_success")
        async for line in published(socket, api, items, publish, line_in_event):
            yield line


async def ask(socket: ClientConnection, request: dict[str, Any], granted: str) -> None:
    """Say hello, then make the request, and return when AppSync has granted it. Raises `Refused`."""
    for said, answer in (({"type": "connection_init"}, "connection_ack"), (request, granted)):
        await socket.send(json.dumps(said))
        while (message := await hear(socket))["type"] != answer:
            if "error" in message["type"]:
                raise Refused(json.dumps(message))


def line_in_mutation(message: dict[str, Any]) -> str:
    line: str = message["payload"]["data"]["onSend"]["line"]
    return line


def line_in_event(message: dict[str, Any]) -> str:
    event: str = message["event"]
    return event


async def published(
    socket: ClientConnection,
    api: AppSyncApi,
    items: Items,
    publish: Publish,
    line_in: Callable[[dict[str, Any]], str],
) -> AsyncGenerator[str, None]:
    """Publish markers until one is heard, then the items, one request each; yield the lines that come, but
    no markers. `line_in` finds the line in a message. Raises what `publish` raises."""
    heard = asyncio.Event()

    async def produce() -> None:
        async with aiohttp.ClientSession(headers={"x-api-key": api.key}) as session:
            while not heard.is_set():
                await publish(session, MARKER)
                await asyncio.sleep(MARKER_SECONDS)
            async for _, line in items.produce():
                await publish(session, line)

    producing = asyncio.create_task(produce())
    try:
        left = items.count
        while left:
            message = await hear(socket, producing)
            if message["type"] == "data" and line_in(message) == MARKER:
                heard.set()
            elif message["type"] == "data":
                yield line_in(message)
                left -= 1
        await producing
    finally:
        producing.cancel()


async def hear(socket: ClientConnection, producing: "asyncio.Task[None] | None" = None) -> dict[str, Any]:
    """Return the next message; as soon as the producer has failed, its failure."""
    receiving = asyncio.create_task(socket.recv())
    receiving.add_done_callback(lambda task: task.cancelled() or task.exception())  # somebody has looked
    awaited = {receiving} if producing is None or producing.done() else {receiving, producing}
    try:
        done, _ = await asyncio.wait(awaited, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if producing is not None and producing.done():
            producing.result()
        message: dict[str, Any] = json.loads(await asyncio.wait_for(receiving, PATIENCE if done else 0))
        return message
    finally:
        receiving.cancel()


def credentials(api: AppSyncApi) -> Subprotocol:
    """The second subprotocol, by which a WebSocket carries its credentials (AppSync, "Building a real-time
    WebSocket client", checked 2026-11)."""
    text = json.dumps({"host": api.host, "x-api-key": api.key})
    return Subprotocol("header-" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("="))


def head_of_upgrade(socket: ClientConnection, url: str) -> Head:
    assert socket.response is not None
    return Head(socket.response.status_code, socket.response.headers, url)
