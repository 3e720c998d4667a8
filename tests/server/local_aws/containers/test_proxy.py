"""The proxy in front of a container: whatever becomes of its Envoy, another serves at the same address."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

import server.local_aws.containers.proxy
from server.envoy.process import EnvoyUnavailable, envoy_program, route_to
from server.local_aws.containers.hosting import ReservedPort
from server.local_aws.containers.proxy import Proxy, listens
from server.processes.children import Processes

try:
    envoy_program()
except EnvoyUnavailable as reason:
    pytest.skip(str(reason), allow_module_level=True)


NOBODY = "http://127.0.0.1:1"
"""Where nobody listens: these tests make no request."""


@pytest.fixture
async def processes(tmp_path: Path) -> AsyncIterator[Processes]:
    running = Processes()
    running.start(tmp_path / "folder")
    yield running
    await running.stop()


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        await asyncio.sleep(0.02)


async def test_it_comes_back_and_says_why_it_does_not(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, lines = ReservedPort(), []
    port.lend()
    proxy = Proxy(route_to(NOBODY), port.number, NOBODY, processes, lines.append)
    await proxy.start()
    assert proxy.serves and lines == []
    failures = [EnvoyUnavailable("no binary"), OSError(11, "no process")]

    def failing() -> str:
        if failures:
            raise failures.pop(0)
        return envoy_program()

    monkeypatch.setattr(server.local_aws.containers.proxy, "envoy_program", failing)
    assert proxy._child is not None
    os.kill(proxy._child.pid, signal.SIGKILL)
    await until(lambda: gone(port.number))

    async def is_noticed() -> bool:
        return not proxy.serves

    await until(is_noticed)
    await until(lambda: listens(port.number))
    first, *others = lines
    assert "is started anew" in first
    assert ["no binary" in others[0], "no process" in others[1]] == [True, True]
    await proxy.stop()
    port.release()


async def gone(port: int) -> bool:
    return not await listens(port)


async def test_an_envoy_that_is_stopped_does_not_hold_up_the_end(processes: Processes) -> None:
    port = ReservedPort()
    port.lend()
    proxy = Proxy(route_to(NOBODY), port.number, NOBODY, processes, print)
    await proxy.start()
    assert proxy._child is not None
    os.kill(proxy._child.pid, signal.SIGSTOP)
    await asyncio.wait_for(proxy.stop(), 20)
    port.release()


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="elsewhere a port that is lent is nobody's")
def test_a_port_that_is_lent_is_given_to_nobody_else() -> None:
    port = ReservedPort()
    port.lend()
    with socket.socket() as thief, pytest.raises(OSError, match="in use"):
        thief.bind(("127.0.0.1", port.number))
    port.release()
