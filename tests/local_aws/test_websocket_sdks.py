"""A function whose code uses the AWS SDK for JavaScript, as AWS's public chat sample does."""

import asyncio
import io
import subprocess
import uuid
import zipfile
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from server.local_aws.aws_lambda.runtimes import node

from .conftest import Account
from .websocket_api import create_api, message

SDK = "@aws-sdk/client-apigatewaymanagementapi"
SEND = """
import { ApiGatewayManagementApiClient, PostToConnectionCommand } from "%s";

export const handler = async (event) => {
  const { domainName, stage, connectionId } = event.requestContext;
  const client = new ApiGatewayManagementApiClient({ endpoint: `https://${domainName}/${stage}` });
  const post = (ConnectionId, Data) => client.send(new PostToConnectionCommand({ ConnectionId, Data }));
  await post(connectionId, JSON.parse(event.body).data);
  try {
    await post("L0SM9cOFvHcCIhw=", "nobody");
  } catch (error) {
    await post(connectionId, `${error.name} ${error.$metadata.httpStatusCode}`);
  }
  return { statusCode: 200, body: "Data sent." };
};
"""


@pytest.fixture(scope="session")
def with_sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the SDK in node_modules."""
    folder = tmp_path_factory.mktemp("sdk")
    npm = node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)]
    try:
        subprocess.run([str(node()), str(npm), *install, SDK], check=True, capture_output=True, timeout=120)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"npm cannot install {SDK} here: {error}")
    return folder


def zip_of(folder: Path) -> bytes:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in folder.rglob("*"):
            if path.is_file() and path.suffix not in (".ts", ".map"):
                archive.write(path, path.relative_to(folder))
    return package.getvalue()


async def test_the_sdk_for_javascript_posts_over_tls(aws: Account, with_sdk: Path) -> None:
    (with_sdk / "index.mjs").write_text(SEND % SDK)
    function = aws.client("lambda").create_function(
        FunctionName=f"sdk-{uuid.uuid4().hex[:8]}",
        Role=aws.role(),
        Runtime="nodejs24.x",
        Handler="index.handler",
        Code={"ZipFile": zip_of(with_sdk)},
        Timeout=30,
    )
    api = create_api(aws)
    api.add_route("sendmessage", function["FunctionArn"])
    async with connect(api.url) as client:
        await client.send(message(action="sendmessage", data="hello"))
        received = [await asyncio.wait_for(client.recv(), 60) for _ in range(2)]
    assert received == ["hello", "GoneException 410"]
