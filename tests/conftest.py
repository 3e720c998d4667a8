"""What AWS publishes, installed where npm and pip can: runtime clients and SDKs to test against."""

import subprocess
import sys
from pathlib import Path

import pytest

from server.local_aws.aws_lambda.runtimes import node

NODE_CLIENT = "aws-lambda-ric@4.0.2"
NODE_SDK = "@aws-sdk/client-lambda@^3.1000.0"
PYTHON_CLIENT = "awslambdaric==4.2.2"


def npm_install(package: str, folder: Path) -> Path:
    """Install `package` below `folder`; return its `node_modules`. Skips the test where npm cannot."""
    npm = node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)]
    try:
        subprocess.run(
            [str(node()), str(npm), *install, package], check=True, capture_output=True, timeout=90
        )
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"npm cannot install {package} here: {error}")
    return folder / "node_modules"


@pytest.fixture(scope="session")
def published_node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `node_modules` of the published runtime client; its native part, which streaming never uses, is
    left empty."""
    modules = npm_install(NODE_CLIENT, tmp_path_factory.mktemp("ric"))
    native = modules / "aws-lambda-ric" / "rapid-client.node"
    native.mkdir()
    (native / "package.json").write_text('{"type": "commonjs"}')
    (native / "index.js").write_text("module.exports = {};")
    return modules


@pytest.fixture(scope="session")
def published_node_client(published_node_modules: Path) -> list[str]:
    """argv of the published runtime client."""
    return [str(node()), str(published_node_modules / "aws-lambda-ric" / "index.mjs")]


@pytest.fixture(scope="session")
def node_sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a script can import the JavaScript SDK's client of Lambda."""
    return npm_install(NODE_SDK, tmp_path_factory.mktemp("sdk")).parent


@pytest.fixture(scope="session")
def published_python_client(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of the published runtime client."""
    folder = str(tmp_path_factory.mktemp("awslambdaric"))
    install = ["install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
    argv = [sys.executable, "-m", "pip", *install, "--target", folder, PYTHON_CLIENT]
    try:
        subprocess.run(argv, check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"pip cannot install {PYTHON_CLIENT} here: {error}")
    return folder
