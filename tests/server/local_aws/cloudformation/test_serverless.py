"""SAM's templates, expanded as AWS expands them: by its own translator."""

import importlib.util
import json

import pytest
from websockets.asyncio.client import connect

from server.local_aws.cloudformation.macros import MISSING
from tests.support.account import Account
from tests.support.gateway_clients import read_items
from tests.support.permissions import refused
from tests.support.stacks import CAPABILITIES, deployed, packaged, template, unique

INSTALLED = importlib.util.find_spec("samtranslator") is not None
translated = pytest.mark.skipif(not INSTALLED, reason="aws-sam-translator is not installed")


@translated
async def test_a_serverless_application_streams(aws: Account) -> None:
    package = packaged(aws, "rest.stamped", [10, 0.1])
    with deployed(aws, template("serverless"), **package) as stack:
        for name in ("Url", "Rest"):
            assert (await read_items(stack.outputs[name])).one_by_one
        async with connect(stack.outputs["WebSocket"]) as client:
            await client.send("hello")
            assert await client.recv() == "first"
        shown = stack.client.get_template(StackName=stack.id, TemplateStage="Processed")["TemplateBody"]
        assert "AWS::Lambda::Url" in json.dumps(shown) and "AWS::Serverless" not in json.dumps(shown)
        original = stack.client.get_template(StackName=stack.id)["TemplateBody"]
        assert original == template("serverless")


@translated
def test_a_serverless_template_that_is_none(aws: Account) -> None:
    text = "Transform: AWS::Serverless-2016-10-31\nResources: {It: {Type: AWS::Serverless::Function}}"
    client, name = aws.client("cloudformation"), unique()
    call = {"StackName": name, "TemplateBody": text, "Capabilities": CAPABILITIES}
    message = refused(client.create_stack, **call)[2]
    assert message.startswith("Transform AWS::Serverless-2016-10-31 failed with: ")
    assert "[It]" in message
    client.create_change_set(**call, ChangeSetName="c", ChangeSetType="CREATE")
    described = client.describe_change_set(StackName=name, ChangeSetName="c")
    assert (described["Status"], described["StatusReason"]) == ("FAILED", message)
    client.delete_stack(StackName=name)


def test_without_the_translator_a_serverless_template_is_refused_by_what_is_missing() -> None:
    assert "pip install aws-sam-translator" in MISSING
