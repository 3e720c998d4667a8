"""Ordinary boto3 code deploys an API, and what is published to it arrives, item by item."""

import asyncio
import json
import time

from tests.support.account import Account
from tests.support.appsync_clients import events, graphql, listener, subscriber
from tests.support.shapes import one_by_one

PACE = 0.15
"""Seconds between two items: several times what a mutation takes on a busy machine."""


def check(arrivals: list[tuple[float, dict[str, float]]]) -> None:
    assert [item["seq"] for _, item in arrivals] == list(range(12))
    assert one_by_one([item["sent"] for _, item in arrivals], [at for at, _ in arrivals])


async def test_what_mutations_carry_arrives_at_a_subscriber_one_by_one(aws: Account) -> None:
    api = graphql(aws)
    async with subscriber(api) as client:
        query = "subscription { onPut { name text seq } }"
        assert await client.start("1", query, api.credentials) == {"id": "1", "type": "start_ack"}

        async def produce() -> None:
            for seq in range(12):
                item = {"seq": seq, "sent": time.time()}
                answer = await api.put(name="a", text=json.dumps(item), seq=seq)
                assert answer["data"]["put"]["seq"] == seq
                await asyncio.sleep(PACE)

        producing = asyncio.create_task(produce())
        arrivals = []
        for _ in range(12):
            message = await client.hear()
            assert (message["id"], message["type"]) == ("1", "data")
            arrivals.append((time.time(), json.loads(message["payload"]["data"]["onPut"]["text"])))
        await producing
        check(arrivals)
        assert await client.ask(id="1", type="stop") == {"id": "1", "type": "complete"}


async def test_what_is_published_to_a_channel_arrives_one_by_one(aws: Account) -> None:
    api = events(aws)
    async with listener(api) as client:
        answer = await client.ask(type="subscribe", id="s", channel="/news/a", authorization=api.credentials)
        assert answer == {"type": "subscribe_success", "id": "s"}

        async def produce() -> None:
            for seq in range(12):
                event = json.dumps({"seq": seq, "sent": time.time()})
                status, answer = await api.post("/event", {"channel": "news/a", "events": [event]})
                assert status == 200 and answer["failed"] == []
                assert [entry["index"] for entry in answer["successful"]] == [0]
                await asyncio.sleep(PACE)

        producing = asyncio.create_task(produce())
        arrivals = []
        for _ in range(12):
            message = await client.hear()
            assert (message["id"], message["type"]) == ("s", "data")
            arrivals.append((time.time(), json.loads(message["event"])))
        await producing
        check(arrivals)
        assert await client.ask(type="unsubscribe", id="s") == {"type": "unsubscribe_success", "id": "s"}
