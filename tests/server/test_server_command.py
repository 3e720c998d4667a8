"""`python -m server` from a terminal."""

import re
import signal
import socket
import subprocess
import sys

import psutil
import pytest

from server.embedded import EmbeddedServer
from tests.support.origin_clients import (
    PATHS,
    ROOT,
    UPGRADE,
    CommandServer,
    connect,
    get,
    is_open,
    read_until,
    request,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise on Windows")


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "server", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, cwd=ROOT)


def test_it_announces_one_address_and_serves_the_article_there(command: CommandServer) -> None:
    addresses = re.findall(r"http://\S+", command.announcement)
    assert addresses == [f"http://127.0.0.1:{command.port}"]
    assert all(path in command.announcement for path in PATHS)
    assert get(command.port, "/transfer-encoding").body == b"foo\nbar\nbaz\n"


def test_it_listens_on_loopback_unless_told_otherwise(command: CommandServer) -> None:
    links = psutil.Process(command.process.pid).net_connections()
    assert [link.laddr for link in links if link.status == psutil.CONN_LISTEN] == [
        ("127.0.0.1", command.port)
    ]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_well_with_streams_open(command: CommandServer, signum: signal.Signals) -> None:
    streams = []
    for path in PATHS:
        asked = request(path + "?count=2&interval_ms=60000", UPGRADE if path == "/websocket" else {})
        streams.append(connect(command.port, asked))
        read_until(streams[-1], b'"seq": 0')
    command.process.send_signal(signum)
    assert command.process.wait(10) == 0
    assert not is_open(command.port)
    assert command.stderr == ""
    for stream in streams:
        stream.close()


def test_sigkill_leaves_no_port(command: CommandServer) -> None:
    command.process.kill()
    command.process.wait()
    assert not is_open(command.port)


def test_a_port_in_use_is_told_without_a_traceback(origin: EmbeddedServer) -> None:
    done = run("--port", str(origin.port))
    assert done.returncode == 1
    assert str(origin.port) in done.stderr and "in use" in done.stderr and "--port" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_host_that_is_not_here_is_told_without_a_traceback() -> None:
    done = run("--host", "192.0.2.1", "--port", "0")  # RFC 5737: an address for documentation
    assert done.returncode == 1
    assert "192.0.2.1" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("port", ["-1", "65536", "http", "", "13.23"])
def test_a_bad_port_is_named_and_exits_2(port: str) -> None:
    done = run(f"--port={port}")
    assert done.returncode == 2
    assert "--port" in done.stderr and "Traceback" not in done.stderr


def test_the_heartbeat_is_as_asked_for() -> None:
    with CommandServer("-m", "server", "--port", "0", "--heartbeat", "0.05") as command:
        body = get(command.port, "/sse?count=2&interval_ms=300").body
    assert body.count(b": heartbeat\n\n") >= 2
    assert "default 15.0" in " ".join(run("--help").stdout.split())


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "often", ""])
def test_a_bad_heartbeat_is_named_and_exits_2(seconds: str) -> None:
    done = run("--port=0", f"--heartbeat={seconds}")
    assert done.returncode == 2
    assert "--heartbeat" in done.stderr and "Traceback" not in done.stderr


def test_the_default_port_is_the_articles() -> None:
    assert re.search(r"default 1323\b", run("--help").stdout)


def test_ipv6_loopback_is_announced_as_a_url() -> None:
    if not has_ipv6_loopback():
        pytest.skip("this machine has no ::1")
    command = [sys.executable, "-m", "server", "--host", "::1", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        announcement = process.stdout.readline()
        process.terminate()
        assert process.wait(10) == 0
    assert re.search(r"http://\[::1\]:\d+ ", announcement)


def has_ipv6_loopback() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
