"""Route selection and handshakes, without I/O."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.local_aws.api_gateway.websocket.event import Handshake
from server.local_aws.api_gateway.websocket.handshake import NotWebSocket, accept
from server.local_aws.api_gateway.websocket.routing import select

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("expression", "message", "key"),
    [
        ("$request.body.action", '{"action": "join"}', "join"),
        ("${request.body.action}", '{"action": "join"}', "join"),
        ("$request.body.a.b", '{"a": {"b": "deep"}}', "deep"),
        ("${request.body.service}/${request.body.verb}", '{"service": "a", "verb": "b"}', "a/b"),
        ("$request.body.action", '{"action": 7}', "7"),
        ("$request.body.action", '{"action": true}', "true"),
        ("$request.body.action", '{"action": null}', ""),
        ("$request.body.action", '{"action": ["join"]}', ""),
        ("$request.body.action", '"action"', ""),
        ("$request.body.action", "action", ""),
        ("$request.body.action", "[" * 100_000, ""),
        ("$request.body.action", "9" * 10_000, ""),
        ("constant", "not JSON", "constant"),
    ],
)
def test_what_an_expression_selects(expression: str, message: str, key: str) -> None:
    assert select(expression, message) == key


@given(message=st.text() | JSON.map(json.dumps))
def test_any_message_selects_something_or_nothing(message: str) -> None:
    assert isinstance(select("$request.body.action", message), str)


@given(
    headers=st.lists(st.tuples(st.sampled_from(["connection", "upgrade", "sec-websocket-key"]), st.text()))
)
def test_any_other_headers_are_no_handshake(headers: list[tuple[str, str]]) -> None:
    with pytest.raises(NotWebSocket):
        accept(Handshake("/dev", "", headers), "GET")


def test_the_rfcs_own_example() -> None:
    headers = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]
    accepted = dict(accept(Handshake("/dev", "", headers), "GET"))
    assert accepted["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
