"""IAM enforced on API calls (`LOCAL_AWS_ENFORCE_IAM=1`): who calls, what they may do, what they are told."""

import json
import subprocess
import sys
import uuid
from typing import Any

import boto3
import pytest
import requests
from botocore import UNSIGNED
from botocore.config import Config
from websockets.sync.client import connect

from tests.support.account import Account
from tests.support.permissions import allow, new_function, refused
from tests.support.signing import presign
from tests.support.websocket_api import create_api, deploy_python

ACCOUNT = "ap-northeast-1:123456789012"
GATEWAY = "arn:aws:apigateway:ap-northeast-1::"
TAGS = {"run": "one"}
KEYS = [{"Key": "run", "Value": "one"}]
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


CALLS = [
    ("lambda", "list_functions", {}, "lambda:ListFunctions", "*"),
    (
        "lambda",
        "get_function",
        {"FunctionName": "f", "Qualifier": "1"},
        "lambda:GetFunction",
        f"arn:aws:lambda:{ACCOUNT}:function:f:1",
    ),
    (
        "lambda",
        "invoke",
        {"FunctionName": f"arn:aws:lambda:{ACCOUNT}:function:f"},
        "lambda:InvokeFunction",
        f"arn:aws:lambda:{ACCOUNT}:function:f",
    ),
    (
        "lambda",
        "invoke_with_response_stream",
        {"FunctionName": "f"},
        "lambda:InvokeFunction",
        f"arn:aws:lambda:{ACCOUNT}:function:f",
    ),
    (
        "lambda",
        "list_tags",
        {"Resource": f"arn:aws:lambda:{ACCOUNT}:function:f"},
        "lambda:ListTags",
        f"arn:aws:lambda:{ACCOUNT}:function:f",
    ),
    (
        "iam",
        "create_role",
        {"RoleName": "r", "Path": "/p/", "AssumeRolePolicyDocument": TRUST},
        "iam:CreateRole",
        "arn:aws:iam::123456789012:role/p/r",
    ),
    ("iam", "list_roles", {}, "iam:ListRoles", "*"),
    (
        "sts",
        "assume_role",
        {"RoleArn": "arn:aws:iam::123456789012:role/r", "RoleSessionName": "me"},
        "sts:AssumeRole",
        "arn:aws:iam::123456789012:role/r",
    ),
    (
        "logs",
        "create_log_group",
        {"logGroupName": "/g"},
        "logs:CreateLogGroup",
        f"arn:aws:logs:{ACCOUNT}:log-group:/g:log-stream:",
    ),
    ("apigateway", "get_rest_apis", {}, "apigateway:GET", f"{GATEWAY}/restapis"),
    (
        "apigateway",
        "create_deployment",
        {"restApiId": "a"},
        "apigateway:POST",
        f"{GATEWAY}/restapis/a/deployments",
    ),
    (
        "apigatewayv2",
        "create_route",
        {"ApiId": "a", "RouteKey": "k"},
        "apigateway:POST",
        f"{GATEWAY}/apis/a/routes",
    ),
    ("apprunner", "list_services", {}, "apprunner:ListServices", "*"),
    (
        "apprunner",
        "create_service",
        {"ServiceName": "runner", "SourceConfiguration": {}},
        "apprunner:CreateService",
        f"arn:aws:apprunner:{ACCOUNT}:service/runner/*",
    ),
    (
        "ecs",
        "create_express_gateway_service",
        {
            "serviceName": "s",
            "executionRoleArn": "r",
            "infrastructureRoleArn": "r",
            "primaryContainer": {"image": "i"},
        },
        "ecs:CreateExpressGatewayService",
        f"arn:aws:ecs:{ACCOUNT}:service/default/s",
    ),
    ("ecs", "list_services", {}, "ecs:ListServices", "*"),
    (
        "ecr",
        "create_repository",
        {"repositoryName": "a/b"},
        "ecr:CreateRepository",
        f"arn:aws:ecr:{ACCOUNT}:repository/a/b",
    ),
    ("appsync", "list_apis", {}, "appsync:ListApis", "*"),
    (
        "appsync",
        "create_channel_namespace",
        {"apiId": "a", "name": "n"},
        "appsync:CreateChannelNamespace",
        f"arn:aws:appsync:{ACCOUNT}:apis/a/channelNamespaces",
    ),
    (
        "appsync",
        "delete_graphql_api",
        {"apiId": "a"},
        "appsync:DeleteGraphqlApi",
        f"arn:aws:appsync:{ACCOUNT}:apis/a",
    ),
    ("resourcegroupstaggingapi", "get_resources", {}, "tag:GetResources", "*"),
]
IN_JSON = ("logs", "apprunner", "ecs", "ecr", "resourcegroupstaggingapi")
IN_XML = ("iam", "sts")


