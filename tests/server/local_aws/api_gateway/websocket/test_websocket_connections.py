"""`@connections`, AWS's limits on messages and frames, and clients that misbehave."""

import asyncio
import base64
import json
import os
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from yarl import URL

from tests.support.account import Account, start_stand_in
from tests.support.guests import guest_source, zipped
from tests.support.websocket_api import WebSocketApi, create_api, deploy_python


@pytest.fixture(scope="module")
def api(aws: Account) -> WebSocketApi:
    api = create_api(aws)
    api.add_route("$default", deploy_python(aws, "websocket.connection"), responds=True)
    return api


async def connection_id(client: ClientConnection) -> str:
    await client.send("")
    return str(await asyncio.wait_for(client.recv(), 20))


def refusal(call: Any, **arguments: Any) -> tuple[int, str]:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    answer: dict[str, Any] = error.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def upgrade(api: WebSocketApi, more: str) -> str:
    """The head of the answer to a handshake with these header lines more."""
    address, _, path = api.url.removeprefix("ws://").partition("/")
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as client:
        head = (
            f"GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}\r\n"
        )
        client.sendall(f"{head}{more}\r\n".encode())
        answer = b""
        while b"\r\n\r\n" not in answer and (data := client.recv(4096)):
            answer += data
        return answer.decode()


