"""Function URLs with AuthType AWS_IAM, called by presigned URLs and by curl's own signer."""

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.support.account import Account
from tests.support.signing import REGION, iam_url, presign


def refusal(url: str, **arguments: Any) -> str:
    answer = requests.get(url, timeout=30, **arguments)
    assert answer.status_code == 403
    message: str = answer.json()["Message"]
    return message


def test_a_presigned_url_is_let_in_and_its_query_stays_as_it_was_sent(aws: Account) -> None:
    url = presign(iam_url(aws) + "path?count=3&text=a%20b")
    event = requests.get(url, timeout=30).json()
    assert event["rawQueryString"] == url.partition("?")[2]
    assert event["queryStringParameters"]["count"] == "3"
    assert event["requestContext"]["authorizer"]["iam"]["userArn"] == "arn:aws:iam::123456789012:root"


def test_a_presigned_url_that_has_been_changed_is_refused(aws: Account) -> None:
    url = presign(iam_url(aws) + "?count=3")
    mismatch = "The request signature we calculated does not match"
    assert mismatch in refusal(url.replace("count=3", "count=4"))
    assert mismatch in refusal(url + "&more=1")
    assert mismatch in refusal(url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"))
    assert mismatch in refusal(url[:-1] + ("1" if url.endswith("0") else "0"))
    assert mismatch in refusal(presign(iam_url(aws), secret="wrong"))
    assert requests.post(url, timeout=30).status_code == 403
    assert "security token" in refusal(presign(iam_url(aws), key="stranger"))


@pytest.mark.parametrize("expires", [0, 604_801])
def test_a_presigned_url_is_valid_for_a_second_to_a_week(aws: Account, expires: int) -> None:
    assert "from 1 to 604800" in refusal(presign(iam_url(aws), expires=expires))


def test_a_presigned_url_expires(aws: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    url = iam_url(aws)

    def at(ago: timedelta, expires: int) -> str:
        then = datetime.now(UTC) - ago
        monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: then)
        return presign(url, expires=expires)

    assert "Signature expired" in refusal(at(timedelta(seconds=62), 60))
    assert "not yet current" in refusal(at(timedelta(minutes=-7), 600))
    assert requests.get(at(timedelta(minutes=30), 3600), timeout=30).status_code == 200


def test_a_presigned_url_of_a_role_carries_its_session_token(aws: Account) -> None:
    role = aws.role()
    assumed = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="reader")["Credentials"]
    key, secret, token = (assumed[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
    url = iam_url(aws)
    assert refusal(presign(url, key, secret, token)).startswith("Forbidden")
    allow = {"Effect": "Allow", "Action": "lambda:InvokeFunction*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    name = role.rpartition("/")[2]
    aws.client("iam").put_role_policy(RoleName=name, PolicyName="call", PolicyDocument=document)
    event = requests.get(presign(url, key, secret, token), timeout=30).json()
    arn = event["requestContext"]["authorizer"]["iam"]["userArn"]
    assert arn == f"arn:aws:sts::123456789012:assumed-role/{name}/reader"
    assert "security token" in refusal(presign(url, key, secret, "another"))


CURL = shutil.which("curl") or ""


def curl_signs() -> bool:
    """curl has `--aws-sigv4` since 7.75."""
    printed = subprocess.run([CURL, "--version"], capture_output=True, text=True).stdout if CURL else ""
    version = re.match(r"curl (\d+)\.(\d+)", printed)
    return version is not None and (int(version[1]), int(version[2])) >= (7, 75)


@pytest.mark.skipif(not curl_signs(), reason="needs curl 7.75 or newer")
@pytest.mark.parametrize("query", ["", "?count=3&interval_ms=100"])
def test_curl_signs_requests(aws: Account, query: str) -> None:
    options = ["--silent", "--show-error", "--aws-sigv4", f"aws:amz:{REGION}:lambda"]
    called = [CURL, *options, "--user", "test:test", iam_url(aws) + query]
    answer = subprocess.run(called, capture_output=True, text=True, timeout=30)
    assert json.loads(answer.stdout).get("rawQueryString") == query[1:]
