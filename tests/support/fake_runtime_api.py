"""A Runtime API that records every byte a runtime sends, and hands out the invocations a test asks for."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

FUNCTION_ARN = "arn:aws:lambda:ap-northeast-1:123456789012:function:guest"
ACCEPTED = b'{"status":"OK"}\n'


@dataclass
class Chunk:
    data: bytes
    at: float


@dataclass
class Posted:
    """One POST of a runtime. `head` and `raw` are its bytes as they came; `raw` has the chunks' framing."""

    path: str
    head: bytes
    raw: bytearray = field(default_factory=bytearray)
    chunks: list[Chunk] = field(default_factory=list)
    trailers: dict[str, str] = field(default_factory=dict)
    complete: bool = False

    @property
    def headers(self) -> list[tuple[str, str]]:
        lines = self.head.decode().split("\r\n")[1:-2]
        return [(name, value) for name, _, value in (line.partition(": ") for line in lines)]

    def header(self, name: str) -> str | None:
        return next((value for given, value in self.headers if given.lower() == name.lower()), None)

    @property
    def body(self) -> bytes:
        return b"".join(chunk.data for chunk in self.chunks)

    @property
    def document(self) -> dict:
        return json.loads(self.body)


class FakeRuntimeApi:
    """Serves the Runtime API on a loopback port.

    `requests` has the head of every request, `receiving` the POST that came last, finished or not. Clear
    `reading` to take no more bytes of bodies.
    """

    def __init__(self) -> None:
        self.posted: asyncio.Queue[Posted] = asyncio.Queue()
        self.requests: list[bytes] = []
        self.receiving: Posted | None = None
        self.reading = asyncio.Event()
        self.reading.set()
        self.status = "202 Accepted"
        self._invocations: asyncio.Queue[tuple[bytes, dict[str, str]]] = asyncio.Queue()
        self._count = 0
        self._writers: set[asyncio.StreamWriter] = set()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["FakeRuntimeApi"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()

    def invoke(self, event: object, deadline_in: float = 30, **headers: str) -> str:
        """Queue an invocation; returns its request id."""
        self._count += 1
        request_id = f"request-{self._count}"
        deadline = int((time.time() + deadline_in) * 1000)
        standard = {
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": FUNCTION_ARN,
            "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000;Sampled=0",
            "Lambda-Runtime-Invocation-Id": f"attempt-{self._count}",
        }
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._invocations.put_nowait((json.dumps(event).encode(), standard | named))
        return request_id

    async def answer(self, within: float = 15) -> Posted:
        """The next POST, when it is complete or its connection has been cut."""
        return await asyncio.wait_for(self.posted.get(), within)

    def break_off(self) -> None:
        """Cut every connection."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while head := await read_head(reader):
                self.requests.append(head)
                method, path, _ = head.decode().split(" ", 2)
                if method == "GET":
                    event, headers = await self._invocations.get()
                    writer.write(response("200 OK", event, headers))
                else:
                    posted = self.receiving = Posted(path, head)
                    try:
                        await self._read_body(reader, posted)
                        writer.write(response(self.status, ACCEPTED, {}))
                    finally:
                        self.posted.put_nowait(posted)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the runtime has gone, or the test is over
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _read_body(self, reader: asyncio.StreamReader, posted: Posted) -> None:
        if (length := posted.header("content-length")) is not None:
            posted.raw += await reader.readexactly(int(length))
            posted.chunks.append(Chunk(bytes(posted.raw), time.time()))
        else:
            await self._read_chunks(reader, posted)
        posted.complete = True

    async def _read_chunks(self, reader: asyncio.StreamReader, posted: Posted) -> None:
        """RFC 9112 section 7.1."""
        while True:
            await self.reading.wait()
            size = await reader.readuntil(b"\r\n")
            posted.raw += size
            if int(size, 16) == 0:
                break
            data = await reader.readexactly(int(size, 16) + 2)
            posted.raw += data
            posted.chunks.append(Chunk(data[:-2], time.time()))
        while line := await reader.readuntil(b"\r\n"):
            posted.raw += line
            if line == b"\r\n":
                return
            name, _, value = line.decode().rstrip("\r\n").partition(": ")
            posted.trailers[name] = value


async def read_head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


def response(status: str, body: bytes, headers: dict[str, str]) -> bytes:
    fields = {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode() + body
