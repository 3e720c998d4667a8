"""Deploys a folder of `lambda/` by boto3 calls: what notebook 06 does step by step, as one function."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.cloud.cloud import Cloud
from lab.cloud.teardown import ROLE_POLICY, delete_role

FOLDERS = Path(__file__).parents[3] / "lambda"
SHARED = FOLDERS / "shared"
"""What several functions need; a function's `shared.txt` names the files that it takes."""

SHARED_LIST = "shared.txt"
WRAPPER = "wrapper"
PYTHON = "3.13"
LAMBDA_MAY_ASSUME = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
MAY_WRITE_LOGS = {
    "Effect": "Allow",
    "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    "Resource": "arn:aws:logs:*:*:log-group:/aws/lambda/streaming-*",
}
MAY_PUSH = {
    "Effect": "Allow",
    "Action": "execute-api:ManageConnections",
    "Resource": "arn:aws:execute-api:*:*:*/@connections/*",
}
"""What a function needs that sends through a WebSocket API."""


@dataclass(frozen=True)
class Deployed:
    """A function with a Function URL (https on AWS, http on this machine)."""

    name: str
    url: str


def zip_folder(folder: Path, *more: Path, packages: Sequence[str] = ()) -> bytes:
    """The zip that Lambda takes: the files of `folder`, the shared files that it names, each folder of `more`
    under its own name, `packages` from PyPI as Lambda's machines need them. Files keep their modes,
    and a wrapper is executable."""
    with tempfile.TemporaryDirectory() as scratch:
        build = Path(scratch) / "build"
        ignored = shutil.ignore_patterns("__pycache__", "local_aws", SHARED_LIST)
        shutil.copytree(folder, build, ignore=ignored)
        for name in shared_files(folder):
            shutil.copy(SHARED / name, build)
            (build / name).chmod(0o755 if name == WRAPPER else 0o644)
        for other in more:
            shutil.copytree(other, build / other.name, ignore=ignored)
        if packages:
            install_for_lambda(build, packages)
        return Path(shutil.make_archive(str(build), "zip", build)).read_bytes()


def shared_files(folder: Path) -> list[str]:
    """Return the files of `lambda/shared` that the function in `folder` takes."""
    listed = folder / SHARED_LIST
    return listed.read_text().split() if listed.exists() else []


def install_for_lambda(folder: Path, packages: Sequence[str]) -> None:
    """pip's wheels for Linux on x86-64, whatever this machine is. Raises `CalledProcessError`."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--target", str(folder), "--python-version", PYTHON, "--implementation", "cp"),
            *("--platform", "manylinux_2_28_x86_64", "--platform", "manylinux2014_x86_64"),
            *("--only-binary=:all:", *packages),
        ],
        check=True,
    )


def function_settings(folder: Path) -> dict[str, Any]:
    """Runtime, handler and environment, as they follow from the files in `folder`."""
    if (folder / "bootstrap").exists():
        return {"Runtime": "provided.al2023", "Handler": "bootstrap"}
    if (folder / "index.mjs").exists():
        return {"Runtime": "nodejs24.x", "Handler": "index.handler"}
    settings: dict[str, Any] = {"Runtime": f"python{PYTHON}", "Handler": "app.handler"}
    if WRAPPER in shared_files(folder):
        settings["Environment"] = {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": f"/var/task/{WRAPPER}"}}
    return settings


def create_role(cloud: Cloud, name: str, *statements: dict[str, Any]) -> str:
    """Create the role called `name`, which Lambda may assume. It may write logs, and what `statements` of a
    policy allow beside. Return its ARN."""
    iam = cloud.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(LAMBDA_MAY_ASSUME))["Role"]
    policy = {"Version": "2012-10-17", "Statement": [MAY_WRITE_LOGS, *statements]}
    iam.put_role_policy(RoleName=name, PolicyName=ROLE_POLICY, PolicyDocument=json.dumps(policy))
    arn: str = role["Arn"]
    return arn


def deploy_function(
    cloud: Cloud, name: str, folder: Path, *more: Path, statements: Sequence[dict[str, Any]] = ()
) -> str:
    """Create a role, with `statements` in its policy, and the function `cloud.name(name)` from `folder` (see
    `zip_folder`), replacing those of an earlier run; wait until it can be invoked. Return its ARN."""
    remove(cloud, name)
    aws, full_name = cloud.client("lambda"), cloud.name(name)
    # on this machine the function's process finds the packages of this Python
    packages = ["aiohttp>=3.14.1,<4"] if more and not cloud.is_local else []
    arn: str = aws.create_function(
        FunctionName=full_name,
        Role=create_role(cloud, full_name, *statements),
        Code={"ZipFile": zip_folder(folder, *more, packages=packages)},
        Timeout=30,
        **function_settings(folder),
    )["FunctionArn"]
    aws.get_waiter("function_active_v2").wait(FunctionName=full_name)
    return arn


def deploy(cloud: Cloud, name: str, folder: Path, *more: Path, mode: str = "RESPONSE_STREAM") -> Deployed:
    """`deploy_function`, and a URL: public on the stand-in, on AWS for signed requests unless the reader has
    asked for public ones (`cloud.url_auth`)."""
    deploy_function(cloud, name, folder, *more)
    full_name = cloud.name(name)
    allow_url(cloud, full_name)
    url: str = cloud.client("lambda").create_function_url_config(
        FunctionName=full_name, AuthType=cloud.url_auth, InvokeMode=mode, Cors={"AllowOrigins": ["*"]}
    )["FunctionUrl"]
    cloud.sign_requests_to(url)
    return Deployed(full_name, url)


def allow_url(cloud: Cloud, full_name: str) -> None:
    """Permit calls through the function's URL, which takes two permissions since October 2025
    (https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html, checked 2026-11)."""
    aws = cloud.client("lambda")
    aws.add_permission(
        FunctionName=full_name,
        StatementId="url",
        Action="lambda:InvokeFunctionUrl",
        Principal=cloud.url_principal,
        FunctionUrlAuthType=cloud.url_auth,
    )
    aws.add_permission(
        FunctionName=full_name,
        StatementId="function",
        Action="lambda:InvokeFunction",
        Principal=cloud.url_principal,
        InvokedViaFunctionUrl=True,
    )


def remove(cloud: Cloud, name: str) -> None:
    """Delete the function `cloud.name(name)`, with its URL, its log group and its role; what is not there is
    not missed."""
    aws, iam, logs = cloud.client("lambda"), cloud.client("iam"), cloud.client("logs")
    full_name = cloud.name(name)
    with suppress(aws.exceptions.ResourceNotFoundException):
        aws.delete_function_url_config(FunctionName=full_name)
    with suppress(aws.exceptions.ResourceNotFoundException):
        aws.delete_function(FunctionName=full_name)
    with suppress(logs.exceptions.ResourceNotFoundException):
        logs.delete_log_group(logGroupName=f"/aws/lambda/{full_name}")
    with suppress(iam.exceptions.NoSuchEntityException):
        delete_role(iam, full_name)
