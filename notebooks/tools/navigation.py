"""Writes what can be derived from the notebooks: their first and last cells, and the README's table.

`python notebooks/tools/navigation.py` writes; with `--check` it only says what is
out of date (exit status 1).
"""

import argparse
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

NOTEBOOKS = Path(__file__).parents[1]
README = NOTEBOOKS.parent / "README.md"
FIRST, LAST = "navigation", "next"
TABLE = re.compile(r"(?<=<!-- series -->\n).*?(?=<!-- /series -->)", re.DOTALL)


@dataclass(frozen=True)
class Lesson:
    """What a notebook's frame cell says of it."""

    file: str
    title: str
    question: str
    minutes: str
    needs_aws: str

    @property
    def number(self) -> str:
        return self.file[:2]

    @property
    def link(self) -> str:
        return f"[{self.number} {self.title}]({self.file})"


def read_lesson(path: Path) -> Lesson:
    """Raises `ValueError` if the frame is not as every notebook's."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    frame = next("".join(cell["source"]) for cell in cells if cell["id"] == "frame")
    found = re.match(
        r"# (?P<title>.+)\n\n\*(?P<question>.+)\*\n.*"
        r"\| \*\*Minutes\*\* \| (?P<minutes>.+) \|\n\| \*\*Needs AWS\?\*\* \| (?P<aws>.+) \|",
        frame,
        re.DOTALL,
    )
    if found is None:
        raise ValueError(f"{path.name}: its frame lacks the title, the question, the minutes or 'Needs AWS?'")
    return Lesson(path.name, found["title"], found["question"], found["minutes"], found["aws"])


def first_cell(before: Lesson | None, after: Lesson | None) -> str:
    links = [
        f"← {before.link}" if before else "",
        "[contents](../README.md)",
        f"{after.link} →" if after else "",
    ]
    return " · ".join(link for link in links if link)


def last_cell(after: Lesson | None) -> str:
    if after is None:
        return "## Next\n\nThis was the last notebook. Back to the [contents](../README.md)."
    return f"## Next\n\n{after.link}: *{after.question}*"


def with_navigation(notebook: str, before: Lesson | None, after: Lesson | None) -> str:
    content = json.loads(notebook)
    cells = [cell for cell in content["cells"] if cell["id"] not in (FIRST, LAST)]
    content["cells"] = [
        markdown(FIRST, first_cell(before, after)),
        *cells,
        markdown(LAST, last_cell(after)),
    ]
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def markdown(cell_id: str, text: str) -> dict[str, object]:
    source = text.splitlines(keepends=True)
    return {"cell_type": "markdown", "id": cell_id, "metadata": {}, "source": source}


def table(lessons: list[Lesson]) -> str:
    rows = [
        f"| {each.number} | [{each.title}](notebooks/{each.file}) | {each.question} | {each.minutes} "
        f"| {each.needs_aws} |"
        for each in lessons
    ]
    head = ["| | notebook | the question it answers | minutes | needs AWS? |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows]) + "\n"


def derived() -> dict[Path, str]:
    """Each file that has derived parts, as it should be."""
    paths = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    lessons = [read_lesson(path) for path in paths]
    neighbours = zip([None, *lessons[:-1]], [*lessons[1:], None], strict=True)
    files = {
        path: with_navigation(path.read_text(encoding="utf-8"), before, after)
        for path, (before, after) in zip(paths, neighbours, strict=True)
    }
    files[README] = TABLE.sub(lambda _: table(lessons), README.read_text(encoding="utf-8"))
    return files


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the notebooks' navigation and the README's table.")
    parser.add_argument("--check", action="store_true", help="only say what is out of date")
    check = parser.parse_args().check
    stale = {path: text for path, text in derived().items() if path.read_text(encoding="utf-8") != text}
    for path, text in stale.items():
        print(f"{'out of date' if check else 'written'}: {path.relative_to(README.parent)}")
        if not check:
            path.write_text(text, encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
