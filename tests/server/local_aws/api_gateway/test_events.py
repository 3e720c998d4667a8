"""The tables in `events/`, against the stand-in over sockets: one API of each kind, one request a row."""

import json
import re
import uuid
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.server.local_aws.api_gateway.events import answers, http, rest
from tests.server.local_aws.api_gateway.events.table import (
    UNCONFIRMED,
    AnswerRow,
    EventRow,
    Sent,
    differences,
)
from tests.support.gateway import BUFFERED, REGION, STREAMING, Gateway


class Client:
    """Sends rows to one API on one connection, which it opens again when it has been closed."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = HTTPConnection(str(parts.hostname), parts.port or 80, timeout=30)

    def ask(self, sent: Sent) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers (names in lower case) and body."""
        connection = self._connection
        connection.putrequest(sent.method, "/", skip_accept_encoding=True)
        connection._buffer[0] = f"{sent.method} {sent.target} HTTP/1.1".encode()  # type: ignore[attr-defined]
        for name, value in sent.headers:
            connection.putheader(name, value.encode("latin-1"))
        if sent.body is not None:
            connection.putheader("Content-Length", str(len(sent.body)))
        connection.endheaders(sent.body)
        answer = connection.getresponse()
        body = answer.read()
        if answer.will_close:
            connection.close()
        return answer.status, [(name.lower(), value) for name, value in answer.getheaders()], body


def named(rows: list[Any]) -> list[Any]:
    """Rows as parameters, by what they are about."""
    return [pytest.param(row, id=label(row)[:60]) for row in rows]


def label(row: Any) -> str:
    if isinstance(row, EventRow):
        return f"{row.field}: {row.state}"
    return str(row.what if isinstance(row, AnswerRow) else row[0] or "empty")


def resource(gateway: Gateway, api_id: str, path: str) -> str:
    """The id of the resource at `path`, which is created part by part."""
    client = gateway.client("apigateway")
    held = {each["path"]: each["id"] for each in client.get_resources(restApiId=api_id)["items"]}
    parent = "/"
    for part in filter(None, path.split("/")):
        child = f"{parent.rstrip('/')}/{part}"
        if child not in held:
            held[child] = client.create_resource(restApiId=api_id, parentId=held[parent], pathPart=part)["id"]
        parent = child
    found: str = held[parent]
    return found


@pytest.fixture(scope="session")
def rest_url(gateway: Gateway) -> str:
    """A REST API as `events/rest.py` describes it; its address without a stage."""
    client = gateway.client("apigateway")
    uri = BUFFERED.format(gateway.function("answers.with_status"))
    api: str = client.create_rest_api(
        name="events",
        endpointConfiguration={"types": ["REGIONAL"]},
        binaryMediaTypes=["image/*", "application/octet-stream"],
    )["id"]
    for path, method in (("{proxy+}", "ANY"), ("orders/{id}", "ANY"), ("fixed", "GET")):
        where = {"restApiId": api, "resourceId": resource(gateway, api, path), "httpMethod": method}
        client.put_method(**where, authorizationType="NONE")
        client.put_integration(**where, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    client.create_deployment(restApiId=api, stageName="prod")
    client.create_deployment(restApiId=api, stageName="vars", variables={"name": "value"})
    return gateway.url_of(api)


def http_api(gateway: Gateway, function: str, version: str) -> str:
    """An HTTP API as `events/http.py` describes it; its endpoint."""
    client = gateway.client("apigatewayv2")
    api = client.create_api(Name="events", ProtocolType="HTTP")
    made = client.create_integration(
        ApiId=api["ApiId"],
        IntegrationType="AWS_PROXY",
        IntegrationUri=function,
        PayloadFormatVersion=version,
        IntegrationMethod="POST",
    )
    for key in (
        "GET /orders/{id}",
        "ANY /files/{proxy+}",
        "GET /thing",
        "GET /pets/{id}",
        "ANY /pets/fixed",
        "GET /pets/{proxy+}",
        "$default",
    ):
        client.create_route(ApiId=api["ApiId"], RouteKey=key, Target=f"integrations/{made['IntegrationId']}")
    client.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True)
    variables = {"name": "value"}
    client.create_stage(ApiId=api["ApiId"], StageName="dev", AutoDeploy=True, StageVariables=variables)
    endpoint: str = api["ApiEndpoint"]
    return endpoint


Clients = Callable[[str], Client]


@pytest.fixture(scope="session")
def clients(gateway: Gateway, rest_url: str) -> Clients:
    """A client of each API, by what it is for; APIs are made when they are first asked for."""
    echo, returns = gateway.function("answers.with_status"), gateway.function("answers.body")
    streams = gateway.function("answers.body_streamed")
    binary, anything = {"binaryMediaTypes": ["image/*"]}, {"binaryMediaTypes": ["*/*"]}
    addresses: dict[str, Callable[[], str]] = {
        "rest": lambda: rest_url,
        "http 1.0": lambda: http_api(gateway, echo, "1.0"),
        "http 2.0": lambda: http_api(gateway, echo, "2.0"),
        "rest answers": lambda: gateway.rest(BUFFERED.format(returns), api=binary).url,
        "stream answers": lambda: gateway.rest(STREAMING.format(streams), "STREAM", api=anything).url,
        "http 1.0 answers": lambda: gateway.http(returns, version="1.0"),
        "http 2.0 answers": lambda: gateway.http(returns),
    }
    made: dict[str, Client] = {}
    return lambda name: made[name] if name in made else made.setdefault(name, Client(addresses[name]()))


