"""Another user of the same machine: a process with a user id of its own, really."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from server.door import peer
from server.embedded import EmbeddedServer
from server.local_aws.http1.server import HOST
from tests.server.door.conftest import Everything, Opened
from tests.support.other_users import NOBODY, as_user, client
from tests.support.raw import ask

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0,
    reason="to become another user one must be root, and only Linux tells a socket's owner",
)


@pytest.mark.parametrize("how", ["stay", "half", "mapped"])
def test_another_user_reaches_no_port(everything: Everything, embedded: Opened, how: str) -> None:
    for opened in (*everything.opened, embedded):
        answer = as_user(NOBODY, opened.port, how)
        if opened.is_envoy and how == "half":  # to Envoy, half a connection is none
            assert answer == b"" or b'"rule": "user"' in answer, (opened, answer)
            continue
        assert answer.startswith(b"HTTP/1.1 403 ") and b'"rule": "user"' in answer, (opened, answer)
        assert b"STREAMING_ALLOW=uid:65534" in answer
        assert b"access-control" not in answer.lower()


def test_root_and_the_servers_own_user_do(everything: Everything, embedded: Opened) -> None:
    for opened in (*everything.opened, embedded):
        assert ask(opened.port, "/").rule is None


@pytest.mark.parametrize("how", ["leave", "reset"])
def test_who_does_not_wait_for_an_answer_does_nothing_either(everything: Everything, how: str) -> None:
    """The kernel tells of a socket that nobody holds any more that it is root's."""
    aws = everything.account.client("logs")
    port = everything.one("api").port
    signed = "X-Amz-Credential=x%2F20260101%2Fap-northeast-1%2Flogs%2Faws4_request"
    for number in range(20):
        body = f'{{"logGroupName": "by-nobody-{number}"}}'
        as_user(NOBODY, port, how, body, f"/?Action=x&{signed}&X-Amz-Target=Logs_20140328.CreateLogGroup")
        as_user(NOBODY, port, how, "", "/moto-api/reset")
    time.sleep(0.5)
    assert not aws.describe_log_groups(logGroupNamePrefix="by-nobody")["logGroups"]
    assert everything.account.client("lambda").list_functions()["Functions"], "nothing was reset"


@contextmanager
def listening(family: int = socket.AF_INET) -> Iterator[socket.socket]:
    address = "::1" if family == socket.AF_INET6 else HOST
    with socket.create_server((address, 0), family=family) as server:
        server.settimeout(20)
        yield server


@contextmanager
def client_of(server: socket.socket, user: int, how: str) -> Iterator[Any]:
    """The accepted connection of a process of `user`."""
    with subprocess.Popen(client(user, server.getsockname()[1], how), stdout=subprocess.DEVNULL) as process:
        connection, _ = server.accept()
        with connection:
            if how in ("leave", "reset"):
                process.wait(20)
            yield connection


def ends_of(connection: socket.socket) -> peer.Ends:
    return peer.Ends(peer.packed(connection.getsockname()), peer.packed(connection.getpeername()))


@pytest.mark.parametrize("look", [peer.by_netlink, peer.by_proc])
@pytest.mark.parametrize("how", ["stay", "half", "mapped", "ipv6"])
def test_both_ways_to_look_agree(look: peer.Look, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer, "_look", [look])
    family = socket.AF_INET6 if how == "ipv6" else socket.AF_INET
    for user in (NOBODY, 0, 12345):
        with listening(family) as server, client_of(server, user, how) as connection:
            assert peer.user_of(connection) == user
            assert peer.user_between(ends_of(connection)) == user


@pytest.mark.parametrize("look", [peer.by_netlink, peer.by_proc])
@pytest.mark.parametrize("how", ["leave", "reset"])
def test_a_peer_that_has_gone_has_no_user(look: peer.Look, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer, "_look", [look])
    with listening() as server, client_of(server, NOBODY, how) as connection, suppress(peer.PeerGone):
        assert peer.user_of(connection) == NOBODY, "or a kernel that still knows"
    with (
        listening() as server,
        client_of(server, NOBODY, how) as connection,
        suppress(peer.PeerGone, OSError),
    ):
        assert peer.user_between(ends_of(connection)) == NOBODY, "the same"


def test_another_end_that_is_not_here_is_unknown_while_the_connection_is_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It comes from another machine's network, by a forwarder."""
    ends = peer.Ends((b"\x7f\0\0\1", 1), (b"\x7f\0\0\1", 2))
    own = peer.Owner(0, 5, peer.ESTABLISHED)
    monkeypatch.setattr(peer, "_look", [lambda seen: own if seen == ends else None])
    assert peer.user_between(ends) is None
    for closed in (peer.Owner(0, 5, 8), None):
        monkeypatch.setattr(peer, "_look", [lambda seen, own=closed: own if seen == ends else None])
        with pytest.raises(peer.PeerGone):
            peer.user_between(ends)


def test_netlink_is_found_first_and_proc_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_: peer.Ends) -> None:
        raise PermissionError

    with listening() as server, client_of(server, 0, "stay") as connection:
        ends = ends_of(connection)
        assert peer.way_to_look(ends) is peer.by_netlink
        monkeypatch.setattr(peer, "by_netlink", denied)
        assert peer.way_to_look(ends) is peer.by_proc
        monkeypatch.setattr(peer, "by_proc", lambda _: None)
        assert peer.way_to_look(ends) is None
        monkeypatch.setattr(peer, "_look", [])
        assert peer.user_of(connection) is None, "where nothing tells, everybody of this machine is let in"


async def test_a_user_of_the_setting_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMING_ALLOW", f"uid:{NOBODY}")
    with EmbeddedServer() as server:
        let_in = await asyncio.to_thread(as_user, NOBODY, server.port)
        assert let_in.startswith(b"HTTP/1.1 404 ")
        assert b'"rule": "user"' in await asyncio.to_thread(as_user, NOBODY - 1, server.port)
