"""Readers, recording, the figure and the live view, on a real stream from the embedded server."""

import asyncio
import json
from itertools import pairwise

import aiohttp
import matplotlib
import pytest
from aiohttp import web

from lab import Refused, figure, read_chunks, read_events, read_messages, record, small_multiples
from lab.streams.arrivals import Arrivals, Recording
from lab.streams.live import LiveView, live_svg
from lab.streams.readers import Head
from server.embedded import EmbeddedServer
from server.items import Items
from tests.support.shapes import one_by_one

matplotlib.use("Agg")
QUERY = "?count=6&interval_ms=100"


@pytest.fixture(scope="module")
def server():
    with EmbeddedServer() as running:
        yield running


def serve(handler):
    def make_app():
        app = web.Application()
        app.router.add_get("/", handler)
        return app

    return EmbeddedServer(make_app)


@pytest.mark.parametrize(
    ("reader", "path", "scheme", "status"),
    [
        (read_chunks, "/transfer-encoding", "http", 200),
        (read_events, "/sse", "http", 200),
        (read_messages, "/websocket", "ws", 101),
    ],
)
async def test_each_reader_gives_the_head_and_then_each_item_as_it_comes(
    server, reader, path, scheme, status
):
    stream = await record(reader(server.url(path + QUERY, scheme)), "direct")
    assert isinstance(stream.parts[0][1], Head) and stream.parts[0][1].status == status
    assert len(stream.items) == 6 and stream.in_order
    assert len(stream.bursts) == 6
    assert stream.error is None
    assert one_by_one([item.sent for item in stream.items], [item.arrived for item in stream.items])


async def test_chunks_are_whole_and_one_an_item(server):
    large = [
        part async for part in read_chunks(server.url("/transfer-encoding?count=3&interval_ms=0&pad=400000"))
    ]
    assert [json.loads(chunk)["seq"] for chunk in large[1:]] == [0, 1, 2]


async def test_a_body_that_is_not_chunked_is_read_too():
    async def plain(request):
        return web.Response(body=b"x" * 300_000)

    with serve(plain) as one:
        parts = [part async for part in read_chunks(one.url("/"))]
    assert b"".join(parts[1:]) == b"x" * 300_000


@pytest.mark.parametrize(
    ("reader", "scheme"), [(read_chunks, "http"), (read_events, "http"), (read_messages, "ws")]
)
async def test_a_refusal_says_what_the_server_said(server, reader, scheme):
    with pytest.raises(Refused, match=r"HTTP 404 .*nothing at /nowhere"):
        await record(reader(server.url("/nowhere", scheme)))


async def test_nobody_there_is_an_error(server):
    gone = EmbeddedServer().start()
    url = gone.url("/sse")
    gone.stop()
    with pytest.raises(aiohttp.ClientConnectionError):
        await record(read_chunks(url))


async def test_events_resume_after_the_last_id(server):
    resumed = await record(read_events(server.url("/sse?count=6&interval_ms=0"), last_event_id="3"))
    assert [item.seq for item in resumed.items] == [4, 5]


async def cut_after_two(request):
    response = web.StreamResponse()
    await response.prepare(request)
    async for _, text in Items(count=2, interval_ms=100, stamped=True).produce():
        await response.write(f"{text}\n".encode())
    request.transport.abort()
    return response


async def test_a_cut_stream_is_a_result(capsys):
    with serve(cut_after_two) as one:
        stream = await record(read_chunks(one.url("/")), "cut")
    assert isinstance(stream.error, aiohttp.ClientPayloadError)
    drawing = figure(stream)
    assert "CUT" in capsys.readouterr().out
    assert "then cut" in drawing.axes[0].get_title()
    assert "cut" in [text.get_text() for text in drawing.axes[0].get_legend().get_texts()]


async def test_figure_prints_its_twin_and_states_the_finding(server, capsys):
    url = server.url("/transfer-encoding" + QUERY)

    async def whole(url):
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            yield await response.read()

    streamed, held = await record(read_chunks(url), "streamed"), await record(whole(url), "held")
    drawing = figure(streamed, held)
    assert capsys.readouterr().out.splitlines() == [streamed.summary(), held.summary()]
    fans, staircases = drawing.axes[:2], drawing.axes[2:]
    assert [fan.get_title() for fan in fans] == [
        f"{s.label} · LOCAL\n{s.finding()}" for s in (streamed, held)
    ]
    assert fans[0].get_xlim() == fans[1].get_xlim() == staircases[0].get_xlim()
    shaded = [area(stairs.collections[0].get_paths()[0].vertices) for stairs in staircases]
    assert shaded[1] > 4 * shaded[0], "what is held back is shaded"
    assert len(small_multiples(streamed, held, streamed, columns=2).axes) == 4


def area(polygon):
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(polygon))) / 2


def test_figure_refuses_too_many():
    with pytest.raises(ValueError, match="small_multiples"):
        figure(*[Arrivals()] * 5)


def test_figure_of_a_stream_without_items_says_why():
    with pytest.raises(ValueError, match="no stamped item"):
        figure(Arrivals(ended=1.0))


async def test_live_view_never_slows_the_reading(server, monkeypatch):
    shown = []
    monkeypatch.setattr("lab.streams.live.display", lambda view, display_id: Shown(shown))
    stream = await record(read_chunks(server.url("/transfer-encoding" + QUERY)), live=True)
    assert len(stream.bursts) == 6
    counts = [svg.count("<circle") for svg in shown]
    assert counts == sorted(counts) and counts[-1] == 6
    assert len(set(counts)) > 2, "it grew while the stream arrived"
    assert "complete" in shown[-1]


class Shown:
    def __init__(self, svgs):
        self.svgs = svgs

    def update(self, view):
        self.svgs.append(view._repr_html_())


async def test_live_view_ends_when_the_reader_fails(server, monkeypatch):
    monkeypatch.setattr("lab.streams.live.display", lambda view, display_id: None)
    before = len(asyncio.all_tasks())
    with pytest.raises(Refused):
        await record(read_chunks(server.url("/nowhere")), live=True)
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == before


def test_live_svg_is_labelled_and_has_a_text_twin():
    recording = Recording()
    assert 'aria-label="0 items after' in live_svg([], recording.started, None)
    view = LiveView(recording)
    assert repr(view).startswith("0 items after")
    for piece in (b'{"seq": 0, "sent": 1}\n{"seq"', b': 1, "sent": 2}\n', "no item", Head(200, {})):
        recording.add(piece)
        view._repr_html_()
    assert repr(view).startswith("2 items after")