class TestManagement:
    async def test_post_get_and_delete(self, api: WebSocketApi) -> None:
        management = api.management()
        async with connect(api.url, user_agent_header="tester") as client:
            own = await connection_id(client)
            posted = await asyncio.to_thread(
                management.post_to_connection, ConnectionId=own, Data="日本".encode()
            )
            assert posted["ResponseMetadata"]["HTTPStatusCode"] == 200
            assert await client.recv() == "日本"
            found = await asyncio.to_thread(management.get_connection, ConnectionId=own)
            assert found["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "tester"}
            assert 0 <= found["LastActiveAt"].timestamp() - found["ConnectedAt"].timestamp() < 30
            deleted = await asyncio.to_thread(management.delete_connection, ConnectionId=own)
            assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
            with pytest.raises(ConnectionClosed):
                await client.recv()
        for call in (management.get_connection, management.delete_connection):
            assert refusal(call, ConnectionId=own) == (410, "GoneException")
        assert refusal(management.post_to_connection, ConnectionId=own, Data=b"") == (410, "GoneException")

    async def test_a_message_of_128_kb_arrives_in_frames_of_32_and_one_more_byte_is_too_large(
        self, api: WebSocketApi
    ) -> None:
        management = api.management()
        async with connect(api.url) as client:
            own = await connection_id(client)
            await asyncio.to_thread(management.post_to_connection, ConnectionId=own, Data=b"x" * 131_072)
            frames = [len(frame) async for frame in client.recv_streaming()]
            assert frames == [32_768] * 4
            too_large = await asyncio.to_thread(
                refusal, management.post_to_connection, ConnectionId=own, Data=b"x" * 131_073
            )
            assert too_large == (413, "PayloadTooLargeException")

    async def test_only_who_signs_and_may_manage(self, api: WebSocketApi) -> None:
        unknown = api.management(aws_access_key_id="AKIAUNKNOWN", aws_secret_access_key="x")
        wrong = api.management(aws_access_key_id="test", aws_secret_access_key="wrong")
        iam = api.aws.client("iam")
        iam.create_user(UserName=f"user-{api.id}")
        key = iam.create_access_key(UserName=f"user-{api.id}")["AccessKey"]
        keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        user = api.management(**keys)
        async with connect(api.url) as client:
            own = await connection_id(client)
            for management in (unknown, wrong, user):
                refused = await asyncio.to_thread(
                    refusal, management.post_to_connection, ConnectionId=own, Data=b"no"
                )
                assert refused == (403, "ForbiddenException")
            arn = f"arn:aws:execute-api:ap-northeast-1:123456789012:{api.id}/dev/POST/@connections/*"
            statement = {"Effect": "Allow", "Action": "execute-api:ManageConnections", "Resource": arn}
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            iam.put_user_policy(UserName=f"user-{api.id}", PolicyName="post", PolicyDocument=policy)
            await asyncio.to_thread(user.post_to_connection, ConnectionId=own, Data=b"yes")
            assert await client.recv() == "yes"
            assert await asyncio.to_thread(refusal, user.get_connection, ConnectionId=own) == (
                403,
                "ForbiddenException",
            )

    async def test_inside_connect_the_connection_is_not_there_yet(self, aws: Account) -> None:
        api = create_api(aws)
        api.add_route("$connect", deploy_python(aws, "sdk.push_early"))
        async with connect(api.url):
            pass

    async def test_a_client_that_does_not_read_makes_post_a_429(self, api: WebSocketApi) -> None:
        management = api.management()
        async with connect(api.url, max_queue=1, compression=None) as client:
            own = await connection_id(client)

            def fill() -> str:
                for _ in range(500):
                    try:
                        management.post_to_connection(ConnectionId=own, Data=b"x" * 131_072)
                    except management.exceptions.LimitExceededException as error:
                        return str(error.response["ResponseMetadata"]["HTTPStatusCode"])
                return "never"

            assert await asyncio.to_thread(fill) == "429"

    def test_curl_is_told_to_upgrade(self, api: WebSocketApi) -> None:
        done = subprocess.run(
            ["curl", "-si", api.url.replace("ws", "http", 1)], capture_output=True, text=True
        )
        assert done.stdout.startswith("HTTP/1.1 426 Upgrade Required"), done.stdout

    async def test_aiohttp_is_a_client_as_well(self, api: WebSocketApi) -> None:
        async with aiohttp.ClientSession() as session, session.ws_connect(api.url) as client:
            await client.send_str("")
            assert (await client.receive_str()).endswith("=")

    async def test_the_path_may_be_encoded(self, api: WebSocketApi) -> None:
        async with connect(api.url) as client, aiohttp.ClientSession() as session:
            own = quote(await connection_id(client))
            url = f"{api.url.replace('ws', 'http', 1)}/%40connections/{own}"
            request = AWSRequest("POST", url, data=b"encoded")
            SigV4Auth(Credentials("test", "test"), "execute-api", "ap-northeast-1").add_auth(request)
            async with session.post(
                URL(url, encoded=True), data=b"encoded", headers=dict(request.headers)
            ) as answer:
                assert answer.status == 200
            assert await client.recv() == "encoded"
            async with session.post(URL(url, encoded=True), data=b"unsigned") as answer:
                assert answer.status == 403

    def test_the_name_is_trusted_by_functions_only(self, api: WebSocketApi) -> None:
        with pytest.raises(Exception, match="CERTIFICATE_VERIFY_FAILED"):
            api.management("https").get_connection(ConnectionId="x=")

    def test_node_trusts_it_too(self, api: WebSocketApi) -> None:
        aws = api.aws.client("lambda")
        aws.create_function(
            FunctionName=f"node-{api.id}",
            Role=api.aws.role(),
            Runtime="nodejs24.x",
            Handler="index.handler",
            Code={"ZipFile": zipped({"index.mjs": guest_source("fetches.mjs")})},
            Timeout=20,
        )
        payload = json.dumps({"url": api.url.replace("ws", "https", 1)})
        answer = aws.invoke(FunctionName=f"node-{api.id}", Payload=payload)
        assert json.load(answer["Payload"]) == {"status": 426}


async def close_code(client: ClientConnection) -> int | None:
    await asyncio.wait_for(client.wait_closed(), 10)
    return client.close_code


class TestLimits:
    async def test_a_binary_frame_is_1003(self, api: WebSocketApi) -> None:
        async with connect(api.url) as client:
            await client.send(b"\0\1")
            assert await close_code(client) == 1003

    @pytest.mark.parametrize(("size", "code"), [(32_768, None), (32_769, 1009), (1_000_000, 1009)])
    async def test_a_frame_has_32_kb(self, api: WebSocketApi, size: int, code: int | None) -> None:
        async with connect(api.url) as client:
            await client.send("x" * size)
            if code is None:
                assert await asyncio.wait_for(client.recv(), 10)
            else:
                assert await close_code(client) == code

    @pytest.mark.parametrize(("extra", "code"), [("", None), ("x", 1009)])
    async def test_a_message_has_128_kb(self, api: WebSocketApi, extra: str, code: int | None) -> None:
        async with connect(api.url) as client:
            await client.send(["x" * 32_768] * 4 + [extra])
            if code is None:
                assert await asyncio.wait_for(client.recv(), 10)
            else:
                assert await close_code(client) == code

    async def test_over_tls_the_client_learns_the_code_as_well(self, api: WebSocketApi) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        async with connect(api.url.replace("ws", "wss", 1), ssl=context) as client:
            await client.send("x" * 100_000)
            assert await close_code(client) == 1009

    @pytest.mark.parametrize(
        ("offer", "answer"),
        [
            ("permessage-deflate", "permessage-deflate"),
            ("permessage-deflate; client_max_window_bits", "permessage-deflate"),
            (
                "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
                "permessage-deflate; server_max_window_bits=12",
            ),
            (
                "x-other, permessage-deflate; server_no_context_takeover; client_no_context_takeover",
                "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
            ),
            ("permessage-deflate; server_max_window_bits=8, permessage-deflate", "permessage-deflate"),
            ("permessage-deflate; no_such_parameter", None),
            ("x-webkit-deflate-frame", None),
        ],
    )
    def test_the_compression_that_a_client_offers(
        self, api: WebSocketApi, offer: str, answer: str | None
    ) -> None:
        """The third is the pair captured from AWS (python-websockets/websockets#1065)."""
        head = upgrade(api, f"Sec-WebSocket-Extensions: {offer}\r\n")
        assert head.splitlines()[0] == "HTTP/1.1 101 Switching Protocols"
        chosen = [line.partition(": ")[2] for line in head.splitlines() if "-Extensions:" in line]
        assert chosen == ([answer] if answer else [])

    def test_an_offer_that_is_not_one_is_refused(self, api: WebSocketApi) -> None:
        assert upgrade(api, "Sec-WebSocket-Extensions: ;=\r\n").startswith("HTTP/1.1 400 ")

    async def test_compressed_messages_go_both_ways(self, api: WebSocketApi, aws: Account) -> None:
        echoing = create_api(aws)
        echoing.add_route("$default", deploy_python(aws, "websocket.body"), responds=True)
        async with connect(echoing.url, compression="deflate") as client:
            for size in (0, 1, 32_768):
                await client.send("あ" * (size // 3) + "x")
                assert await asyncio.wait_for(client.recv(), 20) == "あ" * (size // 3) + "x"
            await client.send(["x" * 32_768] * 5)
            assert await close_code(client) == 1009, "a limit is one of what a message holds"

    async def test_too_many_messages_are_1008(self, aws: Account) -> None:
        api = create_api(aws, DefaultRouteSettings={"ThrottlingRateLimit": 2.0, "ThrottlingBurstLimit": 3})
        api.add_route("$default")
        async with connect(api.url) as client:
            for _ in range(20):
                await client.send("x")
            assert await close_code(client) == 1008


@pytest.fixture(scope="module")
def brief() -> Iterator[Account]:
    """The stand-in with limits of one five-hundredth: idle after 1.2 s, old after 14.4 s."""
    process, endpoint_url = start_stand_in("0.002")
    with process:
        yield Account(endpoint_url)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0


async def test_an_idle_connection_is_closed_with_1001_and_an_active_one_when_it_is_old(
    brief: Account,
) -> None:
    api = create_api(brief)
    api.add_route("$default")

    async def idle() -> tuple[int | None, float]:
        async with connect(api.url, ping_interval=0.2) as client:
            started = time.monotonic()
            return await close_code(client), time.monotonic() - started

    async def active() -> tuple[int | None, float]:
        await asyncio.sleep(1.5)  # one connection a second is all this account may open
        async with connect(api.url) as client:
            started = time.monotonic()
            try:
                while time.monotonic() - started < 30:
                    await client.send("x")
                    await asyncio.sleep(0.3)
            except ConnectionClosed:
                pass
            return client.close_code, time.monotonic() - started

    (idle_code, idle_seconds), (active_code, active_seconds) = await asyncio.gather(idle(), active())
    assert (idle_code, active_code) == (1001, 1001)
    assert 1.0 < idle_seconds < 6
    assert 12 < active_seconds < 25


async def test_more_new_connections_than_the_account_may_open_are_refused(brief: Account) -> None:
    api = create_api(brief)
    api.add_route("$default")
    results = await asyncio.gather(*(opens(api.url) for _ in range(8)))
    assert 429 in results


async def opens(url: str) -> int:
    try:
        async with connect(url):
            return 101
    except InvalidStatus as error:
        return error.response.status_code


def raw_handshake(api: WebSocketApi, **headers: str) -> tuple[socket.socket, bytes]:
    """A socket after the handshake, and the head of the answer."""
    host, port = api.endpoint.removeprefix("ws://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=10)
    fields = {
        "Host": f"{host}:{port}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"GET /{api.stage} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items() if value)]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    head = b""
    while b"\r\n\r\n" not in head:
        data = connection.recv(4096)
        if not data:
            break
        head += data
    return connection, head


def until_closed(connection: socket.socket) -> bytes:
    received = b""
    while data := connection.recv(65_536):
        received += data
    return received


class TestRawClients:
    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, b"101"),
            ({"Sec_WebSocket_Key": "test"}, b"400"),
            ({"Sec_WebSocket_Key": ""}, b"400"),
            ({"Sec_WebSocket_Version": "8"}, b"400"),
            ({"Connection": "keep-alive"}, b"426"),
            ({"Upgrade": "h2c"}, b"426"),
        ],
    )
    def test_a_handshake_is_checked(self, api: WebSocketApi, headers: dict[str, str], status: bytes) -> None:
        connection, head = raw_handshake(api, **headers)
        with connection:
            assert head.split()[1] == status

    @pytest.mark.parametrize(
        ("frame", "code"),
        [
            (b"\x81\x02hi", 1002),  # not masked
            (b"\xc1\x82\0\0\0\0hi", 1002),  # a reserved bit
            (b"\x83\x82\0\0\0\0hi", 1002),  # a reserved opcode
            (b"\x80\x82\0\0\0\0hi", 1002),  # a continuation of nothing
            (b"\x01\x82\0\0\0\0hi\x81\x82\0\0\0\0hi", 1002),  # a new message inside a fragmented one
            (b"\x09\x80\0\0\0\0", 1002),  # a fragmented ping
            (b"\x81\x82\0\0\0\0\xff\xff", 1007),  # not UTF-8
            (b"\x82\x80\0\0\0\0", 1003),  # binary
            (b"\x02\x80\0\0\0\0", 1003),  # the beginning of something binary
            (b"\x81\xfe\xff\xff\0\0\0\0", 1009),  # announces 64 KB, fragmented or not
            (b"\x81\xff\0\0\0\0\0\0\xff\xff\0\0\0\0", 1002),  # in more bytes than need be
            (b"\x81\xff\x7f\0\0\0\0\0\0\0\0\0\0\0", 1009),  # announces 9 EB
        ],
    )
    def test_what_a_frame_must_not_be(self, api: WebSocketApi, frame: bytes, code: int) -> None:
        connection, _ = raw_handshake(api)
        with connection:
            payload = b"x" * 65_535 if frame[2:4] == b"\xff\xff" else b""
            connection.sendall(frame + payload)
            received = until_closed(connection)
        assert received[0] == 0x88 and int.from_bytes(received[2:4], "big") == code

    def test_a_message_and_a_close_in_one_packet_are_both_taken(self, api: WebSocketApi) -> None:
        connection, _ = raw_handshake(api)
        with connection:
            connection.sendall(b"\x81\x82\0\0\0\0hi\x88\x82\0\0\0\0\x03\xe8")
            assert until_closed(connection).endswith(b"\x88\x02\x03\xe8")

    def test_a_frame_sent_with_the_handshake_is_not_lost(self, api: WebSocketApi) -> None:
        host, port = api.endpoint.removeprefix("ws://").split(":")
        key = base64.b64encode(os.urandom(16)).decode()
        request = (
            f"GET /dev HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        )
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(request.encode() + b"\x81\x82\0\0\0\0hi")
            received = b""
            while b"=" not in received.partition(b"\r\n\r\n")[2]:
                received += connection.recv(4096)

    def test_who_pings_and_does_not_read_is_not_read_for_ever(self, api: WebSocketApi) -> None:
        connection, _ = raw_handshake(api)
        pings = b"\x89\xfd\0\0\0\0" + b"x" * 125
        with connection:
            connection.settimeout(1)
            with pytest.raises(TimeoutError):
                for _ in range(1000):  # 131 MB
                    connection.sendall(pings * 1000)

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(garbage=st.binary(min_size=1, max_size=200))
    def test_garbage_ends_one_connection_and_nothing_else(self, api: WebSocketApi, garbage: bytes) -> None:
        connection, _ = raw_handshake(api)
        with connection:
            connection.sendall(garbage)
            connection.shutdown(socket.SHUT_WR)
            received = until_closed(connection)
        assert not received or received[0] & 0x0F in (1, 8, 10)


class TestControlPlane:
    def test_the_endpoint_is_listed_and_everywhere_the_same(self, api: WebSocketApi) -> None:
        with urllib.request.urlopen(f"{api.aws.endpoint_url}/_local/endpoints") as response:
            listed = json.load(response)
        entry = {"service": "apigatewayv2", "kind": "websocket-api", "id": api.id, "url": api.endpoint}
        assert entry in listed
        assert api.gateway.get_api(ApiId=api.id)["ApiEndpoint"] == api.endpoint
        assert api.endpoint in [item["ApiEndpoint"] for item in api.gateway.get_apis()["Items"]]

    async def test_deleting_the_api_or_stage_closes_its_connections_and_port(self, aws: Account) -> None:
        api = create_api(aws)
        api.add_route("$default")
        api.gateway.create_stage(ApiId=api.id, StageName="other", AutoDeploy=True)
        first, second = await connect(api.url), await connect(f"{api.endpoint}/other")
        api.gateway.delete_stage(ApiId=api.id, StageName="other")
        assert await close_code(second) == 1001
        await asyncio.to_thread(api.gateway.delete_api, ApiId=api.id)
        assert await close_code(first) == 1001
        with pytest.raises(OSError):
            await connect(api.url)

    def test_what_is_refused(self, aws: Account) -> None:
        gateway = aws.client("apigatewayv2")
        assert refusal(gateway.create_api, Name="x", ProtocolType="WEBSOCKET")[0] == 400
        api = create_api(aws)
        uri = "https://example.com"
        http = {"IntegrationType": "HTTP_PROXY", "IntegrationUri": uri, "IntegrationMethod": "POST"}
        assert refusal(gateway.create_integration, ApiId=api.id, **http) == (400, "BadRequestException")
        assert refusal(gateway.create_deployment, ApiId=api.id) == (400, "BadRequestException")
        assert refusal(gateway.get_deployment, ApiId=api.id, DeploymentId="x") == (404, "NotFoundException")
        assert refusal(gateway.create_stage, ApiId=api.id, StageName="dev") == (409, "ConflictException")
        api.add_route("again")
        assert refusal(gateway.create_route, ApiId=api.id, RouteKey="again") == (409, "ConflictException")
