"""AWS's SDK for JavaScript, which a function does not bring along, as a runtime of AWS's has it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.local_aws.aws_lambda.runtimes import command
from tests.published.installed import npm_install
from tests.support.account import Account, account
from tests.support.guests import guest_source, zipped
from tests.support.runtime_under_test import running

NODE = {"Runtime": "nodejs24.x", "Handler": "index.handler", "MemorySize": 512}
SMALL = "@smithy/types"


@pytest.fixture(scope="module")
def with_sdk(node_sdk: Path) -> Iterator[Account]:
    """A stand-in that finds an SDK."""
    yield from account("1", variables={"LOCAL_AWS_NODE_SDK": str(node_sdk.parent)})


def result(aws: Account, source: str) -> Any:
    name = aws.create(**NODE, Code={"ZipFile": zipped({"index.mjs": source})})
    return name, json.load(aws.client("lambda").invoke(FunctionName=name)["Payload"])


def test_a_function_imports_the_sdk_and_reaches_the_stand_in(with_sdk: Account) -> None:
    name, answer = result(with_sdk, guest_source("sdk_of_runtime.mjs"))
    assert answer == [name, "function"]


@pytest.mark.parametrize("loads", ["import '{}';", "import m from 'module'; m.createRequire('/')('{}');"])
def test_what_is_not_installed_says_how(aws: Account, loads: str) -> None:
    _, answer = result(aws, loads.format("@aws-sdk/client-nothing/it") + "export const handler = () => 0;")
    assert "python -m server.local_aws.install node-sdk @aws-sdk/client-nothing" in answer["errorMessage"]


def install(folder: Path, *packages: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "server.local_aws.install", "node-sdk", *packages],
        capture_output=True,
        text=True,
        env={**os.environ, "LOCAL_AWS_NODE_SDK": str(folder), **variables},
        timeout=120,
    )


async def test_the_command_installs(tmp_path: Path) -> None:
    npm_install(SMALL)  # skips the test where npm cannot
    done = install(tmp_path / "sdk", SMALL, npm_config_prefer_offline="true")
    assert (done.returncode, done.stderr) == (0, "")
    (tmp_path / "index.mjs").write_text(
        f"import * as it from '{SMALL}'; export const handler = () => typeof it;"
    )
    modules = str(tmp_path / "sdk" / "node_modules")
    async with running(
        command("nodejs24.x"), tmp_path, "index.handler", "nodejs24.x", NODE_PATH=modules
    ) as guest:
        guest.api.invoke({})
        assert (await guest.api.answer()).body == b'"object"'


def test_the_command_says_why_it_cannot(tmp_path: Path) -> None:
    done = install(tmp_path, "@aws-sdk/client-nothing-of-the-kind", npm_config_offline="true")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("The SDK is not installed: npm error")
