"""What is held, and what is cut, where a switch asks for it; and switches that are none."""

import http.client
import itertools
import json
import os
import subprocess
import sys
import time
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from tests.support.account import Account
from tests.support.guests import writes
from tests.support.http_client import request
from tests.support.invocations import stream

INTERVAL = 0.2
ITEMS = "basic.stamped", [5, INTERVAL]
TWO = writes(b'{"statusCode": 201}', bytes(8), b"one", b"two")


def arrivals(url: str) -> list[tuple[float, float]]:
    """When each item was sent, and when it arrived; then when the response was at its end, twice."""
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)) as connection:
        connection.request("GET", "/")
        answer = connection.getresponse()
        items = [(json.loads(line)["sent"], time.time()) for line in iter(answer.readline, b"")]
        return [*items, (time.time(), time.time())]


def test_each_item_arrives_when_the_next_one_is_sent(otherwise: Account) -> None:
    items = arrivals(otherwise.url(otherwise.deploy(*ITEMS)))
    assert len(items) == 6
    for (sent, arrived), (next_sent, _) in itertools.pairwise(items[:-1]):
        assert next_sent <= arrived
        assert next_sent - sent > INTERVAL / 2
    arrived_last, arrived_before = items[4][1], items[3][1]
    assert arrived_last - arrived_before < INTERVAL / 2, "nothing follows the last item: the end lets it go"


def test_without_the_switch_no_item_waits_for_another(aws: Account) -> None:
    for (_, arrived), (next_sent, _) in itertools.pairwise(arrivals(aws.url(aws.deploy(*ITEMS)))[:-1]):
        assert arrived < next_sent


def test_what_is_held_is_whole_and_each_chunk_is_one(otherwise: Account) -> None:
    answer = request(otherwise.url(otherwise.deploy(*TWO)))
    assert (answer.status, answer.chunks, answer.complete) == (201, [b"one", b"two"], True)
    empty = request(otherwise.url(otherwise.deploy("basic.stamped", [0, 0])))
    assert (empty.status, empty.chunks, empty.complete) == (200, [], True)


def test_what_is_held_when_the_stream_is_cut_is_lost(otherwise: Account) -> None:
    answer = request(otherwise.url(otherwise.deploy("failures.exits_after_two")))
    assert (answer.status, answer.chunks, answer.complete) == (200, [b"one"], False)


def test_an_sdks_client_does_not_wait(otherwise: Account) -> None:
    """What was seen was seen of Function URLs."""
    *chunks, complete = stream(otherwise, otherwise.deploy(*TWO))
    assert [chunk["PayloadChunk"]["Payload"] for chunk in chunks][-2:] == [b"one", b"two"]
    assert complete == {"InvokeComplete": {}}


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("LOCAL_AWS_REPORTED_FAILURE", "cut", "ends or cuts"),
        ("LOCAL_AWS_REPORTED_FAILURE", "", "ends or cuts"),
        ("LOCAL_AWS_COALESCE", "1", "off or hold-last"),
    ],
)
def test_a_switch_that_is_none_stops_the_start(variable: str, value: str, allowed: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "server.local_aws"],
        env={**os.environ, variable: value},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"{variable} must be {allowed}, not {value!r}" in ended.stderr
    assert "Traceback" not in ended.stderr
