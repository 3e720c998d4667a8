"""The smallest runtime: raw sockets, so that each byte on the Runtime API is the test's own."""

import json
import os
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

HOST, PORT = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
BASE = "/2018-06-01/runtime"
PRELUDE = "Content-Type: application/vnd.awslambda.http-integration-response"
LAST_CHUNK = b"0\r\n\r\n"

Answer = tuple[int, dict[str, str], bytes]
"""Status, headers and body."""


def given() -> Any:
    """What the test gave the function; bytes have become text, byte by byte (Latin-1)."""
    return json.loads(Path("given.json").read_text())


class Call:
    """A request on a connection of its own."""

    def __init__(self, method: str, path: str, headers: Sequence[str] = ()) -> None:
        self.socket = socket.create_connection((HOST, int(PORT)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines = [f"{method} {BASE}{path} HTTP/1.1", f"Host: {HOST}:{PORT}", *headers, "", ""]
        self.send("\r\n".join(lines).encode())

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def chunk(self, data: bytes) -> None:
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def answer(self) -> Answer:
        """The response, which must have a Content-Length."""
        stream = self.socket.makefile("rb")
        status = int(stream.readline().split()[1])
        headers = {}
        while line := stream.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return status, headers, stream.read(int(headers.get("content-length", 0)))

    def end(self) -> Answer:
        """Send the last chunk; the response."""
        self.send(LAST_CHUNK)
        return self.answer()


class Invocation:
    """What `/invocation/next` answered, and ways to answer it."""

    def __init__(self, headers: dict[str, str], payload: bytes) -> None:
        self.headers = headers
        self.payload = payload
        self.id = headers["lambda-runtime-aws-request-id"]
        self.event: Any = json.loads(payload)
        self.path = f"/invocation/{self.id}"

    def reply(self, body: bytes, path: str = "/response", headers: Sequence[str] = ()) -> tuple[int, Any]:
        """Buffered; returns (status, document)."""
        call = Call("POST", self.path + path, [f"Content-Length: {len(body)}", *headers])
        call.send(body)
        status, _, answer = call.answer()
        return status, json.loads(answer)

    def reply_json(self, value: object) -> None:
        """Buffered, as JSON."""
        self.reply(json.dumps(value).encode())

    def stream(self, *headers: str) -> Call:
        """A streamed response: the call, to be fed with chunks."""
        mode = "Lambda-Runtime-Function-Response-Mode: streaming"
        return Call("POST", self.path + "/response", [mode, "Transfer-Encoding: chunked", *headers])


def serve(handle: Callable[[Invocation], object]) -> None:
    """Answer one invocation after another, for ever."""
    while True:
        status, headers, payload = Call("GET", "/invocation/next").answer()
        assert status == 200, payload
        handle(Invocation(headers, payload))
