"""Notebook 12's table is computed: with one stand-in in another mode, the cell that asserts it fails."""

import nbformat
import pytest
from nbclient import NotebookClient

from tools import navigation

NOTEBOOKS = navigation.NOTEBOOKS
FLIPS = {
    "rest-stream": (
        'rest_api("node_rest", "BUFFERED")',
        {"API Gateway REST API, chunked", "API Gateway REST API, sse"},
    ),
    "url-stream": ('function_url("node_text", "BUFFERED")', {"Lambda Function URL (Node.js), chunked"}),
}


@pytest.mark.parametrize("place", FLIPS)
def test_the_table_notices_a_flipped_mode(place) -> None:
    flipped, wrong = FLIPS[place]
    notebook = nbformat.read(NOTEBOOKS / "12_compare_every_service.ipynb", as_version=4)
    last = next(number for number, cell in enumerate(notebook.cells) if cell.id == "table-claim")
    notebook.cells = [
        nbformat.v4.new_code_cell(
            f"from lab.compare import deployments\ndeployments.DEPLOYMENTS[{place!r}] = deployments.{flipped}"
        ),
        *notebook.cells[: last + 1],
        nbformat.v4.new_code_cell("cloud.stop()"),
    ]
    resources = {"metadata": {"path": str(NOTEBOOKS)}}
    NotebookClient(notebook, timeout=120, allow_errors=True, resources=resources).execute()
    errors = {
        cell.id: output.evalue
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    }
    assert "table-claim" in errors, errors
    named = {line.partition(": measured no")[0] for line in errors["table-claim"].strip("[]'").split("', '")}
    assert named == wrong
