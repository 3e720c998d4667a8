from collections.abc import Iterator

import pytest

from server.embedded import EmbeddedServer
from tests.support.origin_clients import CommandServer, WatchedOrigin


@pytest.fixture(scope="session")
def origin() -> Iterator[EmbeddedServer]:
    """One origin for all tests that only ask it something, or that put a gateway before it."""
    with EmbeddedServer() as server:
        yield server


@pytest.fixture
def watched() -> Iterator[WatchedOrigin]:
    """An origin of its own that tells how many handlers are at work."""
    with WatchedOrigin() as server:
        yield server


@pytest.fixture
def command() -> Iterator[CommandServer]:
    """`python -m server` in a process of its own."""
    with CommandServer() as server:
        yield server
