"""Drives the tables of what AWS does (`audit`) over sockets: each table is one test, on one deployment."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.eventstream import EventStreamBuffer
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.server.local_aws.audit import (
    ABSENT,
    Request,
    Row,
    appsync,
    at,
    function_url_answers,
    function_url_cors,
    function_url_events,
    invocations,
    missing,
)
from tests.support.account import Account
from tests.support.appsync_clients import Client, DeployedApi, events, graphql, listener, subscriber
from tests.support.http_client import Received

TABLES = {
    "events of Function URLs": (function_url_events.ROWS, function_url_events.NOT_APPLICABLE),
    "BUFFERED answers": (function_url_answers.BUFFERED, function_url_answers.BUFFERED_NOT_APPLICABLE),
    "STREAM answers": (function_url_answers.STREAMED, function_url_answers.STREAMED_NOT_APPLICABLE),
    "CORS": (function_url_cors.ROWS, function_url_cors.NOT_APPLICABLE),
    "invocations": (invocations.ROWS, invocations.NOT_APPLICABLE),
    "resolvers": (appsync.RESOLVER, appsync.RESOLVER_NOT_APPLICABLE),
    "subscribers": (appsync.SUBSCRIBERS, appsync.SUBSCRIBERS_NOT_APPLICABLE),
    "GraphQL messages": (appsync.GRAPHQL_MESSAGES, appsync.GRAPHQL_MESSAGES_NOT_APPLICABLE),
    "Events messages": (appsync.EVENT_MESSAGES, appsync.EVENT_MESSAGES_NOT_APPLICABLE),
    "GraphQL over HTTP": (appsync.GRAPHQL_HTTP, appsync.GRAPHQL_HTTP_NOT_APPLICABLE),
    "Events over HTTP": (appsync.EVENT_HTTP, appsync.EVENT_HTTP_NOT_APPLICABLE),
}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_has_every_case_of_every_field_once(table: str) -> None:
    rows, not_applicable = TABLES[table]
    assert missing(rows, not_applicable) == []
    assert len({row.name for row in rows}) == len(rows)


Wrong = dict[str, tuple[Any, Any]]


def differences(expected: Mapping[str, Any], document: Any) -> dict[str, Any]:
    """What `document` has instead of what is expected, by path."""
    got = {path: at(document, path) for path in expected}
    return {path: value for path, value in got.items() if value != expected[path]}


def shown(wrong: Iterable[tuple[Row, Any]]) -> dict[str, str]:
    return {row.name: str(what)[:300] for row, what in wrong if what}


def test_events_of_function_urls(aws: Account) -> None:
    url = aws.url(aws.deploy("basic.echo"))
    answers = [(row, row.given.send(url)) for row in function_url_events.ROWS]
    assert shown((row, differences(row.expected, json.loads(got.body))) for row, got in answers) == {}
    trace = json.loads(answers[0][1].body)["headers"]["x-amzn-trace-id"]
    assert trace.startswith("Root=1-") and ";" not in trace


def test_a_signature_does_not_reach_the_function(aws: Account) -> None:
    """Recorded on AWS (`audit.GO_EVENTS`): all else that signs does."""
    name = aws.deploy("basic.echo")
    url = aws.client("lambda").create_function_url_config(FunctionName=name, AuthType="AWS_IAM")[
        "FunctionUrl"
    ]
    aws.permit(name, "AWS_IAM")
    signed = AWSRequest("GET", url)
    SigV4Auth(Credentials("test", "test", "session"), "lambda", "ap-northeast-1").add_auth(signed)
    headers = [*signed.headers.items(), ("Cookie", "a=1")]
    event = json.loads(Request(headers=headers).send(url).body)
    assert {"authorization", "connection"}.isdisjoint(event["headers"])
    assert {"x-amz-date", "x-amz-security-token", "cookie"} <= event["headers"].keys()
    assert event["requestContext"]["authorizer"]["iam"]["accessKey"] == "test"


def wrong_answer(expected: tuple[int, Mapping[str, Any], bytes], got: Received) -> list[Any]:
    status, headers, body = expected
    wrong: list[Any] = [] if (got.status, got.complete) == (status, True) else [got.status, got.complete]
    for name, value in headers.items():
        values = got.all(name)
        if values != ([] if value is ABSENT else value if isinstance(value, list) else [value]):
            wrong.append({name: values})
    return wrong if got.body == body else [*wrong, got.body[:100]]


def test_buffered_answers_of_function_urls(aws: Account) -> None:
    url = aws.url(aws.deploy("answers.body"), "BUFFERED")

    def ask(result: bytes) -> Received:
        headers = [("Content-Type", "application/octet-stream")]
        return Request(method="POST", headers=headers, body=result).send(url)

    rows = function_url_answers.BUFFERED
    assert shown((row, wrong_answer(row.expected, ask(row.given))) for row in rows) == {}


def test_streamed_answers_of_function_urls(aws: Account) -> None:
    url = aws.url(aws.deploy("answers.chunks_streamed"))

    def ask(chunks: list[bytes]) -> Received:
        body = json.dumps([base64.b64encode(chunk).decode() for chunk in chunks]).encode()
        return Request(method="POST", headers=[("Content-Type", "application/json")], body=body).send(url)

    rows = function_url_answers.STREAMED
    assert shown((row, wrong_answer(row.expected, ask(row.given))) for row in rows) == {}


def test_cors_of_function_urls(aws: Account) -> None:
    name = aws.deploy("audit.own_cors")
    url = aws.url(name, "BUFFERED")
    client = aws.client("lambda")

    def ask(row: Row) -> Received:
        cors, method, origin = row.given
        client.update_function_url_config(FunctionName=name, Cors=cors)
        headers = [("Origin", origin)] if origin is not None else []
        if method == "PREFLIGHT":
            return Request("/", "OPTIONS", [*headers, ("Access-Control-Request-Method", "GET")]).send(url)
        own = [("X-Own", "1")] if row.field == "function's headers" else []
        return Request("/", method, [*headers, *own]).send(url)

    def wrong(row: Row) -> list[Any]:
        expected = {f"access-control-{name}": value for name, value in row.expected.items()}
        return wrong_answer((200, expected, b""), ask(row))

    assert shown((row, wrong(row)) for row in function_url_cors.ROWS) == {}


@pytest.mark.parametrize("row", function_url_cors.REFUSED, ids=lambda row: row.name)
def test_cors_that_is_refused(aws: Account, row: Row, refused_cors: str) -> None:
    target = f"/2021-10-31/functions/{refused_cors}/url"
    body = json.dumps({"Cors": {row.field: row.given}}).encode()
    answer = signed("PUT", aws, target, {}, body)
    assert (answer.status, answer.header("x-amzn-errortype")) == (400, "ValidationException")
    assert row.expected in json.loads(answer.body)["message"]


@pytest.fixture(scope="module")
def refused_cors(aws: Account) -> str:
    name = aws.deploy("basic.echo")
    aws.url(name)
    return name


def signed(method: str, aws: Account, target: str, headers: dict[str, str], body: bytes | None) -> Received:
    """A call of Lambda's API, header for header as it is given; only `host` and the date are signed."""
    request = AWSRequest(method, aws.endpoint_url + target, data=body)
    SigV4Auth(Credentials("test", "test"), "lambda", "ap-northeast-1").add_auth(request)
    sent = [*request.headers.items(), *headers.items()]
    encoded = [(name, value.encode().decode("latin-1")) for name, value in sent]
    return Request(target, method, encoded, body).send(aws.endpoint_url)


