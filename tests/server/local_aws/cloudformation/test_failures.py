"""What cannot be deployed fails its stack as AWS fails it: events, a reason that names it, and back."""

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.exceptions import ClientError

from tests.support.account import Account
from tests.support.permissions import refused
from tests.support.stacks import CAPABILITIES, create, resource, unique

GROUP = "Resources: {Kept: {Type: AWS::IAM::Group}}"


def beside_a_group(type_: str, **properties: Any) -> str:
    """A template of a group and, after it, a resource of this type."""
    it = {"Type": type_, "Properties": properties, "DependsOn": "Kept"}
    return json.dumps({"Resources": {"Kept": {"Type": "AWS::IAM::Group"}, "It": it}})


FAILING = [
    ("AWS::EC2::VPC", {"CidrBlock": "10.0.0.0/16"}, "no resources of type AWS::EC2::VPC"),
    ("Custom::Thing", {"ServiceToken": "arn"}, "no resources of type Custom::Thing"),
    ("AWS::SQS::Queue", {"VisibilityTimeOut": 3}, "[VisibilityTimeOut] is not permitted"),
    ("AWS::Logs::LogGroup", {"Retention": 3}, "#: extraneous key [Retention] is not permitted"),
    (
        "AWS::S3::Bucket",
        {"CorsConfiguration": {"CorsRules": [{"AllowedMethods": ["GET"], "Origins": ["*"]}]}},
        "[Origins] is not permitted",
    ),
    ("AWS::IAM::Role", {}, "required key [AssumeRolePolicyDocument] not found"),
    (
        "AWS::IAM::Policy",
        {"PolicyName": "p", "Roles": ["nobody"], "PolicyDocument": {}},
        "Role nobody not found",
    ),
    ("AWS::DynamoDB::Table", {"KeySchema": "x", "TableName": "t"}, "#/KeySchema"),
    ("AWS::Lambda::Url", {"TargetFunctionArn": "nobody", "AuthType": "NONE"}, "Function not found"),
    ("AWS::Lambda::Alias", {"FunctionName": ["a"], "Name": "x", "FunctionVersion": "1"}, "#/FunctionName"),
    ("AWS::ApiGatewayV2::Route", {"ApiId": "nothing", "RouteKey": "GET /"}, "HandlerErrorCode: NotFound"),
    (
        "AWS::ApiGateway::Method",
        {"RestApiId": "nothing", "ResourceId": "r", "HttpMethod": "GET"},
        "Status Code: 404",
    ),
]


@pytest.mark.parametrize(("type_", "properties", "named"), FAILING, ids=range(len(FAILING)))
def test_a_resource_that_fails_takes_its_stack_back(
    aws: Account, type_: str, properties: dict[str, Any], named: str
) -> None:
    stack = create(aws.client("cloudformation"), beside_a_group(type_, **properties))
    group = stack.resources()["Kept"]
    assert stack.status == "ROLLBACK_COMPLETE"
    assert named in stack.reason("CREATE_FAILED")
    assert stack.reason("ROLLBACK_IN_PROGRESS") == (
        "The following resource(s) failed to create: [It]. Rollback requested by user."
    )
    assert stack.events("Kept")[-2:] == ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"]
    groups = [each["GroupName"] for each in aws.client("iam").list_groups()["Groups"]]
    assert group and group not in groups
    assert "ROLLBACK_COMPLETE state and can not be updated" in refused(stack.update, text=GROUP)[2]
    assert stack.delete() == "DELETE_COMPLETE"


@pytest.mark.parametrize(
    ("more", "status", "left"),
    [
        ({"OnFailure": "DO_NOTHING"}, "CREATE_FAILED", True),
        ({"DisableRollback": True}, "CREATE_FAILED", True),
        ({"OnFailure": "DELETE"}, "DELETE_COMPLETE", False),
    ],
    ids=["do-nothing", "disable-rollback", "delete"],
)
def test_what_becomes_of_a_failed_stack_is_the_caller_s_choice(
    aws: Account, more: dict[str, Any], status: str, left: bool
) -> None:
    stack = create(aws.client("cloudformation"), beside_a_group("AWS::EC2::VPC"), more=more)
    assert stack.status == status
    groups = [each["GroupName"] for each in aws.client("iam").list_groups()["Groups"]]
    assert (stack.resources()["Kept"] in groups) is left
    assert stack.delete() == "DELETE_COMPLETE"


