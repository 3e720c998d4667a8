"""One request as bytes, and what comes back."""

import json
import socket
from dataclasses import dataclass
from typing import Any

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@dataclass(frozen=True)
class Answer:
    status: int
    head: str
    body: bytes

    @property
    def refusal(self) -> dict[str, Any] | None:
        """The guard's own answer; None for any other."""
        try:
            document = json.loads(self.body)
        except ValueError:
            return None
        return document if isinstance(document, dict) and "rule" in document else None

    @property
    def rule(self) -> str | None:
        return self.refusal["rule"] if self.refusal else None


def ask(
    port: int,
    target: str = "/",
    method: str = "GET",
    host: str | None = "127.0.0.1:{port}",
    body: bytes = b"",
    **headers: str,
) -> Answer:
    """Send a request to `port`; names of headers have `_` for `-`. Reads one response."""
    fields = {} if host is None else {"Host": host.format(port=port)}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    if body or method == "POST":
        fields["Content-Length"] = str(len(body))
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body)
        return receive(connection)


def receive(connection: socket.socket) -> Answer:
    """One response; its body as far as `Content-Length` says."""
    received = b""
    while b"\r\n\r\n" not in received:
        data = connection.recv(65_536)
        if not data:
            return Answer(0, "", received)
        received += data
    head, _, body = received.partition(b"\r\n\r\n")
    text = head.decode("latin-1")
    fields = dict(line.lower().split(": ", 1) for line in text.split("\r\n")[1:] if ": " in line)
    while len(body) < int(fields.get("content-length", 0)):
        data = connection.recv(65_536)
        if not data:
            break
        body += data
    return Answer(int(text.split()[1]), text, body)
