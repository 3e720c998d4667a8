"""How connections end: after 24 hours (scaled down), by deletion, with the stand-in; and garbage."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from server.local_aws.appsync import credentials
from server.local_aws.appsync.errors import Refused
from server.local_aws.appsync.events.channels import (
    BadChannel,
    Channels,
    Subscription,
    channel_of,
    pattern_of,
)
from server.local_aws.platform.limits import Limits
from server.local_aws.stand_in import StandIn
from tests.support.account import Account, start_stand_in
from tests.support.appsync_clients import (
    PUT,
    base64_of,
    connected,
    events,
    graphql,
    listener,
    subprotocol,
    subscriber,
)


@pytest.fixture
async def short() -> AsyncIterator[Account]:
    """A stand-in in this process, whose connections last half a second."""
    stand_in = StandIn(replace(Limits(), appsync_connection_seconds=0.5))
    yield Account(await stand_in.start())
    await stand_in.stop()


async def test_a_connection_at_the_end_of_its_time_is_closed(short: Account) -> None:
    for api, path, protocol in (
        (await asyncio.to_thread(graphql, short), "/graphql", "graphql-ws"),
        (await asyncio.to_thread(events, short), "/event/realtime", "aws-appsync-event-ws"),
    ):
        async with connected(f"ws://{api.host}{path}", protocol, api.credentials) as client:
            await client.ask(type="connection_init")
            with pytest.raises(ConnectionClosed) as closed:
                await client.hear()
            assert closed.value.rcvd is not None and closed.value.rcvd.code == 1001


async def test_deleting_an_api_ends_its_connections(aws: Account) -> None:
    one, other = graphql(aws), events(aws)
    appsync = aws.client("appsync")
    async with subscriber(one) as first, listener(other) as second:
        await asyncio.to_thread(appsync.delete_graphql_api, apiId=one.api_id)
        await asyncio.to_thread(appsync.delete_api, apiId=other.api_id)
        for client in (first, second):
            with pytest.raises(ConnectionClosed):
                await client.hear()


async def test_the_stand_in_ends_quickly_with_connections_open() -> None:
    process, endpoint_url = await asyncio.to_thread(start_stand_in)
    with process:
        api = await asyncio.to_thread(events, Account(endpoint_url))
        async with listener(api):
            started = time.monotonic()
            assert process.stdin is not None
            process.stdin.close()
            assert await asyncio.to_thread(process.wait, 20) == 0
            assert time.monotonic() - started < 10


async def test_garbage_at_the_port_is_answered_and_does_no_harm(aws: Account) -> None:
    api = events(aws)
    host, port = api.host.split(":")
    for garbage in (
        b"\x16\x03\x01\x02\x00",
        b"GET\r\n\r\n",
        b"POST /event HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    ):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(garbage)
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 10)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400") or answer.startswith(b"HTTP/1.0 400")
        assert b"Traceback" not in answer
        writer.close()
    for path, status in (("/graphql", 404), ("/event/realtime", 405)):
        code, answer = await api.post(path, {})
        assert code == status and answer["errors"]
    async with listener(api) as client:
        client.socket.transport.write(b"\xff\xff\xff")
        with pytest.raises(ConnectionClosed):
            await client.hear()
    status, _ = await api.post("/event", {"channel": "news/a", "events": ["1"]})
    assert status == 200


JUNK: list[Any] = [
    None,
    True,
    0,
    -1.5,
    "",
    "x",
    "\ud800",
    "\0",
    [],
    {},
    [[]],
    {"a": {"b": []}},
    "9" * 5000,
    2**70,
]


def spoiled(message: Any, random: Random) -> Any:
    """A copy of `message` with junk somewhere in it, or something missing."""
    if not isinstance(message, (dict, list)) or not message or random.random() < 0.2:
        return random.choice(JUNK)
    members = message.items() if isinstance(message, dict) else enumerate(message)
    spoilt = random.choice([key for key, _ in members])
    if isinstance(message, dict) and random.random() < 0.2:
        return {key: value for key, value in message.items() if key != spoilt}
    copied: Any = dict(message) if isinstance(message, dict) else list(message)
    copied[spoilt] = spoiled(copied[spoilt], random)
    return copied


@pytest.mark.parametrize("seed", range(3))
async def test_no_message_ends_a_connection(aws: Account, seed: int) -> None:
    random = Random(seed)
    api, other = graphql(aws), events(aws, "API_KEY", "AWS_IAM")
    data = json.dumps({"query": "subscription($n: ID) { onPut(name: $n) { name } }", "variables": {"n": "a"}})
    start = {
        "id": "1",
        "type": "start",
        "payload": {"data": data, "extensions": {"authorization": api.credentials}},
    }
    signed = other.signed("/event", '{"channel":"news/a","events":["1"]}')
    publish = {"id": "2", "type": "publish", "channel": "news/a", "events": ["1"], "authorization": signed}
    subscribe = {"id": "3", "type": "subscribe", "channel": "news/*", "authorization": other.credentials}
    async with subscriber(api) as client, listener(other) as second:
        for _ in range(150):
            for target, message in ((client, start), (second, random.choice([publish, subscribe]))):
                await target.socket.send(json.dumps(spoiled(message, random)))
        await client.start("last", "subscription { onPut { name } }", api.credentials)
        while (await client.hear()).get("id") != "last":
            pass
        await second.say(**subscribe | {"id": "last"})
        while (answer := await second.hear()).get("id") != "last":
            pass
        assert answer["type"] == "subscribe_success"


@pytest.mark.parametrize("seed", range(3))
async def test_no_request_is_answered_by_500(aws: Account, seed: int) -> None:
    random = Random(seed)
    api, other = graphql(aws), events(aws)
    for _ in range(60):
        query = spoiled(
            {"query": PUT, "variables": {"name": "a", "text": "b", "seq": 1}, "operationName": "Put"}, random
        )
        publish = spoiled({"channel": "news/a", "events": ["1", '{"a": 1}']}, random)
        for target, path, document in ((api, "/graphql", query), (other, "/event", publish)):
            status, answer = await target.post(path, json.dumps(document))
            assert status in (200, 400, 404), (document, answer)


@given(st.text())
def test_any_header_is_read_or_refused(text: str) -> None:
    try:
        read = credentials.decode(text)
    except Refused:
        return
    assert all(isinstance(value, str) for value in read.values())


@given(st.dictionaries(st.text(min_size=1).map(str.lower), st.text()))
def test_what_a_client_encodes_is_read(given_credentials: dict[str, str]) -> None:
    wanted = credentials.lower(given_credentials)
    assert credentials.decode(base64_of(wanted)) == wanted
    assert credentials.decode(subprotocol(wanted).removeprefix("header-")) == wanted


names = st.text(alphabet="aB1-", min_size=1, max_size=4).filter(lambda name: name.strip("-") == name)
channels = st.lists(names, min_size=1, max_size=5).map("/".join)


@given(channels, channels)
def test_a_wildcard_stands_for_what_begins_with_it(channel: str, other: str) -> None:
    heard: list[str] = []
    subscriptions = Channels()
    exact = Subscription(pattern_of(other), heard.append)
    subscriptions.add(exact)
    subscriptions.publish(channel_of(f"/{channel}/"), "exact")
    assert heard == (["exact"] if channel == other else [])
    subscriptions.remove(exact)
    subscriptions.remove(exact)
    heard.clear()
    if other.count("/") < 4:
        subscriptions.add(Subscription(pattern_of(f"{other}/*"), heard.append))
        subscriptions.publish(channel, "below")
        assert heard == (["below"] if channel.startswith(f"{other}/") else [])


@given(st.text())
def test_any_text_is_a_channel_or_is_not(text: str) -> None:
    for read in (channel_of, pattern_of):
        try:
            found = read(text)
        except BadChannel:
            continue
        assert found == text.strip("/") and 1 <= len(found.split("/")) <= 5
