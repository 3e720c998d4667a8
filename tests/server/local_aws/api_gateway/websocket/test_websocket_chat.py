"""A chat as AWS's public sample is built: connections in DynamoDB, each message to everybody."""

import asyncio
import json
import os
import resource
import time
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidMessage

from lab.deploy.function import FOLDERS
from tests.support.account import Account, start_stand_in
from tests.support.websocket_api import WebSocketApi, create_api, deploy_python, message


def create_table(aws: Account, name: str) -> Any:
    dynamodb = aws.client("dynamodb")
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "connectionId", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "connectionId", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return dynamodb


def connections(dynamodb: Any) -> set[str]:
    return {item["connectionId"]["S"] for item in dynamodb.scan(TableName="chat")["Items"]}


async def until(holds: Any) -> None:
    for _ in range(150):
        if await asyncio.to_thread(holds):
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it did not come to that")


async def test_what_one_client_says_all_hear(aws: Account) -> None:
    dynamodb = create_table(aws, "chat")
    environment = {"Variables": {"TABLE_NAME": "chat"}}
    api = create_api(aws)
    for key, handler in (
        ("$connect", "chat.on_connect"),
        ("$disconnect", "chat.on_disconnect"),
        ("sendmessage", "chat.send_message"),
    ):
        api.add_route(key, deploy_python(aws, handler, Environment=environment))
    dynamodb.put_item(TableName="chat", Item={"connectionId": {"S": "L0SM9cOFvHcCIhw="}})  # long gone
    async with connect(api.url) as first, connect(api.url) as second:
        await first.send(message(action="sendmessage", data="hello, world"))
        heard = [await asyncio.wait_for(client.recv(), 30) for client in (first, second)]
        assert heard == ["hello, world"] * 2
        await until(lambda: len(connections(dynamodb)) == 2)
        assert "L0SM9cOFvHcCIhw=" not in connections(dynamodb)
    await until(lambda: not connections(dynamodb))


@pytest.fixture
def own() -> Iterator[tuple[Account, int]]:
    """A stand-in to be killed, and its process id."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    process, endpoint_url = start_stand_in()
    with process:
        yield Account(endpoint_url), process.pid
        process.kill()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_five_hundred_clients_get_a_push_each(own: tuple[Account, int]) -> None:
    aws, _ = own
    api = create_api(aws)
    api.add_route("who", deploy_python(aws, "websocket.connection"), responds=True)
    api.add_route("push", deploy_python(aws, "sdk.push_to_each"))
    clients = []
    for _ in range(50):  # ten at a time
        clients += await asyncio.gather(*(connect(api.url) for _ in range(10)))
    ids = []
    for client in clients:
        await client.send(message(action="who"))
        ids.append(await asyncio.wait_for(client.recv(), 60))
    assert len(set(ids)) == 500
    started = time.monotonic()
    await clients[0].send(message(action="push", ids=ids))
    received = await asyncio.wait_for(asyncio.gather(*(client.recv() for client in clients)), 120)
    print(f"500 pushes in {time.monotonic() - started:.2f} s")
    assert received == [f"for {each}" for each in ids]
    await asyncio.gather(*(client.close() for client in clients))


async def test_nothing_outlives_a_killed_stand_in(own: tuple[Account, int]) -> None:
    aws, pid = own
    api = create_api(aws)
    api.add_route("stream", deploy_python(aws, FOLDERS / "websocket_push"))
    client = await connect(api.url)
    await client.send(message(action="stream", count=200, interval_ms=50))
    assert json.loads(await asyncio.wait_for(client.recv(), 30))["seq"] == 0
    os.kill(pid, 9)
    await asyncio.wait_for(client.wait_closed(), 10)
    assert client.close_code == 1006
    with pytest.raises((OSError, InvalidMessage)):  # what was queued when it died is cut, not refused
        await connect(api.url)


async def test_a_client_that_goes_in_mid_stream_stops_a_function_that_looks(aws: Account) -> None:
    function = deploy_python(aws, FOLDERS / "websocket_push")
    api = create_api(aws)
    api.add_route("stream", function)
    async with connect(api.url) as client:
        await client.send(message(action="stream", count=1000, interval_ms=20))
        await asyncio.wait_for(client.recv(), 30)
    group = "/aws/lambda/" + function.split(":")[6]
    await until(lambda: is_logged(aws, group, "has gone"))


def is_logged(aws: Account, group: str, text: str) -> bool:
    logs = aws.client("logs")
    try:
        events = logs.filter_log_events(logGroupName=group)["events"]
    except logs.exceptions.ResourceNotFoundException:
        return False
    return any(text in event["message"] for event in events)


async def test_a_bad_parameter_is_told_to_the_client(aws: Account) -> None:
    api: WebSocketApi = create_api(aws)
    api.add_route("stream", deploy_python(aws, FOLDERS / "websocket_push"))
    async with connect(api.url) as client:
        await client.send(message(action="stream", count=0))
        document = json.loads(await asyncio.wait_for(client.recv(), 30))
    assert document["parameter"] == "count" and document["minimum"] == 1
