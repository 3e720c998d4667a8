"""Stacks in stacks: made by the calls that make any stack."""

from collections.abc import Mapping
from typing import Any

from server.local_aws.cloudformation.kinds import Kind, Properties, Settled

GOOD = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
BAD = frozenset(
    {
        "CREATE_FAILED",
        "DELETE_FAILED",
        "ROLLBACK_COMPLETE",
        "ROLLBACK_FAILED",
        "UPDATE_FAILED",
        "UPDATE_ROLLBACK_COMPLETE",
        "UPDATE_ROLLBACK_FAILED",
    }
)


def stack(properties: Properties, region: str) -> dict[str, Any]:
    """Parameters are an object; a list is its values with commas between them."""
    given = dict(properties)
    if "Parameters" in given:
        given["Parameters"] = [
            {
                "ParameterKey": key,
                "ParameterValue": ",".join(map(str, value)) if isinstance(value, list) else value,
            }
            for key, value in given["Parameters"].items()
        ]
    return given


KINDS: Mapping[str, Kind] = {
    "AWS::CloudFormation::Stack": Kind(
        "cloudformation",
        "CreateStack",
        "{StackId}",
        update=("UpdateStack",),
        delete="DeleteStack",
        read="DescribeStacks",
        outputs=True,
        named="StackName",
        longest=128,
        known={"StackName": "{StackId}"},
        prepare=stack,
        fixed={"Capabilities": ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]},
        fixed_update={"Capabilities": ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]},
        idle="No updates are to be performed",
        settled=Settled("Stacks.0.StackStatus", GOOD, BAD),
        gone=frozenset({"DELETE_COMPLETE"}),
    ),
}
