"""The origin's HTTP paths over real sockets: what is on the wire, in what pieces, and what is refused."""

import json
import shutil
import subprocess
import time
from urllib.parse import quote

import aiohttp
import pytest

from server.embedded import EmbeddedServer
from tests.support.event_stream import Event, parse
from tests.support.origin_clients import (
    PATHS,
    UPGRADE,
    addressed,
    ask,
    connect,
    get,
    read_to_end,
    read_until,
    request,
)

STREAMS = ("/transfer-encoding", "/sse")
PLAIN = "text/plain; charset=utf-8"
ARTICLE_SSE = b"event: test\ndata: foo\n\nevent: test\ndata: bar\n\nevent: test\ndata: baz\n\n"
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")


def curl(*arguments: str) -> str:
    done = subprocess.run(["curl", "-sSN", "--max-time", "20", *arguments], capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode("latin-1")


# --- the article's output


@pytest.mark.parametrize(
    "path, content_type, body",
    [("/transfer-encoding", PLAIN, b"foo\nbar\nbaz\n"), ("/sse", "text/event-stream", ARTICLE_SSE)],
)
def test_the_articles_response_byte_by_byte(
    origin: EmbeddedServer, path: str, content_type: str, body: bytes
) -> None:
    with connect(origin.port, request(path, {"Connection": "close"})) as connection:
        head, _, framed = read_to_end(connection).partition(b"\r\n\r\n")
    lines = [line for line in head.decode().split("\r\n") if not line.startswith("Date: ")]
    assert lines[0] == "HTTP/1.1 200 OK"
    article = [f"Content-Type: {content_type}", "Transfer-Encoding: chunked"]
    assert sorted(lines[1:]) == sorted([*article, "Connection: close"])
    pieces = [body[i : i + len(body) // 3] for i in range(0, len(body), len(body) // 3)]
    assert framed == b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def test_the_headers_are_the_articles_and_no_other(origin: EmbeddedServer) -> None:
    for path in STREAMS:
        assert sorted(get(origin.port, path).names) == ["Content-Type", "Date", "Transfer-Encoding"]


@needs_curl
@pytest.mark.parametrize("path", STREAMS)
def test_the_articles_curl_command(origin: EmbeddedServer, path: str) -> None:
    transcript = curl("-i", origin.url(path))
    head, _, body = transcript.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 OK\r\n")
    assert "Transfer-Encoding: chunked" in head
    assert body == ("foo\nbar\nbaz\n" if path == "/transfer-encoding" else ARTICLE_SSE.decode())


@pytest.mark.parametrize("path", STREAMS)
async def test_the_article_by_aiohttp(origin: EmbeddedServer, path: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(origin.url(path)) as response:
        chunks, chunk = [], b""
        async for data, ended in response.content.iter_chunks():
            chunk += data
            if ended and chunk:  # aiohttp may report a chunk's end apart from its data
                chunks.append(chunk)
                chunk = b""
    assert b"".join(chunks) == (b"foo\nbar\nbaz\n" if path == "/transfer-encoding" else ARTICLE_SSE)
    assert len(chunks) == 3


# --- stamped items


def test_one_stamped_item_a_line_and_one_line_a_chunk(origin: EmbeddedServer) -> None:
    response = get(origin.port, "/transfer-encoding?count=50&interval_ms=1&pad=3")
    assert all(chunk.endswith(b"\n") and chunk.count(b"\n") == 1 for chunk in response.chunks)
    items = [json.loads(chunk) for chunk in response.chunks]
    assert [item["seq"] for item in items] == list(range(50))
    assert {item["text"] for item in items} == {"foo...", "bar...", "baz..."}
    stamps = [item["sent"] for item in items]
    assert stamps == sorted(stamps) and abs(stamps[-1] - time.time()) < 60


def test_one_stamped_event_a_chunk_then_the_end(origin: EmbeddedServer) -> None:
    response = get(origin.port, "/sse?count=20&interval_ms=1")
    assert len(response.chunks) == 21
    assert all(chunk.endswith(b"\n\n") for chunk in response.chunks)
    stream = parse(response.body)
    assert stream.retry_ms == 1000
    *items, end = stream.events
    assert [(event.type, event.last_id) for event in items] == [("test", str(seq)) for seq in range(20)]
    assert [json.loads(event.data)["seq"] for event in items] == list(range(20))
    assert end == Event("end", '{"count": 20}', "19")
    assert b"retry" in response.chunks[0] and b"retry" not in b"".join(response.chunks[1:])


@pytest.mark.parametrize("path", STREAMS)
@pytest.mark.parametrize("query", ["count=100000", "count=1&interval_ms=60000", "count=1&pad=1048576"])
def test_the_largest_values_are_served(origin: EmbeddedServer, path: str, query: str) -> None:
    with connect(origin.port, request(f"{path}?{query}")) as connection:
        received = read_until(connection, b"}\n")
    assert received.startswith(b"HTTP/1.1 200 OK")
    assert ("pad" in query) == (len(received) > 1_048_576)


@pytest.mark.parametrize("path", STREAMS)
def test_a_large_item_is_still_one_chunk(origin: EmbeddedServer, path: str) -> None:
    response = get(origin.port, f"{path}?count=2&interval_ms=0&pad=1048576")
    assert [len(chunk) > 1_048_576 for chunk in response.chunks[:2]] == [True, True]
    assert len(response.chunks) == (2 if path == "/transfer-encoding" else 3)


@pytest.mark.parametrize("path", STREAMS)
def test_items_arrive_before_the_next_is_made(origin: EmbeddedServer, path: str) -> None:
    """A buffer anywhere would let none of them through in time; a busy machine may be late with some."""
    arrived: dict[int, float] = {}
    sent: dict[int, float] = {}
    received = b""
    with connect(origin.port, request(f"{path}?count=6&interval_ms=100")) as connection:
        while b"0\r\n\r\n" not in received:
            received += connection.recv(65536)
            for line in received.split(b"\n"):
                if b'{"seq"' in line and line.endswith(b"}"):
                    item = json.loads(line[line.index(b"{") :])
                    arrived.setdefault(item["seq"], time.time())
                    sent[item["seq"]] = item["sent"]
    in_time = [seq for seq in range(5) if sent[seq] <= arrived[seq] < sent[seq + 1]]
    assert len(in_time) >= 3, (sent, arrived)


# --- HTTP itself


@pytest.mark.parametrize("path, body", [("/transfer-encoding", b"foo\nbar\nbaz\n"), ("/sse", ARTICLE_SSE)])
@pytest.mark.parametrize("connection", ["close", "keep-alive"])
def test_http_1_0_knows_no_chunks(origin: EmbeddedServer, path: str, body: bytes, connection: str) -> None:
    with connect(origin.port, request(path, {"Connection": connection}, version="1.0")) as client:
        head, _, rest = read_to_end(client).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200 OK")
    assert b"transfer-encoding" not in head.lower()
    assert rest == body


@pytest.mark.parametrize("path", STREAMS)
def test_head_gets_the_headers_alone_and_at_once(origin: EmbeddedServer, path: str) -> None:
    sending = request(f"{path}?count=2&interval_ms=60000", {"Connection": "close"}, method="HEAD")
    with connect(origin.port, sending) as connection:
        head, _, body = read_to_end(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert b"Content-Type: " in head and b"Content-Length" not in head
    assert body == b""


def test_head_refuses_what_get_refuses(origin: EmbeddedServer) -> None:
    for path in STREAMS:
        assert get(origin.port, f"{path}?count=0", method="HEAD").status == 400
    assert get(origin.port, "/websocket", method="HEAD").status == 426


def test_a_connection_serves_one_stream_after_another(origin: EmbeddedServer) -> None:
    both = request("/transfer-encoding?count=1") + request("/sse?count=1", {"Connection": "close"})
    with connect(origin.port, both) as connection:
        received = read_to_end(connection)
    first, second = received.split(b"HTTP/1.1 200 OK")[1:]
    assert first.endswith(b"0\r\n\r\n") and second.endswith(b"0\r\n\r\n")
    assert b"text/plain" in first and b"text/event-stream" in second


def test_a_hundred_streams_at_once_keep_their_items_apart(origin: EmbeddedServer) -> None:
    connections = []
    for pad in range(100):
        path = STREAMS[pad % 2]
        sending = request(f"{path}?count=10&interval_ms=5&pad={pad}", {"Connection": "close"})
        connections.append(connect(origin.port, sending))
    for pad, connection in enumerate(connections):
        with connection:
            lines = read_to_end(connection).split(b"\n")
        items = [json.loads(line[line.index(b"{") :]) for line in lines if b'{"seq"' in line]
        assert [item["seq"] for item in items] == list(range(10))
        assert {len(item["text"]) for item in items} == {3 + pad}


# --- refusals

BAD_VALUES = [
    "",
    "x",
    "1_000",
    "٣",
    "\uff15",
    " 5",
    "5 ",
    "+5",
    "-1",
    "1.0",
    "1e1",
    "0x1",
    "\0",
    "1\r\nX-A: 1",
]
BAD = [(name, value) for name in ("count", "interval_ms", "pad") for value in BAD_VALUES]
BAD += [("count", "0"), ("count", "100001"), ("interval_ms", "60001"), ("pad", "1048577")]
BAD += [("count", "9" * 5000), ("pad", "99999999999999999999")]
RANGES = {"count": (1, 100_000), "interval_ms": (0, 60_000), "pad": (0, 1_048_576)}


@pytest.mark.parametrize("path", PATHS)
def test_a_bad_parameter_is_named_with_its_range(origin: EmbeddedServer, path: str) -> None:
    headers = UPGRADE if path == "/websocket" else {}
    for name, value in BAD:
        response = get(origin.port, f"{path}?{name}={quote(value)}", headers)
        asked = (name, value)
        assert response.status == 400, asked
        assert response.headers["content-type"].startswith("application/json"), asked
        answer = response.json
        told = (answer["parameter"], answer["minimum"], answer["maximum"])
        assert told == (name, *RANGES[name]), asked
        assert name in str(answer["error"]) and str(RANGES[name][1]) in str(answer["error"]), asked
        assert "x" not in response.headers


def test_one_bad_parameter_among_good_ones_is_the_one_named(origin: EmbeddedServer) -> None:
    answer = get(origin.port, "/sse?count=3&interval_ms=fast&pad=1").json
    assert (answer["parameter"], answer["minimum"], answer["maximum"]) == ("interval_ms", 0, 60_000)


@pytest.mark.parametrize("path", ["/", "/SSE", "/sse/", "/sse/x", "/_", "/%2e%2e/etc/passwd", "/%00", "/%ff"])
def test_an_unknown_path_gets_404_with_the_known_ones(origin: EmbeddedServer, path: str) -> None:
    response = get(origin.port, path)
    assert response.status == 404
    assert response.json["paths"] == list(PATHS)
    assert "error" in response.json


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_wrong_method_gets_405_with_the_right_ones(origin: EmbeddedServer, path: str, method: str) -> None:
    response = get(origin.port, path, {"Content-Length": "0"}, method=method)
    assert response.status == 405
    assert set(response.headers["allow"].replace(" ", "").split(",")) == {"GET", "HEAD", "OPTIONS"}
    assert method in str(response.json["error"])


@pytest.mark.parametrize(
    "sending",
    [
        b"GARBAGE\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /sse?count=" + b"9" * 20_000 + b" HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
        b"GET /sse HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET /sse HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nno colon\r\n\r\n",
        b"GET /sse?count=\x00 HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
        b"POST /sse HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nTransfer-Encoding: chunked\r\n\r\nnot a size\r\n",
    ],
    ids=["garbage", "TLS", "long target", "long header", "no colon", "NUL", "bad chunk"],
)
def test_what_is_not_http_gets_an_answer_and_no_traceback(origin: EmbeddedServer, sending: bytes) -> None:
    with connect(origin.port, sending) as connection:
        received = read_until(connection, b"\r\n\r\n")
    assert received.split(b" ", 2)[1] in (b"400", b"405")
    assert b"Traceback" not in received


def test_the_rest_of_an_early_answer_is_well_formed(origin: EmbeddedServer) -> None:
    """A refusal on a connection that stays open must not leave bytes that spoil the next answer."""
    for first in ("/nowhere", "/sse?count=0", "/websocket"):
        with connect(origin.port, request(first)) as connection:
            read_until(connection, b"}")
            asked = request("/transfer-encoding?count=1", {"Connection": "close"})
            connection.sendall(addressed(asked, origin.port))
            assert read_to_end(connection).startswith(b"HTTP/1.1 200 OK")


# --- reconnecting to SSE


def test_a_reader_resumes_after_the_last_event_it_saw(origin: EmbeddedServer) -> None:
    path = "/sse?count=5&interval_ms=1"
    with connect(origin.port, request(path)) as connection:
        read_until(connection, b"id: 1\n")
    resumed = parse(get(origin.port, path, {"Last-Event-ID": "1"}).body)
    assert [event.last_id for event in resumed.events] == ["2", "3", "4", "4"]
    assert [json.loads(event.data).get("seq") for event in resumed.events] == [2, 3, 4, None]
    assert resumed.events[-1].type == "end"
    assert resumed.retry_ms == 1000


def test_a_reader_that_has_all_is_told_to_stop(origin: EmbeddedServer) -> None:
    response = get(origin.port, "/sse?count=5", {"Last-Event-ID": "4"})
    assert (response.status, response.body) == (204, b"")


def test_an_empty_last_event_id_is_none(origin: EmbeddedServer) -> None:
    """What the standard's clients send after an event with an empty id."""
    stream = parse(get(origin.port, "/sse?count=1", {"Last-Event-ID": ""}).body)
    assert [event.type for event in stream.events] == ["test", "end"]


def test_the_articles_stream_has_no_ids_to_resume_from(origin: EmbeddedServer) -> None:
    assert get(origin.port, "/sse", {"Last-Event-ID": "1"}).body == ARTICLE_SSE


@pytest.mark.parametrize("value", ["-1", "5", "100000", "9" * 400, "x", "1_0", "٣", "1.0", "0x1", "1, 2"])
def test_a_last_event_id_that_was_never_sent_is_refused(origin: EmbeddedServer, value: str) -> None:
    response = get(origin.port, "/sse?count=5", {"Last-Event-ID": value})
    assert response.status == 400
    answer = response.json
    assert (answer["parameter"], answer["minimum"], answer["maximum"]) == ("Last-Event-ID", 0, 4)


@needs_curl
def test_curl_fails_on_a_refusal_and_prints_it(origin: EmbeddedServer) -> None:
    assert '"parameter": "count"' in curl(origin.url("/sse?count=many"))


def test_the_answer_to_a_second_bad_request_is_not_the_first(origin: EmbeddedServer) -> None:
    statuses = [ask(origin.port, request(path)).status for path in ("/sse?pad=x", "/nowhere", "/sse?count=1")]
    assert statuses == [400, 404, 200]
