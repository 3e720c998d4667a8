"""Layers: what a function may have of them, and the packages of those that it has.

docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html and …/gettingstarted-limits.html (checked 2026-11).
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from moto.awslambda.exceptions import UnknownLayerVersionException
from moto.awslambda.models import LambdaBackend, LambdaFunction, LayerVersion, lambda_backends

from server.local_aws.aws_lambda.environments import code
from server.local_aws.aws_lambda.environments.packages import Contents, Package
from server.local_aws.control_plane.call import ApiError
from server.local_aws.control_plane.moto import ACCOUNT_ID

MAX_LAYERS = 5
ARN = re.compile(
    r"arn:[\w-]+:lambda:(?P<region>[\w-]+):(?P<account>\d{12}):layer:(?P<name>[\w-]+):(?P<version>\d+)"
)


class Attached(dict[str, Any]):
    """A layer version in moto's configuration of a function, with its package: the function keeps that when
    the version is deleted."""

    package: Package


def attach(arns: Iterable[str]) -> list[Attached]:
    """Return what moto is to keep of these layer versions. Raises `UnknownLayerVersionException`."""
    attached = []
    for arn in arns:
        version = find(arn)
        if version is None:
            raise UnknownLayerVersionException([arn])
        layer = Attached(Arn=version.arn, CodeSize=version.code_size)
        layer.package = Package(version.code_sha_256, version.code_bytes)
        attached.append(layer)
    return attached


def find(arn: str) -> LayerVersion | None:
    """Return moto's layer version with this ARN."""
    match = ARN.fullmatch(arn)
    if match is None or match["account"] != ACCOUNT_ID:
        return None
    backend: LambdaBackend = lambda_backends[ACCOUNT_ID][match["region"]]
    found = backend.layers_versions_by_arn(arn)
    return found


def described(arn: str) -> dict[str, Any]:
    """Return what `GetLayerVersionByArn` says. Raises `ApiError` (404)."""
    version = find(arn)
    if version is None:
        raise ApiError(404, "ResourceNotFoundException", f"Layer version {arn} does not exist.")
    answer: dict[str, Any] = version.get_layer_version()
    return answer


def forget_upload(arn: str) -> None:
    """Let go of the package as it was sent, in base64, which moto keeps beside its bytes."""
    version = find(arn)
    if version is not None:
        version.content.pop("ZipFile", None)


def contents(function: LambdaFunction) -> Contents:
    """Return the packages of a function's layers, in their order."""
    return tuple(layer.package for layer in function.layers if isinstance(layer, Attached))


def check(region: str, arns: Sequence[str], package: bytes, limit: int) -> None:
    """Raise `ApiError` (400) unless a function with the code `package` may have these layers: five at the
    most, no two versions of one, and all of it no larger than `limit` when it is unzipped. Those that do not
    exist are moto's to refuse."""
    if len(arns) > MAX_LAYERS:
        raise invalid(f"Cannot reference more than {MAX_LAYERS} layers.")
    matches = [match for arn in arns if (match := ARN.fullmatch(arn))]
    if len({match["name"] for match in matches}) < len(matches):
        raise invalid(
            "Two different versions of the same layer are not allowed to be referenced in the same function."
        )
    for arn, match in zip(arns, matches, strict=False):
        if match["account"] != ACCOUNT_ID:
            raise invalid(
                f"The local stand-in has no layers of other accounts: publish the zip of {arn} here."
            )
        if match["region"] != region:
            raise invalid(f"Layer {arn} is not in the Region of the function, {region}.")
    found = [version for arn in arns if (version := find(arn))]
    check_size(package, [version.code_bytes for version in found], limit)


def check_size(package: bytes, layers: Sequence[bytes], limit: int) -> None:
    """Raise `ApiError` (400) if code and layers take up more than `limit` bytes."""
    used = sum(code.unzipped_size(layer) for layer in layers)
    if used > limit:
        raise invalid(f"Layers consume more than the available size of {limit} bytes")
    used += code.unzipped_size(package) if layers else 0
    if used > limit:
        raise invalid(
            f"Function code combined with layers exceeds the maximum allowed size of {limit} bytes. "
            f"The actual size is {used} bytes."
        )


def invalid(message: str) -> ApiError:
    return ApiError(400, "InvalidParameterValueException", message)
