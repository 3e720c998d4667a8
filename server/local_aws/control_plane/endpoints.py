"""Which endpoints are deployed: what `GET /_local/endpoints` lists."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Endpoint:
    """A deployed endpoint. `kind` is what it is in its service, `id` AWS's identifier of it."""

    service: str
    kind: str
    id: str
    url: str


class Endpoints:
    """Every endpoint that listens now, each on a loopback port of its own."""

    def __init__(self) -> None:
        self._endpoints: list[Endpoint] = []

    def add(self, endpoint: Endpoint) -> None:
        self._endpoints.append(endpoint)

    def remove(self, endpoint: Endpoint) -> None:
        self._endpoints.remove(endpoint)

    def url_of(self, id: str) -> str | None:
        """Return where the endpoint with AWS's identifier `id` is, the newest of several."""
        urls = [endpoint.url for endpoint in self._endpoints if endpoint.id == id]
        return urls[-1] if urls else None

    def to_json(self) -> bytes:
        return json.dumps([asdict(endpoint) for endpoint in self._endpoints]).encode()
