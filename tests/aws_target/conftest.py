from collections.abc import Iterator

import pytest

from .account import TestAccount


@pytest.fixture(scope="session")
def account() -> Iterator[TestAccount]:
    """One account for all tests: each has a user of its own, and leaves nothing."""
    account = TestAccount.start()
    yield account
    account.stop()