def test_what_was_left_of_a_failed_stack_is_made_by_its_update(aws: Account) -> None:
    client, iam, name = aws.client("cloudformation"), aws.client("iam"), unique("role")
    role = {"RoleName": name, "AssumeRolePolicyDocument": {"Statement": []}}
    failing = beside_a_group("AWS::IAM::Role", **role, ManagedPolicyArns=["arn:aws:iam::aws:policy/Nothing"])
    stack = create(client, failing, more={"DisableRollback": True})
    assert (stack.status, stack.events("It")[-1]) == ("CREATE_FAILED", "CREATE_FAILED")
    made = iam.get_role(RoleName=name)["Role"]["RoleId"]
    assert stack.update(beside_a_group("AWS::IAM::Role", **role)) == "UPDATE_COMPLETE"
    assert iam.get_role(RoleName=name)["Role"]["RoleId"] != made
    assert stack.delete() == "DELETE_COMPLETE"


def test_an_update_that_fails_is_taken_back(aws: Account) -> None:
    logs, iam = aws.client("logs"), aws.client("iam")
    old, gone, new = unique("role"), unique("group"), unique("group")
    body: dict[str, Any] = {
        "Resources": {
            "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}},
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {"RoleName": old, "AssumeRolePolicyDocument": {"Statement": []}},
            },
            "Gone": {"Type": "AWS::IAM::Group", "Properties": {"GroupName": gone}},
        }
    }
    stack = create(aws.client("cloudformation"), json.dumps(body))
    before = stack.resources()
    body["Resources"]["Logs"]["Properties"]["RetentionInDays"] = 14
    body["Resources"]["Role"]["Properties"]["RoleName"] = unique("role")  # has to be made anew
    body["Resources"]["New"] = {"Type": "AWS::IAM::Group", "Properties": {"GroupName": new}}
    body["Resources"]["Fails"] = {"Type": "AWS::EC2::VPC", "DependsOn": ["New", "Role", "Logs"]}
    del body["Resources"]["Gone"]
    assert stack.update(json.dumps(body)) == "UPDATE_ROLLBACK_COMPLETE"
    assert "AWS::EC2::VPC" in stack.reason("CREATE_FAILED")
    assert stack.resources() == before
    assert logs.describe_log_groups(logGroupNamePrefix=before["Logs"])["logGroups"][0]["retentionInDays"] == 7
    names = [each["GroupName"] for each in iam.list_groups()["Groups"]]
    assert gone in names and new not in names
    assert body["Resources"]["Role"]["Properties"]["RoleName"] not in str(iam.list_roles()["Roles"])
    assert stack.delete() == "DELETE_COMPLETE"


def test_a_change_that_fails_half_way_is_taken_back(aws: Account) -> None:
    client, iam, name = aws.client("cloudformation"), aws.client("iam"), unique("role")
    role = {"RoleName": name, "AssumeRolePolicyDocument": {"Statement": []}}
    stack = create(client, resource("AWS::IAM::Role", **role, Description="before"))
    more = {"Description": "after", "ManagedPolicyArns": ["arn:aws:iam::aws:policy/Nothing"]}
    assert stack.update(resource("AWS::IAM::Role", **role, **more)) == "UPDATE_ROLLBACK_COMPLETE"
    assert iam.get_role(RoleName=name)["Role"]["Description"] == "before"
    assert stack.delete() == "DELETE_COMPLETE"


def test_a_named_resource_is_not_made_anew_under_its_name(aws: Account) -> None:
    name = unique("group")
    stack = create(aws.client("cloudformation"), resource("AWS::IAM::Group", GroupName=name))
    changed = resource("AWS::IAM::Group", GroupName=name, Path="/other/")
    assert stack.update(changed) == "UPDATE_ROLLBACK_COMPLETE"
    assert f"Rename {name} and update the stack again" in stack.reason("UPDATE_FAILED")
    assert stack.delete() == "DELETE_COMPLETE"


def test_what_cannot_be_deleted_stays_and_can_be_retained(aws: Account) -> None:
    cloudformation, s3, bucket = aws.client("cloudformation"), aws.client("s3"), unique("bucket")
    stack = create(cloudformation, beside_a_group("AWS::S3::Bucket", BucketName=bucket))
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert stack.delete() == "DELETE_FAILED"
    assert "is not empty" in stack.reason("DELETE_FAILED")
    assert stack.events("Kept")[-1] == "DELETE_COMPLETE"
    cloudformation.delete_stack(StackName=stack.id, RetainResources=["It"])
    assert (stack.status, stack.events("It")[-1]) == ("DELETE_COMPLETE", "DELETE_SKIPPED")
    s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_bucket(Bucket=bucket)


def test_a_retained_resource_and_a_protected_stack_stay(aws: Account) -> None:
    cloudformation, name = aws.client("cloudformation"), unique("group")
    body = {
        "Resources": {
            "It": {
                "Type": "AWS::IAM::Group",
                "DeletionPolicy": "Retain",
                "Properties": {"GroupName": name},
            }
        }
    }
    stack = create(cloudformation, json.dumps(body), more={"EnableTerminationProtection": True})
    assert "TerminationProtection is enabled" in refused(cloudformation.delete_stack, StackName=stack.id)[2]
    cloudformation.update_termination_protection(StackName=stack.id, EnableTerminationProtection=False)
    assert (stack.delete(), stack.events("It")[-1]) == ("DELETE_COMPLETE", "DELETE_SKIPPED")
    aws.client("iam").delete_group(GroupName=name)


