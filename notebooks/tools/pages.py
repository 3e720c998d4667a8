"""Builds the executed notebooks as web pages, so that nobody reads a blank one.

`python notebooks/tools/pages.py` does it.

Each notebook runs from a fresh kernel; one that fails stops the build. The README becomes the first page.
"""

import re
import shutil
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import markdown2html_mistune

NOTEBOOKS = Path(__file__).parents[1]
SITE = NOTEBOOKS.parent / "_site"
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>body {{ font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em }}
td, th {{ border-bottom: 1px solid #ccc; padding: .3em .6em; text-align: left }}
img {{ max-width: 100% }}</style>
<body>{body}</body></html>
"""


def main() -> int:
    shutil.rmtree(SITE, ignore_errors=True)
    SITE.mkdir()
    for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
        print(path.name, flush=True)
        notebook = nbformat.read(path, as_version=4)
        NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(NOTEBOOKS)}}).execute()
        page, _ = HTMLExporter().from_notebook_node(notebook)
        (SITE / f"{path.stem}.html").write_text(linked(page), encoding="utf-8")
    for path in [
        NOTEBOOKS.parent / "README.md",
        NOTEBOOKS.parent / "CONTRIBUTING.md",
        *NOTEBOOKS.glob("*.md"),
    ]:
        text = path.read_text(encoding="utf-8")
        name = "index" if path.stem == "README" else path.stem
        page = PAGE.format(title=text.splitlines()[0].lstrip("# "), body=markdown2html_mistune(text))
        (SITE / f"{name}.html").write_text(linked(page), encoding="utf-8")
    for folder in ("images", "lab"):
        shutil.copytree(NOTEBOOKS / folder, SITE / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (NOTEBOOKS.parent / "LICENSE", NOTEBOOKS / "facts.yaml"):
        shutil.copy(file, SITE)
    return 0


def linked(page: str) -> str:
    """The page with the repository's links turned into the site's: all pages lie in one folder."""
    page = re.sub(r'((?:href|src)=")(?:\.\./)?(?:notebooks/)?(?!https?:|#)', r"\1", page)
    page = re.sub(r'(href=")README\.md', r"\1index.html", page)
    return re.sub(r'(href="[\w-]+)\.(?:ipynb|md)((?:#[^"]*)?")', r"\1.html\2", page)


if __name__ == "__main__":
    sys.exit(main())
