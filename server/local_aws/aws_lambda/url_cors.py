"""CORS of Function URLs: Lambda answers the preflight, and adds its headers to every answer beside the
function's own (docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html, checked 2026-11)."""

from fnmatch import fnmatchcase
from typing import Any

Header = tuple[str, str]


def headers(cors: dict[str, Any] | None, origin: str) -> list[Header]:
    """The headers for a request from `origin`; none without a configuration or for an origin it does not
    allow."""
    allowed = (cors or {}).get("AllowOrigins") or []
    if cors is None or not origin or not any(fnmatchcase(origin, pattern) for pattern in allowed):
        return []
    credentials = bool(cors.get("AllowCredentials"))
    fields = [("Access-Control-Allow-Origin", "*" if "*" in allowed and not credentials else origin)]
    if fields[0][1] != "*":
        fields.append(("Vary", "Origin"))
    if credentials:
        fields.append(("Access-Control-Allow-Credentials", "true"))
    if exposed := cors.get("ExposeHeaders"):
        fields.append(("Access-Control-Expose-Headers", ",".join(exposed)))
    return fields


def preflight(cors: dict[str, Any], origin: str) -> list[Header]:
    """The headers of the answer to a preflight from `origin`."""
    fields = headers(cors, origin)
    if not fields:
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
