"""What moto believes about a call is what was admitted, and a template is data.

moto takes the Region from a URL or a `User-Agent` that looks like AWS's, the key from wherever it finds one,
and reads CloudFormation's templates with PyYAML's unsafe loader, for which a tag names code to run.
"""

from contextvars import ContextVar
from typing import Any

import yaml
from moto.core.responses import BaseResponse
from moto.iam.policy_validation import BaseIAMPolicyValidator

from server.local_aws.control_plane.call import ApiCall

CALL: ContextVar[ApiCall] = ContextVar("CALL")
"""The call that moto works on."""

PYTHON_TAG = "tag:yaml.org,2002:python/"


def install() -> None:
    """From now on, in the whole process, moto asks the call in `CALL`, and YAML makes no Python objects."""
    BaseResponse.get_region_from_url = region  # type: ignore[method-assign, assignment]
    BaseResponse.get_access_key = access_key  # type: ignore[method-assign, assignment]
    BaseIAMPolicyValidator._validate_version = check_version  # type: ignore[assignment, method-assign]
    for loader in (yaml.Loader, yaml.FullLoader, yaml.UnsafeLoader):
        for table in ("yaml_constructors", "yaml_multi_constructors"):
            kept = {tag: make for tag, make in getattr(loader, table).items() if not is_python(tag)}
            setattr(loader, table, kept)


def check_version(validator: BaseIAMPolicyValidator) -> None:
    """Let inline policies be of the first version, which is that of a policy without one, as SAM writes them;
    managed ones may not be
    (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html, checked 2026-11)."""
    if b"Action=CreatePolicy" in CALL.get().body:
        assert validator._policy_json.get("Version") == "2012-10-17"


def is_python(tag: str | None) -> bool:
    return tag is not None and tag.startswith(PYTHON_TAG)


def region(response: BaseResponse, request: Any, full_url: str) -> str:
    return CALL.get().region


def access_key(response: BaseResponse) -> str:
    return CALL.get().access_key or "AKIAEXAMPLE"
