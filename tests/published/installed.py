"""What AWS publishes (runtime clients, SDKs), installed where npm and pip can: once for an environment.

It lies in the virtual environment, so that the workers of a run, and later runs, share it.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from server.local_aws.aws_lambda.runtimes import node

HOME = Path(sys.prefix) / "published"
PATIENCE = 600
"""Seconds that an installation may take: the largest has 320 MB."""
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
"""What the workers of a run have in common."""


def npm_install(package: str) -> Path:
    """Install `package` and what it needs; return the folder of its `node_modules`.

    Skips the test where npm cannot.
    """
    npm = node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefix"]
    return _install("npm", package, [str(node()), str(npm), "install", *options])


@contextmanager
def folder_beside(package: str) -> Iterator[Path]:
    """A folder, nobody else's, in which a script can import the npm package `package`."""
    with tempfile.TemporaryDirectory(dir=npm_install(package)) as folder:
        yield Path(folder)


def pip_install(package: str) -> Path:
    """Install `package` and what it needs into a folder of its own; return it.

    Skips the test where pip cannot.
    """
    options = ["--quiet", "--no-compile", "--disable-pip-version-check", "--only-binary", ":all:", "--target"]
    return _install("pip", package, [sys.executable, "-m", "pip", "install", *options])


def _install(tool: str, package: str, command: list[str]) -> Path:
    """Run `command FOLDER package`, unless that has been done; others wait meanwhile."""

    HOME.mkdir(exist_ok=True)
    name = re.sub(r"[^\w.-]+", "_", package)
    folder, failure = HOME / name, HOME / f"{name}.failed"
    with (HOME / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists() and not _has_failed(failure):
            _attempt(command, package, folder, failure)
    if not folder.exists():
        pytest.skip(f"{tool} cannot install {package}: {failure.read_text().partition(chr(10))[2]}")
    return folder


def _has_failed(failure: Path) -> bool:
    """Whether this run has tried already: each of its tests would wait for the network in vain."""
    return failure.exists() and failure.read_text().startswith(f"{RUN}\n")


def _attempt(command: list[str], package: str, folder: Path, failure: Path) -> None:
    new = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    environment = {**os.environ, "PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    try:
        subprocess.run(
            [*command, str(new), package], check=True, capture_output=True, timeout=PATIENCE, env=environment
        )
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip() or str(error)
        failure.write_text(f"{RUN}\n{said.splitlines()[0]}")
    except (OSError, subprocess.TimeoutExpired) as error:
        failure.write_text(f"{RUN}\n{error}")
    else:
        new.rename(folder)
