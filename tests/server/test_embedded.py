"""The server in a thread of a kernel: start, stop, and nothing left."""

import asyncio
import gc
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest
from aiohttp import web

from server.embedded import EmbeddedServer
from tests.support.origin_clients import (
    PATHS,
    UPGRADE,
    CommandServer,
    addressed,
    connect,
    eventually,
    get,
    is_open,
    read_to_end,
    read_until,
    request,
)

SLOW = "?count=3&interval_ms=60000"


def serving_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "embedded-server"}


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = serving_threads()
    yield
    gc.collect()
    assert eventually(lambda: serving_threads() <= before)


def open_streams(port: int) -> list[socket.socket]:
    """One of each kind, with its first item read and the next due in a minute."""
    streams = []
    for path in PATHS:
        stream = connect(port, request(path + SLOW, UPGRADE if path == "/websocket" else {}))
        read_until(stream, b'"seq": 0')
        streams.append(stream)
    return streams


def test_start_and_stop_may_be_repeated() -> None:
    server = EmbeddedServer()
    server.stop()
    assert server.start() is server
    port, threads = server.port, serving_threads()
    assert server.start() is server
    assert (server.port, serving_threads()) == (port, threads)
    server.stop()
    server.stop()
    assert not is_open(port)


def test_it_can_be_started_again() -> None:
    server = EmbeddedServer()
    for _ in range(3):
        server.start()
        assert get(server.port, "/transfer-encoding?count=1").status == 200
        server.stop()


def test_it_serves_within_a_with_block_and_not_after() -> None:
    with EmbeddedServer() as server:
        port = server.port
        assert get(port, "/sse?count=1").status == 200
    assert not is_open(port)


def test_an_error_in_the_block_stops_it_too() -> None:
    with pytest.raises(ZeroDivisionError), EmbeddedServer() as server:
        port = server.port
        _ = 1 / 0
    assert not is_open(port)


def test_a_stopped_server_says_so_and_has_no_address() -> None:
    server = EmbeddedServer()
    assert "stopped" in repr(server)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="start"):
            server.url("/sse")
        with server:
            assert f"127.0.0.1:{server.port}" in repr(server)
            assert server.url("/sse") == f"http://127.0.0.1:{server.port}/sse"
            assert server.url("/websocket", "ws") == f"ws://127.0.0.1:{server.port}/websocket"


def test_two_servers_take_two_ports() -> None:
    with EmbeddedServer() as one, EmbeddedServer() as other:
        assert one.port != other.port
        assert get(one.port, "/sse?count=1").status == get(other.port, "/sse?count=1").status == 200
        one_port = one.port
        one.stop()
        assert not is_open(one_port)
        assert get(other.port, "/sse?count=1").status == 200


def test_it_stops_quickly_while_streams_are_open() -> None:
    """aiohttp alone would wait a minute for them; so would the next item."""
    with EmbeddedServer() as server:
        streams = open_streams(server.port)
        begun = time.monotonic()
        server.stop()
        assert time.monotonic() - begun < 10
    for stream in streams:
        with stream:
            rest = read_to_end(stream)
        assert not rest.endswith(b"0\r\n\r\n"), "an unfinished stream must not look complete"
        assert b'"seq": 1' not in rest and b"event: end" not in rest


def test_its_port_can_be_taken_again_at_once() -> None:
    with EmbeddedServer() as first:
        port = first.port
        streams = open_streams(port)
    with EmbeddedServer(port=port) as second:
        assert second.port == port
        assert get(port, "/sse?count=1").status == 200
    for stream in streams:
        stream.close()


def test_a_port_in_use_is_the_callers_error(origin: EmbeddedServer) -> None:
    threads = serving_threads()
    server = EmbeddedServer(port=origin.port)
    with pytest.raises(OSError, match="in use"):
        server.start()
    assert "stopped" in repr(server)
    server.stop()
    assert eventually(lambda: serving_threads() == threads)
    assert get(origin.port, "/sse?count=1").status == 200


def test_an_app_that_cannot_be_made_is_the_callers_error() -> None:
    class NoAppError(Exception):
        pass

    def make_no_app() -> web.Application:
        raise NoAppError

    with pytest.raises(NoAppError):
        EmbeddedServer(make_no_app).start()


