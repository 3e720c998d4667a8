"""Units: the encoder of events, read back by a parser that shares nothing with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.sse import encode_comment, encode_event
from tests.support.event_stream import Event, Stream, parse

text = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\r\n :\0\ufeff\x0b\x85\u2028"))
one_line = text.filter(lambda value: not set(value) & set("\r\n"))
identifier = one_line.filter(lambda value: "\0" not in value)
waits = st.none() | st.integers(0, 10**9)


def unified(data: str) -> str:
    """The standard joins lines by LF, however they were ended."""
    return data.replace("\r\n", "\n").replace("\r", "\n")


@given(
    data=text,
    event=st.none() | one_line,
    id=st.none() | identifier,
    retry_ms=st.none() | st.integers(0, 10**9),
)
def test_an_event_is_read_back_as_it_was(
    data: str, event: str | None, id: str | None, retry_ms: int | None
) -> None:
    encoded = encode_event(data, event=event, id=id, retry_ms=retry_ms)
    assert parse(encoded) == Stream([Event(event or "message", unified(data), id or "")], 0, retry_ms)


@given(st.lists(st.tuples(text, st.booleans())))
def test_events_and_comments_in_a_row_keep_apart(parts: list[tuple[str, bool]]) -> None:
    stream = b"".join(encode_comment(data) if comment else encode_event(data) for data, comment in parts)
    assert parse(stream).events == [Event("message", unified(data)) for data, comment in parts if not comment]


@given(text)
def test_a_comment_between_the_lines_of_nothing_else_is_no_event(comment: str) -> None:
    assert parse(encode_comment(comment)).events == []


def test_a_heartbeat_is_a_comment_on_the_wire() -> None:
    assert encode_comment("heartbeat") == b": heartbeat\n\n"


def test_the_articles_event() -> None:
    assert encode_event("foo", event="test") == b"event: test\ndata: foo\n\n"


@pytest.mark.parametrize("name", ["event", "id"])
@pytest.mark.parametrize("value", ["a\nb", "a\rb", "\r\ndata: injected", "\n"])
def test_a_line_break_cannot_smuggle_a_field_in(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name):
        encode_event("x", **{name: value})


def test_an_id_that_clients_would_ignore_is_refused() -> None:
    with pytest.raises(ValueError, match="id"):
        encode_event("x", id="1\0")
