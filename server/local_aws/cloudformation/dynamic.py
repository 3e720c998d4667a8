"""Dynamic references in a template's texts: what SSM and Secrets Manager keep.

Docs (checked 2026-11): docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from server.local_aws.cloudformation.calls import Calls
from server.local_aws.cloudformation.template import invalid

REFERENCE = re.compile(r"\{\{resolve:(?P<service>[a-z-]+):(?P<rest>[^{}]+)\}\}")


async def resolved(value: Any, calls: Calls) -> Any:
    """Return `value` with what its dynamic references name. Raises `ApiError`, `CallFailed`."""
    if isinstance(value, Mapping):
        return {key: await resolved(inner, calls) for key, inner in value.items()}
    if isinstance(value, list):
        return [await resolved(inner, calls) for inner in value]
    if not isinstance(value, str):
        return value
    done, position = "", 0
    for match in REFERENCE.finditer(value):
        done += value[position : match.start()] + await kept(match["service"], match["rest"], calls)
        position = match.end()
    return done + value[position:]


async def kept(service: str, rest: str, calls: Calls) -> str:
    """Return what a reference names."""
    if service in ("ssm", "ssm-secure"):
        answer = await calls.make("ssm", "GetParameter", {"Name": rest, "WithDecryption": service != "ssm"})
        return str(answer["Parameter"]["Value"])
    if service != "secretsmanager":
        raise invalid(f"Template error: there are no dynamic references to {service}")
    return await secret(rest, calls)


async def secret(rest: str, calls: Calls) -> str:
    """Return a secret, or a member of it: `ID:SecretString:MEMBER:STAGE:VERSION`, whose id may be an ARN."""
    name, _, more = rest.partition(":SecretString")
    _, member, stage, version = (*more.split(":"), "", "", "", "")[:4]
    given = {"SecretId": name, "VersionStage": stage, "VersionId": version}
    answer = await calls.make(
        "secretsmanager", "GetSecretValue", {key: each for key, each in given.items() if each}
    )
    text = str(answer.get("SecretString", ""))
    if not member:
        return text
    try:
        return str(json.loads(text)[member])
    except (ValueError, KeyError, TypeError):
        raise invalid(f"Could not find a value associated with JSONKey in SecretString: {name}") from None
