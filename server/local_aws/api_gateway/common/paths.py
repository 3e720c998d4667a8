"""Path templates of API Gateway: `/items/{id}`, `/files/{proxy+}`. Pure matching.

REST APIs and HTTP APIs differ in what they call the parts of a path (`rest_segments`, `http_segments`), and
in whether escapes are resolved: a match gives them as they were sent.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

VARIABLE = re.compile(r"\{([^{}/]+?)(\+?)\}")


@dataclass(frozen=True)
class PathTemplate:
    """`text` as it was deployed. Fixed parts rank before variables, variables before greedy ones (`rank`: the
    smallest is the best match)."""

    text: str

    @cached_property
    def parts(self) -> list[str]:
        return rest_segments(self.text)

    @cached_property
    def rank(self) -> tuple[int, ...]:
        return tuple(rank_of(part) for part in self.parts)

    def match(self, given: Sequence[str]) -> dict[str, str] | None:
        """The values of the variables in a path of these segments, or None if it does not match. Only a
        greedy variable may be empty, when a slash stands before it."""
        values: dict[str, str] = {}
        for position, part in enumerate(self.parts):
            variable = VARIABLE.fullmatch(part)
            if variable and variable[2]:
                rest = given[position:]
                return values | {variable[1]: "/".join(rest)} if rest else None
            if position >= len(given):
                return None
            if variable and given[position]:
                values[variable[1]] = given[position]
            elif part != given[position]:
                return None
        return values if len(given) == len(self.parts) else None


def best_match(
    templates: Iterable[PathTemplate], given: Sequence[str]
) -> tuple[PathTemplate, dict[str, str]] | None:
    """The most specific template that a path of these segments matches, with the values of its variables."""
    for template in sorted(templates, key=lambda template: template.rank):
        values = template.match(given)
        if values is not None:
            return template, values
    return None


def rest_segments(path: str) -> list[str]:
    """Return the parts of a path for a REST API: slashes at both ends do not count (recordings of 2024-07 by
    github.com/localstack/localstack, test_apigateway_lambda.snapshot.json)."""
    stripped = path.strip("/")
    return stripped.split("/") if stripped else []


def http_segments(path: str) -> list[str]:
    """Return the parts of a path for an HTTP API: `/thing/` ends with an empty one
    (github.com/storacha/w3infra/pull/166; an event of 2022-02 for `/handler/` has `{"proxy": ""}`,
    github.com/mantil-io/go-lambda-examples)."""
    stripped = path.lstrip("/")
    return stripped.split("/") if stripped else []


def rank_of(part: str) -> int:
    variable = VARIABLE.fullmatch(part)
    if variable is None:
        return 0
    return 2 if variable[2] else 1
