"""The origin's WebSocket, by clients that others wrote: websockets (asyncio and sync), aiohttp, curl."""

import asyncio
import json
import shutil
import subprocess
import time
from contextlib import suppress

import aiohttp
import pytest
import websockets.asyncio.client
import websockets.sync.client
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK, InvalidStatus

from server.embedded import EmbeddedServer
from tests.support.origin_clients import (
    UPGRADE,
    WatchedOrigin,
    connect,
    eventually,
    get,
    read_to_end,
    read_until,
    request,
    upgrade,
)

ARTICLE = ["foo\n", "bar\n", "baz\n"]
SLOW = "/websocket?count=3&interval_ms=60000"
"""After its first item nothing is due for a minute: what happens sooner was not waiting for an item."""


async def test_the_articles_messages_by_websockets(origin: EmbeddedServer) -> None:
    async with websockets.asyncio.client.connect(origin.url("/websocket", "ws")) as client:
        messages = [await client.recv() for _ in range(3)]
        with pytest.raises(ConnectionClosedOK):
            await client.recv()
    assert messages == ARTICLE
    assert client.close_code == 1000


def test_the_articles_messages_by_the_sync_client(origin: EmbeddedServer) -> None:
    with websockets.sync.client.connect(origin.url("/websocket", "ws")) as client:
        assert list(client) == ARTICLE
    assert client.close_code == 1000


async def test_the_articles_messages_by_aiohttp(origin: EmbeddedServer) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(origin.url("/websocket")) as client:
        messages = [message async for message in client]
    assert [(message.type, message.data) for message in messages] == [
        (aiohttp.WSMsgType.TEXT, text) for text in ARTICLE
    ]
    assert client.close_code == 1000


def test_the_article_on_the_wire(origin: EmbeddedServer) -> None:
    """RFC 6455 section 1.2's own example of a key and its answer; section 5.2's frames, unmasked."""
    with connect(origin.port, request("/websocket", UPGRADE)) as connection:
        head, _, frames = read_until(connection, b"\x88").partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 101 Switching Protocols"
    assert "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in lines
    assert not [line for line in lines if line.startswith(("Server", "Content-", "Transfer-"))]
    assert frames.startswith(b"\x81\x04foo\n\x81\x04bar\n\x81\x04baz\n\x88\x02\x03\xe8")


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
def test_the_articles_curl_command_with_a_valid_key(origin: EmbeddedServer) -> None:
    headers = [part for name, value in UPGRADE.items() for part in ("--header", f"{name}: {value}")]
    headers += ["--header", f"Origin: http://localhost:{origin.port}"]
    command = ["curl", "-isSN", "--http1.1", "--max-time", "20", *headers, origin.url("/websocket")]
    transcript = subprocess.run(command, capture_output=True, timeout=30).stdout
    assert transcript.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    for word in (b"foo\n", b"bar\n", b"baz\n"):
        assert word in transcript


async def test_stamped_items_then_the_closing_handshake(origin: EmbeddedServer) -> None:
    url = origin.url("/websocket?count=30&interval_ms=1&pad=2", "ws")
    async with websockets.asyncio.client.connect(url) as client:
        items = [json.loads(message) async for message in client]
    assert [item["seq"] for item in items] == list(range(30))
    assert [item["text"] for item in items[:3]] == ["foo..", "bar..", "baz.."]
    assert all(list(item) == ["seq", "sent", "text"] for item in items)
    assert (client.close_code, client.close_reason) == (1000, "")


async def test_messages_arrive_before_the_next_is_made(origin: EmbeddedServer) -> None:
    url = origin.url("/websocket?count=6&interval_ms=100", "ws")
    async with websockets.asyncio.client.connect(url) as client:
        items = [(json.loads(message)["sent"], time.time()) async for message in client]
    in_time = [k for k in range(5) if items[k][0] <= items[k][1] < items[k + 1][0]]
    assert len(in_time) >= 3, items


