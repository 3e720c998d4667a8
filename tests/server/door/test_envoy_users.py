"""Envoy's ports, where each request is judged by the user that sends it."""

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aiohttp import web

import server.envoy.users
from server.embedded import EmbeddedServer
from server.envoy.process import Envoy, route_to
from tests.server.door.conftest import Everything, Opened, has_envoy
from tests.support.other_users import NOBODY, as_user
from tests.support.raw import UPGRADE, Answer, ask, receive

pytestmark = pytest.mark.skipif(not has_envoy(), reason="no Envoy for this platform")
as_root = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0,
    reason="to become another user one must be root, and only Linux tells a socket's owner",
)
SECONDS = 0.6


@contextmanager
def envoy_before(seen: list[str]) -> Iterator[Envoy]:
    """An Envoy whose upstream puts the targets that it is asked for into `seen`."""

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.raw_path)
        return web.Response(text="from the upstream")

    def make_app() -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", answer)
        return app

    with EmbeddedServer(make_app) as upstream, Envoy(route_to(upstream.url(""))) as envoy:
        yield envoy


@as_root
@pytest.mark.parametrize("how", ["stay", "half", "mapped", "leave", "reset"])
def test_nothing_of_another_user_reaches_the_upstream(how: str) -> None:
    seen: list[str] = []
    with envoy_before(seen) as envoy:
        for number in range(10):
            answer = as_user(NOBODY, envoy.port, how, "x" * 10_000 * number, f"/{number}")
            assert answer == b"" or (answer.startswith(b"HTTP/1.1 403 ") and b'"rule": "user"' in answer)
            assert answer or how not in ("stay", "mapped")
        assert ask(envoy.port, "/own").status == 200
    assert seen == ["/own"]


@as_root
def test_what_another_user_says_about_himself_changes_nothing() -> None:
    seen: list[str] = []
    with envoy_before(seen) as envoy:
        lie = "/ HTTP/1.1\r\nX-Forwarded-For: 127.0.0.1:1\r\nX-Envoy-Internal: true\r\nX:"
        assert b'"rule": "user"' in as_user(NOBODY, envoy.port, target=lie)
        pipelined = "/ HTTP/1.1\r\nHost: localhost\r\n\r\nGET /second"
        assert as_user(NOBODY, envoy.port, target=pipelined).count(b"from the upstream") == 0
    assert seen == []


@as_root
def test_another_user_opens_no_websocket(everything: Everything) -> None:
    upgrade = "".join(f"{name}: {value}\r\n" for name, value in UPGRADE.items())
    for opened in envoys(everything):
        target = f"/websocket HTTP/1.1\r\n{upgrade}X:"
        answer = as_user(NOBODY, opened.port, target=target)
        assert answer.startswith(b"HTTP/1.1 403 "), (opened, answer)
        refused_before = b"server: envoy" in answer and b"content-length: 0" in answer
        assert refused_before or b'"rule": "user"' in answer, (opened, answer)


@as_root
def test_a_user_of_the_setting_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMING_ALLOW", f"uid:{NOBODY}")
    seen: list[str] = []
    with envoy_before(seen) as envoy:
        assert b"from the upstream" in as_user(NOBODY, envoy.port)
        assert b'"rule": "user"' in as_user(NOBODY - 1, envoy.port)
    assert seen == ["/"]


def envoys(everything: Everything) -> list[Opened]:
    return [opened for opened in everything.opened if opened.is_envoy]


def test_who_cannot_be_told_is_not_let_in() -> None:
    seen: list[str] = []
    with envoy_before(seen) as envoy:
        assert ask(envoy.port).status == 200
        assert envoy._asked is not None
        envoy._asked.stop()
        answer = ask(envoy.port)
        assert (answer.status, answer.body) == (
            503,
            b"Whose connection this is cannot be told at the moment.\n",
        )
    assert seen == ["/"]


def test_a_client_that_says_nothing_is_left_and_one_between_requests_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server.envoy.users, "HEAD_SECONDS", SECONDS)
    with envoy_before([]) as envoy:
        address = ("127.0.0.1", envoy.port)
        with (
            socket.create_connection(address, timeout=20) as silent,
            socket.create_connection(address, timeout=20) as kept,
        ):
            assert get(kept).status == 200
            assert silent.recv(1) == b""
            time.sleep(2 * SECONDS)
            assert get(kept).status == 200


def get(connection: socket.socket) -> Answer:
    host, port = connection.getpeername()
    connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    return receive(connection)
