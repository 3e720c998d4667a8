"""The relay: it adds nothing, and what happens on one side is seen on the other."""

import asyncio
import time
from collections.abc import Iterator

import aiohttp
import pytest
from aiohttp import web

from lab.streams.readers import Refused, read_chunks
from lab.streams.recording import record
from lab.streams.relay import Chunks, relay
from server.embedded import EmbeddedServer


async def pass_on(chunks: Chunks) -> Chunks:
    async for chunk in chunks:
        yield chunk


@pytest.fixture(scope="module")
def origin() -> Iterator[EmbeddedServer]:
    with EmbeddedServer() as server:
        yield server


async def test_it_holds_nothing(origin: EmbeddedServer) -> None:
    with relay(origin.url(""), pass_on) as through:
        passed = await record(read_chunks(through.url("/transfer-encoding?count=6&interval_ms=200")))
    assert len(passed.bursts) == 6
    assert passed.in_order


async def test_the_transform_gets_chunks_whole(origin: EmbeddedServer) -> None:
    sizes = []

    async def measure(chunks: Chunks) -> Chunks:
        async for chunk in chunks:
            sizes.append(chunk.count(b"\n"))
            yield chunk

    with relay(origin.url(""), measure) as through:
        await record(read_chunks(through.url("/transfer-encoding?count=3&interval_ms=0&pad=300000")))
    assert sizes == [1, 1, 1]


async def test_status_and_query_go_through_and_headers_are_added(origin: EmbeddedServer) -> None:
    with relay(origin.url(""), pass_on, {"X-Layer": "relay"}) as through:
        with pytest.raises(Refused, match=r"400.*count must be"):
            await record(read_chunks(through.url("/sse?count=many")))
        async with aiohttp.ClientSession() as session, session.get(through.url("/sse")) as response:
            assert response.content_type == "text/event-stream"
            assert response.headers["X-Layer"] == "relay"


async def test_a_cut_upstream_is_a_cut_downstream(capfd: pytest.CaptureFixture[str]) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"seq": 0, "sent": 0}\n')
        await asyncio.sleep(0.1)
        assert request.transport is not None
        request.transport.abort()
        return response

    def make_app() -> web.Application:
        app = web.Application()
        app.router.add_get("/", cut)
        return app

    with EmbeddedServer(make_app) as upstream, relay(upstream.url(""), pass_on) as through:
        arrived = await record(read_chunks(through.url("/")))
    assert len(arrived.items) == 1
    assert isinstance(arrived.error, aiohttp.ClientPayloadError)
    assert "Traceback" not in capfd.readouterr().err


async def test_no_upstream_is_a_502() -> None:
    with EmbeddedServer() as gone:
        address = gone.url("")
    with relay(address, pass_on) as through, pytest.raises(Refused, match=r"502.*no answer"):
        await record(read_chunks(through.url("/")))


async def test_a_client_that_leaves_ends_the_transform(
    origin: EmbeddedServer, capfd: pytest.CaptureFixture[str]
) -> None:
    ended = []

    async def watched(chunks: Chunks) -> Chunks:
        try:
            async for chunk in chunks:
                yield chunk
        finally:
            ended.append(time.monotonic())

    with relay(origin.url(""), watched) as through:
        reader = read_chunks(through.url("/transfer-encoding?count=50&interval_ms=200"))
        await anext(reader)
        await anext(reader)
        await reader.aclose()
        left = time.monotonic()
        while not ended:
            await asyncio.sleep(0.02)
            assert time.monotonic() - left < 5, "the transform goes on without a client"
    assert "Traceback" not in capfd.readouterr().err
