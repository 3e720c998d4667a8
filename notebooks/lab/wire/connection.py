"""An open connection that writes down what goes over it, and when."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from urllib.parse import quote, urlsplit

from lab.wire.exchange import Exchange
from lab.wire.part import Read, Sender

READ_SIZE = 65_536
PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class CaptureTimeout(TimeoutError):
    """The end did not come in time; `exchange` holds what was recorded until then."""

    def __init__(self, message: str, exchange: Exchange) -> None:
        super().__init__(message)
        self.exchange = exchange


class Connection:
    """`reads` is the record: what we sent, what each read gave, an empty one for the server's end."""

    def __init__(
        self, url: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout: float
    ) -> None:
        self.url = url
        self.reads: list[Read] = []
        self._reader = reader
        self._writer = writer
        self._timeout = timeout
        self._began = time.perf_counter()
        self.give(timeout)

    def give(self, seconds: float) -> None:
        """Let `read` wait until so many seconds from now, all reads together."""
        self._deadline = time.perf_counter() + seconds

    def send(self, data: bytes) -> None:
        """Never waits: what a lesson sends is small. The first one starts the clock."""
        if not self.reads:
            self._began = time.perf_counter()
        self._record("client", data)
        self._writer.write(data)

    async def read(self) -> bytes:
        """What the socket gives next; nothing at the end of the connection, orderly or not.

        Raises `CaptureTimeout` when the time given is over."""
        left = self._deadline - time.perf_counter()
        try:
            data = await asyncio.wait_for(self._reader.read(READ_SIZE), max(0.0, left))
        except TimeoutError:
            exchange = Exchange(self.url, list(self.reads))
            came = f"{len(exchange.raw('server')):,} bytes came"
            message = f"{self.url} did not come to its end within {self._timeout:g} s ({came})"
            raise CaptureTimeout(message, exchange) from None
        except OSError:
            data = b""
        self._record("server", data)
        return data

    def _record(self, sender: Sender, data: bytes) -> None:
        self.reads.append(Read(time.perf_counter() - self._began, sender, data))


@asynccontextmanager
async def connect(url: str, schemes: tuple[str, ...], timeout: float) -> AsyncIterator[Connection]:
    """A connection to the host of `url`, with TLS for https and wss, for as long as the block runs.

    Raises `ValueError` for a URL that is not of these schemes, `ConnectionError` if nobody answers there.
    """
    parts = urlsplit(url)
    if parts.scheme not in schemes or not parts.hostname:
        raise ValueError(f"the URL must begin with {'://HOST or '.join(schemes)}://HOST, this one is {url!r}")
    port = parts.port or PORTS[parts.scheme]
    opening = asyncio.open_connection(parts.hostname, port, ssl=PORTS[parts.scheme] == 443 or None)
    try:
        reader, writer = await asyncio.wait_for(opening, timeout)
    except (TimeoutError, OSError) as error:
        reason = str(error) or f"no answer within {timeout:g} s"
        raise ConnectionError(f"no connection to {parts.hostname}:{port}: {reason}") from error
    try:
        yield Connection(url, reader, writer, timeout)
    finally:
        writer.close()
        with suppress(OSError):
            await asyncio.wait_for(writer.wait_closed(), 1.0)


def get_request(url: str, headers: Mapping[str, str], http_version: str) -> bytes:
    """The bytes of a GET: `Host` and `headers`, which may replace it. Raises `ValueError` for what would
    break out of its line."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    fields = {"Host": parts.netloc.rpartition("@")[2]}
    if any(name.lower() == "host" for name in headers):
        fields = {}
    fields.update(headers)
    target = quote(target, safe="!$%&'()*+,/:;=?@[]~")
    lines = [f"GET {target} HTTP/{http_version}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    for line in lines:
        if re.search(r"[\r\n\0]", line):
            raise ValueError(f"a line of a request cannot hold a line break or NUL: {line!r}")
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()
