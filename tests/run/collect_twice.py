"""Collect the tests twice and compare: pytest-xdist's workers must agree on each id and on their order.

The two collections differ in what may differ between workers and machines: the time, the seed of hashes, the
folder for temporary files. A parameter that holds one of these needs an id of its own.

    python tests/run/collect_twice.py [PATH ...]
"""

import os
import subprocess
import sys
import tempfile
import time
from difflib import unified_diff
from pathlib import Path

APART = 2.0
"""Seconds from the first start to the second: the times in a zip are multiples of two."""


def start(paths: list[str], seed: int, temporary: str) -> "subprocess.Popen[str]":
    """Start a collection of `paths` by a pytest of its own."""
    options = ["--collect-only", "-q", "-p", "no:cacheprovider", "-p", "no:nbmake"]
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", *options, *paths],
        env={**os.environ, "PYTHONHASHSEED": str(seed), "TMPDIR": temporary},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def collected(process: "subprocess.Popen[str]") -> list[str]:
    """The ids, in order; exits with pytest's own words where it cannot collect."""
    listed, said = process.communicate()
    if process.returncode:
        sys.exit(listed + said)
    return listed.partition("\n\n")[0].splitlines()


def disagreement(paths: list[str]) -> str | None:
    """Collect twice; return what is wrong, None if nothing is."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        first = start(paths, 1, one)
        time.sleep(APART)
        second = start(paths, 2, two)
        ids = collected(first), collected(second)
    differences = [
        line for line in unified_diff(*ids, n=0, lineterm="") if line[:2] not in ("--", "++", "@@")
    ]
    if not differences:
        return None
    return "Two collections differ; give these parameters ids that do not vary:\n" + "\n".join(differences)


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[2])
    sys.exit(disagreement(sys.argv[1:] or ["tests"]))
