"""Routes, events, route responses and what the gateway itself says."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.support.account import Account, start_stand_in
from tests.support.websocket_api import WebSocketApi, create_api, deploy_python, message


@pytest.fixture(scope="module")
def api(aws: Account) -> WebSocketApi:
    echo, answers = deploy_python(aws, "websocket.event"), deploy_python(aws, "websocket.answers")
    api = create_api(aws, StageVariables={"color": "blue"})
    api.add_route("echo", echo, responds=True)
    api.add_route("oneway", echo)
    api.add_route("answer", answers, responds=True)
    api.add_route("answer1", answers)
    return api


async def ask(client: ClientConnection, **fields: Any) -> Any:
    await client.send(message(**fields))
    return json.loads(await asyncio.wait_for(client.recv(), 20))


async def silent(client: ClientConnection, seconds: float = 0.5) -> bool:
    try:
        await asyncio.wait_for(client.recv(), seconds)
    except TimeoutError:
        return True
    return False


async def status_of(url: str, **settings: Any) -> int:
    try:
        async with connect(url, **settings):
            return 101
    except InvalidStatus as error:
        return error.response.status_code


async def test_a_message_reaches_its_route_with_the_documented_event(api: WebSocketApi) -> None:
    before = int(time.time() * 1000)
    async with connect(api.url) as client:
        event = await ask(client, action="echo", text="日本")
    assert json.loads(event["body"]) == {"action": "echo", "text": "日本"}
    assert event["isBase64Encoded"] is False and event["stageVariables"] == {"color": "blue"}
    assert "headers" not in event and "queryStringParameters" not in event
    context = event["requestContext"]
    assert context["routeKey"] == "echo" and context["eventType"] == "MESSAGE"
    assert context["messageDirection"] == "IN" and context["stage"] == "dev"
    assert context["apiId"] == api.id and context["domainName"] == api.endpoint.removeprefix("ws://")
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert before <= context["connectedAt"] <= context["requestTimeEpoch"]
    for name in ("connectionId", "messageId", "requestId", "extendedRequestId"):
        assert context[name].endswith("=") and len(context[name]) == 16


async def test_without_a_route_response_nothing_comes_back(api: WebSocketApi) -> None:
    async with connect(api.url) as client:
        await client.send(message(action="oneway"))
        assert await silent(client)


@pytest.mark.parametrize("text", ["no JSON", "[1]", "{}", '{"action": "unknown"}', '{"action": {}}', ""])
async def test_no_route_and_no_default_is_forbidden_and_the_socket_stays_open(
    api: WebSocketApi, text: str
) -> None:
    async with connect(api.url) as client:
        await client.send(text)
        refused = await client.recv()
        document = json.loads(refused)
        assert refused == (
            f'{{"message": "Forbidden", "connectionId":"{document["connectionId"]}", '
            f'"requestId":"{document["requestId"]}"}}'
        )
        event = await ask(client, action="echo")
    assert event["requestContext"]["connectionId"] == document["connectionId"]


async def test_default_takes_what_no_other_route_does(aws: Account) -> None:
    api = create_api(aws, selection="${request.body.service}/${request.body.verb}")
    echo = deploy_python(aws, "websocket.event")
    api.add_route("orders/list", echo, responds=True)
    api.add_route("$default", echo, responds=True)
    async with connect(api.url) as client:
        chosen = await ask(client, service="orders", verb="list")
        other = await ask(client, service="orders", verb="drop")
        await client.send("plain text")
        plain = json.loads(await client.recv())
    keys = [event["requestContext"]["routeKey"] for event in (chosen, other, plain)]
    assert keys == ["orders/list", "$default", "$default"]
    assert plain["body"] == "plain text"


@pytest.mark.parametrize("how", ["raise", "exit"])
@pytest.mark.parametrize("action", ["answer", "answer1"])
async def test_a_function_that_fails_is_an_internal_server_error(
    api: WebSocketApi, action: str, how: str
) -> None:
    async with connect(api.url) as client:
        failure = await ask(client, action=action, **{how: True})
        again = await ask(client, action="echo")
    assert failure["message"] == "Internal server error"
    assert set(failure) == {"message", "connectionId", "requestId"}
    assert again["requestContext"]["connectionId"] == failure["connectionId"]


@pytest.mark.parametrize(
    ("returned", "arrives"),
    [
        ({"statusCode": 200, "body": "hello"}, "hello"),
        ({"statusCode": 500, "body": "hello"}, "hello"),
        ({"body": {"a": 1}}, '{"a":1}'),
        ("text", "text"),
        ([1, 2], "[1,2]"),
    ],
)
async def test_a_route_response_carries_what_the_function_returns(
    api: WebSocketApi, returned: Any, arrives: str
) -> None:
    async with connect(api.url) as client:
        await client.send(json.dumps({"action": "answer", "return": returned}))
        assert await asyncio.wait_for(client.recv(), 20) == arrives


@pytest.mark.parametrize("returned", [None, {"statusCode": 200}])
async def test_nothing_returned_is_nothing_sent(api: WebSocketApi, returned: Any) -> None:
    async with connect(api.url) as client:
        await client.send(json.dumps({"action": "answer", "return": returned}))
        assert await silent(client)


async def test_messages_of_one_client_are_served_side_by_side(api: WebSocketApi) -> None:
    async with connect(api.url) as client:
        started = time.monotonic()
        await ask(client, action="answer", **{"return": "1"})
        await client.send(json.dumps({"action": "answer", "sleep": 2, "return": '"slow"'}))
        await client.send(json.dumps({"action": "answer", "return": '"fast"'}))
        assert [json.loads(await client.recv()) for _ in range(2)] == ["fast", "slow"]
        assert time.monotonic() - started < 10


async def test_models_refuse_a_message_with_the_message_id(aws: Account) -> None:
    api = create_api(aws)
    schema = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    api.gateway.create_model(
        ApiId=api.id, Name="Named", ContentType="application/json", Schema=json.dumps(schema)
    )
    api.add_route(
        "echo",
        deploy_python(aws, "websocket.event"),
        responds=True,
        ModelSelectionExpression="$request.body.kind",
        RequestModels={"named": "Named"},
    )
    async with connect(api.url) as client:
        await client.send(message(action="echo", kind="named"))
        refused = await client.recv()
        fits = await ask(client, action="echo", kind="named", name="a")
        other = await ask(client, action="echo", kind="other")
    document = json.loads(refused)
    assert refused == (
        f'{{"message" : "Bad request body", "connectionId": "{document["connectionId"]}", '
        f'"messageId": "{document["messageId"]}"}}'
    )
    assert fits["body"] and other["body"]


@pytest.fixture(scope="module")
def gated(aws: Account) -> WebSocketApi:
    api = create_api(aws)
    api.add_route("$connect", deploy_python(aws, "websocket.connects"))
    api.add_route("echo", deploy_python(aws, "websocket.event"), responds=True)
    return api


class TestConnect:
    @pytest.mark.parametrize("status", [400, 401, 403, 404, 500, 503])
    async def test_its_status_is_the_handshakes(self, gated: WebSocketApi, status: int) -> None:
        assert await status_of(f"{gated.url}?status={status}") == status

    @pytest.mark.parametrize("query", ["raise=1", "nothing=1", "status=abc"])
    async def test_an_exception_is_a_502(self, gated: WebSocketApi, query: str) -> None:
        assert await status_of(f"{gated.url}?{query}") == 502

    async def test_the_upgrade_waits_for_it(self, gated: WebSocketApi) -> None:
        async with connect(gated.url):
            pass
        started = time.monotonic()
        async with connect(f"{gated.url}?sleep=0.7"):
            assert time.monotonic() - started >= 0.7

    async def test_its_subprotocol_is_the_handshakes(self, gated: WebSocketApi) -> None:
        async with connect(gated.url, subprotocols=["chat.v1", "chat.v2"]) as client:  # type: ignore[list-item]
            assert client.subprotocol == "chat.v2"

    async def test_what_is_no_subprotocol_is_a_502(self, gated: WebSocketApi) -> None:
        url = f"{gated.url}?choose=a%0d%0aX-Injected:b"
        assert await status_of(url, subprotocols=["chat.v1"]) == 502

    async def test_its_event(self, aws: Account) -> None:
        api = create_api(aws)
        api.add_route("$connect", deploy_python(aws, "sdk.keep"))
        api.add_route("$default", deploy_python(aws, "websocket.request_context"), responds=True)
        async with connect(f"{api.url}?a=1&a=2&b=", additional_headers={"X-Thing": "t"}) as client:
            await client.send("")
            event = kept(aws, json.loads(await client.recv())["connectionId"])
        assert event["queryStringParameters"] == {"a": "2", "b": ""}
        assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": [""]}
        assert event["headers"]["Sec-WebSocket-Version"] == "13"
        assert {"Host", "Sec-WebSocket-Key", "X-Amzn-Trace-Id", "X-Thing"} <= set(event["headers"])
        assert event["headers"]["X-Forwarded-Proto"] == "https" and "Upgrade" not in event["headers"]
        assert event["multiValueHeaders"]["X-Thing"] == ["t"]
        assert event["requestContext"]["eventType"] == "CONNECT" and "body" not in event
        async with connect(api.url) as client:
            await client.send("")
            bare = kept(aws, json.loads(await client.recv())["connectionId"])
        assert "queryStringParameters" not in bare

    def test_a_plain_get_needs_an_upgrade(self, gated: WebSocketApi) -> None:
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(gated.url.replace("ws", "http", 1))
        assert refused.value.code == 426

    @pytest.mark.parametrize("path", ["", "/prod", "/dev/more", "/dev%2Fmore"])
    async def test_what_is_no_stage_is_forbidden(self, gated: WebSocketApi, path: str) -> None:
        assert await status_of(gated.endpoint + path) == 403

    async def test_a_url_has_4096_characters(self, gated: WebSocketApi) -> None:
        room = 4096 - len("/dev?a=")
        assert await status_of(f"{gated.url}?a=" + "x" * room) == 101
        assert await status_of(f"{gated.url}?a=" + "x" * (room + 1)) == 414

    async def test_a_function_that_api_gateway_may_not_invoke_is_a_500(self, aws: Account) -> None:
        api = create_api(aws)
        function = deploy_python(aws, "websocket.connects")
        api.add_route("$connect", function)
        policy = json.loads(aws.client("lambda").get_policy(FunctionName=function)["Policy"])
        for statement in policy["Statement"]:
            aws.client("lambda").remove_permission(FunctionName=function, StatementId=statement["Sid"])
        assert await status_of(api.url) == 500
        api.permit(function)
        assert await status_of(api.url) == 101


def kept(aws: Account, connection_id: str, kind: str = "CONNECT") -> Any:
    """The event that `sdk.keep` was given."""
    ssm = aws.client("ssm")
    for _ in range(200):
        try:
            name = kind + connection_id.replace("=", "")
            return json.loads(ssm.get_parameter(Name=name)["Parameter"]["Value"])
        except ssm.exceptions.ParameterNotFound:
            time.sleep(0.1)
    raise AssertionError("no event")


@pytest.fixture(scope="module")
def told(aws: Account) -> WebSocketApi:
    api = create_api(aws)
    api.add_route("$disconnect", deploy_python(aws, "sdk.keep"))
    api.add_route("$default", deploy_python(aws, "websocket.request_context"), responds=True)
    return api


class TestDisconnect:
    async def event_after(self, told: WebSocketApi, leave: str) -> Any:
        client = await connect(told.url)
        await client.send("")
        connection_id = json.loads(await client.recv())["connectionId"]
        if leave == "code":
            await client.close(4001, "done")
        elif leave == "no code":
            client.transport.write(b"\x88\x80\0\0\0\0")
            await client.wait_closed()
        elif leave == "drop":
            client.transport.abort()
        elif leave == "binary":
            await client.send(b"\0")
            with pytest.raises(ConnectionClosed):
                await client.recv()
        else:
            told.management().delete_connection(ConnectionId=connection_id)
            await client.wait_closed()
            assert client.close_code == 1000
        return await asyncio.to_thread(kept, told.aws, connection_id, "DISCONNECT")

    @pytest.mark.parametrize(
        ("leave", "code", "reason"),
        [
            ("code", 4001, "done"),
            ("no code", 1005, "Client-side close frame status not set"),
            ("drop", 1006, None),
            ("binary", 1003, None),
            ("delete", 1000, None),
        ],
    )
    async def test_it_learns_how_the_connection_ended(
        self, told: WebSocketApi, leave: str, code: int, reason: str | None
    ) -> None:
        event = await self.event_after(told, leave)
        context = event["requestContext"]
        assert context["eventType"] == "DISCONNECT" and context["routeKey"] == "$disconnect"
        assert context["disconnectStatusCode"] == code
        assert reason is None or context["disconnectReason"] == reason
        assert event["headers"] == {
            "Host": context["domainName"],
            "x-api-key": "",
            "X-Forwarded-For": "",
            "x-restapi": "",
        }


class TestAuthorization:
    def guarded(self, aws: Account) -> tuple[WebSocketApi, str]:
        """An API whose `$connect` has a Lambda authorizer, and the id of that route."""
        api = create_api(aws)
        function = deploy_python(aws, "websocket.authorizes")
        api.permit(function)
        uri = f"arn:aws:apigateway:ap-northeast-1:lambda:path/2015-03-31/functions/{function}/invocations"
        authorizer = api.gateway.create_authorizer(
            ApiId=api.id,
            Name="token",
            AuthorizerType="REQUEST",
            AuthorizerUri=uri,
            IdentitySource=["route.request.querystring.token"],
        )
        route = api.add_route("$connect", AuthorizationType="CUSTOM", AuthorizerId=authorizer["AuthorizerId"])
        return api, route

    async def test_a_lambda_authorizer_decides_on_connect(self, aws: Account) -> None:
        api, _ = self.guarded(aws)
        api.add_route("echo", deploy_python(aws, "websocket.event"), responds=True)
        assert await status_of(api.url) == 401
        assert await status_of(f"{api.url}?token=bad") == 403
        assert await status_of(f"{api.url}?token=odd") == 500
        assert await status_of(f"{api.url}?token=unknown") == 401
        assert await status_of(f"{api.url}?token=broken") == 500
        async with connect(f"{api.url}?token=good") as client:
            event = await ask(client, action="echo")
        authorizer = event["requestContext"]["authorizer"]
        assert authorizer.pop("integrationLatency") >= 0
        assert authorizer == {"plan": "free", "principalId": "reader"}

    async def test_the_route_says_whether_its_authorizer_is_asked(self, aws: Account) -> None:
        api, route = self.guarded(aws)
        assert await status_of(api.url) == 401
        api.gateway.update_route(ApiId=api.id, RouteId=route, AuthorizationType="NONE")
        assert await status_of(api.url) == 101

    async def test_without_the_authorizer_it_names_a_route_lets_nobody_in(self, aws: Account) -> None:
        api, route = self.guarded(aws)
        authorizer = api.gateway.get_route(ApiId=api.id, RouteId=route)["AuthorizerId"]
        api.gateway.delete_authorizer(ApiId=api.id, AuthorizerId=authorizer)
        assert await status_of(f"{api.url}?token=good") == 500

    async def test_iam_wants_a_signature(self, aws: Account) -> None:
        api = create_api(aws)
        api.add_route("$connect", AuthorizationType="AWS_IAM")
        assert await status_of(api.url) == 403
        request = AWSRequest("GET", api.url.replace("ws", "https", 1))
        SigV4Auth(Credentials("test", "test"), "execute-api", "ap-northeast-1").add_auth(request)
        assert await status_of(api.url, additional_headers=dict(request.headers)) == 101


async def test_a_stage_serves_what_was_deployed_to_it(aws: Account) -> None:
    api = create_api(aws, AutoDeploy=False)
    echo = deploy_python(aws, "websocket.event")
    api.add_route("echo", echo, responds=True)
    assert await status_of(api.url) == 403
    deployment = api.gateway.create_deployment(ApiId=api.id, StageName="dev")
    api.add_route("later", echo, responds=True)
    async with connect(api.url) as client:
        assert (await ask(client, action="echo"))["requestContext"]["routeKey"] == "echo"
        assert (await ask(client, action="later"))["message"] == "Forbidden"
        stage = api.gateway.get_stage(ApiId=api.id, StageName="dev")
        assert stage["DeploymentId"] == deployment["DeploymentId"]
        second = api.gateway.create_deployment(ApiId=api.id)
        api.gateway.update_stage(ApiId=api.id, StageName="dev", DeploymentId=second["DeploymentId"])
        assert (await ask(client, action="later"))["requestContext"]["routeKey"] == "later"
    (stage,) = api.gateway.get_stages(ApiId=api.id)["Items"]
    assert stage["DeploymentId"] == second["DeploymentId"]
    listed = api.gateway.get_deployments(ApiId=api.id)["Items"]
    assert [item["DeploymentId"] for item in listed] == [deployment["DeploymentId"], second["DeploymentId"]]


@pytest.fixture(scope="module")
def hasty() -> Iterator[Account]:
    """The stand-in with limits of one twentieth: 1.45 s for an integration, 30 s idle."""
    process, endpoint_url = start_stand_in("0.05")
    with process:
        yield Account(endpoint_url)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0


async def test_an_integration_that_takes_too_long_times_out_and_goes_on(hasty: Account) -> None:
    api = create_api(hasty)
    api.add_route("answer", deploy_python(hasty, "websocket.answers"), responds=True)
    async with connect(api.url) as client:
        await ask(client, action="answer", **{"return": "1"})
        started = time.monotonic()
        refused = await ask(client, action="answer", sleep=3, **{"return": '"late"'})
        assert refused["message"] == "Endpoint request timed out"
        assert 1 < time.monotonic() - started < 2.8
        assert await silent(client, 3), "its result comes too late"


async def test_a_connect_that_takes_too_long_is_a_504(hasty: Account) -> None:
    api = create_api(hasty)
    api.add_route("$connect", deploy_python(hasty, "websocket.connects"))
    assert await status_of(f"{api.url}?sleep=5") == 504


async def test_an_integration_may_have_a_shorter_time_of_its_own(aws: Account) -> None:
    api = create_api(aws)
    answers = deploy_python(aws, "websocket.answers")
    api.add_route("answer", answers, responds=True)
    async with connect(api.url) as client:
        await ask(client, action="answer", **{"return": "1"})
        integration = api.gateway.get_integrations(ApiId=api.id)["Items"][0]
        api.gateway.update_integration(
            ApiId=api.id, IntegrationId=integration["IntegrationId"], TimeoutInMillis=500
        )
        refused = await ask(client, action="answer", sleep=3, **{"return": '"late"'})
    assert refused["message"] == "Endpoint request timed out"
