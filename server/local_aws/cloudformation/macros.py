"""The macros of AWS's that a template may name: SAM's, by the translator that AWS publishes.

Source: github.com/aws/serverless-application-model (`aws-sam-translator`), and docs.aws.amazon.com/
AWSCloudFormation/latest/TemplateReference/transform-aws-serverless.html (checked 2026-11).
"""

import logging
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from server.local_aws.cloudformation.template import invalid

SERVERLESS = "AWS::Serverless-2016-10-31"
EXTENSIONS = "AWS::LanguageExtensions"
"""`Fn::Length` and `Fn::ToJsonString` are known without it."""

MISSING = (
    f"Transform {SERVERLESS} failed with: the local stand-in expands it by AWS's own translator, "
    "which is not installed: pip install aws-sam-translator"
)


def macros_of(document: Mapping[str, Any]) -> list[str]:
    """Return the macros that a template names."""
    named = document.get("Transform") or []
    return [
        each.get("Name", "") if isinstance(each, Mapping) else str(each)
        for each in (named if isinstance(named, list) else [named])
    ]


def expanded(document: dict[str, Any], parameters: Mapping[str, str], region: str) -> dict[str, Any]:
    """Return a template without macros. Raises `ApiError` for a macro that is not served, or that fails."""
    macros = macros_of(document)
    for name in macros:
        if name not in (SERVERLESS, EXTENSIONS):
            raise invalid(f"No transform named {name} found.")
    if SERVERLESS in macros:
        document = serverless(document, parameters, region)
    document.pop("Transform", None)
    return document


def serverless(document: dict[str, Any], parameters: Mapping[str, str], region: str) -> dict[str, Any]:
    """Return what SAM makes of a template. Call it in a thread: it takes tenths of a second."""
    try:
        from samtranslator.model.exceptions import InvalidDocumentException
        from samtranslator.parser.parser import Parser
        from samtranslator.translator.translator import Translator
    except ImportError:
        raise invalid(MISSING) from None
    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns of metrics that nobody gets
    names = {**parameters, "AWS::Region": region, "AWS::Partition": "aws"}
    translator = Translator(managed_policies(), Parser(), boto_session=SimpleNamespace(region_name=region))
    try:
        done: dict[str, Any] = translator.translate(sam_template=document, parameter_values=names)
    except InvalidDocumentException as error:
        causes = " ".join(cause.message for cause in error.causes)
        raise invalid(f"Transform {SERVERLESS} failed with: {error.message} {causes}") from None
    return done


def managed_policies() -> dict[str, str]:
    """AWS's managed policies' ARNs, by their names."""
    from moto.iam.models import iam_backends

    from server.local_aws.control_plane.moto import ACCOUNT_ID

    policies = iam_backends[ACCOUNT_ID]["aws"].managed_policies.values()
    return {policy.name: policy.arn for policy in policies if policy.arn.startswith("arn:aws:iam::aws:")}