def check_event(client: Client, row: EventRow) -> None:
    status, _, body = client.ask(row.sent)
    assert status == 200, body[:500]
    assert not differences(json.loads(body), row.expected), row.source


@pytest.mark.parametrize("row", named(rest.ROWS))
def test_event_of_a_rest_api(clients: Clients, row: EventRow) -> None:
    check_event(clients("rest"), row)


@pytest.mark.parametrize("row", named(http.V1))
def test_event_of_an_http_api_1(clients: Clients, row: EventRow) -> None:
    check_event(clients("http 1.0"), row)


@pytest.mark.parametrize("row", named(http.V2))
def test_event_of_an_http_api_2(clients: Clients, row: EventRow) -> None:
    check_event(clients("http 2.0"), row)


def check_answer(client: Client, target: str, row: AnswerRow) -> None:
    asked = [("Content-Type", "text/plain"), ("Accept", row.accept or "*/*")]
    status, headers, body = client.ask(Sent(target, "POST", asked, row.result))
    assert (status, body if row.body is not None else None) == (row.status, row.body), row.source
    for name in {name for name, _ in row.headers} | set(row.without):
        right = [value for given, value in row.headers if given == name]
        assert [value for given, value in headers if given == name] == right, (name, row.source)


@pytest.mark.parametrize("row", named(answers.REST))
def test_answer_of_a_rest_api(clients: Clients, row: AnswerRow) -> None:
    check_answer(clients("rest answers"), "/prod/x", row)


@pytest.mark.parametrize("row", named(answers.STREAM))
def test_answer_of_a_streaming_rest_api(clients: Clients, row: AnswerRow) -> None:
    check_answer(clients("stream answers"), "/prod/x", row)


@pytest.mark.parametrize("row", named(answers.HTTP_1))
def test_answer_of_an_http_api_1(clients: Clients, row: AnswerRow) -> None:
    check_answer(clients("http 1.0 answers"), "/", row)


@pytest.mark.parametrize("row", named(answers.HTTP_2))
def test_answer_of_an_http_api_2(clients: Clients, row: AnswerRow) -> None:
    check_answer(clients("http 2.0 answers"), "/", row)


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        *(pytest.param("rest", row, id=f"rest: {row[0]}") for row in rest.REFUSED),
        *(pytest.param("http 2.0", row, id=f"http: {row[0]}") for row in http.REFUSED),
    ],
)
def test_what_is_not_routed(clients: Clients, kind: str, row: tuple[str, Sent, int, str | None, str]) -> None:
    _, sent, status, message, source = row
    found, headers, body = clients(kind).ask(sent)
    assert found == status, source
    assert ("content-type", "application/json") in headers
    assert message is None or json.loads(body) == {"message": message}, source


@pytest.fixture(scope="session")
def scratch(gateway: Gateway) -> tuple[Any, str]:
    """A client of API Gateway, and an HTTP API to create routes in."""
    client = gateway.client("apigatewayv2")
    return client, client.create_api(Name="scratch", ProtocolType="HTTP")["ApiId"]


