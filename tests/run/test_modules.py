"""Test modules stand alone, and the programs they deploy are files."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
MODULES = sorted(TESTS.rglob("test_*.py"))
HANDLER = re.compile(
    r"^\s*(async )?def \w+\((invocation|(event|e), (context|c))\b"  # Python
    r"|^\s*invocation\.\w+\("
    r"|\bexports?\b.*\bhandler\b",  # JavaScript
    re.MULTILINE,
)
"""A line of a program that a function runs."""


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    """The full names that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield f"{node.module or ''}.{alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name


def test_no_test_module_imports_another() -> None:
    paths = [path for path in TESTS.rglob("*.py") if "__pycache__" not in path.parts]
    names = {path.stem for path in MODULES}
    found = [
        f"{path.relative_to(TESTS)} imports {name}: what tests share stands in tests/support"
        for path in paths
        for name in imported(parsed(path))
        if names & set(name.split("."))
    ]
    assert found == []


def test_no_program_of_more_than_three_lines_stands_in_a_string() -> None:
    found = [
        f"{path.relative_to(TESTS)}:{node.lineno}: a program that is deployed is a file in tests/guests"
        for path in MODULES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if len(node.value.strip().splitlines()) > 3 and HANDLER.search(node.value)
    ]
    assert found == []
