"""A raw HTTP/1.1 client: every chunk as it was framed, and whether the response was complete."""

import socket
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Received:
    status: int
    headers: list[tuple[str, str]]
    chunks: list[bytes] = field(default_factory=list)
    complete: bool = False

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


def request(
    url: str,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    timeout: float = 30,
) -> Received:
    """Send one request to `url`; read the response to its end, be it cut or not."""
    parts = urlsplit(url)
    assert parts.hostname and parts.port
    with socket.create_connection((parts.hostname, parts.port), timeout=timeout) as peer:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        fields = {"Host": parts.netloc, "Connection": "close", **(headers or {})}
        if body:
            fields["Content-Length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        peer.sendall(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body)
        return receive(peer)


def receive(peer: socket.socket) -> Received:
    stream = peer.makefile("rb")
    status = int(stream.readline().split()[1])
    headers = []
    while line := stream.readline().decode().strip():
        name, _, value = line.partition(":")
        headers.append((name, value.strip()))
    received = Received(status, headers)
    try:
        if received.header("transfer-encoding") != "chunked":
            length = int(received.header("content-length") or 0)
            received.chunks.append(stream.read(length))
            received.complete = len(received.body) == length
            return received
        while line := stream.readline():
            size = int(line, 16)
            data = stream.read(size)
            stream.readline()
            if size == 0:
                received.complete = True
                return received
            received.chunks.append(data)
    except (ConnectionError, ValueError):
        pass
    return received
