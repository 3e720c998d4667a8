"""A stand-in in a process of its own, and functions deployed to it by boto3, as anybody would."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from tests.support.guests import guest_package, managed
from tests.support.stand_in_log import without_tracebacks

ROLE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}],
}


def start_stand_in(
    scale: str = "1",
    enforce_iam: str = "0",
    variables: Mapping[str, str] | None = None,
    **popen: Any,
) -> tuple["subprocess.Popen[str]", str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "server.local_aws", "--until-stdin-closes"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "LOCAL_AWS_LIMIT_SCALE": scale,
            "LOCAL_AWS_ENFORCE_IAM": enforce_iam,
            **(variables or {}),
        },
        **popen,
    )
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())["endpoint_url"]


def client(endpoint_url: str, service: str, **credentials: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint_url,
        region_name="ap-northeast-1",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=120),
        **credentials,
    )


@cache
def owners_client(endpoint_url: str, service: str) -> Any:
    return client(endpoint_url, service, aws_access_key_id="test", aws_secret_access_key="test")


@dataclass
class Account:
    """The stand-in, as an AWS account."""

    endpoint_url: str

    def client(self, service: str, **credentials: str) -> Any:
        """The account owner's client of a service; another's where credentials are given."""
        if credentials:
            return client(self.endpoint_url, service, **credentials)
        return owners_client(self.endpoint_url, service)

    def user(self, *statements: dict[str, Any]) -> dict[str, str]:
        """A user whose policy has these statements; returns the credentials for a client."""
        iam, name = self.client("iam"), f"user-{uuid.uuid4().hex[:8]}"
        iam.create_user(UserName=name)
        if statements:
            document = json.dumps({"Version": "2012-10-17", "Statement": statements})
            iam.put_user_policy(UserName=name, PolicyName="policy", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    def role(self) -> str:
        name = f"role-{uuid.uuid4().hex[:8]}"
        document = json.dumps(ROLE)
        arn: str = self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"][
            "Arn"
        ]
        return arn

    def deploy(self, handler: str, given: Any = None, **settings: Any) -> str:
        """Deploy the function `handler` ("basic.echo": a file of `tests/guests`, and a function in it) on the
        smallest runtime; return its name. `given` is what it gets to read."""
        settings.setdefault("Code", {"ZipFile": guest_package(handler, given)})
        return self.create(**{"Handler": handler, **settings})

    def deploy_python(self, handler: str, **settings: Any) -> str:
        """Deploy the function `handler` of `tests/guests` on the managed Python runtime; return its name."""
        return self.create(**managed(handler), **settings)

    def create(self, **settings: Any) -> str:
        """Create a function with these settings, of the runtime `provided.al2023` unless they say another;
        return its name."""
        name = f"function-{uuid.uuid4().hex[:8]}"
        settings = {"Timeout": 30, "Runtime": "provided.al2023", "Handler": "unused", **settings}
        self.client("lambda").create_function(FunctionName=name, Role=self.role(), **settings)
        return name

    def permit(self, name: str, auth_type: str = "NONE") -> None:
        aws = self.client("lambda")
        aws.add_permission(
            FunctionName=name,
            StatementId="url",
            Action="lambda:InvokeFunctionUrl",
            Principal="*",
            FunctionUrlAuthType=auth_type,
        )
        aws.add_permission(
            FunctionName=name,
            StatementId="function",
            Action="lambda:InvokeFunction",
            Principal="*",
            InvokedViaFunctionUrl=True,
        )

    def url(self, name: str, mode: str = "RESPONSE_STREAM", **settings: Any) -> str:
        """A public URL of the function."""
        self.permit(name)
        answer = self.client("lambda").create_function_url_config(
            FunctionName=name, AuthType="NONE", InvokeMode=mode, **settings
        )
        url: str = answer["FunctionUrl"]
        return url

    def log(self, name: str) -> list[str]:
        """The lines in the function's log group by now: an answer may come before its last line is stored."""
        logs = self.client("logs")
        try:
            events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for event in events]

    def log_with(self, name: str, text: str, count: int = 1, seconds: float = 20) -> list[str]:
        """The lines in the function's log group, once `count` of them have `text`."""
        deadline = time.monotonic() + seconds
        lines = self.log(name)
        while sum(text in line for line in lines) < count:
            assert time.monotonic() < deadline, f"no {count} × {text!r} in {lines}"
            time.sleep(0.05)
            lines = self.log(name)
        return lines


def account(
    scale: str, enforce_iam: str = "0", variables: Mapping[str, str] | None = None
) -> Iterator[Account]:
    with without_tracebacks() as log:
        process, endpoint_url = start_stand_in(scale, enforce_iam, variables, stderr=log)
        with process:
            yield Account(endpoint_url)
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(30) == 0
