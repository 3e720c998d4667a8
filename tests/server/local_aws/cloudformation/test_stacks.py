"""Stacks by boto3: what they deploy is reachable and streams, changes with them, and goes with them."""

import json
import re
import urllib.request

import pytest
from websockets.asyncio.client import connect

from server.local_aws.cloudformation.types import KINDS, NOTHING
from tests.support.account import Account
from tests.support.containers import COMMAND, HEALTH_PATH, IMAGE, eventually, items, status_of
from tests.support.gateway_clients import read_items
from tests.support.shapes import one_by_one
from tests.support.stacks import TEMPLATES, Stack, create, deployed, packaged, resource, template, unique

ALONE = {"AWS::ApiGatewayV2::IntegrationResponse", "AWS::ApiGatewayV2::Model"}
"""Types that are of use with integrations only that are not served: no template has them."""

COMPOSED = {"AWS::AppSync::FunctionConfiguration"}
"""Types of what the API they call does not serve: they fail by its reason."""


def answer(url: str, body: bytes | None = None, **headers: str) -> str:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with urllib.request.urlopen(urllib.request.Request(url, body, named), timeout=30) as response:
        return str(response.read().decode())


async def test_a_function_url_streams_and_follows_the_stack(aws: Account) -> None:
    package = packaged(aws, "basic.stamped", [10, 0.1])
    with deployed(aws, template("function_url"), **package) as stack:
        url, function = stack.outputs["Url"], stack.outputs["Function"]
        assert (await read_items(url)).one_by_one
        assert function.startswith(f"{stack.now['StackName']}-Function-")
        assert stack.update(template("function_url"), **package, Mode="BUFFERED") == "UPDATE_COMPLETE"
        assert (await read_items(url)).at_once
        settings = aws.client("lambda").get_function_configuration(FunctionName=function)
        assert settings["Environment"]["Variables"] == {"MODE": "BUFFERED"}
        assert stack.events("Url")[-2:] == ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]
        assert "UPDATE_COMPLETE" not in stack.events("Role")
    assert status_of(url) == 0
    names = [each["FunctionName"] for each in aws.client("lambda").list_functions()["Functions"]]
    assert function not in names


async def test_gateways_stream_and_follow_the_stack(aws: Account) -> None:
    package = packaged(aws, "rest.stamped", [10, 0.1])
    with deployed(aws, template("gateways"), **package) as stack:
        outputs = stack.outputs
        for name in ("Rest", "Document"):
            assert (await read_items(outputs[name])).one_by_one
        assert [answer(outputs[name]) for name in ("Http", "HttpDocument")] == ["first", "first"]
        async with connect(outputs["WebSocket"]) as client:
            await client.send("hello")
            assert await client.recv() == "first"
        assert outputs["Management"] == outputs["WebSocket"].replace("ws:", "https:")
        assert stack.update(template("gateways"), **package, Answer="second") == "UPDATE_COMPLETE"
        assert [answer(outputs[name]) for name in ("Http", "HttpDocument")] == ["second", "second"]
        rest = stack.resources()["Rest"]
        stage = aws.client("apigateway").get_stage(restApiId=rest, stageName="prod")
        assert stage["variables"] == {"answer": "second"}
    assert [status_of(outputs[name]) for name in ("Rest", "Document", "Http", "HttpDocument")] == [0] * 4


def test_appsync_answers_and_follows_the_stack(aws: Account) -> None:
    with deployed(aws, template("appsync")) as stack:
        outputs = stack.outputs
        question = (outputs["GraphQL"], b'{"query": "{ said }"}')
        assert json.loads(answer(*question, x_api_key=outputs["Key"])) == {"data": {"said": "first"}}
        event = json.dumps({"channel": "/chat/room", "events": ['"hello"']}).encode()
        published = json.loads(answer(outputs["Events"], event, x_api_key=outputs["EventsKey"]))
        assert len(published["successful"]) == 1
        more = template("appsync").replace("said: String", "said: String, heard: Int")
        assert stack.update(more, Answer="second") == "UPDATE_COMPLETE"
        assert json.loads(answer(*question, x_api_key=outputs["Key"])) == {"data": {"said": "second"}}
    assert status_of(outputs["GraphQL"]) == 0


def test_containers_stream(aws: Account) -> None:
    parameters = {"Image": IMAGE, "Command": COMMAND, "HealthPath": HEALTH_PATH}
    with deployed(aws, template("containers"), **parameters) as stack:
        for name, url in stack.outputs.items():
            eventually(lambda url=url: status_of(url + HEALTH_PATH) == 200)
            found = items(f"{url}/transfer-encoding?count=10&interval_ms=100")
            assert one_by_one([item["sent"] for _, item in found], [at for at, _ in found]), name


def test_what_functions_store_and_who_may_follow_the_stack(aws: Account) -> None:
    name = unique("named")
    with deployed(aws, template("storage"), Name=name) as stack:
        resources, iam = stack.resources(), aws.client("iam")
        assert stack.outputs["Days"] == "7 days" and "Second" not in stack.outputs
        assert stack.now["Outputs"][1]["ExportName"] == f"{stack.now['StackName']}-days"
        changed = {"Name": name, "Days": "14", "Action": "sqs:SendMessage", "Second": "yes"}
        assert stack.update(template("storage"), **changed) == "UPDATE_COMPLETE"
        assert stack.outputs["Second"] == "never"
        groups = aws.client("logs").describe_log_groups(logGroupNamePrefix=resources["Logs"])["logGroups"]
        assert groups[0]["retentionInDays"] == 14
        policies = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        assert len(policies) == 2
        policy = iam.get_role_policy(RoleName=name, PolicyName="queues")["PolicyDocument"]
        assert policy["Statement"][0]["Action"] == "sqs:SendMessage"
        assert stack.update(template("storage"), Name=name) == "UPDATE_COMPLETE"
        assert len(iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]) == 1
        assert stack.resources() == resources
    assert name not in [each["RoleName"] for each in iam.list_roles()["Roles"]]
    assert resources["Bucket"] not in [each["Name"] for each in aws.client("s3").list_buckets()["Buckets"]]


