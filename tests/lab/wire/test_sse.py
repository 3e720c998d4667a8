"""The event-stream annotator against the examples and rules of the HTML standard, section 9.2."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.wire import Part, SseAnnotator
from server.sse import encode_comment, encode_event


def annotate(pieces: list[bytes]) -> list[Part]:
    annotator = SseAnnotator()
    for piece in pieces:
        annotator.feed(piece, 0.0)
    annotator.end(0.0)
    return annotator.parts


def notes(raw: bytes) -> list[tuple[str, str]]:
    return [(part.kind, part.note) for part in annotate([raw])]


def test_every_field() -> None:
    raw = b"\xef\xbb\xbf: hi\nevent: test\nid:7\nretry: 1000\ndata: foo\ndata:  bar\ndata\nother: x\n\n"
    assert notes(raw) == [
        ("byte order mark", "ignored at the start of the stream"),
        ("comment", "clients ignore it"),
        ("event field", "event type is test"),
        ("event field", 'last event ID is "7"'),
        ("event field", "reconnect after 1000 ms"),
        ("event field", 'data is "foo"'),
        ("event field", 'line 2 of the data is " bar"'),
        ("event field", 'line 3 of the data is ""'),
        ("event field", 'no such field as "other": ignored'),
        ("event end", 'dispatch "test", 9 bytes of data'),
    ]


@pytest.mark.parametrize(
    ("raw", "note"),
    [
        (b"data: x\n\n", 'dispatch "message", 1 byte of data'),
        (b"data\n\n", 'dispatch "message", 0 bytes of data'),
        (b"event: test\n\n", "no data since the last one: nothing is dispatched"),
        (b"event: test\n\ndata: x\n\n", 'dispatch "message", 1 byte of data'),
        (b": only a comment\n\n", "no data since the last one: nothing is dispatched"),
    ],
)
def test_what_a_blank_line_dispatches(raw: bytes, note: str) -> None:
    assert notes(raw)[-1] == ("event end", note)


@pytest.mark.parametrize(
    ("raw", "note"),
    [
        (b"id: a\0b\n", "ignored: NUL in it"),
        (b"retry: 1s\n", "ignored: not only digits"),
        (b"Data: x\n", 'no such field as "Data": ignored'),
        (b"data: \xe6\x97\xa5\n", 'data is "日"'),
        (b"data: \xff\x00\n", r'data is "\xff\x00"'),
    ],
)
def test_values_that_need_a_word(raw: bytes, note: str) -> None:
    assert notes(raw)[0] == ("event field", note)


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_the_three_line_ends(end: bytes) -> None:
    raws = [part.raw for part in annotate([b"data: a" + end + end + b"data: b" + end + end])]
    assert raws == [b"data: a" + end, end, b"data: b" + end, end]


def test_a_stream_that_ends_inside_an_event_says_that_it_is_discarded() -> None:
    assert notes(b"data: a\n\ndata: b\nda")[-2:] == [
        ("incomplete line", "the stream ended inside this line: clients discard it"),
        ("incomplete event", "no blank line ended this event: clients discard it"),
    ]


def test_a_cr_that_came_last_is_timed_by_its_own_read() -> None:
    annotator = SseAnnotator()
    annotator.feed(b"data: a\r", 1.0)
    annotator.feed(b"data: b\r", 2.0)
    assert [(part.raw, part.at) for part in annotator.parts] == [(b"data: a\r", 1.0)]


def test_a_crlf_cut_in_two_by_a_chunk_ends_one_line() -> None:
    annotator = SseAnnotator()
    annotator.feed(b"data: a\r", 0.0)
    annotator.settle()
    annotator.feed(b"\ndata: b\n", 0.0)
    assert [part.kind for part in annotator.parts] == ["event field", "line end", "event field"]


@given(st.text(), st.sampled_from([None, "test"]), st.integers(0, 99), st.text(st.characters(codec="utf-8")))
def test_what_the_server_encodes_is_one_event(data: str, event: str | None, id: int, comment: str) -> None:
    raw = encode_comment(comment) + encode_event(data, event=event, id=str(id))
    ends = [part.note for part in annotate([raw]) if part.kind == "event end"]
    size = len(data.replace("\r\n", "\n").encode())
    assert ends[-1].startswith(f'dispatch "{event or "message"}", {size:,} byte')
    assert all(note.endswith("nothing is dispatched") for note in ends[:-1])


LINES = st.lists(
    st.sampled_from(
        [b"data: a", b"data", b"id: 1", b":", b"\r", b"\n", b"\r\n", b"\xef\xbb\xbf", b"\xff", b" "]
    )
).map(b"".join)


@given(st.one_of(LINES, st.binary()), st.lists(st.integers(min_value=0, max_value=200)))
def test_any_split_gives_the_same_parts_and_nothing_is_lost(raw: bytes, places: list[int]) -> None:
    at = sorted({place % (len(raw) + 1) for place in places} | {0, len(raw)})
    pieces = [raw[start:end] for start, end in pairwise(at)]
    parts = annotate([raw])
    assert annotate(pieces) == parts
    assert b"".join(part.raw for part in parts) == raw
