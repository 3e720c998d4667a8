"""Stand-ins with other settings than `aws` has."""

from collections.abc import Iterator

import pytest

from tests.support.account import Account, account


@pytest.fixture(scope="session")
def strict() -> Iterator[Account]:
    """The stand-in that enforces IAM."""
    yield from account("1", enforce_iam="1")


@pytest.fixture(scope="session")
def otherwise() -> Iterator[Account]:
    """The stand-in that behaves as AWS was seen to, at times: each switch at its other value."""
    switches = {"LOCAL_AWS_REPORTED_FAILURE": "cuts", "LOCAL_AWS_COALESCE": "hold-last"}
    yield from account("1", variables=switches)


@pytest.fixture(scope="session")
def small() -> Iterator[Account]:
    """The stand-in with limits of one thousandth."""
    yield from account("0.001")


@pytest.fixture(scope="session")
def tight() -> Iterator[Account]:
    """The stand-in with limits of one fiftieth."""
    yield from account("0.02")
