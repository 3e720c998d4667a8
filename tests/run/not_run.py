"""A run says what it did not run. Where `STREAMING_SKIPS_FAIL=1` (in CI, every night) it fails for it."""

import os
from collections import defaultdict
from typing import Any

import pytest

SKIPS_FAIL = "STREAMING_SKIPS_FAIL"


def not_run(config: pytest.Config) -> dict[str, list[str]]:
    """Each reason with the tests that did not run for it; of a file that did not run, the file.

    Among pytest-xdist's processes only the one that prints knows them.
    """
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    skipped: dict[str, list[str]] = defaultdict(list)
    for report in reporter.stats.get("skipped", []) if reporter else []:
        _, _, reason = report.longrepr
        skipped[reason.removeprefix("Skipped: ")].append(report.nodeid)
    return skipped


def pytest_sessionfinish(session: pytest.Session) -> None:
    if os.environ.get(SKIPS_FAIL) == "1" and session.exitstatus == 0 and not_run(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    skipped = not_run(config)
    if not skipped:
        return
    terminalreporter.section("not run here")
    for reason, ids in sorted(skipped.items()):
        terminalreporter.line(f"{len(ids)} because {reason}")
        for nodeid in sorted(ids):
            terminalreporter.line(f"    {nodeid}")
    if os.environ.get(SKIPS_FAIL) == "1":
        terminalreporter.line(f"{SKIPS_FAIL}=1: so the run has failed")
