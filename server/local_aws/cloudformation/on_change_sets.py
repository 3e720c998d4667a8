"""CloudFormation's operations on change sets.

Docs (checked 2026-11):
docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html."""

from typing import Any

from server.local_aws.cloudformation import documents
from server.local_aws.cloudformation.calls import CallFailed
from server.local_aws.cloudformation.changes import (
    NO_CHANGES,
    ChangeSet,
    changes_of,
    check_updatable,
    unchanged,
)
from server.local_aws.cloudformation.definitions import definition_of
from server.local_aws.cloudformation.engine import Engine, Given, Handler
from server.local_aws.cloudformation.stack import Stack, now
from server.local_aws.cloudformation.stacks import arn, check_name
from server.local_aws.cloudformation.template import invalid
from server.local_aws.control_plane.call import ApiCall, ApiError


class OnChangeSets:
    """Serves them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.handlers: dict[str, Handler] = {
            "CreateChangeSet": self._create_change_set,
            "DeleteChangeSet": self._delete_change_set,
            "DescribeChangeSet": self._describe_change_set,
            "ExecuteChangeSet": self._execute_change_set,
            "ListChangeSets": self._list_change_sets,
        }

    async def _create_change_set(self, call: ApiCall, given: Given) -> dict[str, Any]:
        name, kind = str(given.get("StackName", "")), given.get("ChangeSetType", "UPDATE")
        if kind not in ("CREATE", "UPDATE"):
            raise invalid(f"The local stand-in has no change sets of type {kind}")
        stack, made = self._engine.stacks.find(name, call.region), False
        if kind == "CREATE":
            check_name(name)
            if stack is not None and stack.status != "REVIEW_IN_PROGRESS":
                raise invalid(f"Stack [{name}] already exists and cannot be created again with a change set.")
            made = stack is None
            stack = stack or self._engine.stacks.add(name, call.region)
        elif stack is None:
            raise invalid(f"Stack [{name}] does not exist")
        else:
            check_updatable(stack)
        if any(each.name == given.get("ChangeSetName") for each in self._engine.stacks.change_sets(stack)):
            message = f"ChangeSet [{given['ChangeSetName']}] already exists"
            raise ApiError(409, "AlreadyExistsException", message)
        try:
            change_set = await self._change_set(call, given, stack, kind)
        except (ApiError, CallFailed):
            if made:
                self._engine.stacks.remove(stack)
            raise
        if made:
            stack.turn("REVIEW_IN_PROGRESS", "User Initiated")
        self._engine.stacks.add_change_set(change_set)
        return {"Id": change_set.arn, "StackId": stack.arn}

    async def _change_set(self, call: ApiCall, given: Given, stack: Stack, kind: str) -> ChangeSet:
        calls = self._engine.calls(call, given.get("RoleARN", "") or stack.role)
        change_set = ChangeSet(
            name=given["ChangeSetName"],
            arn=arn("changeSet", given["ChangeSetName"], call.region),
            stack=stack,
            kind=kind,
            definition=None,
            role=given.get("RoleARN", ""),
            description=given.get("Description", ""),
            on_failure=given.get("OnStackFailure", ""),
        )
        reader = self._engine.calls(call)
        try:
            change_set.definition = await definition_of(given, stack, calls, reader, direct=False)
        except ApiError as error:
            if not error.message.startswith("Transform "):
                raise
            change_set.fail(error.message)
            return change_set
        imports = self._engine.imports(stack)
        change_set.changes = changes_of(stack, change_set.definition, imports)
        if unchanged(stack, change_set.definition, imports):
            change_set.fail(NO_CHANGES)
        return change_set

    async def _describe_change_set(self, call: ApiCall, given: Given) -> dict[str, Any]:
        return documents.change_set(self._change_set_of(call, given))

    async def _list_change_sets(self, call: ApiCall, given: Given) -> dict[str, Any]:
        found = self._engine.stacks.change_sets(self._engine.named(call, given))
        return {"Summaries": [documents.change_set_summary(each) for each in found]}

    async def _delete_change_set(self, call: ApiCall, given: Given) -> dict[str, Any]:
        try:
            self._engine.stacks.remove_change_set(self._change_set_of(call, given))
        except ApiError as error:
            if error.code != "ChangeSetNotFound":
                raise
        return {}

    async def _execute_change_set(self, call: ApiCall, given: Given) -> dict[str, Any]:
        change_set = self._change_set_of(call, given)
        stack, definition = change_set.stack, change_set.definition
        if change_set.execution != "AVAILABLE" or definition is None:
            message = f"ChangeSet [{change_set.arn}] cannot be executed in its status [{change_set.status}]"
            raise ApiError(400, "InvalidChangeSetStatus", message)
        calls = self._engine.calls(call, change_set.role or stack.role)
        creates = stack.status == "REVIEW_IN_PROGRESS"
        if not creates:
            check_updatable(stack)
        disable = bool(given.get("DisableRollback")) or change_set.on_failure == "DO_NOTHING"
        stack.begin({**given, "RoleARN": change_set.role}, disable_rollback=disable)
        for each in self._engine.stacks.change_sets(stack):
            if each is not change_set:
                self._engine.stacks.remove_change_set(each)
        change_set.execution, stack.change_set = "EXECUTE_COMPLETE", change_set.arn
        deployment = self._engine.deployment(stack, calls)
        if creates:
            stack.created = now()
            stack.definition = definition
            on_failure = "DO_NOTHING" if disable else change_set.on_failure or "ROLLBACK"
            stack.turn("CREATE_IN_PROGRESS", "User Initiated")
            await self._engine.work(stack, deployment.create(definition, on_failure))
        else:
            stack.turn("UPDATE_IN_PROGRESS", "User Initiated")
            await self._engine.work(stack, deployment.update(definition, rollback=not disable))
        return {}

    def _change_set_of(self, call: ApiCall, given: Given) -> ChangeSet:
        return self._engine.stacks.change_set(
            given.get("ChangeSetName", ""), given.get("StackName", ""), call.region
        )
