"""The HTTP/1.1 server by itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from server.door.guard import Kind
from server.local_aws.http1.exchange import BodyTooLarge, Exchange, PeerGone, TruncatedBody
from server.local_aws.http1.server import HOST, Server

Ask = Callable[[bytes], Awaitable[bytes]]


def addressed(data: bytes, port: int) -> bytes:
    return data.replace(b"HERE", f"{HOST}:{port}".encode())


async def handle(exchange: Exchange) -> None:
    if exchange.target == "/ignore":
        await exchange.respond(200, body=b"ignored")
    elif exchange.target == "/stream":
        await exchange.start(200, [])
        await exchange.send([b"a", b"bc"])
        await exchange.finish()
    elif exchange.target == "/defect":
        raise ValueError("on purpose")
    elif exchange.target == "/silent":
        return
    elif exchange.target == "/trailers":
        body = await exchange.read(100)
        await exchange.respond(200, body=body + repr(exchange.trailers).encode())
    else:
        try:
            await exchange.respond(200, body=await exchange.read(10))
        except BodyTooLarge:
            await exchange.respond(413)
        except TruncatedBody:
            await exchange.respond(400)


@pytest.fixture
async def ask() -> AsyncIterator[Ask]:
    """Send bytes on one connection, close our side, read all that comes."""
    server = Server(handle, Kind.PUBLIC)
    port = await server.start()

    async def send(data: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(addressed(data, port))
        writer.write_eof()
        received = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return received

    yield send
    await server.stop()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(HOST, port)


async def test_a_connection_is_kept_whether_or_not_a_body_was_read(ask: Ask) -> None:
    get = b"GET /ignore HTTP/1.1\r\nHost: HERE\r\n\r\n"
    post = b"POST /ignore HTTP/1.1\r\nHost: HERE\r\nContent-Length: 3\r\n\r\nabc"
    echo = b"POST / HTTP/1.1\r\nHost: HERE\r\nContent-Length: 2\r\n\r\nhi"
    received = await ask(get + post + echo + get)
    assert received.count(b"HTTP/1.1 200") == 4
    assert received.count(b"ignored") == 3
    assert b"\r\n\r\nhi" in received


async def test_chunks_stay_chunks(ask: Ask) -> None:
    received = await ask(b"GET /stream HTTP/1.1\r\nHost: HERE\r\n\r\n")
    assert received.endswith(b"\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n")


async def test_http_1_0_gets_a_body_that_ends_with_the_connection(ask: Ask) -> None:
    received = await ask(b"GET /stream HTTP/1.0\r\n\r\n")
    assert b"chunked" not in received
    assert received.endswith(b"\r\n\r\nabc")


async def test_head_gets_no_body(ask: Ask) -> None:
    received = await ask(b"HEAD /stream HTTP/1.1\r\nHost: HERE\r\n\r\n")
    assert received.endswith(b"\r\n\r\n")


async def test_trailers_are_handed_over(ask: Ask) -> None:
    received = await ask(
        b"POST /trailers HTTP/1.1\r\nHost: HERE\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n0\r\nX-A: b\r\n\r\n"
    )
    assert received.endswith(b"abc[('x-a', 'b')]")


async def test_a_body_over_the_readers_limit(ask: Ask) -> None:
    received = await ask(b"POST / HTTP/1.1\r\nHost: HERE\r\nContent-Length: 100000\r\n\r\n" + bytes(100_000))
    assert received.startswith(b"HTTP/1.1 413")


async def test_a_body_that_breaks_off(ask: Ask) -> None:
    assert (await ask(b"POST / HTTP/1.1\r\nHost: HERE\r\nContent-Length: 9\r\n\r\nabc")).startswith(
        b"HTTP/1.1 400"
    )


async def test_expect_100_continue(ask: Ask) -> None:
    head = b"POST / HTTP/1.1\r\nHost: HERE\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    assert (await ask(head + b"hi")).endswith(b"\r\n\r\nhi")


@pytest.mark.parametrize("target", [b"/defect", b"/silent"])
async def test_a_defect_is_a_500_without_a_traceback(ask: Ask, target: bytes) -> None:
    received = await ask(b"GET " + target + b" HTTP/1.1\r\nHost: HERE\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 500")
    assert received.endswith(b"Internal Server Error")


async def test_a_peer_that_has_gone_is_noticed_while_sending() -> None:
    noticed = asyncio.Event()

    async def flood(exchange: Exchange) -> None:
        await exchange.start(200, [])
        try:
            while True:
                await exchange.send([bytes(65_536)])
        except PeerGone:
            noticed.set()
            raise

    server = Server(flood, Kind.PUBLIC)
    port = await server.start()
    _, writer = await asyncio.open_connection(HOST, port)
    writer.write(addressed(b"GET / HTTP/1.1\r\nHost: HERE\r\n\r\n", port))
    await asyncio.sleep(0.1)
    writer.transport.abort()
    await asyncio.wait_for(noticed.wait(), 10)
    await server.stop()
