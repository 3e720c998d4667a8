"""What an OpenAPI document says about who may call. Pure.

moto drops it on an import, and what asks for it would be open to everybody.
"""

from collections.abc import Mapping
from typing import Any

SAYING = ("security", "x-amazon-apigateway-auth", "x-amazon-apigateway-policy")
NOBODY_ASKED: tuple[object, ...] = (None, [], {}, {"type": "NONE"})


def says_who_may(part: Mapping[str, Any]) -> bool:
    """Return whether a document's own members, or those of one operation, want authorization, an API key
    or a resource policy."""
    return any(part.get(name) not in NOBODY_ASKED for name in SAYING)


def authorization_of(operation: Mapping[str, Any]) -> str:
    """Return how the API calls the authorization that an operation wants; which one that is does not
    matter where none is served."""
    if not says_who_may(operation):
        return "NONE"
    named = operation.get("x-amazon-apigateway-auth")
    kind = str(named.get("type", "")).upper() if isinstance(named, dict) else ""
    return kind if kind not in ("", "NONE") else "CUSTOM"
