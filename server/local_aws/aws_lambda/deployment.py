"""The calls that deploy code, layers and configurations: checked here, kept by moto."""

import base64
import json
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from server.local_aws.aws_lambda import completed, deployed, layers, logging_config
from server.local_aws.aws_lambda.environments import code
from server.local_aws.aws_lambda.environments.packages import Package, Packages
from server.local_aws.control_plane.call import ApiAnswer, ApiCall, ApiError
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.iam import trust
from server.local_aws.platform.limits import Limits

FUNCTIONS = re.compile(r"/2015-03-31/functions/?")
CODE = re.compile(r"/2015-03-31/functions/([^/]+)/code/?")
CONFIGURATION = re.compile(r"/2015-03-31/functions/([^/]+)/configuration/?")
LAYERS = re.compile(r"/2018-10-31/layers/?")
LAYER_VERSION = re.compile(r"/2018-10-31/layers/([^/]+)/versions/\d+/?")
LAYER_VERSIONS = re.compile(r"/2018-10-31/layers/([^/]+)/versions/?")

Forward = Callable[[ApiCall], Awaitable[ApiAnswer]]


class Deployment:
    """Serves the calls of Lambda's control plane; `forward` hands them to moto. With `enforce_iam` Lambda has
    to be trusted by the role of a function."""

    def __init__(self, packages: Packages, limits: Limits, forward: Forward, *, enforce_iam: bool) -> None:
        self._packages = packages
        self._limit = limits.unzipped_code
        self._forward = forward
        self._enforce_iam = enforce_iam
        completed.install()

    async def call(self, call: ApiCall) -> ApiAnswer:
        """Answer `call`. Raises `ApiError`."""
        if call.method == "POST" and FUNCTIONS.fullmatch(call.path):
            return await self._create(call)
        if call.method == "PUT" and (match := CODE.fullmatch(call.path)):
            return await self._update_code(call, unquote(match[1]))
        if call.method == "PUT" and (match := CONFIGURATION.fullmatch(call.path)):
            return await self._configure(call, unquote(match[1]))
        if call.method == "POST" and LAYER_VERSIONS.fullmatch(call.path):
            return await self._publish_layer(call)
        if call.method == "GET" and LAYERS.fullmatch(call.path) and call.query.get("find") == "LayerVersion":
            return ApiAnswer.of(200, layers.described(call.query.get("Arn", "")))
        answer = await self._forward(call)
        if call.method == "DELETE" and LAYER_VERSION.fullmatch(call.path) and answer.status == 200:
            return ApiAnswer.of(204)  # as the service's model says
        return answer

    async def _create(self, call: ApiCall) -> ApiAnswer:
        if self._enforce_iam:
            check_role(call, "")
        document = call.members
        if document.get("PackageType") == "Image":
            message = "The local stand-in runs functions from zip files only"
            raise ApiError(400, "InvalidParameterValueException", message)
        if "LoggingConfig" in document:
            logging_config.check(document["LoggingConfig"], {})
        package = package_in(document.get("Code"))
        if package is None:
            return await self._forward(call)
        layers.check(call.region, layers_in(document), package.data, self._limit)
        return await self._deploy(call, package)

    async def _update_code(self, call: ApiCall, name: str) -> ApiAnswer:
        package = package_in(call.members)
        if package is None:
            return await self._forward(call)
        kept = layers.contents(deployed.find(call.region, name))
        layers.check_size(package.data, [layer.data for layer in kept], self._limit)
        return await self._deploy(call, package)

    async def _configure(self, call: ApiCall, name: str) -> ApiAnswer:
        if self._enforce_iam:
            check_role(call, name)
        document = call.members
        found = deployed.find(call.region, name)
        if "LoggingConfig" in document:
            logging_config.check(document["LoggingConfig"], completed.logging_config_of(found))
        if arns := layers_in(document):
            layers.check(call.region, arns, found.code_bytes, self._limit)
        return await self._forward(call)

    async def _deploy(self, call: ApiCall, package: Package) -> ApiAnswer:
        """Let moto take code that can be unpacked."""
        folder = await self._unpack(call, package)
        try:
            answer = await self._forward(call)
        finally:
            self._packages.release(folder)
        if answer.status < 300:
            deployed.forget_upload(call.region, json.loads(answer.body)["FunctionName"])
        return answer

    async def _publish_layer(self, call: ApiCall) -> ApiAnswer:
        """Let moto take a layer that can be unpacked."""
        package = package_in(call.members.get("Content"))
        if package is not None:
            self._packages.release(await self._unpack(call, package))
        answer = await self._forward(call)
        if answer.status < 300:
            layers.forget_upload(json.loads(answer.body)["LayerVersionArn"])
        return answer

    async def _unpack(self, call: ApiCall, package: Package) -> Path:
        """Refuse at once what cannot be unpacked, or run; return the folder, which is held."""
        try:
            return await self._packages.hold((package,))
        except code.BadPackage as error:
            raise ApiError(400, "InvalidParameterValueException", str(error)) from None
        except OSError as error:
            message = f"The local stand-in cannot store the code: {error.strerror or error}"
            print(f"{call.method} {call.path}: {message}", file=sys.stderr)
            raise ApiError(500, "ServiceException", message) from None


def check_role(call: ApiCall, function: str) -> None:
    """Raise `ApiError` (400) if the role that a call gives a function does not let Lambda assume it.
    `function`: its name, "" if the call says it."""
    members = call.members
    name = str(function or members.get("FunctionName", "")).rpartition(":")[2]
    arn = f"arn:aws:lambda:{call.region}:{ACCOUNT_ID}:function:{name}"
    if "Role" in members:
        trust.check_lambda(str(members["Role"]), arn)


def layers_in(document: dict[str, Any]) -> list[str]:
    """Return the ARNs of the layers that a call gives a function. Raises `ApiError` (400)."""
    arns = document.get("Layers") or []
    if not (isinstance(arns, list) and all(isinstance(arn, str) for arn in arns)):
        raise unreadable()
    return arns


def package_in(source: Any) -> Package | None:
    """Return the zip that a call names; None if it names none, which moto will say. Raises `ApiError` if S3
    does not have it."""
    try:
        data = data_of(source or {})
    except (ValueError, AttributeError, TypeError):
        raise unreadable() from None
    return None if data is None else Package.of(data)


def data_of(source: dict[str, str]) -> bytes | None:
    if (zipped := source.get("ZipFile")) is not None:
        return base64.b64decode(zipped, validate=True)
    if "S3Bucket" not in source or "S3Key" not in source:
        return None
    return deployed.stored(source["S3Bucket"], source["S3Key"], source.get("S3ObjectVersion"))


def unreadable() -> ApiError:
    return ApiError(400, "InvalidRequestContentException", "Could not parse request body into json")
