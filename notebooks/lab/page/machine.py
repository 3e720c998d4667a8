"""Is this machine ready for the series? Each line that is not ok says what to do."""

import platform
import re
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement

REQUIREMENTS = Path(__file__).parents[3] / "requirements.txt"
INSTALL = "run `make lab` again, or: pip install -r requirements.txt"


def check_machine() -> bool:
    """Print what the series needs and what is here; return True if every notebook can run."""
    checks = [check_python(), *check_packages(), check_program("curl", ["--version"])]
    for ok, text in checks:
        print("ok " if ok else "-- ", text)
    return all(ok for ok, _ in checks)


def check_python() -> tuple[bool, str]:
    here = f"Python {platform.python_version()} on {platform.system()}"
    return (True, here) if sys.version_info >= (3, 11) else (False, f"{here}: 3.11 or newer is needed")


def check_packages() -> list[tuple[bool, str]]:
    """One line for all packages of requirements.txt that are here, and one for each that is not."""
    found = 0
    missing: list[tuple[bool, str]] = []
    for line in REQUIREMENTS.read_text().splitlines():
        text = line.partition("#")[0].strip()
        if not text or text.startswith("-"):
            continue
        needed = Requirement(text)
        if needed.marker is not None and not needed.marker.evaluate():
            missing.append((True, f"{needed.name} is not made for this platform: its cells are left out"))
            continue
        try:
            installed = version(needed.name)
        except PackageNotFoundError:
            missing.append((False, f"{needed} is missing: {INSTALL}"))
            continue
        if installed in needed.specifier:
            found += 1
        else:
            missing.append((False, f"{needed} is needed, {installed} is here: {INSTALL}"))
    return [(True, f"{found} packages of requirements.txt"), *missing]


def check_program(name: str, arguments: list[str]) -> tuple[bool, str]:
    path = shutil.which(name)
    if path is None:
        return (
            False,
            f"{name} is not installed: the cells that call it will say so; Python's do the same without it",
        )
    output = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=10).stdout
    number = re.search(r"\d+(\.\d+)+", output)
    return True, f"{name} {number[0] if number else ''}"
