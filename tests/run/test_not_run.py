"""A run names what it did not run, whichever worker it was on; where asked to, it fails for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = """
import pytest

@pytest.mark.skipif(True, reason="there is no such program")
@pytest.mark.parametrize("value", [1, 2, 3])
def test_one(value): pass

def test_two(): pytest.skip("npm cannot install thing@1")

def test_three(): pass

@pytest.mark.xfail(reason="known")
def test_four(): assert False
"""


def run(folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "STREAMING_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", "-p", "tests.run.not_run", folder],
        env={**plain, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    (tmp_path / "test_planted.py").write_text(TESTS)
    (tmp_path / "test_whole.py").write_text("import pytest\npytest.skip('no Envoy', allow_module_level=True)")
    return tmp_path


def test_what_did_not_run_is_counted_and_named(planted: Path) -> None:
    done = run(planted)
    assert done.returncode == 0
    _, _, section = done.stdout.partition("not run here")
    assert "1 because no Envoy" in section and "test_whole.py" in section
    assert "1 because npm cannot install thing@1" in section and "test_planted.py::test_two" in section
    assert "3 because there is no such program" in section
    assert all(f"test_planted.py::test_one[{n}]" in section for n in (1, 2, 3))
    assert "test_three" not in section and "test_four" not in section
    assert "1 passed, 5 skipped, 1 xfailed in" in section.splitlines()[-1]


def test_where_asked_to_a_run_fails_for_it(planted: Path) -> None:
    done = run(planted, STREAMING_SKIPS_FAIL="1")
    assert done.returncode == 1
    assert "STREAMING_SKIPS_FAIL=1: so the run has failed" in done.stdout
    (planted / "test_whole.py").unlink()
    (planted / "test_planted.py").write_text("def test_it(): pass")
    assert run(planted, STREAMING_SKIPS_FAIL="1").returncode == 0
