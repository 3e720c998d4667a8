"""Captures of the real embedded server, and of servers that misbehave."""

import asyncio
import json
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import websockets.asyncio.server as websockets_server
from aiohttp import web

from lab.wire import CaptureTimeout, Exchange, Frame, Part, accept_for, capture, capture_websocket
from lab.wire.part import Sender
from server.embedded import EmbeddedServer

Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with EmbeddedServer() as server:
        yield server


@asynccontextmanager
async def listening(peer: Peer, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """`host:port` of a server that does what `peer` does with each connection; with TLS, given a context."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await peer(reader, writer)
        finally:
            writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield f"127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    finally:
        listener.close()


def of_kind(exchange: Exchange, kind: str, sender: str = "server") -> list[Part]:
    return [part for part in exchange.parts if part.kind == kind and part.sender == sender]


def came_apart(parts: list[Part]) -> bool:
    """Three items, sent 200 ms apart, one after the other; a busy machine may lose half of the 400 ms."""
    first, second, third = (part.at for part in parts)
    return first < second < third and third - first > 0.2


def nothing_lost(exchange: Exchange) -> bool:
    senders: tuple[Sender, ...] = ("client", "server")
    return all(
        b"".join(p.raw for p in exchange.parts if p.sender == sender and p.level == 0) == exchange.raw(sender)
        for sender in senders
    )


async def test_the_chunked_response_as_it_is_sent(server: EmbeddedServer) -> None:
    exchange = await capture(server.url("/transfer-encoding"))
    chunks = of_kind(exchange, "chunk data")
    assert [chunk.raw for chunk in chunks] == [b"foo\n", b"bar\n", b"baz\n"]
    assert came_apart(chunks)
    assert len(exchange.reads_from_server) >= 3
    assert exchange.parts[-1].note == "end of the message"
    assert nothing_lost(exchange)
    assert of_kind(exchange, "request line", "client")[0].raw == b"GET /transfer-encoding HTTP/1.1\r\n"


async def test_http_1_0_has_no_chunks(server: EmbeddedServer) -> None:
    exchange = await capture(server.url("/transfer-encoding"), http_version="1.0")
    (body,) = of_kind(exchange, "body")
    assert body.raw == b"foo\nbar\nbaz\n"
    assert exchange.parts[-1].kind == "close"
    assert " reads, at " in " ".join(str(exchange).split())


async def test_the_event_stream(server: EmbeddedServer) -> None:
    exchange = await capture(server.url("/sse"))
    notes = [part.note for part in exchange.parts if part.kind == "event field"]
    assert notes == [f for word in ("foo", "bar", "baz") for f in ("event type is test", f'data is "{word}"')]
    assert came_apart(of_kind(exchange, "event end"))
    assert nothing_lost(exchange)


@pytest.mark.parametrize("path", ["/transfer-encoding", "/sse"])
async def test_stamped_items(server: EmbeddedServer, path: str) -> None:
    exchange = await capture(server.url(f"{path}?count=4&interval_ms=100"))
    chunks = of_kind(exchange, "chunk data")
    assert len([chunk for chunk in chunks if b'"seq"' in chunk.raw]) == 4
    assert chunks[3].at - chunks[0].at > 0.2


async def test_headers_go_out_as_given(server: EmbeddedServer) -> None:
    host = f"localhost:{server.port}"
    resumed = {"Last-Event-ID": "3", "host": host}
    exchange = await capture(server.url("/sse?count=4&interval_ms=0"), headers=resumed)
    assert [part.raw for part in of_kind(exchange, "header", "client")] == [
        b"Last-Event-ID: 3\r\n",
        f"host: {host}\r\n".encode(),
    ]
    assert of_kind(exchange, "status line")[0].raw.startswith(b"HTTP/1.1 204")
    assert exchange.parts[-1].note == "end of the message: status 204 has no body"


async def test_the_websocket(server: EmbeddedServer) -> None:
    exchange = await capture_websocket(server.url("/websocket", "ws"), ["hello", "日本"])
    frames = of_kind(exchange, "frame")
    assert [frame.raw for frame in frames] == [
        b"\x81\x04foo\n",
        b"\x81\x04bar\n",
        b"\x81\x04baz\n",
        b"\x88\x02\x03\xe8",
    ]
    assert came_apart(frames[:3])
    sent = of_kind(exchange, "frame", "client")
    assert [frame.note.split(", ")[1] for frame in sent] == ["text", "text", "close"]
    assert all("masked" in frame.note for frame in sent)
    notes = [part.note for part in of_kind(exchange, "payload", "client")]
    assert notes == ['unmasked: "hello"', 'unmasked: "日本"']
    assert exchange.parts[-1].kind == "close"
    assert nothing_lost(exchange)


async def test_the_handshake_is_a_valid_one(server: EmbeddedServer) -> None:
    exchange = await capture_websocket(server.url("/websocket?count=2&interval_ms=0", "ws"))
    (key,) = [p.raw for p in of_kind(exchange, "header", "client") if p.raw.startswith(b"Sec-WebSocket-Key")]
    (proof,) = [p.raw for p in of_kind(exchange, "header") if p.raw.startswith(b"Sec-WebSocket-Accept")]
    assert proof.split()[1].decode() == accept_for(key.split()[1].decode())
    texts = [frame.raw[2:] for frame in of_kind(exchange, "frame")[:-1]]
    assert [json.loads(text)["seq"] for text in texts] == [0, 1]


async def test_a_refused_handshake_is_a_response(server: EmbeddedServer) -> None:
    exchange = await capture_websocket(
        server.url("/websocket", "ws"), headers={"Origin": "https://evil.example"}
    )
    assert of_kind(exchange, "status line")[0].raw.startswith(b"HTTP/1.1 403")
    assert not of_kind(exchange, "frame")


async def test_an_upgrade_that_capture_asked_for(server: EmbeddedServer) -> None:
    """What curl does with `--include` and the four headers."""
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    headers = {**upgrade, "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    exchange = await capture(server.url("/websocket"), headers)
    assert [frame.raw[2:] for frame in of_kind(exchange, "frame")][:3] == [b"foo\n", b"bar\n", b"baz\n"]


async def test_a_server_that_does_not_close_is_closed_by_us() -> None:
    async def echo(connection: websockets_server.ServerConnection) -> None:
        await connection.ping(b"there?")
        async for message in connection:
            await connection.send(message)

    async with websockets_server.serve(echo, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        exchange = await capture_websocket(f"ws://127.0.0.1:{port}/", ["again"], timeout=1.5)
    words = [(part.sender, part.note.split(", ")[1]) for part in exchange.parts if part.kind == "frame"]
    assert sorted(words[:-2]) == [
        ("client", "pong"),
        ("client", "text"),
        ("server", "ping"),
        ("server", "text"),
    ]
    assert words[-2:] == [("client", "close"), ("server", "close")]
    assert not of_kind(exchange, "excess", "client"), "the server's answer to our close is not answered"


async def test_a_websocket_server_that_never_answers_the_close_is_left() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n" + Frame(1, b"x").encode()
        )
        await reader.read()

    async with listening(silent) as host:
        exchange = await asyncio.wait_for(capture_websocket(f"ws://{host}/", timeout=0.8), 10)
    assert [part.sender for part in exchange.parts if part.kind == "frame"] == ["server", "client"]


async def test_a_stream_cut_in_the_middle_is_recorded_as_cut() -> None:
    async def dies(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nfoo")
        await writer.drain()

    async with listening(dies) as host:
        exchange = await capture(f"http://{host}/")
    assert [(part.kind, part.note) for part in exchange.parts[-2:]] == [
        ("chunk data", "cut: 3 of 9 bytes came"),
        ("close", "the connection ended too early: the message is not complete"),
    ]


async def test_a_response_that_does_not_end_raises_with_what_came() -> None:
    async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfoo\n\r\n")
        await reader.read()

    async with listening(hangs) as host:
        with pytest.raises(CaptureTimeout, match=r"within 0\.8 s \(56 bytes came\)") as caught:
            await capture(f"http://{host}/", timeout=0.8)
    assert [part.raw for part in of_kind(caught.value.exchange, "chunk data")] == [b"foo\n"]
    assert isinstance(caught.value, TimeoutError)


async def test_a_server_that_does_not_speak_http() -> None:
    async def greets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"220 ready\r\n")
        await writer.drain()

    async with listening(greets) as host:
        exchange = await capture(f"http://{host}/")
    assert of_kind(exchange, "not HTTP")[0].raw == b"220 ready\r\n"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with a key and a certificate for 127.0.0.1 that nobody has signed."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    file = tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "-", "-out", "-"]
    file.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    return file


async def test_over_tls_the_record_is_what_tls_carries(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    async def hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        await writer.drain()

    async with listening(hello, context) as host:
        with pytest.raises(ConnectionError, match="certificate"):
            await capture(f"https://{host}/")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        exchange = await capture(f"https://{host}/")
        refused = await capture_websocket(f"wss://{host}/")
    assert of_kind(exchange, "body")[0].raw == of_kind(refused, "body")[0].raw == b"hello"


async def test_nobody_there() -> None:
    with EmbeddedServer() as server:
        url = server.url("/sse")
    with pytest.raises(ConnectionError, match=r"no connection to 127\.0\.0\.1:"):
        await capture(url)


@pytest.mark.parametrize("url", ["ws://127.0.0.1/", "127.0.0.1/sse", "http:///sse", "file:///etc/hosts"])
async def test_urls_that_capture_does_not_speak(url: str) -> None:
    with pytest.raises(ValueError, match="the URL must begin with http://HOST or https://HOST"):
        await capture(url)


async def test_a_header_cannot_break_out_of_its_line(server: EmbeddedServer) -> None:
    with pytest.raises(ValueError, match="line break"):
        await capture(server.url("/sse"), headers={"X": "1\r\nY: 2"})


async def test_a_path_that_needs_quoting() -> None:
    seen = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((request.path, request.query_string))
        return web.Response(text="ok")

    def app() -> web.Application:
        application = web.Application()
        application.router.add_get("/{tail:.*}", handler)
        return application

    with EmbeddedServer(app) as server:
        exchange = await capture(server.url("/日 本%20?q=a b"))
    assert seen == [("/日 本 ", "q=a b")]
    assert of_kind(exchange, "body")[0].raw == b"ok"


async def test_every_capture_closes_its_connection() -> None:
    ended = []

    async def answer_and_wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        length = b"0" if b"/whole" in request else b"5"
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: " + length + b"\r\n\r\n")
        ended.append(await reader.read())

    async with listening(answer_and_wait) as host:
        await capture(f"http://{host}/whole")
        await capture_websocket(f"ws://{host}/whole")
        with pytest.raises(CaptureTimeout):
            await capture(f"http://{host}/unfinished", timeout=0.8)
        for _ in range(500):
            if len(ended) == 3:
                break
            await asyncio.sleep(0.01)
    assert ended == [b"", b"", b""]
