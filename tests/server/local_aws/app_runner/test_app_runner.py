"""App Runner's services, deployed by boto3 and read by curl, aiohttp and websockets."""

import asyncio
import http.client
import itertools
import json
import shlex
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from typing import Any

import aiohttp
import pytest
import websockets

from tests.support.account import Account
from tests.support.containers import app_runner, items, source
from tests.support.guests import guest_source

UPGRADE = ("-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13")

SSE = """\
HTTP/1.1 200 OK
content-type: text/event-stream
date: Tue, 09 May 2023 09:32:51 GMT
x-envoy-upstream-service-time: 4
server: envoy
transfer-encoding: chunked

event: test
data: foo

event: test
data: bar

event: test
data: baz

"""
"""As the article recorded it on AWS on 2023-05-09."""

WEBSOCKET = """\
HTTP/1.1 403 Forbidden
date: Tue, 09 May 2023 09:33:46 GMT
server: envoy
connection: close
content-length: 0

"""
"""The same; the article sent `Sec-WebSocket-Key: test`, which is not one."""


@pytest.fixture(scope="module")
def service(aws: Account) -> Iterator[dict[str, Any]]:
    with app_runner(aws) as deployed:
        yield deployed


def curl(*arguments: str) -> str:
    command = ["curl", "-isSN", "--max-time", "30", *arguments]
    return subprocess.run(command, capture_output=True, text=True).stdout.replace("\r\n", "\n")


def compared(transcript: str) -> tuple[str, dict[str, str], str]:
    """Status line, headers and body; the date and the milliseconds are of the day."""
    head, _, body = transcript.partition("\n\n")
    status, *lines = head.splitlines()
    headers = dict(line.split(": ", 1) for line in lines)
    assert len(headers) == len(lines)
    of_the_day = {name: "" for name in ("date", "x-envoy-upstream-service-time") if name in headers}
    return status, {**headers, **of_the_day}, body


def test_server_sent_events_are_the_article_s_transcript(service: dict[str, Any]) -> None:
    assert compared(curl(service["ServiceUrl"] + "/sse")) == compared(SSE)


@pytest.mark.parametrize("key", ["test", "dGhlIHNhbXBsZSBub25jZQ=="])
def test_an_upgrade_is_the_article_s_403_also_with_a_valid_key(service: dict[str, Any], key: str) -> None:
    host = service["ServiceUrl"].removeprefix("http://")
    more = ("-H", f"Host: {host}", "-H", f"Origin: http://{host}", "-H", f"Sec-WebSocket-Key: {key}")
    assert compared(curl(*UPGRADE, *more, service["ServiceUrl"] + "/websocket")) == compared(WEBSOCKET)


def test_chunked_passes_with_the_same_headers(service: dict[str, Any]) -> None:
    status, headers, body = compared(curl(service["ServiceUrl"] + "/transfer-encoding"))
    expected = {**compared(SSE)[1], "content-type": "text/plain; charset=utf-8"}
    assert (status, headers, body) == ("HTTP/1.1 200 OK", expected, "foo\nbar\nbaz\n")


@pytest.mark.parametrize("path", ["/transfer-encoding", "/sse"])
async def test_aiohttp_reads_twenty_items_one_by_one(service: dict[str, Any], path: str) -> None:
    url = f"{service['ServiceUrl']}{path}?count=20&interval_ms=100"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        reads = [data async for data in response.content.iter_any()]
    assert len(reads) >= 15
    assert b"".join(reads).count(b'"seq"') == 20


def test_items_keep_their_order_and_their_distances(service: dict[str, Any]) -> None:
    arrived = items(service["ServiceUrl"] + "/transfer-encoding?count=10&interval_ms=100")
    assert [item["seq"] for _, item in arrived] == list(range(10))
    gaps = [later[0] - earlier[0] for earlier, later in itertools.pairwise(arrived)]
    assert sorted(gaps)[5] > 0.05


