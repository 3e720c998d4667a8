"""HTTP APIs: both payload formats, routes and stages, errors of their own, CORS; never a stream."""

import base64
import json
from typing import Any

import pytest

from server.embedded import EmbeddedServer
from tests.support.gateway import BUFFERED, REGION, Gateway
from tests.support.gateway_clients import curl, curl_head, event_of, read_items
from tests.support.guests import Function, returning, writes

TEXT = ("-H", "Content-Type: text/plain", "-d", "body")


@pytest.fixture(scope="module")
def echo(gateway: Gateway) -> str:
    return gateway.function("answers.with_status")


def test_the_event_of_format_2(gateway: Gateway, echo: str) -> None:
    url = gateway.http(echo, "POST /items/{id}")
    event = event_of(url + "/items/5?a=1&a=2", "-H", "Cookie: x=1; y=2", "-H", "X-A: b", *TEXT)
    assert (event["version"], event["routeKey"]) == ("2.0", "POST /items/{id}")
    assert (event["rawPath"], event["rawQueryString"]) == ("/items/5", "a=1&a=2")
    assert event["queryStringParameters"] == {"a": "1,2"} and event["pathParameters"] == {"id": "5"}
    assert event["cookies"] == ["x=1", "y=2"] and event["headers"]["x-a"] == "b"
    context = event["requestContext"]
    assert context["http"]["method"] == "POST" and context["stage"] == "$default"
    assert context["domainName"].endswith(f".execute-api.{REGION}.amazonaws.com")
    assert (event["body"], event["isBase64Encoded"]) == ("body", False)


def test_the_event_of_format_1(gateway: Gateway, echo: str) -> None:
    event = event_of(gateway.http(echo, version="1.0") + "/items?a=1")
    assert (event["version"], event["httpMethod"], event["path"]) == ("1.0", "GET", "/items")
    assert event["multiValueQueryStringParameters"] == {"a": ["1"]}
    binary = event_of(
        gateway.http(echo, version="1.0"), "-H", "Content-Type: application/x-b", "--data-binary", "abc"
    )
    assert binary["isBase64Encoded"] and base64.b64decode(binary["body"]) == b"abc"


@pytest.mark.parametrize(
    ("result", "status", "content_type", "body"),
    [
        ({"statusCode": 418, "body": "teapot"}, 418, "text/plain; charset=utf-8", "teapot"),
        ({"statusCode": 200, "headers": {"content-type": "a/b"}, "body": "x"}, 200, "a/b", "x"),
        ({"message": "no status"}, 200, "application/json", '{"message": "no status"}'),
        ("text", 200, "application/json", "text"),
    ],
)
def test_results_of_format_2(
    gateway: Gateway, result: Any, status: int, content_type: str, body: str
) -> None:
    answer = curl_head(gateway.http(gateway.function(*returning(result))))
    assert (answer[0], answer[1]["content-type"], answer[2]) == (status, content_type, body)
    assert "apigw-requestid" in answer[1] and "content-length" in answer[1]


def test_what_is_not_json_is_the_body_of_format_2_and_an_error_of_format_1(gateway: Gateway) -> None:
    function = gateway.function("answers.returned", "{not json")
    assert curl_head(gateway.http(function))[::2] == (200, "{not json")
    status, _, body = curl_head(gateway.http(function, version="1.0"))
    assert (status, json.loads(body)) == (500, {"message": "Internal Server Error"})


def test_a_function_made_for_streaming_leaks_its_metadata(gateway: Gateway) -> None:
    function = writes(b'{"statusCode": 201}' + bytes(8) + b"x")
    status, _, text = curl_head(gateway.http(gateway.function(*function)))
    assert (status, text) == (200, '{"statusCode": 201}' + "\0" * 8 + "x")


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize(
    "function",
    [
        ("basic.exits", None),
        returning({"statusCode": "x"}),
        returning({"statusCode": 200, "headers": {"X": "a\nb"}}),
    ],
)
def test_failures_are_a_500(gateway: Gateway, function: Function, version: str) -> None:
    status, _, text = curl_head(gateway.http(gateway.function(*function), version=version))
    assert (status, json.loads(text)) == (500, {"message": "Internal Server Error"})


def test_routes(gateway: Gateway, echo: str) -> None:
    endpoint = gateway.http(echo, "GET /items/{id}")
    client = gateway.client("apigatewayv2")
    api_id = next(api["ApiId"] for api in client.get_apis()["Items"] if api["ApiEndpoint"] == endpoint)
    target = client.get_routes(ApiId=api_id)["Items"][0]["Target"]
    for key in ("ANY /items/fixed", "GET /items/{proxy+}", "$default"):
        client.create_route(ApiId=api_id, RouteKey=key, Target=target)
    for path, key in (
        ("/items/1", "GET /items/{id}"),
        ("/items/fixed", "ANY /items/fixed"),
        ("/items/1/2", "GET /items/{proxy+}"),
        ("/else", "$default"),
    ):
        assert event_of(endpoint + path)["routeKey"] == key
    assert event_of(endpoint + "/items/1", "-X", "POST")["routeKey"] == "$default"
    with pytest.raises(client.exceptions.ConflictException):
        client.create_route(ApiId=api_id, RouteKey="$default", Target=target)


