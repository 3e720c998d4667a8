"""Clients and servers that misbehave: an answer or a cut, never a hang, and everything else goes on."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from server.embedded import EmbeddedServer
from tests.support.gateway import BUFFERED, STREAMING, Gateway
from tests.support.gateway_clients import curl, curl_head, read_items
from tests.support.guests import writes
from tests.support.http_client import request


@asynccontextmanager
async def raw_origin(*pieces: bytes, pause: float = 0.0) -> AsyncIterator[str]:
    """A server that reads a request's head, writes `pieces` and closes; its URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


async def test_a_server_that_breaks_off(gateway: Gateway) -> None:
    """Streamed, the connection is cut; buffered, it is an error of the gateway."""
    async with raw_origin(CHUNKED, b"3\r\nabc\r\n", b"9\r\nde") as url:
        streamed = gateway.rest(url, "STREAM", kind="HTTP_PROXY").url + "/x"
        buffered = gateway.rest(url, kind="HTTP_PROXY").url + "/x"
        http = gateway.http(url)
        code, body = await asyncio.to_thread(curl, streamed)
        assert code == 18 and body.startswith("abc")
        assert (await asyncio.to_thread(curl_head, buffered))[0] == 504
        assert (await asyncio.to_thread(curl_head, http))[0] == 503


async def test_a_server_that_speaks_no_http(gateway: Gateway) -> None:
    async with raw_origin(b"SSH-2.0-nothing\r\n\r\n") as url:
        for mode in ("STREAM", "BUFFERED"):
            target = gateway.rest(url, mode, kind="HTTP_PROXY").url + "/x"
            assert (await asyncio.to_thread(curl_head, target))[0] == 504
        assert (await asyncio.to_thread(curl_head, gateway.http(url)))[0] == 503


async def test_a_server_that_does_not_begin(small_gateway: Gateway) -> None:
    """Streamed, it has the idle time: of an edge-optimised API 30 s, here 0.3 s."""
    async with raw_origin(b"", CHUNKED + b"0\r\n\r\n", pause=2) as url:
        target = small_gateway.rest(url, "STREAM", kind="HTTP_PROXY", types=("EDGE",)).url + "/x"
        status, _, body = await asyncio.to_thread(curl_head, target)
    assert (status, json.loads(body)) == (504, {"message": "Endpoint request timed out"})


@pytest.mark.parametrize("mode", ["STREAM", "BUFFERED"])
def test_a_server_that_is_not_there(gateway: Gateway, mode: str) -> None:
    assert curl_head(gateway.rest("http://127.0.0.1:9/", mode, kind="HTTP_PROXY").url + "/x")[0] == 504


async def test_a_response_of_the_server_passes_unchanged(gateway: Gateway) -> None:
    head = (
        b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
        b"Content-Encoding: gzip\r\nContent-Length: 3\r\nServer: me\r\n\r\n"
    )
    async with raw_origin(head, b"\x1f\x8b\x08") as url:
        for target in (
            gateway.rest(url, "STREAM", kind="HTTP_PROXY").url + "/x",
            gateway.rest(url, kind="HTTP_PROXY").url + "/x",
            gateway.http(url),
        ):
            _, text = await asyncio.to_thread(
                curl, "-i", "-o", "-", "--output-dir", "/tmp", "-I", "-X", "GET", target
            )
            lines = text.lower().splitlines()
            assert lines[0].startswith("http/1.1 302")
            assert {"location: /elsewhere", "set-cookie: a=1", "set-cookie: b=2"} <= set(lines)
            assert "content-encoding: gzip" in lines


def test_head_has_no_body(gateway: Gateway, origin: EmbeddedServer) -> None:
    url = gateway.streaming(*writes(b"{}" + bytes(8) + b"x"))
    for target in (url, gateway.rest(BUFFERED.format(gateway.function("answers.with_status"))).url + "/x"):
        code, text = curl("-I", target)
        assert code == 0 and text.startswith("HTTP/1.1 200 ") and text.endswith("\n\n")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /prod/x HTTP/1.1\r\nHost: HERE\r\nContent-Length: nine\r\n\r\n",
        b"GET /prod/x HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST /prod/x HTTP/1.1\r\nHost: HERE\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /prod/x HTTP/1.1\r\nHost: HERE\r\nContent-Length: 10\r\n\r\nabc",
    ],
)
def test_garbage_is_answered_or_dropped(gateway: Gateway, request_bytes: bytes) -> None:
    api = gateway.rest(BUFFERED.format(gateway.function("answers.with_status")))
    parts = urlsplit(api.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as client:
        client.sendall(request_bytes.replace(b"HERE", parts.netloc.encode()))
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while data := client.recv(65_536):
            answer += data
    assert not answer or answer.startswith(b"HTTP/1.1 4")
    assert b"Traceback" not in answer
    assert curl_head(api.url + "/x")[0] == 200


def test_a_slow_client_slows_the_function(gateway: Gateway) -> None:
    """The function writes 40 MB and says when it is through: not before the client reads."""
    name = gateway.account.deploy("rest.streams_40_mb")
    api = gateway.rest(STREAMING.format(gateway.permit(name)), "STREAM")
    parts = urlsplit(api.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as client:
        client.sendall(f"GET /prod/x HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        assert client.recv(100).startswith(b"HTTP/1.1 200")
        time.sleep(2)
        assert not any("through" in line for line in gateway.account.log(name))


async def test_fifty_streams_at_once_lose_nothing(gateway: Gateway, origin: EmbeddedServer) -> None:
    proxied = gateway.rest(origin.url("/transfer-encoding"), "STREAM", kind="HTTP_PROXY").url + "/x"
    readings = await asyncio.gather(*(read_items(proxied + "?count=20&interval_ms=50") for _ in range(50)))
    for reading in readings:
        assert [item["seq"] for _, item in reading.items] == list(range(20)) and reading.error is None
        assert reading.arrived[-1] - reading.arrived[0] > 0.5


def test_deleting_an_api_cuts_its_streams(gateway: Gateway, origin: EmbeddedServer) -> None:
    api = gateway.rest(origin.url("/transfer-encoding"), "STREAM", kind="HTTP_PROXY")
    parts = urlsplit(api.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as client:
        target = "/prod/x?count=1000&interval_ms=100"
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        assert client.recv(100).startswith(b"HTTP/1.1 200")
        gateway.client("apigateway").delete_rest_api(restApiId=api.id)
        received = b""
        try:
            while data := client.recv(65_536):
                received += data
        except ConnectionResetError:
            pass
    assert not received.endswith(b"0\r\n\r\n")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((parts.hostname, parts.port), timeout=10)
    assert json.loads(curl(gateway.account.endpoint_url + "/_local/endpoints")[1]) is not None


@pytest.mark.parametrize("mode", ["BUFFERED", "STREAM"])
def test_an_origin_that_cannot_be_asked_is_a_504(gateway: Gateway, mode: str) -> None:
    mapped = {"requestParameters": {"integration.request.header.X": "method.request.querystring.x"}}
    for uri, query in (("http://127.0.0.1:99999/", ""), ("http://127.0.0.1:1/", "?x=a%0d%0aHost:%20b")):
        api = gateway.rest(uri, mode, kind="HTTP_PROXY", **mapped)
        assert request(f"{api.url}/x{query}").status == 504
