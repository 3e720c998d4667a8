"""Health checks, as AWS's proxies send them to a container."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import aiohttp

from server.local_aws.http1.server import HOST

START_INTERVAL = 0.05
"""Seconds between two checks of a container that starts: a lesson does not wait as long as a deployment."""


@dataclass(frozen=True)
class HealthCheck:
    """`path`: what to GET, where 200 is healthy; None: a TCP connection is enough. Times in seconds,
    thresholds in consecutive checks."""

    path: str | None
    interval: float
    timeout: float
    healthy: int
    unhealthy: int

    @property
    def patience(self) -> float:
        """Seconds until a container that never answers has failed often enough."""
        return self.unhealthy * self.interval

    async def passes(self, port: int) -> bool:
        """One check of whoever listens on the loopback `port`."""
        with suppress(OSError, aiohttp.ClientError):
            if self.path is None:
                async with asyncio.timeout(self.timeout):
                    _, writer = await asyncio.open_connection(HOST, port)
                writer.close()
                return True
            patience = aiohttp.ClientTimeout(total=self.timeout)
            async with (
                aiohttp.ClientSession(timeout=patience) as session,
                session.get(f"http://{HOST}:{port}{self.path}", allow_redirects=False) as response,
            ):
                return response.status == 200
        return False
