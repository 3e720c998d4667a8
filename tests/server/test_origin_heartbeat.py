"""Comments keep a silent SSE line in use, and disturb nothing."""

import json
from functools import partial

from server.embedded import EmbeddedServer
from server.origin import make_app
from tests.support.event_stream import parse
from tests.support.origin_clients import connect, get, read_until, request

HEARTBEAT = b": heartbeat\n\n"


def test_heartbeats_fill_the_silence_and_are_no_events() -> None:
    with EmbeddedServer(partial(make_app, heartbeat=0.05)) as server:
        response = get(server.port, "/sse?count=3&interval_ms=400")
    silences = response.body.split(b"data: {")
    assert silences[1].count(HEARTBEAT) >= 2 and silences[2].count(HEARTBEAT) >= 2
    assert all(HEARTBEAT not in chunk or chunk == HEARTBEAT for chunk in response.chunks)
    events = parse(response.body).events
    assert [event.type for event in events] == ["test", "test", "test", "end"]
    assert [json.loads(event.data)["seq"] for event in events[:3]] == [0, 1, 2]


def test_the_articles_stream_is_kept_in_use_too() -> None:
    with EmbeddedServer(partial(make_app, heartbeat=0.02)) as server:
        response = get(server.port, "/sse")
    assert response.body.count(HEARTBEAT) >= 2
    assert [event.data for event in parse(response.body).events] == ["foo", "bar", "baz"]


def test_no_heartbeat_while_items_are_due_sooner(origin: EmbeddedServer) -> None:
    assert b"\n:" not in get(origin.port, "/sse?count=20&interval_ms=5").body


def test_an_item_due_during_a_heartbeat_is_not_lost() -> None:
    """Intervals about as long as the heartbeat's: each race between the two must keep every item."""
    with EmbeddedServer(partial(make_app, heartbeat=0.005)) as server:
        events = parse(get(server.port, "/sse?count=100&interval_ms=5").body).events
    assert [event.last_id for event in events] == [*map(str, range(100)), "99"]


def test_a_heartbeat_is_sent_at_once_and_not_kept() -> None:
    asked = request("/sse?count=2&interval_ms=60000")
    with (
        EmbeddedServer(partial(make_app, heartbeat=0.05)) as server,
        connect(server.port, asked) as connection,
    ):
        read_until(connection, HEARTBEAT)
