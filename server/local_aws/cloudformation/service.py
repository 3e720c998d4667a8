"""CloudFormation as a service of the stand-in: its operations on stacks and change sets.

The resources are made in the background, in the name of whoever calls: with IAM enforced each call is judged as if
the caller, or the role that the caller hands over, had made it. An operation that is soon done is answered when it
is, so that who asks next sees its end.

Docs (checked 2026-11): docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/.
"""

import asyncio
import json
import re
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import unquote, urlparse

from server.local_aws.cloudformation import documents, macros, parameters, query
from server.local_aws.cloudformation.calls import CallFailed
from server.local_aws.cloudformation.calls import Calls as ApiCalls
from server.local_aws.cloudformation.changes import NO_CHANGES, ChangeSet, changes_of
from server.local_aws.cloudformation.deployment import Deployment
from server.local_aws.cloudformation.stack import Definition, Stack, now
from server.local_aws.cloudformation.stacks import Stacks, arn
from server.local_aws.cloudformation.template import check_references, invalid, ordered, parse
from server.local_aws.cloudformation.values import Values
from server.local_aws.control_plane import refusals
from server.local_aws.control_plane.call import ApiAnswer, ApiCall, ApiError
from server.local_aws.control_plane.moto import ACCOUNT_ID, not_served
from server.local_aws.iam import identity, trust
from server.local_aws.iam.identity import Identity
from server.local_aws.platform.service import Calls, Platform

SOON = 5.0
"""Seconds for which an answer waits for the end of what was asked for."""

STACK_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")
NAMED = {
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
}
ACCESS = {*NAMED, "AWS::IAM::AccessKey", "AWS::IAM::Policy", "AWS::IAM::UserToGroupAddition"}
UPDATABLE = {
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "CREATE_FAILED",
    "UPDATE_FAILED",
    "ROLLBACK_FAILED",
}

Given = Mapping[str, Any]
Handler = Callable[[ApiCall, Given], Awaitable[dict[str, Any]]]


