"""The tables of notebook 12, as Markdown: in words, so that none needs colour."""

from collections.abc import Iterable

from IPython.display import Markdown

from lab.compare.facts import KINDS, Cell, Facts, Service
from lab.compare.guide import Advice, cite
from lab.compare.measuring import Table


def measured(table: Table, facts: Facts, source: str) -> Markdown:
    """What was measured: each verdict with what it rests on."""
    rows = [
        [facts.services[key].name, *(f"**{row[kind].value}**: {row[kind].why}" for kind in KINDS)]
        for key, row in ((key, table[key]) for key in facts.services if key in table)
    ]
    return as_markdown([f"measured, {source}", *KINDS.values()], rows)


def then_and_now(facts: Facts) -> Markdown:
    """What each service let through in 2023 and lets through today, according to the sources. Cells that
    changed are marked; the last column says when, what there is to know, and the source."""
    of_the_article_first = sorted(facts.services.values(), key=lambda service: not service.in_article)
    rows = [
        [described(service), *(compared(service.cells[kind]) for kind in KINDS), remarks(service)]
        for service in of_the_article_first
    ]
    return as_markdown(["2023-05 → today", *KINDS.values(), "changed, and what to know"], rows)


def described(service: Service) -> str:
    """Return the row's name; what the article did not speak of and what has no stand-in is marked."""
    said = "" if service.in_article else " (not in the article)"
    return f"{service.name}{said}{'' if service.measured else ', *not measured here*'}"


def compared(cell: Cell) -> str:
    return f"▲ {cell.in_2023} → **{cell.today}**" if cell.changed else cell.today


def remarks(service: Service) -> str:
    """Date, note and source of each cell that has a date or a note; kinds with the same remark share it."""
    shared: dict[str, list[str]] = {}
    for kind, cell in service.cells.items():
        if said := "; ".join(part for part in (since(cell), cell.note) if part):
            shared.setdefault(f"{said} ({cite(cell.sources[0])})", []).append(KINDS[kind])
    return "<br>".join(f"{', '.join(kinds)}: {remark}" for remark, kinds in shared.items())


def since(cell: Cell) -> str:
    """Return when the cell changed, if it did."""
    return f"since {cell.changed}" if cell.changed else ""


def guide(advice: Iterable[Advice]) -> Markdown:
    """For each need the service to take, what else would do, and why not the others."""
    rows = []
    for each in advice:
        others = [f"{name}{f' ({catch})' if catch else ''}" for name, catch in each.good.items()]
        against = [f"{', '.join(names)}: {reason}" for reason, names in each.against.items()]
        rows.append([each.need.name, f"**{others[0]}**", joined(others[1:]), joined(against)])
    return as_markdown(["need", "take", "would do", "not, because"], rows)


def joined(entries: list[str]) -> str:
    return "<br>".join(f"• {entry}" for entry in entries) or "nothing else"


def as_markdown(head: list[str], rows: list[list[str]]) -> Markdown:
    lines = [head, ["---"] * len(head), *rows]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return Markdown(text)  # type: ignore[no-untyped-call]
