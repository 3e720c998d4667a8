"""Handlers in the shapes of AWS's documentation and public samples of response streaming, through a URL.

Shapes seen 2026-11 in docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html and in the
repositories aws-samples/serverless-patterns and aws/aws-sam-cli-app-templates.
"""

import json
from pathlib import Path

import pytest

from tests.support.account import Account
from tests.support.guests import guest_source, zipped
from tests.support.http_client import Received, request


def answer(aws: Account, sample: str, path: str = "", handler: str = "handler") -> Received:
    """What comes back from the URL of a function with the code of a file in `guests/samples`."""
    file = f"index{Path(sample).suffix}"
    name = aws.create(
        Runtime="nodejs24.x",
        Handler=f"index.{handler}",
        MemorySize=512,
        Code={"ZipFile": zipped({file: guest_source(f"samples/{sample}")})},
    )
    return request(aws.url(name) + path)


def test_a_pipeline_echoes_the_event(aws: Account) -> None:
    echoed = answer(aws, "echo_pipeline.mjs", "some/path?x=1", handler="echo")
    assert (echoed.status, echoed.complete) == (200, True)
    assert echoed.header("content-type") == "application/octet-stream"
    event = json.loads(echoed.body)
    assert (event["rawPath"], event["queryStringParameters"]) == ("/some/path", {"x": "1"})


def test_a_promisified_pipeline_of_four_megabytes(aws: Account) -> None:
    large = answer(aws, "promisified_large.mjs")
    assert large.complete
    assert large.body.decode() == "\U0001f40c" * 1024 * 1024


def test_a_pipeline_through_gzip(aws: Account) -> None:
    squeezed = answer(aws, "commonjs_gzip.js")
    assert (squeezed.status, squeezed.complete) == (200, True)
    assert squeezed.header("content-encoding") is None  # a Function URL inflates
    assert squeezed.body == b"squeezed " * 1000 + b"twice"


def test_writes_with_pauses_are_chunks_of_their_own(aws: Account) -> None:
    page = answer(aws, "commonjs_writes.js")
    assert (page.header("content-type"), page.header("x-custom-header")) == ("text/html", "custom")
    assert page.chunks == [b"<html>", b"<h1>", b"<h2>", b"<h3>"]
    assert page.complete


def test_a_generator_is_an_event_stream(aws: Account) -> None:
    events = answer(aws, "generator_sse.mjs", "?count=3")
    assert events.header("content-type") == "text/event-stream"
    assert events.chunks == [b'id: %d\ndata: {"token":"t%d"}\n\n' % (n, n) for n in range(3)]


@pytest.mark.parametrize(
    ("sample", "status", "body"),
    [("callback_pipeline.cjs", 200, b"ONE TWO"), ("web_stream.mjs", 202, b"from fetch")],
)
def test_other_kinds_of_pipeline(aws: Account, sample: str, status: int, body: bytes) -> None:
    piped = answer(aws, sample)
    assert (piped.status, piped.body, piped.complete) == (status, body, True)


def test_a_pipeline_whose_source_fails_is_not_complete(aws: Account) -> None:
    failed = answer(aws, "failing_source.mjs")
    assert (failed.status, failed.body, failed.complete) == (200, b"one", False)
