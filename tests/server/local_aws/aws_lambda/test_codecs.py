"""The parts without I/O: any split, any garbage."""

import io
import stat
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from server.local_aws.aws_lambda.environments import code
from server.local_aws.aws_lambda.environments.runtime_api import Answer, Assignment, Next, RuntimeApi, State
from server.local_aws.aws_lambda.event_stream import PAYLOAD_CHUNK, encode_headers, encode_message
from server.local_aws.aws_lambda.prelude import BadPrelude, PreludeSplitter
from server.local_aws.platform.limits import Limits
from server.local_aws.platform.throttle import TokenBucket
from tests.support.splitting import split


@given(st.binary(max_size=200), st.lists(st.integers(min_value=0)))
def test_any_split_of_a_prelude_gives_the_same_body(body: bytes, cuts: list[int]) -> None:
    splitter = PreludeSplitter(window=100)
    stream = b'{"statusCode":201,"cookies":["a=1"]}' + bytes(8) + body
    assert b"".join(splitter.feed(chunk) for chunk in split(stream, cuts)) == body
    assert splitter.prelude is not None
    assert (splitter.prelude.status, splitter.prelude.cookies) == (201, ["a=1"])


@given(st.binary(max_size=300), st.lists(st.integers(min_value=0)))
def test_garbage_before_the_delimiter_is_a_bad_prelude_or_none(data: bytes, cuts: list[int]) -> None:
    splitter = PreludeSplitter(window=64)
    try:
        for chunk in split(data, cuts):
            splitter.feed(chunk)
    except BadPrelude:
        return
    assert splitter.prelude is not None or len(data) <= 64


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"nul",
        b'{"statusCode":true}',
        b'{"statusCode":600}',
        b'{"statusCode":"x"}',
        b'{"statusCode":null}',
        b'{"headers":[1]}',
        b'{"cookies":5}',
        b"[" * 100_000,
        b'{"statusCode":' + b"9" * 5000 + b"}",
        b"\xff",
    ],
)
def test_what_is_no_prelude_is_refused(document: bytes) -> None:
    with pytest.raises(BadPrelude):
        PreludeSplitter(window=1 << 20).feed(document + bytes(8))


@given(st.lists(st.binary(max_size=100)), st.lists(st.integers(min_value=0)))
def test_botocore_reads_our_event_stream_however_it_is_split(payloads: list[bytes], cuts: list[int]) -> None:
    buffer = EventStreamBuffer()
    read = []
    for part in split(b"".join(encode_message(PAYLOAD_CHUNK, payload) for payload in payloads), cuts):
        buffer.add_data(part)
        read += [(event.headers[":event-type"], event.payload) for event in buffer]
    assert read == [("PayloadChunk", payload) for payload in payloads]


@given(st.dictionaries(st.text(min_size=1, max_size=20), st.text(max_size=50), max_size=5))
def test_event_stream_headers_of_any_text(headers: dict[str, str]) -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(encode_message(encode_headers(headers), b"x"))
    (event,) = buffer
    assert event.headers == headers


CALLS = st.tuples(
    st.sampled_from(["GET", "POST", "PUT", ""]),
    st.one_of(
        st.text(max_size=60),
        st.sampled_from(
            [
                "/2018-06-01/runtime/invocation/next",
                "/2018-06-01/runtime/invocation/id/response",
                "/2018-06-01/runtime/invocation/id/error",
                "/2018-06-01/runtime/invocation/other/response",
                "/2018-06-01/runtime/init/error",
                "/2018-06-01/ping",
            ]
        ),
    ),
    st.dictionaries(
        st.sampled_from(
            ["lambda-runtime-function-response-mode", "lambda-runtime-invocation-id", "content-type"]
        ),
        st.sampled_from(["", "streaming", "buffered", "attempt"]),
    ),
)


