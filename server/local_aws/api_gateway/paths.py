"""Path templates of API Gateway: `/items/{id}`, `/files/{proxy+}`. Pure matching."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

VARIABLE = re.compile(r"\{([^{}/]+?)(\+?)\}")


@dataclass(frozen=True)
class PathTemplate:
    """`text` as it was deployed. Fixed parts rank before variables, variables before greedy ones (`rank`: the
    smallest is the best match)."""

    text: str

    @cached_property
    def parts(self) -> list[str]:
        return segments(self.text)

    @cached_property
    def rank(self) -> tuple[int, ...]:
        return tuple(rank_of(part) for part in self.parts)

    def match(self, path: str) -> dict[str, str] | None:
        """The values of the variables in `path` (escapes resolved), or None if it does not match."""
        values: dict[str, str] = {}
        given = segments(path)
        for position, part in enumerate(self.parts):
            variable = VARIABLE.fullmatch(part)
            if variable and variable[2]:
                rest = given[position:]
                return values | {variable[1]: unquote("/".join(rest))} if rest else None
            if position >= len(given):
                return None
            if variable:
                values[variable[1]] = unquote(given[position])
            elif part != given[position]:
                return None
        return values if len(given) == len(self.parts) else None


def best_match(templates: Iterable[PathTemplate], path: str) -> tuple[PathTemplate, dict[str, str]] | None:
    """The most specific template that `path` matches, with the values of its variables."""
    for template in sorted(templates, key=lambda template: template.rank):
        values = template.match(path)
        if values is not None:
            return template, values
    return None


def segments(path: str) -> list[str]:
    stripped = path.strip("/")
    return stripped.split("/") if stripped else []


def rank_of(part: str) -> int:
    variable = VARIABLE.fullmatch(part)
    if variable is None:
        return 0
    return 2 if variable[2] else 1
