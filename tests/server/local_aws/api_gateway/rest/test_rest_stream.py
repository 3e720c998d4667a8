"""responseTransferMode STREAM: what the gateway wants of a function, and what a client gets otherwise."""

import json

import pytest

from server.embedded import EmbeddedServer
from tests.support.gateway import BUFFERED, STREAMING, Gateway
from tests.support.gateway_clients import curl, curl_head, read_items
from tests.support.guests import returning, writes


def test_status_headers_and_cookies_come_from_the_metadata(gateway: Gateway) -> None:
    metadata = {
        "statusCode": 207,
        "headers": {"Content-Type": "text/x", "X-Both": "same", "X-One": "1"},
        "multiValueHeaders": {"X-Both": ["same", "other"]},
        "cookies": ["a=1", "b=2"],
    }
    url = gateway.streaming(*writes(json.dumps(metadata).encode() + bytes(8), b"body"))
    _, text = curl("-i", url)
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    assert head.startswith("HTTP/1.1 207 ") and body == "body"
    lines = [line.lower() for line in head.splitlines()]
    assert sorted(line for line in lines if line.startswith("x-both")) == ["x-both: other", "x-both: same"]
    assert {"x-one: 1", "content-type: text/x", "set-cookie: a=1", "set-cookie: b=2"} <= set(lines)
    assert {"transfer-encoding: chunked", "connection: keep-alive"} <= set(lines)
    for name in ("x-amzn-requestid", "x-amz-apigw-id", "x-amzn-trace-id", "date"):
        assert any(line.startswith(name + ":") for line in lines)


def test_a_value_of_multi_value_headers_that_is_no_list_is_streamed_and_refused_buffered(
    gateway: Gateway,
) -> None:
    head = {"statusCode": 200, "multiValueHeaders": {"X-A": "x", "X-B": ["y", "z"]}}
    streamed = gateway.streaming(*writes(json.dumps(head).encode() + bytes(8), b"body"))
    lines = curl("-i", streamed)[1].lower().splitlines()
    assert [line for line in lines if line.startswith("x-")][:3] == ["x-a: x", "x-b: y", "x-b: z"]
    function = gateway.function(*returning({**head, "body": "body"}))
    buffered = gateway.rest(BUFFERED.format(function)).url + "/x"
    assert curl_head(buffered)[0] == 502


def test_metadata_are_found_wherever_chunks_begin_and_whatever_the_content_type(gateway: Gateway) -> None:
    chunks = [bytes([byte]) for byte in b'{"statusCode": 201}' + bytes(8) + b"xyz"]
    status, _, body = curl_head(gateway.streaming(*writes(*chunks, content_type="Content-Type: text/plain")))
    assert (status, body) == (201, "xyz")


def test_all_metadata_are_optional(gateway: Gateway) -> None:
    status, headers, body = curl_head(gateway.streaming(*writes(b"{}" + bytes(8), b"xyz")))
    assert (status, headers["content-type"], body) == (200, "application/json", "xyz")


def test_a_content_length_of_the_function_frames_the_stream(gateway: Gateway) -> None:
    metadata = b'{"headers": {"Content-Length": "6"}}' + bytes(8)
    _, headers, body = curl_head(gateway.streaming(*writes(metadata, b"abc", b"def")))
    assert headers["content-length"] == "6" and "transfer-encoding" not in headers and body == "abcdef"


def test_a_content_length_that_is_not_kept_cuts_the_connection(gateway: Gateway) -> None:
    metadata = b'{"headers": {"Content-Length": "60"}}' + bytes(8)
    code, _ = curl(gateway.streaming(*writes(metadata, b"abc")))
    assert code == 18


@pytest.mark.parametrize(
    "output",
    [
        pytest.param([b'{"statusCode": 200, "body": "x"}'], id="a buffered result"),
        pytest.param([b"plain text"], id="no metadata"),
        pytest.param([], id="nothing"),
        pytest.param([b"not json" + bytes(8), b"x"], id="not JSON"),
        pytest.param([b"[1]" + bytes(8), b"x"], id="not an object"),
        pytest.param([b'{"status": 200}' + bytes(8), b"x"], id="an unknown key"),
        pytest.param([b'{"statusCode": 99}' + bytes(8), b"x"], id="no status code"),
        pytest.param([b'{"statusCode": 199}' + bytes(8), b"x"], id="a status that ends nothing"),
        pytest.param([b'{"headers": 1}' + bytes(8), b"x"], id="headers of another type"),
        pytest.param(
            [b'{"headers": {"X": "a\\r\\nb"}}' + bytes(8), b"x"], id="a header's value that is none"
        ),
        pytest.param([b'{"headers": {"X Y": "a"}}' + bytes(8), b"x"], id="a header's name that is none"),
        pytest.param([b'{"statusCode": 200}' + bytes(7), b"x"], id="seven NULs"),
        pytest.param([b"{" + b" " * 16_384 + b"}" + bytes(8), b"x"], id="the delimiter beyond 16 KB"),
    ],
)
def test_output_that_does_not_conform_is_a_500(gateway: Gateway, output: list[bytes]) -> None:
    status, headers, body = curl_head(gateway.streaming(*writes(*output)))
    assert (status, json.loads(body)) == (500, {"message": "Internal server error"})
    assert headers["x-amzn-errortype"] == "InternalServerErrorException"


