"""REST APIs, MOCK: the documented set-ups of CORS and of mock pages, and imports with methods that are not
served."""

import json
from typing import Any

import pytest

from server.embedded import EmbeddedServer
from tests.support.gateway import BUFFERED, Gateway, RestApi
from tests.support.gateway_clients import curl, curl_head

STATUS_BY_SCOPE = """{
  #if( $input.params('scope') == "internal" )
    "statusCode": 200
  #else
    "statusCode": 500
  #end
}"""
"""As in docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html (checked
2026-11)."""

CORS_OF_CDK = """#set($origin = $input.params().header.get("Origin"))
#if($origin == "") #set($origin = $input.params().header.get("origin")) #end
#if($origin.matches("https://b.example") || $origin.matches("https://c.example"))
  #set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)
#end"""
"""As `defaultCorsPreflightOptions` writes it (github.com/aws/aws-cdk, aws-apigateway/lib/resource.ts)."""

STATUS_200 = {"application/json": '{"statusCode": 200}'}


def where(api: RestApi) -> dict[str, str]:
    return {"restApiId": api.id, "resourceId": api.resource, "httpMethod": "ANY"}


def mocked(gateway: Gateway, responses: list[dict[str, Any]], **integration: Any) -> str:
    """An API whose one resource `x` is a mock; its URL."""
    integration.setdefault("requestTemplates", STATUS_200)
    api = gateway.rest("", kind="MOCK", path="x", **integration)
    client = gateway.client("apigateway")
    for response in responses:
        client.put_integration_response(**where(api), **response)
    client.create_deployment(restApiId=api.id, stageName="prod")
    return api.url + "/x"


def test_the_documented_answer_to_a_preflight(gateway: Gateway) -> None:
    parameters = {
        "method.response.header.Access-Control-Allow-Origin": "'*'",
        "method.response.header.Access-Control-Allow-Methods": "'GET,OPTIONS'",
        "method.response.header.X-Stage": "context.stage",
        "method.response.header.X-None": "stageVariables.none",
    }
    url = mocked(gateway, [{"statusCode": "204", "responseParameters": parameters}])
    status, headers, body = curl_head("-X", "OPTIONS", "-H", "Origin: https://a.example", url)
    assert (status, body) == (204, "")
    assert headers["access-control-allow-origin"] == "*"
    assert headers["access-control-allow-methods"] == "GET,OPTIONS"
    assert headers["x-stage"] == "prod" and "x-none" not in headers


@pytest.mark.parametrize(
    ("sent", "allowed"),
    [
        (("-H", "Origin: https://c.example"), "https://c.example"),
        (("-H", "origin: https://b.example"), "https://b.example"),
        (("-H", "Origin: https://d.example"), "https://a.example"),
        ((), "https://a.example"),
    ],
)
def test_several_origins_as_the_cdk_allows_them(cdk_cors: str, sent: tuple[str, ...], allowed: str) -> None:
    assert curl_head("-X", "OPTIONS", *sent, cdk_cors)[1]["access-control-allow-origin"] == allowed


@pytest.fixture(scope="module")
def cdk_cors(gateway: Gateway) -> str:
    response = {
        "statusCode": "204",
        "responseParameters": {"method.response.header.Access-Control-Allow-Origin": "'https://a.example'"},
        "responseTemplates": {"application/json": CORS_OF_CDK},
    }
    return mocked(
        gateway,
        [response],
        requestTemplates={"application/json": "{ statusCode: 204 }".replace("statusCode", '"statusCode"')},
    )


def test_the_documented_mock_selects_its_response_by_status(gateway: Gateway) -> None:
    responses = [
        {"statusCode": "200", "responseTemplates": {"application/json": '{"message": "Go ahead"}'}},
        {
            "statusCode": "503",
            "selectionPattern": "5\\d{2}",
            "responseTemplates": {"text/html": "<p>$context.httpMethod $input.params('scope')</p>"},
        },
    ]
    url = mocked(gateway, responses, requestTemplates={"application/json": STATUS_BY_SCOPE})
    status, headers, body = curl_head(url + "?scope=internal")
    assert (status, json.loads(body)) == (200, {"message": "Go ahead"})
    assert headers["content-type"] == "application/json"
    status, headers, body = curl_head(url + "?scope=other")
    assert (status, body) == (503, "<p>GET other</p>")
    assert headers["content-type"] == "text/html"


