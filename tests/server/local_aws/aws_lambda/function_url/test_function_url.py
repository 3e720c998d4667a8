"""Function URLs: the event, the mappings, the prelude, CORS, who may call, and the configuration's API."""

import asyncio
import gzip
import http.client
import json
import zlib
from contextlib import closing
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import boto3
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from server.local_aws.aws_lambda.function_url.config import FunctionUrls
from server.local_aws.aws_lambda.function_url.front_door import FunctionUrl
from server.local_aws.aws_lambda.functions import functions_of
from server.local_aws.control_plane.call import ApiAnswer, ApiCall
from server.local_aws.control_plane.endpoints import Endpoints
from server.local_aws.platform.behaviour import Behaviour
from server.local_aws.platform.limits import Limits
from server.local_aws.stand_in import StandIn
from tests.support.account import Account
from tests.support.guests import Function, writes
from tests.support.http_client import request
from tests.support.signing import iam_url, sign


def event_of(aws: Account, path: str = "", **arguments: Any) -> dict[str, Any]:
    """The event a function gets: a RESPONSE_STREAM URL does not interpret it."""
    url = aws.url(aws.deploy("basic.echo"))
    document: dict[str, Any] = json.loads(request(url.rstrip("/") + "/" + path, **arguments).body)
    return document


def test_the_event_of_a_get(aws: Account) -> None:
    event = event_of(
        aws,
        "pa2%Fth/1?a=1&a=2&b=%20x&c",
        headers={"Cookie": "k=v; l=w", "X-Twice": "one", "x-TWICE": "two", "User-Agent": "test"},
    )
    assert event["version"] == "2.0"
    assert event["routeKey"] == event["requestContext"]["routeKey"] == "$default"
    assert event["rawPath"] == event["requestContext"]["http"]["path"] == "/pa2%Fth/1"
    assert event["rawQueryString"] == "a=1&a=2&b=%20x&c"
    assert event["queryStringParameters"] == {"a": "1,2", "b": " x", "c": ""}
    assert event["cookies"] == ["k=v", "l=w"]
    assert event["headers"]["x-twice"] == "one,two"
    assert event["isBase64Encoded"] is False
    assert "body" not in event
    context = event["requestContext"]
    assert context["http"]["method"] == "GET"
    assert context["http"]["sourceIp"] == "127.0.0.1"
    assert context["http"]["userAgent"] == "test"
    assert context["accountId"] == "anonymous"
    assert context["stage"] == "$default"
    assert context["domainName"] == f"{context['apiId']}.lambda-url.ap-northeast-1.on.aws"
    assert "authorizer" not in context
    for name in ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-port", "x-amzn-trace-id", "host"):
        assert event["headers"][name]


@pytest.mark.parametrize(
    ("content_type", "sent", "body", "is_base64"),
    [
        ("application/json", b'{"a":1}', '{"a":1}', False),
        ("text/plain", "é".encode(), "é", False),
        ("multipart/form-data; boundary=x", b"--x--", "LS14LS0=", True),
        ("application/octet-stream", b"\xff\x00", "/wA=", True),
        ("text/plain", b"\xff", "/w==", True),
    ],
)
def test_the_body_in_the_event(
    aws: Account, content_type: str, sent: bytes, body: str, is_base64: bool
) -> None:
    event = event_of(aws, method="POST", headers={"Content-Type": content_type}, body=sent)
    assert (event["body"], event["isBase64Encoded"]) == (body, is_base64)


