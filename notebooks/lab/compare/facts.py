"""The dated facts about AWS in `facts.yaml`, typed, and refused when one is incomplete.

A cell is one service and one kind of stream: what it let through in May 2023, what it lets through today,
when that changed, and the sources that say so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

PATH = Path(__file__).parents[2] / "facts.yaml"

Kind = Literal["chunked", "sse", "websocket"]
Value = Literal["yes", "no", "partly", "not applicable", "did not exist"]
Delivers = Literal["response", "connection", "posts", "publishes"]
"""How an item reaches clients: in a function's response; on a connection that the server itself holds; by a
post for each connection; by one publication for all."""
LimitName = Literal[
    "most_bytes", "free_bytes", "bytes_per_second", "whole_seconds", "silent_seconds", "message_bytes"
]
KINDS: dict[Kind, str] = {"chunked": "chunked", "sse": "SSE", "websocket": "WebSocket"}
"""The kinds of stream, as the tables write them."""
CELL_FIELDS = {"in_2023", "today", "measures", "changed", "note", "sources"}
LIMIT_FIELDS = {"value", "in_2023", "changed", "note", "sources"}


@dataclass(frozen=True)
class Source:
    """A page, and the month (YYYY-MM) in which it was last read."""

    title: str
    url: str
    checked: str

    @property
    def link(self) -> str:
        return f"[{self.title}]({self.url})"


@dataclass(frozen=True)
class Cell:
    """What a service lets through of one kind. `changed`: YYYY, YYYY-MM, YYYY-MM-DD, UNCONFIRMED, or empty
    where nothing did. `measures`: what a measurement has to find today, yes or no."""

    in_2023: Value
    today: Value
    measures: Value
    changed: str
    note: str
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Limit:
    """A limit of today, and of 2023 where that is known, in bytes, seconds, or bytes a second."""

    value: int
    in_2023: int | None
    changed: str
    note: str
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Service:
    """A row. `measured`: whether the series has a stand-in for it; `in_article`: whether the article spoke of
    it, which is what its sources say."""

    key: str
    name: str
    measured: bool
    in_article: bool
    delivers: Delivers
    cells: Mapping[Kind, Cell]
    limits: Mapping[LimitName, Limit]


@dataclass(frozen=True)
class Facts:
    """All of them: the sources by key, the services by key, in the file's order."""

    sources: Mapping[str, Source]
    services: Mapping[str, Service]


def read_facts(path: Path = PATH) -> Facts:
    """Raises `ValueError` that names the fact if one is not in the form that `facts.yaml` describes."""
    # the base loader leaves every scalar a string: the word "yes" stays a word, a date a date
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    sources = {key: Source(**given) for key, given in content["sources"].items()}
    services = {key: read_service(key, given, sources) for key, given in content["services"].items()}
    return Facts(sources, services)


def read_service(key: str, given: dict[str, Any], sources: Mapping[str, Source]) -> Service:
    cells = {kind: read_cell(f"{key}, {kind}", given[kind], sources) for kind in KINDS}
    limits = {
        one_of(LimitName, name, key): read_limit(f"{key}, {name}", limit, sources)
        for name, limit in given.get("limits", {}).items()
    }
    return Service(
        key,
        given["name"],
        one_of(Literal["yes", "no"], given["measured"], key) == "yes",
        any(source is sources["article"] for cell in cells.values() for source in cell.sources),
        one_of(Delivers, given["delivers"], key),
        cells,
        limits,
    )


def read_cell(where: str, given: dict[str, Any], sources: Mapping[str, Source]) -> Cell:
    only(CELL_FIELDS, given, where)
    today = one_of(Value, given["today"], where)
    if ("measures" in given) != (today == "partly"):
        raise ValueError(f"{where}: 'partly', and nothing else, says what has to be measured: yes or no")
    in_2023 = one_of(Value, given["in_2023"], where)
    changed = given.get("changed", "")
    if bool(changed) != (in_2023 != today):
        raise ValueError(f"{where}: a cell that changed, and no other, says when")
    measures: Value = one_of(Value, given.get("measures", today), where)
    if measures == "not applicable":
        measures = "no"
    if measures not in ("yes", "no"):
        raise ValueError(f"{where}: nothing can measure {measures!r} today")
    return Cell(
        in_2023, today, measures, changed, given.get("note", ""), named_sources(where, given, sources)
    )


def read_limit(where: str, given: dict[str, Any], sources: Mapping[str, Source]) -> Limit:
    only(LIMIT_FIELDS, given, where)
    value, in_2023 = int(given["value"]), int(given["in_2023"]) if "in_2023" in given else None
    changed = given.get("changed", "")
    if bool(changed) != (in_2023 not in (None, value)):
        raise ValueError(f"{where}: a limit that changed, and no other, says when")
    return Limit(value, in_2023, changed, given.get("note", ""), named_sources(where, given, sources))


def named_sources(where: str, given: dict[str, Any], sources: Mapping[str, Source]) -> tuple[Source, ...]:
    """The sources that a fact names. Raises `ValueError` if it names none, or one that is not listed."""
    keys = given.get("sources", [])
    if not keys or (unknown := set(keys) - set(sources)):
        raise ValueError(f"{where}: {f'no such source: {unknown}' if keys else 'no source'}")
    return tuple(sources[key] for key in keys)


def only(fields: set[str], given: dict[str, Any], where: str) -> None:
    """Raises `ValueError` if there is a field that nobody reads."""
    if unknown := set(given) - fields:
        raise ValueError(f"{where}: no such field: {', '.join(sorted(unknown))}")


def one_of(choices: Any, given: Any, where: str) -> Any:
    """`given`, if it is one of the `Literal`'s words. Raises `ValueError`."""
    if given not in get_args(choices):
        raise ValueError(f"{where}: {given!r} is none of {', '.join(get_args(choices))}")
    return given
