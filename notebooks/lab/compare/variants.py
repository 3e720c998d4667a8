"""The variants of the series, as a table: what answers where, and how to read it.

Those of `VARIANTS` are drawn; `PROBES` ask the same places for the kinds of stream that are still missing, so
that every service has been asked for every kind.
"""

import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from lab.cloud.cloud import Cloud
from lab.compare.deployments import Place
from lab.compare.facts import Kind
from lab.compare.invocations import read_invocation
from lab.compare.subscriptions import read_channel, read_graphql, read_pushed
from lab.streams.arrivals import Part
from lab.streams.readers import read_chunks, read_events, read_messages
from server.items import Items

Reading = AsyncGenerator[Part, None]


@dataclass(frozen=True)
class Variant:
    """One way for the producer's items to reach a client. `service` is a row of the facts ("" for the server
    itself), `place` a key of what was deployed, `path` and `query` are added to its URL."""

    label: str
    service: str
    kind: Kind
    place: str
    read: Callable[["Variant", Place, Items, Cloud], Reading]
    path: str = ""
    query: str = ""

    def url(self, place: Place, items: Items, scheme: str = "http") -> str:
        """Where to ask for `items`, by http(s) or ws(s): TLS stays TLS."""
        base = re.sub("^(http|ws)", scheme, place.url.rstrip("/"))
        producer = f"count={items.count}&interval_ms={items.interval_ms}&pad={items.pad}"
        return f"{base}{self.path}?{producer}{self.query}"


def chunks(variant: Variant, place: Place, items: Items, cloud: Cloud) -> Reading:
    return read_chunks(variant.url(place, items))


def sse(variant: Variant, place: Place, items: Items, cloud: Cloud) -> Reading:
    return read_events(variant.url(place, items))


def websocket(variant: Variant, place: Place, items: Items, cloud: Cloud) -> Reading:
    return read_messages(variant.url(place, items, "ws"))


def pushed(variant: Variant, place: Place, items: Items, cloud: Cloud) -> Reading:
    return read_pushed(place.url, items)


def by_sdk(variant: Variant, place: Place, items: Items, cloud: Cloud) -> Reading:
    return read_invocation(cloud, place.function, items)


def graphql(variant: Variant, place: Place, items: Items, cloud: Cloud) -> Reading:
    assert place.api is not None
    return read_graphql(place.api, items)


def channel(variant: Variant, place: Place, items: Items, cloud: Cloud) -> Reading:
    assert place.api is not None
    return read_channel(place.api, items)


TEXT, SSE, WS = "/transfer-encoding", "/sse", "/websocket"
AS_EVENTS = "&format=sse"

VARIANTS = (
    Variant("server, chunked", "", "chunked", "server", chunks, TEXT),
    Variant("server, SSE", "", "sse", "server", sse, SSE),
    Variant("server, WebSocket", "", "websocket", "server", websocket, WS),
    Variant("Function URL, RESPONSE_STREAM", "url-node", "chunked", "url-stream", chunks),
    Variant("Function URL, BUFFERED", "url-node", "chunked", "url-buffered", chunks),
    Variant("Function URL, custom runtime", "url-runtime", "chunked", "url-runtime", chunks),
    Variant("InvokeWithResponseStream", "sdk", "chunked", "sdk", by_sdk),
    Variant("REST API, BUFFERED", "rest-api", "chunked", "rest-buffered", chunks),
    Variant("REST API, STREAM", "rest-api", "chunked", "rest-stream", chunks),
    Variant("HTTP API", "http-api", "chunked", "http-api", chunks),
    Variant("WebSocket API, pushed", "websocket-api", "websocket", "websocket-api", pushed),
    Variant("App Runner, chunked", "app-runner", "chunked", "app-runner", chunks, TEXT),
    Variant("App Runner, SSE", "app-runner", "sse", "app-runner", sse, SSE),
    Variant("App Runner, WebSocket", "app-runner", "websocket", "app-runner", websocket, WS),
    Variant("ECS Express, WebSocket", "express", "websocket", "express", websocket, WS),
    Variant("AppSync GraphQL", "graphql", "websocket", "graphql", graphql),
    Variant("AppSync Events", "events", "websocket", "events", channel),
)

PROBES = (
    Variant("Function URL, SSE", "url-node", "sse", "url-sse", sse),
    Variant("Function URL, upgrade", "url-node", "websocket", "url-stream", websocket),
    Variant("Function URL, custom runtime, SSE", "url-runtime", "sse", "url-runtime", sse, query=AS_EVENTS),
    Variant("Function URL, custom runtime, upgrade", "url-runtime", "websocket", "url-runtime", websocket),
    Variant("Function URL, managed Python", "url-python", "chunked", "url-python", chunks),
    Variant("Function URL, managed Python, SSE", "url-python", "sse", "url-python", sse, query=AS_EVENTS),
    Variant("Function URL, managed Python, upgrade", "url-python", "websocket", "url-python", websocket),
    Variant("InvokeWithResponseStream, EventSource", "sdk", "sse", "sdk", sse),
    Variant("InvokeWithResponseStream, upgrade", "sdk", "websocket", "sdk", websocket),
    Variant("REST API, STREAM, SSE", "rest-api", "sse", "rest-stream", sse, query=AS_EVENTS),
    Variant("REST API, STREAM, upgrade", "rest-api", "websocket", "rest-stream", websocket),
    Variant("HTTP API, SSE", "http-api", "sse", "http-api", sse, query=AS_EVENTS),
    Variant("HTTP API, upgrade", "http-api", "websocket", "http-api", websocket),
    Variant("WebSocket API, GET", "websocket-api", "chunked", "websocket-api", chunks),
    Variant("WebSocket API, EventSource", "websocket-api", "sse", "websocket-api", sse),
    Variant("ECS Express, chunked", "express", "chunked", "express", chunks, TEXT),
    Variant("ECS Express, SSE", "express", "sse", "express", sse, SSE),
    Variant("AppSync GraphQL, GET", "graphql", "chunked", "graphql", chunks),
    Variant("AppSync GraphQL, EventSource", "graphql", "sse", "graphql", sse),
    Variant("AppSync Events, GET", "events", "chunked", "events", chunks),
    Variant("AppSync Events, EventSource", "events", "sse", "events", sse),
)
