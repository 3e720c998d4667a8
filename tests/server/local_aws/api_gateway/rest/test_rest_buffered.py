"""REST APIs, BUFFERED: the event of payload format 1.0, results, errors, routes and stages."""

import base64
import json

import pytest

from tests.support.gateway import BUFFERED, REGION, Gateway
from tests.support.gateway_clients import curl, curl_head, event_of
from tests.support.guests import Function, returning


@pytest.fixture(scope="module")
def echo_uri(gateway: Gateway) -> str:
    return BUFFERED.format(gateway.function("answers.with_status"))


def test_the_event(gateway: Gateway, echo_uri: str) -> None:
    api = gateway.rest(echo_uri, path="items/{id}")
    event = event_of(
        api.url + "/items/a%20b?one=1&two=2&two=3", "-H", "X-Twice: 1", "-H", "X-Twice: 2", "-d", "body"
    )
    assert event["resource"] == "/items/{id}" and event["path"] == "/items/a%20b"
    assert event["httpMethod"] == "POST"
    assert event["pathParameters"] == {"id": "a%20b"}
    assert event["queryStringParameters"] == {"one": "1", "two": "3"}
    assert event["multiValueQueryStringParameters"] == {"one": ["1"], "two": ["2", "3"]}
    assert event["headers"]["X-Twice"] == "2" and event["headers"]["User-Agent"].startswith("curl/")
    assert event["multiValueHeaders"]["X-Twice"] == ["1", "2"]
    assert event["headers"]["X-Forwarded-Proto"] == "https"
    assert (event["body"], event["isBase64Encoded"], event["stageVariables"]) == ("body", False, None)
    context = event["requestContext"]
    assert context["apiId"] == api.id and context["stage"] == "prod"
    assert context["path"] == "/prod/items/a%20b" and context["resourcePath"] == "/items/{id}"
    assert context["domainName"] == f"{api.id}.execute-api.{REGION}.amazonaws.com"
    assert context["identity"]["sourceIp"] == "127.0.0.1"


def test_what_is_not_there_is_null(gateway: Gateway, echo_uri: str) -> None:
    event = event_of(gateway.rest(echo_uri, path="").url + "/")
    for name in ("body", "pathParameters", "queryStringParameters", "multiValueQueryStringParameters"):
        assert event[name] is None


def test_a_greedy_variable_takes_the_rest_and_fixed_parts_win(gateway: Gateway, echo_uri: str) -> None:
    api = gateway.rest(echo_uri, path="files/{proxy+}")
    client = gateway.client("apigateway")
    files = next(r for r in client.get_resources(restApiId=api.id)["items"] if r["path"] == "/files")
    fixed = client.create_resource(restApiId=api.id, parentId=files["id"], pathPart="fixed")["id"]
    where = {"restApiId": api.id, "resourceId": fixed, "httpMethod": "GET"}
    client.put_method(**where, authorizationType="NONE")
    client.put_integration(**where, type="AWS_PROXY", integrationHttpMethod="POST", uri=echo_uri)
    assert event_of(api.url + "/files/fixed")["resource"] == "/files/{proxy+}", "not deployed yet"
    client.create_deployment(restApiId=api.id, stageName="prod")
    assert event_of(api.url + "/files/fixed")["resource"] == "/files/fixed"
    assert event_of(api.url + "/files/a/b")["pathParameters"] == {"proxy": "a/b"}
    assert curl_head("-X", "POST", api.url + "/files/fixed")[0] == 403


def test_stage_variables_reach_the_event_and_the_uri(gateway: Gateway) -> None:
    name = gateway.account.deploy("answers.with_status")
    arn = gateway.permit(name)
    api = gateway.rest(BUFFERED.format(arn.replace(name, "${stageVariables.function}")))
    client = gateway.client("apigateway")
    deployment = client.create_deployment(restApiId=api.id)["id"]
    client.create_stage(
        restApiId=api.id, stageName="next", deploymentId=deployment, variables={"function": name}
    )
    url = api.url.replace("/prod", "/next")
    assert event_of(url + "/x")["stageVariables"] == {"function": name}
    assert curl_head(api.url + "/x")[0] == 500


def test_results(gateway: Gateway) -> None:
    value = {
        "statusCode": "418",
        "headers": {"X-One": 1, "Date": "never", "Content-Length": "7"},
        "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]},
        "body": "teapot",
    }
    _, text = curl("-i", gateway.rest(BUFFERED.format(gateway.function(*returning(value)))).url + "/x")
    head = text.replace("\r\n", "\n").partition("\n\n")[0].lower()
    assert head.startswith("http/1.1 418 ") and text.endswith("teapot")
    for line in (
        "x-one: 1",
        "set-cookie: a=1",
        "set-cookie: b=2",
        "x-amzn-remapped-date: never",
        "x-amzn-remapped-content-length: 7",
        "content-length: 6",
        "content-type: application/json",
    ):
        assert line in head.splitlines()


