"""CloudFormation with IAM enforced: what a stack makes, its caller could have made."""

import json
from typing import Any

import pytest

from tests.support.account import Account
from tests.support.permissions import allow, refused
from tests.support.stacks import create, resource, unique

REGION = "ap-northeast-1"
STACKS = allow("cloudformation:*")
EVERYTHING = {"Version": "2012-10-17", "Statement": [allow("*")]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudformation.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def group(name: str) -> str:
    return resource("AWS::IAM::Group", GroupName=name)


def function(role: Any) -> str:
    code = {"ZipFile": "def handler(event, context): return event"}
    return resource(
        "AWS::Lambda::Function", Role=role, Runtime="python3.13", Handler="index.handler", Code=code
    )


REFUSED = [
    (
        resource("AWS::IAM::Policy", PolicyName="p", Users=["u"], PolicyDocument=EVERYTHING),
        "iam:PutUserPolicy",
    ),
    (resource("AWS::IAM::ManagedPolicy", PolicyDocument=EVERYTHING), "iam:CreatePolicy"),
    (resource("AWS::IAM::Role", AssumeRolePolicyDocument=TRUST), "iam:CreateRole"),
    (function("arn:aws:iam::123456789012:role/r"), "lambda:CreateFunction"),
    (resource("AWS::S3::Bucket"), "s3:CreateBucket"),
    (resource("AWS::SSM::Parameter", Name="/p", Type="String", Value="v"), "ssm:PutParameter"),
    (resource("AWS::ApiGateway::RestApi", Name="a"), "apigateway:POST"),
    (
        resource("AWS::AppSync::GraphQLApi", Name="a", AuthenticationType="API_KEY"),
        "appsync:CreateGraphqlApi",
    ),
]


@pytest.mark.parametrize(("body", "action"), REFUSED, ids=range(len(REFUSED)))
def test_what_the_caller_may_not_make_no_stack_makes(strict: Account, body: str, action: str) -> None:
    stack = create(strict.client("cloudformation", **strict.user(STACKS)), body)
    assert stack.status == "ROLLBACK_COMPLETE"
    assert f"is not authorized to perform: {action} on resource: " in stack.reason("CREATE_FAILED")
    assert "HandlerErrorCode: AccessDenied" in stack.reason("CREATE_FAILED")


def test_a_stack_needs_permissions_itself_and_on_its_name(strict: Account) -> None:
    mine = f"arn:aws:cloudformation:{REGION}:123456789012:stack/mine-*/*"
    client = strict.client("cloudformation", **strict.user(allow("cloudformation:*", on=mine)))
    call = {"StackName": unique(), "TemplateBody": group("g")}
    assert "cloudformation:CreateStack" in refused(client.create_stack, **call)[2]
    assert create(client, resource("AWS::CDK::Metadata"), name=unique("mine")).status == "CREATE_COMPLETE"


def test_a_template_in_s3_has_to_be_readable(strict: Account) -> None:
    bucket, s3 = unique("bucket"), strict.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=bucket, Key="t.json", Body=resource("AWS::CDK::Metadata"))
    call = {"StackName": unique(), "TemplateURL": f"https://s3.amazonaws.com/{bucket}/t.json"}
    blind = strict.client("cloudformation", **strict.user(STACKS))
    assert "s3:GetObject" in refused(blind.create_stack, **call)[2]
    strict.client("cloudformation", **strict.user(STACKS, allow("s3:GetObject"))).create_stack(**call)


def test_the_permissions_of_the_calls_suffice_and_are_needed_on_the_resource(strict: Account) -> None:
    name = unique("group")
    mine = f"arn:aws:iam::123456789012:group/{name}"
    client = strict.client("cloudformation", **strict.user(STACKS, allow("iam:CreateGroup", on=mine)))
    stack = create(client, group(name))
    assert stack.status == "CREATE_COMPLETE"
    assert "iam:CreateGroup" in create(client, group(f"{name}2")).reason("CREATE_FAILED")
    assert stack.delete() == "DELETE_FAILED"
    assert "iam:DeleteGroup" in stack.reason("DELETE_FAILED")
    stack.client = strict.client("cloudformation", **strict.user(STACKS, allow("iam:DeleteGroup", on=mine)))
    assert stack.delete() == "DELETE_COMPLETE"


def test_a_deny_reaches_a_name_that_a_parameter_gives(strict: Account) -> None:
    denied = {**allow("iam:*", on="arn:aws:iam::123456789012:group/forbidden-*"), "Effect": "Deny"}
    client = strict.client("cloudformation", **strict.user(STACKS, allow("iam:*"), denied))
    body = {
        "Parameters": {"Name": {"Type": "String"}},
        "Resources": {
            "It": {"Type": "AWS::IAM::Group", "Properties": {"GroupName": {"Fn::Sub": "forbidden-${Name}"}}}
        },
    }
    stack = create(client, json.dumps(body), Name=unique("x"))
    assert "explicit deny" in stack.reason("CREATE_FAILED")


