"""Change sets by boto3: what they say is what their execution does."""

import json
from typing import Any

import pytest

from tests.support.account import Account
from tests.support.permissions import refused
from tests.support.stacks import CAPABILITIES, Stack, resource, unique

BEFORE = """
Parameters: {Days: {Type: Number, Default: 7}}
Resources:
  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !Ref Days}}
  Queue: {Type: AWS::SQS::Queue}
  Group: {Type: AWS::IAM::Group, Properties: {Path: /one/}}
Outputs: {Days: {Value: !Ref Days}}
"""
AFTER = """
Parameters: {Days: {Type: Number, Default: 7}}
Resources:
  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !Ref Days}}
  Topic: {Type: AWS::SNS::Topic}
  Group: {Type: AWS::IAM::Group, Properties: {Path: /two/}}
Outputs: {Days: {Value: !Ref Days}}
"""


def change_set(client: Any, stack: str, text: str, kind: str, **parameters: str) -> dict[str, Any]:
    """A change set, as it is described."""
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    made = client.create_change_set(
        StackName=stack,
        ChangeSetName=unique("changes"),
        ChangeSetType=kind,
        TemplateBody=text,
        Parameters=given,
        Capabilities=CAPABILITIES,
    )
    described: dict[str, Any] = client.describe_change_set(ChangeSetName=made["Id"])
    return described


def changes(described: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    found = [each["ResourceChange"] for each in described["Changes"]]
    return {each["LogicalResourceId"]: (each["Action"], each.get("Replacement")) for each in found}


def test_a_stack_is_created_updated_and_left_alone_by_change_sets(aws: Account) -> None:
    client, name = aws.client("cloudformation"), unique()
    first = change_set(client, name, BEFORE, "CREATE")
    stack = Stack(client, first["StackId"])
    assert (first["Status"], first["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert changes(first) == dict.fromkeys(["Logs", "Queue", "Group"], ("Add", None))
    assert (stack.now["StackStatus"], stack.resources()) == ("REVIEW_IN_PROGRESS", {})
    client.execute_change_set(ChangeSetName=first["ChangeSetId"])
    assert (stack.status, stack.outputs) == ("CREATE_COMPLETE", {"Days": "7"})
    second = change_set(client, name, AFTER, "UPDATE", Days="14")
    assert changes(second) == {
        "Logs": ("Modify", "False"),
        "Group": ("Modify", "True"),
        "Topic": ("Add", None),
        "Queue": ("Remove", None),
    }
    queue = stack.resources()["Queue"]
    client.execute_change_set(ChangeSetName=second["ChangeSetName"], StackName=name)
    assert (stack.status, stack.outputs) == ("UPDATE_COMPLETE", {"Days": "14"})
    assert queue not in aws.client("sqs").list_queues().get("QueueUrls", [])
    third = change_set(client, name, AFTER, "UPDATE", Days="14")
    assert (third["Status"], third["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert third["StatusReason"].startswith("The submitted information didn't contain changes.")
    status, code, _ = refused(client.execute_change_set, ChangeSetName=third["ChangeSetId"])
    assert (status, code) == (400, "InvalidChangeSetStatus")
    client.delete_change_set(ChangeSetName=third["ChangeSetId"])
    assert refused(client.describe_change_set, ChangeSetName=third["ChangeSetId"])[1] == "ChangeSetNotFound"
    assert stack.delete() == "DELETE_COMPLETE"


def test_a_template_is_shown_as_it_was_given(aws: Account) -> None:
    client, name = aws.client("cloudformation"), unique()
    made = change_set(client, name, BEFORE, "CREATE")
    assert client.get_template(StackName=name, ChangeSetName=made["ChangeSetName"])["TemplateBody"] == BEFORE
    client.execute_change_set(ChangeSetName=made["ChangeSetId"])
    assert client.get_template(StackName=name)["TemplateBody"] == BEFORE
    summary = client.get_template_summary(StackName=name)
    assert [each["ParameterKey"] for each in summary["Parameters"]] == ["Days"]
    assert summary["ResourceTypes"] == ["AWS::IAM::Group", "AWS::Logs::LogGroup", "AWS::SQS::Queue"]
    detail = client.describe_stack_resource(StackName=name, LogicalResourceId="Queue")
    assert detail["StackResourceDetail"]["ResourceType"] == "AWS::SQS::Queue"
    assert Stack(client, made["StackId"]).delete() == "DELETE_COMPLETE"


@pytest.mark.parametrize("kind", ["CREATE", "UPDATE"])
def test_change_sets_that_cannot_be(aws: Account, kind: str) -> None:
    client, name = aws.client("cloudformation"), unique()
    call = {"StackName": name, "ChangeSetName": "c", "ChangeSetType": kind}
    text = json.dumps({"Resources": {}}) if kind == "CREATE" else resource("AWS::SQS::Queue")
    assert refused(client.create_change_set, **call, TemplateBody=text)[1] == "ValidationError"
    assert refused(client.describe_stacks, StackName=name)[1] == "ValidationError"