def chunks_of(stream: bytes) -> bytes:
    """The payload of an event stream's chunks."""
    buffer = EventStreamBuffer()
    buffer.add_data(stream)
    messages = [message.to_response_dict() for message in buffer]
    return b"".join(m["body"] for m in messages if m["headers"][":event-type"] == "PayloadChunk")


@pytest.mark.parametrize(
    "path",
    ["/2015-03-31/functions/{}/invocations", "/2021-11-15/functions/{}/response-streaming-invocations"],
)
def test_headers_and_payloads_of_invocations(aws: Account, path: str) -> None:
    target = path.format(aws.deploy("audit.tells"))

    def wrong(row: Row) -> Any:
        query, headers, payload = row.given
        got = signed("POST", aws, target + query, headers, payload)
        status, expected = row.expected
        if got.status != status:
            return got.status, got.body
        document: dict[str, Any] = {name.lower(): value for name, value in got.headers}
        document["error"] = got.header("x-amzn-errortype")
        if status == 200:
            document |= json.loads(chunks_of(got.body) if "streaming" in path else got.body)
        return differences(expected, document)

    assert shown((row, wrong(row)) for row in invocations.ROWS) == {}


# AppSync


@pytest.fixture(scope="module")
def api(aws: Account) -> DeployedApi:
    """A GraphQL API whose mutation returns its arguments, and whose queries a function resolves."""
    api = graphql(aws, appsync.SCHEMA)
    client = aws.client("appsync")
    name = aws.deploy("audit.resolves")
    arn = aws.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    client.create_data_source(
        apiId=api.api_id,
        name="function",
        type="AWS_LAMBDA",
        serviceRoleArn=aws.role(),
        lambdaConfig={"lambdaFunctionArn": arn},
    )
    for field in ("article", "node", "any"):
        client.create_resolver(apiId=api.api_id, typeName="Query", fieldName=field, dataSourceName="function")
    return api


@pytest.fixture(scope="module")
def event_api(aws: Account) -> DeployedApi:
    return events(aws)


