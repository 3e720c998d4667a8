"""Layers: published, unpacked in their order where a function finds them, kept, refused."""

import json
import struct
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from server.local_aws.aws_lambda.environments import opt
from tests.support.account import Account
from tests.support.guests import guest_source, zipped
from tests.support.layers import publish

FIRST = {
    "python/helper.py": "NAME = 'first'",
    "bin/tool-of-a-layer": "#!/bin/sh\nprintf first",
    "layer-first": "",
}
SECOND = {
    "python/lib/python3.13/site-packages/helper.py": "NAME = 'second'",
    "bin/tool-of-a-layer": "#!/bin/sh\nprintf second",
    "layer-second": "",
    "wrapper": '#!/bin/sh\nWRAPPED=yes exec "$@"\n',
}


def invoke(aws: Account, name: str) -> Any:
    return json.load(aws.client("lambda").invoke(FunctionName=name)["Payload"])


def test_layers_are_found_in_their_order(aws: Account) -> None:
    layers = [publish(aws, FIRST), publish(aws, SECOND)]
    wrapped = {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"}}
    name = aws.deploy_python("layers.handler", Layers=layers, Environment=wrapped)
    found = invoke(aws, name)
    assert (found["helper"], found["tool"]) == ("second", "second")
    assert (found["wrapped"], found["first"]) == ("yes", True)
    if opt.can_mount():
        assert (found["opt"], found["layers"]) == (["layer-first", "layer-second"], "/opt")
    functions = aws.client("lambda")
    functions.update_function_configuration(
        FunctionName=name, Layers=layers[:1], Environment={"Variables": {}}
    )
    found = invoke(aws, name)
    assert (found["helper"], found["tool"], found["wrapped"]) == ("first", "first", None)
    kept = functions.get_function_configuration(FunctionName=name)["Layers"]
    assert [layer["Arn"] for layer in kept] == layers[:1]


def test_node_imports_what_a_layer_has(aws: Account) -> None:
    modules = {
        "nodejs/node_modules/of-a-layer/package.json": '{"type": "module", "exports": "./it.js"}',
        "nodejs/node_modules/of-a-layer/it.js": "export const name = 'module';",
        "nodejs/node24/node_modules/of-a-layer-in-commonjs/index.js": "exports.name = 'CommonJS';",
    }
    code = {"ZipFile": zipped({"index.mjs": guest_source("layers.mjs")})}
    layers = [publish(aws, modules)]
    name = aws.create(Runtime="nodejs24.x", Handler="index.handler", Code=code, Layers=layers)
    assert invoke(aws, name) == ["module", "CommonJS"]


def test_a_layer_may_be_the_runtime_and_outlives_its_deletion(aws: Account) -> None:
    s3, bucket = aws.client("s3"), f"bucket-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    s3.put_object(Bucket=bucket, Key="it.zip", Body=zipped({"bootstrap": "#!/bin/sh\nexit 7\n"}))
    functions = aws.client("lambda")
    place = {"S3Bucket": bucket, "S3Key": "it.zip"}
    layer = functions.publish_layer_version(LayerName=f"runtime-{bucket}", Content=place)
    arn = layer["LayerVersionArn"]
    name = aws.create(Code={"ZipFile": zipped({"nothing": ""})}, Layers=[arn])
    deleted = functions.delete_layer_version(LayerName=f"runtime-{bucket}", VersionNumber=layer["Version"])
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
    for _ in range(2):
        assert "exit status 7" in invoke(aws, name)["errorMessage"]
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        functions.get_layer_version_by_arn(Arn=arn)


def test_versions_are_listed_and_described(aws: Account) -> None:
    name = f"layer-{uuid.uuid4().hex[:8]}"
    arns = [publish(aws, {"a": str(number)}, name) for number in range(2)]
    functions = aws.client("lambda")
    assert [arn.rpartition(":")[2] for arn in arns] == ["1", "2"]
    listed = functions.list_layer_versions(LayerName=name)["LayerVersions"]
    assert [version["Version"] for version in listed] == [2, 1]
    (layer,) = [each for each in functions.list_layers()["Layers"] if each["LayerName"] == name]
    assert layer["LatestMatchingVersion"]["LayerVersionArn"] == arns[1]
    described = functions.get_layer_version(LayerName=name, VersionNumber=1)
    assert functions.get_layer_version_by_arn(Arn=arns[0])["Content"] == described["Content"]
    assert described["Content"]["CodeSize"] == len(zipped({"a": "0"}))


def refusal(aws: Account, layers: list[str]) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        aws.deploy("basic.nothing", Layers=layers)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_what_a_function_may_not_have_is_refused(aws: Account) -> None:
    name = f"layer-{uuid.uuid4().hex[:8]}"
    arns = [publish(aws, {"a": str(number)}, name) for number in range(2)]
    invalid = "InvalidParameterValueException"
    many = [publish(aws, {"a": ""}) for _ in range(6)]
    assert refusal(aws, many) == (invalid, "Cannot reference more than 5 layers.")
    assert refusal(aws, arns)[1].startswith("Two different versions of the same layer")
    assert refusal(aws, [arns[0].replace("123456789012", "753240598075")])[1].startswith("The local stand-in")
    assert refusal(aws, [f"{arns[0]}7"])[0] == "ResourceNotFoundException"
    with pytest.raises(ClientError, match="Could not unzip uploaded file"):
        aws.client("lambda").publish_layer_version(LayerName=name, Content={"ZipFile": b"no zip"})


def claiming(size: int) -> dict[str, bytes]:
    """A package that says it takes up `size` bytes (PKWARE APPNOTE 4.3.12), and takes up one."""
    data = bytearray(zipped({"one": "1"}))
    struct.pack_into("<I", data, data.find(b"PK\x01\x02") + 24, size)
    return {"ZipFile": bytes(data)}


def test_code_and_layers_have_a_limit_in_common(aws: Account) -> None:
    functions = aws.client("lambda")
    half = claiming(140_000_000)
    arns = [
        functions.publish_layer_version(LayerName=f"half-{number}", Content=half)["LayerVersionArn"]
        for number in range(2)
    ]
    assert refusal(aws, arns)[1] == "Layers consume more than the available size of 262144000 bytes"
    name = aws.deploy("basic.nothing", Layers=arns[:1])
    exceeded = r"exceeds the maximum allowed size of 262144000 bytes. The actual size is 280000000 bytes"
    with pytest.raises(ClientError, match=exceeded):
        functions.update_function_code(FunctionName=name, **half)
