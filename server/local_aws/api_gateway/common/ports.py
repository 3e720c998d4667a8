"""The ports on which APIs listen."""

import ssl
from collections.abc import Callable

from server.door.guard import Kind
from server.local_aws.control_plane.endpoints import Endpoint, Endpoints
from server.local_aws.http1.server import HOST, Handler, Server


class Ports:
    """A port for each API, by its Region and id; each is listed among the endpoints while it is open."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints
        self._open: dict[tuple[str, str], tuple[Server, Endpoint]] = {}

    async def open(
        self,
        service: str,
        kind: str,
        region: str,
        api_id: str,
        handler: Handler,
        scheme: str = "http",
        tls: ssl.SSLContext | None = None,
    ) -> str:
        """Let an API listen; return its URL."""
        server = Server(handler, Kind.PUBLIC, tls)
        url = f"{scheme}://{HOST}:{await server.start()}"
        endpoint = Endpoint(service, kind, api_id, url)
        self._endpoints.add(endpoint)
        self._open[region, api_id] = (server, endpoint)
        return url

    async def retire(self, find: Callable[[str, str], object | None]) -> None:
        """Close the ports of APIs that `find` does not find by Region and id."""
        for key in [key for key in self._open if find(*key) is None]:
            await self.close(key)

    async def stop(self) -> None:
        for key in list(self._open):
            await self.close(key)

    async def close(self, key: tuple[str, str]) -> None:
        """Close the port of an API, by its Region and id."""
        if key in self._open:  # another call may have closed it meanwhile
            server, endpoint = self._open.pop(key)
            self._endpoints.remove(endpoint)
            await server.stop()