async def test_events_of_direct_resolvers(api: DeployedApi) -> None:
    wrong = []
    for row in appsync.RESOLVER:
        query, variables = row.given
        headers = {"x-api-key": api.key, "x-empty": ""}
        _, answer = await api.post("/graphql", {"query": query, "variables": variables}, headers)
        (value,) = (answer["data"] or {"": None}).values()
        event = json.loads(value["event"]) if value else answer
        wrong.append((row, differences(row.expected, event)))
    assert shown(wrong) == {}


async def test_a_caller_of_iam_is_an_identity(aws: Account) -> None:
    """docs.aws.amazon.com/appsync/latest/devguide/resolver-context-reference.html (checked 2026-11)."""
    api = graphql(aws, "type Query { event: String }", mode="AWS_IAM")
    client = aws.client("appsync")
    name = aws.deploy("audit.identity")
    arn = aws.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    settings = {"serviceRoleArn": aws.role(), "lambdaConfig": {"lambdaFunctionArn": arn}}
    client.create_data_source(apiId=api.api_id, name="function", type="AWS_LAMBDA", **settings)
    client.create_resolver(apiId=api.api_id, typeName="Query", fieldName="event", dataSourceName="function")
    body = json.dumps({"query": "{ event }"})
    _, answer = await api.post("/graphql", body, api.signed("/graphql", body))
    identity = json.loads(answer["data"]["event"])
    assert identity["sourceIp"] == ["127.0.0.1"]
    assert identity["userArn"].startswith("arn:aws:iam::") and identity["username"]
    assert [identity[f"cognitoIdentity{name}"] for name in ("Id", "PoolId", "AuthType", "AuthProvider")] == [
        None
    ] * 4


async def test_what_mutations_send_to_subscribers(api: DeployedApi) -> None:
    wrong = []
    async with subscriber(api) as client:
        for number, row in enumerate(appsync.SUBSCRIBERS):
            subscription, mutation = row.given
            operation_id = str(number)
            assert (await client.start(operation_id, subscription, api.credentials))["type"] == "start_ack"
            await api.query(f"mutation {{ {mutation} }}")
            await client.say(id=operation_id, type="stop")
            heard = []
            while (message := await client.hear())["type"] != "complete":
                heard.append(message["payload"])
            wrong.append((row, None if heard == ([row.expected] if row.expected else []) else heard))
    assert shown(wrong) == {}


def with_credentials(message: Any, api: DeployedApi) -> Any:
    return json.loads(json.dumps(message).replace('"CREDENTIALS"', json.dumps(api.credentials)))


def wrong_message(expected: dict[str, Any], message: dict[str, Any]) -> Any:
    errors = message.get("errors") or message.get("payload", {}).get("errors") or [{}]
    got = {**message, "error": errors[0].get("errorType", ABSENT)}
    return differences(expected, got)


async def test_messages_of_graphql_apis(api: DeployedApi) -> None:
    wrong = []
    for row in appsync.GRAPHQL_MESSAGES:
        async with subscriber(api) as client:
            answer = await client.ask(**with_credentials(row.given, api))
            wrong.append((row, wrong_message(row.expected, answer)))
    assert shown(wrong) == {}


async def test_messages_of_event_apis(event_api: DeployedApi) -> None:
    wrong = []
    for row in appsync.EVENT_MESSAGES:
        async with listener(event_api) as client:
            answer = await client.ask(**with_credentials(row.given, event_api))
            wrong.append((row, wrong_message(row.expected, answer)))
    assert shown(wrong) == {}


@pytest.mark.parametrize("protocol", appsync.SUBPROTOCOLS)
async def test_subprotocols(api: DeployedApi, event_api: DeployedApi, protocol: str) -> None:
    of_graphql = protocol == "graphql-ws"
    target, path = (api, "/graphql") if of_graphql else (event_api, "/event/realtime")
    url, key = f"ws://{target.host}{path}", {"x-api-key": target.key}
    wrong = []
    for row in appsync.SUBPROTOCOLS[protocol]:
        protocols = [Subprotocol(name) for name in row.given] or None
        async with connect(url, subprotocols=protocols, compression=None, additional_headers=key) as socket:
            answer = await Client(socket).ask(type="connection_init")
        kind = "connection_error" if row.expected else "connection_ack"
        what = wrong_message({"type": kind, "error": row.expected or ABSENT}, answer)
        chosen = None if row.expected else protocol
        wrong.append((row, what or (None if socket.subprotocol == chosen else socket.subprotocol)))
    assert shown(wrong) == {}


@pytest.mark.parametrize("table", ["GraphQL", "Events"])
async def test_bodies_that_are_posted(api: DeployedApi, event_api: DeployedApi, table: str) -> None:
    rows = appsync.GRAPHQL_HTTP if table == "GraphQL" else appsync.EVENT_HTTP
    target, path = (api, "/graphql") if table == "GraphQL" else (event_api, "/event")
    wrong = []
    for row in rows:
        status, document = await target.post(path, row.given)
        errors = document.get("errors") or [{}]
        got = status, errors[0].get("errorType")
        wrong.append((row, None if got == row.expected else (*got, document)))
    assert shown(wrong) == {}
