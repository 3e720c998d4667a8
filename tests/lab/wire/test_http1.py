"""The HTTP/1.1 annotator: the article's transcripts any split, any garbage, and h11 as judge."""

from itertools import pairwise

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lab.wire import Exchange, Http1Annotator, Part, annotate_request, annotate_response

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED = HEAD + b"4\r\nfoo\n\r\n4\r\nbar\n\r\n4\r\nbaz\n\r\n0\r\n\r\n"
SSE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
SSE = SSE_HEAD + b"17\r\nevent: test\ndata: foo\n\n\r\n17\r\nevent: test\ndata: bar\n\n\r\n0\r\n\r\n"
UNTIL_CLOSE = b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\r\rdata: b"
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nfoo"
TRAILERS = HEAD + b"3;a=b\r\nfoo\r\n00\r\nError: x\r\nBody: y\r\n\r\n"
FRAMES = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x03foo\x88\x02\x03\xe8"
REQUEST_HEAD = b"POST /r HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: E\r\n\r\n"
REQUEST = REQUEST_HEAD + b"1\r\nx\r\n0\r\nE: 1\r\n\r\n"
BROKEN = HEAD + b"4\r\nfoo\n\r\nzz\r\nand so on"
SAMPLES = [CHUNKED, SSE, UNTIL_CLOSE, INTERIM, TRAILERS, FRAMES, BROKEN, CHUNKED[:-9], b"\x16\x03\x01", b""]


def kinds(exchange: Exchange, level: int = 0) -> list[str]:
    return [part.kind for part in exchange.parts if part.level <= level]


def shape(parts: list[Part]) -> list[tuple[str, bytes]]:
    return [(part.kind, part.raw) for part in parts]


def annotate(pieces: list[bytes], sender: str = "server") -> tuple[list[Part], bool]:
    """The parts without their times, and whether the message was complete before the end."""
    annotator = Http1Annotator(sender)  # type: ignore[arg-type]
    for at, piece in enumerate(pieces):
        annotator.feed(piece, float(at))
    complete = annotator.complete
    annotator.end(float(len(pieces)))
    return [Part(p.sender, 0, p.kind, p.raw, p.note, p.level) for p in annotator.parts], complete


def cut(data: bytes, places: list[int]) -> list[bytes]:
    at = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(at)] or [b""]


def test_the_articles_chunked_response() -> None:
    expected = [
        ("status line", b"HTTP/1.1 200 OK\r\n", "version, status code, reason"),
        ("header", b"Content-Type: text/plain; charset=utf-8\r\n", ""),
        ("header", b"Transfer-Encoding: chunked\r\n", "the body comes in chunks"),
        ("blank line", b"\r\n", "end of the headers; chunks follow"),
        ("chunk size", b"4\r\n", "4 bytes follow"),
        ("chunk data", b"foo\n", ""),
        ("chunk end", b"\r\n", "end of the chunk"),
        ("chunk size", b"4\r\n", "4 bytes follow"),
        ("chunk data", b"bar\n", ""),
        ("chunk end", b"\r\n", "end of the chunk"),
        ("chunk size", b"4\r\n", "4 bytes follow"),
        ("chunk data", b"baz\n", ""),
        ("chunk end", b"\r\n", "end of the chunk"),
        ("last chunk", b"0\r\n", "size 0: no more chunks"),
        ("blank line", b"\r\n", "end of the message"),
    ]
    parts = annotate_response(CHUNKED).parts
    assert [(part.kind, part.raw, part.note) for part in parts] == expected
    assert {part.sender for part in parts} == {"server"}


def test_the_articles_event_stream() -> None:
    event = [
        ("chunk size", b"17\r\n", "23 bytes follow", 0),
        ("chunk data", b"event: test\ndata: foo\n\n", "", 0),
        ("event field", b"event: test\n", "event type is test", 1),
        ("event field", b"data: foo\n", 'data is "foo"', 1),
        ("event end", b"\n", 'dispatch "test", 3 bytes of data', 1),
        ("chunk end", b"\r\n", "end of the chunk", 0),
    ]
    parts = annotate_response(SSE).parts
    assert [(part.kind, part.raw, part.note, part.level) for part in parts[4:10]] == event
    assert [part.note for part in parts if part.kind == "event field"][2:] == [
        "event type is test",
        'data is "bar"',
    ]
    assert [part.kind for part in parts[16:]] == ["last chunk", "blank line"]


def test_trailers_and_chunk_extensions() -> None:
    parts = annotate_response(TRAILERS).parts
    assert shape(parts)[4:] == [
        ("chunk size", b"3;a=b\r\n"),
        ("chunk data", b"foo"),
        ("chunk end", b"\r\n"),
        ("last chunk", b"00\r\n"),
        ("trailer", b"Error: x\r\n"),
        ("trailer", b"Body: y\r\n"),
        ("blank line", b"\r\n"),
    ]
    assert "extension" in parts[4].note and "extension" not in parts[7].note


