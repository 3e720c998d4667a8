"""IAM's policy language: what a policy says about a call.

Docs: docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html and
…/reference_policies_evaluation-logic.html (checked 2026-11). A statement that cannot be judged (a condition
key, an operator or a policy variable that is not known here, an element that is missing or not of its type)
allows nothing, and denies what it would deny: what cannot be judged is refused. Nothing in a policy raises.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from server.local_aws.iam.conditions import Context, satisfied
from server.local_aws.iam.patterns import NotJudged, matches, substituted

ALLOW, DENY = "Allow", "Deny"
VARIABLES_SINCE = "2012-10-17"
"""In policies of an earlier version `${…}` is a text like any other."""

Statement = Mapping[str, Any]
Effects = set[str]

IsPrincipal = Callable[[Statement], bool]
"""Whether a statement names the caller. Raises `NotJudged`."""


def effects(
    document: object, action: str, resource: str, context: Context, is_principal: IsPrincipal | None = None
) -> Effects:
    """What the statements of a policy that are about the call say: `Allow`, `Deny`, both or nothing.
    `is_principal` judges who is named, in a policy that names somebody."""
    if not isinstance(document, Mapping):
        return set()
    variables = document.get("Version") == VARIABLES_SINCE
    return {
        statement["Effect"]
        for statement in statements_of(document.get("Statement"))
        if applies(statement, action, resource, context, is_principal, variables=variables)
    }


def permits(effects: Effects) -> bool:
    """An explicit deny wins; without an allow nothing is permitted."""
    return effects == {ALLOW}


def statements_of(value: object) -> Iterator[Statement]:
    """The statements with an `Effect`; anything else neither allows nor denies."""
    for statement in as_list(value):
        if isinstance(statement, Mapping) and statement.get("Effect") in (ALLOW, DENY):
            yield statement


def applies(
    statement: Statement,
    action: str,
    resource: str | None,
    context: Context,
    is_principal: IsPrincipal | None = None,
    *,
    variables: bool = True,
) -> bool:
    """True if the statement is about `action` on `resource` (None: the one that the policy is attached to)
    and its conditions hold; also if it denies and cannot be judged. Actions do not distinguish upper and
    lower case."""
    known = context if variables else None
    try:
        return (
            (is_principal is None or is_principal(statement))
            and concerns(statement, "Action", action.lower(), lambda pattern: pattern.lower())
            and (
                resource is None
                or concerns(statement, "Resource", resource, lambda pattern: substituted(pattern, known))
            )
            and conditions_hold(statement.get("Condition"), context, variables=variables)
        )
    except NotJudged:
        return bool(statement.get("Effect") == DENY)


def concerns(statement: Statement, element: str, value: str, normal: Callable[[str], str]) -> bool:
    """True if `value` is among what `Action` (`Resource`) lists, or not among `NotAction` (`NotResource`).
    Raises `NotJudged` unless the statement has exactly one of the two."""
    given = [name for name in (element, f"Not{element}") if name in statement]
    if len(given) != 1:
        raise NotJudged(f"{element} or Not{element}")
    patterns = texts(statement[given[0]])
    return any(matches(normal(pattern), value) for pattern in patterns) == (given[0] == element)


def conditions_hold(conditions: object, context: Context, *, variables: bool) -> bool:
    """True if every condition holds, or there is none. One that does not hold decides, whether or not the
    others can be judged. Raises `NotJudged`."""
    if conditions is None:
        return True
    unjudged: NotJudged | None = None
    for operator, key, values in conditions_of(conditions):
        try:
            if not satisfied(operator, key, values, context, variables=variables):
                return False
        except NotJudged as error:
            unjudged = error
    if unjudged is not None:
        raise unjudged
    return True


def conditions_of(conditions: object) -> Iterator[tuple[str, str, list[str]]]:
    """Operator, key and values of each. Raises `NotJudged` if they are not written as conditions are."""
    if not isinstance(conditions, Mapping):
        raise NotJudged("Condition")
    for operator, keys in conditions.items():
        if not isinstance(keys, Mapping):
            raise NotJudged(str(operator))
        for key, values in keys.items():
            yield str(operator), str(key).lower(), [text(value) for value in as_list(values)]


def text(value: object) -> str:
    """A value as conditions compare it: JSON's true is "true". Raises `NotJudged` for what has no such
    form."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int, float)):
        return str(value)
    raise NotJudged(f"a value that is {type(value).__name__}")


def texts(value: object) -> Sequence[str]:
    """One text or several. Raises `NotJudged` for anything else."""
    found = as_list(value)
    if not found or not all(isinstance(each, str) for each in found):
        raise NotJudged("a list of texts")
    return found


def as_list(value: Any) -> list[Any]:
    """A single value may stand for a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
