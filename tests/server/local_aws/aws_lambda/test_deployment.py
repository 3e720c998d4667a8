"""Deploying by boto3: what is accepted, what is refused, and with which words."""

import io
import uuid
import zipfile

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.support.account import Account
from tests.support.guests import zipped


def refusal(aws: Account, **settings: object) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        aws.deploy("basic.nothing", **settings)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize("name", ["../bootstrap", "/bootstrap", "a/../../bootstrap"])
def test_a_zip_that_leads_out_of_its_folder_is_refused(aws: Account, name: str) -> None:
    code, message = refusal(aws, Code={"ZipFile": zipped({name: "x"})})
    assert code == "InvalidParameterValueException"
    assert message.startswith("Could not unzip uploaded file")


def test_what_is_no_zip_is_refused_for_an_update_too(aws: Account) -> None:
    assert refusal(aws, Code={"ZipFile": b"no zip"})[1].startswith("Could not unzip uploaded file")
    name = aws.deploy("basic.one")
    client = aws.client("lambda")
    with pytest.raises(ClientError, match="Could not unzip uploaded file"):
        client.update_function_code(FunctionName=name, ZipFile=b"no zip")
    assert client.invoke(FunctionName=name)["Payload"].read() == b"1"


def test_a_zip_bomb_is_refused(aws: Account) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(str(number), bytes(100_000_000))
    code, message = refusal(aws, Code={"ZipFile": data.getvalue()})
    assert (code, message) == (
        "InvalidParameterValueException",
        "Unzipped size must be smaller than 262144000 bytes",
    )


def test_a_role_must_exist(aws: Account) -> None:
    client = aws.client("lambda")
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        client.create_function(
            FunctionName="roleless",
            Role="arn:aws:iam::123456789012:role/nobody",
            Runtime="provided.al2023",
            Handler="x",
            Code={"ZipFile": zipped({"bootstrap": ""})},
        )


def test_code_from_s3(aws: Account) -> None:
    s3 = aws.client("s3")
    location = {"LocationConstraint": "ap-northeast-1"}
    s3.create_bucket(Bucket="code", CreateBucketConfiguration=location)
    script = "#!/bin/sh\nexit 7\n"
    s3.put_object(Bucket="code", Key="it.zip", Body=zipped({"bootstrap": script}))
    name = aws.create(Code={"S3Bucket": "code", "S3Key": "it.zip"})
    answer = aws.client("lambda").invoke(FunctionName=name)
    assert b"exit status 7" in answer["Payload"].read()


def test_waiters_and_reading_a_function_back(aws: Account) -> None:
    name = aws.deploy("basic.nothing", Timeout=7)
    client = aws.client("lambda")
    client.get_waiter("function_active_v2").wait(FunctionName=name)
    configuration = client.get_function(FunctionName=name)["Configuration"]
    assert (configuration["Runtime"], configuration["Timeout"]) == ("provided.al2023", 7)
    client.delete_function(FunctionName=name)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.get_function(FunctionName=name)


def test_another_region_is_another_place(aws: Account) -> None:
    name = aws.deploy("basic.nothing")
    elsewhere = boto3.client(
        "lambda",
        endpoint_url=aws.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="thing",
    )
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        elsewhere.invoke(FunctionName=name)


def link_chain() -> bytes:
    """Two links, each of which seems to stay inside the folder; together they lead out of it."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, target in (("folder/up", ".."), ("out", "folder/up/..")):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o120777 << 16
            archive.writestr(entry, target)
    return data.getvalue()


@pytest.mark.parametrize("package", [b"no zip", zipped({"../x": "x"}), link_chain()])
def test_code_from_s3_is_checked_as_a_zip_file_is(aws: Account, package: bytes) -> None:
    s3 = aws.client("s3")
    bucket = f"bucket-{uuid.uuid4().hex}"
    location = {"LocationConstraint": "ap-northeast-1"}
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=location)
    s3.put_object(Bucket=bucket, Key="it.zip", Body=package)
    place = {"S3Bucket": bucket, "S3Key": "it.zip"}
    for code in (place, {"ZipFile": package}):
        assert refusal(aws, Code=code)[1].startswith("Could not unzip uploaded file")
    name = aws.deploy("basic.one")
    with pytest.raises(ClientError, match="Could not unzip uploaded file"):
        aws.client("lambda").update_function_code(FunctionName=name, **place)
    with pytest.raises(ClientError, match="S3 Error Code: NoSuchKey"):
        aws.client("lambda").update_function_code(FunctionName=name, S3Bucket=bucket, S3Key="other.zip")
