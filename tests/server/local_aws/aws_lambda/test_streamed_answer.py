"""A streamed answer, without I/O: any split of any stream, ended or broken off anywhere."""

import gzip
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.local_aws.aws_lambda.inflating import MAX_PIECE, BadGzip
from server.local_aws.aws_lambda.prelude import DELIMITER, BadPrelude, Prelude
from server.local_aws.aws_lambda.streamed_answer import Body, Head, PreludeRule, StreamedAnswer
from tests.support.splitting import split

PLAIN = Prelude(headers={"Content-Type": "text/plain"})
WINDOW = 64
ANNOUNCED = PreludeRule(WINDOW)
REQUIRED = PreludeRule(WINDOW, strict=True)
BEGINNINGS = st.sampled_from([PLAIN, ANNOUNCED, REQUIRED])
UNDELIMITED = st.binary(min_size=1, max_size=WINDOW).filter(lambda stream: DELIMITER not in stream)
CUTS = st.lists(st.integers(min_value=0), max_size=8)
GZIP_PRELUDE = b'{"headers":{"Content-Encoding":"GZip","x":"y"}}' + DELIMITER

DOCUMENTS = st.one_of(
    st.just(b""),
    st.binary(max_size=30),
    st.sampled_from(
        [
            b"{}",
            b"[]",
            b"null",
            b'{"statusCode":201}',
            b'{"statusCode":9}',
            b'{"body":"x"}',
            b'{"headers":{"a":[1]},"cookies":["b=c"]}',
            b'{"headers":{"content-encoding":"gzip"}}',
            b'{"cookies":{}}',
        ]
    ),
)
BODIES = st.one_of(st.binary(max_size=100), st.binary(max_size=100).map(gzip.compress))
DELIMITERS = st.sampled_from([DELIMITER, DELIMITER, DELIMITER[:-1], b""])
STREAMS = st.tuples(DOCUMENTS, DELIMITERS, BODIES).map(b"".join)


@dataclass
class Client:
    """What a client has been sent, and why it gets no more."""

    heads: list[Prelude] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    error: type[Exception] | None = None

    def take(self, parts: Iterable[Head | Body]) -> None:
        for part in parts:
            if isinstance(part, Head):
                assert not self.body
                self.heads.append(part.prelude)
            else:
                assert len(self.heads) == 1
                self.body += b"".join(part.chunks)


def feed(streamed: StreamedAnswer, reads: Iterable[list[bytes]], *, ends: bool = True) -> Client:
    """What a client gets of a function that posts `reads`, and then ends its response or breaks off."""
    client = Client()
    try:
        for chunks in reads:
            client.take(streamed.feed(chunks))
        client.take(streamed.end() if ends else streamed.broken())
    except (BadPrelude, BadGzip) as error:
        client.error = type(error)
    return client


def one_by_one(chunks: Iterable[bytes]) -> list[list[bytes]]:
    return [[chunk] for chunk in chunks]


@given(BEGINNINGS, STREAMS, CUTS, st.booleans(), st.booleans())
@example(ANNOUNCED, b"{}" + DELIMITER, [2, 3], False, True)
@example(REQUIRED, b"{}" + DELIMITER + b"x", [9, 10], False, True)
def test_any_split_of_any_stream_gives_the_same_answer(
    begins: PreludeRule | Prelude, stream: bytes, cuts: list[int], inflates: bool, holds_last: bool
) -> None:
    whole = feed(StreamedAnswer(begins, inflates=inflates), [[stream]] if stream else [])
    chunks = [chunk for chunk in split(stream, cuts) if chunk]
    for reads in (one_by_one(chunks), [chunks]):
        parts = feed(StreamedAnswer(begins, inflates=inflates, holds_last=holds_last), reads)
        assert (parts.heads, parts.error) == (whole.heads, whole.error)
        if whole.error is None:
            assert parts.body == whole.body


@given(STREAMS, CUTS)
def test_a_body_without_a_prelude_is_passed_on_as_it_is(stream: bytes, cuts: list[int]) -> None:
    client = feed(StreamedAnswer(PLAIN, inflates=True), one_by_one(split(stream, cuts)))
    assert client == Client([PLAIN], bytearray(stream))


@given(st.integers(WINDOW - 20, WINDOW + 20), st.binary(max_size=20), CUTS)
def test_the_delimiter_ends_within_the_window(size: int, body: bytes, cuts: list[int]) -> None:
    document = json.dumps({"cookies": ["x" * (size - len(b'{"cookies": [""]}') - len(DELIMITER))]}).encode()
    reads = one_by_one(split(document + DELIMITER + body, cuts))
    client = feed(StreamedAnswer(ANNOUNCED), reads)
    if size > WINDOW:
        assert client == Client(error=BadPrelude)
    else:
        assert (len(client.heads), client.body, client.error) == (1, body, None)


