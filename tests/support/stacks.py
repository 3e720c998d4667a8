"""Stacks, deployed by boto3 as anybody would; their templates are files."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.account import Account
from tests.support.guests import guest_package

TEMPLATES = Path(__file__).parents[1] / "server" / "local_aws" / "cloudformation" / "templates"
CAPABILITIES = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


def template(name: str) -> str:
    return (TEMPLATES / f"{name}.yaml").read_text(encoding="utf-8")


def resource(type_: str, name: str = "It", **properties: Any) -> str:
    """A template of one resource."""
    return str(yaml.safe_dump({"Resources": {name: {"Type": type_, "Properties": properties}}}))


def unique(kind: str = "stack") -> str:
    return f"{kind}-{uuid.uuid4().hex[:8]}"


@dataclass
class Stack:
    """A stack by its id, which finds it when it is deleted, too."""

    client: Any
    id: str

    @property
    def now(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.describe_stacks(StackName=self.id)["Stacks"][0]
        return found

    @property
    def status(self) -> str:
        """Its status once nothing is going on any more."""
        deadline = time.monotonic() + 120
        while (status := str(self.now["StackStatus"])).endswith("_IN_PROGRESS"):
            assert time.monotonic() < deadline, status
            time.sleep(0.2)
        return status

    @property
    def outputs(self) -> dict[str, str]:
        return {each["OutputKey"]: each["OutputValue"] for each in self.now.get("Outputs", [])}

    def statuses(self) -> list[tuple[str, str]]:
        """Which resource has had which status, the first one first."""
        return [(each["LogicalResourceId"], each["ResourceStatus"]) for each in self._events()]

    def events(self, logical_id: str) -> list[str]:
        """The statuses that a resource has had, the first one first."""
        return [status for name, status in self.statuses() if name == logical_id]

    def reason(self, status: str) -> str:
        """Why the first that has had this status has had it."""
        reasons = [
            each.get("ResourceStatusReason", "")
            for each in self._events()
            if each["ResourceStatus"] == status
        ]
        return str(reasons[0]) if reasons else ""

    def _events(self) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self.client.describe_stack_events(StackName=self.id)["StackEvents"]
        return events[::-1]

    def resources(self) -> dict[str, str]:
        """The physical ids by the logical ones."""
        found = self.client.list_stack_resources(StackName=self.id)["StackResourceSummaries"]
        return {each["LogicalResourceId"]: each.get("PhysicalResourceId", "") for each in found}

    def update(self, text: str, **parameters: str) -> str:
        """Deploy another template; return the stack's status then."""
        self.client.update_stack(
            StackName=self.id, TemplateBody=text, Parameters=listed(parameters), Capabilities=CAPABILITIES
        )
        return self.status

    def delete(self) -> str:
        self.client.delete_stack(StackName=self.id)
        return self.status


def listed(parameters: dict[str, str]) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]


def create(client: Any, text: str, *, name: str = "", more: Any = None, **parameters: str) -> Stack:
    """Create a stack of this template; `more` are further arguments."""
    answer = client.create_stack(
        StackName=name or unique(),
        TemplateBody=text,
        Parameters=listed(parameters),
        Capabilities=CAPABILITIES,
        **(more or {}),
    )
    return Stack(client, answer["StackId"])


@contextmanager
def deployed(aws: Account, text: str, **parameters: str) -> Iterator[Stack]:
    """A stack that is there; deleted in the end, with all that is in it."""
    stack = create(aws.client("cloudformation"), text, **parameters)
    assert stack.status == "CREATE_COMPLETE", stack.reason("CREATE_FAILED")
    yield stack
    assert stack.delete() == "DELETE_COMPLETE", stack.reason("DELETE_FAILED")


def packaged(aws: Account, handler: str, given: Any = None) -> dict[str, str]:
    """A function of `tests/guests` in S3, as the parameters of the templates name it."""
    bucket = unique("bucket")
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    s3.put_object(Bucket=bucket, Key="function.zip", Body=guest_package(handler, given))
    return {"Bucket": bucket, "Key": "function.zip", "Handler": handler}
