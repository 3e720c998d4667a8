"""In a kernel, each cell that draws shows its figure and prints its text twin."""

from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from tools import navigation

RECORD = """\
from lab import figure, read_chunks, record, small_multiples
from server.embedded import EmbeddedServer
with EmbeddedServer() as server:
    stream = await record(read_chunks(server.url("/transfer-encoding?count=3&interval_ms=10")))
"""


def test_each_figure_is_shown_once_with_its_twin():
    cells = [
        new_code_cell(source)
        for source in (RECORD, "figure(stream);", "figure(stream, stream);", "small_multiples(stream);")
    ]
    notebook = new_notebook(cells=cells)
    home = navigation.NOTEBOOKS
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(home)}}).execute()
    for cell, twins in zip(notebook.cells[1:], (1, 2, 1), strict=True):
        images = [output for output in cell.outputs if "image/png" in output.get("data", {})]
        text = "".join(output.get("text", "") for output in cell.outputs)
        assert len(images) == 1, cell.source
        assert text.count("LOCAL · 3 items") == twins
