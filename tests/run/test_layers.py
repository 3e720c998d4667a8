"""Imports run one way: no room imports what imports it, readers know no AWS, and the server knows no lesson.

A room is a folder directly below `server`, `server.local_aws` or `lab`, with all that is in it; the modules
that lie loose there are a room of their own.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSES = ("server.local_aws", "server", "lab")
"""What consists of rooms; the longest name first."""

BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
"""Where statements stand in other ones: no other part of a tree has imports."""

Graph = Mapping[str, set[str]]


def modules(*folders: Path) -> dict[str, Path]:
    """Each module of these packages, by its dotted name."""
    found = {}
    for folder in folders:
        for path in folder.rglob("*.py"):
            parts = path.relative_to(folder.parent).with_suffix("").parts
            found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imported(tree: ast.AST) -> Iterator[str]:
    """The dotted name of whatever is imported anywhere in `tree`, but for what only type checkers see."""
    if isinstance(tree, ast.If) and "TYPE_CHECKING" in ast.unparse(tree.test):
        return
    if isinstance(tree, ast.Import):
        yield from (alias.name for alias in tree.names)
    if isinstance(tree, ast.ImportFrom):
        assert tree.level == 0, f"line {tree.lineno}: a relative import"
        yield from (f"{tree.module}.{alias.name}" for alias in tree.names)
    for block in BLOCKS:
        for statement in getattr(tree, block, []):
            yield from imported(statement)


def imports_of(found: Mapping[str, Path]) -> Graph:
    """The dotted names that each of these modules imports."""
    return {
        module: set(imported(ast.parse(path.read_text(encoding="utf-8")))) for module, path in found.items()
    }


def graph_of(imports: Graph) -> Graph:
    """Which of these modules imports which: the module itself, or the one that has the name."""
    return {
        module: {name if name in imports else name.rpartition(".")[0] for name in names}
        & (imports.keys() - {module})
        for module, names in imports.items()
    }


def room_of(module: str) -> str:
    """The room of a module: `server.local_aws.iam` of `server.local_aws.iam.policy`."""
    house = next(each for each in HOUSES if module == each or module.startswith(f"{each}."))
    parts = module.removeprefix(house).split(".")
    is_folder = len(parts) > 2 or (all_modules()[module].name == "__init__.py" and len(parts) == 2)
    return f"{house}.{parts[1]}" if is_folder else house


def cycle(graph: Graph) -> list[str]:
    """One of the circles in `graph`, each name imported by the one after it; empty if there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def between(rooms: Iterable[str]) -> Iterator[str]:
    """Each import that leads from one of these rooms to another one of them."""
    inside = set(rooms)
    for module, others in graph_of(all_imports()).items():
        for other in others:
            if room_of(module) != room_of(other) and {room_of(module), room_of(other)} <= inside:
                yield f"{module} imports {other}"


@cache
def all_modules() -> dict[str, Path]:
    return modules(ROOT / "server", ROOT / "notebooks" / "lab")


@cache
def all_imports() -> Graph:
    return imports_of(all_modules())


def test_no_module_imports_what_imports_it() -> None:
    circle = cycle(graph_of(all_imports()))
    assert not circle, " is imported by ".join(circle)


def test_no_room_imports_what_imports_it() -> None:
    rooms: dict[str, set[str]] = {}
    for module, others in graph_of(all_imports()).items():
        rooms.setdefault(room_of(module), set()).update(room_of(other) for other in others)
    circle = cycle({room: others - {room} for room, others in rooms.items()})
    assert not circle, "\n".join(between(circle))


@pytest.mark.parametrize(
    ("package", "unknown", "but"),
    [
        ("server", ("lab",), ()),
        ("lab", ("server.local_aws",), ()),
        ("lab.streams", ("boto3", "botocore", "matplotlib", "lab"), ("lab.streams",)),
    ],
)
def test_who_knows_nothing_of_whom(package: str, unknown: Sequence[str], but: Sequence[str]) -> None:
    known = [
        f"{module} imports {name}"
        for module, names in all_imports().items()
        if below(module, [package])
        for name in names
        if below(name, unknown) and not below(name, but)
    ]
    assert not known, "\n".join(known)


def below(name: str, packages: Iterable[str]) -> bool:
    return any(f"{name}.".startswith(f"{package}.") for package in packages)


def test_a_circle_is_found_in_whatever_way_it_is_imported(tmp_path: Path) -> None:
    package = tmp_path / "toy"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "a.py").write_text("from toy import b\n")
    (package / "b.py").write_text("def later():\n    import toy.c\n")
    (package / "c.py").write_text("from toy.a import name\n")
    graph = graph_of(imports_of(modules(package)))
    assert graph == {"toy": set(), "toy.a": {"toy.b"}, "toy.b": {"toy.c"}, "toy.c": {"toy.a"}}
    assert set(cycle(graph)) == {"toy.a", "toy.b", "toy.c"}
    hint = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from toy.a import name\n"
    (package / "c.py").write_text(hint)
    assert cycle(graph_of(imports_of(modules(package)))) == []