def test_it_listens_on_loopback_only(origin: EmbeddedServer) -> None:
    listening = [
        link.laddr.ip
        for link in psutil.Process().net_connections()
        if link.status == psutil.CONN_LISTEN and link.laddr.port == origin.port
    ]
    assert listening == ["127.0.0.1"]


def test_a_forgotten_server_stops() -> None:
    server = EmbeddedServer().start()
    port = server.port
    stream = connect(port, request("/sse" + SLOW))
    read_until(stream, b'"seq": 0')
    del server
    gc.collect()
    assert not is_open(port)
    stream.close()


def test_a_cell_that_is_run_again_leaves_the_new_server_alone() -> None:
    server = EmbeddedServer().start()
    first = server.port
    server = EmbeddedServer().start()
    gc.collect()
    assert not is_open(first)
    assert get(server.port, "/sse?count=1").status == 200
    server.stop()


def test_a_server_that_is_collected_by_its_own_thread_stops_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The collector runs in whichever thread allocates; a thread cannot wait for its own end."""
    complaints: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    monkeypatch.setattr(sys, "excepthook", lambda *error: complaints.append(error))
    monkeypatch.setattr(threading, "excepthook", complaints.append)

    async def collect(_: web.Request) -> web.Response:
        gc.collect()
        return web.Response()

    def make_collecting_app() -> web.Application:
        app = web.Application()
        app.router.add_get("/collect", collect)
        return app

    gc.disable()
    try:
        server = EmbeddedServer(make_collecting_app).start()
        port = server.port
        vars(server)["itself"] = server
        del server
        get(port, "/collect")
    finally:
        gc.enable()
    assert eventually(lambda: not is_open(port))
    assert not complaints


def test_it_serves_while_the_callers_thread_sleeps(origin: EmbeddedServer) -> None:
    asked = request("/transfer-encoding?count=4&interval_ms=50", {"Connection": "close"})
    with connect(origin.port, asked) as connection:
        time.sleep(0.6)
        connection.setblocking(False)
        assert connection.recv(65536).count(b'"seq"') == 4


async def test_it_serves_while_the_callers_event_loop_is_blocked(origin: EmbeddedServer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", origin.port)
    asked = request("/transfer-encoding?count=2&interval_ms=1", {"Connection": "close"})
    writer.write(addressed(asked, origin.port))
    await writer.drain()
    assert get(origin.port, "/sse?count=3&interval_ms=10").status == 200  # blocks this loop
    assert (await reader.read()).count(b'"seq"') == 2
    writer.close()


def test_it_serves_a_process_the_caller_waits_for(origin: EmbeddedServer) -> None:
    script = "import sys, urllib.request as u; sys.stdout.write(u.urlopen(sys.argv[1]).read().decode())"
    command = [sys.executable, "-c", script, origin.url("/transfer-encoding")]
    assert subprocess.run(command, capture_output=True, timeout=30).stdout.split() == [b"foo", b"bar", b"baz"]


# --- in a process of its own

SCRIPT = """
import subprocess, sys, time
from server.embedded import EmbeddedServer
server = EmbeddedServer().start()
"""
GRANDCHILD = (
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], close_fds=False)\n"
)
ANNOUNCE = "print(server.url('/'), {child}, flush=True)\n"


def test_a_process_that_ends_stops_its_server_and_ends_quickly_and_quietly() -> None:
    script = SCRIPT + ANNOUNCE.format(child=0) + "sys.stdin = None; time.sleep(0.5)"
    with CommandServer("-c", script) as process:
        streams = open_streams(process.port)
        assert process.process.wait(15) == 0
        assert not is_open(process.port)
        assert process.stderr == ""
        for stream in streams:
            stream.close()


def test_sigkill_leaves_no_port_even_when_a_child_lives_on() -> None:
    """As a cell's `!command &` would."""
    script = SCRIPT + GRANDCHILD + ANNOUNCE.format(child="child.pid") + "time.sleep(60)"
    with CommandServer("-c", script) as process:
        child = psutil.Process(int(process.announcement.split()[1]))
        try:
            streams = open_streams(process.port)
            process.process.kill()
            process.process.wait()
            assert child.is_running()
            assert eventually(lambda: not is_open(process.port))
            with EmbeddedServer(port=process.port) as successor:
                assert get(successor.port, "/sse?count=1").status == 200
            for stream in streams:
                stream.close()
        finally:
            child.kill()
