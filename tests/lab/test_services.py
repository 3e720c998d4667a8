"""Addresses of services: a host on AWS, a whole URL from the stand-in."""

import pytest

from lab.services import address


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("abcdef.ap-northeast-1.awsapprunner.com", "https://abcdef.ap-northeast-1.awsapprunner.com"),
        ("https://st-0123.ecs.ap-northeast-1.on.aws", "https://st-0123.ecs.ap-northeast-1.on.aws"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_an_address_is_a_url_on_both_targets(given: str, url: str) -> None:
    assert address(given) == url