async def test_a_large_message_comes_whole(origin: EmbeddedServer) -> None:
    url = origin.url("/websocket?count=2&interval_ms=0&pad=1048576", "ws")
    async with websockets.asyncio.client.connect(url, max_size=None) as client:
        lengths = [len(json.loads(message)["text"]) async for message in client]
    assert lengths == [1_048_579, 1_048_579]


# --- what the peer says while items go out


async def test_a_ping_is_answered_while_no_item_is_due(origin: EmbeddedServer) -> None:
    async with websockets.asyncio.client.connect(origin.url(SLOW, "ws")) as client:
        await client.recv()
        pong = await client.ping(b"are you there?")
        assert await asyncio.wait_for(pong, 10) >= 0


async def test_pings_and_messages_change_nothing_about_the_items(origin: EmbeddedServer) -> None:
    url = origin.url("/websocket?count=20&interval_ms=5", "ws")
    async with websockets.asyncio.client.connect(url) as client:
        items = []
        async for message in client:
            items.append(json.loads(message)["seq"])
            with suppress(ConnectionClosed):  # the closing handshake may have overtaken these
                await client.send("text")
                await client.send(b"binary" * 100)
                await client.ping()
    assert items == list(range(20))
    assert client.close_code == 1000


@pytest.mark.parametrize("code", [1000, 1001, 3000, 4999])
async def test_a_client_that_closes_is_answered_at_once_with_its_code(
    watched: WatchedOrigin, code: int
) -> None:
    async with websockets.asyncio.client.connect(watched.url(SLOW, "ws"), close_timeout=15) as client:
        await client.recv()
        assert watched.working == 1
        begun = time.monotonic()
        await client.close(code, "enough")
        assert time.monotonic() - begun < 10
    assert client.close_code == code
    assert eventually(lambda: watched.working == 0)


async def test_a_message_that_is_too_big_is_refused_by_its_code(watched: WatchedOrigin) -> None:
    async with websockets.asyncio.client.connect(watched.url(SLOW, "ws")) as client:
        await client.recv()
        await client.send("x" * 200_000)
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(client.recv(), 10)
    assert client.close_code == 1009
    assert eventually(lambda: watched.working == 0)


@pytest.mark.parametrize(
    "frame, code",
    [
        (b"\x83\x80\x00\x00\x00\x00", 1002),  # opcode 3 means nothing
        (b"\xc1\x80\x00\x00\x00\x00", 1002),  # a bit nobody negotiated
        (b"\x09\x80\x00\x00\x00\x00", 1002),  # a ping in fragments
        (b"\x81\x81\x00\x00\x00\x00\xff", 1007),  # text that is not UTF-8
    ],
    ids=["opcode", "reserved bit", "fragmented ping", "not UTF-8"],
)
def test_a_broken_frame_ends_the_connection_with_its_code(
    watched: WatchedOrigin, frame: bytes, code: int
) -> None:
    with connect(watched.port, request(SLOW, UPGRADE)) as connection:
        read_until(connection, b"}")
        connection.sendall(frame)
        closing = read_until(connection, b"\x88")
        closing += connection.recv(100)
        assert closing[closing.index(b"\x88") + 2 :][:2] == code.to_bytes(2, "big")
    assert eventually(lambda: watched.working == 0)


def test_the_server_waits_for_the_answer_to_its_close(watched: WatchedOrigin) -> None:
    with connect(watched.port, request("/websocket?count=1", UPGRADE)) as connection:
        read_until(connection, b"\x88\x02\x03\xe8")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(20)
        connection.sendall(b"\x88\x82\x00\x00\x00\x00\x03\xe8")
        assert connection.recv(1) == b""
    assert eventually(lambda: watched.working == 0)


