"""Notebook 12's table is computed: with stand-ins in another mode, the cell that asserts it names them."""

import nbformat
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


def test_the_table_names_each_place_whose_mode_is_flipped() -> None:
    notebook = nbformat.read(NOTEBOOKS / "12_compare_every_service.ipynb", as_version=4)
    flips = [
        f"deployments.DEPLOYMENTS[{place!r}] = deployments.{flipped}" for place, (flipped, _) in FLIPS.items()
    ]
    last = next(number for number, cell in enumerate(notebook.cells) if cell.id == "table-claim")
    notebook.cells = [
        nbformat.v4.new_code_cell("\n".join(["from lab.compare import deployments", *flips])),
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
    assert named == set().union(*(wrong for _, wrong in FLIPS.values()))
