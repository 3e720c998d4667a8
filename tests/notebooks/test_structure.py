"""Every notebook keeps the frame, the cell lengths and the habits that the series promises its readers."""

import json
import re
import statistics
from datetime import date
from itertools import pairwise
from urllib.parse import unquote

import pytest

from tools import navigation

NOTEBOOKS = navigation.NOTEBOOKS
PATHS = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
PAGES = [
    *sorted(NOTEBOOKS.glob("*.md")),
    NOTEBOOKS / "lab" / "README.md",
    *sorted(NOTEBOOKS.parent.glob("*.md")),
    *(NOTEBOOKS.parent / folder / "README.md" for folder in ("lambda", "server/local_aws")),
]
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
CHECKED = re.compile(r"checked (\d{4})-(\d{2})")
SECTIONS = ["## Recap", "## Exercises", "## In practice", "## Clean up", "## Next"]


def short(path):
    return str(path.relative_to(NOTEBOOKS.parent)).removeprefix("notebooks/")


each_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def cells(path, kind=None):
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [
        (cell["id"], "".join(cell["source"]), cell) for cell in found if kind in (None, cell["cell_type"])
    ]


def prose(path):
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    return "\n\n".join(text for _, text, _ in cells(path, "markdown"))


def is_solution(cell):
    return "hide-cell" in cell["metadata"].get("tags", []) and "solution" in cell["id"]


def test_there_are_notebooks():
    assert [path.name[:2] for path in PATHS[:6]] == ["00", "01", "02", "03", "04", "05"]


def test_navigation_and_the_readme_table_are_up_to_date():
    stale = [
        path.name for path, text in navigation.derived().items() if path.read_text(encoding="utf-8") != text
    ]
    assert not stale, "run: make format"


@each_notebook
def test_frame(path):
    ids = [cell_id for cell_id, _, _ in cells(path)]
    assert ids[:2] == ["navigation", "frame"] and ids[-1] == "next"
    frame = cells(path)[1][1]
    rows = re.findall(r"^\| \*\*(.+?)\*\* \|", frame, re.MULTILINE)
    assert rows == ["You'll do", "You'll learn", "You need", "Minutes", "Needs AWS?"]
    assert re.search(r"\| \d+ to read · \d+ for the exercises \|", frame)
    headings = [
        heading for heading in re.findall(r"^## .+", prose(path), re.MULTILINE) if heading in SECTIONS
    ]
    assert headings == SECTIONS


@each_notebook
def test_recap_makes_at_most_three_claims(path):
    recap = next(text for _, text, _ in cells(path, "markdown") if text.startswith("## Recap"))
    assert 1 <= len(re.findall(r"^\d+\. ", recap, re.MULTILINE)) <= 3


@each_notebook
def test_a_section_asks_before_it_shows(path):
    assert prose(path).count("**Predict:**") >= 2
    assert prose(path).count("**What just happened?**") >= 2


@each_notebook
def test_cells_are_short(path):
    lengths = [len(text.splitlines()) for _, text, cell in cells(path, "code") if not is_solution(cell)]
    assert max(lengths) <= 25
    assert statistics.median(lengths) <= 6
    assert statistics.quantiles(lengths, n=10)[-1] <= 20


@each_notebook
def test_claims_are_asserted(path):
    asserting = [
        cell_id for cell_id, text, _ in cells(path, "code") if re.search(r"^\s*assert ", text, re.MULTILINE)
    ]
    assert len(asserting) >= 3


@each_notebook
def test_stripped_with_human_ids(path):
    for cell_id, _, cell in cells(path, "code"):
        assert cell["outputs"] == [] and cell["execution_count"] is None, f"{cell_id}: run make format"
    ids = [cell_id for cell_id, _, _ in cells(path)]
    assert len(set(ids)) == len(ids)
    machine_made = [
        i for i in ids if not re.fullmatch(r"[a-z][a-z0-9-]*", i) or re.fullmatch(r"[0-9a-f]{8}", i)
    ]
    assert not machine_made


@each_notebook
def test_exercises_have_a_tested_hidden_solution(path):
    solutions = [(text, cell) for _, text, cell in cells(path, "code") if is_solution(cell)]
    assert solutions
    for text, cell in solutions:
        assert cell["metadata"]["jupyter"]["source_hidden"] is True
        assert "assert " in text
        assert text.startswith("# Solution"), "JupyterLab shows the first line of a folded cell"


@each_notebook
def test_a_cell_that_must_fail_is_followed_by_proof(path):
    code = cells(path, "code")
    for (cell_id, _, cell), (_, following, _) in pairwise(code):
        if "raises-exception" in cell["metadata"].get("tags", []):
            assert "assert " in following, f"the cell after {cell_id} asserts nothing"


@each_notebook
def test_top_level_await_and_nothing_that_fights_it(path):
    for cell_id, text, _ in cells(path, "code"):
        assert not re.search(r"asyncio\.run\(|nest_asyncio|run_until_complete", text), cell_id


@each_notebook
def test_no_milliseconds_are_asserted(path):
    for cell_id, text, _ in cells(path, "code"):
        for line in re.findall(r"^\s*assert .*(?:hold|first_byte|total).*", text, re.MULTILINE):
            bound = re.search(r"< (0\.0[0-4])", line)
            assert bound is None, f"{cell_id}: {line.strip()} would fail on a busy machine"


@pytest.mark.parametrize("path", [*PATHS, *PAGES], ids=short)
def test_links_lead_somewhere(path):
    for target in LINK.findall(prose(path)) + [target for _, target in IMAGE.findall(prose(path))]:
        if not re.match(r"https?://", target):
            file, _, anchor = unquote(target).partition("#")
            linked = path.parent / file if file else path
            assert linked.exists(), f"dead link: {target}"
            assert not anchor or anchor in anchors(linked), f"no such heading: {target}"


def anchors(path):
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("path", [*PATHS, *PAGES], ids=short)
def test_images_have_alt_text_and_diagrams_a_description(path):
    for alt, target in IMAGE.findall(prose(path)):
        assert len(alt.split()) >= 5, f"{target} needs a text that says what it shows"
    for diagram in re.findall(r"```mermaid\n(.*?)```", prose(path), re.DOTALL):
        assert "accTitle" in diagram and "accDescr" in diagram


@each_notebook
def test_facts_about_aws_are_dated_and_not_a_year_old(path):
    for line in prose(path).splitlines():
        if re.search(r"\]\(https://(docs\.)?aws\.amazon\.com", line):
            assert CHECKED.search(line), f"say when this was checked: {line[:80]}"
        for year, month in CHECKED.findall(line):
            age = (date.today().year - int(year)) * 12 + date.today().month - int(month)
            assert age < 12, f"read its source again, then change the date: {line[:80]}"