def test_what_the_client_still_says_costs_it_no_item(watched: WatchedOrigin) -> None:
    """A socket closed with something unread, or spoken to later, is reset: what was on its way is lost."""
    asked = request("/websocket?count=3&interval_ms=0&pad=1048576", UPGRADE)
    with connect(watched.port, asked) as connection:
        received = read_until(connection, b'"seq": 0')
        while b"\x88\x02\x03\xe8" not in received:
            connection.sendall(b"\x89\x80\x00\x00\x00\x00")
            piece = connection.recv(65536)
            assert piece, "closed before the close frame"
            received += piece
        connection.sendall(b"\x89\x80\x00\x00\x00\x00" * 3)
        connection.sendall(b"\x88\x82\x00\x00\x00\x00\x03\xe8")
        assert read_to_end(connection) is not None
    assert [received.count(b'"seq": %d' % seq) for seq in range(3)] == [1, 1, 1]


def test_a_client_that_never_answers_the_close_is_not_waited_for_longer(watched: WatchedOrigin) -> None:
    with connect(watched.port, request("/websocket?count=1", UPGRADE)) as connection:
        assert b"\x88\x02\x03\xe8" in read_to_end(connection)
        assert eventually(lambda: watched.working == 0)


# --- handshakes that are refused


@pytest.mark.parametrize(
    "changed",
    [
        {"Upgrade": ""},
        {"Upgrade": "h2c"},
        {"Connection": ""},
        {"Connection": "keep-alive"},
        {"Sec_WebSocket_Version": ""},
        {"Sec_WebSocket_Version": "8"},
        {"Sec_WebSocket_Version": "13, 8"},
        {"Sec_WebSocket_Version": "x"},
    ],
    ids=str,
)
def test_what_asks_for_no_websocket_of_ours_gets_426(origin: EmbeddedServer, changed: dict[str, str]) -> None:
    answer = upgrade(origin.port, "/websocket", **changed)
    assert answer.status == 426
    assert answer.headers["upgrade"] == "websocket"
    assert answer.headers["connection"] == "Upgrade"
    assert answer.headers["sec-websocket-version"] == "13"
    assert "error" in answer.json


@pytest.mark.parametrize("method, version", [("HEAD", "1.1"), ("GET", "1.0")])
def test_only_get_by_http_1_1_can_be_upgraded(origin: EmbeddedServer, method: str, version: str) -> None:
    assert get(origin.port, "/websocket", UPGRADE, method, version).status == 426


@pytest.mark.parametrize(
    "key",
    [
        "",
        "test",
        "dGVzdA==",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZQ==x",
        "?" * 24,
        "é" * 12,
        "A" * 44,
    ],
)
def test_a_key_that_is_not_16_bytes_in_base64_gets_400_with_help(origin: EmbeddedServer, key: str) -> None:
    """The article's own key, `test`, among them."""
    answer = upgrade(origin.port, "/websocket", Sec_WebSocket_Key=key)
    assert answer.status == 400
    assert "Sec-WebSocket-Key" in str(answer.json["error"])


@pytest.mark.parametrize(
    "changed", [{"Connection": "keep-alive, Upgrade"}, {"Upgrade": "WebSocket"}, {"Connection": "upgrade"}]
)
def test_other_spellings_of_the_handshake_are_welcome(
    origin: EmbeddedServer, changed: dict[str, str]
) -> None:
    assert upgrade(origin.port, "/websocket?count=1", **changed).status == 101


async def test_a_browser_page_of_elsewhere_is_refused_by_403(origin: EmbeddedServer) -> None:
    async def status(page: str) -> int:
        try:
            async with websockets.asyncio.client.connect(
                origin.url("/websocket?count=1", "ws"), additional_headers={"Origin": page}
            ):
                return 101
        except InvalidStatus as refusal:
            return refusal.response.status_code

    assert await status("http://evil.example") == 403
    assert await status("http://localhost.evil.example") == 403
    assert await status("http://localhost:8888") == 101
    assert await status(f"http://127.0.0.1:{origin.port}") == 101


async def test_a_bad_parameter_is_refused_before_the_upgrade(origin: EmbeddedServer) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        await websockets.asyncio.client.connect(origin.url("/websocket?count=0", "ws"))
    assert refusal.value.response.status_code == 400
    assert json.loads(refusal.value.response.body)["parameter"] == "count"