def test_a_chunked_request_with_trailers() -> None:
    assert kinds(annotate_request(REQUEST)) == [
        "request line",
        *["header"] * 3,
        "blank line",
        "chunk size",
        "chunk data",
        "chunk end",
        "last chunk",
        "trailer",
        "blank line",
    ]


def test_an_interim_response_is_followed_by_the_final_one() -> None:
    exchange = annotate_response(INTERIM)
    first, then = "status line", ["header", "blank line"]
    assert kinds(exchange) == [first, *then, first, *then, "body"]
    assert "103" in exchange.parts[2].note
    assert exchange.parts[-1].raw == b"foo"


def test_a_body_that_lasts_until_the_connection_ends() -> None:
    parts = annotate_response(b"HTTP/1.0 200 OK\r\n\r\nfoo\nbar\n").parts
    assert shape(parts)[2:] == [("body", b"foo\nbar\n"), ("close", b"")]
    assert parts[-1].note == "the connection ended: so did the body"


def test_events_of_a_body_keep_their_own_times() -> None:
    annotator = Http1Annotator("server")
    for at, data in enumerate(
        (b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", b"data: a\n\n")
    ):
        annotator.feed(data, float(at))
    annotator.feed(b"data: b\n\n", 2.0)
    annotator.end(3.0)
    times = [(part.kind, part.at) for part in annotator.parts[3:]]
    assert times == [
        ("body", 2.0),
        ("event field", 1.0),
        ("event end", 1.0),
        ("event field", 2.0),
        ("event end", 2.0),
        ("close", 3.0),
    ]


def test_the_lines_of_a_chunk_follow_it_though_a_bare_cr_ends_them() -> None:
    raw = SSE_HEAD + b"9\r\ndata: a\r\r\r\n1\r\n\n\r\n0\r\n\r\n"
    assert kinds(annotate_response(raw), level=1)[5:11] == [
        *["chunk data", "event field", "event end", "chunk end"],
        *["chunk size", "chunk data"],
    ]
    assert "line end" in kinds(annotate_response(raw), level=1)


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_statuses_without_a_body(status: str) -> None:
    exchange = annotate_response(f"HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\n".encode())
    assert kinds(exchange) == ["status line", "header", "blank line"]
    assert "no body" in exchange.parts[-1].note


def test_the_answer_to_head_has_no_body() -> None:
    exchange = annotate_response(HEAD, method="HEAD")
    assert kinds(exchange) == ["status line", "header", "header", "blank line"]
    assert "HEAD" in exchange.parts[-1].note


def test_chunks_override_content_length() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n"
    exchange = annotate_response(head + b"1\r\na\r\n0\r\n\r\n")
    assert kinds(exchange)[-5:] == ["chunk size", "chunk data", "chunk end", "last chunk", "blank line"]
    assert "whatever Content-Length says" in exchange.parts[3].note


def test_a_compressed_event_stream_is_not_read_as_text() -> None:
    raw = SSE.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n", 1)
    assert kinds(annotate_response(raw), level=1) == kinds(annotate_response(raw), level=0)


def test_odd_headers() -> None:
    raw = b"HTTP/1.1 200\r\nA:\r\nB : 1\r\nC: 1\n  more\r\nnonsense\r\nContent-Length: 1, 1\r\n\r\nx"
    parts = annotate_response(raw).parts
    assert [(part.kind, part.note) for part in parts[1:6]] == [
        ("header", ""),
        ("header", "a blank before the colon: must not be"),
        ("header", "ended by LF alone, not CRLF"),
        ("header", "continues the line above (obsolete)"),
        ("not a header", "a field is Name: value; ignored"),
    ]
    assert shape(parts)[-1] == ("body", b"x")


@pytest.mark.parametrize(
    ("raw", "kind", "rest"),
    [
        (b"220 ftp.example ready\r\n", "not HTTP", b"220 ftp.example ready\r\n"),
        (b"\x16\x03\x01\x00", "not HTTP", b"\x16\x03\x01\x00"),
        (b"HTTP/1.1 OK\r\n\r\n", "not HTTP", b"HTTP/1.1 OK\r\n\r\n"),
        (HEAD + b"zz\r\nfoo", "not a chunk size", b"zz\r\nfoo"),
        (HEAD + b"-4\r\nfoo\n\r\n", "not a chunk size", b"-4\r\nfoo\n\r\n"),
        (HEAD + b"4\nfoo\n\r\n", "not a chunk size", b"4\nfoo\n\r\n"),
        (HEAD + b"3\r\nfoo\n\r\n0\r\n\r\n", "not a chunk end", b"\n\r\n0\r\n\r\n"),
        (CHUNKED + b"HTTP", "excess", b"HTTP"),
    ],
)
def test_garbage_is_one_part_that_says_so(raw: bytes, kind: str, rest: bytes) -> None:
    parts = annotate_response(raw + b"!").parts
    found = next(part for part in parts if part.kind == kind)
    assert found.raw == rest + b"!"
    assert found.note


@pytest.mark.parametrize(
    ("raw", "kind", "note"),
    [
        (b"HTTP/1.1 20", "status line", "cut: its line has no end"),
        (HEAD + b"a", "chunk size", "cut: its line has no end"),
        (HEAD + b"a\r\nfoo", "chunk data", "cut: 3 of 10 bytes came"),
        (HEAD + b"3\r\nfoo\r", "chunk end", "cut: 1 of 2 bytes came"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfoo", "body", "cut: 3 of 9 bytes came"),
    ],
)
def test_a_response_cut_short_says_where(raw: bytes, kind: str, note: str) -> None:
    *_, part, close = annotate_response(raw).parts
    assert (part.kind, part.note) == (kind, note)
    assert (close.kind, "not complete" in close.note) == ("close", True)


def test_a_stream_cut_between_chunks_is_not_complete() -> None:
    *_, part, close = annotate_response(CHUNKED[:-5]).parts
    assert part.kind == "chunk end"
    assert "not complete" in close.note


@pytest.mark.parametrize("raw", SAMPLES)
def test_fed_byte_by_byte(raw: bytes) -> None:
    assert annotate([bytes([byte]) for byte in raw]) == annotate([raw])


@given(st.sampled_from([*SAMPLES, REQUEST]), st.lists(st.integers(min_value=0, max_value=1000)))
def test_any_split_into_reads_gives_the_same_parts(raw: bytes, places: list[int]) -> None:
    sender = "client" if raw == REQUEST else "server"
    assert annotate(cut(raw, places), sender) == annotate([raw], sender)


WORDS = [
    *[b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 101 S\r\nUpgrade: websocket\r\n\r\n", b"GET / HTTP/1.1\r\n"],
    *[b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"Content-Type: text/event-stream\r\n"],
    *[b"3\r\nabc\r\n", b"5\r\ndata:\r\n", b"0\r\n", b"\r\n", b"\r", b"\n", b"\x81\x85", b": ", b"\xff"],
]
PROTOCOL_BYTES = st.lists(st.sampled_from(WORDS)).map(b"".join)


@given(
    st.one_of(st.binary(), PROTOCOL_BYTES),
    st.lists(st.integers(min_value=0, max_value=1000)),
    st.sampled_from(["client", "server"]),
)
@example(b"HTTP/1.1 200 OK\r\n \r\n\r\n", [], "server")
def test_whatever_comes_nothing_is_raised_or_lost(raw: bytes, places: list[int], sender: str) -> None:
    parts, _ = annotate(cut(raw, places), sender)
    assert b"".join(part.raw for part in parts if part.level == 0) == raw
    assert annotate([raw], sender)[0] == parts


TOKEN = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=10)
VALUE = st.text("abcdefghijklmnopqrstuvwxyz 0123456789", max_size=10).map(str.strip)


@given(
    st.lists(st.tuples(st.binary(min_size=1, max_size=40), st.booleans())),
    st.lists(st.tuples(TOKEN.map(lambda name: "x" + name), VALUE), max_size=4),
    st.lists(st.integers(min_value=0, max_value=1000), max_size=10),
)
def test_h11_reads_the_same_body_and_trailers(
    chunks: list[tuple[bytes, bool]], trailers: list[tuple[str, str]], places: list[int]
) -> None:
    raw = HEAD
    for data, extended in chunks:
        raw += b"%X%s\r\n%s\r\n" % (len(data), b";name=value" if extended else b"", data)
    raw += b"0\r\n" + "".join(f"{name}: {value}\r\n" for name, value in trailers).encode() + b"\r\n"

    judge = h11.Connection(h11.CLIENT)
    judge.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    judge.send(h11.EndOfMessage())
    judge.receive_data(raw)
    body, event = b"", judge.next_event()
    while not isinstance(event, h11.EndOfMessage):
        body += event.data if isinstance(event, h11.Data) else b""
        event = judge.next_event()

    parts, complete = annotate(cut(raw, places))
    assert complete
    assert b"".join(part.raw for part in parts if part.kind == "chunk data") == body
    read = [part.raw.partition(b":") for part in parts if part.kind == "trailer"]
    assert [(name.lower(), value.strip()) for name, _, value in read] == list(event.headers)
