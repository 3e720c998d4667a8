"""IAM's policy language: which statements of a policy are about a call.

Docs: docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html and
…/reference_policies_condition_operators.html (checked 2026-11). Of the condition operators those on strings,
ARNs, booleans and `Null` are known, of the condition keys `KEYS`. A statement with others grants nothing, and
denies: what cannot be judged is refused.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

KEYS = re.compile(
    r"aws:(requesttag/.+|tagkeys|requestedregion)|iam:passedtoservice"
    r"|lambda:(functionurlauthtype|invokedviafunctionurl)"
)

Context = Mapping[str, Sequence[str]]
"""Condition keys of a call, in lower case, with their values; a key that is not there has none."""

COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda expected, actual: expected == actual,
    "StringEqualsIgnoreCase": lambda expected, actual: expected.lower() == actual.lower(),
    "StringLike": lambda expected, actual: matches(expected, actual),
    "ArnEquals": lambda expected, actual: matches(expected, actual),
    "ArnLike": lambda expected, actual: matches(expected, actual),
    "Bool": lambda expected, actual: expected.lower() == actual.lower(),
}
NEGATIONS = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


class NotJudged(ValueError):
    """A condition that this module does not know."""


def effects(document: Mapping[str, Any], action: str, resource: str, context: Context) -> set[str]:
    """What the statements of a policy that are about the call say: `Allow`, `Deny`, both or nothing."""
    return {
        statement["Effect"]
        for statement in listed(document.get("Statement"))
        if applies(statement, action, resource, context)
    }


def applies(statement: Mapping[str, Any], action: str, resource: str | None, context: Context) -> bool:
    """True if the statement is about `action` on `resource` (None: the one that the policy is attached to)
    and its conditions hold. Actions do not distinguish upper and lower case."""
    if not concerns(statement, "Action", action.lower(), lambda pattern: pattern.lower()):
        return False
    if resource is not None and not concerns(statement, "Resource", resource, str):
        return False
    try:
        return all(
            holds(operator, [text(value) for value in listed(values)], actual(context, key.lower()))
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    except NotJudged:
        return bool(statement["Effect"] == "Deny")


def concerns(statement: Mapping[str, Any], element: str, value: str, normal: Callable[[str], str]) -> bool:
    """True if `value` is among what `Action` (`Resource`) lists, or not among `NotAction` (`NotResource`)."""
    if f"Not{element}" in statement:
        return not any(matches(normal(pattern), value) for pattern in listed(statement[f"Not{element}"]))
    return any(matches(normal(pattern), value) for pattern in listed(statement.get(element)))


def actual(context: Context, key: str) -> Sequence[str]:
    """The values that a call has of a condition key. Raises `NotJudged`."""
    if not KEYS.fullmatch(key):
        raise NotJudged(key)
    return context.get(key, ())


def holds(operator: str, expected: Sequence[str], values: Sequence[str]) -> bool:
    """True if one condition holds for the values that the call has of its key. Raises `NotJudged`."""
    quantifier, _, name = operator.rpartition(":")
    if name.endswith("IfExists"):
        name = name[: -len("IfExists")]
        if not values:
            return True
    if name == "Null":
        return expected == [text(not values)]
    compare = COMPARISONS.get(NEGATIONS.get(name, name))
    if compare is None or quantifier not in ("", "ForAnyValue", "ForAllValues"):
        raise NotJudged(operator)
    negated = name in NEGATIONS
    found = [any(compare(one, value) for one in expected) != negated for value in values]
    if quantifier == "ForAnyValue":
        return any(found)
    return all(found) and bool(found or negated or quantifier)


def matches(pattern: str, value: str) -> bool:
    """True if `value` fits `pattern`, in which `*` is any text and `?` any character."""
    return compiled(pattern).fullmatch(value) is not None


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> "re.Pattern[str]":
    parts = ({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.compile("".join(parts), re.DOTALL)


def text(value: object) -> str:
    """A value as conditions compare it: JSON's true is "true"."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def listed(value: Any) -> list[Any]:
    """A single value may stand for a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
