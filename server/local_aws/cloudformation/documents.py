"""What CloudFormation's operations return, as documents of its model."""

from collections.abc import Iterable, Mapping
from typing import Any

from server.local_aws.cloudformation.changes import Change, ChangeSet
from server.local_aws.cloudformation.macros import macros_of
from server.local_aws.cloudformation.stack import Definition, Event, Output, Resource, Stack

DRIFT = {"StackDriftStatus": "NOT_CHECKED"}
RESOURCE_DRIFT = {"StackResourceDriftStatus": "NOT_CHECKED"}
HIDDEN = "****"


def without_empty(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if value not in (None, "")}


def described(stack: Stack) -> dict[str, Any]:
    """A stack as `DescribeStacks` has it."""
    definition = stack.definition
    return without_empty(
        {
            "StackId": stack.arn,
            "StackName": stack.name,
            "ChangeSetId": stack.change_set,
            "Description": definition.document.get("Description") if definition else None,
            "Parameters": parameters(definition) if definition else [],
            "CreationTime": stack.created,
            "DeletionTime": stack.deleted,
            "LastUpdatedTime": stack.updated,
            "RollbackConfiguration": {},
            "StackStatus": stack.status,
            "StackStatusReason": stack.reason,
            "DisableRollback": stack.disable_rollback,
            "NotificationARNs": [],
            "TimeoutInMinutes": stack.timeout,
            "Capabilities": list(definition.capabilities) if definition else [],
            "Outputs": [output(each) for each in stack.outputs],
            "RoleARN": stack.role,
            "Tags": tags(definition.tags) if definition else [],
            "EnableTerminationProtection": stack.protected,
            "DriftInformation": DRIFT,
        }
    )


def parameters(definition: Definition) -> list[dict[str, Any]]:
    """The parameters with their values; those that are secret without."""
    declared = definition.document.get("Parameters") or {}
    found = []
    for key, value in definition.parameters.items():
        declaration = declared.get(key) or {}
        if declaration.get("NoEcho") in (True, "true"):
            found.append({"ParameterKey": key, "ParameterValue": HIDDEN})
            continue
        resolved = {}
        if str(declaration.get("Type", "")).startswith("AWS::SSM::"):
            shown = definition.names.get(key, "")
            resolved = {"ResolvedValue": ",".join(shown) if isinstance(shown, list) else shown}
        found.append({"ParameterKey": key, "ParameterValue": value, **resolved})
    return found


def tags(given: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in given.items()]


def output(given: Output) -> dict[str, Any]:
    return without_empty(
        {
            "OutputKey": given.key,
            "OutputValue": given.value,
            "Description": given.description,
            "ExportName": given.export,
        }
    )


def summary(stack: Stack) -> dict[str, Any]:
    """A stack as `ListStacks` has it."""
    definition = stack.definition
    return without_empty(
        {
            "StackId": stack.arn,
            "StackName": stack.name,
            "TemplateDescription": definition.document.get("Description") if definition else None,
            "CreationTime": stack.created,
            "LastUpdatedTime": stack.updated,
            "DeletionTime": stack.deleted,
            "StackStatus": stack.status,
            "StackStatusReason": stack.reason,
            "DriftInformation": DRIFT,
        }
    )


def resource(stack: Stack, given: Resource, time: str) -> dict[str, Any]:
    """A resource, with the time of its last change as `time`."""
    return without_empty(
        {
            "StackName": stack.name,
            "StackId": stack.arn,
            "LogicalResourceId": given.logical_id,
            "PhysicalResourceId": given.physical_id,
            "ResourceType": given.type,
            time: given.changed,
            "ResourceStatus": given.status,
            "ResourceStatusReason": given.reason,
            "DriftInformation": RESOURCE_DRIFT,
        }
    )


def event(stack: Stack, given: Event) -> dict[str, Any]:
    return without_empty(
        {
            "StackId": stack.arn,
            "EventId": given.id,
            "StackName": stack.name,
            "LogicalResourceId": given.logical_id,
            "PhysicalResourceId": given.physical_id,
            "ResourceType": given.type,
            "Timestamp": given.time,
            "ResourceStatus": given.status,
            "ResourceStatusReason": given.reason,
            "ResourceProperties": given.properties,
            "ClientRequestToken": given.token,
        }
    )


def change_set(given: ChangeSet) -> dict[str, Any]:
    """A change set as `DescribeChangeSet` has it."""
    definition = given.definition
    return without_empty(
        {
            **change_set_summary(given),
            "Parameters": parameters(definition) if definition else [],
            "NotificationARNs": [],
            "RollbackConfiguration": {},
            "Capabilities": list(definition.capabilities) if definition else [],
            "Tags": tags(definition.tags) if definition else [],
            "Changes": [{"Type": "Resource", "ResourceChange": change(each)} for each in given.changes],
            "OnStackFailure": given.on_failure,
        }
    )


def change_set_summary(given: ChangeSet) -> dict[str, Any]:
    return without_empty(
        {
            "StackId": given.stack.arn,
            "StackName": given.stack.name,
            "ChangeSetId": given.arn,
            "ChangeSetName": given.name,
            "ExecutionStatus": given.execution,
            "Status": given.status,
            "StatusReason": given.reason,
            "CreationTime": given.created,
            "Description": given.description,
            "IncludeNestedStacks": False,
        }
    )


def change(given: Change) -> dict[str, Any]:
    details = [
        {
            "Target": {
                "Attribute": "Properties",
                "Name": name,
                "RequiresRecreation": "Never" if given.replacement == "False" else "Always",
            },
            "Evaluation": "Static",
            "ChangeSource": "DirectModification",
        }
        for name in given.properties
    ]
    return without_empty(
        {
            "Action": given.action,
            "LogicalResourceId": given.logical_id,
            "PhysicalResourceId": given.physical_id,
            "ResourceType": given.type,
            "Replacement": given.replacement,
            "Scope": ["Properties"] if details else [],
            "Details": details,
        }
    )


def template(document: Mapping[str, Any], capabilities: Iterable[str], reason: str) -> dict[str, Any]:
    """What a template declares, as `GetTemplateSummary` has it; `ValidateTemplate` a part of that."""
    declared = document.get("Parameters") or {}
    return without_empty(
        {
            "Parameters": [parameter(key, each) for key, each in declared.items()],
            "Description": document.get("Description"),
            "Capabilities": list(capabilities),
            "CapabilitiesReason": reason,
            "ResourceTypes": sorted(
                {each["Type"] for each in document["Resources"].values() if "Type" in each}
            ),
            "Version": document.get("AWSTemplateFormatVersion"),
            "DeclaredTransforms": macros_of(document),
        }
    )


def parameter(key: str, given: Mapping[str, Any]) -> dict[str, Any]:
    default = given.get("Default")
    return without_empty(
        {
            "ParameterKey": key,
            "DefaultValue": str(default).lower()
            if isinstance(default, bool)
            else None
            if default is None
            else str(default),
            "ParameterType": given.get("Type"),
            "NoEcho": given.get("NoEcho") in (True, "true"),
            "Description": given.get("Description"),
            "ParameterConstraints": {"AllowedValues": [str(each) for each in given.get("AllowedValues", [])]},
        }
    )
