"""The proxy in front of a container: a real Envoy on a port that is known before it starts."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

from server.envoy.configuration import Configuration
from server.envoy.process import START_SECONDS, EnvoyUnavailable, command, envoy_program, listening_on
from server.local_aws.http1.server import HOST
from server.processes.children import Child, Processes

RESTART_SECONDS, LONGEST_PAUSE = 0.1, 30.0
"""How long a proxy that has ended stays so; twice as long, at most so long, when it cannot be started."""


class ProxyFailed(Exception):
    """Envoy does not serve."""


class Proxy:
    """Envoy with `configuration` on the loopback `port`; `start()`, `stop()`. The server at `asked`
    (http://HOST:PORT) tells it which users may connect.

    In between it is kept alive: one that ends is started anew on the same port, and again, less and less
    often, where that fails. `report(line)` is told.
    """

    def __init__(
        self,
        configuration: Configuration,
        port: int,
        asked: str,
        processes: Processes,
        report: Callable[[str], None],
    ) -> None:
        self._configuration = listening_on(configuration, port, asked)
        self._port = port
        self._processes = processes
        self._report = report
        self._child: Child | None = None
        self._keeping: asyncio.Task[None] | None = None
        self.serves = False

    async def start(self) -> None:
        """Return when it listens. Raises `EnvoyUnavailable`, `ProxyFailed` if the port is taken, `OSError`
        if no process can be started."""
        await self._start()
        self._keeping = asyncio.create_task(self._keep_alive())

    async def _start(self) -> None:
        argv = command(envoy_program(), self._configuration)
        null = os.open(os.devnull, os.O_WRONLY)
        try:
            self._child = await self._processes.spawn(argv, cwd=Path("/"), environment={}, output=null)
        finally:
            os.close(null)
        ended = asyncio.ensure_future(self._child.wait())
        deadline = time.monotonic() + START_SECONDS
        try:
            while not await listens(self._port):
                if ended.done() or time.monotonic() > deadline:
                    raise ProxyFailed(f"Envoy does not serve on port {self._port}")
                await asyncio.wait({ended}, timeout=0.01)
        finally:
            ended.cancel()
        self.serves = True

    async def _keep_alive(self) -> None:
        while True:
            assert self._child is not None
            status = await self._child.wait()
            self.serves = False
            self._report(f"The proxy has ended (status {status}) and is started anew.")
            pause = RESTART_SECONDS
            while not self.serves:
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
                try:
                    await self._start()
                except (EnvoyUnavailable, ProxyFailed, OSError) as error:
                    await self._end()
                    self._report(f"The proxy cannot be started: {error}. Next try in {pause:.1f} s.")

    async def stop(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        self.serves = False
        await self._end()

    async def _end(self) -> None:
        if self._child is not None:
            self._child.kill()
            await self._child.wait()
            self._child = None


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    return True
