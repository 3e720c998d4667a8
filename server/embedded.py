"""Runs an aiohttp application inside a notebook's kernel, in a thread with an event loop of its own.

On the kernel's own loop a synchronous call in a cell (`!curl`, boto3, `time.sleep`) would freeze the server
together with its client.
"""

import asyncio
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from aiohttp import web

from server.door.guard import Kind
from server.origin import make_app
from server.serving import serving

HOST = "127.0.0.1"
AppFactory = Callable[[], web.Application]


@dataclass
class Running:
    """What the serving thread tells the one that started it."""

    port: int
    loop: asyncio.AbstractEventLoop
    stopping: asyncio.Event
    thread: threading.Thread

    def stop(self) -> None:
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.stopping.set)
            if self.thread is not threading.current_thread():  # the garbage collector runs in any thread
                self.thread.join()


class EmbeddedServer:
    """A server on a loopback port of its own, in its own thread.

    >>> with EmbeddedServer() as server:
    ...     server.url("/sse")
    'http://127.0.0.1:.../sse'

    `start()` does nothing when it runs already and `stop()` nothing when it does not. A server that is no
    longer referred to (its cell was run again) stops by itself, and so does every server when Python exits.
    """

    def __init__(self, make_app: AppFactory = make_app, port: int = 0) -> None:
        """`make_app` is called at each start: an aiohttp application serves only once."""
        self._make_app = make_app
        self._port = port
        self._running: Running | None = None

    def start(self) -> "EmbeddedServer":
        """Serve; return self. Raises `OSError` if the port is taken, and whatever `make_app` raises."""
        if self._running is None:
            started: Future[Running] = Future()
            arguments = (self._make_app, self._port, started)
            threading.Thread(target=_run, args=arguments, name="embedded-server", daemon=True).start()
            self._running = started.result()
            weakref.finalize(self, self._running.stop)
        return self

    def stop(self) -> None:
        """Stop listening, end every open stream within half a second, and give the port back."""
        if self._running is not None:
            self._running.stop()
            self._running = None

    @property
    def port(self) -> int:
        if self._running is None:
            raise RuntimeError("this server is not running: call start() first")
        return self._running.port

    def url(self, path: str = "/", scheme: str = "http") -> str:
        """Return the address of `path` on this server; `scheme` is `ws` for a WebSocket."""
        return f"{scheme}://{HOST}:{self.port}{path}"

    def __enter__(self) -> "EmbeddedServer":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<EmbeddedServer {self.url('')}>" if self._running else "<EmbeddedServer, stopped>"


def _run(make_app: AppFactory, port: int, started: "Future[Running]") -> None:
    try:
        asyncio.run(_serve_until_stopped(make_app, port, started))
    except BaseException as error:
        if started.done():
            raise
        started.set_exception(error)


async def _serve_until_stopped(make_app: AppFactory, port: int, started: "Future[Running]") -> None:
    async with serving(make_app(), Kind.LOCAL, HOST, port) as bound_port:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        started.set_result(Running(bound_port, loop, stopping, threading.current_thread()))
        await stopping.wait()
