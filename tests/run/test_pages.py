"""What the pages say is so: the files and the tests that they name exist, and the first one is short."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STAND_INS = ROOT / "server" / "local_aws" / "README.md"
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "notebooks").glob("*.md")),
    ROOT / "lambda" / "README.md",
    ROOT / "notebooks" / "lab" / "README.md",
    STAND_INS,
]
CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
FILE = re.compile(r"[\w.*/-]+\.(?:py|md|ipynb|yaml|yml|toml|txt|png|mjs)|[\w.*-]+/(?:[\w.*-]+/)*")
TEST = re.compile(r"([\w/]+\.py)::(.+)")
NO_TEST = "no test"

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def named_in(text: str) -> list[str]:
    """What stands between backticks, apart from blocks of code."""
    return CODE.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def found(page: Path, name: str) -> list[Path]:
    """The files that a page may mean: from the top, from its own folder, or among that folder's tests; of a
    name alone, any file that has it."""
    inside = page.parent.relative_to(ROOT)
    places = [ROOT, page.parent, ROOT / "tests" / inside]
    direct = [path for place in places for path in place.glob(name)]
    if direct or "/" in name:
        return direct
    return [path for top in ("server", "notebooks", "lambda", "tests") for path in (ROOT / top).rglob(name)]


def names_of_tests(path: Path) -> set[str]:
    """The tests of a file, as pytest names them: `test_a`, `TestB::test_c`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    classes = [
        ("", tree),
        *((f"{each.name}::", each) for each in tree.body if isinstance(each, ast.ClassDef)),
    ]
    return {
        f"{prefix}{each.name}"
        for prefix, part in classes
        for each in part.body
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name.startswith("test_")
    }


def missing_tests(page: Path, names: list[str]) -> list[str]:
    """Those of these names of tests that no file has."""
    matches = [(name, match) for name in names if (match := TEST.fullmatch(name))]
    return [
        name
        for name, match in matches
        if not any(match[2] in names_of_tests(path) for path in found(page, match[1]))
    ]


@each_page
def test_the_files_and_tests_that_a_page_names_exist(page: Path) -> None:
    names = named_in(page.read_text(encoding="utf-8"))
    assert not [name for name in names if FILE.fullmatch(name) and not found(page, name)]
    assert not missing_tests(page, names)


def test_the_first_page_is_read_in_two_minutes() -> None:
    size = (ROOT / "README.md").stat().st_size
    assert size < 6_000, (
        f"the README has {size} bytes: move what a newcomer does not need to a page of its own"
    )


def test_each_choice_names_its_file_and_its_test() -> None:
    rows = choices(STAND_INS.read_text(encoding="utf-8"))
    assert len(rows) >= 50
    for what, _, where, held_by in rows:
        assert named_in(where), f"in which file is it? {what}"
        tests = [name for name in named_in(held_by) if TEST.fullmatch(name)]
        assert tests or held_by == NO_TEST, f"name the test that holds it, or say {NO_TEST!r}: {what}"


def choices(text: str) -> list[list[str]]:
    """The rows of the table of choices, without those that only name a service."""
    section = text.partition("\n## Where AWS is unconfirmed\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]
    return [row for row in rows if row[1]]


def test_a_page_that_names_what_is_not_there_is_told(tmp_path: Path) -> None:
    assert found(STAND_INS, "stand_in.py") and found(STAND_INS, "iam/policy.py") and found(STAND_INS, "iam/")
    assert not found(STAND_INS, "iam/no_such.py") and not found(STAND_INS, "no_such.py")
    there, gone = "test_tags.py::test_of_a_role", "test_tags.py::test_of_a_rule"
    assert missing_tests(STAND_INS, [there, gone, "not a test"]) == [gone]
