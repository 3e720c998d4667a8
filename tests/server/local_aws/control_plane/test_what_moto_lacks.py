"""What nobody serves is refused in the protocol of its service, by name; nothing makes a traceback."""

import contextlib
import http.client
import json
import random
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, prepare_request_dict
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.model import OperationModel, Shape
from botocore.serialize import create_serializer
from botocore.session import get_session

from tests.support.account import Account

SAMPLE = 80
DEEP = 6
VALUES = {"boolean": True, "float": 1.0, "double": 1.0, "timestamp": "2026-01-01T00:00:00Z", "blob": b"x"}
SCOPE = "x/20260101/ap-northeast-1/%s/aws4_request"
NAMED = "AWS4-HMAC-SHA256 Credential=" + SCOPE
SIGNED = NAMED + ", SignedHeaders=host, Signature=" + "0" * 64


def smallest(shape: Shape, depth: int = 0) -> Any:
    """A value of `shape` with nothing that it does not need."""
    kind = shape.type_name
    if depth > DEEP or kind == "map":
        return {}
    if kind == "structure":
        return {name: smallest(shape.members[name], depth + 1) for name in shape.required_members}
    if kind == "list":
        return [smallest(shape.member, depth + 1)] if shape.metadata.get("min") else []
    if kind == "string":
        return shape.enum[0] if shape.enum else "a" * max(shape.metadata.get("min", 1), 3)
    return VALUES.get(kind, shape.metadata.get("min", 1))


def send(aws: Account, operation: OperationModel) -> tuple[int, str, bytes]:
    """The answer to a call with the parameters that it needs: status, content type, body."""
    service = operation.service_model
    parameters = smallest(operation.input_shape) if operation.input_shape else {}
    serializer = create_serializer(service.metadata["protocol"], include_validation=False)
    request = serializer.serialize_to_request(parameters, operation)
    prepare_request_dict(request, aws.endpoint_url)
    made = AWSRequest(request["method"], request["url"], request["headers"], request["body"])
    SigV4Auth(Credentials("test", "test"), service.signing_name, "ap-northeast-1").add_auth(made)
    return raw(aws, made.method, made.prepare().url, made.prepare().body, dict(made.headers.items()))


