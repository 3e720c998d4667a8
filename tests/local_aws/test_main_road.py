"""Ordinary boto3 code deploys a function, and its response streams."""

import itertools
import json
import statistics
import time
import urllib.request

from .conftest import Account

STREAM_20 = "invocation.stamped(20, 0.05)"


def arrivals(url: str) -> list[tuple[float, dict[str, float]]]:
    items = []
    with urllib.request.urlopen(url) as response:
        while line := response.readline():
            items.append((time.time(), json.loads(line)))
    return items


def test_twenty_items_through_a_response_stream_url_arrive_one_by_one(aws: Account) -> None:
    url = aws.url(aws.deploy(STREAM_20))
    arrivals(url)
    items = arrivals(url)
    assert [item["seq"] for _, item in items] == list(range(20))
    gaps = [later[0] - earlier[0] for earlier, later in itertools.pairwise(items)]
    assert statistics.median(gaps) > 0.03
    assert statistics.median(at - item["sent"] for at, item in items) < 0.02


def test_the_same_function_behind_a_buffered_url_arrives_at_once(aws: Account) -> None:
    url = aws.url(aws.deploy(STREAM_20), mode="BUFFERED")
    items = arrivals(url)
    assert items[-1][0] - items[0][0] < 0.2
    assert items[0][0] - items[0][1]["sent"] > 0.5