@pytest.mark.parametrize(("service", "operation", "arguments", "action", "resource"), CALLS)
def test_a_call_without_permission_is_denied_in_the_services_own_protocol(
    strict: Account, service: str, operation: str, arguments: dict[str, Any], action: str, resource: str
) -> None:
    keys = strict.user()
    arn = strict.client("sts", **keys).get_caller_identity()["Arn"]  # needs no permission
    status, code, message = refused(getattr(strict.client(service, **keys), operation), **arguments)
    assert status == (400 if service in IN_JSON else 403)
    assert code == ("AccessDenied" if service in IN_XML else "AccessDeniedException")
    assert message == (
        f"User: {arn} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action"
    )


@pytest.mark.parametrize(
    ("service", "operation", "unknown", "wrong"),
    [
        ("lambda", "list_functions", "UnrecognizedClientException", "InvalidSignatureException"),
        ("apigateway", "get_rest_apis", "UnrecognizedClientException", "InvalidSignatureException"),
        ("ecs", "list_clusters", "UnrecognizedClientException", "InvalidSignatureException"),
        ("iam", "list_roles", "InvalidClientTokenId", "SignatureDoesNotMatch"),
        ("sts", "get_caller_identity", "InvalidClientTokenId", "SignatureDoesNotMatch"),
    ],
)
def test_unknown_keys_and_wrong_signatures(
    strict: Account, service: str, operation: str, unknown: str, wrong: str
) -> None:
    for keys, expected in (
        ({"aws_access_key_id": "AKIASTRANGER", "aws_secret_access_key": "x"}, unknown),
        ({"aws_access_key_id": "test", "aws_secret_access_key": "wrong"}, wrong),
        ({**strict.user(), "aws_secret_access_key": "wrong"}, wrong),
    ):
        assert refused(getattr(strict.client(service, **keys), operation))[1] == expected


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "code"),
    [
        ("lambda", "list_functions", {}, "MissingAuthenticationTokenException"),
        ("lambda", "invoke", {"FunctionName": "f"}, "MissingAuthenticationTokenException"),
        ("ecs", "list_clusters", {}, "MissingAuthenticationTokenException"),
        ("iam", "list_roles", {}, "MissingAuthenticationToken"),
    ],
)
def test_unsigned_calls(
    strict: Account, service: str, operation: str, arguments: dict[str, Any], code: str
) -> None:

    unsigned = boto3.client(
        service,
        endpoint_url=strict.endpoint_url,
        region_name="ap-northeast-1",
        config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}),
    )
    assert refused(getattr(unsigned, operation), **arguments)[1] == code


def test_a_user_with_a_least_privilege_policy_deploys_calls_and_deletes(strict: Account) -> None:
    role = strict.role()
    functions = "arn:aws:lambda:*:123456789012:function:streaming-*"
    to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    keys = strict.user(
        allow("lambda:*Function*", "lambda:TagResource", "lambda:AddPermission", on=functions),
        allow("iam:passrole", on=role, Condition=to_lambda),
    )
    aws = strict.client("lambda", **keys)
    settings = new_function(role, Tags=TAGS)
    name = settings["FunctionName"]
    aws.create_function(**settings)
    url = aws.create_function_url_config(FunctionName=name, AuthType="AWS_IAM")["FunctionUrl"]
    assert json.load(aws.invoke(FunctionName=name, Payload=b'{"a": 1}')["Payload"]) == {"a": 1}
    signed = presign(url, keys["aws_access_key_id"], keys["aws_secret_access_key"])
    assert requests.get(signed, timeout=30).status_code == 200
    other = new_function(role, FunctionName="other")
    assert refused(aws.create_function, **other)[1] == "AccessDeniedException"
    aws.delete_function(FunctionName=name)


