"""Each worker begins with its share of the long tests, so that none has one left when the others are done."""

from itertools import groupby

import pytest

LONG = (
    "notebooks/05",
    "notebooks/13",
    "notebooks/10",
    "notebooks/08",
    "notebooks/06",
    "notebooks/14",
    "notebooks/12",
    "notebooks/07",
    "notebooks/11",
    "notebooks/",
    "tests/notebooks/test_atlas_notices.py",
    "tests/browser/",
    "tests/lab/exam/test_exam.py",
    "tests/lab/test_a_hostile_environment.py",
    "tests/aws_target/test_interruptions.py",
    "tests/lab/compare/test_deployments.py",
    "tests/server/processes/test_processes.py",
    "tests/server/local_aws/containers/test_container_faults.py",
    "tests/server/processes/test_descriptors.py",
    "tests/server/local_aws/aws_lambda/test_limits.py",
    "tests/server/local_aws/api_gateway/websocket/test_websocket_connections.py",
    "tests/server/local_aws/app_runner/test_app_runner.py",
    "tests/run/",
)
"""How the ids begin, the longest first. `pytest --durations=50` tells whether that is still true."""

ONE_BY_ONE = LONG.index("tests/browser/")
"""Of the places before this one each test is dealt by itself: they share no fixture."""


def place(nodeid: str) -> int:
    """The place of a test in the order: tests of one place stay in the order in which they were collected."""
    return next((place for place, start in enumerate(LONG) if nodeid.startswith(start)), len(LONG))


def dealt(items: list[pytest.Item], hands: int) -> list[list[pytest.Item]]:
    """Deal the tests to `hands`, the long ones one by one, of the others each file to whom has the fewest: so
    a file's fixtures are made once."""
    piles: list[list[pytest.Item]] = [[] for _ in range(hands)]
    ordered = sorted(items, key=lambda item: place(item.nodeid))
    for _, together in groupby(ordered, key=lambda item: item.nodeid if is_long(item) else item.path):
        min(piles, key=len).extend(together)
    return piles


def is_long(item: pytest.Item) -> bool:
    return place(item.nodeid) < ONE_BY_ONE


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put first what each worker is to begin with: xdist's `worksteal` gives each as many tests in a row."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    items[:] = [item for pile in dealt(items, workers) for item in pile]
