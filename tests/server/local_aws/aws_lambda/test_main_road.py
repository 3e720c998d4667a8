"""Ordinary boto3 code deploys a function, and its response streams."""

import json
import time
import urllib.request

from tests.support.account import Account
from tests.support.shapes import at_once, one_by_one

STREAM_20 = "basic.stamped", [20, 0.05]


def arrivals(url: str) -> list[tuple[float, dict[str, float]]]:
    items = []
    with urllib.request.urlopen(url) as response:
        while line := response.readline():
            items.append((time.time(), json.loads(line)))
    return items


def test_twenty_items_through_a_response_stream_url_arrive_one_by_one(aws: Account) -> None:
    url = aws.url(aws.deploy(*STREAM_20))
    arrivals(url)
    items = arrivals(url)
    assert [item["seq"] for _, item in items] == list(range(20))
    assert one_by_one([item["sent"] for _, item in items], [at for at, _ in items])


def test_the_same_function_behind_a_buffered_url_arrives_at_once(aws: Account) -> None:
    url = aws.url(aws.deploy(*STREAM_20), mode="BUFFERED")
    items = arrivals(url)
    assert at_once([item["sent"] for _, item in items], [at for at, _ in items])
