"""The tables of WebSocket APIs in `events/`, against the stand-in over sockets."""

import base64
import json
import socket
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError
from websockets.sync.client import connect

from server.local_aws.api_gateway.websocket.authorization import Refused, authorize
from server.local_aws.api_gateway.websocket.deployed import Route
from server.local_aws.api_gateway.websocket.integration import IntegrationFailure
from tests.server.local_aws.api_gateway.events import websocket
from tests.server.local_aws.api_gateway.events.table import UNCONFIRMED, Header, differences
from tests.server.local_aws.api_gateway.events.websocket import ConnectRow, GuardRow, HandshakeRow, MessageRow
from tests.support.gateway import Gateway
from tests.support.websocket_api import WebSocketApi, create_api

TOLD = 418


@dataclass
class Deployed:
    api: WebSocketApi
    records: Path
    authorizer_uri: str


@pytest.fixture(scope="session")
def deployed(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """An API as `events/websocket.py` describes it; what `$disconnect` gets is recorded in files."""
    records = tmp_path_factory.mktemp("records")
    api = create_api(gateway.account)
    variables = {"name": "value"}
    api.gateway.create_stage(ApiId=api.id, StageName="vars", AutoDeploy=True, StageVariables=variables)
    tells, guards = gateway.function("websocket_events.tells"), gateway.function("websocket_events.guards")
    for key in ("$connect", "$default", "echo", "nested/key", "5", "true"):
        api.add_route(key, tells, responds=key != "$connect")
    api.add_route("$disconnect", gateway.function("websocket_events.records", str(records)))
    uri = f"arn:aws:apigateway:ap-northeast-1:lambda:path/2015-03-31/functions/{guards}/invocations"
    return Deployed(api, records, uri)


def handshake(endpoint: str, target: str, headers: Sequence[Header] = ()) -> tuple[int, list[Header], bytes]:
    """Status, headers (names in lower case) and body of the answer to a handshake."""
    parts = urlsplit(endpoint)
    connection = HTTPConnection(str(parts.hostname), parts.port or 80, timeout=30)
    connection.putrequest("GET", target, skip_accept_encoding=True)
    for name, value in (
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", base64.b64encode(bytes(16)).decode()),
        *headers,
    ):
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, [(name.lower(), value) for name, value in answer.getheaders()], body


def as_header(document: Any) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()


def named(rows: Sequence[Any]) -> list[Any]:
    return [pytest.param(row, id=label(row)) for row in rows]


def label(row: Any) -> str:
    if isinstance(row, ConnectRow):
        return f"{row.field}: {row.state}"
    if isinstance(row, MessageRow):
        return row.state
    return str(getattr(row, "what", None) or row[0])[:40] or "none"


@pytest.mark.parametrize("row", named(websocket.CONNECT))
def test_event_of_connect(deployed: Deployed, row: ConnectRow) -> None:
    status, _, body = handshake(deployed.api.endpoint, row.target, [*row.headers, ("X-Tell", "1")])
    assert status == TOLD, body
    assert not differences(json.loads(body), row.expected), row.source


def test_events_of_messages(deployed: Deployed) -> None:
    """All on one connection: each answer is the event of the message before it."""
    wrong = {}
    with connect(deployed.api.url) as client:
        for row in websocket.MESSAGES:
            client.send(row.message)
            found = differences(json.loads(client.recv(timeout=20)), row.expected)
            if found:
                wrong[row.state] = found
    assert not wrong


@pytest.mark.parametrize("row", named(websocket.DISCONNECTS))
def test_event_of_disconnect(deployed: Deployed, row: tuple[str, int | None, str, int, Any, str]) -> None:
    how, code, reason, status, text, source = row
    with connect(deployed.api.url) as client:
        client.send('{"action": "echo"}')
        name = json.loads(client.recv(timeout=20))["requestContext"]["connectionId"]
        if code == 1006:
            client.socket.shutdown(socket.SHUT_RDWR)
        elif code == 1003:
            client.send(b"binary")
        elif code is None:
            client.socket.sendall(b"\x88\x80" + bytes(4))  # a close frame without a status, masked by zeros
        else:
            client.close(code, reason)
    record = deployed.records / name
    until = time.monotonic() + 20
    while not (record.exists() and record.stat().st_size) and time.monotonic() < until:
        time.sleep(0.02)
    event = json.loads(record.read_text())
    ended = {"requestContext.disconnectStatusCode": status, "requestContext.disconnectReason": text}
    assert not differences(event, {**websocket.DISCONNECTED, **ended}), (how, source)


@pytest.mark.parametrize("row", named(websocket.HANDSHAKES))
def test_answer_of_connect(deployed: Deployed, row: HandshakeRow) -> None:
    sent = [*row.headers, ("X-Result", as_header(row.result))]
    status, headers, body = handshake(deployed.api.endpoint, "/dev", sent)
    assert status == row.status, (body, row.source)
    assert dict(headers).get("sec-websocket-protocol") == row.protocol, row.source
    assert row.body is None or body.decode() == row.body, row.source
    compressed = "sec-websocket-extensions" in dict(headers)
    assert compressed == any(name == "Sec-WebSocket-Extensions" for name, _ in row.headers)


@pytest.fixture(scope="session")
def guarded(deployed: Deployed, gateway: Gateway) -> tuple[WebSocketApi, str]:
    """An API whose `$connect` has an authorizer, on the stages `dev` and, with variables, `vars`; the route's
    id."""
    api = create_api(gateway.account)
    variables = {"name": "value"}
    api.gateway.create_stage(ApiId=api.id, StageName="vars", AutoDeploy=True, StageVariables=variables)
    guard = authorizer(api, deployed, [])
    function = gateway.function("websocket_events.tells")
    return api, api.add_route("$connect", function, AuthorizationType="CUSTOM", AuthorizerId=guard)


def authorizer(api: WebSocketApi, deployed: Deployed, sources: list[str]) -> str:
    made = api.gateway.create_authorizer(
        ApiId=api.id,
        Name=uuid.uuid4().hex,
        AuthorizerType="REQUEST",
        AuthorizerUri=deployed.authorizer_uri,
        IdentitySource=sources,
    )
    found: str = made["AuthorizerId"]
    return found


@pytest.mark.parametrize("row", named(websocket.GUARDS))
def test_answer_of_an_authorizer(guarded: tuple[WebSocketApi, str], row: GuardRow) -> None:
    sent = [("X-Guard", as_header(row.result)), ("X-Tell", "1")]
    status, headers, body = handshake(guarded[0].endpoint, "/dev", sent)
    assert (101 if status == TOLD else status) == row.status, (body, row.source)
    assert row.error_type in (None, dict(headers).get("x-amzn-errortype")), row.source
    if status == TOLD:
        found = json.loads(body)["requestContext"]["authorizer"]
        assert found.pop("integrationLatency") >= 0
        assert {"principalId": found["principalId"], **row.context} == found, row.source


@pytest.mark.parametrize("row", websocket.SOURCES)
def test_identity_sources(
    guarded: tuple[WebSocketApi, str],
    deployed: Deployed,
    row: tuple[list[str], str, list[Header], int, str],
) -> None:
    sources, query, headers, right, source = row
    api, route = guarded
    guard = api.gateway.get_route(ApiId=api.id, RouteId=route)["AuthorizerId"]
    held = authorizer(api, deployed, sources)
    api.gateway.update_route(ApiId=api.id, RouteId=route, AuthorizerId=held)
    try:
        status, _, _ = handshake(api.endpoint, f"/vars{query}", headers)
    finally:  # the other tests, in whatever order, are for the one it had
        api.gateway.update_route(ApiId=api.id, RouteId=route, AuthorizerId=guard)
    assert status == right, source


def test_event_of_an_authorizer(guarded: tuple[WebSocketApi, str]) -> None:
    status, _, body = handshake(guarded[0].endpoint, "/vars?t=1", [("X-Tell", "1")])
    assert status == TOLD, body
    asked = json.loads(json.loads(body)["requestContext"]["authorizer"]["event"])
    assert not differences(asked, websocket.ASKED), websocket.ASKED_SOURCE


def refusal(call: Any, **arguments: Any) -> str:
    try:
        call(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


@pytest.fixture(scope="session")
def scratch(gateway: Gateway, deployed: Deployed) -> tuple[WebSocketApi, dict[str, str]]:
    """An API to create routes in, and the ids of an authorizer that is there and of one that is not any
    more."""
    api = create_api(gateway.account)
    held, deleted = authorizer(api, deployed, []), authorizer(api, deployed, [])
    api.gateway.delete_authorizer(ApiId=api.id, AuthorizerId=deleted)
    return api, {"authorizer": held, "deleted": deleted}


@pytest.mark.parametrize("row", websocket.AUTHORIZATIONS)
def test_authorizations_of_routes(
    scratch: tuple[WebSocketApi, dict[str, str]], row: tuple[str, dict[str, Any], bool, str]
) -> None:
    key, given, valid, source = row
    api, ids = scratch
    settings = {
        name: value.format(**ids) if isinstance(value, str) else value for name, value in given.items()
    }
    refused = "" if valid else "BadRequestException"
    assert refusal(api.gateway.create_route, ApiId=api.id, RouteKey=key, **settings) == refused, source
    routes = {route["RouteKey"]: route for route in api.gateway.get_routes(ApiId=api.id)["Items"]}
    if valid:
        api.gateway.delete_route(ApiId=api.id, RouteId=routes[key]["RouteId"])
    assert (key in routes) == valid
    route = api.gateway.create_route(ApiId=api.id, RouteKey=key)["RouteId"]
    assert refusal(api.gateway.update_route, ApiId=api.id, RouteId=route, **settings) == refused, source
    after = api.gateway.get_route(ApiId=api.id, RouteId=route)
    assert after["AuthorizationType"] == (settings.get("AuthorizationType", "NONE") if valid else "NONE")
    api.gateway.delete_route(ApiId=api.id, RouteId=route)


def test_a_guarded_route_cannot_become_another(guarded: tuple[WebSocketApi, str]) -> None:
    api, route = guarded
    for changed in ({"RouteKey": "echo"}, {"AuthorizerId": "nobody"}, {"AuthorizationType": "JWT"}):
        found = refusal(api.gateway.update_route, ApiId=api.id, RouteId=route, **changed)
        assert found == "BadRequestException", changed


def test_authorizers_and_imports_that_are_for_http_apis_are_refused(
    scratch: tuple[WebSocketApi, dict[str, str]],
) -> None:
    api, ids = scratch
    of_jwt = {
        "Name": "j",
        "AuthorizerType": "JWT",
        "IdentitySource": ["$request.header.Authorization"],
        "JwtConfiguration": {"Audience": ["a"], "Issuer": "https://issuer.example"},
    }
    assert refusal(api.gateway.create_authorizer, ApiId=api.id, **of_jwt) == "BadRequestException"
    changed = {"AuthorizerId": ids["authorizer"], "AuthorizerType": "JWT"}
    assert refusal(api.gateway.update_authorizer, ApiId=api.id, **changed) == "BadRequestException"
    document = {"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": {}}
    body = json.dumps(document)
    assert refusal(api.gateway.reimport_api, ApiId=api.id, Body=body) == "BadRequestException"


@pytest.mark.parametrize(
    ("kind", "needs_key"), [("JWT", False), ("NONSENSE", False), ("CUSTOM", False), ("NONE", True)]
)
async def test_what_is_not_served_lets_nobody_in_whoever_made_it(kind: str, needs_key: bool) -> None:
    """The last door: a route that no call of the control plane can make."""
    route = Route("$connect", None, False, kind, None, "", {}, needs_key)
    client: Any = type("Client", (), {"region": "r", "api_id": "a", "stage": "s"})
    with pytest.raises((Refused, IntegrationFailure)):
        await authorize(route, client, None, None)  # type: ignore[arg-type]


@pytest.mark.parametrize("row", named(websocket.CONNECTIONS))
def test_connections_that_are_not_there(deployed: Deployed, row: tuple[str, int, str]) -> None:
    name, right, source = row
    manage = deployed.api.management()
    for call, more in (
        (manage.post_to_connection, {"Data": b"x"}),
        (manage.get_connection, {}),
        (manage.delete_connection, {}),
    ):
        code = {410: "GoneException", 400: "BadRequestException"}[right]
        assert refusal(call, ConnectionId=name, **more) == code, source


def test_the_tables_say_where_each_row_comes_from() -> None:
    rows = [*websocket.CONNECT, *websocket.MESSAGES, *websocket.HANDSHAKES, *websocket.GUARDS]
    assert all(row.source == UNCONFIRMED or "20" in row.source for row in rows)
