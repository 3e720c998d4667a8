"""What moto's control plane lacks, by boto3: responseTransferMode above all; and that nothing stays open."""

import json
import socket
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from server.embedded import EmbeddedServer
from tests.support.gateway import REGION, STREAMING, Gateway
from tests.support.gateway_clients import curl_head

FUNCTION = STREAMING.format("arn:aws:lambda:ap-northeast-1:123456789012:function:none")


def where(api: Any) -> dict[str, str]:
    return {"restApiId": api.id, "resourceId": api.resource, "httpMethod": "ANY"}


def test_the_transfer_mode_is_kept_shown_and_changed(gateway: Gateway) -> None:
    client = gateway.client("apigateway")
    api = gateway.rest(FUNCTION, "STREAM", timeoutInMillis=60_000)
    held = client.get_integration(**where(api))
    assert (held["responseTransferMode"], held["timeoutInMillis"]) == ("STREAM", 60_000)
    method = client.get_method(**where(api))
    assert method["methodIntegration"]["responseTransferMode"] == "STREAM"
    change = [
        {"op": "replace", "path": "/timeoutInMillis", "value": "20000"},
        {"op": "replace", "path": "/responseTransferMode", "value": "BUFFERED"},
    ]
    assert (
        client.update_integration(**where(api), patchOperations=change)["responseTransferMode"] == "BUFFERED"
    )
    assert client.get_integration(**where(api))["responseTransferMode"] == "BUFFERED"


def test_buffered_is_the_default(gateway: Gateway) -> None:
    held = gateway.client("apigateway").get_integration(**where(gateway.rest(FUNCTION)))
    assert (held["responseTransferMode"], held["timeoutInMillis"]) == ("BUFFERED", 29_000)


def test_a_change_waits_for_its_deployment(gateway: Gateway, origin: EmbeddedServer) -> None:
    client = gateway.client("apigateway")
    api = gateway.rest(origin.url("/transfer-encoding"), kind="HTTP_PROXY")
    url = api.url + "/x?count=1"
    change = [{"op": "replace", "path": "/responseTransferMode", "value": "STREAM"}]
    client.update_integration(**where(api), patchOperations=change)
    assert "content-length" in curl_head(url)[1]
    client.create_deployment(restApiId=api.id, stageName="prod")
    assert curl_head(url)[1]["transfer-encoding"] == "chunked"