def test_what_passes_without_a_template_and_what_fails(gateway: Gateway) -> None:
    """The body itself may say the status; text has no template and may not pass; no response fits a 404."""
    plain = ("-H", "Content-Type: text/plain")
    template = '{"statusCode": $input.params("status"),}'
    url = mocked(
        gateway,
        [{"statusCode": "201", "selectionPattern": "20\\d"}, {"statusCode": "202", "selectionPattern": "4"}],
        requestTemplates={"application/json": template},
    )
    never = mocked(gateway, [{"statusCode": "200"}], passthroughBehavior="NEVER")
    assert curl_head(*plain, "-d", '{"statusCode": 200}', url)[0] == 201
    assert curl_head(url + "?status=204")[0] == 201, "the response's status, not the template's"
    for failing in (url, url + "?status=404", url + "?status=x"):
        status, headers, body = curl_head(failing)
        assert (status, json.loads(body)) == (500, {"message": "Internal server error"})
        assert headers["x-amzn-errortype"] == "InternalServerErrorException"
    status, _, body = curl_head(*plain, "-d", "text", never)
    assert (status, json.loads(body)) == (415, {"message": "Unsupported Media Type"})


def test_a_template_that_is_not_evaluated_is_refused_at_deployment(gateway: Gateway) -> None:
    client = gateway.client("apigateway")
    api = gateway.rest("", kind="MOCK", path="x", requestTemplates=STATUS_200)
    bad = {"application/json": "$input.body.split(',')"}
    patch = [{"op": "add", "path": "/requestTemplates/application~1json", "value": bad["application/json"]}]
    for call in (
        lambda: client.put_integration(**where(api), type="MOCK", requestTemplates=bad),
        lambda: client.put_integration_response(**where(api), statusCode="200", responseTemplates=bad),
        lambda: client.update_integration(**where(api), patchOperations=patch),
    ):
        with pytest.raises(client.exceptions.BadRequestException, match=r"ANY /x .*the call split\(\)"):
            call()
    for settings in ({"statusCode": "999"}, {"statusCode": "200", "selectionPattern": "("}):
        with pytest.raises(client.exceptions.BadRequestException):
            client.put_integration_response(**where(api), **settings)
    assert client.get_integration(**where(api))["requestTemplates"] == STATUS_200, "nothing has changed"


def test_a_mock_can_be_tested_before_it_is_deployed(gateway: Gateway) -> None:
    client = gateway.client("apigateway")
    api = gateway.rest("", kind="MOCK", path="x", requestTemplates=STATUS_200)
    template = {"application/json": "$input.params('q') $stageVariables.v"}
    client.put_integration_response(**where(api), statusCode="200", responseTemplates=template)
    answer = client.test_invoke_method(**where(api), pathWithQueryString="/x?q=1", stageVariables={"v": "2"})
    assert (answer["status"], answer["body"]) == (200, "1 2")


def as_sam_writes_it(uri: str) -> dict[str, Any]:
    """The document of SAM for `Cors: "'*'"`, and three methods that are not served here."""
    mock = {
        "type": "mock",
        "requestTemplates": {"application/json": '{\n  "statusCode" : 200\n}\n'},
        "responses": {
            "default": {
                "statusCode": 200,
                "responseTemplates": {"application/json": "{}\n"},
                "responseParameters": {"method.response.header.Access-Control-Allow-Origin": "'*'"},
            }
        },
    }
    proxy = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri, "passthroughBehavior": "when_no_match"}
    other = {"type": "aws", "httpMethod": "POST", "uri": "arn:aws:apigateway:ap-northeast-1:sqs:path/a/b"}
    linked = {
        "type": "http_proxy", "httpMethod": "GET", "uri": "http://x.example", "connectionType": "vpc_link",
    }  # fmt: skip
    extension = "x-amazon-apigateway-integration"
    return {
        "swagger": "2.0",
        "info": {"title": "sam", "version": "1.0"},
        "basePath": "/prod",
        "paths": {
            "/": {"get": {extension: proxy}},
            "/x": {
                "parameters": [{"name": "q", "in": "query"}],
                "options": {"responses": {"200": {"description": "default"}}, extension: mock},
                "get": {"responses": {}, extension: proxy},
                "put": {"responses": {}, extension: other},
                "patch": {"responses": {}, extension: linked},
                "post": {"security": [{"key": []}], "responses": {}, extension: proxy},
            },
        },
    }