def test_no_route_is_a_404(gateway: Gateway, echo: str) -> None:
    status, _, body = curl_head(gateway.http(echo, "GET /items") + "/other")
    assert (status, json.loads(body)) == (404, {"message": "Not Found"})


def test_a_named_stage_is_part_of_the_path_and_serves_its_deployment(gateway: Gateway, echo: str) -> None:
    endpoint = gateway.http(echo, "GET /items")
    client = gateway.client("apigatewayv2")
    api_id = next(api["ApiId"] for api in client.get_apis()["Items"] if api["ApiEndpoint"] == endpoint)
    client.create_stage(ApiId=api_id, StageName="dev", StageVariables={"a": "b"})
    assert curl_head(endpoint + "/dev/items")[0] == 404, "nothing deployed"
    deployment = client.create_deployment(ApiId=api_id, StageName="dev")
    event = event_of(endpoint + "/dev/items")
    assert event["rawPath"] == "/dev/items" and event["requestContext"]["stage"] == "dev"
    assert event["stageVariables"] == {"a": "b"}
    listed = client.get_deployments(ApiId=api_id)["Items"]
    assert [held["DeploymentId"] for held in listed] == [deployment["DeploymentId"]]
    stage = client.get_stage(ApiId=api_id, StageName="dev")
    assert stage["DeploymentId"] == deployment["DeploymentId"]
    second = client.create_deployment(ApiId=api_id)["DeploymentId"]
    assert client.create_stage(ApiId=api_id, StageName="new", DeploymentId=second)["DeploymentId"] == second
    client.update_stage(ApiId=api_id, StageName="dev", DeploymentId=second)
    stages = {stage["StageName"]: stage for stage in client.get_stages(ApiId=api_id)["Items"]}
    assert stages["dev"]["DeploymentId"] == second and "DeploymentId" not in stages["$default"]


def test_the_default_stage_is_changed_by_its_name(gateway: Gateway, echo: str) -> None:
    client = gateway.client("apigatewayv2")
    api = client.create_api(Name="quick", ProtocolType="HTTP", Target=echo)
    changed = client.update_stage(ApiId=api["ApiId"], StageName="$default", StageVariables={"a": "b"})
    assert (changed["StageName"], changed["StageVariables"]) == ("$default", {"a": "b"})
    assert event_of(api["ApiEndpoint"] + "/x")["stageVariables"] == {"a": "b"}


def test_stage_variables_reach_the_uri(gateway: Gateway, origin: EmbeddedServer) -> None:
    client = gateway.client("apigatewayv2")
    name = gateway.account.deploy("answers.with_status")
    function = gateway.permit(name).replace(name, "${stageVariables.function}")
    by_arn, by_uri = gateway.http(function), gateway.http(BUFFERED.format(function))
    proxy = gateway.http("http://${stageVariables.host}/{proxy}", "GET /x/{proxy+}")
    variables = {"function": name, "host": origin.url("").removeprefix("http://")}
    for api in client.get_apis()["Items"]:
        if api["ApiEndpoint"] in (by_arn, by_uri, proxy):
            client.update_stage(ApiId=api["ApiId"], StageName="$default", StageVariables=variables)
    assert event_of(by_arn)["stageVariables"] == event_of(by_uri)["stageVariables"] == variables
    assert curl(proxy + "/x/transfer-encoding?count=2&interval_ms=0")[1].count("seq") == 2


def test_quick_create(gateway: Gateway, echo: str, origin: EmbeddedServer) -> None:
    client = gateway.client("apigatewayv2")
    by_lambda = client.create_api(Name="quick", ProtocolType="HTTP", Target=echo)
    assert event_of(by_lambda["ApiEndpoint"] + "/any")["routeKey"] == "$default"
    by_http = client.create_api(Name="quick", ProtocolType="HTTP", Target=origin.url(""))
    assert curl(by_http["ApiEndpoint"] + "/transfer-encoding?count=2&interval_ms=0")[1].count("seq") == 2


def test_http_proxy_passes_the_path_on(gateway: Gateway, origin: EmbeddedServer) -> None:
    endpoint = gateway.http(origin.url("/{proxy}"), "ANY /{proxy+}")
    status, headers, body = curl_head(endpoint + "/transfer-encoding?count=2&interval_ms=0")
    assert status == 200 and body.count("seq") == 2 and "content-length" in headers


async def test_an_sse_stream_arrives_in_one_piece(gateway: Gateway, origin: EmbeddedServer) -> None:
    endpoint = gateway.http(origin.url("/transfer-encoding"))
    reading = await read_items(endpoint + "?count=10&interval_ms=50")
    assert reading.at_once and "Transfer-Encoding" not in reading.headers


