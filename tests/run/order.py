"""The long tests start first, so that no worker is busy with one while the others have nothing left to do."""

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
    "tests/aws_target/test_lessons.py",
    "tests/notebooks/test_atlas_notices.py",
    "tests/browser/",
    "tests/lab/test_exam.py",
    "tests/lab/test_a_hostile_environment.py",
    "tests/aws_target/test_interruptions.py",
    "tests/lab/test_deployments.py",
    "tests/local_aws/test_processes.py",
    "tests/local_aws/test_container_faults.py",
    "tests/local_aws/test_descriptors.py",
    "tests/local_aws/test_limits.py",
    "tests/local_aws/test_websocket_connections.py",
    "tests/local_aws/test_app_runner.py",
    "tests/run/",
)
"""How the ids begin, the longest first. `pytest --durations=50` tells whether that is still true."""


def place(nodeid: str) -> int:
    """The place of a test in the order: tests of one place stay in the order in which they were collected."""
    return next((place for place, start in enumerate(LONG) if nodeid.startswith(start)), len(LONG))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: place(item.nodeid))
