"""Checks messages against the models of a route, JSON schemas.

Docs: …/developerguide/websocket-api-request-validation.html (checked 2026-11).
"""

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import fastjsonschema

from server.local_aws.api_gateway.websocket.deployed import Route
from server.local_aws.api_gateway.websocket.routing import DEFAULT, select


def fits_model(route: Route, message: str) -> bool:
    """Return whether `message` is valid by the model that the route selects for it, or if there is none."""
    schema = route.models.get(select(route.model_selection, message)) or route.models.get(DEFAULT)
    if not schema:
        return True
    try:
        validator(schema)(json.loads(message))
    except (ValueError, RecursionError, fastjsonschema.JsonSchemaException):
        return False
    return True


@lru_cache(64)
def validator(schema: str) -> Callable[[Any], Any]:
    """Raises `fastjsonschema.JsonSchemaDefinitionException`, also if `schema` refers to other documents."""
    handlers = {scheme: refuse for scheme in ("http", "https", "file")}
    compiled: Callable[[Any], Any] = fastjsonschema.compile(json.loads(schema), handlers=handlers)
    return compiled


def refuse(uri: str) -> Any:
    raise fastjsonschema.JsonSchemaDefinitionException(f"{uri} is not fetched")
