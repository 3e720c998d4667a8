"""APIs on a stand-in with other limits."""

from collections.abc import Iterator

import pytest

from tests.support.account import account
from tests.support.gateway import Gateway


@pytest.fixture(scope="session")
def small_gateway() -> Iterator[Gateway]:
    """The stand-in with limits of one hundredth."""
    for running in account("0.01"):
        yield Gateway(running)
