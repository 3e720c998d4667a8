"""The record of a stream: the same whatever pieces its bytes came in."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.streams.arrivals import Arrivals, milliseconds
from lab.streams.events import Event
from lab.streams.readers import Head

START = 1_000_000.0


def line(seq, sent, pad=0):
    return json.dumps({"seq": seq, "sent": START + sent, "text": "foo" + "." * pad}).encode() + b"\n"


def stream(*parts, **fields):
    """Arrivals of `(seconds after the start, part)`."""
    return Arrivals(started=START, parts=[(START + at, part) for at, part in parts], **fields)


def pieces_of(data, cuts):
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


@given(
    st.lists(st.integers(0, 200), max_size=8), st.lists(st.integers(0, 10_000), max_size=12), st.booleans()
)
def test_any_split_into_reads_gives_the_same_items(pads, cuts, ends_with_newline):
    data = b"".join(line(seq, seq * 0.1, pad) for seq, pad in enumerate(pads))
    data = data if ends_with_newline else data[:-1]
    whole = stream((1.0, data))
    split = stream(*((1.0, piece) for piece in pieces_of(data, cuts)))
    assert split.items == whole.items
    assert split.strays == whole.strays == []
    assert len(whole.items) == len(pads) and whole.in_order
    assert sum(item.size for item in whole.items) == len(data)


@given(st.lists(st.integers(0, 10_000), max_size=12))
def test_an_item_has_arrived_when_its_last_byte_has(cuts):
    data = b"".join(line(seq, 0, pad=30) for seq in range(5))
    reads = [(float(number), piece) for number, piece in enumerate(pieces_of(data, cuts))]
    end = 0
    for item, text in zip(stream(*reads).items, data.splitlines(keepends=True), strict=True):
        end += len(text)
        received = 0
        for at, piece in reads:
            received += len(piece)
            if received >= end:
                assert item.arrived == START + at
                break


@given(st.binary(max_size=200), st.lists(st.integers(0, 10_000), max_size=5))
def test_what_is_not_an_item_is_kept_as_a_stray(garbage, cuts):
    whole = stream((1.0, garbage))
    split = stream(*((1.0, piece) for piece in pieces_of(garbage, cuts)))
    assert split.strays == whole.strays
    assert b"".join(whole.strays) == garbage


def test_bursts_are_items_that_came_together():
    sent = [line(seq, seq * 0.1) for seq in range(6)]
    arrivals = stream((0.25, b"".join(sent[:3])), (0.55, b"".join(sent[3:])))
    assert [len(burst) for burst in arrivals.bursts] == [3, 3]
    assert arrivals.longest_hold == pytest.approx(0.25)
    assert arrivals.most_held == len(sent[0]) * 3


def test_a_late_item_of_a_steady_stream_is_a_burst_of_its_own():
    arrivals = stream(
        *((seq * 0.1 + (0.04 if seq == 3 else 0.001), line(seq, seq * 0.1)) for seq in range(6))
    )
    assert len(arrivals.bursts) == 6


def test_an_item_that_overtakes_the_clock_is_not_hidden():
    assert stream((0.1, line(0, 0.2))).longest_hold == pytest.approx(-0.1)


@pytest.mark.parametrize(
    ("seqs", "in_order"),
    [([0, 1, 2], True), ([4, 5], True), ([0, 2], False), ([0, 0], False), ([1, 0], False), ([], True)],
)
def test_in_order(seqs, in_order):
    assert stream(*((1.0, line(seq, 0)) for seq in seqs)).in_order is in_order


def test_events_and_messages_are_items_and_the_end_event_is_a_stray():
    text = line(0, 0).decode().strip()
    arrivals = stream(
        (0.0, Head(200, {})),
        (0.1, Event("test", text, "0")),
        (0.2, text),
        (0.3, Event("end", '{"count": 1}', "0")),
    )
    assert len(arrivals.items) == 2
    assert arrivals.strays == [b'{"count": 1}\n']
    assert arrivals.head_at == START
    assert arrivals.first_byte == pytest.approx(0.1)


def test_summary_is_the_text_twin():
    parts = (0.0, Head(200, {})), (0.0004, line(0, 0)), (0.0404, line(1, 0.0002))
    arrivals = stream(*parts, ended=START + 0.041)
    assert (
        arrivals.summary() == "LOCAL · 2 items in 2 bursts · first 0.4 ms · longest hold 40 ms · total 41 ms"
    )
    assert arrivals.finding() == "2 items in 2 bursts, longest hold 40 ms"


def test_summary_says_what_went_wrong():
    arrivals = stream(
        (0.0, Head(206, {})), label="half", source="AWS", ended=START + 1, error=ValueError("no")
    )
    assert arrivals.summary() == "half · AWS · HTTP 206 · no items · total 1000 ms · CUT: ValueError"


def test_a_stream_without_stamps_says_how_to_get_them():
    with pytest.raises(ValueError, match=r"no stamped item arrived.*count=24"):
        _ = stream((0.1, b"foo\n")).longest_hold


def test_milliseconds():
    assert [milliseconds(s) for s in (0.0004, 0.0362, 1.2)] == ["0.4 ms", "36 ms", "1200 ms"]