@pytest.mark.parametrize(
    ("result", "status", "content_type", "body"),
    [
        ('{"statusCode": 201, "headers": {"content-type": "a/b"}, "body": "x"}', 201, "a/b", b"x"),
        ('{"statusCode": "418", "body": "tea"}', 418, "application/json", b"tea"),
        ('{"statusCode": 200, "body": "aGk=", "isBase64Encoded": true}', 200, "application/json", b"hi"),
        ('{"message": "no status"}', 200, "application/json", b'{"message":"no status"}'),
        ('"bare"', 200, "application/json", b"bare"),
        ("[1, 2.5, true]", 200, "application/json", b"[1,2.5,true]"),
        ("not json", 200, "application/json", b"not json"),
        ('{"statusCode": 200, "headers": {"x-é": "b"}}', 502, "text/plain", b"Internal Server Error"),
        ('{"statusCode": 200, "headers": {"x-a": " é "}, "body": "\\ud800"}', 200, "application/json", b"?"),
        ('{"statusCode": 99}', 502, "text/plain", b"Internal Server Error"),
        ('{"statusCode": 200, "headers": {"a b": "c"}}', 502, "text/plain", b"Internal Server Error"),
        ('{"statusCode": 200, "headers": {"a": "b\\r\\nc: d"}}', 502, "text/plain", b"Internal Server Error"),
    ],
)
def test_buffered_results(aws: Account, result: str, status: int, content_type: str, body: bytes) -> None:
    answer = request(aws.url(aws.deploy("answers.returned", result.encode()), "BUFFERED"))
    assert (answer.status, answer.header("content-type"), answer.body) == (status, content_type, body)
    assert answer.header("x-amzn-RequestId")
    assert answer.header("X-Amzn-Trace-Id")
    assert answer.complete


def test_cookies_become_set_cookie_headers(aws: Account) -> None:
    result = b'{"statusCode": 204, "cookies": ["a=1; Secure", "b=2"]}'
    answer = request(aws.url(aws.deploy("answers.returned", result), "BUFFERED"))
    assert (answer.status, answer.body) == (204, b"")
    assert answer.all("set-cookie") == ["a=1; Secure", "b=2"]


def test_a_streaming_url_does_not_unwrap_an_envelope(aws: Account) -> None:
    result = b'{"statusCode": 418, "body": "tea"}'
    answer = request(aws.url(aws.deploy("answers.returned", result)))
    assert (answer.status, answer.body) == (200, result)
    assert answer.header("transfer-encoding") == "chunked"


PRELUDE = b'{"statusCode":201,"headers":{"x-a":"b","content-length":"3"},"cookies":["c=1"],"status":500}'


@pytest.mark.parametrize("size", [1, 7, 50, 1000])
def test_a_prelude_may_be_split_anywhere(aws: Account, size: int) -> None:
    stream = PRELUDE + bytes(8) + b"body" + bytes(8) + b"more"
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    answer = request(aws.url(aws.deploy(*writes(*pieces))))
    assert (answer.status, answer.body, answer.complete) == (201, b"body" + bytes(8) + b"more", True)
    assert answer.header("x-a") == "b"
    assert answer.header("x-amzn-remapped-content-length") == "3"
    assert answer.all("set-cookie") == ["c=1"]
    assert answer.header("content-type") == "application/octet-stream"


@pytest.mark.parametrize(
    ("posted", "status", "body"),
    [
        ([], 200, b""),
        ([b"{}", bytes(8)], 200, b""),
        ([b'{"statusCode":404}', bytes(8)], 404, b""),
        ([b"data without a prelude"], 502, b"Internal Server Error"),
        ([b"{", bytes(8), b"x"], 502, b"Internal Server Error"),
        ([b'{"statusCode":101}', bytes(8), b"x"], 502, b"Internal Server Error"),
        ([b'{"headers":{"a b":"c"}}', bytes(8), b"x"], 502, b"Internal Server Error"),
    ],
)
def test_preludes_and_what_is_none(aws: Account, posted: list[bytes], status: int, body: bytes) -> None:
    answer = request(aws.url(aws.deploy(*writes(*posted))))
    assert (answer.status, answer.body, answer.complete) == (status, body, True)


def test_each_chunk_stays_a_chunk_and_the_content_type_is_the_runtimes(aws: Account) -> None:
    function = writes(b"a", b"bc", b"def", content_type="Content-Type: text/event-stream")
    answer = request(aws.url(aws.deploy(*function)))
    assert answer.chunks == [b"a", b"bc", b"def"]
    assert answer.header("content-type") == "text/event-stream"
    assert answer.header("connection") == "close"