def test_a_server_that_is_not_there(gateway: Gateway) -> None:
    status, _, body = curl_head(gateway.http("http://127.0.0.1:9/"))
    assert (status, json.loads(body)) == (503, {"message": "Service Unavailable"})


def test_cors(gateway: Gateway, echo: str) -> None:
    cors = {
        "AllowOrigins": ["https://example.com"],
        "AllowMethods": ["GET", "POST"],
        "AllowHeaders": ["x-a"],
        "MaxAge": 60,
    }
    own = {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "https://own"}, "body": ""}
    url = gateway.http(gateway.function(*returning(own)), CorsConfiguration=cors)
    origin = ("-H", "Origin: https://example.com")
    status, headers, _ = curl_head(url, "-X", "OPTIONS", *origin, "-H", "Access-Control-Request-Method: GET")
    assert status == 204 and headers["access-control-allow-methods"] == "GET,POST"
    assert headers["access-control-allow-headers"] == "x-a" and headers["access-control-max-age"] == "60"
    assert curl_head(url, *origin)[1]["access-control-allow-origin"] == "https://example.com"
    assert "access-control-allow-origin" not in curl_head(url)[1], "the function's own is ignored"


def test_limits(small_gateway: Gateway) -> None:
    """10 MB (Lambda: 6 MB) and 30 s: here 105 kB (63 kB) and 0.3 s."""
    url = small_gateway.http(small_gateway.function("answers.with_status"))
    for size in (70_000, 120_000):
        status, _, body = curl_head(url, "-d", "x" * size)
        assert (status, json.loads(body)) == (413, {"message": "Request Entity Too Large"})
    slow = small_gateway.http(small_gateway.function("limits.takes_two_seconds"))
    assert curl_head(slow)[0] == 503


def test_a_document_of_sam_is_imported_and_its_stages_stay(gateway: Gateway, origin: EmbeddedServer) -> None:
    """Methods by AWS's names, a default route, a shared integration, one that is not served, CORS."""
    extension = "x-amazon-apigateway-integration"
    uri = BUFFERED.format(gateway.function("answers.with_status"))
    proxy = {"type": "aws_proxy", "httpMethod": "POST", "payloadFormatVersion": "2.0", "uri": uri}
    forwards = {
        "type": "http_proxy",
        "httpMethod": "ANY",
        "uri": origin.url("/transfer-encoding"),
        "timeoutInMillis": 5000,
    }
    queue = {**proxy, "integrationSubtype": "SQS-SendMessage"}
    document = {
        "openapi": "3.0.1",
        "info": {"title": "sam", "version": "1.0"},
        "paths": {
            "/items/{id}": {"x-amazon-apigateway-any-method": {"responses": {}, extension: proxy}},
            "/shared": {
                "get": {extension: {"$ref": "#/components/x-amazon-apigateway-integrations/forwards"}}
            },
            "/queue": {"post": {extension: queue}},
            "/$default": {"x-amazon-apigateway-any-method": {"isDefaultRoute": True, extension: proxy}},
        },
        "components": {"x-amazon-apigateway-integrations": {"forwards": forwards}},
        "x-amazon-apigateway-cors": {"allowOrigins": ["https://a.example"]},
    }
    client = gateway.client("apigatewayv2")
    api = client.import_api(Body=json.dumps(document))
    named = {"ApiId": api["ApiId"]}
    assert (api["Name"], api["Version"], api["ProtocolType"]) == ("sam", "1.0", "HTTP")
    client.create_stage(**named, StageName="$default", AutoDeploy=True)
    client.reimport_api(**named, Body=json.dumps(document))
    assert [stage["StageName"] for stage in client.get_stages(**named)["Items"]] == ["$default"]
    url = api["ApiEndpoint"]
    assert event_of(url + "/items/1")["routeKey"] == "ANY /items/{id}"
    assert event_of(url + "/other")["routeKey"] == "$default"
    assert curl(url + "/shared?count=2&interval_ms=0")[1].count("seq") == 2
    status, headers, body = curl_head("-X", "POST", "-H", "Origin: https://a.example", url + "/queue")
    assert status == 501 and "integrationSubtype" in json.loads(body)["message"]
    assert headers["access-control-allow-origin"] == "https://a.example"
    held = {each["IntegrationUri"]: each for each in client.get_integrations(**named)["Items"]}
    assert held[forwards["uri"]]["TimeoutInMillis"] == 5000 and held[uri]["IntegrationType"] == "AWS_PROXY"
    for paths in ({"/x": {"get": {extension: {"type": "mock"}}}}, {"/x": {"get": 1}}, {"/x/": {"get": {}}}):
        with pytest.raises(client.exceptions.BadRequestException):
            client.import_api(Body=json.dumps({**document, "paths": paths}))
