"""What boto3 signs for S3 in its own ways: presigned URLs of version 2, and forms for a page's upload."""

import http.client
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from tests.support.account import Account

Credentials = dict[str, str]


def s3_of(aws: Account, version: str, **credentials: str) -> Any:
    config = Config(signature_version=version, s3={"addressing_style": "path"})
    return boto3.client(
        "s3", endpoint_url=aws.endpoint_url, region_name="ap-northeast-1", config=config, **credentials
    )


def asked(method: str, url: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    connection.request(method, f"{parts.path}?{parts.query}", body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def as_form(fields: dict[str, str], content: bytes) -> tuple[bytes, str]:
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    head = "".join(parts) + '--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    return head.encode() + content + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"


@pytest.fixture(scope="module")
def bucket(aws: Account) -> str:
    s3 = aws.client("s3")
    configuration = {"LocationConstraint": "ap-northeast-1"}
    s3.create_bucket(Bucket="signed-otherwise", CreateBucketConfiguration=configuration)
    s3.put_object(Bucket="signed-otherwise", Key="object", Body=b"content")
    return "signed-otherwise"


@pytest.fixture(params=["anybody", "user"])
def credentials(request: pytest.FixtureRequest, aws: Account) -> Credentials:
    if request.param == "anybody":
        return {"aws_access_key_id": "anybody", "aws_secret_access_key": "anything"}
    return aws.user({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_url_of_either_version_is_taken(
    aws: Account, bucket: str, credentials: Credentials, version: str
) -> None:
    s3 = s3_of(aws, version, **credentials)
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "object"})
    assert asked("GET", url) == (200, b"content")


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_form_for_an_upload_is_taken(
    aws: Account, bucket: str, credentials: Credentials, version: str
) -> None:
    form = s3_of(aws, version, **credentials).generate_presigned_post(bucket, "uploaded")
    body, content_type = as_form(form["fields"], b"by a form")
    status, _ = asked("POST", form["url"], body, **{"Content-Type": content_type})
    assert status in (200, 204)
    assert aws.client("s3").get_object(Bucket=bucket, Key="uploaded")["Body"].read() == b"by a form"


def test_a_key_of_somebody_with_another_secret_is_refused(aws: Account, bucket: str) -> None:
    forged = aws.user() | {"aws_secret_access_key": "guessed"}
    for version in ("s3", "s3v4"):
        url = s3_of(aws, version, **forged).generate_presigned_url(
            "get_object", {"Bucket": bucket, "Key": "object"}
        )
        assert asked("GET", url)[0] == 403