def test_head_has_no_body(aws: Account) -> None:
    answer = requests.head(aws.url(aws.deploy("basic.stamped", [3, 0])), timeout=30)
    assert (answer.status_code, answer.content) == (200, b"")


CORS = {
    "AllowOrigins": ["https://page.example"],
    "AllowMethods": ["GET"],
    "AllowHeaders": ["x-mine"],
    "ExposeHeaders": ["x-seen"],
    "AllowCredentials": True,
    "MaxAge": 60,
}


def test_cors_preflight_and_request(aws: Account) -> None:
    url = aws.url(aws.deploy("basic.one"), "BUFFERED", Cors=CORS)
    asking = {"Origin": "https://page.example", "Access-Control-Request-Method": "GET"}
    preflight = request(url, "OPTIONS", asking)
    assert preflight.status == 200
    assert preflight.header("access-control-allow-origin") == "https://page.example"
    assert preflight.header("access-control-allow-methods") == "GET"
    assert preflight.header("access-control-allow-headers") == "x-mine"
    assert preflight.header("access-control-max-age") == "60"
    answer = request(url, headers={"Origin": "https://page.example"})
    assert answer.header("access-control-allow-origin") == "https://page.example"
    assert answer.header("access-control-allow-credentials") == "true"
    assert answer.header("access-control-expose-headers") == "x-seen"
    stranger = request(url, headers={"Origin": "https://other.example"})
    assert (stranger.status, stranger.header("access-control-allow-origin")) == (200, None)


FORBIDDEN = {
    "Message": "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
}


@pytest.mark.parametrize("missing", ["url", "function"])
def test_without_both_permissions_a_public_url_is_forbidden(aws: Account, missing: str) -> None:
    name = aws.deploy("basic.one")
    url = aws.url(name)
    assert request(url).status == 200
    aws.client("lambda").remove_permission(FunctionName=name, StatementId=missing)
    answer = request(url)
    assert (answer.status, json.loads(answer.body)) == (403, FORBIDDEN)
    assert answer.header("x-amzn-ErrorType") == "AccessDeniedException"
    assert answer.header("content-type") == "application/json"