@pytest.mark.parametrize("lacking", ["lambda:CreateFunction", "lambda:TagResource", "iam:PassRole"])
def test_each_permission_of_a_call_is_needed(strict: Account, lacking: str) -> None:
    role = strict.role()
    needed = {"lambda:CreateFunction", "lambda:TagResource", "iam:PassRole"}
    keys = strict.user(allow(*needed - {lacking}))
    message = refused(strict.client("lambda", **keys).create_function, **new_function(role, Tags=TAGS))[2]
    assert f"is not authorized to perform: {lacking} on resource: " in message
    assert (lacking == "iam:PassRole") == (f"on resource: {role} " in message)


def test_handing_a_role_to_a_container_service_needs_pass_role(strict: Account) -> None:
    access, instance = strict.role(), strict.role()
    repository = {"ImageIdentifier": "123456789012.dkr.ecr.x.amazonaws.com/i:1", "ImageRepositoryType": "ECR"}
    service = {
        "ServiceName": "runner",
        "SourceConfiguration": {
            "ImageRepository": repository,
            "AuthenticationConfiguration": {"AccessRoleArn": access},
        },
        "InstanceConfiguration": {"InstanceRoleArn": instance},
    }
    runner = allow("apprunner:CreateService")
    express = allow("ecs:CreateExpressGatewayService")
    ecs = {
        "executionRoleArn": access,
        "infrastructureRoleArn": access,
        "taskRoleArn": instance,
        "primaryContainer": {"image": "i"},
    }
    for allowed, missing in ((instance, access), (access, instance)):
        keys = strict.user(runner, express, allow("iam:PassRole", on=allowed))
        for call, arguments in (
            (strict.client("apprunner", **keys).create_service, service),
            (strict.client("ecs", **keys).create_express_gateway_service, ecs),
        ):
            assert f"perform: iam:PassRole on resource: {missing} " in refused(call, **arguments)[2]


def test_an_explicit_deny_wins(strict: Account) -> None:
    denied = {"Effect": "Deny", "Action": "iam:ListUsers", "Resource": "*"}
    iam = strict.client("iam", **strict.user(allow("*"), denied))
    iam.list_roles()
    assert refused(iam.list_users)[2].endswith("with an explicit deny in an identity-based policy")


def test_awss_managed_policies_count(strict: Account) -> None:
    iam, keys = strict.client("iam"), strict.user()
    name = strict.client("sts", **keys).get_caller_identity()["Arn"].rpartition("/")[2]
    mine = strict.client("iam", **keys)
    assert refused(mine.list_roles)[1] == "AccessDenied"
    iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    mine.list_roles()
    assert refused(mine.delete_role, RoleName="any")[1] == "AccessDenied"


def test_tagging_while_creating_an_api_is_a_permission_of_its_own(strict: Account) -> None:
    keys = strict.user(allow("apigateway:POST", on=[f"{GATEWAY}/restapis", f"{GATEWAY}/apis"]))
    rest, http = strict.client("apigateway", **keys), strict.client("apigatewayv2", **keys)
    rest.create_rest_api(name="without")
    http.create_api(Name="without", ProtocolType="HTTP")
    assert (
        "apigateway:PUT on resource: " + GATEWAY + "/tags/"
        in refused(rest.create_rest_api, name="with", tags=TAGS)[2]
    )
    assert (
        "apigateway:POST on resource: " + GATEWAY + "/tags/"
        in refused(http.create_api, Name="with", ProtocolType="HTTP", Tags=TAGS)[2]
    )
    both = allow("apigateway:POST", "apigateway:PUT", on=[f"{GATEWAY}/restapis", f"{GATEWAY}/tags/*"])
    strict.client("apigateway", **strict.user(both)).create_rest_api(name="with", tags=TAGS)


def test_a_condition_on_the_tags_of_a_request(strict: Account) -> None:
    condition = {"StringEquals": {"aws:RequestTag/run": "one"}}
    iam = strict.client("iam", **strict.user(allow("iam:CreateRole", "iam:TagRole", Condition=condition)))
    name = f"role-{uuid.uuid4().hex[:8]}"
    other = [{"Key": "run", "Value": "two"}]
    for tags in ({}, {"Tags": other}):
        message = refused(iam.create_role, RoleName=name, AssumeRolePolicyDocument=TRUST, **tags)[2]
        assert "iam:CreateRole" in message
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, Tags=KEYS)


