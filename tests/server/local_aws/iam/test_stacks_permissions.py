"""CloudFormation with IAM enforced: what a stack makes, its caller could have made."""

import json
import uuid
from typing import Any

import pytest

from tests.support.account import Account
from tests.support.permissions import allow, refused

REGION = "ap-northeast-1"
ROLES = "arn:aws:iam::123456789012:role"
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


def template(type_: str, name: str = "It", **properties: Any) -> str:
    return json.dumps({"Resources": {name: {"Type": type_, "Properties": properties}}})


def unique(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex[:8]}"


def topic(name: str) -> str:
    return template("AWS::SNS::Topic", TopicName=name)


def queue(name: str) -> str:
    return template("AWS::SQS::Queue", QueueName=name)


def function(role: Any) -> str:
    code = {"ZipFile": "def handler(event, context): return event"}
    return template(
        "AWS::Lambda::Function", Role=role, Runtime="python3.13", Handler="index.handler", Code=code
    )


REFUSED = [
    (
        template("AWS::IAM::Policy", PolicyName="p", Users=["u"], PolicyDocument=EVERYTHING),
        "iam:PutUserPolicy",
    ),
    (
        template("AWS::IAM::Policy", PolicyName="p", Roles=["r"], PolicyDocument=EVERYTHING),
        "iam:PutRolePolicy",
    ),
    (
        template("AWS::IAM::Policy", PolicyName="p", Groups=["g"], PolicyDocument=EVERYTHING),
        "iam:PutGroupPolicy",
    ),
    (template("AWS::IAM::ManagedPolicy", PolicyDocument=EVERYTHING), "iam:CreatePolicy"),
    (template("AWS::IAM::Role", AssumeRolePolicyDocument=TRUST), "iam:CreateRole"),
    (template("AWS::IAM::User"), "iam:CreateUser"),
    (template("AWS::IAM::AccessKey", UserName="u"), "iam:CreateAccessKey"),
    (function(f"{ROLES}/r"), "lambda:CreateFunction"),
    (template("AWS::S3::Bucket"), "s3:CreateBucket"),
    (template("AWS::Logs::LogGroup"), "logs:CreateLogGroup"),
    (template("AWS::DynamoDB::Table", TableName="t"), "dynamodb:CreateTable"),
    (template("AWS::SSM::Parameter", Name="/p", Type="String", Value="v"), "ssm:PutParameter"),
    (template("AWS::SecretsManager::Secret"), "secretsmanager:CreateSecret"),
    (template("AWS::Events::Rule"), "events:PutRule"),
    (template("AWS::ApiGateway::RestApi", Name="a"), "apigateway:POST"),
    (template("AWS::ApiGatewayV2::Api", Name="a", ProtocolType="HTTP"), "apigateway:POST"),
    (template("AWS::AppSync::GraphQLApi", Name="a"), "appsync:CreateGraphqlApi"),
    (template("AWS::CloudFormation::Stack", TemplateURL="https://s3.amazonaws.com/b/k"), "Stack"),
    (template("Custom::Thing", ServiceToken="arn"), "Custom::Thing"),
    (template("AWS::EC2::VPC", CidrBlock="10.0.0.0/16"), "AWS::EC2::VPC"),
    (json.dumps({"Transform": "AWS::Serverless-2016-10-31", **json.loads(topic("t"))}), "Transform"),
    (
        "Resources:\n  It:\n    Type: AWS::SNS::Topic\n    Properties:\n      TopicName: !ImportValue x\n",
        "It",
    ),
]


@pytest.mark.parametrize(("body", "named"), REFUSED, ids=range(len(REFUSED)))
def test_what_the_caller_may_not_make_no_stack_makes(strict: Account, body: str, named: str) -> None:
    cloudformation, name = strict.client("cloudformation", **strict.user(STACKS)), unique("stack")
    status, code, message = refused(cloudformation.create_stack, StackName=name, TemplateBody=body)
    assert (status, code) == (403, "AccessDenied")
    assert named in message
    assert name not in [
        each["StackName"] for each in strict.client("cloudformation").list_stacks()["StackSummaries"]
    ]


def test_a_stack_in_s3_is_judged_too_and_its_object_has_to_be_readable(strict: Account) -> None:
    bucket, name = unique("bucket"), unique("topic")
    s3 = strict.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=bucket, Key="t.json", Body=topic(name))
    call = {"StackName": name, "TemplateURL": f"https://s3.amazonaws.com/{bucket}/t.json"}
    blind = strict.client("cloudformation", **strict.user(STACKS, allow("sns:*")))
    assert "s3:GetObject" in refused(blind.create_stack, **call)[2]
    poor = strict.client("cloudformation", **strict.user(STACKS, allow("s3:GetObject")))
    assert "sns:CreateTopic" in refused(poor.create_stack, **call)[2]
    strict.client("cloudformation", **strict.user(STACKS, allow("s3:GetObject", "sns:*"))).create_stack(
        **call
    )


def test_the_permissions_of_the_calls_suffice_and_are_needed_on_the_resource(strict: Account) -> None:
    name = unique("queue")
    mine = f"arn:aws:sqs:{REGION}:123456789012:{name}"
    aws = strict.client("cloudformation", **strict.user(STACKS, allow("sqs:CreateQueue", on=mine)))
    aws.create_stack(StackName=name, TemplateBody=queue(name))
    assert "sqs:CreateQueue" in refused(aws.create_stack, StackName="s", TemplateBody=queue(f"{name}2"))[2]
    assert "sqs:DeleteQueue" in refused(aws.delete_stack, StackName=name)[2]
    strict.client("cloudformation", **strict.user(STACKS, allow("sqs:DeleteQueue", on=mine))).delete_stack(
        StackName=name
    )


