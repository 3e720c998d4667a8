"""Tags that are set by the tagging API need the permissions of the services that set them.

Docs (checked 2026-11): docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_TagResources.html.
moto runs Step Functions and schedules without making calls of other services.
"""

from collections.abc import Mapping
from typing import Any

from server.local_aws.control_plane.call import ApiError
from server.local_aws.control_plane.operations import Operation
from server.local_aws.iam.identity import Identity

TAG_ACTIONS = {
    "iam": "{}Role",
    "s3": "PutBucketTagging",
    "sqs": "{}Queue",
    "ec2": "{}Tags",
    "elasticloadbalancing": "{}Tags",
    "rds": "{}TagsToResource",
}
"""How the actions that set tags are called, where it is not `TagResource` and `UntagResource`."""


def check_tagging(caller: Identity, operation: Operation) -> None:
    """Raise `ApiError` unless `caller` has the permissions of the calls that `operation` becomes."""
    if operation.name not in ("TagResources", "UntagResources"):
        return
    verb = operation.name.removesuffix("Resources")
    for arn in resource_arns(operation.members):
        action = tag_action(arn, verb)
        if not caller.may(action, arn):
            raise ApiError(403, "AccessDeniedException", caller.refusal(action, arn))


def resource_arns(members: Mapping[str, Any]) -> list[str]:
    given = members.get("ResourceARNList")
    return [arn for arn in given if isinstance(arn, str)] if isinstance(given, list) else []


def tag_action(arn: str, verb: str) -> str:
    service = [*arn.split(":"), "", "", ""][2]
    if service in ("ec2", "elasticloadbalancing", "rds"):
        verb = {"ec2": {"Tag": "Create", "Untag": "Delete"}}.get(service, {"Tag": "Add", "Untag": "Remove"})[
            verb
        ]
    return f"{service}:{TAG_ACTIONS.get(service, '{}Resource').format(verb)}"
