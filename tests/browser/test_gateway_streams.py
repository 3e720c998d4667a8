"""A browser's EventSource and fetch through gateways: pages of another origin, as on AWS."""

import pytest

from tests.support.gateway import BUFFERED, STREAMING, Gateway

EVENTS = """async (url) => await new Promise((resolve, reject) => {
  const source = new EventSource(url), seen = [];
  source.addEventListener("test", (event) => seen.push([performance.now(), JSON.parse(event.data).seq]));
  source.addEventListener("end", () => { source.close(); resolve(seen); });
  setTimeout(() => reject(`only ${seen.length} events`), 20000);
})"""

CHUNKS = """async (url) => {
  const response = await fetch(url), reads = [];
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return reads;
    reads.push([performance.now(), value.length]);
  }
}"""


@pytest.fixture
def page(browser):
    with browser.new_context() as context:
        yield context.new_page()


def test_eventsource_through_rest_stream(page, gateway: Gateway) -> None:
    api = gateway.rest(STREAMING.format(gateway.folder("node_rest")), "STREAM")
    seen = page.evaluate(EVENTS, api.url + "/x?count=10&interval_ms=100&format=sse")
    assert [seq for _, seq in seen] == list(range(10))
    assert seen[-1][0] - seen[0][0] > 600


def test_fetch_sees_who_buffers(page, gateway: Gateway) -> None:
    query = "?count=10&interval_ms=100"
    streamed = gateway.rest(STREAMING.format(gateway.folder("node_rest")), "STREAM").url + "/x" + query
    assert spread(page.evaluate(CHUNKS, streamed)) > 600
    returns = gateway.folder("python_buffered")
    for url in (
        gateway.rest(BUFFERED.format(returns)).url + "/x",
        gateway.http(returns, CorsConfiguration={"AllowOrigins": ["*"]}),
    ):
        assert spread(page.evaluate(CHUNKS, url + query)) < 300


def spread(reads: list[list[float]]) -> float:
    """Milliseconds from the first read to the last."""
    return reads[-1][0] - reads[0][0]
