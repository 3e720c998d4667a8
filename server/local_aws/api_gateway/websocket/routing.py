"""Selects routes, without I/O.

Docs: …/developerguide/apigateway-websocket-api-selection-expressions.html (checked 2026-11).
"""

import json
import re
from typing import Any

CONNECT, DISCONNECT, DEFAULT = "$connect", "$disconnect", "$default"
BODY = re.compile(r"\$\{request\.body\.([^}]+)\}|\$request\.body\.([\w.-]+)")


def select(expression: str, message: str) -> str:
    """The key that `expression` selects for `message`: `$request.body.action`, `${request.body.action}`, or
    several of these with text between them. "" if one of them selects nothing, or nothing that is a string,
    number or boolean; so for a message that is not a JSON object. Text alone selects itself."""
    if not BODY.search(expression):
        return expression
    try:
        document = json.loads(message)
        return BODY.sub(lambda match: as_text(find(document, match[1] or match[2])), expression)
    except (ValueError, LookupError, RecursionError):
        return ""


def find(document: Any, path: str) -> Any:
    """Return the value at the dotted `path`. Raises `LookupError`."""
    for name in path.split("."):
        if not isinstance(document, dict):
            raise LookupError(path)
        document = document[name]
    return document


def as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise LookupError("no string")
