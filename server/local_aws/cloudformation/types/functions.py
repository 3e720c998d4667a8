"""Lambda's types."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from server.local_aws.cloudformation.kinds import Kind, Part, Properties, same

ARN = "arn:aws:lambda:{region}:{account}:function:{FunctionName}"
EXTENSIONS = {"nodejs": "js", "python": "py"}


def with_package(properties: Properties, region: str) -> dict[str, Any]:
    """The code that a template writes out becomes a package: a file `index`, as the runtime's languages
    have it."""
    given = dict(properties)
    code = given.get("Code")
    if not isinstance(code, Mapping) or not isinstance(code.get("ZipFile"), str):
        return given
    runtime = str(given.get("Runtime", ""))
    extension = next((end for name, end in EXTENSIONS.items() if runtime.startswith(name)), "py")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        entry = zipfile.ZipInfo(f"index.{extension}")
        entry.external_attr = 0o644 << 16
        package.writestr(entry, code["ZipFile"])
    given["Code"] = {**code, "ZipFile": packed.getvalue()}
    return given


KINDS: Mapping[str, Kind] = {
    "AWS::Lambda::Function": Kind(
        "lambda",
        "CreateFunction",
        "{FunctionName}",
        update=("UpdateFunctionCode", "UpdateFunctionConfiguration"),
        delete="DeleteFunction",
        attributes={"Arn": ARN},
        named="FunctionName",
        renamed={"KmsKeyArn": "KMSKeyArn"},
        known={"Resource": ARN},
        parts={
            "ReservedConcurrentExecutions": Part(
                "PutFunctionConcurrency", "ReservedConcurrentExecutions", "DeleteFunctionConcurrency"
            ),
        },
        prepare=with_package,
        spread={"UpdateFunctionCode": "Code"},
        defaults={
            "Description": "",
            "Environment": {"Variables": {}},
            "EphemeralStorage": {"Size": 512},
            "Layers": [],
            "MemorySize": 128,
            "Timeout": 3,
            "TracingConfig": {"Mode": "PassThrough"},
        },
        tagging=("TagResource", "UntagResource", "TagKeys"),
    ),
    "AWS::Lambda::Permission": Kind(
        "lambda",
        "AddPermission",
        "{StatementId}",
        delete="RemovePermission",
        named="StatementId",
        attributes={"Id": "{StatementId}"},
    ),
    "AWS::Lambda::Url": Kind(
        "lambda",
        "CreateFunctionUrlConfig",
        "{FunctionArn}",
        update=("UpdateFunctionUrlConfig",),
        delete="DeleteFunctionUrlConfig",
        attributes=same("FunctionArn", "FunctionUrl"),
        renamed={"TargetFunctionArn": "FunctionName"},
        defaults={"Cors": {}, "InvokeMode": "BUFFERED"},
    ),
    "AWS::Lambda::Version": Kind(
        "lambda",
        "PublishVersion",
        "{FunctionArn}",
        delete="DeleteFunction",
        attributes=same("FunctionArn", "Version"),
        known={"Qualifier": "{Version}"},
    ),
    "AWS::Lambda::Alias": Kind(
        "lambda",
        "CreateAlias",
        "{AliasArn}",
        update=("UpdateAlias",),
        delete="DeleteAlias",
        attributes=same("AliasArn"),
        defaults={"Description": "", "RoutingConfig": {}},
    ),
    "AWS::Lambda::LayerVersion": Kind(
        "lambda",
        "PublishLayerVersion",
        "{LayerVersionArn}",
        delete="DeleteLayerVersion",
        attributes=same("LayerVersionArn"),
        named="LayerName",
        known={"VersionNumber": "{Version}"},
    ),
    "AWS::Lambda::EventInvokeConfig": Kind(
        "lambda",
        "PutFunctionEventInvokeConfig",
        "{FunctionName}|{Qualifier}",
        update=("PutFunctionEventInvokeConfig",),
        delete="DeleteFunctionEventInvokeConfig",
    ),
}