def raw(
    aws: Account, method: str, url: str, body: bytes = b"", headers: dict[str, Any] | None = None
) -> tuple[int, str, bytes]:
    address = urlsplit(aws.endpoint_url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    target = url.removeprefix(aws.endpoint_url)
    connection.request(method, target, body, headers or {})
    answer = connection.getresponse()
    return answer.status, answer.getheader("content-type") or "", answer.read()


def sampled() -> list[OperationModel]:
    session = get_session()
    names = sorted(session.get_available_services())
    models = [session.get_service_model(name) for name in random.Random(0).sample(names, SAMPLE)]
    return [model.operation_model(random.Random(0).choice(model.operation_names)) for model in models]


def test_any_operation_of_any_service_is_answered_in_its_protocol(aws: Account) -> None:
    for operation in sampled():
        name = f"{operation.service_model.service_name} {operation.name}"
        try:
            status, content_type, body = send(aws, operation)
        except (AttributeError, TypeError, ValueError):  # botocore cannot write it with these parameters
            continue
        assert "html" not in content_type, (name, status, body)
        assert b"Traceback" not in body and b"Internal Server Error" not in body, name
        if status >= 400 and body:
            xml = operation.service_model.metadata["protocol"] in ("query", "ec2", "rest-xml")
            assert body.lstrip().startswith((b"<",) if xml else (b"{", b"\xa2", b"<")), (name, status, body)
        if status == 501:
            assert b"does not serve" in body, (name, body)


def test_a_service_that_nobody_has_is_named(aws: Account) -> None:
    status, _, body = raw(aws, "GET", "/graphql", headers={"Authorization": SIGNED % "nosuch"})
    assert status == 400 and b"nosuch" in body


def test_an_operation_that_moto_lacks_is_named_in_every_protocol(aws: Account) -> None:
    for service, call in {
        "cloudfront": lambda client: client.list_vpc_origins(),
        "cloudwatch": lambda client: client.list_managed_insight_rules(ResourceARN="arn:aws:x"),
        "logs": lambda client: client.list_anomalies(),
        "iam": lambda client: client.get_mfa_device(SerialNumber="arn:aws:iam::123456789012:mfa/x"),
        "amplify": lambda client: client.list_apps(),
    }.items():
        with pytest.raises(ClientError) as error:
            call(aws.client(service))
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501, service
        assert "does not serve" in error.value.response["Error"]["Message"], service


@pytest.mark.parametrize(
    ("method", "target", "headers"),
    [
        ("POST", "/x", {}),
        ("GET", "/", {}),
        ("PUT", "/bucket/key", {}),
        ("GET", "/2015-03-31/functions/", {}),
        ("POST", "/", {"X-Amz-Target": "DynamoDB_20120810.ListTables"}),
        ("POST", "/", {"X-Amz-Target": "AWSCognitoIdentityProviderService.ListUserPools"}),
        ("GET", "/?X-Amz-Credential=" + SCOPE % "s3", {}),
        ("GET", "/", {"Authorization": NAMED % "s3"}),
        (
            "GET",
            "/",
            {"Authorization": NAMED % "s3" + ", SignedHeaders=host"},
        ),
        ("GET", "/", {"Authorization": "Bearer x"}),
        ("GET", "/", {"Authorization": SIGNED % ""}),
    ],
    ids=range(11),
)
def test_what_is_not_signed_completely_is_refused(
    aws: Account, method: str, target: str, headers: dict[str, str]
) -> None:
    status, _, body = raw(aws, method, target, b"y" if method == "POST" else b"", headers)
    assert status == (400 if "X-Amz-Target" in headers else 403)
    assert b"Missing Authentication Token" in body


@pytest.mark.parametrize("service", ["s3", "iam", "moto_api", "instance_metadata", "moto-api"])
@pytest.mark.parametrize(
    "path", ["/moto-api/reset", "/%6Doto-api/reset", "//moto-api/data.json", "/latest/meta-data/"]
)
def test_no_back_door_of_moto_s_is_open(aws: Account, service: str, path: str) -> None:
    role = aws.role()
    for method in ("GET", "POST"):
        status, _, body = raw(aws, method, path, headers={"Authorization": SIGNED % service})
        assert status >= 400 and b"moto" not in body.replace(b"moto-api", b"").replace(b"moto_api", b"")
    name = role.rpartition("/")[2]
    assert aws.client("iam").get_role(RoleName=name)["Role"]["Arn"] == role


def test_a_key_that_was_given_to_somebody_counts_when_its_signature_is_right(aws: Account) -> None:
    credentials = aws.user()
    assert (
        aws.client("sts", **credentials).get_caller_identity()["Arn"].rpartition("/")[2].startswith("user-")
    )
    forged = credentials | {"aws_secret_access_key": "guessed"}
    with pytest.raises(ClientError, match="signature we calculated does not match"):
        aws.client("sts", **forged).get_caller_identity()
    stranger = {"aws_access_key_id": "AKIAANYBODY", "aws_secret_access_key": "anything"}
    assert aws.client("lambda", **stranger).list_functions()["Functions"] is not None


def test_nothing_is_delivered_and_nothing_is_looked_up(aws: Account) -> None:
    sns = aws.client("sns")
    topic = sns.create_topic(Name="topic")["TopicArn"]
    for protocol, endpoint in {"http": "http://127.0.0.1:9/", "https": "https://example.com/x"}.items():
        sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
    assert json.dumps(sns.publish(TopicArn=topic, Message="x")["MessageId"])


@pytest.mark.parametrize("tag", ["python/object/apply:os.system", "python/object/new:os.system"])
def test_a_template_is_data_and_runs_no_code(aws: Account, tmp_path: Path, tag: str) -> None:
    proof = tmp_path / "proof"
    template = f"Description: !!{tag} ['touch {proof}']\nResources: {{}}\n"
    stacks = aws.client("cloudformation")
    for call in (
        lambda: stacks.create_stack(StackName="code", TemplateBody=template),
        lambda: stacks.validate_template(TemplateBody=template),
        lambda: stacks.get_template_summary(TemplateBody=template),
    ):
        with contextlib.suppress(ClientError):
            call()
    assert not proof.exists()


def test_a_call_is_made_in_the_region_that_it_is_signed_for(aws: Account) -> None:
    config = Config(user_agent_extra="region/eu-west-1")
    elsewhere = boto3.client(
        "dynamodb",
        endpoint_url=aws.endpoint_url,
        region_name="ap-northeast-1",
        config=config,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    arn = elsewhere.create_table(
        TableName="of-the-signature",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]["TableArn"]
    assert arn.split(":")[3] == "ap-northeast-1"


def test_a_function_that_another_service_would_invoke_is_not_run_in_docker(aws: Account) -> None:
    sns = aws.client("sns")
    topic = sns.create_topic(Name="to-a-function")["TopicArn"]
    function = aws.client("lambda").get_function(FunctionName=aws.deploy("basic.one"))
    arn = function["Configuration"]["FunctionArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    assert sns.publish(TopicArn=topic, Message="x")["MessageId"]
