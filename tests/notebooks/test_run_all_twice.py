"""Run All twice in one kernel: the second run finds what the first one left."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import navigation

NOTEBOOKS = Path(navigation.__file__).parent


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")), ids=lambda path: path.stem)
def test_run_all_twice(path):
    notebook = nbformat.read(path, as_version=4)
    again = [nbformat.from_dict({**cell, "id": f"{cell.id}-again"}) for cell in notebook.cells]
    notebook.cells += again
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(NOTEBOOKS)}})
    client.execute()
