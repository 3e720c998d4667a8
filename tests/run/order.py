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


STAND_INS = ("everything", "otherwise", "small", "small_gateway", "strict", "tight")
"""Fixtures that start a stand-in for the rest of the run: one worker gets all tests that ask for one."""


def dealt(items: list[pytest.Item], hands: int) -> list[list[pytest.Item]]:
    """Deal the tests to `hands`: the long ones one by one, then those of each stand-in, then file by file,
    each time to whom has the fewest. So fixtures are made once."""
    piles: list[list[pytest.Item]] = [[] for _ in range(hands)]
    ordered = sorted(items, key=lambda item: place(item.nodeid))
    long = [item for item in ordered if is_long(item)]
    short = [item for item in ordered if not is_long(item)]
    for item in long:
        min(piles, key=len).append(item)
    files = [list(together) for _, together in groupby(short, key=lambda item: item.path)]
    for name in (*STAND_INS, ""):
        pile = min(piles, key=len)
        for together in [file for file in files if asks_for(file, name)]:
            (pile if name else min(piles, key=len)).extend(together)
            files.remove(together)
    return levelled(piles)


def levelled(piles: list[list[pytest.Item]]) -> list[list[pytest.Item]]:
    """Move tests from the ends of long piles to short ones: a worker is given as many as any other."""
    fewest, more = divmod(sum(map(len, piles)), len(piles))
    lengths = [fewest] * (len(piles) - more) + [fewest + 1] * more
    surplus = [item for pile, length in zip(piles, lengths, strict=True) for item in pile[length:]]
    for pile, length in zip(piles, lengths, strict=True):
        del pile[length:]
        while len(pile) < length:
            pile.append(surplus.pop())
    return piles


def asks_for(file: list[pytest.Item], fixture: str) -> bool:
    """Return whether a test of the file asks for `fixture`, if only by another; every file does for ""."""
    return not fixture or any(fixture in getattr(item, "fixturenames", ()) for item in file)


def is_long(item: pytest.Item) -> bool:
    return place(item.nodeid) < ONE_BY_ONE


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put first what each worker is to begin with: xdist's `worksteal` gives each as many tests in a row."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    items[:] = [item for pile in dealt(items, workers) for item in pile]