def test_one_method_that_is_not_served_does_not_refuse_an_import(gateway: Gateway) -> None:
    uri = BUFFERED.format(gateway.function("answers.with_status"))
    document = json.dumps(as_sam_writes_it(uri))
    client = gateway.client("apigateway")
    api = client.import_rest_api(body=document)
    client.put_rest_api(restApiId=api["id"], mode="overwrite", body=document)
    client.create_deployment(restApiId=api["id"], stageName="prod")
    url = gateway.url_of(api["id"]) + "/prod/x"
    status, headers, body = curl_head("-X", "OPTIONS", url)
    assert (status, body, headers["access-control-allow-origin"]) == (200, "{}\n", "*")
    assert curl_head(url)[0] == 200 and curl_head(url.removesuffix("x"))[0] == 200
    for method, lacking in (
        ("PUT", "integrations of type AWS"),
        ("PATCH", "VPC links"),
        ("POST", "authorization"),
    ):
        status, _, body = curl_head("-X", method, url)
        message = json.loads(body)["message"]
        assert status == 501 and message.startswith(f"LOCAL: {method} /x ") and lacking in message
    resources = client.get_resources(restApiId=api["id"], embed=["methods"])["items"]
    held = next(each for each in resources if each["path"] == "/x")["resourceMethods"]
    assert held["PUT"]["methodIntegration"]["type"] == "AWS"
    assert (held["POST"]["authorizationType"], held["GET"]["authorizationType"]) == ("CUSTOM", "NONE")
    assert held["GET"]["methodIntegration"]["passthroughBehavior"] == "WHEN_NO_MATCH"


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda paths: paths["/x"].update(get=1),
        lambda paths: paths["/x"]["options"]["x-amazon-apigateway-integration"].update(responses=[1]),
        lambda paths: paths["/x"]["options"]["x-amazon-apigateway-integration"]["responses"].update(
            {"404": {"responseTemplates": {}}}
        ),
        lambda paths: paths.update({"/y": 1}),
    ],
    ids=["method", "responses", "status", "path"],
)
def test_an_import_that_is_malformed(gateway: Gateway, spoilt: Any) -> None:
    document = as_sam_writes_it(BUFFERED.format("arn:aws:lambda:ap-northeast-1:123456789012:function:none"))
    spoilt(document["paths"])
    client = gateway.client("apigateway")
    with pytest.raises(client.exceptions.BadRequestException):
        client.import_rest_api(body=json.dumps(document))


def test_the_page_of_a_mock_streams_from_a_neighbour(gateway: Gateway, origin: EmbeddedServer) -> None:
    """As AWS's sample of REST streams: a page from a mock, and its stream from the same API."""
    page = "<script>new EventSource('stream')</script>"
    extension = "x-amazon-apigateway-integration"
    document = {
        "openapi": "3.0.1",
        "info": {"title": "sample", "version": "1"},
        "paths": {
            "/": {
                "get": {
                    extension: {
                        "type": "mock",
                        "requestTemplates": STATUS_200,
                        "responses": {
                            "default": {
                                "statusCode": "200",
                                "responseTemplates": {"text/html": page},
                                "responseParameters": {
                                    "method.response.header.Content-Type": "'text/html; charset=utf-8'"
                                },
                            }
                        },
                    }
                }
            },
            "/stream": {
                "get": {
                    extension: {
                        "type": "http_proxy",
                        "httpMethod": "GET",
                        "uri": origin.url("/sse"),
                        "responseTransferMode": "STREAM",
                    }
                }
            },
        },
    }
    client = gateway.client("apigateway")
    api = client.import_rest_api(body=json.dumps(document))
    client.create_deployment(restApiId=api["id"], stageName="prod")
    url = gateway.url_of(api["id"]) + "/prod/"
    status, headers, body = curl_head(url)
    assert (status, body, headers["content-type"]) == (200, page, "text/html; charset=utf-8")
    assert curl(url + "stream?count=2&interval_ms=0")[1].count("event: test") == 2
