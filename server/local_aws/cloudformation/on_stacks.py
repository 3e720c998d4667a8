"""CloudFormation's operations on stacks.

Docs (checked 2026-11): docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/.
"""

import json
from typing import Any

from server.local_aws.cloudformation import documents
from server.local_aws.cloudformation.calls import CallFailed
from server.local_aws.cloudformation.changes import check_updatable, unchanged
from server.local_aws.cloudformation.definitions import definition_of
from server.local_aws.cloudformation.engine import Engine, Given, Handler
from server.local_aws.cloudformation.stack import Stack
from server.local_aws.cloudformation.stacks import check_name
from server.local_aws.cloudformation.template import invalid
from server.local_aws.control_plane.call import ApiCall, ApiError


class OnStacks:
    """Serves them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.handlers: dict[str, Handler] = {
            "CancelUpdateStack": self._cancel_update,
            "CreateStack": self._create_stack,
            "DeleteStack": self._delete_stack,
            "DescribeStackEvents": self._describe_stack_events,
            "DescribeStackResource": self._describe_stack_resource,
            "DescribeStackResources": self._describe_stack_resources,
            "DescribeStacks": self._describe_stacks,
            "ListExports": self._list_exports,
            "ListStackResources": self._list_stack_resources,
            "ListStacks": self._list_stacks,
            "UpdateStack": self._update_stack,
            "UpdateTerminationProtection": self._update_termination_protection,
        }

    async def _create_stack(self, call: ApiCall, given: Given) -> dict[str, Any]:
        name = str(given.get("StackName", ""))
        check_name(name)
        if self._engine.stacks.find(name, call.region):
            raise ApiError(400, "AlreadyExistsException", f"Stack [{name}] already exists")
        calls = self._engine.calls(call, given.get("RoleARN", ""))
        stack = self._engine.stacks.add(name, call.region)
        try:
            definition = await definition_of(given, stack, calls, self._engine.calls(call), direct=True)
        except (ApiError, CallFailed):
            self._engine.stacks.remove(stack)
            raise
        stack.timeout = given.get("TimeoutInMinutes")
        on_failure = on_failure_of(given)
        stack.begin(given, disable_rollback=on_failure == "DO_NOTHING")
        stack.definition = definition
        stack.turn("CREATE_IN_PROGRESS", "User Initiated")
        await self._engine.work(stack, self._engine.deployment(stack, calls).create(definition, on_failure))
        return {"StackId": stack.arn}

    async def _update_stack(self, call: ApiCall, given: Given) -> dict[str, Any]:
        stack = self._engine.stacks.find(str(given.get("StackName", "")), call.region)
        if stack is None or stack.status == "DELETE_COMPLETE":
            raise invalid(f"Stack [{given.get('StackName', '')}] does not exist")
        check_updatable(stack)
        calls = self._engine.calls(call, given.get("RoleARN", "") or stack.role)
        definition = await definition_of(given, stack, calls, self._engine.calls(call), direct=True)
        if unchanged(stack, definition, self._engine.imports(stack)):
            raise invalid("No updates are to be performed.")
        stack.begin(given, disable_rollback=bool(given.get("DisableRollback")))
        stack.turn("UPDATE_IN_PROGRESS", "User Initiated")
        deployment = self._engine.deployment(stack, calls)
        await self._engine.work(stack, deployment.update(definition, rollback=not stack.disable_rollback))
        return {"StackId": stack.arn}

    async def _delete_stack(self, call: ApiCall, given: Given) -> dict[str, Any]:
        stack = self._engine.stacks.find(str(given.get("StackName", "")), call.region)
        if stack is None or stack.status == "DELETE_COMPLETE":
            return {}
        if stack.protected:
            raise invalid(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
        retained = given.get("RetainResources") or []
        if retained and stack.status != "DELETE_FAILED":
            raise invalid("Resources can be retained only when the stack is in DELETE_FAILED state")
        self._check_exports(stack)
        calls = self._engine.calls(call, given.get("RoleARN", "") or stack.role)
        stack.token = str(given.get("ClientRequestToken", ""))
        await self._engine.work(stack, self._engine.deployment(stack, calls).delete(retained))
        return {}

    def _check_exports(self, stack: Stack) -> None:
        for output in stack.outputs:
            users = [each.name for each in self._engine.stacks.importing(output.export, stack.region)]
            if users:
                message = f"Export {output.export} cannot be deleted as it is in use by {', '.join(users)}"
                raise invalid(message)

    async def _cancel_update(self, call: ApiCall, given: Given) -> dict[str, Any]:
        raise invalid("CancelUpdateStack cannot be called from current stack status")

    async def _describe_stacks(self, call: ApiCall, given: Given) -> dict[str, Any]:
        if name := given.get("StackName"):
            return {"Stacks": [documents.described(self._engine.stacks.get(name, call.region))]}
        live = [stack for stack in self._engine.stacks.all(call.region) if stack.status != "DELETE_COMPLETE"]
        return {"Stacks": [documents.described(stack) for stack in live]}

    async def _list_stacks(self, call: ApiCall, given: Given) -> dict[str, Any]:
        wanted = given.get("StackStatusFilter") or []
        stacks = [
            stack for stack in self._engine.stacks.all(call.region) if not wanted or stack.status in wanted
        ]
        return {"StackSummaries": [documents.summary(stack) for stack in stacks]}

    async def _describe_stack_events(self, call: ApiCall, given: Given) -> dict[str, Any]:
        stack = self._engine.named(call, given, "Stack [{}] does not exist")
        return {"StackEvents": [documents.event(stack, event) for event in reversed(stack.events)]}

    async def _list_stack_resources(self, call: ApiCall, given: Given) -> dict[str, Any]:
        stack = self._engine.named(call, given)
        found = [documents.resource(stack, each, "LastUpdatedTimestamp") for each in stack.resources.values()]
        return {"StackResourceSummaries": found}

    async def _describe_stack_resources(self, call: ApiCall, given: Given) -> dict[str, Any]:
        if physical_id := given.get("PhysicalResourceId"):
            stack = next(
                (each for each in self._engine.stacks.all(call.region) if has(each, physical_id)), None
            )
            if stack is None:
                raise invalid(f"Stack for {physical_id} does not exist")
        else:
            stack = self._engine.named(call, given)
        name = given.get("LogicalResourceId")
        found = [each for each in stack.resources.values() if name in (None, each.logical_id)]
        return {"StackResources": [documents.resource(stack, each, "Timestamp") for each in found]}

    async def _describe_stack_resource(self, call: ApiCall, given: Given) -> dict[str, Any]:
        stack, name = (
            self._engine.named(call, given, "Stack '{}' does not exist"),
            given.get("LogicalResourceId", ""),
        )
        if name not in stack.resources:
            raise invalid(f"Resource {name} does not exist for stack {stack.name}")
        detail = documents.resource(stack, stack.resources[name], "LastUpdatedTimestamp")
        document = stack.definition.document if stack.definition else {"Resources": {}}
        metadata = document["Resources"].get(name, {}).get("Metadata", {})
        return {"StackResourceDetail": {**detail, "Metadata": json.dumps(metadata)}}

    async def _list_exports(self, call: ApiCall, given: Given) -> dict[str, Any]:
        found = self._engine.stacks.exports(call.region)
        return {
            "Exports": [
                {"ExportingStackId": stack.arn, "Name": output.export, "Value": output.value}
                for stack, output in found
            ]
        }

    async def _update_termination_protection(self, call: ApiCall, given: Given) -> dict[str, Any]:
        stack = self._engine.named(call, given)
        stack.protected = bool(given.get("EnableTerminationProtection"))
        return {"StackId": stack.arn}


def on_failure_of(given: Given) -> str:
    if "DisableRollback" in given and "OnFailure" in given:
        raise invalid("You can specify either DisableRollback or OnFailure, but not both.")
    if given.get("DisableRollback"):
        return "DO_NOTHING"
    return str(given.get("OnFailure", "ROLLBACK"))


def has(stack: Stack, physical_id: str) -> bool:
    return any(each.physical_id == physical_id for each in stack.resources.values())
