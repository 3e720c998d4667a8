"""The resources that an API call is about, as IAM policies name them. (Those of data services:
`data_services.py`, `s3_actions.py`.)

Source (checked 2026-11): docs.aws.amazon.com/service-authorization/latest/reference/. What has no
name before it is created, lists, and services that are not here are `*`. Roles, users and groups have the
path that the call gives, or none.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from server.local_aws.control_plane.call import ApiCall
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.control_plane.operations import Operation
from server.local_aws.iam.policy import as_list

Members = Mapping[str, Any]


def resources(call: ApiCall, operation: Operation) -> list[str]:
    """Return the ARNs, or `*`."""
    named = KINDS.get(operation.service)
    found = named(call, operation.members) if named else []
    return [resource for resource in found if isinstance(resource, str)] or ["*"]


def arn(service: str, call: ApiCall, resource: str) -> str:
    return f"arn:aws:{service}:{call.region}:{ACCOUNT_ID}:{resource}"


def first(members: Members, *names: str) -> str:
    """Return the first of these members that the call gives, or ""."""
    return next((str(members[name]) for name in names if members.get(name)), "")


def of_lambda(call: ApiCall, members: Members) -> list[str]:
    """A function by its name, its name with the account, or its ARN; with the version or alias."""
    if tagged := members.get("Resource"):
        return [tagged]
    given = first(members, "FunctionName")
    if not given:
        return []
    if not given.startswith("arn:"):
        given = arn(
            "lambda", call, "function:" + given.removeprefix(f"{ACCOUNT_ID}:").removeprefix("function:")
        )
    qualifier = first(members, "Qualifier")
    return [f"{given}:{qualifier}" if qualifier and given.count(":") == 6 else given]


def of_iam(call: ApiCall, members: Members) -> list[str]:
    path = first(members, "Path") or "/"
    for member, kind in IAM_KINDS.items():
        if name := first(members, member):
            return [f"arn:aws:iam::{ACCOUNT_ID}:{kind}{path}{name}"]
    if given := first(members, "PolicyArn"):
        return [given]
    name = first(members, "PolicyName")
    return [f"arn:aws:iam::{ACCOUNT_ID}:policy{path}{name}"] if name else []


IAM_KINDS = {
    "RoleName": "role",
    "UserName": "user",
    "GroupName": "group",
    "InstanceProfileName": "instance-profile",
}


def of_sts(call: ApiCall, members: Members) -> list[str]:
    return [members["RoleArn"]] if "RoleArn" in members else []


def of_logs(call: ApiCall, members: Members) -> list[str]:
    """A log stream of a group, both possibly without a name: so AWS writes it in its refusals, for log groups
    too (recorded in github.com/elastic/apm-aws-lambda/issues/526)."""
    if several := as_list(members.get("logGroupNames")) or as_list(members.get("logGroupIdentifiers")):
        return [
            name if name.startswith("arn:") else arn("logs", call, f"log-group:{name}:log-stream:")
            for name in map(str, several)
        ]
    group = first(members, "logGroupName", "logGroupNamePrefix")
    if not group and (given := first(members, "resourceArn", "logGroupIdentifier")):
        return [given]
    stream = first(members, "logStreamName")
    return [arn("logs", call, f"log-group:{group}:log-stream:{stream}")]


def of_api_gateway(call: ApiCall, members: Members) -> list[str]:
    return [f"arn:aws:apigateway:{call.region}::{gateway_path(call)}"]


def gateway_path(call: ApiCall) -> str:
    """Return the path of an API Gateway resource: that of the request, in which version 2 has a prefix."""
    return call.path.removeprefix("/v2").rstrip("/")


def of_app_runner(call: ApiCall, members: Members) -> list[str]:
    if given := first(members, "ServiceArn", "ResourceArn"):
        return [given]
    name = first(members, "ServiceName")
    return [arn("apprunner", call, f"service/{name}/*")] if name else []


def of_ecs(call: ApiCall, members: Members) -> list[str]:
    if given := first(members, "serviceArn", "resourceArn"):
        return [given]
    cluster = first(members, "cluster").rpartition("/")[2] or "default"
    names = as_list(members.get("services")) or [first(members, "serviceName", "service")]
    found = [str(name).rpartition("/")[2] for name in names if name]
    if found:
        return [arn("ecs", call, f"service/{cluster}/{name}") for name in found]
    if "executionRoleArn" in members and "primaryContainer" in members:  # AWS chooses a name
        return [arn("ecs", call, f"service/{cluster}/*")]
    name = first(members, "clusterName")
    return [arn("ecs", call, f"cluster/{name}")] if name else []


def of_ecr(call: ApiCall, members: Members) -> list[str]:
    if given := first(members, "resourceArn"):
        return [given]
    names = as_list(members.get("repositoryNames")) or [first(members, "repositoryName")]
    return [arn("ecr", call, f"repository/{name}") for name in names if name]


def of_appsync(call: ApiCall, members: Members) -> list[str]:
    """What follows the version in the path: `apis/{id}` and what is below it; of a call about tags the
    ARN."""
    kind, _, rest = call.path.removeprefix("/v1/").removeprefix("/v2/").partition("/")
    if kind == "tags":
        return [unquote(rest)]
    return [arn("appsync", call, f"{kind}/{rest}")] if rest else []


def of_cloudformation(call: ApiCall, members: Members) -> list[str]:
    """A stack, by its name or its ARN; a change set by that of its stack."""
    name = first(members, "StackName")
    if name.startswith("arn:"):
        return [name]
    return [arn("cloudformation", call, f"stack/{name}/*")] if name else []


KINDS = {
    "cloudformation": of_cloudformation,
    "lambda": of_lambda,
    "iam": of_iam,
    "sts": of_sts,
    "logs": of_logs,
    "apigateway": of_api_gateway,
    "apprunner": of_app_runner,
    "ecs": of_ecs,
    "ecr": of_ecr,
    "appsync": of_appsync,
}