def test_the_policy_of_a_function_may_let_a_caller_invoke_it(strict: Account) -> None:
    name = strict.deploy("basic.one")
    keys = strict.user()
    aws = strict.client("lambda", **keys)
    arn = strict.client("sts", **keys).get_caller_identity()["Arn"]
    assert refused(aws.invoke, FunctionName=name)[1] == "AccessDeniedException"
    permission = {"StatementId": "user", "Action": "lambda:InvokeFunction", "Principal": arn}
    strict.client("lambda").add_permission(FunctionName=name, **permission)
    assert aws.invoke(FunctionName=name)["Payload"].read() == b"1"
    events = list(aws.invoke_with_response_stream(FunctionName=name)["EventStream"])
    assert events[0]["PayloadChunk"]["Payload"] == b"1"


def test_the_root_of_the_account_may_do_everything(strict: Account) -> None:
    url = strict.url(strict.deploy("basic.echo"))
    assert requests.get(url, timeout=30).status_code == 200
    assert strict.client("lambda").list_functions()["Functions"]
    assert strict.client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:root"


def test_without_enforcement_nobody_needs_a_permission(aws: Account) -> None:
    for keys in (aws.user(), {"aws_access_key_id": "anybody", "aws_secret_access_key": "x"}):
        assert "Functions" in aws.client("lambda", **keys).list_functions()
        assert "Roles" in aws.client("iam", **keys).list_roles()


def test_a_function_signs_as_its_role(strict: Account) -> None:
    arn = deploy_python(strict, "sdk.who")
    aws = strict.client("lambda")

    def ask() -> dict[str, Any]:
        answer: dict[str, Any] = json.load(aws.invoke(FunctionName=arn)["Payload"])
        return answer

    role = aws.get_function(FunctionName=arn)["Configuration"]["Role"].rpartition("/")[2]
    session = f"arn:aws:sts::123456789012:assumed-role/{role}/{arn.rpartition(':')[2]}"
    answer = ask()
    assert answer["arn"] == session
    assert f"User: {session} is not authorized to perform: lambda:ListFunctions" in answer["may"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("lambda:ListFunctions")]})
    strict.client("iam").put_role_policy(RoleName=role, PolicyName="list", PolicyDocument=document)
    assert ask()["may"] is True


def test_a_function_pushes_to_a_websocket_only_if_its_role_may(strict: Account) -> None:
    api = create_api(strict)
    function = deploy_python(strict, "sdk.push")
    api.add_route("push", function, responds=True)
    role = strict.client("lambda").get_function(FunctionName=function)["Configuration"]["Role"]
    with connect(api.url) as client:
        client.send(json.dumps({"action": "push"}))
        needed = (
            f"execute-api:ManageConnections on resource: arn:aws:execute-api:{ACCOUNT}:{api.id}/dev/POST/"
        )
        assert needed in str(client.recv(30))
        connections = f"arn:aws:execute-api:{ACCOUNT}:{api.id}/*/POST/@connections/*"
        statement = allow("execute-api:ManageConnections", on=connections)
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        name = role.rpartition("/")[2]
        strict.client("iam").put_role_policy(RoleName=name, PolicyName="push", PolicyDocument=document)
        client.send(json.dumps({"action": "push"}))
        assert {client.recv(30), client.recv(30)} == {"pushed", "done"}


def test_the_log_of_a_function_needs_no_permission_of_its_role(strict: Account) -> None:
    """Unlike on AWS: the platform writes it."""
    name = strict.deploy("invoke.says", "hello")
    answer = strict.client("lambda").invoke(FunctionName=name, LogType="Tail")
    assert answer["Payload"].read() == b"1"
    groups = strict.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")
    assert groups["logGroups"]


@pytest.mark.parametrize("value", ["yes", ""])
def test_the_switch_is_0_or_1(value: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "server.local_aws"],
        env={"LOCAL_AWS_ENFORCE_IAM": value},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert answer.returncode == 2
    assert "LOCAL_AWS_ENFORCE_IAM must be 0 or 1" in answer.stderr
