"""nbmake runs each notebook's cells, then all of them once more in the same kernel."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).parents[2]
COUNT = "runs = globals().get('runs', 0) + 1\nwith open('runs', 'a') as log: log.write(str(runs))"


def run(folder: Path) -> "subprocess.CompletedProcess[str]":
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--nbmake", "-p", "tests.run.twice", folder],
        env={**plain, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_second_pass_finds_what_the_first_left(tmp_path: Path) -> None:
    once = "assert runs == 1, 'this cell does not stand a second run'"
    cells = {
        "00_aws.ipynb": [COUNT, "import boto3"],
        "07_once.ipynb": [COUNT, once],
        "08_good.ipynb": [COUNT],
    }
    for name, sources in cells.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
        nbformat.write(notebook, tmp_path / name)
    written = (tmp_path / "08_good.ipynb").read_text()
    done = run(tmp_path)
    assert "2 failed, 1 passed" in done.stdout, done.stdout
    assert "this lesson has nothing to do with AWS" in done.stdout
    assert "this cell does not stand a second run" in done.stdout
    assert (tmp_path / "runs").read_text() == "12" * 3, "in the notebook's folder, in one kernel"
    assert (tmp_path / "08_good.ipynb").read_text() == written
