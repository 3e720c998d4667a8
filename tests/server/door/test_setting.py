"""`STREAMING_ALLOW`, from the environment of each thing that listens."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from server.door.allowed import VARIABLE, BadEntry
from server.embedded import EmbeddedServer
from server.envoy.process import Envoy, hosts, route_to
from tests.server.door.conftest import has_envoy
from tests.support.raw import UPGRADE, ask

ROOT = Path(__file__).parents[3]
SETTING = "hub.example:8000, anywhere.example, localhost:9000, https://hub.example"
PATH = "/transfer-encoding?count=1&interval_ms=0"


@pytest.mark.parametrize("module", ["server", "server.local_aws"])
def test_a_bad_entry_stops_the_start(module: str) -> None:
    environment = {**os.environ, VARIABLE: "hub.example,https://hub.example/lab"}
    command = [sys.executable, "-m", module, "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT, env=environment)
    assert done.returncode == 2 and done.stdout == ""
    assert VARIABLE in done.stderr and "'https://hub.example/lab'" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_embedded_server_says_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "uid:me")
    with pytest.raises(BadEntry, match="'uid:me'"):
        EmbeddedServer().start()


def test_it_is_read_when_a_server_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    with EmbeddedServer() as before:
        monkeypatch.setenv(VARIABLE, SETTING)
        with EmbeddedServer() as after:
            for host in ("hub.example:8000", "anywhere.example:1", "127.0.0.1:9000"):
                assert ask(after.port, PATH, host=host).status == 200
                assert ask(before.port, PATH, host=host).rule == "host"
            assert ask(after.port, PATH, host="hub.example:8001").rule == "host"
            page = "https://hub.example"
            read = ask(after.port, PATH, Origin=page)
            assert f"Access-Control-Allow-Origin: {page}" in read.head
            assert ask(after.port, "/websocket?count=1", Origin=page, **UPGRADE).status == 101
            assert ask(before.port, PATH, Origin=page).rule == "origin"
            assert ask(after.port, PATH, Origin="https://hub.example:8443").rule == "origin"
            monkeypatch.setenv(VARIABLE, "nonsense:")
            assert ask(after.port, PATH, Origin=page).status == 200


@pytest.mark.skipif(not has_envoy(), reason="no Envoy for this platform")
def test_envoy_reads_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, SETTING)
    with EmbeddedServer() as server, Envoy(route_to(server.url(""))) as envoy:
        for host in ("hub.example:8000", "HUB.example:8000", "anywhere.example", "anywhere.example:7"):
            assert ask(envoy.port, PATH, host=host).status == 200
        for host in ("localhost:9000", "127.0.0.1:9000", "localhost:{port}", "[::1]:{port}"):
            assert ask(envoy.port, PATH, host=host).status == 200
        for host in ("hub.example", "hubxexample:8000", "x.hub.example:8000", "anywhere.example.evil.test"):
            assert ask(envoy.port, PATH, host=host).rule == "host"
        for host in ("localhost:9001", "127.0.0.1", "127.0.0.1.evil.test:{port}", "evil.test:{port}"):
            assert ask(envoy.port, PATH, host=host).rule == "host"
        monkeypatch.setenv(VARIABLE, "a b")
        with pytest.raises(BadEntry):
            hosts(1)


def test_bound_to_every_address_names_are_the_readers_and_pages_are_not() -> None:
    """As the container image runs it, on a service with a name of its own."""
    command = [sys.executable, "-m", "server", "--host", "0.0.0.0", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline().split(" ")[1].rpartition(":")[2])
            for host in ("service.awsapprunner.com", "10.0.0.1:8080", "localhost"):
                assert ask(port, PATH, host=host).status == 200
                assert ask(port, PATH, host=host, Origin="https://evil.example").rule == "origin"
            assert ask(port, PATH, Origin="http://localhost:8888").status == 200
        finally:
            process.terminate()


def test_an_ipv6_loopback_address_is_guarded_as_well() -> None:
    command = [sys.executable, "-m", "server", "--host", "::1", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            pytest.skip("this machine has no ::1")
        try:
            url = line.split(" ")[1]
            with urllib.request.urlopen(url + PATH, timeout=20) as response:
                assert response.status == 200
            foreign = urllib.request.Request(url + PATH, headers={"Host": "evil.test"})
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(foreign, timeout=20)
        finally:
            process.terminate()
