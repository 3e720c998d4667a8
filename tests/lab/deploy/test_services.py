"""Addresses of services: a host on AWS, a whole URL or HOST:PORT from the stand-in."""

import boto3
import pytest

from lab.cloud.cloud import Cloud

pytestmark = pytest.mark.stand_in

AWS = Cloud(boto3.Session(), None, "ap-northeast-1", "streaming-10")
HERE = Cloud(boto3.Session(), "http://127.0.0.1:5000", "ap-northeast-1", "streaming-10")


@pytest.mark.parametrize(
    ("cloud", "given", "scheme", "url"),
    [
        (
            AWS,
            "abcdef.ap-northeast-1.awsapprunner.com",
            "http",
            "https://abcdef.ap-northeast-1.awsapprunner.com",
        ),
        (
            AWS,
            "https://st-0123.ecs.ap-northeast-1.on.aws",
            "http",
            "https://st-0123.ecs.ap-northeast-1.on.aws",
        ),
        (AWS, "x.appsync-realtime-api.ap-northeast-1.amazonaws.com", "ws", None),
        (HERE, "http://127.0.0.1:8080", "http", "http://127.0.0.1:8080"),
        (HERE, "127.0.0.1:8080", "ws", "ws://127.0.0.1:8080"),
    ],
)
def test_an_address_is_a_url_on_both_targets(cloud: Cloud, given: str, scheme: str, url: str | None) -> None:
    assert cloud.address(given, scheme) == (url or f"wss://{given}")
