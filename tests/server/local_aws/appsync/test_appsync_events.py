"""Event APIs from outside: channels, wildcards, publishing both ways, authorization, malformed messages."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from websockets.exceptions import ConnectionClosed

from tests.support.account import Account
from tests.support.appsync_clients import Client, DeployedApi, connected, events, listener


@pytest.fixture(scope="module")
def api(aws: Account) -> DeployedApi:
    return events(aws, namespaces=("news", "other", "N-1"))


@pytest.fixture(scope="module")
def iam_api(aws: Account) -> DeployedApi:
    return events(aws, "AWS_IAM")


async def subscribe(client: Client, api: DeployedApi, operation_id: str, channel: str) -> None:
    answer = await client.ask(
        type="subscribe", id=operation_id, channel=channel, authorization=api.credentials
    )
    assert answer == {"type": "subscribe_success", "id": operation_id}


async def publish(api: DeployedApi, channel: str, *texts: str) -> None:
    body = {"channel": channel, "events": [json.dumps(text) for text in texts]}
    status, answer = await api.post("/event", body)
    assert status == 200 and len(answer["successful"]) == len(texts)


# Channels


async def test_wildcards_stand_for_everything_below(api: DeployedApi) -> None:
    async with listener(api) as client:
        for operation_id, channel in (
            ("exact", "/news/a"),
            ("below", "news/*"),
            ("deeper", "/news/a/*"),
            ("elsewhere", "other/*"),
        ):
            await subscribe(client, api, operation_id, channel)
        await publish(api, "news/a", "1")
        await publish(api, "/news/a/b/c/d/", "2")
        await publish(api, "news/b", "3")
        await publish(api, "news", "4")
        await publish(api, "other/x", "5")
        heard: dict[str, list[str]] = {}
        for _ in range(6):
            message = await client.hear()
            heard.setdefault(message["id"], []).append(json.loads(message["event"]))
        assert heard == {"exact": ["1"], "below": ["1", "2", "3"], "deeper": ["2"], "elsewhere": ["5"]}


@pytest.mark.parametrize(
    "channel",
    ["", "/", "news//a", "a/b/c/d/e/f", "news/" + "a" * 51, "news/a b", "news/-a", "news/*/a", "*", "/*",
     "news/a*", "news/a/b/c/d/*", None, 1, ["news"]],
)  # fmt: skip
async def test_a_channel_that_is_none(api: DeployedApi, channel: Any) -> None:
    expected = [{"errorType": "BadRequestException", "message": "Invalid Channel Format"}]
    async with listener(api) as client:
        for kind in ("subscribe", "publish"):
            more = {"events": ["1"]} if kind == "publish" else {}
            answer = await client.ask(
                type=kind, id="1", channel=channel, authorization=api.credentials, **more
            )
            assert answer == {"type": f"{kind}_error", "id": "1", "errors": expected}
    status, answer = await api.post("/event", {"channel": channel, "events": ["1"]})
    assert (status, answer) == (400, {"errors": expected})


@pytest.mark.parametrize("channel", ["news", "/news/", "news/a/b/c/d", "N-1/" + "a" * 50])
async def test_a_channel_that_is_one(api: DeployedApi, channel: str) -> None:
    async with listener(api) as client:
        await subscribe(client, api, "1", channel)
        await publish(api, channel, "x")
        assert (await client.hear())["event"] == '"x"'


async def test_wildcards_are_not_for_publishing(api: DeployedApi) -> None:
    status, answer = await api.post("/event", {"channel": "news/*", "events": ["1"]})
    assert (status, answer["errors"][0]["message"]) == (400, "Invalid Channel Format")


async def test_a_namespace_that_does_not_exist(api: DeployedApi) -> None:
    status, answer = await api.post("/event", {"channel": "nowhere/a", "events": ["1"]})
    assert (status, answer["errors"][0]["errorType"]) == (404, "ResourceNotFound")
    async with listener(api) as client:
        answer = await client.ask(
            type="subscribe", id="1", channel="nowhere/*", authorization=api.credentials
        )
        assert (answer["type"], answer["errors"][0]["errorType"]) == ("subscribe_error", "ResourceNotFound")


# Publishing


async def test_publishing_over_the_websocket_answers_as_http_does(api: DeployedApi) -> None:
    async with listener(api) as client:
        await subscribe(client, api, "s", "news/ws")
        await client.say(
            type="publish",
            id="p",
            channel="news/ws",
            events=['{"a": 1}', '"ü"'],
            authorization=api.credentials,
        )
        heard = [await client.hear() for _ in range(3)]
        assert [message["event"] for message in heard if message["type"] == "data"] == ['{"a": 1}', '"ü"']
        (done,) = [message for message in heard if message["type"] == "publish_success"]
        assert done["id"] == "p" and done["failed"] == []
        assert [entry["index"] for entry in done["successful"]] == [0, 1]
        assert len({entry["identifier"] for entry in done["successful"]}) == 2


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (["1"] * 6, "Input exceeded 5 event limit"),
        ([], "events must be a list of 1 to 5 strings of JSON"),
        (None, "events must be a list of 1 to 5 strings of JSON"),
        ("1", "events must be a list of 1 to 5 strings of JSON"),
        (["1", "not json"], "events[1] is not a string of JSON"),
        ([{"a": 1}], "events[0] is not a string of JSON"),
    ],
)
async def test_a_batch_that_is_refused(api: DeployedApi, batch: Any, message: str) -> None:
    expected = [{"errorType": "BadRequestException", "message": message}]
    status, answer = await api.post("/event", {"channel": "news/a", "events": batch})
    assert (status, answer) == (400, {"errors": expected})
    async with listener(api) as client:
        answer = await client.ask(
            type="publish", id="1", channel="news/a", events=batch, authorization=api.credentials
        )
        assert answer == {"type": "publish_error", "id": "1", "errors": expected}


@pytest.mark.parametrize("body", ["", "{", "[]", '"a"', "[" * 9999])
async def test_a_body_that_is_no_object(api: DeployedApi, body: str) -> None:
    status, answer = await api.post("/event", body)
    assert (status, answer["errors"][0]["errorType"]) == (400, "BadRequestException")


async def test_an_event_may_have_240_kb_and_the_others_are_published(api: DeployedApi) -> None:
    most, too_much = json.dumps("x" * (240 * 1024 - 2)), json.dumps("x" * (240 * 1024 - 1))
    async with listener(api) as client:
        await subscribe(client, api, "1", "news/big")
        batch = [too_much, most, most, most, most]
        status, answer = await api.post("/event", {"channel": "news/big", "events": batch})
        assert status == 200
        assert [entry["index"] for entry in answer["successful"]] == [1, 2, 3, 4]
        assert [entry["index"] for entry in answer["failed"]] == [0]
        assert (await client.hear())["event"] == most


async def test_25_publishes_a_second_pass_on_one_connection(api: DeployedApi) -> None:
    async with listener(api) as client:
        for number in range(60):
            await client.say(
                type="publish", id=str(number), channel="news/r", events=["1"], authorization=api.credentials
            )
        answers = [await client.hear() for _ in range(60)]
        refused = [answer for answer in answers if answer["type"] == "publish_error"]
        assert 60 - len(refused) >= 25 and refused
        assert refused[0]["errors"] == [{"errorType": "LimitExceededError", "message": "Rate limit exceeded"}]


async def test_a_page_of_another_origin_may_publish(api: DeployedApi) -> None:
    async with aiohttp.ClientSession() as session:
        asked = {"Origin": "https://example.com", "Access-Control-Request-Method": "POST"}
        async with session.options(f"http://{api.host}/event", headers=asked) as response:
            assert response.status == 200
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            assert "POST" in response.headers["Access-Control-Allow-Methods"]


# Authorization


async def test_each_operation_is_authorized_by_itself(api: DeployedApi) -> None:
    wrong = [{"errorType": "UnauthorizedException", "message": "You are not authorized to make this call."}]
    missing = [{"errorType": "UnauthorizedException", "message": "Valid authorization header not provided."}]
    async with listener(api) as client:
        for kind in ("subscribe", "publish"):
            for given, expected in (({"x-api-key": "wrong"}, wrong), ({}, missing)):
                answer = await client.ask(
                    type=kind, id="1", channel="news/a", events=["1"], authorization=given
                )
                assert answer == {"type": f"{kind}_error", "id": "1", "errors": expected}
        answer = await client.ask(type="subscribe", id="1", channel="news/a")
        assert answer["errors"] == missing
        answer = await client.ask(type="subscribe", id="1", channel="news/a", authorization=[1])
        assert answer["errors"][0]["errorType"] == "BadRequestException"
    status, answer = await api.post("/event", {"channel": "news/a", "events": ["1"]}, {})
    assert (status, answer["errors"]) == (401, missing)


async def test_a_namespace_may_have_modes_of_its_own(aws: Account) -> None:
    auth = [{"authType": "API_KEY"}, {"authType": "AWS_IAM"}]
    api = events(aws, "API_KEY", "AWS_IAM", namespaces=())
    appsync = aws.client("appsync")
    appsync.create_channel_namespace(
        apiId=api.api_id, name="signed", publishAuthModes=[auth[1]], subscribeAuthModes=auth
    )
    body = json.dumps({"channel": "signed/a", "events": ["1"]})
    status, _ = await api.post("/event", body)
    assert status == 401
    status, _ = await api.post("/event", body, api.signed("/event", body))
    assert status == 200
    async with listener(api) as client:
        await subscribe(client, api, "1", "signed/a")
    appsync.update_channel_namespace(apiId=api.api_id, name="signed", publishAuthModes=auth)
    status, _ = await api.post("/event", body)
    assert status == 200


async def test_iam_signs_the_connection_and_each_operation(iam_api: DeployedApi) -> None:
    async with listener(iam_api, iam_api.signed("/event", "{}")) as client:
        signed = iam_api.signed("/event", '{"channel":"/news/*"}')
        answer = await client.ask(type="subscribe", id="1", channel="/news/*", authorization=signed)
        assert answer["type"] == "subscribe_success"
        other = await client.ask(type="subscribe", id="2", channel="/news/x", authorization=signed)
        assert other["errors"][0]["errorType"] == "BadRequestException", "signed for another channel"
        batch = ['{"text":"größer <ü>"}']
        body = json.dumps({"channel": "news/a", "events": batch}, separators=(",", ":"), ensure_ascii=False)
        signed = iam_api.signed("/event", body)
        await client.say(type="publish", id="3", channel="news/a", events=batch, authorization=signed)
        heard = {message["type"]: message for message in [await client.hear(), await client.hear()]}
        assert heard["data"]["event"] == batch[0] and "publish_success" in heard


async def test_iam_permissions_are_those_of_the_user(aws: Account, iam_api: DeployedApi) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="listener")
    resource = f"arn:aws:appsync:ap-northeast-1:123456789012:apis/{iam_api.api_id}"
    allow = {
        "Effect": "Allow",
        "Action": ["appsync:EventConnect", "appsync:EventSubscribe"],
        "Resource": [resource, f"{resource}/channelNamespace/news"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_user_policy(UserName="listener", PolicyName="listen", PolicyDocument=policy)
    key = iam.create_access_key(UserName="listener")["AccessKey"]
    pair = key["AccessKeyId"], key["SecretAccessKey"]
    async with listener(iam_api, iam_api.signed("/event", "{}", *pair)) as client:
        signed = iam_api.signed("/event", '{"channel":"news/a"}', *pair)
        answer = await client.ask(type="subscribe", id="1", channel="news/a", authorization=signed)
        assert answer["type"] == "subscribe_success"
    body = json.dumps({"channel": "news/a", "events": ["1"]})
    status, answer = await iam_api.post("/event", body, iam_api.signed("/event", body, *pair))
    assert (status, answer["errors"][0]["errorType"]) == (403, "AccessDeniedException")


@pytest.mark.parametrize(
    ("more", "code", "error_type"),
    [
        ({"x-api-key": "wrong"}, 401, "UnauthorizedException"),
        ({"host": "elsewhere"}, 400, "BadRequestException"),
    ],
)
async def test_a_connection_is_refused(
    api: DeployedApi, more: dict[str, str], code: int, error_type: str
) -> None:
    url = f"ws://{api.host}/event/realtime"
    async with connected(url, "aws-appsync-event-ws", {**api.credentials, **more}) as client:
        answer = await client.ask(type="connection_init")
        assert answer["type"] == "connection_error" and "payload" not in answer
        assert (answer["errors"][0]["errorCode"], answer["errors"][0]["errorType"]) == (code, error_type)
        with pytest.raises(ConnectionClosed):
            await client.hear()


async def test_a_deleted_key_lets_nobody_in(aws: Account) -> None:
    api = events(aws)
    await publish(api, "news/a", "1")
    aws.client("appsync").delete_api_key(apiId=api.api_id, id=api.key)
    status, _ = await api.post("/event", {"channel": "news/a", "events": ["1"]})
    assert status == 401


# Messages


@pytest.mark.parametrize(
    ("message", "kind", "error_type"),
    [
        ({}, "error", "UnsupportedOperation"),
        ({"type": "start", "id": "1"}, "error", "UnsupportedOperation"),
        ({"type": ["subscribe"], "id": "1"}, "error", "UnsupportedOperation"),
        ({"type": "subscribe", "channel": "news/a"}, "subscribe_error", "BadRequestException"),
        ({"type": "subscribe", "id": "a b", "channel": "news/a"}, "subscribe_error", "BadRequestException"),
        ({"type": "subscribe", "id": "a" * 129, "channel": "news"}, "subscribe_error", "BadRequestException"),
        ({"type": "unsubscribe", "id": "unknown"}, "unsubscribe_error", "UnknownOperationError"),
    ],
)
async def test_a_malformed_message_is_answered(
    api: DeployedApi, message: dict[str, Any], kind: str, error_type: str
) -> None:
    async with listener(api) as client:
        answer = await client.ask(**message)
        assert (answer["type"], answer["errors"][0]["errorType"]) == (kind, error_type)
        await subscribe(client, api, "after", "news/a")


@pytest.mark.parametrize("frame", ["{", "[1]", '"text"', "[" * 9999, b"\0\1\2"])
async def test_a_frame_that_is_no_message_is_answered(api: DeployedApi, frame: str | bytes) -> None:
    async with listener(api) as client:
        await client.socket.send(frame)
        assert await client.hear() == {
            "type": "error",
            "errors": [
                {
                    "errorType": "UnsupportedOperation",
                    "message": "Operation not supported through the realtime channel",
                }
            ],
        }
        await subscribe(client, api, "after", "news/a")


async def test_an_id_is_used_once_and_a_connection_has_200_subscriptions(api: DeployedApi) -> None:
    async with listener(api) as client:
        for number in range(200):
            await subscribe(client, api, str(number), "news/a")
        ask = {"type": "subscribe", "channel": "news/a", "authorization": api.credentials}
        twice = await client.ask(id="0", **ask)
        assert twice["errors"][0]["errorType"] == "DuplicatedOperationError"
        over = await client.ask(id="200", **ask)
        assert over["errors"][0]["errorType"] == "MaxSubscriptionsReachedError"
        await client.ask(type="unsubscribe", id="0")
        await subscribe(client, api, "200", "news/a")


async def test_a_client_that_has_gone_is_forgotten(api: DeployedApi) -> None:
    async with listener(api) as client:
        await subscribe(client, api, "1", "news/gone")
        client.socket.transport.abort()
    await publish(api, "news/gone", "1", "2")


async def test_500_subscribers_receive_every_event_in_order(api: DeployedApi) -> None:
    count, received = 10, []

    async def listen(ready: asyncio.Semaphore) -> None:
        async with listener(api) as client:
            await subscribe(client, api, "1", "news/many/*")
            ready.release()
            received.append([json.loads((await client.hear(timeout=60))["event"]) for _ in range(count)])

    ready, tasks = asyncio.Semaphore(0), []
    for _ in range(20):  # 25 at a time: the machine is shared
        tasks += [asyncio.create_task(listen(ready)) for _ in range(25)]
        for _ in range(25):
            await asyncio.wait_for(ready.acquire(), 60)
    for number in range(0, count, 5):
        await publish(api, "news/many/a", *(str(number + i) for i in range(5)))
    await asyncio.wait_for(asyncio.gather(*tasks), 120)
    assert received == [[str(number) for number in range(count)]] * 500
