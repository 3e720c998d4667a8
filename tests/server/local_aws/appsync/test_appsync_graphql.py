"""GraphQL APIs from outside: credentials, queries, subscriptions and their filters, and what is malformed."""

import asyncio
import json
import time
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.support.account import Account
from tests.support.appsync_clients import (
    PUT,
    DeployedApi,
    base64_of,
    connected,
    graphql,
    subprotocol,
    subscriber,
)

ON_PUT = "subscription { onPut { name text seq } }"
UNAUTHORIZED = {"errorType": "UnauthorizedException", "message": "You are not authorized to make this call."}
ACK = {"type": "connection_ack", "payload": {"connectionTimeoutMs": 300000}}


@pytest.fixture(scope="module")
def api(aws: Account) -> DeployedApi:
    return graphql(aws)


@pytest.fixture(scope="module")
def iam_api(aws: Account) -> DeployedApi:
    return graphql(aws, mode="AWS_IAM")


# Credentials


async def test_credentials_in_the_query(api: DeployedApi) -> None:
    url = f"ws://{api.host}/graphql?header={base64_of(api.credentials)}&payload=e30="
    async with connected(url, "graphql-ws") as client:
        assert await client.ask(type="connection_init") == ACK
        assert client.socket.subprotocol == "graphql-ws"


async def test_credentials_in_a_subprotocol(api: DeployedApi) -> None:
    async with connected(f"ws://{api.host}/graphql", "graphql-ws", api.credentials) as client:
        assert await client.ask(type="connection_init") == ACK


async def test_credentials_in_ordinary_headers_and_the_path_of_custom_domains(api: DeployedApi) -> None:
    headers = {"x-api-key": api.key}
    url = f"ws://{api.host}/graphql/realtime"
    async with connected(url, "graphql-ws", additional_headers=headers) as client:
        assert await client.ask(type="connection_init") == ACK


@pytest.mark.parametrize(
    ("credentials", "code", "error_type"),
    [
        ({"x-api-key": "da2-wrong"}, 401, "UnauthorizedException"),
        ({}, 401, "UnauthorizedException"),
        ({"Authorization": "eyJhbGciOi.a.b"}, 401, "UnauthorizedException"),
        (
            {"host": "example.appsync-api.eu-west-1.amazonaws.com", "x-api-key": "any"},
            400,
            "BadRequestException",
        ),
        ({"host": ""}, 400, "BadRequestException"),
    ],
)
async def test_a_connection_is_refused(
    api: DeployedApi, credentials: dict[str, str], code: int, error_type: str
) -> None:
    given = {"host": api.host, **credentials}
    async with connected(f"ws://{api.host}/graphql", "graphql-ws", given) as client:
        answer = await client.ask(type="connection_init")
        assert answer["type"] == "connection_error"
        (error,) = answer["payload"]["errors"]
        assert (error["errorCode"], error["errorType"]) == (code, error_type)
        with pytest.raises(ConnectionClosed):
            await client.hear()


@pytest.mark.parametrize("header", ["header-!!!", "header-bm90IGpzb24", "header-W10", "header-eyJhIjoxfQ"])
async def test_a_header_that_cannot_be_read(api: DeployedApi, header: str) -> None:
    url = f"ws://{api.host}/graphql?header={header.removeprefix('header-')}"
    async with connected(url, "graphql-ws") as client:
        answer = await client.ask(type="connection_init")
        assert answer["payload"]["errors"][0]["errorType"] == "BadRequestException"


async def test_a_connection_without_the_subprotocol(api: DeployedApi) -> None:
    url = f"ws://{api.host}/graphql?header={base64_of(api.credentials)}&payload=e30="
    async with connected(url, "") as client:
        answer = await client.ask(type="connection_init")
        assert answer["type"] == "connection_error"
        assert answer["payload"]["errors"][0]["message"] == "NoProtocolError"


