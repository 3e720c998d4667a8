"""The question of the lesson: which gateway lets chunks through?"""

import itertools
import statistics

from server.embedded import EmbeddedServer

from .clients import read_items
from .conftest import BUFFERED, STREAMING, Gateway

QUERY = "?count=20&interval_ms=50"


async def test_rest_stream_lets_twenty_items_through_one_by_one(aws: Gateway) -> None:
    api = aws.rest(STREAMING.format(aws.folder("node_rest")), "STREAM")
    await read_items(api.url + "/items?count=1")
    reading = await read_items(api.url + "/items" + QUERY)
    assert [item["seq"] for _, item in reading.items] == list(range(20))
    gaps = [later[0] - earlier[0] for earlier, later in itertools.pairwise(reading.items)]
    assert statistics.median(gaps) > 0.03
    assert statistics.median(reading.lags) < 0.02
    assert reading.headers["Transfer-Encoding"] == "chunked"


async def test_rest_buffered_sends_twenty_items_at_once(aws: Gateway) -> None:
    api = aws.rest(BUFFERED.format(aws.folder("python_buffered")))
    reading = await read_items(api.url + "/items" + QUERY)
    assert [item["seq"] for _, item in reading.items] == list(range(20))
    assert reading.spread < 0.2 and reading.lags[0] > 0.5


async def test_an_http_api_sends_twenty_items_at_once(aws: Gateway) -> None:
    for version in ("1.0", "2.0"):
        reading = await read_items(aws.http(aws.folder("python_buffered"), version=version) + QUERY)
        assert [item["seq"] for _, item in reading.items] == list(range(20))
        assert reading.spread < 0.2 and reading.lags[0] > 0.5


async def test_an_http_proxy_streams_through_rest_stream_only(aws: Gateway, origin: EmbeddedServer) -> None:
    url = origin.url("/transfer-encoding")
    streamed = await read_items(aws.rest(url, "STREAM", kind="HTTP_PROXY").url + "/x" + QUERY)
    buffered = await read_items(aws.rest(url, kind="HTTP_PROXY").url + "/x" + QUERY)
    by_http_api = await read_items(aws.http(url) + QUERY)
    assert len(streamed.items) == len(buffered.items) == len(by_http_api.items) == 20
    assert streamed.spread > 0.8 and statistics.median(streamed.lags) < 0.02
    assert buffered.spread < 0.2 and buffered.lags[0] > 0.5
    assert by_http_api.spread < 0.2 and by_http_api.lags[0] > 0.5