def refusal(call: Callable[..., Any], **arguments: Any) -> str:
    """The code of the error, "" without one."""
    try:
        call(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


@pytest.mark.parametrize("row", named(http.KEYS))
def test_keys_of_routes(scratch: tuple[Any, str], row: tuple[str, bool, str]) -> None:
    key, valid, source = row
    client, api = scratch
    refused = "" if valid else "BadRequestException"
    assert refusal(client.create_route, ApiId=api, RouteKey=key) == refused, source
    held = client.create_route(ApiId=api, RouteKey=f"GET /{uuid.uuid4().hex}")["RouteId"]
    taken = "ConflictException" if valid else "BadRequestException"
    assert refusal(client.update_route, ApiId=api, RouteId=held, RouteKey=key) == taken, source
    quick = {"Name": "quick", "ProtocolType": "HTTP", "Target": "https://example.com", "RouteKey": key or " "}
    assert refusal(client.create_api, **quick) == refused, source


@pytest.mark.parametrize("row", named(http.CORS))
def test_cors_configurations(scratch: tuple[Any, str], row: tuple[str, dict[str, Any], bool, str]) -> None:
    _, cors, valid, source = row
    client, api = scratch
    refused = "" if valid else "BadRequestException"
    made = {"Name": "cors", "ProtocolType": "HTTP", "CorsConfiguration": cors}
    assert refusal(client.create_api, **made) == refused, source
    assert refusal(client.update_api, ApiId=api, CorsConfiguration=cors) == refused, source
    document = {"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": {}}
    document["x-amazon-apigateway-cors"] = {name[0].lower() + name[1:]: held for name, held in cors.items()}
    assert refusal(client.reimport_api, ApiId=api, Body=json.dumps(document)) == refused, source


def test_an_api_says_that_any_origin_may_read_it_and_reflects_named_ones(
    gateway: Gateway, clients: Clients
) -> None:
    """docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html (checked 2026-11)."""
    function = gateway.function("answers.body")
    for allowed, sent, answer in (
        (["*"], "https://a.example", "*"),
        (["https://a.example"], "https://a.example", "https://a.example"),
        (["https://*"], "https://b.example", "https://b.example"),
        (["https://a.example"], "https://b.example", None),
    ):
        client = Client(gateway.http(function, CorsConfiguration={"AllowOrigins": allowed}))
        _, headers, _ = client.ask(Sent("/", "POST", [("Origin", sent)], b"{}"))
        assert dict(headers).get("access-control-allow-origin") == answer


def document(**operation: Any) -> dict[str, Any]:
    """An OpenAPI document with one route, `GET /x`."""
    uri = BUFFERED.format(f"arn:aws:lambda:{REGION}:123456789012:function:none")
    integration = {"type": "aws_proxy", "httpMethod": "POST", "payloadFormatVersion": "2.0", "uri": uri}
    return {
        "openapi": "3.0.1",
        "info": {"title": "t", "version": "1"},
        "paths": {"/x": {"get": {**operation, "x-amazon-apigateway-integration": integration}}},
    }


ASKS = [
    {**document(), "security": [{"jwt": []}]},
    {**document(), "x-amazon-apigateway-policy": {"Statement": []}},
]
"""Documents that say who may call. moto drops what they say, so their routes would be open."""

ASK_OF_ONE = [
    (document(security=[{"jwt": []}]), "CUSTOM"),
    (document(**{"x-amazon-apigateway-auth": {"type": "AWS_IAM"}}), "AWS_IAM"),
]
"""Documents that say so of one route, and what the authorization is called."""


@pytest.mark.parametrize("asks", ASKS)
def test_an_import_that_asks_who_calls_is_refused(
    gateway: Gateway, scratch: tuple[Any, str], asks: dict[str, Any]
) -> None:
    client, api = scratch
    body = json.dumps(asks)
    assert refusal(client.reimport_api, ApiId=api, Body=body) == "BadRequestException"
    assert refusal(client.import_api, Body=body) == "BadRequestException"
    of_rest = gateway.client("apigateway")
    body = json.dumps(asks).encode()
    assert refusal(of_rest.import_rest_api, body=body) == "BadRequestException"
    made = of_rest.create_rest_api(name="t")["id"]
    assert refusal(of_rest.put_rest_api, restApiId=made, body=body) == "BadRequestException"


@pytest.mark.parametrize(("asks", "authorization"), ASK_OF_ONE, ids=["security", "iam"])
def test_an_imported_route_that_asks_who_calls_is_served_to_nobody(
    gateway: Gateway, asks: dict[str, Any], authorization: str
) -> None:
    of_http, of_rest = gateway.client("apigatewayv2"), gateway.client("apigateway")
    api = of_http.import_api(Body=json.dumps(asks))
    of_http.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True)
    assert of_http.get_routes(ApiId=api["ApiId"])["Items"][0]["AuthorizationType"] == authorization
    made = of_rest.import_rest_api(body=json.dumps(asks).encode())["id"]
    of_rest.create_deployment(restApiId=made, stageName="prod")
    for url, path in ((api["ApiEndpoint"], "/x"), (gateway.url_of(made), "/prod/x")):
        status, _, body = Client(url).ask(Sent(path))
        message = json.loads(body)["message"]
        assert status == 501 and message.startswith("LOCAL: GET /x ") and authorization in message


def test_a_route_or_method_that_asks_who_calls_is_refused(gateway: Gateway, scratch: tuple[Any, str]) -> None:
    client, api = scratch
    for settings in (
        {"AuthorizationType": "JWT"},
        {"AuthorizationType": "AWS_IAM"},
        {"ApiKeyRequired": True},
    ):
        route = {"ApiId": api, "RouteKey": f"GET /{uuid.uuid4().hex}"}
        assert refusal(client.create_route, **route, **settings) == "BadRequestException"
        held = client.create_route(**route)["RouteId"]
        assert refusal(client.update_route, ApiId=api, RouteId=held, **settings) == "BadRequestException"
    of_rest = gateway.client("apigateway")
    made = of_rest.create_rest_api(name="t")
    where = {"restApiId": made["id"], "resourceId": made["rootResourceId"], "httpMethod": "GET"}
    for settings in ({"authorizationType": "AWS_IAM"}, {"authorizationType": "NONE", "apiKeyRequired": True}):
        assert refusal(of_rest.put_method, **where, **settings) == "BadRequestException"


def test_the_tables_say_where_each_row_comes_from() -> None:
    rows = [*rest.ROWS, *http.V1, *http.V2, *answers.REST, *answers.STREAM, *answers.HTTP_1, *answers.HTTP_2]
    dated = re.compile(r"20\d\d")
    assert all(row.source == UNCONFIRMED or dated.search(row.source) for row in rows)
