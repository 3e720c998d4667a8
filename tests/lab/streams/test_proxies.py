"""Proxies: what passes them, what they open, and that they end. One that is not here is skipped."""

import asyncio
import contextlib
import http.client
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from lab.exam.transforms import pass_on
from lab.streams.arrivals import Arrivals
from lab.streams.proxies import CADDY, NGINX, TRAEFIK, Kind, Proxy, ProxyFailed, ProxyUnavailable, program_of
from lab.streams.readers import read_chunks
from lab.streams.recording import record
from lab.streams.relay import relay
from server.embedded import EmbeddedServer

pytestmark = pytest.mark.stand_in

QUERY = "/transfer-encoding?count=10&interval_ms=150"
NONE_SET = {NGINX: "", CADDY: {}, TRAEFIK: {}}
STREAMS = {NGINX: "proxy_http_version 1.1;", CADDY: {}, TRAEFIK: {}}
HOLDS = {
    NGINX: "proxy_http_version 1.0;",
    CADDY: {"response_buffers": -1},
    TRAEFIK: {"buffering": {"maxResponseBodyBytes": 1_000_000}},
}
REFUSED = {NGINX: "proxy_bufferin off;", CADDY: {"handler": "revers_proxy"}}


def present(kind: Kind) -> Kind:
    try:
        program_of(kind)
    except ProxyUnavailable as unavailable:
        pytest.skip(str(unavailable))
    return kind


@pytest.fixture(params=NONE_SET, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    return present(request.param)


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with EmbeddedServer() as server:
        yield server.url("")


async def through(kind: Kind, upstream: str, settings: object, query: str = QUERY) -> Arrivals:
    with await asyncio.to_thread(Proxy, kind, upstream, settings) as proxy:
        return await record(read_chunks(proxy.url(query)))


async def test_one_setting_decides_whether_it_streams(kind: Kind, origin: str) -> None:
    streamed, held = await asyncio.gather(
        through(kind, origin, STREAMS[kind]), through(kind, origin, HOLDS[kind])
    )
    assert len(streamed.items) == len(held.items) == 10
    assert len(streamed.bursts) >= 8 and len(held.bursts) == 1
    assert streamed.head_at is not None and streamed.head_at < streamed.items[1].sent
    assert held.head_at is not None and held.head_at > held.items[-1].sent


async def test_nginx_counts_bytes_compresses_and_obeys_the_server(origin: str) -> None:
    present(NGINX)
    behind_1_0, compressing = (
        "proxy_http_version 1.0;",
        "proxy_http_version 1.1; gzip on; gzip_types text/plain;",
    )
    with relay(origin, pass_on, {"X-Accel-Buffering": "no"}) as server:
        large, told_by_server, told_by_setting, compressed = await asyncio.gather(
            through(NGINX, origin, behind_1_0, QUERY + "&pad=2000"),
            through(NGINX, server.url(""), behind_1_0),
            through(NGINX, origin, behind_1_0 + " proxy_buffering off;"),
            through(NGINX, origin, compressing),
        )
    assert 3 <= len(large.bursts) <= 7, "pairs: a buffer of 4 kB"
    assert len(told_by_server.bursts) >= 8 and len(told_by_setting.bursts) >= 8
    assert len(compressed.bursts) == 1


def test_it_opens_one_loopback_port_and_ends_with_its_folder(
    kind: Kind, origin: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    with Proxy(kind, origin, NONE_SET[kind]) as proxy:
        running = [each for each in psutil.Process().children(recursive=True) if kind.name in each.name()]
        sockets = [each for process in running for each in process.net_connections()]
        folder = Path(proxy._folder.name)
        assert folder.exists()
        assert {each.laddr.ip for each in sockets} == {"127.0.0.1"}
        assert {each.raddr.ip for each in sockets if each.raddr} <= {"127.0.0.1"}
        assert {each.laddr.port for each in sockets if each.status == psutil.CONN_LISTEN} == {proxy.port}
        assert kind.name in repr(proxy) and "stopped" not in repr(proxy)
    proxy.stop()
    assert "stopped" in repr(proxy) and not folder.exists()
    _, alive = psutil.wait_procs(running, timeout=5)
    assert running and not alive
    assert not [*tmp_path.iterdir()], "nothing of it is left at home"


def test_it_does_not_outlive_a_killed_process(kind: Kind, origin: str) -> None:
    program = (
        "import sys, time; from lab.streams import proxies\n"
        f"proxy = proxies.Proxy(proxies.{kind.name.upper()}, {origin!r}, {NONE_SET[kind]!r})\n"
        "print(proxy.port, flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3] / "notebooks"
    )
    assert owner.stdout is not None
    port = int(owner.stdout.readline())
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    deadline = time.monotonic() + 10
    with contextlib.suppress(ConnectionRefusedError):
        while time.monotonic() < deadline:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            time.sleep(0.05)
        pytest.fail("it still listens")


@pytest.mark.parametrize("kind", REFUSED, ids=lambda kind: kind.name)
def test_a_setting_that_it_refuses_is_told_in_its_own_words(kind: Kind, origin: str) -> None:
    present(kind)
    with pytest.raises(ProxyFailed, match=r"proxy_bufferin|revers_proxy"):
        Proxy(kind, origin, REFUSED[kind])


def test_a_missing_proxy_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    for kind in NONE_SET:
        with pytest.raises(ProxyUnavailable, match=rf"{kind.name} is not on this machine \(.*install"):
            Proxy(kind, "http://127.0.0.1:9", NONE_SET[kind])


def test_a_proxy_takes_no_foreign_host(kind: Kind, origin: str) -> None:
    """What resolves to this machine by another name gets nothing (DNS rebinding)."""
    with Proxy(kind, origin, NONE_SET[kind]) as proxy:
        address = urlsplit(proxy.url("/"))
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        connection.request("GET", "/transfer-encoding", headers={"Host": f"evil.test:{address.port}"})
        assert b"foo" not in connection.getresponse().read()
