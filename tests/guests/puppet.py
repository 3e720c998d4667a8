"""Sends the bytes of the case that its event names to the Runtime API, and to its log."""

import json
import os
import socket
from contextlib import suppress

from .guest import BASE, HOST, PORT, Invocation, given


def play(invocation: Invocation) -> None:
    """Plays the case of the event's `say:<number>;`; without one, answers well."""
    event = json.dumps(invocation.event)
    start = event.find("say:")
    if start < 0:
        invocation.reply(b'{"statusCode": 200, "body": "well"}')
        return
    kind, text = given()[int(event[start + 4 :].partition(";")[0])]
    raw = text.encode("latin-1")
    os.write(1, raw[:100_000] + b"\n")
    if kind == "result":
        raw = b"Content-Length: %d\r\n\r\n" % len(raw) + raw
    post(f"{BASE}{invocation.path}/{'error' if kind == 'error' else 'response'}", raw)
    invocation.reply(b'{"statusCode": 200}')  # is refused, unless nothing has arrived before


def post(path: str, raw: bytes) -> None:
    """Send the bytes after the request line, and read until the Runtime API closes."""
    peer = socket.create_connection((HOST, int(PORT)))
    peer.settimeout(5)
    with peer, suppress(OSError):
        peer.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".encode() + raw)
        peer.shutdown(socket.SHUT_WR)
        while peer.recv(65536):
            pass
