"""The proxy in front of a container: a real Envoy on a port that is known before it starts."""

import asyncio
import os
import time
from pathlib import Path

from server.envoy import START_SECONDS, Configuration, command, envoy_program, listening_on
from server.local_aws.http1.server import HOST
from server.local_aws.processes import Child, Processes


class ProxyFailed(Exception):
    """Envoy does not serve."""


class Proxy:
    """Envoy with `configuration` on the loopback `port`; `start()`, `stop()`."""

    def __init__(self, configuration: Configuration, port: int, processes: Processes) -> None:
        self._configuration = listening_on(configuration, port)
        self._port, self._processes = port, processes
        self._child: Child | None = None

    async def start(self) -> None:
        """Return when it listens. Raises `EnvoyUnavailable`, and `ProxyFailed` if the port is taken."""
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

    async def stop(self) -> None:
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