@pytest.mark.parametrize("given", ["text", "reference"])
def test_a_function_s_role_has_to_be_passed(strict: Account, given: str) -> None:
    role, trust = unique("role"), {**TRUST, "Statement": [{**TRUST["Statement"][0], "Principal": "*"}]}
    body: dict[str, Any] = {"Resources": {}}
    made = {"Type": "AWS::Lambda::Function", "Properties": {"Role": strict.role()}}
    if given == "reference":
        properties = {"RoleName": role, "AssumeRolePolicyDocument": trust}
        body["Resources"]["Role"] = {"Type": "AWS::IAM::Role", "Properties": properties}
        made["Properties"] = {"Role": {"Fn::GetAtt": ["Role", "Arn"]}}
    code = {"ZipFile": "def handler(event, context): return event"}
    made["Properties"] |= {"Runtime": "python3.13", "Handler": "index.handler", "Code": code}
    body["Resources"]["It"] = made
    may = [STACKS, allow("lambda:*", "iam:CreateRole", "iam:DeleteRole")]
    stack = create(strict.client("cloudformation", **strict.user(*may)), json.dumps(body))
    assert "iam:PassRole" in stack.reason("CREATE_FAILED")
    client = strict.client("cloudformation", **strict.user(*may, allow("iam:PassRole")))
    assert create(client, json.dumps(body)).status == "CREATE_COMPLETE"


def test_an_update_and_a_change_set_make_no_more_than_a_stack(strict: Account) -> None:
    name, user = unique("group"), strict.user(STACKS, allow("iam:CreateGroup"))
    client = strict.client("cloudformation", **user)
    stack = create(client, group(name))
    policy = resource("AWS::IAM::Policy", "P", PolicyName="p", Users=["u"], PolicyDocument=EVERYTHING)
    assert stack.update(policy) == "UPDATE_ROLLBACK_COMPLETE"
    assert "iam:PutUserPolicy" in stack.reason("CREATE_FAILED")
    root = strict.client("cloudformation")
    call = {"ChangeSetName": "c", "ChangeSetType": "UPDATE", "Capabilities": ["CAPABILITY_NAMED_IAM"]}
    root.create_change_set(StackName=stack.id, TemplateBody=policy, **call)
    client.execute_change_set(StackName=stack.id, ChangeSetName="c")
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"


def test_a_stack_s_role_has_to_be_passed_to_trust_and_to_be_allowed(strict: Account) -> None:
    iam, name, other = strict.client("iam"), unique("role"), unique("role")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    wrong = json.dumps({"Version": "2012-10-17", "Statement": []})
    distrusting = iam.create_role(RoleName=other, AssumeRolePolicyDocument=wrong)["Role"]["Arn"]
    body, client = group(unique("group")), strict.client("cloudformation", **strict.user(STACKS))
    call = {"StackName": unique(), "TemplateBody": body, "Capabilities": ["CAPABILITY_NAMED_IAM"]}
    assert "iam:PassRole" in refused(client.create_stack, **call, RoleARN=role)[2]
    client = strict.client("cloudformation", **strict.user(STACKS, allow("iam:PassRole")))
    assert "cannot be assumed" in refused(client.create_stack, **call, RoleARN=distrusting)[2]
    stack = create(client, body, more={"RoleARN": role})
    assert f"assumed-role/{name}/AWSCloudFormation is not authorized" in stack.reason("CREATE_FAILED")
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("iam:*Group")]})
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
    stack = create(client, body, more={"RoleARN": role})
    assert stack.status == "CREATE_COMPLETE"
    assert stack.now["RoleARN"] == role
    assert stack.delete() == "DELETE_COMPLETE"  # the stack keeps its role


def test_a_template_makes_no_objects_of_python(strict: Account) -> None:
    body = "Resources:\n  A: !!python/object/apply:os.getcwd []\n"
    client = strict.client("cloudformation", **strict.user(STACKS))
    for call, more in ((client.validate_template, {}), (client.create_stack, {"StackName": "s"})):
        assert refused(call, TemplateBody=body, **more)[:2] == (400, "ValidationError")


def test_tags_by_the_tagging_api_need_the_permission_of_the_service(strict: Account) -> None:
    url = strict.client("sqs").create_queue(QueueName=unique("q"))["QueueUrl"]
    call = {
        "ResourceARNList": [f"arn:aws:sqs:{REGION}:123456789012:{url.rpartition('/')[2]}"],
        "Tags": {"a": "b"},
    }
    client = strict.client(
        "resourcegroupstaggingapi", **strict.user(allow("tag:TagResources", "tag:TagResource"))
    )
    assert "sqs:TagQueue" in refused(client.tag_resources, **call)[2]
