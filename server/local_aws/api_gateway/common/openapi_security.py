"""What an OpenAPI document says about who may call. Pure.

moto drops it on an import, and what asks for it would be open to everybody.
"""

from collections.abc import Mapping
from typing import Any

SAYING = ("security", "x-amazon-apigateway-auth", "x-amazon-apigateway-policy")
NOBODY_ASKED: tuple[object, ...] = (None, [], {}, {"type": "NONE"})


def asks_who_calls(document: Mapping[str, Any]) -> bool:
    """Return whether the document, or one of its operations, wants authorization, an API key or a resource
    policy."""
    paths = document.get("paths")
    operations = [
        operation
        for methods in (paths.values() if isinstance(paths, dict) else ())
        for operation in (methods.values() if isinstance(methods, dict) else ())
        if isinstance(operation, dict)
    ]
    return any(says_who_may(part) for part in (document, *operations))


def says_who_may(part: Mapping[str, Any]) -> bool:
    """The same of a document's own members, or of those of one operation."""
    return any(part.get(name) not in NOBODY_ASKED for name in SAYING)