async def test_a_hundred_streams_at_once_are_complete_and_in_order(service: dict[str, Any]) -> None:
    url = service["ServiceUrl"] + "/transfer-encoding?count=10&interval_ms=100"
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def numbers() -> list[int]:
            async with session.get(url) as response:
                return [json.loads(line)["seq"] async for line in response.content]

        assert await asyncio.gather(*(numbers() for _ in range(100))) == [list(range(10))] * 100


async def test_websockets_is_refused(service: dict[str, Any]) -> None:
    url = service["ServiceUrl"].replace("http://", "ws://") + "/websocket"
    with pytest.raises(websockets.InvalidStatus) as caught:
        await websockets.connect(url)
    assert caught.value.response.status_code == 403
    assert caught.value.response.headers["server"] == "envoy"


async def test_what_the_container_refuses_comes_through(service: dict[str, Any]) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(service["ServiceUrl"] + "/sse?count=-1") as response,
    ):
        assert response.status == 400
        assert response.headers["server"] == "envoy"
        assert "error" in await response.json()


def test_a_request_may_take_120_seconds_scaled(tight: Account) -> None:
    """One fiftieth: 2.4 s. The stream is cut without its last chunk, long before its end."""
    with app_runner(tight) as deployed:
        url = deployed["ServiceUrl"] + "/transfer-encoding?count=100&interval_ms=100"
        cut = subprocess.run(["curl", "-sN", "--max-time", "30", url], capture_output=True, text=True)
        assert cut.returncode == 18  # transfer closed with outstanding read data remaining
        assert 5 <= cut.stdout.count('"seq"') < 60


def test_a_stream_is_cut_when_its_time_is_up(tight: Account) -> None:
    """Not a second later. A busy machine may hold one client up, hardly three."""

    def seconds_from_the_last_item(host: str) -> float:
        with closing(http.client.HTTPConnection(host)) as connection:
            connection.request("GET", "/transfer-encoding?count=100&interval_ms=100")
            response = connection.getresponse()
            arrived = time.monotonic()
            while response.readline():  # to http.client, a cut is an end
                arrived = time.monotonic()
        return time.monotonic() - arrived

    with app_runner(tight) as deployed:
        host = deployed["ServiceUrl"].removeprefix("http://")
        assert min(seconds_from_the_last_item(host) for _ in range(3)) < 0.7


async def slow_upload() -> AsyncIterator[bytes]:
    for _ in range(100):
        yield b"x"
        await asyncio.sleep(0.1)


async def test_the_120_seconds_include_the_request_and_the_wait(tight: Account) -> None:
    """A service that never answers is a 504, a request that never ends a 408: Envoy's own answers."""
    command = shlex.join(["python", "-c", f"exec({guest_source('silent_server.py')!r})"])
    with app_runner(tight, SourceConfiguration=source(tight, command)) as deployed:
        async with aiohttp.ClientSession() as session:
            async with session.get(deployed["ServiceUrl"]) as response:
                assert (response.status, response.headers["server"]) == (504, "envoy")
            async with session.post(deployed["ServiceUrl"], data=slow_upload()) as response:
                assert (response.status, response.headers["server"]) == (408, "envoy")


@pytest.mark.parametrize(
    ("command", "image"),
    [
        (None, {}),
        ("python -m server --host 127.0.0.1 --port $PORT", {}),
        ("python -m server --host=0.0.0.0 --port=9000", {"Port": "9000"}),
        ("sh -c 'exec python -m server --port ${PORT}'", {"RuntimeEnvironmentVariables": {"A": "B"}}),
    ],
)
def test_the_command_s_address_becomes_a_local_one(
    aws: Account, command: str | None, image: dict[str, Any]
) -> None:
    with app_runner(aws, SourceConfiguration=source(aws, command, **image)) as deployed:
        assert items(deployed["ServiceUrl"] + "/transfer-encoding?count=2&interval_ms=0")
