"""A notebook is complete when every page that lists notebooks has it: what is missing is said by its name."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.cloud.plan import LESSONS
from lab.compare.facts import read_facts
from lab.compare.variants import PROBES, VARIANTS
from lab.exam.causes import CAUSES
from lab.exam.experiments import EXPERIMENTS
from tools import navigation

NOTEBOOKS = navigation.NOTEBOOKS
ROOT = NOTEBOOKS.parent
LAB = NOTEBOOKS / "lab"
PATHS = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
ROW = re.compile(r"^\| (\d\d) \| (.*) \|$", re.MULTILINE)

NUMBERS = {14: "fourteen", 15: "fifteen", 16: "sixteen", 17: "seventeen", 18: "eighteen"}
"""How many suspects there are, in words."""

each_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def rows(page: Path) -> dict[str, str]:
    """The rest of each row of the page's tables that begins with the number of a notebook."""
    return dict(ROW.findall(page.read_text(encoding="utf-8")))


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Each module that a notebook's cells import, and the name that they import of it, or ""."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        for node in ast.walk(ast.parse("".join(cell["source"]))):
            if isinstance(node, ast.ImportFrom):
                yield from ((node.module or "", alias.name) for alias in node.names)
            elif isinstance(node, ast.Import):
                yield from ((alias.name, "") for alias in node.names)


def rooms(path: Path) -> set[str]:
    """The folders of `lab` that a notebook uses; a name of `lab` itself is looked up there."""
    tree = ast.parse((LAB / "__init__.py").read_text(encoding="utf-8"))
    handed_on = {
        alias.name: node.module or ""
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    used = {handed_on[name] if module == "lab" else module for module, name in imports(path)}
    return {module.split(".")[1] for module in used if module.startswith("lab.")}


def missing(path: Path) -> list[str]:
    """What a notebook lacks, each with the file in which it has to be added."""
    number = path.stem[:2]
    found = [] if number in rows(ROOT / "README.md") else ["README.md: run make format"]
    if number not in rows(NOTEBOOKS / "INSTRUCTORS.md"):
        found.append("notebooks/INSTRUCTORS.md: its row, with the minutes and what to let them say aloud")
    served = rows(LAB / "README.md").get(number)
    if served is None or set(re.findall(r"`(\w+)/`", served)) != rooms(path):
        listed = ", ".join(f"`{room}/`" for room in sorted(rooms(path)))
        found.append(f"notebooks/lab/README.md: its row, which is: {listed}")
    if ("lab.cloud", "start_cloud") in imports(path):
        if number not in LESSONS:
            found.append("notebooks/lab/cloud/plan.py: what it creates, in LESSONS")
        if number not in on_aws():
            found.append("notebooks/ACCOUNT.md: its number, among those that run on AWS")
    return found


def on_aws() -> set[str]:
    """The notebooks that ACCOUNT.md says run on AWS: single numbers, and spans such as "06 to 12"."""
    text = (NOTEBOOKS / "ACCOUNT.md").read_text(encoding="utf-8").partition("at the account")[0]
    spans = [(first, last or first) for first, last in re.findall(r"\b(\d\d)\b(?: to (\d\d))?", text)]
    return {f"{number:02}" for first, last in spans for number in range(int(first), int(last) + 1)}


@each_notebook
def test_a_notebook_is_complete(path: Path) -> None:
    lacks = missing(path)
    assert not lacks, f"{path.name} lacks, in " + "; in ".join(lacks)


def test_no_page_lists_a_notebook_that_is_not_there() -> None:
    numbers = {path.stem[:2] for path in PATHS}
    for page in (ROOT / "README.md", NOTEBOOKS / "INSTRUCTORS.md", LAB / "README.md"):
        assert rows(page).keys() == numbers, page
    assert LESSONS.keys() <= numbers and on_aws() <= numbers


def test_what_a_new_notebook_lacks_is_said(tmp_path: Path) -> None:
    source = ["from lab import figure\n", "from lab.cloud import start_cloud"]
    cells = [{"cell_type": "code", "source": source}]
    path = tmp_path / "15_a_new_one.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    files = [lack.partition(":")[0] for lack in missing(path)]
    assert files == [
        "README.md",
        "notebooks/INSTRUCTORS.md",
        "notebooks/lab/README.md",
        "notebooks/lab/cloud/plan.py",
        "notebooks/ACCOUNT.md",
    ]


def test_every_folder_of_lab_is_said_to_be_for_something() -> None:
    folders = {path.parent.name for path in LAB.glob("*/__init__.py")}
    text = (LAB / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)/` \|", text, re.MULTILINE)) == folders


def test_a_fact_is_measured_where_it_says_so() -> None:
    asked = {(variant.service, variant.kind) for variant in (*VARIANTS, *PROBES)}
    services = read_facts().services
    unmeasured = [
        f"{key}, {kind}"
        for key, service in services.items()
        for kind, cell in service.cells.items()
        if service.measured and cell.today != "not applicable" and (key, kind) not in asked
    ]
    assert not unmeasured, f"in notebooks/lab/compare/variants.py nobody asks for: {unmeasured}"
    unknown = {service for service, _ in asked} - services.keys() - {""}
    assert not unknown, f"notebooks/facts.yaml does not know {unknown}"


def test_a_suspect_of_the_exam_is_complete() -> None:
    named = strings_in(LAB / "exam" / "diagnosis.py")
    unknown = [name for name in CAUSES if name not in named]
    assert not unknown, f"notebooks/lab/exam/diagnosis.py never finds {unknown}"
    unmade = [name for name, cause in CAUSES.items() if cause.experiment not in EXPERIMENTS]
    assert not unmade, f"no experiment of notebooks/lab/exam/experiments.py tells {unmade}"
    said = f"drawn from {NUMBERS[len(CAUSES)]} causes"
    assert said in (NOTEBOOKS / "INSTRUCTORS.md").read_text(encoding="utf-8"), f"say {said!r} there"


def strings_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
