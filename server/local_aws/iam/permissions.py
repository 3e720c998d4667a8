"""Which permissions an API call needs: actions on resources, as IAM policies name them.

Every call that gives tags to what it creates needs the permission to tag, too. AWS documents that for Lambda
(lambda/latest/dg/configuration-tags.html) and ECS (AmazonECS/latest/developerguide/
supported-iam-actions-tagging.html, checked 2026-11); of the others: README.md, "Where AWS is unconfirmed". Of
the permissions that AWS asks for beside, `iam:PassRole` is needed, `iam:CreateServiceLinkedRole` is not: no
such role is created.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from server.local_aws.control_plane.call import ApiCall
from server.local_aws.control_plane.operations import Operation
from server.local_aws.iam import s3_actions
from server.local_aws.iam.conditions import Context
from server.local_aws.iam.data_services import OF_DATA_SERVICES
from server.local_aws.iam.resources import gateway_path, resources

FREE = {"sts:GetCallerIdentity"}
"""What everybody may do."""

INVOCATIONS = {"Invoke", "InvokeAsync", "InvokeWithResponseStream"}

PASSED_ROLES = {
    "lambda": {"Role": "lambda.amazonaws.com"},
    "apprunner": {
        "SourceConfiguration.AuthenticationConfiguration.AccessRoleArn": "build.apprunner.amazonaws.com",
        "InstanceConfiguration.InstanceRoleArn": "tasks.apprunner.amazonaws.com",
    },
    "ecs": {
        "executionRoleArn": "ecs-tasks.amazonaws.com",
        "taskRoleArn": "ecs-tasks.amazonaws.com",
        "infrastructureRoleArn": "ecs.amazonaws.com",
    },
    "appsync": {"serviceRoleArn": "appsync.amazonaws.com"},
    "apigateway": {
        "credentials": "apigateway.amazonaws.com",
        "credentialsArn": "apigateway.amazonaws.com",
    },
}
"""Members of requests that hand a role to a service, and the service that gets it (`iam:PassedToService`)."""

TAGGING = {"sqs": "TagQueue", "ssm": "AddTagsToResource"}
"""How the actions that set tags are called, where it is not `TagResource`."""

TAG_KEY = re.compile(r"Tags\.member\.(\d+)\.Key")


@dataclass(frozen=True)
class Permission:
    """An action on a resource; `context`: the condition keys of the request."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)


def permissions(call: ApiCall, operation: Operation) -> list[Permission]:
    """What the caller must be allowed, all of it."""
    tags = tags_of(operation)
    context = {"aws:requestedregion": [call.region], **tag_context(tags)}
    if operation.service == "s3":
        context |= s3_actions.context_of(call, operation)
    needed = [pair for pair in acting(call, operation) if pair[0] not in FREE]
    if tags:
        found = list(dict.fromkeys(resource for _, resource in acting(call, operation)))
        needed += [pair for pair in tagging(call, operation, found) if pair not in needed]
    passing = [Permission("iam:PassRole", role, passed) for role, passed in passed_roles(operation)]
    return [*(Permission(action, resource, context) for action, resource in needed), *passing]


def acting(call: ApiCall, operation: Operation) -> list[tuple[str, str]]:
    """The actions of an operation, on resources."""
    if operation.service == "s3":
        needs = s3_actions.needs(call, operation) or [(s3_actions.action_of(operation.name), "*")]
    elif of_service := OF_DATA_SERVICES.get(operation.service):
        needs = of_service(call, operation) or [(operation.name, "*")]
    else:
        return [(action_of(operation), resource) for resource in resources(call, operation)]
    return list(dict.fromkeys((f"{operation.service}:{action}", resource) for action, resource in needs))


def action_of(operation: Operation) -> str:
    name = operation.name
    if operation.service == "lambda" and name in INVOCATIONS:
        name = "InvokeFunction"
    return f"{operation.service}:{name}"


# Tags


def tags_of(operation: Operation) -> dict[str, str]:
    """Return the tags in a request: a map, a list of keys and values, or numbered parameters."""
    members = operation.members
    if numbered := [match for name in members if (match := TAG_KEY.fullmatch(name))]:
        return {members[match[0]]: members.get(f"Tags.member.{match[1]}.Value", "") for match in numbered}
    given = members.get("Tags") or members.get("tags") or {}
    if isinstance(given, dict):
        return {str(key): str(value) for key, value in given.items()}
    pairs = [pair for pair in given if isinstance(pair, dict)] if isinstance(given, list) else []
    return {
        str(pair.get("Key") or pair.get("key")): str(pair.get("Value") or pair.get("value") or "")
        for pair in pairs
    }


def tag_context(tags: Mapping[str, str]) -> dict[str, Sequence[str]]:
    if not tags:
        return {}
    values = {f"aws:requesttag/{key.lower()}": [value] for key, value in tags.items()}
    return {**values, "aws:tagkeys": list(tags)}


def tagging(call: ApiCall, operation: Operation, found: Sequence[str]) -> list[tuple[str, str]]:
    """The permission to tag what an operation creates: actions on resources. API Gateway's, recorded in
    github.com/mattclay/aws-terminator/pull/284 for REST APIs, is that of its operation to tag, on the tags of
    whatever is created in the same place."""
    if operation.service == "apigateway":
        if gateway_path(call).startswith("/tags/"):
            return []
        action = "apigateway:POST" if call.path.startswith("/v2/") else "apigateway:PUT"
        created = f"arn:aws:apigateway:{call.region}::{gateway_path(call)}/*"
        return [(action, f"arn:aws:apigateway:{call.region}::/tags/{quote(created, safe='*')}")]
    if operation.service == "iam":
        kind = re.sub("^(Create|Tag)", "", operation.name)
        return [(f"iam:Tag{kind}", resource) for resource in found]
    action = TAGGING.get(operation.service, "TagResource")
    return [(f"{operation.service}:{action}", resource) for resource in found]


# Roles


def passed_roles(operation: Operation) -> Iterator[tuple[str, Context]]:
    """The ARN and the context of each role that a request hands to a service."""
    for path, service in PASSED_ROLES.get(operation.service, {}).items():
        value: Any = operation.members
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, str) and ":role/" in value:
            yield value, {"iam:passedtoservice": [service]}
