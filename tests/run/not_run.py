"""A run says what it did not run. Where `STREAMING_SKIPS_FAIL=1` (in CI, every night) it fails for it."""

import os
from collections import defaultdict
from collections.abc import Generator
from typing import Any

import pytest

SKIPS_FAIL = "STREAMING_SKIPS_FAIL"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test into a failed one, if that is asked for."""
    report = yield
    if report.skipped and os.environ.get(SKIPS_FAIL) == "1":
        report.outcome = "failed"
        report.longrepr = f"{SKIPS_FAIL}=1, but: {reason(report)}"
    return report


def reason(report: Any) -> str:
    """Why a test or a file was skipped."""
    _, _, text = report.longrepr
    return str(text).removeprefix("Skipped: ")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Name each test that did not run under the reason for it; of a file that did not run, the file."""
    skipped: dict[str, list[str]] = defaultdict(list)
    for report in terminalreporter.stats.get("skipped", []):
        skipped[reason(report)].append(report.nodeid)
    if not skipped:
        return
    terminalreporter.section("not run here")
    for why, ids in sorted(skipped.items()):
        terminalreporter.line(f"{len(ids)} because {why}")
        for nodeid in sorted(ids):
            terminalreporter.line(f"    {nodeid}")
