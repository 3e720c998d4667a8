"""What all tests share: how they are run, one stand-in with AWS's limits, and what AWS publishes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from server.local_aws.aws_lambda.runtimes import node
from tests.published.installed import folder_beside, npm_install, pip_install
from tests.run import closing, order, twice

if TYPE_CHECKING:
    from tests.support.account import Account
    from tests.support.gateway import Gateway

NODE_CLIENT = "aws-lambda-ric@4.0.2"
NODE_SDK = "@aws-sdk/client-lambda@^3.1000.0"
PYTHON_CLIENT = "awslambdaric==4.2.2"


settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("patient")  # how long an example takes is the machine's affair
    for plugin in (order, twice, closing):
        config.pluginmanager.register(plugin)


@pytest.fixture(scope="session")
def aws() -> Iterator[Account]:
    """The stand-in with AWS's limits, in a process of its own."""
    from tests.support.account import account  # boto3 takes a while to import

    yield from account("1")


@pytest.fixture(scope="session")
def gateway(aws: Account) -> Gateway:
    """Deploys APIs to `aws`."""
    from tests.support.gateway import Gateway

    return Gateway(aws)


@pytest.fixture(scope="session")
def published_node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `node_modules` of the published runtime client; its native part, which streaming never uses, is
    left empty."""
    modules = tmp_path_factory.mktemp("ric") / "node_modules"
    shutil.copytree(npm_install(NODE_CLIENT) / "node_modules", modules)
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
def node_sdk() -> Iterator[Path]:
    """A folder in which a script can import the JavaScript SDK's client of Lambda."""
    with folder_beside(NODE_SDK) as folder:
        yield folder


@pytest.fixture(scope="session")
def published_python_client() -> str:
    """The folder of the published runtime client."""
    return str(pip_install(PYTHON_CLIENT))