def test_permissions_have_to_be_acknowledged(aws: Account) -> None:
    client = aws.client("cloudformation")
    named = resource("AWS::IAM::Group", GroupName="g")
    for text, given, needed in (
        (GROUP, [], "CAPABILITY_IAM"),
        (named, ["CAPABILITY_IAM"], "CAPABILITY_NAMED_IAM"),
        (
            "Transform: AWS::Serverless-2016-10-31\n" + resource("AWS::SQS::Queue"),
            [],
            "CAPABILITY_AUTO_EXPAND",
        ),
    ):
        call = {"StackName": unique(), "TemplateBody": text, "Capabilities": given}
        status, code, message = refused(client.create_stack, **call)
        assert (status, code) == (400, "InsufficientCapabilitiesException")
        assert message == f"Requires capabilities : [{needed}]"
    validated = client.validate_template(TemplateBody=named)
    assert validated["Capabilities"] == ["CAPABILITY_NAMED_IAM"]


def test_what_is_not_served_says_so(aws: Account) -> None:
    client = aws.client("cloudformation")
    for call, arguments in (
        (client.create_stack_set, {"StackSetName": "s", "TemplateBody": GROUP}),
        (client.detect_stack_drift, {"StackName": "s"}),
        (client.list_types, {}),
    ):
        status, code, message = refused(call, **arguments)
        assert (status, code) == (501, "NotImplementedException")
        assert "does not serve cloudformation" in message


EMPTY = resource("AWS::CDK::Metadata")
RAW = [
    {"Action": "CreateStack"},
    {"Action": "CreateStack", "StackName": "s", "Tags.member.1.Value": "v", "TemplateBody": EMPTY},
    {"Action": "CreateStack", "StackName": "s", "TimeoutInMinutes": "soon", "TemplateBody": EMPTY},
    {"Action": "CreateStack", "StackName": "s", "OnFailure": "CRY", "TemplateBody": EMPTY},
    {"Action": "CreateStack", "StackName": "1-s", "TemplateBody": EMPTY},
    {
        "Action": "CreateStack",
        "StackName": "s",
        "Parameters.member.1.ParameterValue": "v",
        "TemplateBody": EMPTY,
    },
    {"Action": "CreateStack", "StackName": "s", "TemplateURL": "nowhere"},
    {"Action": "CreateStack", "StackName": "s"},
    {"Action": "CreateChangeSet", "StackName": "s", "TemplateBody": EMPTY},
    {"Action": "ExecuteChangeSet"},
    {"Action": "DescribeStackResource", "StackName": "s"},
    {"Action": "GetTemplate", "StackName": "s", "TemplateStage": "Raw"},
]


@pytest.mark.parametrize("fields", RAW, ids=range(len(RAW)))
def test_a_call_that_is_none(aws: Account, fields: dict[str, str]) -> None:
    body = urlencode({"Version": "2010-05-15", **fields}).encode()
    scope = "Credential=test/20260101/ap-northeast-1/cloudformation/aws4_request"
    signature = f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature={'0' * 64}"
    request = urllib.request.Request(aws.endpoint_url, body, {"Authorization": signature})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    assert (caught.value.code, b"<Code>ValidationError</Code>" in caught.value.read()) == (400, True)


def test_what_would_be_without_effect_is_refused(aws: Account) -> None:
    client = aws.client("cloudformation")
    call = {"StackName": unique(), "TemplateBody": resource("AWS::CDK::Metadata")}
    for more in ({"NotificationARNs": ["arn:aws:sns:r:1:t"]}, {"StackPolicyBody": "{}"}):
        message = refused(client.create_stack, **call, **more)[2]
        assert message == f"The local stand-in does not serve {next(iter(more))}"


def test_a_stack_that_is_not_there(aws: Account) -> None:
    client = aws.client("cloudformation")
    for call in (client.describe_stacks, client.get_template, client.list_stack_resources):
        assert refused(call, StackName="nothing") == (
            400,
            "ValidationError",
            "Stack with id nothing does not exist",
        )
    assert refused(client.update_stack, StackName="nothing", TemplateBody=GROUP)[2] == (
        "Stack [nothing] does not exist"
    )
    client.delete_stack(StackName="nothing")
    stack = create(client, GROUP)
    call = {"StackName": stack.now["StackName"], "TemplateBody": GROUP, "Capabilities": CAPABILITIES}
    assert refused(client.create_stack, **call)[1] == "AlreadyExistsException"
    with pytest.raises(ClientError, match="No updates are to be performed"):
        stack.update(GROUP)
    assert stack.delete() == "DELETE_COMPLETE"