@given(st.lists(CALLS, max_size=30))
def test_any_sequence_of_runtime_api_calls_is_answered(calls: list[tuple[str, str, dict[str, str]]]) -> None:
    api = RuntimeApi()
    for method, target, headers in calls:
        before = api.state
        action = api.receive(method, target, headers)
        if isinstance(action, Answer):
            assert action.status in (200, 400, 403, 404, 405)
        elif isinstance(action, Next):
            assert before in (State.STARTED, State.READY, State.RUNNING, State.RESPONSE_SENT)
            api.assign(Assignment("id", "attempt", (), b"{}"))
        elif api.state in (State.INVOCATION_RESPONSE, State.INVOCATION_ERROR):
            assert before is State.RUNNING
            assert api.receive("GET", "/2018-06-01/runtime/invocation/next", {}).status == 403  # type: ignore[union-attr]
            api.response_sent()


def test_the_bucket_gives_its_burst_then_its_rate_in_steps() -> None:
    bucket = TokenBucket(burst=100, rate=80, now=0.0)
    assert bucket.take(150, 0.0) == 100
    assert bucket.take(1, 0.124) == 0
    assert bucket.next_refill(0.1) == pytest.approx(0.025)
    assert bucket.take(50, 0.125) == 10
    assert bucket.take(50, 0.5) == 30
    assert bucket.take(500, 1000.0) == 100


def test_limits_scale_but_never_to_nothing() -> None:
    small = Limits().scaled(0.001)
    assert small.buffered_response == 6292
    assert small.stream_rate == pytest.approx(2097.152)
    assert small.unzipped_code == Limits().unzipped_code
    for scale in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="above 0"):
            Limits().scaled(scale)


def package(*entries: tuple[str, bytes, int]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, mode in entries:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return data.getvalue()


LINK = stat.S_IFLNK | 0o777


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"not a zip",
        package(("../x", b"", 0o644)),
        package(("a/../../x", b"", 0o644)),
        package(("/etc/x", b"", 0o644)),
        package(("a\\..\\..\\x", b"", 0o644)),
        package(("link", b"/etc/passwd", LINK)),
        package(("a/link", b"../../x", LINK)),
        package(("here", b".", LINK), ("out", b"here/..", LINK)),
        package(("big", bytes(2000), 0o644)),
        package(("x", b"", 0o644), ("x/y", b"", 0o644)),
        package(("ok", b"text", 0o644))[:-30],
    ],
    ids=[
        "empty",
        "no zip",
        "above the folder",
        "above the folder from below it",
        "absolute",
        "backslashes",
        "link outside",
        "link above",
        "link through a link",
        "too big",
        "file and folder of one name",
        "cut short",
    ],
)
def test_a_bad_package_is_refused_and_leaves_nothing(bad: bytes, tmp_path: Path) -> None:
    with pytest.raises(code.BadPackage):
        code.unpack([bad], tmp_path / "code", 1000)
    assert list(tmp_path.iterdir()) == []


def test_a_zip_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    data = package(("bomb", bytes(100_000), 0o644))
    lying = data.replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    with pytest.raises(code.BadPackage):
        code.unpack([lying], tmp_path / "code", 1000)
    assert list(tmp_path.iterdir()) == []


@given(st.binary(max_size=200), st.integers(0, 200))
def test_a_damaged_zip_never_does_anything_else(noise: bytes, at: int) -> None:
    data = package(("a", b"hello" * 10, 0o644), ("b/c", b"x", 0o755))
    with suppress(code.BadPackage):
        code.check(data[:at] + noise + data[at + len(noise) :], 1000)


def test_permissions_and_inner_links_are_kept(tmp_path: Path) -> None:
    data = package(("bin/run", b"#!/bin/sh\n", 0o755), ("start", b"bin/run", LINK))
    code.unpack([data], tmp_path / "code", 1000)
    assert (tmp_path / "code" / "start").stat().st_mode & 0o777 == 0o755