@pytest.mark.parametrize(
    "settings",
    [
        {"responseTransferMode": "FAST"},
        {"responseTransferMode": "STREAM", "type": "AWS"},
        {"responseTransferMode": "STREAM", "type": "MOCK"},
        {"timeoutInMillis": 49},
        {"timeoutInMillis": 300_001},
        {"responseTransferMode": "STREAM", "timeoutInMillis": 900_001},
    ],
)
def test_refusals(gateway: Gateway, settings: dict[str, Any]) -> None:
    client = gateway.client("apigateway")
    api = gateway.rest(FUNCTION)
    sent = {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": FUNCTION, **settings}
    with pytest.raises(client.exceptions.BadRequestException):
        client.put_integration(**where(api), **sent)
    if "type" not in settings:
        patch = [
            {"op": "replace", "path": f"/{name}", "value": str(value)} for name, value in settings.items()
        ]
        with pytest.raises(client.exceptions.BadRequestException):
            client.update_integration(**where(api), patchOperations=patch)
    assert client.get_integration(**where(api))["responseTransferMode"] == "BUFFERED", "nothing has changed"


def test_what_is_not_served_is_refused_at_deployment(gateway: Gateway) -> None:
    rest, http = gateway.client("apigateway"), gateway.client("apigatewayv2")
    api = gateway.rest(FUNCTION)
    http_api = http.create_api(Name="x", ProtocolType="HTTP")["ApiId"]
    refused: list[Callable[[], Any]] = [
        lambda: rest.put_method(**{**where(api), "httpMethod": "GET"}, authorizationType="AWS_IAM"),
        lambda: rest.put_method(
            **{**where(api), "httpMethod": "GET"}, authorizationType="NONE", apiKeyRequired=True
        ),
        lambda: http.create_route(ApiId=http_api, RouteKey="GET /", AuthorizationType="JWT"),
        lambda: http.create_integration(ApiId=http_api, IntegrationType="MOCK"),
        lambda: http.create_integration(
            ApiId=http_api, IntegrationType="AWS_PROXY", IntegrationSubtype="SQS-SendMessage"
        ),
    ]
    for call in refused:
        with pytest.raises(ClientError) as error:
            call()
        assert error.value.response["Error"]["Code"] == "BadRequestException"


def test_what_is_not_there(gateway: Gateway) -> None:
    client = gateway.client("apigateway")
    missing = {"restApiId": "none", "resourceId": "none", "httpMethod": "GET"}
    with pytest.raises(client.exceptions.NotFoundException):
        client.update_integration(**missing, patchOperations=[])


def test_an_imported_api_streams(gateway: Gateway, origin: EmbeddedServer) -> None:
    """As AWS's documentation deploys its first example: from an OpenAPI document in YAML."""
    document = f"""
openapi: "3.0.1"
info:
  title: imported
  version: "2025-04-28T17:28:25Z"
paths:
  /streaming:
    x-amazon-apigateway-any-method:
      x-amazon-apigateway-integration:
        httpMethod: ANY
        uri: {origin.url("/transfer-encoding")}
        type: http_proxy
        timeoutInMillis: 900000
        responseTransferMode: STREAM
"""
    client = gateway.client("apigateway")
    api = client.import_rest_api(body=document)
    client.create_deployment(restApiId=api["id"], stageName="prod")
    url = gateway.url_of(api["id"]) + "/prod/streaming?count=2&interval_ms=0"
    assert curl_head(url)[1]["transfer-encoding"] == "chunked"
    resources = client.get_resources(restApiId=api["id"], embed=["methods"])["items"]
    held = next(each for each in resources if each["path"] == "/streaming")["resourceMethods"]["ANY"]
    assert held["methodIntegration"]["responseTransferMode"] == "STREAM"
    with pytest.raises(client.exceptions.BadRequestException):
        client.import_rest_api(body=document.replace("http_proxy", "mock"))


def test_an_import_may_name_the_endpoint_type(gateway: Gateway, origin: EmbeddedServer) -> None:
    """Which is also what a timeout beyond 29 s depends on."""
    integration = {
        "type": "http_proxy",
        "httpMethod": "GET",
        "uri": origin.url("/transfer-encoding"),
        "timeoutInMillis": 60_000,
    }
    method = {"responses": {}, "x-amazon-apigateway-integration": integration}
    document = json.dumps(
        {"openapi": "3.0.1", "info": {"title": "x", "version": "1"}, "paths": {"/x": {"get": method}}}
    )
    client = gateway.client("apigateway")
    for kind in ("REGIONAL", "PRIVATE"):
        api = client.import_rest_api(body=document, parameters={"endpointConfigurationTypes": kind})
        assert api["endpointConfiguration"]["types"] == [kind]
        assert client.get_rest_api(restApiId=api["id"])["endpointConfiguration"]["types"] == [kind]
    client.put_rest_api(restApiId=api["id"], mode="overwrite", body=document)
    assert client.get_rest_api(restApiId=api["id"])["endpointConfiguration"]["types"] == ["PRIVATE"]
    for parameters in ({}, {"endpointConfigurationTypes": "EDGE"}, {"endpointConfigurationTypes": "LOCAL"}):
        with pytest.raises(client.exceptions.BadRequestException):
            client.import_rest_api(body=document, parameters=parameters)


def test_an_edge_optimised_api_has_twenty_nine_seconds_at_most(gateway: Gateway) -> None:
    client = gateway.client("apigateway")
    edge, regional = gateway.rest(FUNCTION, types=("EDGE",)), gateway.rest(FUNCTION)
    change = [{"op": "replace", "path": "/timeoutInMillis", "value": "29001"}]
    assert client.update_integration(**where(regional), patchOperations=change)["timeoutInMillis"] == 29_001
    with pytest.raises(client.exceptions.BadRequestException):
        client.update_integration(**where(edge), patchOperations=change)


def test_tags(gateway: Gateway) -> None:
    client = gateway.client("apigateway")
    api = gateway.rest(FUNCTION, api={"tags": {"run": "1"}})
    arn = f"arn:aws:apigateway:{REGION}::/restapis/{api.id}"
    for resource, held in ((arn, {"run": "1"}), (f"{arn}/stages/prod", {})):
        assert client.get_tags(resourceArn=resource)["tags"] == held
        client.tag_resource(resourceArn=resource, tags={"a": "1", "b": "2", "c/d": "3"})
        assert client.get_tags(resourceArn=resource)["tags"] == {**held, "a": "1", "b": "2", "c/d": "3"}
        client.untag_resource(resourceArn=resource, tagKeys=["a", "c/d"])
        assert client.get_tags(resourceArn=resource)["tags"] == {**held, "b": "2"}
    assert client.get_rest_api(restApiId=api.id)["tags"] == {"run": "1", "b": "2"}
    assert client.get_stage(restApiId=api.id, stageName="prod")["tags"] == {"b": "2"}
    for missing in (f"{arn}x", f"{arn}/stages/none"):
        with pytest.raises(client.exceptions.NotFoundException):
            client.get_tags(resourceArn=missing)


def test_a_method_can_be_tested_before_it_is_deployed(gateway: Gateway) -> None:
    """The stream is buffered until it is done."""
    client = gateway.client("apigateway")
    api = gateway.rest(STREAMING.format(gateway.folder("node_rest")), "STREAM", path="items/{id}")
    client.delete_stage(restApiId=api.id, stageName="prod")
    answer = client.test_invoke_method(**where(api), pathWithQueryString="/items/5?count=3&interval_ms=50")
    assert answer["status"] == 200 and answer["headers"]["content-type"].startswith("text/plain")
    assert [json.loads(line)["seq"] for line in answer["body"].splitlines()] == [0, 1, 2]
    assert answer["latency"] >= 100
    with pytest.raises(client.exceptions.NotFoundException):
        client.test_invoke_method(**{**where(api), "httpMethod": "GET"})


def test_a_test_ends_after_a_megabyte_or_thirty_five_seconds(
    small_gateway: Gateway, origin: EmbeddedServer
) -> None:
    """Here 10,486 bytes and 0.35 s."""
    client = small_gateway.client("apigateway")
    api = small_gateway.rest(origin.url("/transfer-encoding"), "STREAM", kind="HTTP_PROXY")

    def test(query: str) -> dict[str, Any]:
        answer: dict[str, Any] = client.test_invoke_method(**where(api), pathWithQueryString="/x?" + query)
        return answer

    assert len(test("count=5&interval_ms=0&pad=4000")["body"]) == 10_486
    slow = test("count=5&interval_ms=250")
    assert slow["status"] == 200 and 1 <= slow["body"].count("seq") <= 2
    silent = small_gateway.function("answers.silent")
    waiting = small_gateway.rest(STREAMING.format(silent), "STREAM")
    assert client.test_invoke_method(**where(waiting), pathWithQueryString="/x")["status"] == 0


def test_deleted_apis_give_their_ports_back(gateway: Gateway) -> None:
    rest = gateway.rest(FUNCTION)
    http_client = gateway.client("apigatewayv2")
    created = http_client.create_api(Name="x", ProtocolType="HTTP")
    assert http_client.get_api(ApiId=created["ApiId"])["ApiEndpoint"] == created["ApiEndpoint"]
    urls = [rest.url, created["ApiEndpoint"]]
    assert all(is_open(url) for url in urls)
    gateway.client("apigateway").delete_rest_api(restApiId=rest.id)
    http_client.delete_api(ApiId=created["ApiId"])
    assert not any(is_open(url) for url in urls)
    with urllib.request.urlopen(f"{gateway.account.endpoint_url}/_local/endpoints") as response:
        ids = {endpoint["id"] for endpoint in json.load(response)}
    assert not ids & {rest.id, created["ApiId"]}


def is_open(url: str) -> bool:
    parts = urlsplit(url)
    with socket.socket() as client:
        return client.connect_ex((parts.hostname or "", parts.port or 0)) == 0
