"""Readers of publications begin with the first item, also where what follows the acknowledgement is lost."""

import asyncio
import json
from contextlib import aclosing

import aiohttp
import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from lab.compare.subscriptions import MARKER, line_in_event, published
from lab.deploy.appsync import AppSyncApi
from server.items import Items

pytestmark = pytest.mark.stand_in

API = AppSyncApi(http_url="", realtime_url="", host="", key="")


@pytest.mark.parametrize("lost", [0, 1, 3])
async def test_the_first_items_are_heard_whatever_was_lost_before(lost: int) -> None:
    sent: list[str] = []
    subscribed: asyncio.Queue[ServerConnection] = asyncio.Queue()

    async def keep(connection: ServerConnection) -> None:
        subscribed.put_nowait(connection)
        await connection.wait_closed()

    async def publish(_: aiohttp.ClientSession, line: str) -> None:
        sent.append(line)
        if len(sent) > lost:
            await subscriber.send(json.dumps({"type": "data", "event": line}))

    async with serve(keep, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect(f"ws://127.0.0.1:{port}") as socket:
            subscriber = await subscribed.get()
            items = Items(count=4, interval_ms=10, stamped=True)
            async with aclosing(published(socket, API, items, publish, line_in_event)) as lines:
                heard = [json.loads(line)["seq"] async for line in lines]
    assert heard == [0, 1, 2, 3]
    assert sent.count(MARKER) > lost and MARKER not in sent[-4:]


async def test_a_publisher_that_fails_is_heard_of() -> None:
    async def publish(session: aiohttp.ClientSession, line: str) -> None:
        raise OSError("no such host")

    async def say_keep_alive(connection: ServerConnection) -> None:
        await asyncio.sleep(0.1)
        await connection.send('{"type": "ka"}')
        await connection.wait_closed()

    async with serve(say_keep_alive, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect(f"ws://127.0.0.1:{port}") as socket:
            with pytest.raises(OSError, match="no such host"):
                await anext(published(socket, API, Items(count=1), publish, line_in_event))
