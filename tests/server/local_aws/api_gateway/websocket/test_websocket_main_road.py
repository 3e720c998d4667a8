"""A function that cannot hold the connection streams all the same, through boto3-deployed routes."""

import json
import time

from websockets.asyncio.client import connect

from lab.deploy.function import FOLDERS
from tests.support.account import Account
from tests.support.shapes import one_by_one
from tests.support.websocket_api import create_api, deploy_python, message


async def test_twenty_items_pushed_by_a_function_arrive_one_by_one(aws: Account) -> None:
    function = deploy_python(aws, FOLDERS / "websocket_push")
    api = create_api(aws)
    for key in ("$connect", "$disconnect", "stream"):
        api.add_route(key, function)
    for _ in range(2):
        arrived = []
        async with connect(api.url) as client:
            await client.send(message(action="stream", count=20, interval_ms=50))
            for _ in range(20):
                arrived.append((json.loads(await client.recv()), time.time()))
    assert [item["seq"] for item, _ in arrived] == list(range(20))
    assert one_by_one([item["sent"] for item, _ in arrived], [at for _, at in arrived])
