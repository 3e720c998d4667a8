"""A container behind a proxy, at one address for as long as the service exists."""

import os
import socket
import sys
from collections.abc import Callable, Iterable

from server.envoy.configuration import Configuration
from server.local_aws.containers.command import Workload
from server.local_aws.containers.container import Container
from server.local_aws.containers.health import HealthCheck
from server.local_aws.containers.proxy import Proxy
from server.local_aws.control_plane.endpoints import Endpoint
from server.local_aws.http1.server import HOST
from server.local_aws.platform.log import LinePipe, event, put_events
from server.local_aws.platform.service import Platform


class ReservedPort:
    """A loopback port that is ours although nobody listens on it."""

    def __init__(self) -> None:
        self.number = 0
        self.hold()

    def hold(self) -> None:
        """Take it, or take it back."""
        if self.number and sys.platform == "linux":
            return
        self._socket = socket.socket()
        if os.name == "posix":  # connections that ended a moment ago do not count
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((HOST, self.number))
        self.number = int(self._socket.getsockname()[1])

    def lend(self) -> None:
        """Let a server listen on it. On Linux it stays ours meanwhile: whoever binds it, as Envoy does, with
        SO_REUSEADDR may, and the system gives it to nobody else; elsewhere it would be taken."""
        if sys.platform != "linux":
            self.release()

    def release(self) -> None:
        self._socket.close()


class Hosting:
    """The address `url` of a service, and what serves it.

    `proxy(upstream URL)` is the configuration of the Envoy in front. `deploy()` starts, or replaces, the
    container; `stop()` ends both and keeps the address, `close()` gives it up.
    """

    def __init__(
        self,
        proxy: Callable[[str], Configuration],
        platform: Platform,
        service: str,
        region: str,
        service_id: str,
        log_group: str,
    ) -> None:
        self._configure = proxy
        self._platform = platform
        self._region = region
        self._log_group = log_group
        self._port = ReservedPort()
        self._proxy: Proxy | None = None
        self._container: Container | None = None
        self.url = f"http://{HOST}:{self._port.number}"
        self._endpoint = Endpoint(service, "service", service_id, self.url)

    async def deploy(
        self, workload: Workload, health: HealthCheck, log_stream: str, attempts: int = 1
    ) -> None:
        """Serve `workload`. A first one is waited for behind its proxy, which answers 503 meanwhile; a later
        one replaces its predecessor when it is healthy. Raises `DeploymentFailed`: a first one then leaves
        the proxy, a later one what was there."""
        log = LinePipe(lambda lines, _: self._log(log_stream, lines))
        container = Container(workload, health, self._platform, self._region, log, self._port.number)
        former = self._container
        try:
            if former is None:
                await self._route_to(container)
            await container.start(attempts)
            if former is not None:
                await self._route_to(container)
        except BaseException:
            await container.stop()
            raise
        self._container = container
        if former is not None:
            await former.stop()

    async def stop(self) -> None:
        """End the proxy and the container. Does nothing when there are none."""
        await self._close_proxy()
        if self._container is not None:
            await self._container.stop()
            self._container = None

    async def close(self) -> None:
        """End everything and give the address up."""
        await self.stop()
        self._port.release()

    @property
    def is_down(self) -> bool:
        """True while the proxy has ended and is not back yet."""
        return self._proxy is not None and not self._proxy.serves

    def _report(self, line: str) -> None:
        self._log("proxy", [line.encode()])

    def _log(self, stream: str, lines: Iterable[bytes]) -> None:
        events = [
            event(line) for line in lines if line.strip()
        ]  # CloudWatch Logs takes none without a message
        if events:
            put_events(self._region, self._log_group, stream, events)

    async def _route_to(self, container: Container) -> None:
        await self._close_proxy()
        self._port.lend()
        configuration = self._configure(f"http://{HOST}:{container.port}")
        asked = self._platform.endpoint_url
        self._proxy = Proxy(configuration, self._port.number, asked, self._platform.processes, self._report)
        self._platform.endpoints.add(self._endpoint)
        try:
            await self._proxy.start()
        except BaseException:
            await self._close_proxy()
            raise

    async def _close_proxy(self) -> None:
        if self._proxy is not None:
            await self._proxy.stop()
            self._proxy = None
            self._platform.endpoints.remove(self._endpoint)
            self._port.hold()
