"""APIs on stand-ins in processes of their own, and an origin behind them."""

from collections.abc import Iterator

import pytest

from server.embedded import EmbeddedServer
from tests.support.account import account
from tests.support.gateway import Gateway


@pytest.fixture(scope="session")
def small_gateway() -> Iterator[Gateway]:
    """The stand-in with limits of one hundredth."""
    for running in account("0.01"):
        yield Gateway(running)


@pytest.fixture
def origin() -> Iterator[EmbeddedServer]:
    with EmbeddedServer() as server:
        yield server
