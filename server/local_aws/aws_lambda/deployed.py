"""Looks up functions as they are deployed, in moto's Lambda; and completes what moto does not keep."""

import json
import re
from contextlib import suppress
from dataclasses import replace
from typing import Any

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import LambdaBackend, LambdaFunction, lambda_backends
from moto.core.exceptions import JsonRESTError
from moto.s3.exceptions import S3ClientError
from moto.s3.models import s3_backends

from server.local_aws.aws_lambda import layers
from server.local_aws.aws_lambda.completed import logging_config_of
from server.local_aws.aws_lambda.environments.packages import Package, name_of
from server.local_aws.aws_lambda.function import Function
from server.local_aws.aws_lambda.logging_config import logging_of
from server.local_aws.control_plane.call import ApiError
from server.local_aws.control_plane.moto import ACCOUNT_ID

ADDRESS = re.compile(
    rf"(?:arn:[\w-]+:lambda:[\w-]+:\d{{12}}:function:|{ACCOUNT_ID}:function:|function:)?"
    r"(?P<name>[\w-]+)(?::(?P<qualifier>\$LATEST|[\w-]+))?"
)
"""A function by its name, its ARN, or a part of that, each with or without a version or an alias."""


def backend(region: str) -> LambdaBackend:
    try:
        return lambda_backends[ACCOUNT_ID][region]
    except KeyError:
        raise ApiError(400, "InvalidParameterValueException", f"There is no Region {region}") from None


def find(region: str, name: str, qualifier: str | None = None) -> LambdaFunction:
    """moto's function by name or ARN, with an optional version or alias. Raises `ApiError`: 404, as AWS."""
    name, qualifier = address(name, qualifier)
    try:
        found = backend(region).get_function(name, qualifier)
    except (UnknownFunctionException, ValueError):
        found = None
    except JsonRESTError as error:
        raise ApiError(400, "InvalidParameterValueException", str(error.message)) from None
    if found is None:
        arn = name if name.startswith("arn:") else f"arn:aws:lambda:{region}:{ACCOUNT_ID}:function:{name}"
        if qualifier:
            arn += f":{qualifier}"
        raise ApiError(404, "ResourceNotFoundException", f"Function not found: {arn}")
    return found


def address(name: str, qualifier: str | None) -> tuple[str, str | None]:
    """The function's name and the qualifier, wherever the caller gave it. Raises `ApiError` if it gave two
    that differ."""
    match = ADDRESS.fullmatch(name)
    if match is None:
        return name, qualifier
    if qualifier and match["qualifier"] and match["qualifier"] != qualifier:
        message = "The derived qualifier from the function name does not match the specified qualifier."
        raise ApiError(400, "InvalidParameterValueException", message)
    return match["name"], match["qualifier"] or qualifier


def function(region: str, name: str, qualifier: str | None = None) -> Function:
    """Return the function as the data plane needs it. Raises `ApiError` as `find` does."""
    found = find(region, name, qualifier)
    _, qualifier = address(name, qualifier)
    # moto numbers a function that was never published 1 or leaves the version as it was created
    published = found.function_arn.rpartition(":")[2].isdigit()
    latest = find(region, found.function_name)
    reserved = latest.reserved_concurrency
    plain = ":".join(found.function_arn.split(":")[:7])
    return Function(
        name=found.function_name,
        version=str(found.version) if published else "$LATEST",
        arn=found.function_arn,
        invoked_arn=f"{plain}:{qualifier}" if qualifier else plain,
        account_id=ACCOUNT_ID,
        role=found.role,
        region=region,
        runtime=found.run_time or "",
        handler=found.handler or "",
        timeout=int(found.timeout),
        memory=int(found.memory_size),
        environment=dict(found.environment_vars),
        reserved_concurrency=None if reserved is None else int(reserved),
        code=Package(found.code_sha_256, found.code_bytes),
        layers=layers.contents(found),
        logging=logging_of(logging_config_of(found)),
    )


def current(deployed: Function) -> Function | None:
    """Return the same version of the same function now; None if it is deleted."""
    try:
        return replace(function(deployed.region, deployed.arn), invoked_arn=deployed.invoked_arn)
    except ApiError:
        return None


def packages() -> set[str]:
    """Return the names of what the versions of all functions are deployed with."""
    names = set()
    for region in list(lambda_backends[ACCOUNT_ID].values()):
        for versions in list(region._lambdas._functions.values()):
            for found in filter(None, (versions["latest"], *versions["versions"])):
                names.add(name_of((Package(found.code_sha_256, b""),)))
                names.add(name_of(layers.contents(found)))
    return names


def forget_upload(region: str, name: str) -> None:
    """Let go of the package as it was sent, in base64, which moto keeps beside its bytes."""
    with suppress(ApiError):
        find(region, name).code.pop("ZipFile", None)


def reserved_concurrency(region: str) -> int:
    """Return how many concurrent executions are set aside for single functions."""
    return sum(int(each.reserved_concurrency or 0) for each in backend(region).list_functions())


def statements(region: str, name: str, qualifier: str | None = None) -> list[dict[str, Any]]:
    """Return the statements of the function's resource policy."""
    kept: list[dict[str, Any]] = find(region, name, qualifier).policy.statements
    return kept


def complete_permission(region: str, name: str, qualifier: str | None, body: bytes) -> bytes:
    """moto keeps `FunctionUrlAuthType` and `InvokedViaFunctionUrl` as they were sent; AWS turns them into
    conditions. Put that right in what moto keeps, and in `body`, its answer to `AddPermission`."""
    answer = json.loads(body)
    sent = json.loads(answer["Statement"])
    for statement in statements(region, name, qualifier):
        if statement.get("Sid") != sent.get("Sid"):
            continue
        conditions = statement.get("Condition", {})
        if "FunctionUrlAuthType" in statement:
            auth_type = statement.pop("FunctionUrlAuthType")
            conditions.setdefault("StringEquals", {})["lambda:FunctionUrlAuthType"] = auth_type
        if "InvokedViaFunctionUrl" in statement:
            via_url = str(statement.pop("InvokedViaFunctionUrl")).lower()
            conditions.setdefault("Bool", {})["lambda:InvokedViaFunctionUrl"] = via_url
        if conditions:
            statement["Condition"] = conditions
        answer["Statement"] = json.dumps(statement)
    return json.dumps(answer).encode()


def stored(bucket: str, key: str, version: str | None) -> bytes:
    """Return an object in moto's S3. Raises `ApiError` (400) if there is none, as AWS for code in S3."""
    code, message = "NoSuchKey", "The specified key does not exist."
    try:
        found = s3_backends[ACCOUNT_ID]["aws"].get_object(bucket, key, version)
    except S3ClientError as error:
        found, code, message = None, error.code, str(error.message)
    if found is None:
        reason = f"Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}"
        raise ApiError(400, "InvalidParameterValueException", reason)
    return bytes(found.value)
