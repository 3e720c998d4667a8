"""Run All, twice in one kernel: `pytest --nbmake` runs each notebook's cells, then all of them once more.

The second pass finds what the first one left; of a lesson that deploys, its target is AWS (`rehearsal`).
Notebooks run twice when the tests are among what is collected (`pytest --nbmake tests notebooks`), once
otherwise (`pytest --nbmake notebooks`).
"""

import io
import tempfile
from collections.abc import Generator
from contextlib import AbstractContextManager, ExitStack, nullcontext, redirect_stdout
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
WITHOUT_AWS = ("00", "01", "02", "03", "04", "05")
NO_AWS = """\
import sys
assert not {"boto3", "botocore", "moto"} & set(sys.modules), "this lesson has nothing to do with AWS"
"""


def twice(path: Path, between: str = "") -> NotebookNode:
    """Return the notebook with its cells twice, for a kernel that starts anywhere; `between` is the source of
    a cell that runs before the second pass."""
    notebook = nbformat.read(path, as_version=4)
    again = [nbformat.from_dict({**cell, "id": f"{cell.id}-again"}) for cell in notebook.cells]
    home = new_code_cell(f"import os\nos.chdir({str(path.parent)!r})")
    last = [new_code_cell(NO_AWS)] if path.name.startswith(WITHOUT_AWS) else []
    notebook.cells = [home, *notebook.cells, new_code_cell(between), *again, *last]
    return notebook


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: Any) -> Generator[None, None, None]:
    """Let nbmake run a copy that has the cells twice."""
    if not getattr(item, "nbmake", False):
        return (yield)
    path = Path(item.filename)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        between = ""
        if path.parent == NOTEBOOKS and not path.name.startswith(WITHOUT_AWS):
            between = stack.enter_context(second_target(path.name[:2], folder / "calls"))
        item.filename = str(folder / path.name)
        nbformat.write(twice(path, between), item.filename)
        try:
            return (yield)
        finally:
            item.filename = str(path)


def second_target(lesson: str, calls: Path) -> AbstractContextManager[str]:
    """Yield the source of the cell that changes the target; nothing for a lesson that has one target only."""
    from tests.run.rehearsal import is_rehearsed, rehearsal  # boto3 takes a while to import

    return rehearsal(lesson, calls) if is_rehearsed(lesson) else nullcontext("")


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary() -> Generator[None, None, None]:
    """Leave out the line in which nbmake speaks of itself; pytest's own lines do not go this way."""
    with redirect_stdout(io.StringIO()):
        return (yield)