def test_permissions_appear_as_conditions_in_the_policy(aws: Account) -> None:
    name = aws.deploy("basic.nothing")
    aws.permit(name)
    policy = json.loads(aws.client("lambda").get_policy(FunctionName=name)["Policy"])
    assert [statement["Condition"] for statement in policy["Statement"]] == [
        {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
        {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
    ]


def test_a_signed_request_of_the_account_itself_is_let_in(aws: Account) -> None:
    url = iam_url(aws) + "path?q=1%202"
    answer = requests.post(url, data=b"x", headers=sign(url, "test", "test", b"x"), timeout=30)
    assert answer.status_code == 200
    context = answer.json()["requestContext"]
    assert context["authorizer"]["iam"]["accessKey"] == "test"
    assert context["authorizer"]["iam"]["userArn"] == "arn:aws:iam::123456789012:root"
    assert context["accountId"] == "123456789012"


def test_wrong_signatures_are_refused(aws: Account) -> None:
    url = iam_url(aws)
    for headers, body, message in (
        ({}, b"", "Missing Authentication Token"),
        (sign(url, "test", "wrong"), b"", "The request signature we calculated does not match"),
        (sign(url, "test", "test", b"one"), b"two", "The request signature we calculated does not match"),
        (sign(url, "stranger", "test"), b"", "The security token included in the request is invalid"),
        (sign(url, "test", "test", service="s3"), b"", "Credential should be scoped to correct service"),
    ):
        answer = requests.post(url, data=body, headers=headers, timeout=30)
        assert answer.status_code == 403
        assert message in answer.json()["Message"]


def test_an_iam_user_needs_a_policy(aws: Account) -> None:
    url = iam_url(aws)
    iam = aws.client("iam")
    iam.create_user(UserName="reader")
    key = iam.create_access_key(UserName="reader")["AccessKey"]

    def call() -> int:
        headers = sign(url, key["AccessKeyId"], key["SecretAccessKey"])
        return requests.post(url, headers=headers, timeout=30).status_code

    assert call() == 403
    allow = {
        "Effect": "Allow",
        "Action": ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"],
        "Resource": "*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_user_policy(UserName="reader", PolicyName="call", PolicyDocument=document)
    assert call() == 200


def test_the_configurations_api(aws: Account) -> None:
    name = aws.deploy("basic.one")
    client = aws.client("lambda")
    created = client.create_function_url_config(FunctionName=name, AuthType="NONE")
    assert created["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert created["InvokeMode"] == "BUFFERED"
    assert created["FunctionUrl"].startswith("http://127.0.0.1:")
    assert created["FunctionUrl"].endswith("/")
    updated = client.update_function_url_config(FunctionName=name, InvokeMode="RESPONSE_STREAM")
    assert updated["InvokeMode"] == "RESPONSE_STREAM"
    assert updated["LastModifiedTime"]
    assert client.get_function_url_config(FunctionName=name)["FunctionUrl"] == created["FunctionUrl"]
    (listed,) = client.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]
    assert listed["FunctionUrl"] == created["FunctionUrl"]
    endpoints = requests.get(f"{aws.endpoint_url}/_local/endpoints", timeout=30).json()
    (mine,) = (endpoint for endpoint in endpoints if endpoint["url"] == created["FunctionUrl"])
    assert (mine["service"], mine["kind"]) == ("lambda", "function-url")
    with pytest.raises(ClientError, match="ResourceConflictException"):
        client.create_function_url_config(FunctionName=name, AuthType="NONE")
    client.delete_function(FunctionName=name)
    with pytest.raises(requests.ConnectionError):
        requests.get(created["FunctionUrl"], timeout=30)
    assert mine not in requests.get(f"{aws.endpoint_url}/_local/endpoints", timeout=30).json()


def test_an_unknown_invoke_mode_is_refused_as_on_aws(aws: Account) -> None:
    name = aws.deploy("basic.nothing")
    session = boto3.session.Session()
    client = session.client(
        "lambda",
        endpoint_url=aws.endpoint_url,
        region_name="ap-northeast-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    with pytest.raises(ClientError) as caught:
        client.create_function_url_config(FunctionName=name, AuthType="NONE", InvokeMode="UNKNOWN")
    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": "1 validation error detected: Value 'UNKNOWN' at 'invokeMode' failed to satisfy "
        "constraint: Member must satisfy enum value set: [RESPONSE_STREAM, BUFFERED]",
    }


@pytest.mark.parametrize(
    ("target", "path", "query"), [("/a%20b?x=http://y/z", "/a%20b", "x=http://y/z"), ("?x=1", "/", "x=1")]
)
def test_a_target_in_absolute_form_is_the_same_request(
    aws: Account, target: str, path: str, query: str
) -> None:
    """As a client sends it that has been told of a proxy. The host in the target is the one that counts."""
    url = aws.url(aws.deploy("basic.echo"))
    here = f"http://localhost:{urlsplit(url).port}"
    event = requests.get(f"{here}{target}", proxies={"http": url}, timeout=20).json()
    assert (event["rawPath"], event["rawQueryString"]) == (path, query)
    elsewhere = requests.get(f"http://anywhere.example{target}", proxies={"http": url}, timeout=20)
    assert (elsewhere.status_code, elsewhere.json()["rule"]) == (403, "host")


@pytest.mark.parametrize("mode", ["BUFFERED", "RESPONSE_STREAM"])
@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_a_body_where_http_allows_none_is_dropped(aws: Account, mode: str, method: str, status: int) -> None:
    """By a client that would take a single byte after the head for the next response."""
    if mode == "BUFFERED":
        name = aws.deploy("answers.returned", f'{{"statusCode": {status}, "body": "x"}}')
    else:
        prelude = f'{{"statusCode":{status}}}'.encode()
        name = aws.deploy(*writes(prelude + bytes(8) + b"body", b"more"))
    address = urlsplit(aws.url(name, mode)).netloc
    with closing(http.client.HTTPConnection(address, timeout=20)) as connection:
        connection.connect()
        for _ in range(2):
            kept = connection.sock
            connection.request(method, "/")
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (status, b"")
            assert connection.sock is kept


async def test_several_callers_at_once_create_and_close_one_url() -> None:
    stand_in = StandIn()
    try:
        aws = Account(await stand_in.start())
        name = await asyncio.to_thread(aws.deploy, "basic.echo")
        endpoints = Endpoints()
        functions = functions_of(stand_in._platform)
        urls = FunctionUrls(
            endpoints,
            lambda config: FunctionUrl(config, functions, Limits(), Behaviour()).serve,
        )
        call = ApiCall("POST", f"/2021-10-31/functions/{name}/url", [], b'{"AuthType": "NONE"}')
        creating = [urls.call(call, name) for _ in range(3)]
        created, *refused = await asyncio.gather(*creating, return_exceptions=True)
        assert isinstance(created, ApiAnswer) and created.status == 201
        assert [getattr(error, "code", error) for error in refused] == ["ResourceConflictException"] * 2
        (endpoint,) = json.loads(endpoints.to_json())
        await asyncio.to_thread(aws.client("lambda").delete_function, FunctionName=name)
        await asyncio.gather(urls.retire(), urls.retire(), urls.stop())
        assert json.loads(endpoints.to_json()) == []
        with pytest.raises(requests.ConnectionError):
            await asyncio.to_thread(requests.get, endpoint["url"], timeout=20)
    finally:
        await stand_in.stop()


def post_gzip(pieces: list[bytes], encoding: str = "gzip", pause: float = 0) -> Function:
    """A function that posts a prelude and then `pieces`, each with a pause after it."""
    prelude = json.dumps({"headers": {"Content-Encoding": encoding, "content-type": "text/plain"}}).encode()
    return writes(prelude + bytes(8), *(written for piece in pieces for written in (piece, pause)))


def flushed(texts: list[bytes]) -> list[bytes]:
    """One gzip stream, with all of each text in a piece of its own."""
    packer = zlib.compressobj(wbits=31)
    pieces = [packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH) for text in texts]
    return [*pieces, packer.flush()]


def test_a_gzip_body_is_inflated_as_it_comes(aws: Account) -> None:
    texts = [b"one", b"two" * 100_000, b"three"]
    for pieces in (flushed(texts), [gzip.compress(text) for text in texts], [gzip.compress(b"".join(texts))]):
        answer = request(aws.url(aws.deploy(*post_gzip(pieces))))
        assert (answer.status, answer.body, answer.complete) == (200, b"".join(texts), True)
        assert (answer.header("content-encoding"), answer.header("content-type")) == (None, "text/plain")
    parts = urlsplit(aws.url(aws.deploy(*post_gzip(flushed([b"first", b"second"]), pause=5))))
    with closing(http.client.HTTPConnection(parts.netloc, timeout=4)) as connection:
        connection.request("GET", "/")
        assert connection.getresponse().read(5) == b"first"  # long before the second


@pytest.mark.parametrize(
    "body",
    [b"no gzip", gzip.compress(bytes(1000))[:-9], gzip.compress(b"x") + b"more"],
    ids=["no gzip", "cut short", "something after it"],  # compressed bytes hold the second of compression
)
def test_a_body_that_is_no_gzip_is_cut(aws: Account, body: bytes) -> None:
    answer = request(aws.url(aws.deploy(*post_gzip([body]))))
    assert (answer.status, answer.complete) == (200, False)


def test_another_encoding_and_an_empty_body_stay_as_they_are(aws: Account) -> None:
    answer = request(aws.url(aws.deploy(*post_gzip([b"any"], "br"))))
    assert (answer.header("content-encoding"), answer.body) == ("br", b"any")
    empty = request(aws.url(aws.deploy(*post_gzip([]))))
    assert (empty.header("content-encoding"), empty.body, empty.complete) == (None, b"", True)


def test_a_content_type_that_is_not_ascii_is_passed_on_as_it_is(aws: Account) -> None:
    address = urlsplit(aws.url(aws.deploy("answers.with_accented_type"))).netloc
    with closing(http.client.HTTPConnection(address, timeout=20)) as connection:
        connection.request("GET", "/")
        value = connection.getresponse().getheader("content-type")
    assert value is not None and value.encode("latin-1") == "text/plain; x=é".encode()


@pytest.mark.parametrize(
    "cors",
    [
        "x",
        {"AllowOrigins": 5},
        {"AllowOrigins": [5]},
        {"AllowMethods": ["TOOLONG"]},
        {"MaxAge": 86_401},
        {"MaxAge": "x"},
    ],
)
def test_what_is_no_cors_configuration_is_refused(aws: Account, cors: object) -> None:
    name = aws.deploy("basic.one")
    url = aws.url(name)
    target = f"{aws.endpoint_url}/2021-10-31/functions/{name}/url"
    body = json.dumps({"Cors": cors}).encode()
    signed = AWSRequest("PUT", target, data=body)
    SigV4Auth(Credentials("test", "test"), "lambda", "ap-northeast-1").add_auth(signed)
    answer = requests.put(target, data=body, headers=dict(signed.headers.items()), timeout=30)
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (400, "ValidationException")
    assert "1 validation error detected" in answer.json()["message"]
    assert request(url, headers={"Origin": "https://page.example"}).status == 200


def test_a_host_that_is_none_is_refused_however_it_is_signed(aws: Account) -> None:
    url = iam_url(aws)
    answer = request(url, "POST", {**sign(url, "test", "test"), "Host": "[x"})
    assert (answer.status, json.loads(answer.body)["rule"]) == (400, "host")


@pytest.mark.parametrize(
    "query",
    ["b=1&a=2", "a=2&a=1", "flag", "t=12:30", "p=a/b", "q=a*b", "q=a%2fb", "q=%7E", "q=a,b", "A=1&a-b=1&a=2"],
)
def test_a_signature_covers_the_query_however_it_is_encoded(aws: Account, query: str) -> None:
    """Signed as AWS documents it: names and values encoded anew, then sorted."""
    url = iam_url(aws)
    pairs = sorted(
        (quote(unquote(name), safe="-_.~"), quote(unquote(value), safe="-_.~"))
        for name, _, value in (part.partition("=") for part in query.split("&"))
    )
    headers = sign(f"{url}?{'&'.join(map('='.join, pairs))}", "test", "test")
    assert request(f"{url}?{query}", "POST", headers).status == 200
    assert request(f"{url}?{query}&more", "POST", headers).status == 403


def test_a_policy_that_names_a_role_admits_its_sessions(aws: Account) -> None:
    name = aws.deploy("basic.echo")
    client = aws.client("lambda")
    url = client.create_function_url_config(FunctionName=name, AuthType="AWS_IAM")["FunctionUrl"]
    role, other = aws.role(), aws.role()
    for statement, settings in (
        ("url", {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "AWS_IAM"}),
        ("function", {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True}),
    ):
        client.add_permission(FunctionName=name, StatementId=statement, Principal=role, **settings)
    for arn, status in ((role, 200), (other, 403)):
        held = aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="any")["Credentials"]
        signed = AWSRequest("POST", url)
        session = Credentials(held["AccessKeyId"], held["SecretAccessKey"], held["SessionToken"])
        SigV4Auth(session, "lambda", "ap-northeast-1").add_auth(signed)
        assert request(url, "POST", dict(signed.headers.items())).status == status