def test_a_deny_reaches_a_name_that_a_parameter_gives(strict: Account) -> None:
    denied = {
        **allow("sns:CreateTopic", on=f"arn:aws:sns:{REGION}:123456789012:forbidden-*"),
        "Effect": "Deny",
    }
    aws = strict.client("cloudformation", **strict.user(STACKS, allow("sns:*"), denied))
    body = {**json.loads(template("AWS::SNS::Topic", TopicName={"Fn::Sub": "forbidden-${Name}"}))}
    body["Parameters"] = {"Name": {"Type": "String"}}
    parameters = [{"ParameterKey": "Name", "ParameterValue": unique("x")}]
    call = {"StackName": unique("s"), "TemplateBody": json.dumps(body), "Parameters": parameters}
    assert "explicit deny" in refused(aws.create_stack, **call)[2]


@pytest.mark.parametrize("given", ["text", "reference"])
def test_a_function_s_role_has_to_be_passed(strict: Account, given: str) -> None:
    body = json.loads(function(strict.role() if given == "text" else {"Fn::GetAtt": ["Role", "Arn"]}))
    if given == "reference":
        properties = {"RoleName": unique("r"), "AssumeRolePolicyDocument": TRUST}
        body["Resources"]["Role"] = {"Type": "AWS::IAM::Role", "Properties": properties}
    call = {"StackName": unique("s"), "TemplateBody": json.dumps(body)}
    may = [STACKS, allow("lambda:*", "iam:CreateRole")]
    assert (
        "iam:PassRole"
        in refused(strict.client("cloudformation", **strict.user(*may)).create_stack, **call)[2]
    )
    strict.client("cloudformation", **strict.user(*may, allow("iam:PassRole"))).create_stack(**call)


def test_an_update_and_a_change_set_make_no_more_than_a_stack(strict: Account) -> None:
    name = unique("topic")
    root = strict.client("cloudformation")
    root.create_stack(StackName=name, TemplateBody=topic(name))
    aws = strict.client("cloudformation", **strict.user(STACKS, allow("sns:*")))
    policy = template("AWS::IAM::Policy", "P", PolicyName="p", Users=["u"], PolicyDocument=EVERYTHING)
    more = {"Resources": {**json.loads(topic(name))["Resources"], **json.loads(policy)["Resources"]}}
    body = json.dumps(more)
    for call, arguments in (
        (aws.update_stack, {}),
        (aws.create_change_set, {"ChangeSetName": "c", "ChangeSetType": "UPDATE"}),
        (aws.create_change_set, {"ChangeSetName": "c", "ChangeSetType": "CREATE"}),
    ):
        stack = unique("s") if arguments.get("ChangeSetType") == "CREATE" else name
        assert "iam:PutUserPolicy" in refused(call, StackName=stack, TemplateBody=body, **arguments)[2]
    new = unique("s")
    root.create_change_set(StackName=new, ChangeSetName="cs", ChangeSetType="CREATE", TemplateBody=policy)
    assert "iam:PutUserPolicy" in refused(aws.execute_change_set, StackName=new, ChangeSetName="cs")[2]


def test_a_stack_set_s_stacks_are_its_caller_s(strict: Account) -> None:
    name, policy = unique("set"), template("AWS::IAM::User")
    aws = strict.client("cloudformation", **strict.user(STACKS))
    assert "iam:CreateUser" in refused(aws.create_stack_set, StackSetName=name, TemplateBody=policy)[2]
    strict.client("cloudformation").create_stack_set(StackSetName=name, TemplateBody=policy)
    where = {"StackSetName": name, "Accounts": ["123456789012"], "Regions": ["us-east-1"]}
    assert "iam:CreateUser" in refused(aws.create_stack_instances, **where)[2]


def test_a_stack_s_role_has_to_be_passed_and_has_to_be_allowed(strict: Account) -> None:
    iam, name = strict.client("iam"), unique("r")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    call = {"StackName": unique("s"), "TemplateBody": topic(unique("t")), "RoleARN": role}
    aws = strict.client("cloudformation", **strict.user(STACKS, allow("sns:*")))
    assert "iam:PassRole" in refused(aws.create_stack, **call)[2]
    aws = strict.client("cloudformation", **strict.user(STACKS, allow("iam:PassRole", on=role)))
    assert "sns:CreateTopic" in refused(aws.create_stack, **call)[2]
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("sns:CreateTopic")]})
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
    aws.create_stack(**call)


def test_a_template_makes_no_objects_of_python(strict: Account) -> None:
    body = "Resources:\n  A: !!python/object/apply:os.getcwd []\n"
    aws = strict.client("cloudformation", **strict.user(STACKS))
    for call, more in ((aws.validate_template, {}), (aws.create_stack, {"StackName": "s"})):
        assert refused(call, TemplateBody=body, **more)[:2] == (400, "ValidationError")


def test_an_administrator_s_stack_may_have_anything(strict: Account) -> None:
    aws = strict.client("cloudformation", **strict.user(allow("*")))
    aws.create_stack(StackName=unique("s"), TemplateBody=template("AWS::EC2::VPC", CidrBlock="10.0.0.0/16"))


def test_tags_by_the_tagging_api_need_the_permission_of_the_service(strict: Account) -> None:
    url = strict.client("sqs").create_queue(QueueName=unique("q"))["QueueUrl"]
    call = {
        "ResourceARNList": [f"arn:aws:sqs:{REGION}:123456789012:{url.rpartition('/')[2]}"],
        "Tags": {"a": "b"},
    }
    aws = strict.client(
        "resourcegroupstaggingapi", **strict.user(allow("tag:TagResources", "tag:TagResource"))
    )
    assert "sqs:TagQueue" in refused(aws.tag_resources, **call)[2]
