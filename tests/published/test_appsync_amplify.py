"""AWS's own JavaScript client (npm `aws-amplify`) connects, subscribes, publishes and receives: over TLS, as
it always speaks to its real-time endpoint. Nothing of it is patched; that it trusts the stand-in's
certificate is configuration.
"""

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.local_aws.aws_lambda.runtimes import node
from tests.published.installed import folder_beside
from tests.support.account import Account
from tests.support.appsync_clients import events, graphql

SCRIPT = Path(__file__).with_name("amplify_client.mjs")


@pytest.fixture(scope="module")
def client() -> Iterator[Path]:
    """The script beside an installed client."""
    with folder_beside("aws-amplify@^6") as folder:
        yield Path(shutil.copy(SCRIPT, folder))


@pytest.fixture
def trusting(aws: Account, tmp_path: Path) -> dict[str, str]:
    """The environment of a Node that trusts the stand-in's certificate."""
    file = tmp_path / "local-aws.pem"
    with urllib.request.urlopen(f"{aws.endpoint_url}/_local/certificate") as response:
        file.write_bytes(response.read())
    return {**os.environ, "NODE_EXTRA_CA_CERTS": str(file)}


def run(
    client: Path, mode: str, urls: list[str], keys: list[str], env: dict[str, str]
) -> dict[str, list[object]]:
    command = [str(node()), str(client), mode, *urls, *keys]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return {name: value for document in said for name, value in document.items()}


@pytest.mark.parametrize(
    ("mode", "auth", "scheme", "name"),
    [("apiKey", "API_KEY", "http", "127.0.0.1"), ("iam", "AWS_IAM", "https", "localhost")],
)
def test_amplify_subscribes_and_receives(
    aws: Account, client: Path, trusting: dict[str, str], mode: str, auth: str, scheme: str, name: str
) -> None:
    """By either name of this machine: its signature is of the host under which it has reached the API."""
    apis = graphql(aws, mode=auth), events(aws, auth)
    hosts = [api.host.replace("127.0.0.1", name) for api in apis]
    urls = [f"{scheme}://{hosts[0]}/graphql", f"{scheme}://{hosts[1]}/event"]
    said = run(client, mode, urls, [api.key for api in apis], trusting)
    expected = [{"seq": seq, "by": by} for seq in range(5) for by in ("http <ü>", "websocket")]
    assert said == {"graphql": list(range(5)), "events": expected}
