"""Conditions of IAM's policy language: operators, and the keys that a call here has values of.

Docs (checked 2026-11):
docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html,
…/reference_policies_multi-value-conditions.html and …/reference_policies_condition-keys.html.
"""

import base64
import binascii
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address, ip_network

from server.local_aws.iam.patterns import (
    NotJudged,
    arn_matches,
    is_arn_pattern,
    literal,
    matches,
    substituted,
)

KEYS = re.compile(
    r"aws:(requesttag/.+|tagkeys|sourcearn|sourceaccount|principalarn|principalaccount|principaltype"
    r"|principalisawsservice|principalservicename|username|userid)"
    r"|iam:passedtoservice|sts:(externalid|rolesessionname)"
    r"|lambda:(functionurlauthtype|invokedviafunctionurl)|s3:(prefix|delimiter|max-keys)"
)
"""The keys which a call that does not bring them does not have. Of another one that is not known."""

TIMES: Mapping[str, Callable[[], str]] = {
    "aws:currenttime": lambda: datetime.now(UTC).isoformat(),
    "aws:epochtime": lambda: str(time.time()),
}
"""The keys that every call has: when it is judged."""

Context = Mapping[str, Sequence[str]]
"""Condition keys of a call, in lower case, with their values; a key that is not there has none."""

Comparison = Callable[[str, str], bool]


def judged(expected: str, is_valid: bool) -> str:
    if not is_valid:
        raise NotJudged(expected)
    return expected


def number(text: str) -> Decimal:
    """Raises `ValueError`."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None
    if not value.is_finite():
        raise ValueError(text)
    return value


def moment(text: str) -> Decimal:
    """Seconds since 1970: a number, or a date in ISO 8601. Raises `ValueError`."""
    try:
        return number(text)
    except ValueError:
        found = datetime.fromisoformat(re.sub("Z$", "+00:00", text.strip()))
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return Decimal(str(found.timestamp()))


def ordered(read: Callable[[str], Decimal], compare: Callable[[Decimal, Decimal], bool]) -> Comparison:
    """Return a comparison of what `read` makes of two texts: `compare(actual, expected)`."""

    def comparison(expected: str, actual: str) -> bool:
        try:
            limit = read(expected)
        except (ValueError, OverflowError):
            raise NotJudged(expected) from None
        try:
            return compare(read(actual), limit)
        except (ValueError, OverflowError):
            return False

    return comparison


def in_network(expected: str, actual: str) -> bool:
    try:
        network = ip_network(expected, strict=False)
    except ValueError:
        raise NotJudged(expected) from None
    try:
        return ip_address(actual) in network
    except ValueError:
        return False


def same_bytes(expected: str, actual: str) -> bool:
    try:
        return base64.b64decode(expected, validate=True) == base64.b64decode(actual, validate=True)
    except (binascii.Error, ValueError):
        raise NotJudged(expected) from None


def is_arn(expected: str, actual: str) -> bool:
    return arn_matches(judged(expected, is_arn_pattern(expected)), actual)


def is_bool(expected: str, actual: str) -> bool:
    return judged(expected.lower(), expected.lower() in ("true", "false")) == actual.lower()


ORDERS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "Equals": lambda actual, limit: actual == limit,
    "LessThan": lambda actual, limit: actual < limit,
    "LessThanEquals": lambda actual, limit: actual <= limit,
    "GreaterThan": lambda actual, limit: actual > limit,
    "GreaterThanEquals": lambda actual, limit: actual >= limit,
}
COMPARISONS: dict[str, Comparison] = {
    "StringEquals": lambda expected, actual: expected == literal(actual),
    "StringEqualsIgnoreCase": lambda expected, actual: expected.lower() == literal(actual).lower(),
    "StringLike": matches,
    "ArnEquals": is_arn,
    "ArnLike": is_arn,
    "Bool": is_bool,
    "BinaryEquals": same_bytes,
    "IpAddress": in_network,
    **{f"Numeric{name}": ordered(number, compare) for name, compare in ORDERS.items()},
    **{f"Date{name}": ordered(moment, compare) for name, compare in ORDERS.items()},
}
NEGATIONS = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
}
EXACT = ("StringEquals", "StringEqualsIgnoreCase")
"""Operators in whose values wildcards are characters like others."""
WITH_VARIABLES = (*EXACT, "StringLike", "ArnEquals", "ArnLike")


def satisfied(
    operator: str, key: str, expected: Sequence[str], context: Context, *, variables: bool = True
) -> bool:
    """Return whether one condition holds for a call. Raises `NotJudged`."""
    values = [TIMES[key]()] if key in TIMES else context.get(key, ())
    if not values and key not in context and not KEYS.fullmatch(key):
        raise NotJudged(key)
    return holds(operator, expected, values, context if variables else None)


def holds(
    operator: str, expected: Sequence[str], values: Sequence[str], context: Context | None = None
) -> bool:
    """True if `values`, those that the call has of a key, are as `operator` and `expected` say. `context` has
    the values of variables, None: there are none. Raises `NotJudged`."""
    quantifier, _, name = operator.rpartition(":")
    if quantifier not in ("", "ForAnyValue", "ForAllValues") or (quantifier == "" and ":" in operator):
        raise NotJudged(operator)
    if name == "Null" and not quantifier:
        return any(is_bool(one, str(not values).lower()) for one in expected)
    optional = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    negated, plain = name in NEGATIONS, NEGATIONS.get(name, name)
    if plain not in COMPARISONS:
        raise NotJudged(operator)
    wanted = [prepared(plain, one, context) for one in expected]
    if not values and optional:
        return True
    found = [any([COMPARISONS[plain](one, value) for one in wanted]) != negated for value in values]
    if quantifier == "ForAnyValue":
        return any(found)
    return all(found) and bool(found or negated or quantifier)


def prepared(operator: str, expected: str, context: Context | None) -> str:
    """An expected value with its variables. Raises `NotJudged`."""
    if operator not in WITH_VARIABLES:
        return expected
    found = substituted(expected, context)
    return literal(found) if operator in EXACT else found