@pytest.mark.parametrize(
    "function",
    [
        ("answers.returned", "not json"),
        returning("text"),
        returning({"message": "no status"}),
        returning({"statusCode": 99}),
        returning({"statusCode": 200, "body": {"not": "a string"}}),
        returning({"statusCode": 200, "headers": "none"}),
        returning({"statusCode": 200, "headers": {"X": "a\r\nb"}}),
        ("failures.reports_oops", None),
        ("basic.exits", None),
    ],
)
def test_a_malformed_result_or_a_failure_is_a_502(gateway: Gateway, function: Function) -> None:
    status, headers, text = curl_head(gateway.rest(BUFFERED.format(gateway.function(*function))).url + "/x")
    assert (status, json.loads(text)) == (502, {"message": "Internal server error"})
    assert headers["x-amzn-errortype"] == "InternalServerErrorException"


def test_without_permission_lambda_does_not_invoke(gateway: Gateway, echo_uri: str) -> None:
    name = gateway.account.deploy("answers.with_status")
    arn = gateway.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    api = gateway.rest(BUFFERED.format(arn), path="items/{id}")
    assert curl_head(api.url + "/items/1")[0] == 500
    other = f"arn:aws:execute-api:{REGION}:123456789012:{api.id}/*/POST/items/*"
    gateway.permit(name, other)
    assert curl_head(api.url + "/items/1")[0] == 500
    gateway.permit(name, other.replace("POST", "GET"))
    assert curl_head(api.url + "/items/1")[0] == 200


def test_unknown_stages_paths_and_methods(gateway: Gateway, echo_uri: str) -> None:
    api = gateway.rest(echo_uri, path="items")
    root = api.url.removesuffix("/prod")
    assert json.loads(curl_head(root + "/other/items")[2]) == {"message": "Forbidden"}
    for path in ("/", "/items/1", "/other"):
        status, headers, body = curl_head(api.url + path)
        assert (status, json.loads(body)) == (403, {"message": "Missing Authentication Token"})
        assert headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"


def test_binary_media_types(gateway: Gateway, echo_uri: str) -> None:
    data = base64.b64encode(b"\xff\xfe").decode()
    png = {"statusCode": 200, "headers": {"Content-Type": "image/png"}, "body": data, "isBase64Encoded": True}
    uri = BUFFERED.format(gateway.function(*returning(png)))
    binary = {"binaryMediaTypes": ["image/*"]}
    assert curl(gateway.rest(uri, api=binary).url + "/x")[1] == data, "curl accepts */*, which is not image/*"
    code = curl(
        gateway.rest(uri, api=binary).url + "/x",
        "-H",
        "Accept: image/png",
        "-o",
        "/dev/null",
        "-w",
        "%{size_download}",
    )
    assert code == (0, "2")
    event = event_of(
        gateway.rest(echo_uri, api=binary).url + "/x", "-H", "Content-Type: image/png", "--data-binary", "abc"
    )
    assert event["isBase64Encoded"] and base64.b64decode(event["body"]) == b"abc"


def test_a_request_that_is_too_long(small_gateway: Gateway) -> None:
    """10 MB, and Lambda's 6 MB: here 105 kB and 63 kB."""
    url = small_gateway.rest(BUFFERED.format(small_gateway.function("answers.with_status"))).url + "/x"
    for size in (70_000, 120_000):
        status, _, body = curl_head(url, "-d", "x" * size)
        assert (status, json.loads(body)) == (413, {"message": "Request Too Long"})


def test_headers_may_have_ten_thousand_bytes(gateway: Gateway, echo_uri: str) -> None:
    url = gateway.rest(echo_uri).url + "/x"
    assert curl_head(url, "-H", "X-Long: " + "x" * 9_000)[0] == 200
    assert curl_head(url, "-H", "X-Long: " + "x" * 10_240)[0] == 431


def test_twenty_nine_seconds(small_gateway: Gateway) -> None:
    """Here 0.29 s."""
    slow = small_gateway.function("answers.late", 2)
    status, _, body = curl_head(small_gateway.rest(BUFFERED.format(slow)).url + "/x")
    assert (status, json.loads(body)) == (504, {"message": "Endpoint request timed out"})


def test_a_regional_api_may_have_more_than_twenty_nine_seconds(small_gateway: Gateway) -> None:
    """290 s, here 2.9 s; the limit that is not raised is 0.29 s."""
    slow = small_gateway.function("answers.late", 0.7)
    api = small_gateway.rest(BUFFERED.format(slow), timeoutInMillis=290_000)
    curl_head(api.url + "/x")  # the first call starts the function
    assert curl_head(api.url + "/x")[0] == 200
    client = small_gateway.client("apigateway")
    change = {"op": "replace", "path": "/endpointConfiguration/types/REGIONAL", "value": "EDGE"}
    client.update_rest_api(restApiId=api.id, patchOperations=[change])
    assert curl_head(api.url + "/x")[0] == 504


def test_a_timeout_of_the_integration(gateway: Gateway) -> None:
    slow = gateway.function("answers.late", 5)
    status, _, _ = curl_head(gateway.rest(BUFFERED.format(slow), timeoutInMillis=500).url + "/x")
    assert status == 504