class CloudFormation(Calls):
    """Answers CloudFormation's operations on stacks; all others are a 501."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._stacks = Stacks()
        self._working: dict[str, asyncio.Task[None]] = {}
        self._handlers: dict[str, Handler] = {
            "CancelUpdateStack": self._cancel_update,
            "CreateChangeSet": self._create_change_set,
            "CreateStack": self._create_stack,
            "DeleteChangeSet": self._delete_change_set,
            "DeleteStack": self._delete_stack,
            "DescribeChangeSet": self._describe_change_set,
            "DescribeStackEvents": self._describe_stack_events,
            "DescribeStackResource": self._describe_stack_resource,
            "DescribeStackResources": self._describe_stack_resources,
            "DescribeStacks": self._describe_stacks,
            "ExecuteChangeSet": self._execute_change_set,
            "GetTemplate": self._get_template,
            "GetTemplateSummary": self._get_template_summary,
            "ListChangeSets": self._list_change_sets,
            "ListExports": self._list_exports,
            "ListStackResources": self._list_stack_resources,
            "ListStacks": self._list_stacks,
            "UpdateStack": self._update_stack,
            "UpdateTerminationProtection": self._update_termination_protection,
            "ValidateTemplate": self._validate_template,
        }

    def serves(self, call: ApiCall) -> bool:
        return True

    async def call(self, call: ApiCall) -> ApiAnswer:
        operation = query.operation_of(call)
        handler = self._handlers.get(operation.name) if operation else None
        if operation is None or handler is None:
            return not_served(call)
        try:
            return query.answer(operation, await handler(call, query.read(operation, call)))
        except ApiError as error:
            return refusals.in_protocol(call, error)
        except CallFailed as failed:
            return refusals.in_protocol(call, ApiError(failed.status, failed.code, failed.message))

    async def stop(self) -> None:
        tasks = list(self._working.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # Stacks

    async def _create_stack(self, call: ApiCall, given: Given) -> dict[str, Any]:
        name = str(given.get("StackName", ""))
        check_name(name)
        if self._stacks.find(name, call.region):
            raise ApiError(400, "AlreadyExistsException", f"Stack [{name}] already exists")
        calls = self._calls(call, given.get("RoleARN", ""))
        stack = self._stacks.add(name, call.region)
        try:
            definition = await self._definition(call, given, calls, stack)
        except (ApiError, CallFailed):
            self._stacks.remove(stack)
            raise
        stack.timeout = given.get("TimeoutInMinutes")
        on_failure = on_failure_of(given)
        self._begin(stack, given, on_failure == "DO_NOTHING")
        stack.definition = definition
        stack.turn("CREATE_IN_PROGRESS", "User Initiated")
        await self._work(stack, self._deployment(stack, calls).create(definition, on_failure))
        return {"StackId": stack.arn}

    async def _update_stack(self, call: ApiCall, given: Given) -> dict[str, Any]:
        stack = self._stacks.find(str(given.get("StackName", "")), call.region)
        if stack is None or stack.status == "DELETE_COMPLETE":
            raise invalid(f"Stack [{given.get('StackName', '')}] does not exist")
        check_updatable(stack)
        calls = self._calls(call, given.get("RoleARN", "") or stack.role)
        definition = await self._definition(call, given, calls, stack)
        if unchanged(stack, definition, self._imports(stack)):
            raise invalid("No updates are to be performed.")
        self._begin(stack, given, bool(given.get("DisableRollback")))
        stack.turn("UPDATE_IN_PROGRESS", "User Initiated")
        await self._work(
            stack, self._deployment(stack, calls).update(definition, rollback=not stack.disable_rollback)
        )
        return {"StackId": stack.arn}

    async def _delete_stack(self, call: ApiCall, given: Given) -> dict[str, Any]:
        stack = self._stacks.find(str(given.get("StackName", "")), call.region)
        if stack is None or stack.status == "DELETE_COMPLETE":
            return {}
        if stack.protected:
            raise invalid(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
        retained = given.get("RetainResources") or []
        if retained and stack.status != "DELETE_FAILED":
            raise invalid(
                "Invalid operation on stack. Resources can be retained only when the stack is in DELETE_FAILED state"
            )
        self._check_exports(stack)
        calls = self._calls(call, given.get("RoleARN", "") or stack.role)
        stack.token = str(given.get("ClientRequestToken", ""))
        before = self._working.get(stack.arn)

        async def work() -> None:
            if before is not None:
                await asyncio.wait([before])
            stack.turn("DELETE_IN_PROGRESS", "User Initiated")
            await self._deployment(stack, calls).delete(retained)

        await self._work(stack, work())
        return {}

    def _check_exports(self, stack: Stack) -> None:
        for output in stack.outputs:
            users = [each.name for each in self._stacks.all(stack.region) if output.export in each.imported]
            if output.export and users:
                raise invalid(
                    f"Export {output.export} cannot be deleted as it is in use by {', '.join(users)}"
                )

    async def _cancel_update(self, call: ApiCall, given: Given) -> dict[str, Any]:
        raise invalid("CancelUpdateStack cannot be called from current stack status")

    async def _describe_stacks(self, call: ApiCall, given: Given) -> dict[str, Any]:
        if name := given.get("StackName"):
            return {"Stacks": [documents.described(self._stacks.get(name, call.region))]}
        live = [stack for stack in self._stacks.all(call.region) if stack.status != "DELETE_COMPLETE"]
        return {"Stacks": [documents.described(stack) for stack in live]}

    async def _list_stacks(self, call: ApiCall, given: Given) -> dict[str, Any]:
        wanted = given.get("StackStatusFilter") or []
        stacks = [stack for stack in self._stacks.all(call.region) if not wanted or stack.status in wanted]
        return {"StackSummaries": [documents.summary(stack) for stack in stacks]}

    async def _describe_stack_events(self, call: ApiCall, given: Given) -> dict[str, Any]:
        stack = self._named(call, given, "Stack [{}] does not exist")
        return {"StackEvents": [documents.event(stack, event) for event in reversed(stack.events)]}

    async def _list_stack_resources(self, call: ApiCall, given: Given) -> dict[str, Any]:
        stack = self._named(call, given)
        found = [documents.resource(stack, each, "LastUpdatedTimestamp") for each in stack.resources.values()]
        return {"StackResourceSummaries": found}

    async def _describe_stack_resources(self, call: ApiCall, given: Given) -> dict[str, Any]:
        if physical_id := given.get("PhysicalResourceId"):
            stack = next((each for each in self._stacks.all(call.region) if has(each, physical_id)), None)
            if stack is None:
                raise invalid(f"Stack for {physical_id} does not exist")
        else:
            stack = self._named(call, given)
        name = given.get("LogicalResourceId")
        found = [each for each in stack.resources.values() if name in (None, each.logical_id)]
        return {"StackResources": [documents.resource(stack, each, "Timestamp") for each in found]}

    async def _describe_stack_resource(self, call: ApiCall, given: Given) -> dict[str, Any]:
        stack, name = (
            self._named(call, given, "Stack '{}' does not exist"),
            given.get("LogicalResourceId", ""),
        )
        if name not in stack.resources:
            raise invalid(f"Resource {name} does not exist for stack {stack.name}")
        detail = documents.resource(stack, stack.resources[name], "LastUpdatedTimestamp")
        document = stack.definition.document if stack.definition else {"Resources": {}}
        metadata = document["Resources"].get(name, {}).get("Metadata", {})
        return {"StackResourceDetail": {**detail, "Metadata": json.dumps(metadata)}}

    async def _list_exports(self, call: ApiCall, given: Given) -> dict[str, Any]:
        found = self._stacks.exports(call.region)
        return {
            "Exports": [
                {"ExportingStackId": stack.arn, "Name": output.export, "Value": output.value}
                for stack, output in found
            ]
        }

    async def _update_termination_protection(self, call: ApiCall, given: Given) -> dict[str, Any]:
        stack = self._named(call, given)
        stack.protected = bool(given.get("EnableTerminationProtection"))
        return {"StackId": stack.arn}

    # Templates

    async def _get_template(self, call: ApiCall, given: Given) -> dict[str, Any]:
        if name := given.get("ChangeSetName"):
            definition = self._stacks.change_set(name, given.get("StackName", ""), call.region).definition
        else:
            definition = self._named(call, given).definition
        text = definition.text if definition else "{}"
        processed = definition is not None and macros.macros_of(parse(text))
        if given.get("TemplateStage") == "Processed" and processed:
            assert definition is not None
            text = json.dumps(definition.document)
        return {"TemplateBody": text, "StagesAvailable": ["Original", "Processed"]}

    async def _get_template_summary(self, call: ApiCall, given: Given) -> dict[str, Any]:
        if given.get("StackName"):
            definition = self._named(call, given).definition
            document = parse(definition.text) if definition else {"Resources": {}}
        else:
            document = parse(await self._text(given, self._calls(call)))
        return documents.template(document, *capabilities_of(document))

    async def _validate_template(self, call: ApiCall, given: Given) -> dict[str, Any]:
        document = parse(await self._text(given, self._calls(call)))
        if not macros.macros_of(document):
            check_references(document)
            ordered(document["Resources"])
        return documents.template(document, *capabilities_of(document))

    # Change sets

    async def _create_change_set(self, call: ApiCall, given: Given) -> dict[str, Any]:
        name, kind = str(given.get("StackName", "")), given.get("ChangeSetType", "UPDATE")
        if kind not in ("CREATE", "UPDATE"):
            raise invalid(f"The local stand-in has no change sets of type {kind}")
        stack, made = self._stacks.find(name, call.region), False
        if kind == "CREATE":
            check_name(name)
            if stack is not None and stack.status != "REVIEW_IN_PROGRESS":
                raise invalid(
                    f"Stack [{name}] already exists and cannot be created again with the changeSet [{given.get('ChangeSetName')}]."
                )
            made = stack is None
            stack = stack or self._stacks.add(name, call.region)
        elif stack is None:
            raise invalid(f"Stack [{name}] does not exist")
        else:
            check_updatable(stack)
        if any(each.name == given.get("ChangeSetName") for each in self._stacks.change_sets(stack)):
            raise ApiError(
                409,
                "AlreadyExistsException",
                f"ChangeSet {given['ChangeSetName']} cannot be created due to a mismatch with existing attribute Name",
            )
        try:
            change_set = await self._change_set(call, given, stack, kind)
        except (ApiError, CallFailed):
            if made:
                self._stacks.remove(stack)
            raise
        if made:
            stack.turn("REVIEW_IN_PROGRESS", "User Initiated")
        self._stacks.add_change_set(change_set)
        return {"Id": change_set.arn, "StackId": stack.arn}

    async def _change_set(self, call: ApiCall, given: Given, stack: Stack, kind: str) -> ChangeSet:
        calls = self._calls(call, given.get("RoleARN", "") or stack.role)
        change_set = ChangeSet(
            name=given["ChangeSetName"],
            arn=arn("changeSet", given["ChangeSetName"], call.region),
            stack=stack,
            kind=kind,
            definition=None,
            role=given.get("RoleARN", ""),
            description=given.get("Description", ""),
            on_failure=given.get("OnStackFailure", ""),
            notification_arns=tuple(given.get("NotificationARNs") or ()),
        )
        try:
            change_set.definition = await self._definition(call, given, calls, stack, direct=False)
        except ApiError as error:
            if not error.message.startswith("Transform "):
                raise
            change_set.status, change_set.execution, change_set.reason = (
                "FAILED",
                "UNAVAILABLE",
                error.message,
            )
            return change_set
        imports = self._imports(stack)
        change_set.changes = changes_of(stack, change_set.definition, imports)
        if unchanged(stack, change_set.definition, imports):
            change_set.status, change_set.execution, change_set.reason = "FAILED", "UNAVAILABLE", NO_CHANGES
        return change_set

    async def _describe_change_set(self, call: ApiCall, given: Given) -> dict[str, Any]:
        return documents.change_set(self._change_set_of(call, given))

    async def _list_change_sets(self, call: ApiCall, given: Given) -> dict[str, Any]:
        found = self._stacks.change_sets(self._named(call, given))
        return {"Summaries": [documents.change_set_summary(each) for each in found]}

    async def _delete_change_set(self, call: ApiCall, given: Given) -> dict[str, Any]:
        try:
            self._stacks.remove_change_set(self._change_set_of(call, given))
        except ApiError as error:
            if error.code != "ChangeSetNotFound":
                raise
        return {}

    async def _execute_change_set(self, call: ApiCall, given: Given) -> dict[str, Any]:
        change_set = self._change_set_of(call, given)
        stack, definition = change_set.stack, change_set.definition
        if change_set.execution != "AVAILABLE" or definition is None:
            message = f"ChangeSet [{change_set.arn}] cannot be executed in its current status of [{change_set.status}]"
            raise ApiError(400, "InvalidChangeSetStatus", message)
        calls = self._calls(call, change_set.role or stack.role)
        creates = stack.status == "REVIEW_IN_PROGRESS"
        if not creates:
            check_updatable(stack)
        disable = bool(given.get("DisableRollback")) or change_set.on_failure == "DO_NOTHING"
        self._begin(stack, {**given, "RoleARN": change_set.role}, disable)
        for each in self._stacks.change_sets(stack):
            if each is not change_set:
                self._stacks.remove_change_set(each)
        change_set.execution, stack.change_set = "EXECUTE_COMPLETE", change_set.arn
        deployment = self._deployment(stack, calls)
        if creates:
            stack.created = now()
            stack.definition = definition
            on_failure = "DO_NOTHING" if disable else change_set.on_failure or "ROLLBACK"
            stack.turn("CREATE_IN_PROGRESS", "User Initiated")
            await self._work(stack, deployment.create(definition, on_failure))
        else:
            stack.turn("UPDATE_IN_PROGRESS", "User Initiated")
            await self._work(stack, deployment.update(definition, rollback=not disable))
        return {}

    def _change_set_of(self, call: ApiCall, given: Given) -> ChangeSet:
        return self._stacks.change_set(
            given.get("ChangeSetName", ""), given.get("StackName", ""), call.region
        )

    # What all have in common

    def _named(self, call: ApiCall, given: Given, message: str = "Stack with id {} does not exist") -> Stack:
        name = str(given.get("StackName", ""))
        stack = self._stacks.find(name, call.region)
        if stack is None:
            raise invalid(message.format(name))
        return stack

    def _begin(self, stack: Stack, given: Given, disable_rollback: bool) -> None:
        stack.role = given.get("RoleARN") or stack.role
        stack.token = given.get("ClientRequestToken") or ""
        stack.disable_rollback = disable_rollback
        stack.protected = bool(given.get("EnableTerminationProtection", stack.protected))
        stack.notification_arns = tuple(given.get("NotificationARNs") or stack.notification_arns)

    def _imports(self, stack: Stack) -> dict[str, str]:
        return self._stacks.imports(stack.region, stack)

    def _deployment(self, stack: Stack, calls: ApiCalls) -> Deployment:
        return Deployment(stack, calls, self._imports(stack))

    async def _work(self, stack: Stack, work: Coroutine[Any, Any, None]) -> None:
        """Let `work` go on in the background; wait for its end if that is soon."""
        task = asyncio.create_task(self._carry_out(stack, work))
        self._working[stack.arn] = task
        await asyncio.wait([task], timeout=SOON)

    async def _carry_out(self, stack: Stack, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:
            print(f"cloudformation: {stack.name} failed: {type(error).__name__}: {error}", file=sys.stderr)
            status = stack.status.removesuffix("_IN_PROGRESS").removesuffix("_COMPLETE_CLEANUP")
            stack.turn(f"{status}_FAILED", "Internal Failure")

    def _calls(self, call: ApiCall, role: str = "") -> ApiCalls:
        """Whoever calls makes calls, or the role that is handed over."""
        caller = caller_of(call) if self._platform.enforce_iam else identity.with_key(identity.ROOT_KEY, "")
        if role and self._platform.enforce_iam:
            caller = role_of(caller, role, call.region)
        return ApiCalls(self._platform.act, caller, call.region)

    async def _text(self, given: Given, calls: ApiCalls) -> str:
        """Return the text of the template that a call gives, or names. Raises `ApiError`."""
        body, address = given.get("TemplateBody"), given.get("TemplateURL")
        if body and address:
            raise invalid("Specify one of TemplateBody or TemplateURL, not both")
        if body:
            return str(body)
        if not address:
            raise invalid("Either Template URL or Template Body must be specified.")
        bucket, key = object_at(str(address))
        try:
            return await calls.text_of(bucket, key)
        except CallFailed as failed:
            if failed.status == 403:
                raise ApiError(403, "AccessDenied", failed.message) from None
            raise invalid(f"S3 error: {failed.message}") from None

    async def _definition(
        self, call: ApiCall, given: Given, calls: ApiCalls, stack: Stack, *, direct: bool = True
    ) -> Definition:
        """Return what a call wants a stack to be. Raises `ApiError`. `direct`: no change set shows what macros
        make of the template before it is deployed."""
        former = stack.definition
        if given.get("UsePreviousTemplate") in (True, "true") and former is not None:
            text = former.text
        else:
            text = await self._text(given, self._calls(call))
        document = parse(text)
        check_capabilities(document, given.get("Capabilities") or [], direct=direct)
        declared = document.get("Parameters") or {}
        values = parameters.given_values(given.get("Parameters") or [], former.parameters if former else {})
        values = parameters.complete(declared, values)
        tags = {each["Key"]: each.get("Value", "") for each in given.get("Tags") or []}
        if not given.get("Tags") and former is not None:
            tags = dict(former.tags)
        names = {
            **await parameters.resolved(declared, values, calls),
            "AWS::AccountId": ACCOUNT_ID,
            "AWS::NotificationARNs": list(given.get("NotificationARNs") or stack.notification_arns),
            "AWS::Partition": "aws",
            "AWS::Region": call.region,
            "AWS::StackId": stack.arn,
            "AWS::StackName": stack.name,
            "AWS::URLSuffix": "amazonaws.com",
        }
        if macros.macros_of(document):
            document = await asyncio.to_thread(macros.expanded, document, values, call.region)
            check_capabilities(document, given.get("Capabilities") or [], direct=direct)
        check_references(document)
        ordered(document["Resources"])
        check_rules(Values(document, names, {}, no_resource))
        return Definition(text, document, values, names, tags, tuple(given.get("Capabilities") or ()))


def check_name(name: str) -> None:
    if not STACK_NAME.fullmatch(name):
        message = (
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )
        raise invalid(message)


def check_updatable(stack: Stack) -> None:
    if stack.status not in UPDATABLE:
        raise invalid(f"Stack:{stack.arn} is in {stack.status} state and can not be updated.")


def on_failure_of(given: Given) -> str:
    if "DisableRollback" in given and "OnFailure" in given:
        raise invalid("You can specify either DisableRollback or OnFailure, but not both.")
    if given.get("DisableRollback"):
        return "DO_NOTHING"
    return str(given.get("OnFailure", "ROLLBACK"))


def unchanged(stack: Stack, new: Definition, imports: Mapping[str, str]) -> bool:
    """Return whether deploying `new` changes nothing."""
    old = stack.definition
    if old is None or not stack.resources:
        return False
    outputs = [each.document.get("Outputs") for each in (old, new)]
    return outputs[0] == outputs[1] and old.tags == new.tags and not changes_of(stack, new, imports)


def has(stack: Stack, physical_id: str) -> bool:
    return any(each.physical_id == physical_id for each in stack.resources.values())


def capabilities_of(document: Given) -> tuple[list[str], str]:
    """Return the capabilities that a template needs, and why."""
    resources = document["Resources"].values()
    found = [each for each in resources if each.get("Type") in ACCESS]
    named = [each for each in found if NAMED.get(each["Type"]) in (each.get("Properties") or {})]
    needed = ["CAPABILITY_NAMED_IAM"] if named else ["CAPABILITY_IAM"] if found else []
    kinds = sorted({each["Type"] for each in found})
    reason = f"The following resource(s) require capabilities: [{', '.join(kinds)}]" if found else ""
    if macros.macros_of(document):
        needed.append("CAPABILITY_AUTO_EXPAND")
    return needed, reason


def check_capabilities(document: Given, given: list[str], *, direct: bool) -> None:
    """Raise `ApiError` unless the caller has acknowledged what the template may do."""
    needed, _ = capabilities_of(document)
    if not direct:
        needed = [each for each in needed if each != "CAPABILITY_AUTO_EXPAND"]
    if "CAPABILITY_NAMED_IAM" in given:
        given = [*given, "CAPABILITY_IAM"]
    missing = [each for each in needed if each not in given]
    if missing:
        raise ApiError(
            400, "InsufficientCapabilitiesException", f"Requires capabilities : [{', '.join(missing)}]"
        )


def check_rules(values: Values) -> None:
    """Raise `ApiError` if a rule of the template does not hold
    (docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html, checked 2026-11)."""
    for rule in (values.document.get("Rules") or {}).values():
        if "RuleCondition" in rule and not values.holds(rule["RuleCondition"]):
            continue
        for assertion in rule.get("Assertions") or []:
            if not values.holds(assertion.get("Assert")):
                described = assertion.get("AssertDescription", "a rule of the template does not hold")
                raise invalid(f"Template validation error: {described}")


def no_resource(name: str, attribute: str) -> Any:
    raise invalid(f"Template error: {name} is not known before the stack is made")


def object_at(address: str) -> tuple[str, str]:
    """Return the bucket and the key at an address: the bucket is in the host, as AWS's SDKs put it, or in the path."""
    parts = urlparse(address)
    host, path = parts.netloc.partition(":")[0], unquote(parts.path.lstrip("/"))
    match = re.fullmatch(r"(?P<bucket>.+)\.s3[.-].*amazonaws\.com(?:\.cn)?", host)
    if match:
        return match["bucket"], path
    bucket, _, key = path.partition("/")
    if not bucket or not key:
        raise invalid("TemplateURL must be a supported URL.")
    return bucket, key


def caller_of(call: ApiCall) -> Identity:
    """Return who signed a call that has been admitted."""
    return identity.with_key(call.access_key, call.header("x-amz-security-token"))


def role_of(caller: Identity, role: str, region: str) -> Identity:
    """Return the role that makes a stack's calls. Raises `ApiError` unless the caller may hand it over and it
    trusts CloudFormation."""
    passed = {"iam:passedtoservice": ["cloudformation.amazonaws.com"]}
    if not caller.may("iam:PassRole", role, passed):
        raise ApiError(403, "AccessDeniedException", caller.refusal("iam:PassRole", role, passed))
    if not trust.trusts(role, "cloudformation.amazonaws.com"):
        raise invalid(f"Role {role} is invalid or cannot be assumed")
    return identity.of_role(role, "AWSCloudFormation")