def test_a_function_that_fails_before_its_metadata_is_an_error(gateway: Gateway) -> None:
    assert curl_head(gateway.streaming("basic.exits"))[0] == 502


def test_a_failure_after_the_first_byte_cuts_the_connection(gateway: Gateway) -> None:
    code, text = curl("-i", gateway.streaming("failures.reports_oops_after_a_prelude"))
    assert code == 18 and " 200 OK" in text and text.endswith("abc")


def test_nothing_reaches_the_client_before_the_delimiter(gateway: Gateway) -> None:
    url = gateway.streaming(*writes(b"{}", 0.5, bytes(8), 0.5, b"x"))
    curl(url)
    code, times = curl("-o", "/dev/null", "-w", "%{time_starttransfer} %{time_total}", url)
    first, total = map(float, times.split())
    assert code == 0 and 0.4 < first < total - 0.3


def test_the_invocation_uri_must_go_with_the_mode(gateway: Gateway) -> None:
    conforming = gateway.function(*writes(b"{}" + bytes(8), b"x"))
    assert curl_head(gateway.rest(BUFFERED.format(conforming), "STREAM").url + "/x")[0] == 500
    assert curl_head(gateway.rest(STREAMING.format(conforming), "BUFFERED").url + "/x")[0] == 500


def test_a_streaming_function_behind_buffered_loses_its_body(gateway: Gateway) -> None:
    function = gateway.function(*writes(b'{"statusCode": 203, "headers": {"X-A": "b"}}' + bytes(8), b"body"))
    status, headers, body = curl_head(gateway.rest(BUFFERED.format(function)).url + "/x")
    assert (status, headers["x-a"], body) == (203, "b", "")


def test_a_client_that_leaves_does_not_stop_the_function(gateway: Gateway) -> None:
    name = gateway.account.deploy("rest.streams_a_second")
    url = gateway.rest(STREAMING.format(gateway.permit(name)), "STREAM").url + "/x"
    assert curl("--max-time", "0.4", url)[0] == 28
    assert "ran to its end" in gateway.account.log_with(name, "ran to its end")


async def test_the_idle_timeout_of_an_edge_optimised_api_is_shorter(small_gateway: Gateway) -> None:
    """30 s and 5 min, here 0.3 s and 3 s."""
    function = small_gateway.folder("node_rest")
    edge = small_gateway.rest(STREAMING.format(function), "STREAM", types=("EDGE",))
    regional = small_gateway.rest(STREAMING.format(function), "STREAM")
    await read_items(regional.url + "/x?count=1")
    slow = "/x?count=3&interval_ms=900"
    cut = await read_items(edge.url + slow)
    assert len(cut.items) == 1 and cut.error is not None
    whole = await read_items(regional.url + slow)
    assert len(whole.items) == 3 and whole.error is None


def test_the_idle_timeout_holds_before_the_response_begins(small_gateway: Gateway) -> None:
    """30 s, here 0.3 s; of an HTTP_PROXY as well (test_faults.py)."""
    silent = small_gateway.function("rest.late_prelude")
    status, _, body = curl_head(
        small_gateway.rest(STREAMING.format(silent), "STREAM", types=("EDGE",)).url + "/x"
    )
    assert (status, json.loads(body)) == (504, {"message": "Endpoint request timed out"})


async def test_a_timeout_of_the_integration_ends_the_stream(gateway: Gateway) -> None:
    api = gateway.rest(STREAMING.format(gateway.folder("node_rest")), "STREAM", timeoutInMillis=1500)
    await read_items(api.url + "/x?count=1")
    reading = await read_items(api.url + "/x?count=40&interval_ms=100")
    assert 5 < len(reading.items) < 25 and reading.error is not None
    code, _ = curl(api.url + "/x?count=40&interval_ms=100")
    assert code == 18


async def test_after_a_free_start_the_rate_is_capped(small_gateway: Gateway, origin: EmbeddedServer) -> None:
    """10 MB, then 2 MB/s: here 105 kB, then 21 kB/s, from an origin without a limit of its own."""
    api = small_gateway.rest(origin.url("/transfer-encoding"), "STREAM", kind="HTTP_PROXY")
    reading = await read_items(api.url + "/x?count=26&interval_ms=0&pad=4950")
    last_free, last = reading.items[19], reading.items[-1]
    free, capped = last_free[0] - reading.items[0][0], last[0] - last_free[0]
    assert len(reading.items) == 26 and free < capped
    assert 0.5 < capped < 5
