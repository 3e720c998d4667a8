"""The tools by which most deploy, as they are published: SAM's and the CDK's command lines, and Terraform."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from server.local_aws.aws_lambda.runtimes import node
from tests.published.installed import npm_install, pip_install
from tests.support.account import Account
from tests.support.gateway_clients import read_items
from tests.support.guests import zipped
from tests.support.stacks import Stack, unique

APPLICATION = Path(__file__).with_name("application")
CONFIGURATION = Path(__file__).with_name("terraform")
SAM_CLI = "aws-sam-cli>=1.150,<2"
CDK_CLI, CDK_LIBRARY = "aws-cdk@^2.1000.0", "aws-cdk-lib@^2.230.0"


def environment(aws: Account, folder: Path, **more: str) -> dict[str, str]:
    """What a tool has to know of the stand-in, and a home of its own."""
    return {
        **os.environ,
        "AWS_ENDPOINT_URL": aws.endpoint_url,
        "AWS_REGION": "ap-northeast-1",
        "AWS_DEFAULT_REGION": "ap-northeast-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(folder),
        "NO_PROXY": "127.0.0.1,localhost",
        "PATH": f"{node().parent}{os.pathsep}{os.environ['PATH']}",
        **more,
    }


def run(command: list[str], folder: Path, variables: dict[str, str]) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def endpoints(aws: Account) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{aws.endpoint_url}/_local/endpoints") as response:
        found: list[dict[str, Any]] = json.load(response)
    return found


async def assert_it_streams(url: str, rest: str, web_socket: str) -> None:
    for address in (url, rest):
        reading = await read_items(address)
        assert (reading.status, reading.one_by_one) == (200, True), address
    async with connect(web_socket) as client:
        await client.send("hello")
        assert await client.recv() == "heard hello"


async def test_sam_builds_deploys_and_deletes(aws: Account, tmp_path: Path) -> None:
    packages = str(pip_install(SAM_CLI))
    variables = environment(
        aws, tmp_path, PYTHONPATH=packages, SAM_CLI_TELEMETRY="0", SAM_CLI_POLL_DELAY="0.5"
    )
    folder = Path(shutil.copytree(APPLICATION, tmp_path / "application"))
    sam, name, before = [sys.executable, "-m", "samcli"], unique("sam"), endpoints(aws)
    await asyncio.to_thread(run, [*sam, "build"], folder, variables)
    deploys = [*sam, "deploy", "--stack-name", name, "--resolve-s3", "--capabilities", "CAPABILITY_IAM"]
    await asyncio.to_thread(run, [*deploys, "--no-confirm-changeset"], folder, variables)
    stack = Stack(aws.client("cloudformation"), name)
    stack.id = stack.now["StackId"]
    await assert_it_streams(*stack.outputs.values())
    again = await asyncio.to_thread(run, [*deploys, "--no-fail-on-empty-changeset"], folder, variables)
    assert f"Stack {name} is up to date" in again
    deletes = [*sam, "delete", "--stack-name", name, "--no-prompts", "--region", "ap-northeast-1"]
    await asyncio.to_thread(run, deletes, folder, variables)
    assert (stack.status, endpoints(aws)) == ("DELETE_COMPLETE", before)


async def test_the_cdk_bootstraps_deploys_and_destroys(aws: Account, tmp_path: Path) -> None:
    cdk = [str(node()), str(npm_install(CDK_CLI) / "node_modules" / "aws-cdk" / "bin" / "cdk")]
    name, before = unique("Cdk"), endpoints(aws)
    variables = environment(aws, tmp_path, STACK=name, CDK_DISABLE_VERSION_CHECK="1", CI="1")
    folder = Path(shutil.copytree(APPLICATION, tmp_path / "application"))
    (folder / "node_modules").symlink_to(npm_install(CDK_LIBRARY) / "node_modules")
    await asyncio.to_thread(run, [*cdk, "bootstrap", "aws://123456789012/ap-northeast-1"], folder, variables)
    assembly = [*cdk, "--app", f"{node()} app.mjs"]
    deploys = [*assembly, "deploy", "--require-approval", "never", "--outputs-file", "outputs.json"]
    await asyncio.to_thread(run, deploys, folder, variables)
    outputs = json.loads((folder / "outputs.json").read_text())[name]
    await assert_it_streams(outputs["Url"], outputs["RestUrl"], outputs["WebSocketUrl"])
    stack = Stack(aws.client("cloudformation"), name)
    stack.id = stack.now["StackId"]
    await asyncio.to_thread(run, [*cdk, "--app", "cdk.out", "destroy", "--force"], folder, variables)
    assert (stack.status, endpoints(aws)) == ("DELETE_COMPLETE", before)


def initialize(folder: Path, variables: dict[str, str]) -> None:
    """Let Terraform fetch AWS's provider. Skips the test where it cannot."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not installed")
    try:
        run(["terraform", "init", "-no-color", "-input=false"], folder, variables)
    except AssertionError:
        pytest.skip("terraform cannot download its provider hashicorp/aws")


async def test_terraform_applies_plans_no_change_and_destroys(aws: Account, tmp_path: Path) -> None:
    folder, before = Path(shutil.copytree(CONFIGURATION, tmp_path / "configuration")), endpoints(aws)
    source = APPLICATION / "streams" / "index.mjs"
    (folder / "function.zip").write_bytes(zipped({"index.mjs": source.read_text()}))
    variables = environment(aws, tmp_path)
    initialize(folder, variables)

    async def terraform(*arguments: str) -> str:
        return await asyncio.to_thread(run, ["terraform", *arguments, "-no-color"], folder, variables)

    await terraform("apply", "-auto-approve", "-input=false")
    await terraform("plan", "-detailed-exitcode", "-input=false")  # fails if it would change anything
    made = {name: output["value"] for name, output in json.loads(await terraform("output", "-json")).items()}
    rest = next(each["url"] for each in endpoints(aws) if each["id"] == made["rest_api"])
    for address in (made["url"], f"{rest}/prod/items"):
        reading = await read_items(address)
        assert (reading.status, reading.one_by_one) == (200, True), address
    await terraform("destroy", "-auto-approve", "-input=false")
    assert endpoints(aws) == before
