"""The parameters of a template: their values, checked as AWS checks them.

Docs (checked 2026-11):
docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from server.local_aws.cloudformation.calls import CallFailed, Calls
from server.local_aws.cloudformation.template import invalid

FROM_SSM = re.compile(r"AWS::SSM::Parameter::Value<(.+)>")


def given_values(given: Iterable[Mapping[str, Any]], former: Mapping[str, str]) -> dict[str, str]:
    """Return the values that a call gives parameters; `former` are those of the stack so far."""
    found = {}
    for each in given:
        key = str(each.get("ParameterKey", ""))
        if each.get("UsePreviousValue") in (True, "true"):
            if key in former:
                found[key] = former[key]
        else:
            found[key] = str(each.get("ParameterValue", ""))
    return found


def complete(declared: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """Return the values of all parameters, as texts. Raises `ApiError` for one that is not allowed."""
    if unknown := sorted(given.keys() - declared.keys()):
        raise invalid(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    defaults = {key: as_text(each["Default"]) for key, each in declared.items() if "Default" in each}
    values = {**defaults, **given}
    if missing := [key for key in declared if key not in values]:
        raise invalid(f"Parameters: [{', '.join(missing)}] must have values")
    for key, declaration in declared.items():
        check(key, declaration, values[key])
    return values


def as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def check(key: str, declaration: Mapping[str, Any], value: str) -> None:
    """Raise `ApiError` unless a parameter may have this value."""
    kind = str(declaration.get("Type", ""))
    if not kind:
        raise invalid(f"Template format error: Every Parameters object must contain a Type member. [{key}]")
    values = split(value) if is_list(kind) else [value]
    allowed = [as_text(each) for each in declaration.get("AllowedValues") or []]
    described = declaration.get("ConstraintDescription")
    for each in values:
        if allowed and each not in allowed:
            raise invalid(
                f"Parameter '{key}' must be one of AllowedValues"
                if not described
                else f"Parameter {key} failed to satisfy constraint: {described}"
            )
        pattern = declaration.get("AllowedPattern")
        if pattern and not re.fullmatch(str(pattern), each):
            raise invalid(
                f"Parameter {key} failed to satisfy constraint: "
                f"{described or f'parameter value {each} does not match pattern {pattern}'}"
            )
        check_size(key, kind, declaration, each)


def check_size(key: str, kind: str, declaration: Mapping[str, Any], value: str) -> None:
    size: float = len(value)
    names = ("MinLength", "MaxLength")
    if kind in ("Number", "List<Number>"):
        names = ("MinValue", "MaxValue")
        try:
            size = float(value)
        except ValueError:
            raise invalid(f"Parameter '{key}' must be a number.") from None
    low, high = (declaration.get(name) for name in names)
    if (low is not None and size < float(low)) or (high is not None and size > float(high)):
        raise invalid(f"Parameter '{key}' must have {names[0]} {low} and {names[1]} {high}")


def is_list(kind: str) -> bool:
    inner = match[1] if (match := FROM_SSM.fullmatch(kind)) else kind
    return inner == "CommaDelimitedList" or inner.startswith("List<")


def split(value: str) -> list[str]:
    return [part.strip() for part in value.split(",")] if value else []


async def resolved(declared: Mapping[str, Any], values: Mapping[str, str], calls: Calls) -> dict[str, Any]:
    """Return what `Ref` gives for each parameter: lists for those that are, and what SSM keeps under a name.
    Raises `ApiError`."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        kind = str(declared[key]["Type"])
        if FROM_SSM.fullmatch(kind):
            value = await stored(value, calls)
        found[key] = split(value) if is_list(kind) else value
    return found


async def stored(name: str, calls: Calls) -> str:
    """Return what SSM keeps under a name."""
    try:
        answer = await calls.make("ssm", "GetParameter", {"Name": name})
    except CallFailed as failed:
        if "NotFound" in failed.code:
            raise invalid(
                f"Unable to fetch parameters [{name}] from parameter store for this account."
            ) from None
        raise invalid(failed.message) from None
    return str(answer["Parameter"]["Value"])
