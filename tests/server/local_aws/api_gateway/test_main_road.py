"""The question of the lesson: which gateway lets chunks through?"""

from server.embedded import EmbeddedServer
from tests.support.gateway import BUFFERED, STREAMING, Gateway
from tests.support.gateway_clients import read_items

QUERY = "?count=20&interval_ms=50"


async def test_rest_stream_lets_twenty_items_through_one_by_one(gateway: Gateway) -> None:
    api = gateway.rest(STREAMING.format(gateway.folder("node_rest")), "STREAM")
    await read_items(api.url + "/items?count=1")
    reading = await read_items(api.url + "/items" + QUERY)
    assert [item["seq"] for _, item in reading.items] == list(range(20))
    assert reading.one_by_one
    assert reading.headers["Transfer-Encoding"] == "chunked"


async def test_rest_buffered_sends_twenty_items_at_once(gateway: Gateway) -> None:
    api = gateway.rest(BUFFERED.format(gateway.folder("python_buffered")))
    reading = await read_items(api.url + "/items" + QUERY)
    assert [item["seq"] for _, item in reading.items] == list(range(20))
    assert reading.at_once


async def test_an_http_api_sends_twenty_items_at_once(gateway: Gateway) -> None:
    for version in ("1.0", "2.0"):
        reading = await read_items(gateway.http(gateway.folder("python_buffered"), version=version) + QUERY)
        assert [item["seq"] for _, item in reading.items] == list(range(20))
        assert reading.at_once


async def test_an_http_proxy_streams_through_rest_stream_only(
    gateway: Gateway, origin: EmbeddedServer
) -> None:
    url = origin.url("/transfer-encoding")
    streamed = await read_items(gateway.rest(url, "STREAM", kind="HTTP_PROXY").url + "/x" + QUERY)
    buffered = await read_items(gateway.rest(url, kind="HTTP_PROXY").url + "/x" + QUERY)
    by_http_api = await read_items(gateway.http(url) + QUERY)
    assert len(streamed.items) == len(buffered.items) == len(by_http_api.items) == 20
    assert streamed.one_by_one and buffered.at_once and by_http_api.at_once