@given(BEGINNINGS, STREAMS, CUTS, st.integers(min_value=0), st.booleans(), st.booleans())
def test_a_response_broken_off_anywhere_has_one_head_and_no_more_than_came(
    begins: PreludeRule | Prelude,
    stream: bytes,
    cuts: list[int],
    kept: int,
    inflates: bool,
    holds_last: bool,
) -> None:
    chunks = [chunk for chunk in split(stream, cuts) if chunk]
    streamed = StreamedAnswer(begins, inflates=inflates, holds_last=holds_last)
    client = feed(streamed, one_by_one(chunks[: kept % (len(chunks) + 1)]), ends=False)
    assert len(client.heads) == (0 if client.error is BadPrelude else 1)
    whole = feed(StreamedAnswer(begins, inflates=inflates), [[stream]] if stream else [])
    if whole.error is None:
        assert whole.body.startswith(client.body)


@given(st.lists(st.binary(min_size=1, max_size=5), min_size=1, max_size=6))
def test_a_held_chunk_waits_for_the_next_and_is_lost_with_the_response(chunks: list[bytes]) -> None:
    streamed = StreamedAnswer(PLAIN, holds_last=True)
    client = Client()
    for number, chunk in enumerate(chunks):
        client.take(streamed.feed([chunk]))
        assert client.body == b"".join(chunks[:number])
        assert len(client.heads) == (1 if number else 0)
    client.take(streamed.end())
    assert client == Client([PLAIN], bytearray(b"".join(chunks)))
    broken = feed(StreamedAnswer(PLAIN, holds_last=True), one_by_one(chunks), ends=False)
    assert (len(broken.heads), broken.body) == (1, b"".join(chunks[:-1]))


@pytest.mark.parametrize(
    ("begins", "head", "error"),
    [(PLAIN, [PLAIN], None), (ANNOUNCED, [Prelude()], None), (REQUIRED, [], BadPrelude)],
)
def test_an_empty_response_has_no_prelude_unless_one_is_required(
    begins: PreludeRule | Prelude, head: list[Prelude], error: type[Exception] | None
) -> None:
    assert feed(StreamedAnswer(begins), []) == Client(head, error=error)
    assert feed(StreamedAnswer(begins), [], ends=False).heads == [Prelude()]


@pytest.mark.parametrize("begins", [ANNOUNCED, REQUIRED])
@given(stream=UNDELIMITED, cuts=CUTS)
def test_a_response_that_ends_before_the_delimiter_is_no_answer(
    begins: PreludeRule, stream: bytes, cuts: list[int]
) -> None:
    assert feed(StreamedAnswer(begins), one_by_one(split(stream, cuts))) == Client(error=BadPrelude)


def test_keys_that_aws_does_not_define_are_ignored_or_refused() -> None:
    reads = [[b'{"statusCode":201,"body":"x"}' + DELIMITER + b"y"]]
    assert feed(StreamedAnswer(REQUIRED), reads) == Client(error=BadPrelude)
    client = feed(StreamedAnswer(ANNOUNCED), reads)
    assert (client.heads[0].status, client.body, client.error) == (201, b"y", None)


def test_the_head_comes_with_the_delimiter_before_any_body() -> None:
    streamed = StreamedAnswer(REQUIRED)
    assert list(streamed.feed([b"{}", DELIMITER[1:]])) == []
    assert list(streamed.feed([DELIMITER[:1]])) == [Head(Prelude())]
    assert list(streamed.feed([b"a", b"b"])) == [Body([b"a", b"b"])]
    assert list(streamed.end()) == []


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=3), CUTS)
def test_a_gzip_body_goes_inflated_without_its_header(members: list[bytes], cuts: list[int]) -> None:
    stream = GZIP_PRELUDE + b"".join(map(gzip.compress, members))
    client = feed(StreamedAnswer(ANNOUNCED, inflates=True), one_by_one(split(stream, cuts)))
    assert client == Client([Prelude(headers={"x": "y"})], bytearray(b"".join(members)))
    passed = feed(StreamedAnswer(ANNOUNCED), one_by_one(split(stream, cuts)))
    assert passed.body == stream[len(GZIP_PRELUDE) :]
    assert passed.heads[0].headers == {"Content-Encoding": "GZip", "x": "y"}


@given(st.binary(min_size=1, max_size=300), st.integers(min_value=1), CUTS)
def test_a_truncated_gzip_body_is_bad_once_it_has_begun(data: bytes, lost: int, cuts: list[int]) -> None:
    packed = gzip.compress(data)
    kept = packed[: lost % len(packed)]
    client = feed(StreamedAnswer(ANNOUNCED, inflates=True), one_by_one(split(GZIP_PRELUDE + kept, cuts)))
    assert len(client.heads) == 1
    assert client.error is (BadGzip if kept else None)
    assert data.startswith(client.body)


def test_a_large_inflated_body_is_made_piece_by_piece_as_it_is_taken() -> None:
    packed = zlib.compress(bytes(100 * MAX_PIECE), wbits=16 + zlib.MAX_WBITS)
    streamed = StreamedAnswer(ANNOUNCED, inflates=True)
    parts = streamed.feed([GZIP_PRELUDE + packed])
    assert isinstance(next(parts), Head)
    sizes = [sum(map(len, part.chunks)) for part in parts if isinstance(part, Body)]
    assert sum(sizes) == 100 * MAX_PIECE
    assert max(sizes) <= MAX_PIECE
    assert list(streamed.end()) == []
