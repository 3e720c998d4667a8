"""AWS's own JavaScript client (npm `aws-amplify`) connects, subscribes, publishes and receives."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.local_aws.aws_lambda.runtimes import node
from tests.published.installed import folder_beside
from tests.support.account import Account
from tests.support.appsync_clients import DeployedApi, events, graphql

SCRIPT = Path(__file__).with_name("amplify_client.mjs")


@pytest.fixture(scope="module")
def client() -> Iterator[Path]:
    """The script beside an installed client."""
    with folder_beside("aws-amplify@^6") as folder:
        yield Path(shutil.copy(SCRIPT, folder))


def run(client: Path, mode: str, graphql_api: DeployedApi, event_api: DeployedApi) -> dict[str, list[object]]:
    urls = [f"http://{graphql_api.host}/graphql", f"http://{event_api.host}/event"]
    command = [str(node()), str(client), mode, *urls, graphql_api.key, event_api.key]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stdout + done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return {name: value for document in said for name, value in document.items()}


@pytest.mark.parametrize(("mode", "auth"), [("apiKey", "API_KEY"), ("iam", "AWS_IAM")])
def test_amplify_subscribes_and_receives(aws: Account, client: Path, mode: str, auth: str) -> None:
    said = run(client, mode, graphql(aws, mode=auth), events(aws, auth))
    expected = [{"seq": seq, "by": by} for seq in range(5) for by in ("http <ü>", "websocket")]
    assert said == {"graphql": list(range(5)), "events": expected}
