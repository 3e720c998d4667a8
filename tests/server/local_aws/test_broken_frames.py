"""Frames that break RFC 6455, at a WebSocket API and at AppSync: always the code of the RFC."""

import socket
import struct
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.support.account import Account
from tests.support.appsync_clients import events, graphql, subprotocol
from tests.support.websocket_api import create_api
from tests.support.websocket_frames import BROKEN

HANDSHAKE = (
    "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{}"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
Open = Callable[[], socket.socket]


def opened(host: str, path: str, headers: str = "") -> socket.socket:
    """A connection after its handshake."""
    name, _, port = host.partition(":")
    peer = socket.create_connection((name, int(port)), timeout=20)
    peer.sendall(HANDSHAKE.format(path, host, headers).encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += peer.recv(1)
    assert head.startswith(b"HTTP/1.1 101"), head
    return peer


def websocket_api(aws: Account) -> Open:
    api = create_api(aws)
    api.add_route("$default")
    url = urlsplit(api.url)
    return lambda: opened(url.netloc, url.path)


def graphql_api(aws: Account) -> Open:
    api = graphql(aws)
    headers = f"Sec-WebSocket-Protocol: graphql-ws, {subprotocol(api.credentials)}\r\n"
    return lambda: opened(api.host, "/graphql", headers)


def event_api(aws: Account) -> Open:
    api = events(aws)
    headers = f"Sec-WebSocket-Protocol: aws-appsync-event-ws, {subprotocol(api.credentials)}\r\n"
    return lambda: opened(api.host, "/event/realtime", headers)


@pytest.mark.parametrize("deploy", [websocket_api, graphql_api, event_api])
def test_a_broken_frame_ends_the_connection_with_its_code(
    aws: Account, deploy: Callable[[Account], Open]
) -> None:
    open_connection = deploy(aws)
    answers = {}
    for kind, (frames, _) in BROKEN.items():
        with open_connection() as peer:
            peer.sendall(frames)
            received = b""
            while len(received) < 4 and (piece := peer.recv(100)):
                received += piece
        answers[kind] = struct.unpack(">H", received[2:4])[0] if received[:1] == b"\x88" else received
    assert answers == {kind: code for kind, (_, code) in BROKEN.items()}