async def test_frames_before_the_acknowledgement_are_ignored(api: DeployedApi) -> None:
    async with connected(f"ws://{api.host}/graphql", "graphql-ws", api.credentials) as client:
        await client.say(id="early", type="start", payload={})
        await client.socket.send(b"\0\1")
        await client.socket.send("{not json")
        assert await client.ask(type="connection_init") == ACK
        answer = await client.start("late", ON_PUT, api.credentials)
        assert answer == {"id": "late", "type": "start_ack"}


async def test_a_client_that_says_no_hello_is_acknowledged_all_the_same(api: DeployedApi) -> None:
    async with connected(f"ws://{api.host}/graphql", "graphql-ws", api.credentials) as client:
        assert await client.hear() == ACK


async def test_iam_signs_the_connection_each_subscription_and_each_mutation(iam_api: DeployedApi) -> None:
    async with subscriber(iam_api, iam_api.signed("/graphql/connect", "{}")) as client:
        data = json.dumps({"query": ON_PUT})
        unsigned = {"data": data, "extensions": {"authorization": {"host": iam_api.host}}}
        refused = await client.ask(id="0", type="start", payload=unsigned)
        assert refused["payload"]["errors"][0]["errorType"] == "UnauthorizedException"
        payload = {"data": data, "extensions": {"authorization": iam_api.signed("/graphql", data)}}
        assert (await client.ask(id="1", type="start", payload=payload))["type"] == "start_ack"
        body = json.dumps({"query": PUT, "variables": {"name": "a", "text": "by IAM"}})
        status, _ = await iam_api.post("/graphql", body, iam_api.signed("/graphql", body))
        assert status == 200
        assert (await client.hear())["payload"]["data"]["onPut"]["text"] == "by IAM"


async def test_a_signature_of_something_else_is_refused(iam_api: DeployedApi) -> None:
    body = json.dumps({"query": "{ item(name: 1) { name } }"})
    for headers in (
        iam_api.signed("/graphql", body + " "),
        iam_api.signed("/graphql", body, secret="wrong"),
        iam_api.signed("/graphql", body, key="AKIAUNKNOWN"),
    ):
        status, answer = await iam_api.post("/graphql", body, headers)
        assert (status, answer["errors"][0]["errorType"]) == (400, "BadRequestException")


