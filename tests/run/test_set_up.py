"""What a reader installs is enough to run the series."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_pytest_runs_a_notebook_without_the_contributors_plugins() -> None:
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    notebooks = ["-p", "nbmake.pytest_plugin", "--nbmake", "--collect-only", "-q", "notebooks"]
    command = [sys.executable, "-m", "pytest", *notebooks]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "00_start_here.ipynb" in done.stdout


def test_what_only_contributors_need_is_not_in_the_readers_list() -> None:
    lists = [(ROOT / name).read_text() for name in ("requirements.txt", "requirements-dev.txt")]
    readers, contributors = (set(re.findall(r"^([a-z0-9-]+).*?>=", text, re.M)) for text in lists)
    assert {"jupyterlab", "nbmake", "aiohttp", "websockets", "boto3", "matplotlib"} <= readers
    assert {"pytest", "mypy", "ruff", "playwright", "hypothesis"} <= contributors
    assert not readers & contributors
    assert not re.search(r"^moto\[.*\b(server|all)\b", lists[0], re.M), "brings cfn-lint and sympy: 120 MB"


def test_what_reads_notebooks_compiles_no_grammar_when_it_starts() -> None:
    code = "import sys, nbformat, jupyter_events; sys.exit('rfc3987_syntax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
