"""The event-stream parser against the HTML standard's own examples, and against any split of the bytes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.streams.events import Event, EventParser
from server.sse import encode_event


def parse(data, cuts=()):
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    parser = EventParser()
    return [event for a, b in pairwise(edges) for event in parser.feed(data[a:b])]


@pytest.mark.parametrize(
    ("data", "events"),
    [
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [("message", "YHOO\n+2\n10", "")]),
        (
            b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            [
                ("message", "first event", "1"),
                ("message", "second event", ""),
                ("message", " third event", ""),
            ],
        ),
        (b"data\n\ndata\ndata\n\ndata:", [("message", "", ""), ("message", "\n", "")]),
        (b"data:test\n\ndata: test\n\n", [("message", "test", ""), ("message", "test", "")]),
        (b"event: add\ndata: 1\r\n\r\nevent: none\r\rdata: 2\n\n", [("add", "1", ""), ("message", "2", "")]),
        (b"\xef\xbb\xbfdata: bom\n\n", [("message", "bom", "")]),
        (b"id: 1\0\ndata: nul\n\n", [("message", "nul", "")]),
        (b"unknown: x\ndata: y\n\n", [("message", "y", "")]),
        (b"data: unfinished\n", []),
    ],
)
def test_standard(data, events):
    assert parse(data) == [Event(*event) for event in events]


@pytest.mark.parametrize(
    ("pieces", "data"),
    [
        ([b"data: x\r\r"], [["x"]]),
        ([b"data: x\r\r", b"data: y\r\r"], [["x"], ["y"]]),
        ([b"data: x\r", b"\ndata: y\n", b"\n"], [[], [], ["x\ny"]]),
        ([b"data: x\r\n\r"], [["x"]]),
        ([b"data: x\r\n\r", b"\n", b"data: y\n\n"], [["x"], [], ["y"]]),
        ([b"data: x\n\r"], [["x"]]),
        ([b"data: x\r", b"\r", b"\r\n"], [[], ["x"], []]),
        ([b"\r", b"\n", b"data: \xe6\x97", b"\xa5\r\r"], [[], [], [], ["日"]]),
    ],
)
def test_a_cr_ends_its_line_at_once(pieces, data):
    """Whether an LF follows is not known yet; a browser does not wait for it either."""
    parser = EventParser()
    assert [[event.data for event in parser.feed(piece)] for piece in pieces] == data


def test_retry_is_digits_only():
    parser = EventParser()
    parser.feed(b"retry: 250\n\nretry: 1e3\n\n")
    assert parser.retry_ms == 250


SPICED = st.text(st.sampled_from("ab:\r\n \0\ufeffé日")).map(str.encode)
STREAMS = st.lists(
    st.one_of(SPICED, st.sampled_from([b"data: x\n\n", b"id: 1\r\n", b"event: e\n", b": c\n"]))
)


@given(STREAMS.map(b"".join), st.lists(st.integers(0, 1000), max_size=10))
def test_any_split_gives_the_same_events(data, cuts):
    assert parse(data, cuts) == parse(data)


@given(st.binary(max_size=100))
def test_garbage_never_raises(data):
    parse(data)


@given(st.text(), st.lists(st.integers(0, 1000), max_size=5))
def test_what_the_server_encodes_the_client_reads(text, cuts):
    lines = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()
    encoded = encode_event(lines, event="test", id="7", retry_ms=10)
    assert parse(encoded, cuts) == [Event("test", lines, "7")]
