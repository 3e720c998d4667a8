"""The transcript: in text and in HTML, of what is long, wide, hostile or slow."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.wire import Exchange, Part, Read, annotate_request, annotate_response
from lab.wire.part import quoted, visible

REQUEST = b"GET /transfer-encoding HTTP/1.1\r\nHost: a\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
EXCHANGE = Exchange(
    "http://a/transfer-encoding",
    [
        Read(0.0, "client", REQUEST),
        Read(0.001, "server", HEAD + b"4\r\nfoo\n\r\n"),
        Read(0.2014, "server", b"4\r\nbar\n\r\n"),
        Read(0.2017, "server", b"0\r\n\r\n"),
    ],
)

TRANSCRIPT = r"""
     ms    bytes what          raw                                 note
    0.0 →     33 request line  GET /transfer-encoding…TTP/1.1\r\n  method, target, version
    0.0 →      9 header        Host: a\r\n
    0.0 →      2 blank line    \r\n                                end of the request; no body
    1.0 ←     17 status line   HTTP/1.1 200 OK\r\n                 version, status code, reason
    1.0 ←     28 header        Transfer-Encoding: chunked\r\n      the body comes in chunks
    1.0 ←      2 blank line    \r\n                                end of the headers; chunks follow
    1.0 ←      3 chunk size    4\r\n                               4 bytes follow
    1.0 ←      4 chunk data    foo\n
    1.0 ←      2 chunk end     \r\n                                end of the chunk
── 200 ms later ────────────────────────────────────────────────────────────────────────────────────
  201.4 ←      3 chunk size    4\r\n                               4 bytes follow
  201.4 ←      4 chunk data    bar\n
  201.4 ←      2 chunk end     \r\n                                end of the chunk
  201.7 ←      3 last chunk    0\r\n                               size 0: no more chunks
  201.7 ←      2 blank line    \r\n                                end of the message
→ client to server   ← server to client"""


def test_the_transcript() -> None:
    assert str(EXCHANGE) == TRANSCRIPT.strip("\n")


def sse(*events: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%s\r\n" % (len(event), event) for event in events) + b"0\r\n\r\n"


def test_level_0_leaves_the_closer_look_out() -> None:
    exchange = annotate_response(sse(b"data: a\n\n"))
    assert "event field" in exchange.transcript()
    assert "event field" not in exchange.transcript(level=0)


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize(
    "exchange",
    [
        EXCHANGE,
        annotate_response(sse(b"data: " + b"x" * 5000 + b"\n\n", b"id: \xff\x00\\\t\n\n")),
        annotate_request(
            b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 3 + b"Upgrade: websocket\r\n\r\n\x88\x82abcd\x00\x00"
        ),
    ],
    ids=["chunked", "long", "websocket"],
)
def test_no_line_is_wider_than_asked_for(exchange: Exchange, width: int) -> None:
    lines = exchange.transcript(max_width=width).splitlines()
    assert max(len(line) for line in lines) <= width


def test_a_long_exchange_shows_its_start_and_its_end() -> None:
    exchange = annotate_response(sse(*[b"data: a\n\n"] * 1000))
    lines = exchange.transcript(max_rows=20).splitlines()
    assert len(lines) == 23
    assert "4,986 more rows" in lines[11]
    assert "end of the message" in lines[-2]
    assert len(exchange._repr_html_()) < 200_000


def test_a_part_that_came_in_several_reads_says_when() -> None:
    head = b"HTTP/1.0 200 OK\r\n\r\n"
    pieces = [(0.001, head + b"foo\n"), (0.2, b"bar\n"), (0.4, b"baz\n"), (0.401, b"")]
    exchange = Exchange("", [Read(at, "server", data) for at, data in pieces])
    assert "in 3 reads, at 1, 200, 400 ms" in exchange.transcript(max_width=140)
    assert "later" not in exchange.transcript(), "the first byte of the body came with the headers"
    many = Exchange("", [Read(0.0, "server", head), *(Read(n / 10, "server", b"x") for n in range(1, 10))])
    assert "in 9 reads, at 100, 200, 300, …, 800, 900 ms" in many.transcript(max_width=160)


def test_the_short_form_does_not_pour_out_the_bytes() -> None:
    assert repr(EXCHANGE) == "<Exchange http://a/transfer-encoding: 70 bytes from the server in 3 reads>"


def test_an_empty_exchange() -> None:
    assert str(Exchange("", [])).splitlines()[0].split() == ["ms", "bytes", "what", "raw", "note"]


def test_a_message_nobody_waited_for_is_not_called_closed() -> None:
    parts = Exchange("", [Read(0.0, "server", HEAD + b"9\r\nfoo")]).parts
    assert (parts[-1].kind, parts[-1].note) == ("chunk data", "cut: 3 of 9 bytes came")


class Table(HTMLParser):
    """The texts of the cells, row by row; no element but a table's may occur."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in {"table", "caption", "thead", "tbody", "tr", "th", "td"}
        assert {name for name, _ in attrs} <= {"style", "scope", "colspan"}
        if tag == "tr":
            self.rows.append([])

    def handle_data(self, data: str) -> None:
        if self.rows and data.strip():
            self.rows[-1].append(data.strip())


def test_the_html_table_says_the_same_and_lets_nothing_through() -> None:
    raw = HEAD + b"1c\r\n<script>alert('x')</script>\n\r\n0\r\n\r\n"
    exchange = Exchange("", [Read(0.0, "client", REQUEST), Read(0.3, "server", raw)])
    table = Table()
    table.feed(exchange._repr_html_())
    assert table.rows[0] == ["ms", "who", "bytes", "what", "raw", "note"]
    assert ["300 ms later"] in table.rows
    assert ["300.0", "←", "28", "chunk data", r"<script>alert('x')</script>\n"] in table.rows
    kinds = [row[3] for row in table.rows if len(row) > 3]
    assert kinds[1:] == [part.kind for part in exchange.parts]


def test_a_word_for_every_colour() -> None:
    """A reader who sees no colours has the kind beside each; an error's own colour also has its own kind."""
    html = annotate_response(b"nonsense")._repr_html_()
    assert "#D55E00" in html and "not HTTP" in html


@given(st.binary(max_size=80), st.integers(min_value=12, max_value=60))
def test_bytes_are_shown_whole_or_with_their_ends(raw: bytes, width: int) -> None:
    text = visible(raw)
    assert text.isascii() and (text.isprintable() or not text)
    assert text.encode().decode("unicode_escape").encode("latin-1") == raw
    short = visible(raw, width)
    assert len(short) <= width
    head, ellipsis, tail = short.partition("…")
    assert text.startswith(head) and text.endswith(tail)
    assert bool(ellipsis) == (len(text) > width)


def test_text_in_notes_keeps_its_script() -> None:
    assert quoted("日本\n".encode()) == '"日本\\n"'
    assert quoted(b"\xff") == r'"\xff"'
    assert len(quoted(b"x" * 1_000_000)) == 26


def test_a_part_is_a_value() -> None:
    part = Part("server", 0.0, "body", b"x")
    assert part == Part("server", 0.0, "body", b"x", "", 0)
    assert len({part, part}) == 1
