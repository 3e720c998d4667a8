"""The types of resources that a stack can have: whatever else stands in a template fails, by its name.

What is here is deployed by the calls that are named here, with the same effect as for anybody who makes
them. Docs (checked 2026-11): docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/ (properties,
what `Ref` and `Fn::GetAtt` give) and botocore's models of the services (operations)."""

from collections.abc import Mapping

from server.local_aws.cloudformation.kinds import Kind
from server.local_aws.cloudformation.types import (
    access,
    appsync,
    containers,
    functions,
    http,
    rest,
    stacks,
    storage,
)

KINDS: Mapping[str, Kind] = {
    **access.KINDS,
    **appsync.KINDS,
    **containers.KINDS,
    **functions.KINDS,
    **http.KINDS,
    **rest.KINDS,
    **stacks.KINDS,
    **storage.KINDS,
}

NOTHING = {"AWS::CDK::Metadata", "AWS::CloudFormation::WaitConditionHandle"}
"""Types that are accepted and make nothing."""
