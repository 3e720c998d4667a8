"""Reads what a call wants a stack to be: its template, from wherever it is, its parameters and tags.

Docs (checked 2026-11): docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlparse

from server.local_aws.cloudformation import macros, parameters
from server.local_aws.cloudformation.calls import CallFailed, Calls
from server.local_aws.cloudformation.stack import Definition, Stack
from server.local_aws.cloudformation.template import (
    COMPUTED,
    check_references,
    invalid,
    ordered,
    parse,
    references,
    well_formed,
)
from server.local_aws.cloudformation.types import KINDS
from server.local_aws.cloudformation.values import Values
from server.local_aws.control_plane.call import ApiError
from server.local_aws.control_plane.moto import ACCOUNT_ID

NAMED = {
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
}
ACCESS = {
    *NAMED,
    "AWS::CloudFormation::Stack",
    "AWS::IAM::AccessKey",
    "AWS::IAM::Policy",
    "AWS::IAM::UserToGroupAddition",
}
"""The types by which a stack gives permissions, or may, which its caller has to acknowledge."""

MAX_BODY = 51_200
"""Bytes of a template that a call may have in itself; larger ones are in S3
(docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html, checked 2026-11)."""

EXPAND = "CAPABILITY_AUTO_EXPAND"

Given = Mapping[str, Any]


async def text_of(given: Given, calls: Calls) -> str:
    """Return the text of the template that a call gives, or names. Raises `ApiError`."""
    body, address = given.get("TemplateBody"), given.get("TemplateURL")
    if body and address:
        raise invalid("Specify one of TemplateBody or TemplateURL, not both")
    if body:
        if len(str(body).encode()) > MAX_BODY:
            raise invalid(
                "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
                f"Member must have length less than or equal to {MAX_BODY}"
            )
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


def object_at(address: str) -> tuple[str, str]:
    """Return the bucket and the key at an address: the bucket is in the host, as AWS's SDKs put it, or in the
    path. Raises `ApiError`."""
    parts = urlparse(address)
    host, path = parts.netloc.partition(":")[0], unquote(parts.path.lstrip("/"))
    if match := re.fullmatch(r"(?P<bucket>.+)\.s3[.-].*amazonaws\.com(?:\.cn)?", host):
        return match["bucket"], path
    bucket, _, key = path.partition("/")
    if not bucket or not key:
        raise invalid("TemplateURL must be a supported URL.")
    return bucket, key


async def definition_of(
    given: Given, stack: Stack, calls: Calls, reader: Calls, *, direct: bool
) -> Definition:
    """Return what a call wants `stack` to be. `reader` reads the template, `calls` the parameters'
    values. `direct`: no change set shows what macros make of the template before it is deployed. Raises
    `ApiError`."""
    former = stack.definition
    previous = former is not None and given.get("UsePreviousTemplate")
    text = former.text if former is not None and previous else await text_of(given, reader)
    with well_formed():
        return await read(text, given, stack, calls, direct=direct)


async def read(text: str, given: Given, stack: Stack, calls: Calls, *, direct: bool) -> Definition:
    """Return what the text of a template, and what a call gives beside it, want `stack` to be."""
    former = stack.definition
    document, capabilities = parse(text), tuple(given.get("Capabilities") or ())
    check_capabilities(document, capabilities, direct=direct)
    declared = document.get("Parameters") or {}
    values = parameters.given_values(given.get("Parameters") or [], former.parameters if former else {})
    values = parameters.complete(declared, values)
    names = {**await parameters.resolved(declared, values, calls), **pseudo_parameters(stack)}
    if macros.macros_of(document):
        document = await asyncio.to_thread(macros.expanded, document, values, stack.region)
        check_capabilities(document, capabilities, direct=direct)
    check_references(document)
    check_attributes(document)
    ordered(document["Resources"])
    check_conditions(Values(document, names, {}, no_resource))
    return Definition(text, document, values, names, tags_of(given, former), capabilities)


def tags_of(given: Given, former: Definition | None) -> dict[str, str]:
    if given.get("Tags") is None and former is not None:
        return dict(former.tags)
    return {each["Key"]: each.get("Value", "") for each in given.get("Tags") or []}


def pseudo_parameters(stack: Stack) -> dict[str, Any]:
    return {
        "AWS::AccountId": ACCOUNT_ID,
        "AWS::NotificationARNs": [],
        "AWS::Partition": "aws",
        "AWS::Region": stack.region,
        "AWS::StackId": stack.arn,
        "AWS::StackName": stack.name,
        "AWS::URLSuffix": "amazonaws.com",
    }


def capabilities_of(document: Given) -> tuple[list[str], str]:
    """Return the capabilities that a template needs, and why."""
    resources = document["Resources"].values()
    found = [each for each in resources if each.get("Type") in ACCESS]
    named = [each for each in found if NAMED.get(each["Type"]) in (each.get("Properties") or {})]
    needed = ["CAPABILITY_NAMED_IAM"] if named else ["CAPABILITY_IAM"] if found else []
    kinds = sorted({each["Type"] for each in found})
    reason = f"The following resource(s) require capabilities: [{', '.join(kinds)}]" if found else ""
    return [*needed, *([EXPAND] if macros.macros_of(document) else [])], reason


def check_capabilities(document: Given, given: Sequence[str], *, direct: bool) -> None:
    """Raise `ApiError` unless the caller has acknowledged what the template may do."""
    needed, _ = capabilities_of(document)
    known = {*given, *(["CAPABILITY_IAM"] if "CAPABILITY_NAMED_IAM" in given else [])}
    missing = [each for each in needed if each not in known and (direct or each != EXPAND)]
    if missing:
        message = f"Requires capabilities : [{', '.join(missing)}]"
        raise ApiError(400, "InsufficientCapabilitiesException", message)


def check_attributes(document: Given) -> None:
    """Raise `ApiError` if something asks for an attribute that a resource does not have."""
    resources = document["Resources"]
    for name, attribute in references([*resources.values(), *(document.get("Outputs") or {}).values()]):
        kind = KINDS.get(resources[name]["Type"]) if attribute and name in resources else None
        known = kind is None or kind.outputs or attribute in (*kind.attributes, COMPUTED)
        if not known:
            message = f"resource {name} does not support attribute type {attribute} in Fn::GetAtt"
            raise invalid(f"Template error: {message}")


def check_conditions(values: Values) -> None:
    """Raise `ApiError` if a condition of the template cannot be worked out, or a rule does not hold."""
    document = values.document
    named = [each.get("Condition") for each in document["Resources"].values()]
    named += [each.get("Condition") for each in (document.get("Outputs") or {}).values()]
    try:
        for name in [*(document.get("Conditions") or {}), *(name for name in named if name)]:
            values.condition(str(name))
        check_rules(values)
    except RecursionError:
        raise invalid("Template error: conditions refer to each other in a circle") from None


def check_rules(values: Values) -> None:
    """Raise `ApiError` if a rule does not hold
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
