"""Clients that leave, that do not read, that talk nonsense: the origin goes on, and says nothing."""

import json
import socket
import time
from contextlib import suppress

import psutil
import pytest
import websockets.sync.client

from tests.support.origin_clients import (
    PATHS,
    UPGRADE,
    CommandServer,
    WatchedOrigin,
    addressed,
    connect,
    eventually,
    get,
    read_to_end,
    read_until,
    request,
    reset,
)

SLOW = "?count=3&interval_ms=60000"
"""After its first item nothing is due for a minute: a handler that ends sooner saw its client leave."""
MEGABYTE = 1_048_576


def open_stream(port: int, path: str, query: str, receive_buffer: int | None = None) -> socket.socket:
    """A stream of which nothing has been read yet."""
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(20)
    connection.connect(("127.0.0.1", port))
    asked = request(path + query, UPGRADE if path == "/websocket" else {})
    connection.sendall(addressed(asked, port))
    return connection


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("leave", [reset, socket.socket.close], ids=["RST", "FIN"])
def test_a_client_that_goes_away_ends_its_handler_at_once(
    watched: WatchedOrigin, path: str, leave: object
) -> None:
    connection = open_stream(watched.port, path, SLOW)
    read_until(connection, b'"seq": 0')
    assert watched.working == 1
    assert callable(leave)
    leave(connection)
    assert eventually(lambda: watched.working == 0, within=10)


@pytest.mark.parametrize("path", PATHS)
def test_a_client_that_goes_away_while_it_is_owed_much_ends_its_handler(
    watched: WatchedOrigin, path: str
) -> None:
    """The handler waits for room in the socket then, not for the next item."""
    connection = open_stream(watched.port, path, f"?count=1000&interval_ms=0&pad={MEGABYTE}")
    connection.recv(1000)
    time.sleep(0.2)
    assert watched.working == 1
    reset(connection)
    assert eventually(lambda: watched.working == 0, within=10)


def test_one_client_that_goes_away_takes_no_other_with_it(watched: WatchedOrigin) -> None:
    staying = open_stream(watched.port, "/transfer-encoding", "?count=40&interval_ms=10")
    for _ in range(10):
        leaving = [open_stream(watched.port, path, SLOW) for path in PATHS]
        for connection in leaving:
            read_until(connection, b'"seq": 0')
            reset(connection)
    with staying:
        assert read_until(staying, b"0\r\n\r\n").count(b'"seq"') == 40
    assert eventually(lambda: watched.working == 0)


def test_rude_clients_get_nothing_printed_and_no_state_left(command: CommandServer) -> None:
    """Standard error of a kernel's server is whichever cell happens to run."""
    port = command.port
    for path in PATHS:
        for query in (SLOW, f"?count=1000&interval_ms=0&pad={MEGABYTE}", "?count=1000&interval_ms=1"):
            for leave in (reset, socket.socket.close):
                connection = open_stream(port, path, query)
                connection.recv(1000)
                leave(connection)
            reset(open_stream(port, path, query))
    for nonsense in (
        b"",
        b"\r\n",
        b"GARBAGE\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /sse?count=" + b"9" * 20_000 + b" HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
        b"GET /sse HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: \xff\r\nLast-Event-ID: \xff\r\nOrigin: \xff\r\n\r\n",
        b"GET /sse HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n"
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /sse HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Length: 100\r\n\r\ncut",
        b"GET /websocket HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: http://[\r\n\r\n",
        request("/websocket" + SLOW, UPGRADE) + bytes(range(256)),
        request("/websocket" + SLOW, UPGRADE) + b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff" + b"\x00" * 100,
        request("/websocket" + SLOW, UPGRADE) + b"\x88\x81\x00\x00\x00\x00\x03",
        request("/websocket" + SLOW, UPGRADE) + b"\x88\x82\x00\x00\x00\x00\x00\x01",
    ):
        reset(connect(port, nonsense))
        with connect(port, nonsense) as connection, suppress(ConnectionResetError):
            connection.shutdown(socket.SHUT_WR)
            read_to_end(connection)
    server = psutil.Process(command.process.pid)
    assert eventually(lambda: [link.status for link in server.net_connections()] == ["LISTEN"])
    assert get(port, "/transfer-encoding").body == b"foo\nbar\nbaz\n"
    assert command.process.poll() is None
    command.process.terminate()
    assert command.process.wait(10) == 0
    assert command.stderr == ""


def test_a_reader_that_does_not_read_costs_no_memory(command: CommandServer) -> None:
    """A gigabyte is owed to each of three clients; a server that queued it would hold it within a second."""
    for path in PATHS:
        open_stream(command.port, path, "?count=3&interval_ms=0").close()
    server = psutil.Process(command.process.pid)
    before = server.memory_info().rss
    owed = f"?count=1000&interval_ms=0&pad={MEGABYTE}"
    clients = [open_stream(command.port, path, owed, receive_buffer=65_536) for path in PATHS]
    peak = before
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        peak = max(peak, server.memory_info().rss)
        time.sleep(0.02)
    assert peak - before < 64 * MEGABYTE
    for client in clients:
        received = read_until(client, b'"seq": 2')
        assert received.index(b'"seq": 0') < received.index(b'"seq": 1') < received.index(b'"seq": 2')
        reset(client)


def test_a_reader_that_pauses_gets_every_item_in_order(watched: WatchedOrigin) -> None:
    connection = open_stream(watched.port, "/transfer-encoding", "?count=60&interval_ms=0&pad=262144")
    with connection:
        time.sleep(0.3)
        assert watched.working == 1, "the server has made what nobody has room for"
        body = read_until(connection, b"\r\n0\r\n\r\n")
    lines = [line for line in body.split(b"\n") if line.startswith(b'{"seq"')]
    assert [json.loads(line)["seq"] for line in lines] == list(range(60))
    stamps = [json.loads(line)["sent"] for line in lines]
    assert stamps[-1] - stamps[0] > 0.2, "items are stamped when they are sent, not when they are queued"


def test_a_slow_websocket_reader_gets_every_message_in_order(watched: WatchedOrigin) -> None:
    url = watched.url("/websocket?count=60&interval_ms=0&pad=262144", "ws")
    with websockets.sync.client.connect(url, compression=None, max_size=None) as client:
        client.recv()
        time.sleep(0.3)
        assert watched.working == 1
        assert [json.loads(message)["seq"] for message in client] == list(range(1, 60))
