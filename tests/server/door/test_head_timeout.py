"""A client that begins a request and does not finish it is not waited for for ever."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from server.door.guard import Kind
from server.local_aws.http1.exchange import Exchange
from server.local_aws.http1.server import Server
from server.local_aws.http1.tls import Certificate
from server.serving import serving

SECONDS = 0.6
LONG = 2 * SECONDS


async def read(exchange: Exchange) -> None:
    await exchange.respond(200, body=await exchange.read(1000))


@asynccontextmanager
async def data_plane(folder: Path, seconds: float = SECONDS, *, tls: bool = False) -> AsyncIterator[int]:
    context = Certificate(folder).context if tls else None
    server = Server(read, Kind.PUBLIC, context, head_seconds=seconds)
    try:
        yield await server.start()
    finally:
        await server.stop()


@asynccontextmanager
async def aiohttp_server(folder: Path, seconds: float = SECONDS) -> AsyncIterator[int]:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    app = web.Application()
    app.router.add_route("*", "/", answer)
    async with serving(app, Kind.PUBLIC, "127.0.0.1", 0, head_seconds=seconds) as port:
        yield port


Opening = Callable[..., AbstractAsyncContextManager[int]]
BOTH = pytest.mark.parametrize("open_port", [data_plane, aiohttp_server])


async def hear(port: int, *sent: bytes, pause: float = 0.0) -> tuple[bytes, float]:
    """Send the pieces, `pause` seconds between them; all that comes until the server closes, and when."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in sent:
        writer.write(piece.replace(b"PORT", str(port).encode()))
        await asyncio.sleep(pause)
    started = time.monotonic()
    try:
        received = await asyncio.wait_for(reader.read(), 20)
    except ConnectionResetError:
        received = b""
    writer.close()
    return received, time.monotonic() - started


GET = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n"
CLOSE = b"\r\nConnection: close\r\n\r\n"
HALF = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nX-Half: "


@BOTH
async def test_half_a_head_is_answered_by_408(open_port: Opening, tmp_path: Path) -> None:
    async with open_port(tmp_path) as port:
        received, seconds = await hear(port, HALF)
        assert received.startswith(b"HTTP/1.1 408 ") and b"onnection: close" in received
        assert f"{SECONDS:g} s".encode() in received
        assert SECONDS / 2 < seconds < LONG + 10


@BOTH
async def test_a_client_that_says_nothing_is_left(open_port: Opening, tmp_path: Path) -> None:
    async with open_port(tmp_path) as port:
        assert (await hear(port))[0] == b""


@BOTH
async def test_a_byte_now_and_then_does_not_prolong_it(open_port: Opening, tmp_path: Path) -> None:
    async with open_port(tmp_path) as port:
        pieces = [HALF, *[b"x"] * 20]
        received, _ = await hear(port, *pieces, pause=SECONDS / 8)
        assert received.startswith(b"HTTP/1.1 408 ") or received == b"", "it was cut while we wrote"


@BOTH
async def test_the_next_head_on_a_connection_has_its_own_clock(open_port: Opening, tmp_path: Path) -> None:
    async with open_port(tmp_path) as port:
        received, _ = await hear(port, GET, HALF, pause=SECONDS / 4)
        assert received.count(b"HTTP/1.1 200 ") == 1 and received.count(b"HTTP/1.1 408 ") == 1


@BOTH
async def test_between_requests_a_connection_is_kept(open_port: Opening, tmp_path: Path) -> None:
    """SDKs keep theirs, and so do runtimes."""
    async with open_port(tmp_path) as port:
        received, _ = await hear(port, GET, GET, GET.replace(b"\r\n\r\n", CLOSE), pause=LONG)
        assert received.count(b"HTTP/1.1 200 ") == 3


@BOTH
async def test_a_slow_body_is_no_slow_head(open_port: Opening, tmp_path: Path) -> None:
    async with open_port(tmp_path) as port:
        head = b"POST / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: close\r\nContent-Length: 3\r\n\r\n"
        received, _ = await hear(port, head, b"a", b"b", b"c", pause=LONG / 2)
        assert received.startswith(b"HTTP/1.1 200 ") and received.endswith(b"abc")


@BOTH
async def test_two_hundred_half_heads_block_nobody(open_port: Opening, tmp_path: Path) -> None:
    async with open_port(tmp_path, 4.0) as port:
        halves = [asyncio.create_task(hear(port, HALF)) for _ in range(200)]
        await asyncio.sleep(0)
        whole = GET.replace(b"\r\n\r\n", CLOSE)
        answers = await asyncio.gather(*(hear(port, whole) for _ in range(20)))
        assert all(received.startswith(b"HTTP/1.1 200 ") for received, _ in answers)
        assert not all(half.done() for half in halves), "while they were still there"
        ends = await asyncio.gather(*halves)
        assert all(received.startswith(b"HTTP/1.1 408 ") for received, _ in ends)


async def test_a_port_that_takes_tls_waits_no_longer(tmp_path: Path) -> None:
    async with data_plane(tmp_path, tls=True) as port:
        assert (await hear(port))[0] == b""
        assert (await hear(port, b"\x16\x03\x01"))[0] in (b"", b"\x15\x03\x01\x00\x02\x02P"), (
            "half a handshake"
        )
        assert (await hear(port, HALF))[0].startswith(b"HTTP/1.1 408 ")
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE

        def by_tls() -> bytes:
            with (
                socket.create_connection(("127.0.0.1", port), timeout=20) as plain,
                context.wrap_socket(plain) as connection,
            ):
                connection.sendall(HALF.replace(b"PORT", str(port).encode()))
                return connection.recv(65_536)

        assert (await asyncio.to_thread(by_tls)).startswith(b"HTTP/1.1 408 ")
