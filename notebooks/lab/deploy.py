"""Deploys a folder of `lambda/` by boto3 calls: what notebook 06 does step by step, as one function."""

import json
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.cloud import Cloud

FOLDERS = Path(__file__).parents[2] / "lambda"
LAMBDA_MAY_ASSUME = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


@dataclass(frozen=True)
class Deployed:
    """A function with a Function URL (https on AWS, http on this machine)."""

    name: str
    url: str


def zip_folder(folder: Path, *more: Path) -> bytes:
    """The files of `folder`, and each folder of `more` under its own name, as the zip that Lambda takes;
    files keep their modes, so a wrapper stays executable."""
    with tempfile.TemporaryDirectory() as scratch:
        build = Path(scratch) / "build"
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(folder, build, ignore=ignored)
        for other in more:
            shutil.copytree(other, build / other.name, ignore=ignored)
        return Path(shutil.make_archive(str(build), "zip", build)).read_bytes()


def settings_of(folder: Path) -> dict[str, Any]:
    """Runtime, handler and environment, as they follow from the files in `folder`."""
    if (folder / "bootstrap").exists():
        return {"Runtime": "provided.al2023", "Handler": "bootstrap"}
    if (folder / "index.mjs").exists():
        return {"Runtime": "nodejs24.x", "Handler": "index.handler"}
    settings: dict[str, Any] = {"Runtime": "python3.13", "Handler": "app.handler"}
    if (folder / "wrapper").exists():
        settings["Environment"] = {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrapper"}}
    return settings


def deploy_function(cloud: Cloud, name: str, folder: Path, *more: Path) -> str:
    """Create a role and the function `name` from `folder` (see `zip_folder`), replacing those of an earlier
    run; wait until it can be invoked. Return its ARN."""
    remove(cloud, name)
    aws = cloud.client("lambda")
    role = cloud.client("iam").create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps(LAMBDA_MAY_ASSUME)
    )
    arn: str = aws.create_function(
        FunctionName=name,
        Role=role["Role"]["Arn"],
        Code={"ZipFile": zip_folder(folder, *more)},
        Timeout=30,
        **settings_of(folder),
    )["FunctionArn"]
    aws.get_waiter("function_active_v2").wait(FunctionName=name)
    return arn


def deploy(cloud: Cloud, name: str, folder: Path, *more: Path, mode: str = "RESPONSE_STREAM") -> Deployed:
    """`deploy_function`, and a public URL. The URL needs two permissions since October 2025 (AWS, "Control
    access to Lambda function URLs", checked 2026-11)."""
    deploy_function(cloud, name, folder, *more)
    aws = cloud.client("lambda")
    aws.add_permission(
        FunctionName=name,
        StatementId="url",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="NONE",
    )
    aws.add_permission(
        FunctionName=name,
        StatementId="function",
        Action="lambda:InvokeFunction",
        Principal="*",
        InvokedViaFunctionUrl=True,
    )
    url = aws.create_function_url_config(FunctionName=name, AuthType="NONE", InvokeMode=mode)["FunctionUrl"]
    return Deployed(name, url)


def remove(cloud: Cloud, name: str) -> None:
    """Delete the function, its URL, its log group and its role; what is not there is not missed."""
    aws, iam, logs = cloud.client("lambda"), cloud.client("iam"), cloud.client("logs")
    with suppress(aws.exceptions.ResourceNotFoundException):
        aws.delete_function_url_config(FunctionName=name)
    with suppress(aws.exceptions.ResourceNotFoundException):
        aws.delete_function(FunctionName=name)
    with suppress(logs.exceptions.ResourceNotFoundException):
        logs.delete_log_group(logGroupName=f"/aws/lambda/{name}")
    with suppress(iam.exceptions.NoSuchEntityException):
        iam.delete_role(RoleName=name)


def left_over(cloud: Cloud) -> dict[str, list[str]]:
    """Names of what is still there: functions, roles, log groups and reachable endpoints."""
    functions = cloud.client("lambda").list_functions()["Functions"]
    roles = cloud.client("iam").list_roles()["Roles"]
    groups = cloud.client("logs").describe_log_groups()["logGroups"]
    return {
        "functions": [function["FunctionName"] for function in functions],
        "roles": [role["RoleName"] for role in roles],
        "log groups": [group["logGroupName"] for group in groups],
        "endpoints": [endpoint["url"] for endpoint in cloud.endpoints()],
    }