async def test_iam_permissions_are_those_of_the_user(aws: Account, iam_api: DeployedApi) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="graphql-reader")
    arn = f"arn:aws:appsync:ap-northeast-1:123456789012:apis/{iam_api.api_id}/types/Query/*"
    allow = {"Effect": "Allow", "Action": "appsync:GraphQL", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_user_policy(UserName="graphql-reader", PolicyName="read", PolicyDocument=policy)
    key = iam.create_access_key(UserName="graphql-reader")["AccessKey"]

    async def ask(query: str) -> dict[str, Any]:
        body = json.dumps({"query": query})
        signed = iam_api.signed("/graphql", body, key["AccessKeyId"], key["SecretAccessKey"])
        _, answer = await iam_api.post("/graphql", body, signed)
        return answer

    assert await ask('{ item(name: "a") { name } }') == {"data": {"item": None}}
    refused = await ask('mutation { put(name: "a", text: "b") { name } }')
    assert refused["data"] == {"put": None}
    assert refused["errors"][0]["errorType"] == "Unauthorized"
    assert refused["errors"][0]["message"] == "Not Authorized to access put on type Mutation"


async def test_directives_say_which_mode_may_have_a_field(aws: Account) -> None:
    schema = """
      type Query { open: String  closed: String @aws_iam  both: String @aws_iam @aws_api_key }
      type Mutation { put(name: String): String }
      type Subscription { onPut: String @aws_iam @aws_subscribe(mutations: ["put"]) }
    """
    api = graphql(aws, schema, additionalAuthenticationProviders=[{"authenticationType": "AWS_IAM"}])
    answer = await api.query("{ open closed both }")
    assert [error["path"] for error in answer["errors"]] == [["closed"]]
    async with subscriber(api) as client:
        refused = await client.start("1", "subscription { onPut }", api.credentials)
        assert refused["payload"]["errors"][0]["errorType"] == "Unauthorized"


SECRETS = """
  interface Named { secret: String }
  type Item implements Named @aws_api_key @aws_iam { name: String  secret: String @aws_iam  more: Item }
  type Query { item: Item }
  type Mutation { put(name: String, secret: String): Item @aws_api_key @aws_iam }
  type Subscription {
    onPut: Item @aws_api_key @aws_iam @aws_subscribe(mutations: ["put"])
    onNamed: Named @aws_api_key @aws_iam @aws_subscribe(mutations: ["put"])
  }
"""


async def test_a_subscription_asks_for_nothing_its_caller_may_not_have(aws: Account) -> None:
    api = graphql(aws, SECRETS, additionalAuthenticationProviders=[{"authenticationType": "AWS_IAM"}])
    asks = "subscription { onPut { __typename name secret } }"
    async with subscriber(api) as client:
        for number, query in enumerate(
            (
                asks,
                "subscription { onPut { more { more { alias: secret } } } }",
                "subscription { onPut { ...F } } fragment F on Item { ... { secret } }",
                "subscription { onNamed { secret } }",
            )
        ):
            refused = await client.start(str(number), query, api.credentials)
            assert refused["type"] == "error"
            (error,) = refused["payload"]["errors"]
            assert error["errorType"] == "Unauthorized"
            assert error["message"] == "Not Authorized to access secret on type Item"
        others = f"query Q {{ item {{ secret }} }} {asks.replace(' secret', '')}"
        payload = {
            "data": json.dumps(
                {"query": others.replace("subscription", "subscription S"), "operationName": "S"}
            ),
            "extensions": {"authorization": api.credentials},
        }
        assert (await client.ask(id="open", type="start", payload=payload))["type"] == "start_ack"
        data = json.dumps({"query": asks})
        by_iam = {"data": data, "extensions": {"authorization": api.signed("/graphql", data)}}
        assert (await client.ask(id="iam", type="start", payload=by_iam))["type"] == "start_ack"
        body = json.dumps({"query": 'mutation { put(name: "a", secret: "b") { __typename name secret } }'})
        await api.post("/graphql", body, api.signed("/graphql", body))
        heard = [await client.hear() for _ in range(2)]
    given = {message["id"]: message["payload"]["data"]["onPut"] for message in heard}
    assert given == {
        "open": {"__typename": "Item", "name": "a"},
        "iam": {"__typename": "Item", "name": "a", "secret": "b"},
    }


# Queries and mutations


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "Valid authorization header not provided."),
        ({"x-api-key": "wrong"}, UNAUTHORIZED["message"]),
        ({"Authorization": "Bearer token"}, UNAUTHORIZED["message"]),
    ],
)
async def test_a_request_is_refused(api: DeployedApi, headers: dict[str, str], message: str) -> None:
    status, answer = await api.post("/graphql", {"query": "{ item(name: 1) { name } }"}, headers)
    assert status == 401
    assert answer == {"errors": [{"errorType": "UnauthorizedException", "message": message}]}


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{", '{"query": 1}', '{"query": "{ item("}', '{"query": "{ a }", "variables": 1}', "[" * 9999],
)
async def test_a_request_that_is_not_graphql(api: DeployedApi, body: str) -> None:
    status, answer = await api.post("/graphql", body)
    assert status == 400
    assert answer["errors"][0]["errorType"] == "MalformedHttpRequestException"


async def test_a_query_that_does_not_fit_the_schema(api: DeployedApi) -> None:
    answer = await api.query("{ nothing }")
    assert answer["data"] is None
    assert "nothing" in answer["errors"][0]["message"]
    assert answer["errors"][0]["locations"] == [{"line": 1, "column": 3, "sourceName": None}]


async def test_a_subscription_does_not_go_over_http(api: DeployedApi) -> None:
    status, answer = await api.post("/graphql", {"query": ON_PUT})
    assert (status, answer["errors"][0]["errorType"]) == (400, "UnsupportedOperation")


async def test_awsjson_is_a_string_of_json(aws: Account) -> None:
    schema = "type Query { a: String } type Mutation { put(doc: AWSJSON, at: AWSDateTime): Doc } "
    api = graphql(aws, schema + "type Doc { doc: AWSJSON at: AWSDateTime }")
    text = 'mutation($d: AWSJSON) { put(doc: $d, at: "2026-11-23T00:00:00Z") { doc at } }'
    answer = await api.query(text, d='{"a": [1, 2]}')
    assert answer == {"data": {"put": {"doc": '{"a":[1,2]}', "at": "2026-11-23T00:00:00Z"}}}
    assert "errors" in await api.query(text, d="{")


async def test_a_lambda_function_resolves_directly(aws: Account) -> None:
    name = aws.deploy("audit.resolves_names")
    api = graphql(aws)
    appsync = aws.client("appsync")
    arn = aws.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    config = {"lambdaFunctionArn": arn}
    appsync.create_data_source(
        apiId=api.api_id, name="function", type="AWS_LAMBDA", serviceRoleArn=aws.role(), lambdaConfig=config
    )
    appsync.create_resolver(apiId=api.api_id, typeName="Query", fieldName="item", dataSourceName="function")
    answer = await api.query("query($n: ID!) { item(name: $n) { name text } }", n="good")
    assert answer["data"]["item"]["name"] == "item"
    event = json.loads(answer["data"]["item"]["text"])
    assert event["arguments"] == {"name": "good"}
    assert event["info"]["parentTypeName"] == "Query"
    assert event["info"]["selectionSetList"] == ["name", "text"]
    assert {"identity", "source", "request", "prev", "stash"} <= set(event)
    failed = await api.query('{ item(name: "bad") { name } }')
    (error,) = failed["errors"]
    assert (error["errorType"], error["message"]) == ("Lambda:Unhandled", "no such name")


# Subscriptions


async def test_a_subscriber_gets_what_the_mutation_selected_and_it_asks_for(api: DeployedApi) -> None:
    async with subscriber(api) as client:
        query = "subscription { first: onAny { ...parts } } fragment parts on Item { label: name text seq }"
        assert (await client.start("1", query, api.credentials))["type"] == "start_ack"
        await api.query('mutation { a: touch(name: "n", text: "t") { text name } }')
        assert await client.hear() == {
            "id": "1",
            "type": "data",
            "payload": {"data": {"first": {"label": "n", "text": "t", "seq": None}}},
        }


async def test_arguments_filter_by_what_the_mutation_selected(api: DeployedApi) -> None:
    async with subscriber(api) as client:
        only_b = "subscription($name: ID) { onPut(name: $name) { name text } }"
        await client.start("b", only_b, api.credentials, name="b")
        await client.start("all", only_b, api.credentials)
        await client.start("null", only_b, api.credentials, name=None)
        await api.put(name="a", text="1")
        await api.put(name="b", text="2")
        await api.query('mutation { put(name: "b", text: "3") { text } }')
        heard = [await client.hear() for _ in range(5)]
        texts = {operation: [] for operation in ("b", "all", "null")}
        for message in heard:
            texts[message["id"]].append(message["payload"]["data"]["onPut"]["text"])
        assert texts == {"b": ["2"], "all": ["1", "2", "3"], "null": ["3"]}


async def test_a_mutation_that_fails_or_is_not_followed_is_not_sent(api: DeployedApi) -> None:
    async with subscriber(api) as client:
        await client.start("1", ON_PUT, api.credentials)
        await api.query('mutation { touch(name: "x", text: "x") { name } }')
        await api.query('mutation { put(name: "x") { name } }')
        await api.put(name="a", text="the first")
        assert (await client.hear())["payload"]["data"]["onPut"]["text"] == "the first"


async def test_after_stop_nothing_comes(api: DeployedApi) -> None:
    async with subscriber(api) as client:
        await client.start("1", ON_PUT, api.credentials)
        await client.ask(id="1", type="stop")
        await client.start("2", ON_PUT, api.credentials)
        await api.put(name="a", text="b")
        assert (await client.hear())["id"] == "2"


@pytest.mark.parametrize(
    ("message", "error_type"),
    [
        ({}, "UnsupportedOperation"),
        ({"type": "subscribe", "id": "1"}, "UnsupportedOperation"),
        ({"type": "start", "id": "1"}, "UnsupportedOperation"),
        ({"type": "start", "id": "1", "payload": {"query": ON_PUT}}, "UnsupportedOperation"),
        ({"type": "start", "id": "1", "payload": {"data": "{"}}, "UnsupportedOperation"),
        ({"type": "start", "id": "1", "payload": {"data": "[]"}}, "UnsupportedOperation"),
        ({"type": "start", "payload": {"data": "{}"}}, "BadRequestException"),
        ({"type": "start", "id": 1, "payload": {"data": "{}"}}, "BadRequestException"),
        ({"type": "start", "id": "1", "payload": {"data": "{}", "extensions": 1}}, "UnauthorizedException"),
        ({"type": "stop", "id": "unknown"}, "UnknownOperationError"),
        ({"type": "stop", "id": [1]}, "UnknownOperationError"),
    ],
)
async def test_a_malformed_message_is_answered(
    api: DeployedApi, message: dict[str, Any], error_type: str
) -> None:
    async with subscriber(api) as client:
        answer = await client.ask(**message)
        assert answer["type"] == "error"
        assert answer["payload"]["errors"][0]["errorType"] == error_type
        assert answer.get("id") == (message.get("id") if isinstance(message.get("id"), str) else None)
        assert (await client.start("after", ON_PUT, api.credentials))["type"] == "start_ack"


@pytest.mark.parametrize("frame", ["{", "[1]", '"text"', "[" * 9999, b"\0\1\2"])
async def test_a_frame_that_is_no_message_is_answered(api: DeployedApi, frame: str | bytes) -> None:
    async with subscriber(api) as client:
        await client.socket.send(frame)
        answer = await client.hear()
        assert answer["payload"]["errors"][0]["errorType"] == "UnsupportedOperation"
        assert (await client.start("after", ON_PUT, api.credentials))["type"] == "start_ack"


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("{ item(name: 1) { name } }", "query not supported through the realtime channel"),
        ('mutation { put(name: 1, text: "2") { name } }', "not supported"),
        ("subscription { onNothing { name } }", "onNothing"),
        ("subscription { onPut }", "selection"),
        ("subscription { onPut { name } onAny { name } }", "one top level field"),
        ("subscription {", "parse"),
        ("subscription($n: ID!) { onPut(name: $n) { name } }", "n"),
    ],
)
async def test_a_subscription_that_cannot_be_made(api: DeployedApi, query: str, part: str) -> None:
    async with subscriber(api) as client:
        answer = await client.start("1", query, api.credentials)
        assert (answer["id"], answer["type"]) == ("1", "error")
        assert part in answer["payload"]["errors"][0]["message"]


async def test_an_id_is_used_once_and_a_connection_has_200_subscriptions(api: DeployedApi) -> None:
    async with subscriber(api) as client:
        await client.start("0", ON_PUT, api.credentials)
        twice = await client.start("0", ON_PUT, api.credentials)
        assert twice["payload"]["errors"][0]["errorType"] == "DuplicatedOperationError"
        for number in range(1, 200):
            answer = await client.start(str(number), ON_PUT, api.credentials)
            assert answer["type"] == "start_ack"
        over = await client.start("200", ON_PUT, api.credentials)
        assert over["payload"]["errors"] == [
            {
                "errorType": "MaxSubscriptionsReachedError",
                "message": "Max number of 200 subscriptions reached",
            }
        ]


# Limits of a thousandth: a keep-alive every 60 ms, 86 s for a connection, 246 bytes a payload


async def test_keep_alives_come_again_and_again(small: Account) -> None:
    api = graphql(small)
    async with connected(f"ws://{api.host}/graphql", "graphql-ws", api.credentials) as client:
        assert (await client.ask(type="connection_init"))["payload"] == {"connectionTimeoutMs": 300}
        started = time.monotonic()
        for _ in range(5):
            assert await client.hear() == {"type": "ka"}
        assert time.monotonic() - started > 0.2


async def test_a_payload_that_is_too_large_is_an_error_and_the_next_arrives(small: Account) -> None:
    api = graphql(small)
    async with connected(f"ws://{api.host}/graphql", "graphql-ws", api.credentials) as client:
        await client.ask(type="connection_init")
        await client.say(
            id="1",
            type="start",
            payload={
                "data": json.dumps({"query": ON_PUT}),
                "extensions": {"authorization": api.credentials},
            },
        )
        await api.put(name="a", text="x" * 300)
        await api.put(name="a", text="字" * 50)  # 150 bytes in UTF-8, 300 in escapes
        heard = [message async for message in without_keep_alives(client, 3)]
        assert [message["type"] for message in heard] == ["start_ack", "error", "data"]
        assert heard[1]["payload"]["errors"][0]["errorType"] == "LimitExceededError"


async def without_keep_alives(client: Any, count: int) -> Any:
    while count:
        message = await client.hear()
        if message["type"] != "ka":
            count -= 1
            yield message


async def test_a_message_that_is_far_too_large_ends_the_connection(api: DeployedApi) -> None:
    async with subscriber(api) as client:
        with pytest.raises(ConnectionClosed) as closed:
            await client.socket.send('"' + "x" * 7_000_000 + '"')
            await client.hear()
        assert closed.value.rcvd is None or closed.value.rcvd.code == 1009


# Many, and slow ones


async def test_500_subscribers_receive_every_event_in_order(api: DeployedApi) -> None:
    count, received = 10, []

    async def subscribe(ready: asyncio.Semaphore, done: asyncio.Event) -> None:
        async with subscriber(api) as client:
            query = 'subscription { onPut(name: "many") { name seq } }'
            await client.start("1", query, api.credentials)
            ready.release()
            received.append(
                [(await client.hear(timeout=60))["payload"]["data"]["onPut"]["seq"] for _ in range(count)]
            )
            await done.wait()

    ready, done = asyncio.Semaphore(0), asyncio.Event()
    tasks = []
    for _ in range(20):  # 25 at a time: the machine is shared
        tasks += [asyncio.create_task(subscribe(ready, done)) for _ in range(25)]
        for _ in range(25):
            await asyncio.wait_for(ready.acquire(), 60)
    for seq in range(count):
        await api.put(name="many", text="t", seq=seq)
    done.set()
    await asyncio.wait_for(asyncio.gather(*tasks), 120)
    assert received == [list(range(count))] * 500


async def test_a_subscriber_that_does_not_read_holds_up_nobody_and_is_cut_off(api: DeployedApi) -> None:
    slow_url = f"ws://{api.host}/graphql"
    query = 'subscription { onPut(name: "big") { name text } }'
    async with (
        connected(slow_url, "graphql-ws", api.credentials, max_queue=1) as slow,
        subscriber(api) as quick,
    ):
        await slow.ask(type="connection_init")
        await slow.start("1", query, api.credentials)
        await quick.start("1", query, api.credentials)
        for _ in range(120):  # 24 MB; what the kernel holds in between comes on top of our 4
            await api.put(name="big", text="x" * 200_000)
            assert (await quick.hear())["type"] == "data"
        with pytest.raises(ConnectionClosed):
            for _ in range(200):
                await slow.hear()


def test_the_subprotocol_is_base64url_without_padding() -> None:
    assert "=" not in subprotocol({"a": "b"})
