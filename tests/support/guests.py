"""Zips the programs of `tests/guests`: a handler is named by file and function, "basic.echo"."""

import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

GUESTS = Path(__file__).parents[1] / "guests"
PRELUDE = "Content-Type: application/vnd.awslambda.http-integration-response"

Function = tuple[str, Any]
"""A handler, and what it is given."""


def guest_source(name: str) -> str:
    """The text of a file in `tests/guests`."""
    return (GUESTS / name).read_text(encoding="utf-8")


def zipped(files: dict[str, str], mode: int = 0o755) -> bytes:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, text)
    return package.getvalue()


def guest_package(handler: str, given: Any = None) -> bytes:
    """A zip of the file of `handler` on the smallest runtime.

    What it is `given` stands in the zip as JSON (bytes as text, byte by byte): the environment of a function
    has room for 4 KB only.
    """
    file = handler.partition(".")[0] + ".py"
    files = {
        "bootstrap": f"#!{sys.executable}\n{guest_source('bootstrap.py')}",
        **{f"guests/{name}": guest_source(name) for name in ("__init__.py", "guest.py", file)},
        "given.json": json.dumps(given, default=lambda data: data.decode("latin-1")),
    }
    return zipped(files)


def managed(handler: str) -> dict[str, Any]:
    """Settings of a function of the managed Python runtime with this handler."""
    file = handler.partition(".")[0] + ".py"
    package = zipped({f"guests/{file}": guest_source(file)})
    return {"Code": {"ZipFile": package}, "Runtime": "python3.13", "Handler": f"guests/{handler}"}


def returning(value: Any) -> Function:
    """A function that returns `value`."""
    return "answers.returned", json.dumps(value)


def writes(*chunks: bytes | float, content_type: str = PRELUDE) -> Function:
    """A function that streams `chunks`; a number is a pause of so many seconds."""
    return "answers.streamed", {"headers": [content_type], "chunks": chunks}
