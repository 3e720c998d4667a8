"""Request models, without I/O."""

import json
from typing import Any

import pytest

from server.local_aws.api_gateway.websocket.deployed import Route
from server.local_aws.api_gateway.websocket.models import fits_model

DRAFT_4 = "http://json-schema.org/draft-04/schema#"


def route(schema: Any, selection: str = "$request.body.kind") -> Route:
    text = schema if isinstance(schema, str) else json.dumps(schema)
    return Route("$default", None, False, "NONE", None, selection, {"order": text}, False)


@pytest.mark.parametrize(
    ("schema", "fits"),
    [
        ({"$schema": DRAFT_4, "required": ["id"]}, False),
        ({"$schema": DRAFT_4, "properties": {"count": {"type": "integer", "maximum": 3}}}, False),
        ({"$schema": DRAFT_4, "properties": {"count": {"type": "integer", "maximum": 5}}}, True),
        ({}, True),
        ("not a schema", False),
        ({"type": "nonsense"}, False),
        ({"$ref": "http://127.0.0.1:9/other"}, False),
        ({"$ref": "file:///etc/hosts"}, False),
    ],
)
def test_a_message_must_fit_the_selected_model(schema: Any, fits: bool) -> None:
    assert fits_model(route(schema), '{"kind": "order", "count": 4}') is fits


def test_a_constant_selects_for_every_message() -> None:
    assert not fits_model(route({"type": "object"}, selection="order"), "not JSON")


def test_what_no_model_is_selected_for_passes() -> None:
    assert fits_model(route({"required": ["id"]}), '{"kind": "other"}')
