"""What this stand-in does where AWS is unconfirmed, as the table of `server/local_aws/README.md` has it: the
choices that no other test holds."""

import asyncio
import json
from dataclasses import replace

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from server.embedded import EmbeddedServer
from server.local_aws.platform.limits import Limits
from server.local_aws.stand_in import StandIn
from tests.support.account import Account
from tests.support.appsync_clients import connected, events, graphql
from tests.support.gateway import STREAMING, Gateway
from tests.support.guests import returning, writes
from tests.support.http_client import Received, request
from tests.support.websocket_api import create_api


def test_a_streamed_invocation_is_an_event_stream(aws: Account) -> None:
    name = aws.deploy("basic.one")
    answer = aws.client("lambda").invoke_with_response_stream(FunctionName=name)
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert headers["content-type"] == "application/vnd.amazon.eventstream"


@pytest.mark.parametrize(("blanks", "status"), [(1_000_000, 200), (1_048_576, 502)])
def test_the_delimiter_of_a_function_url_ends_within_a_mebibyte(
    aws: Account, blanks: int, status: int
) -> None:
    function = writes(b"{}" + b" " * blanks + bytes(8) + b"x")
    assert request(aws.url(aws.deploy(*function))).status == status


@pytest.mark.parametrize("header", ["connection", "keep-alive", "transfer-encoding", "upgrade"])
def test_a_function_url_renames_what_is_the_servers(aws: Account, header: str) -> None:
    function = returning({"statusCode": 200, "headers": {header: "own"}})
    answer = request(aws.url(aws.deploy(*function), "BUFFERED"))
    assert answer.header(f"x-amzn-remapped-{header}") == "own"


async def test_a_rest_stream_without_a_time_limit_has_that_of_the_service() -> None:
    written = writes(b"{}" + bytes(8), *(b"x", 0.1) * 50)

    def read(endpoint_url: str) -> Received:
        gateway = Gateway(Account(endpoint_url))
        function = STREAMING.format(gateway.function(*written))
        return request(gateway.rest(function, "STREAM").url + "/x")

    assert Limits().rest_stream_seconds == 15 * 60
    stand_in = StandIn(replace(Limits(), rest_stream_seconds=2.0))
    try:
        cut = await asyncio.to_thread(read, await stand_in.start())
    finally:
        await stand_in.stop()
    assert cut.status == 200 and not cut.complete and cut.body


def test_default_sends_the_path_on_to_a_proxy_that_has_none(gateway: Gateway, origin: EmbeddedServer) -> None:
    endpoint = gateway.http(origin.url("").rstrip("/"))
    assert request(f"{endpoint}/transfer-encoding?count=2&interval_ms=0").body.count(b"seq") == 2


async def test_a_post_that_is_not_utf_8_is_sent_in_binary_frames(aws: Account) -> None:
    api = create_api(aws)
    async with connect(api.url) as client:
        await client.send("")
        own = json.loads(await client.recv())["connectionId"]
        post = api.management().post_to_connection
        await asyncio.to_thread(post, ConnectionId=own, Data=b"\xff\0")
        assert await client.recv() == b"\xff\0"


async def test_a_connection_to_appsync_that_is_refused_is_closed_with_1008(aws: Account) -> None:
    for api, path, protocol in (
        (await asyncio.to_thread(graphql, aws), "/graphql", "graphql-ws"),
        (await asyncio.to_thread(events, aws), "/event/realtime", "aws-appsync-event-ws"),
    ):
        wrong = {**api.credentials, "x-api-key": "wrong"}
        async with connected(f"ws://{api.host}{path}", protocol, wrong) as client:
            assert (await client.ask(type="connection_init"))["type"] == "connection_error"
            with pytest.raises(ConnectionClosed) as closed:
                await client.hear()
            assert closed.value.rcvd is not None and closed.value.rcvd.code == 1008
