"""One container: a process that listens on a loopback port of its own."""

import asyncio
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from server.envoy.process import free_port
from server.local_aws.containers.command import Workload
from server.local_aws.containers.health import START_INTERVAL, HealthCheck
from server.local_aws.platform.log import LinePipe
from server.local_aws.platform.service import Platform
from server.processes.children import Child

RESTART_SECONDS = 0.5
"""How long a container that has ended stays so: AWS takes longer to start another."""


class DeploymentFailed(Exception):
    """The container does not come up; the message says why."""


class Container:
    """Runs `workload` on `port`, a free one of this machine's; `start()` when healthy, `stop()`.

    In between it is kept alive: one that ends, or fails its health check as often as the check allows, is
    started anew.
    """

    def __init__(
        self,
        workload: Workload,
        health: HealthCheck,
        platform: Platform,
        region: str,
        log: LinePipe,
        service_port: int,
    ) -> None:
        self.port = free_port()
        self._workload = workload
        self._health = health
        self._processes = platform.processes
        self._variables = workload.variables(self.port, service_port, region, platform.endpoint_url)
        self._log = log
        self._folder = Path(tempfile.mkdtemp(prefix="container-", dir=platform.folder))
        self._child: Child | None = None
        self._keeping: asyncio.Task[None] | None = None

    async def start(self, attempts: int = 1) -> None:
        """Run the command, as often as `attempts` allows, and wait until it is healthy. Raises
        `DeploymentFailed`; stop it even so."""
        for remaining in reversed(range(attempts)):
            try:
                await self._spawn()
                await self._wait_until_healthy()
                break
            except DeploymentFailed:
                await self._end()
                if not remaining:
                    raise
        self._keeping = asyncio.create_task(self._keep_alive())

    async def stop(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        await self._end()
        self._log.close()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def _spawn(self) -> None:
        argv = self._workload.argv(self.port)
        try:
            self._child = await self._processes.spawn(
                argv, cwd=self._folder, environment=self._variables, output=self._log.output
            )
        except OSError as error:
            raise DeploymentFailed(f"The command {argv[0]} cannot be run: {error.strerror}") from None
        except ValueError as error:  # a NUL, or half a surrogate pair, in the command or a variable
            raise DeploymentFailed(f"The command {argv[0]!r} cannot be run: {error}") from None

    async def _end(self) -> None:
        if self._child is not None:
            self._child.kill()
            await self._child.wait()
            self._child = None

    async def _wait_until_healthy(self) -> None:
        assert self._child is not None
        ended = asyncio.ensure_future(self._child.wait())
        deadline = time.monotonic() + self._health.patience
        passed = 0
        try:
            while passed < self._health.healthy:
                passed = passed + 1 if await self._health.passes(self.port) else 0
                await asyncio.wait({ended}, timeout=START_INTERVAL)
                if ended.done():
                    raise DeploymentFailed(f"The container exited with status {ended.result()}")
                if passed == 0 and time.monotonic() > deadline:
                    raise DeploymentFailed(self._unhealthy())
        finally:
            ended.cancel()

    def _unhealthy(self) -> str:
        check = f"GET {self._health.path}" if self._health.path else "a TCP connection"
        return f"Health check failed: {check} on the configured port {self._workload.port}"

    async def _keep_alive(self) -> None:
        while True:
            await self._watch()
            await self._end()
            await asyncio.sleep(RESTART_SECONDS)
            with suppress(DeploymentFailed):
                await self._spawn()

    async def _watch(self) -> None:
        """Return when the process has ended or has become unhealthy."""
        failed = 0
        while self._child is not None and failed < self._health.unhealthy:
            ended = asyncio.ensure_future(self._child.wait())
            try:
                done, _ = await asyncio.wait({ended}, timeout=self._health.interval)
            finally:
                ended.cancel()
            if done:
                return
            failed = 0 if await self._health.passes(self.port) else failed + 1
