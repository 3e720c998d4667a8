"""CORS of Function URLs: Lambda answers the preflight, and adds its headers to every answer beside the
function's own (docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html, checked 2026-11).

An origin that is allowed comes back as it was sent, also where every origin is allowed, with or without
credentials (recorded: github.com/samvera/serverless-iiif/issues/71, github.com/LeanerCloud/CUDly/issues/390,
checked 2026-11). Unconfirmed, and a choice here: the status and headers of a preflight that is not allowed
(200 without CORS headers), `Vary`, wildcards inside an origin.
"""

import re
from typing import Any

from server.local_aws.control_plane.call import ApiError
from server.local_aws.http1.exchange import Exchange, Header

MAX_AGE = 86_400
LISTS = {
    "AllowOrigins": (100, 1, 253),
    "AllowMethods": (6, 0, 6),
    "AllowHeaders": (100, 0, 1024),
    "ExposeHeaders": (100, 0, 1024),
}
"""How many values each list may have, and how many characters each of them, at least and at most (AWS's model
of the API)."""

ONE_LINE = re.compile("[^\x00-\x1f\x7f]*")
"""AWS's model says `.*`; what is sent in a header has no control characters either."""


def check(cors: Any) -> None:
    """Raise `ApiError` (400) unless `cors` is a configuration, or None."""
    if cors is None:
        return
    if not isinstance(cors, dict):
        raise invalid(cors, "cors", "be an object")
    for name, (most, shortest, longest) in LISTS.items():
        values = cors.get(name) or []
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise invalid(values, member(name), "be a list of strings")
        if len(values) > most:
            raise invalid(values, member(name), f"have length less than or equal to {most}")
        if any(len(value) > longest for value in values):
            raise invalid(values, member(name), f"have length less than or equal to {longest} each")
        if any(len(value) < shortest for value in values):
            raise invalid(values, member(name), f"have length greater than or equal to {shortest} each")
        if not all(ONE_LINE.fullmatch(value) for value in values):
            raise invalid(values, member(name), "satisfy regular expression pattern: .*")
    if not isinstance(cors.get("AllowCredentials") or False, bool):
        raise invalid(cors["AllowCredentials"], member("AllowCredentials"), "be true or false")
    age = cors.get("MaxAge")
    if age is not None and (type(age) is not int or not 0 <= age <= MAX_AGE):
        raise invalid(age, member("MaxAge"), f"have value from 0 to {MAX_AGE}")


def member(name: str) -> str:
    return f"cors.{name[0].lower()}{name[1:]}"


def invalid(value: object, where: str, constraint: str) -> ApiError:
    message = (
        f"1 validation error detected: Value '{value}' at '{where}' failed to satisfy constraint: "
        f"Member must {constraint}"
    )
    return ApiError(400, "ValidationException", message)


def headers(cors: dict[str, Any] | None, origin: str, *, echoes: bool = True) -> list[Header]:
    """The headers for a request from `origin`; none without a configuration or for an origin it does not
    allow. `echoes`: the origin comes back also where all are allowed, as it does with credentials."""
    allowed = (cors or {}).get("AllowOrigins") or []
    if cors is None or not origin or not any(matches(pattern, origin) for pattern in allowed):
        return []
    credentials = bool(cors.get("AllowCredentials"))
    if "*" in allowed and not echoes and not credentials:
        fields = [("Access-Control-Allow-Origin", "*")]
    else:
        fields = [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")]
    if credentials:
        fields.append(("Access-Control-Allow-Credentials", "true"))
    if exposed := cors.get("ExposeHeaders"):
        fields.append(("Access-Control-Expose-Headers", ",".join(exposed)))
    return fields


def matches(pattern: str, origin: str) -> bool:
    """Return whether `origin` is what `pattern` stands for, in which `*` is any text."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), origin) is not None


def is_preflight(exchange: Exchange) -> bool:
    return exchange.method == "OPTIONS" and bool(exchange.header("access-control-request-method"))


def preflight(cors: dict[str, Any] | None, origin: str, *, echoes: bool = True) -> list[Header]:
    """Return the headers of the answer to a preflight from `origin`; `echoes` as in `headers`."""
    fields = headers(cors, origin, echoes=echoes)
    if cors is None or not fields:
        return []
    for setting, name in (
        ("AllowMethods", "Access-Control-Allow-Methods"),
        ("AllowHeaders", "Access-Control-Allow-Headers"),
    ):
        if values := cors.get(setting):
            fields.append((name, ",".join(values)))
    if cors.get("MaxAge") is not None:
        fields.append(("Access-Control-Max-Age", str(cors["MaxAge"])))
    return fields
