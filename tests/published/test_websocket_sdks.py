"""A function whose code uses the AWS SDK for JavaScript, as AWS's public chat sample does."""

import asyncio
import io
import uuid
import zipfile
from pathlib import Path

from websockets.asyncio.client import connect

from tests.published.installed import npm_install
from tests.support.account import Account
from tests.support.guests import guest_source
from tests.support.websocket_api import create_api, message

SDK = "@aws-sdk/client-apigatewaymanagementapi"


def zip_of(folder: Path, index: str) -> bytes:
    """A package of what is in `folder`, and of `index.mjs`."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.mjs", index)
        for path in folder.rglob("*"):
            if path.is_file() and path.suffix not in (".ts", ".map"):
                archive.write(path, path.relative_to(folder))
    return package.getvalue()


async def test_the_sdk_for_javascript_posts_over_tls(aws: Account) -> None:
    package = zip_of(npm_install(SDK), guest_source("posts_over_tls.mjs"))
    function = aws.client("lambda").create_function(
        FunctionName=f"sdk-{uuid.uuid4().hex[:8]}",
        Role=aws.role(),
        Runtime="nodejs24.x",
        Handler="index.handler",
        Code={"ZipFile": package},
        Timeout=30,
    )
    api = create_api(aws)
    api.add_route("sendmessage", function["FunctionArn"])
    async with connect(api.url) as client:
        await client.send(message(action="sendmessage", data="hello"))
        received = [await asyncio.wait_for(client.recv(), 60) for _ in range(2)]
    assert received == ["hello", "GoneException 410"]
