from collections.abc import Iterator

import pytest

from .account import TestAccount


@pytest.fixture
def account() -> Iterator[TestAccount]:
    account = TestAccount.start()
    try:
        yield account
    finally:
        account.stop()
