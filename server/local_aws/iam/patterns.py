"""Wildcards and policy variables, as IAM's policies have them.

Docs: docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html and
…/reference_policies_elements_condition_operators.html (ARN operators; checked 2026-11).
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

VARIABLE = re.compile(r"\$\{\s*([^},]+?)\s*(?:,\s*'([^']*)'\s*)?\}")

LITERAL = str.maketrans({"*": "\ufdd0", "?": "\ufdd1"})
"""How a wildcard's character is written where it stands for itself; these are no characters of Unicode."""

ARN_PARTS = 6


class NotJudged(ValueError):
    """A part of a statement that cannot be judged."""


def matches(pattern: str, value: str) -> bool:
    """True if `value` fits `pattern`, in which `*` is any text and `?` any character. The time it takes grows
    with the length of both, whatever the pattern."""
    value = literal(value)
    first, *rest = pattern.split("*")
    if not rest:
        return fits(first, value)
    *middle, last = rest
    position, end = len(first), len(value) - len(last)
    if position > end or not fits(first, value[:position]) or not fits(last, value[end:]):
        return False
    for part in middle:
        found = searcher(part).search(value, position, end)
        if found is None:
            return False
        position = found.end()
    return True


def fits(part: str, value: str) -> bool:
    """Return whether `value` fits a pattern without `*`."""
    return len(part) == len(value) and all(
        one in ("?", other) for one, other in zip(part, value, strict=True)
    )


@lru_cache(maxsize=1024)
def searcher(part: str) -> "re.Pattern[str]":
    return re.compile("".join("." if one == "?" else re.escape(one) for one in part), re.DOTALL)


def arn_matches(pattern: str, value: str) -> bool:
    """True if each of the six parts of an ARN fits that of `pattern`: a wildcard does not reach across their
    colons."""
    patterns, values = pattern.split(":", ARN_PARTS - 1), value.split(":", ARN_PARTS - 1)
    return len(patterns) == len(values) == ARN_PARTS and all(map(matches, patterns, values))


def is_arn_pattern(pattern: str) -> bool:
    return pattern.count(":") >= ARN_PARTS - 1


def literal(text: str) -> str:
    """`text` such that its `*` and `?` are no wildcards."""
    return text.translate(LITERAL)


def substituted(pattern: str, context: Mapping[str, Sequence[str]] | None) -> str:
    """`pattern` with the values of its variables, which hold no wildcards. None: it has no variables. Raises
    `NotJudged`."""
    if context is None or "${" not in pattern:
        return pattern
    return VARIABLE.sub(lambda found: literal(value_of(found[1], found[2], context)), pattern)


def value_of(name: str, otherwise: str | None, context: Mapping[str, Sequence[str]]) -> str:
    if name in ("*", "?", "$"):
        return name
    values = context.get(name.lower(), ())
    if len(values) == 1:
        return values[0]
    if otherwise is None or values:
        raise NotJudged(f"${{{name}}}")
    return otherwise