def test_versions_aliases_and_settings_of_functions(aws: Account) -> None:
    package = packaged(aws, "basic.echo")
    del package["Handler"]
    with deployed(aws, template("functions"), **package) as stack:
        lambda_, function = aws.client("lambda"), stack.resources()["Function"]
        answered = lambda_.invoke(FunctionName=stack.outputs["Alias"], Payload=b'"hello"')
        assert (answered["ExecutedVersion"], answered["Payload"].read()) == ("1", b'"hello"')
        assert stack.update(template("functions"), **package, Memory="512") == "UPDATE_COMPLETE"
        settings = lambda_.get_function(FunctionName=function)
        assert settings["Configuration"]["MemorySize"] == 512
        assert settings["Concurrency"]["ReservedConcurrentExecutions"] == 2


def test_tags_of_a_stack_are_those_of_what_it_makes(aws: Account) -> None:
    cloudformation, iam = aws.client("cloudformation"), aws.client("iam")
    text = """
    Resources:
      Group: {Type: AWS::IAM::Group}
      Role:
        Type: AWS::IAM::Role
        Properties: {AssumeRolePolicyDocument: {Statement: []}, Tags: [{Key: own, Value: kept}]}
    """
    stack = create(cloudformation, text, more={"Tags": [{"Key": "team", "Value": "one"}]})
    role = stack.resources()["Role"]
    call = {"StackName": stack.id, "UsePreviousTemplate": True, "Capabilities": ["CAPABILITY_IAM"]}
    cloudformation.update_stack(**call, Tags=[{"Key": "team", "Value": "two"}])
    tags = {each["Key"]: each["Value"] for each in iam.list_role_tags(RoleName=role)["Tags"]}
    assert (stack.status, tags) == ("UPDATE_COMPLETE", {"own": "kept", "team": "two"})
    assert "UPDATE_COMPLETE" not in stack.events("Group")
    assert stack.delete() == "DELETE_COMPLETE"


def test_a_value_that_another_stack_uses_stays(aws: Account) -> None:
    cloudformation, export = aws.client("cloudformation"), unique("export")
    text = f"""
    Resources: {{Group: {{Type: AWS::IAM::Group}}}}
    Outputs: {{It: {{Value: !Ref Group, Export: {{Name: {export}}}}}}}
    """
    exporting = create(cloudformation, text)
    value = {"Fn::ImportValue": export}
    imported = resource("AWS::SSM::Parameter", Type="String", Value=value)
    with deployed(aws, imported) as stack:
        parameter = aws.client("ssm").get_parameter(Name=stack.resources()["It"])["Parameter"]
        assert parameter["Value"] == exporting.outputs["It"]
        with pytest.raises(cloudformation.exceptions.ClientError, match="is in use by"):
            exporting.delete()
    assert exporting.delete() == "DELETE_COMPLETE"


def test_a_stack_in_a_stack(aws: Account) -> None:
    s3, bucket = aws.client("s3"), unique("bucket")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    inner = template("inner")
    s3.put_object(Bucket=bucket, Key="one", Body=inner)
    s3.put_object(Bucket=bucket, Key="two", Body=inner.replace("RetentionInDays: 7", "RetentionInDays: 14"))
    s3.put_object(Bucket=bucket, Key="fails", Body=inner.replace("Logs::LogGroup", "EC2::VPC"))
    with deployed(aws, template("outer"), Bucket=bucket, Key="one") as stack:
        logs, name = aws.client("logs"), stack.outputs["Name"]
        assert stack.outputs["Said"] == "a,b"
        assert stack.update(template("outer"), Bucket=bucket, Key="two") == "UPDATE_COMPLETE"
        groups = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        assert [each["retentionInDays"] for each in groups] == [14]
        assert stack.update(template("outer"), Bucket=bucket, Key="fails") == "UPDATE_ROLLBACK_COMPLETE"
        assert "did not stabilize: UPDATE_ROLLBACK_COMPLETE" in stack.reason("UPDATE_FAILED")
        inside = Stack(stack.client, stack.resources()["Inner"])
        assert inside.reason("UPDATE_FAILED").endswith("no resources of type AWS::EC2::VPC")
    assert inside.status == "DELETE_COMPLETE"
    assert logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"] == []


def test_resources_are_made_one_after_the_other(aws: Account) -> None:
    parts = {name: {"Type": "AWS::IAM::Group", "DependsOn": "Last"} for name in ("A", "B", "C")}
    body = {"Resources": {**parts, "Last": {"Type": "AWS::IAM::Group"}}}
    with deployed(aws, json.dumps(body)) as stack:
        made = [each for each in stack.statuses() if each[1] in ("CREATE_IN_PROGRESS", "CREATE_COMPLETE")]
        names = [name for name, status in made if name in body["Resources"]]
        assert names[:3] == ["Last"] * 3
        assert [names[index : index + 3] for index in (3, 6, 9)] == [[name] * 3 for name in names[3::3]]


def test_every_type_is_deployed_here() -> None:
    texts = [path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.yaml")]
    found = set(re.findall(r"Type: (AWS::[A-Za-z0-9]+::[A-Za-z0-9]+)", "".join(texts)))
    assert {*KINDS, *NOTHING} - found == ALONE | COMPOSED
