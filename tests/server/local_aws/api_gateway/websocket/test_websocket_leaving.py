"""Many clients leave at once: few processes serve every `$disconnect`; none outlives its function."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
from websockets.asyncio.client import connect

from server.local_aws.api_gateway.websocket.gateway import DISCONNECTS
from tests.support.account import Account
from tests.support.websocket_api import create_api

CLIENTS = 48


def environments(function: str) -> int:
    """How many processes run the function."""
    found = 0
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            found += process.environ().get("AWS_LAMBDA_FUNCTION_NAME") == function
    return found


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        await asyncio.sleep(0.05)


def told(folder: Path) -> int:
    return len(list(folder.iterdir()))


async def test_when_all_leave_few_processes_are_started_and_none_is_left(
    aws: Account, tmp_path: Path
) -> None:
    name = aws.deploy("websocket_leaving.tells_the_connection", str(tmp_path))
    client = aws.client("lambda")
    api = create_api(aws)
    arn = client.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    api.add_route("$disconnect", arn)
    connections = await asyncio.gather(*(connect(api.url, open_timeout=60) for _ in range(CLIENTS)))
    leaving = asyncio.gather(*(connection.close() for connection in connections))
    most = 0

    def all_told() -> bool:
        nonlocal most
        most = max(most, environments(name))
        return told(tmp_path) == CLIENTS

    await until(all_told)
    await leaving
    assert 1 <= most <= 2 * DISCONNECTS  # as many may be on their way from an answer to the next invocation
    api.gateway.delete_api(ApiId=api.id)
    client.delete_function(FunctionName=name)
    await until(lambda: environments(name) == 0)


async def test_who_waits_when_the_api_is_deleted_is_dropped(aws: Account, tmp_path: Path) -> None:
    name = aws.deploy("websocket_leaving.tells_and_takes_its_time", str(tmp_path))
    client = aws.client("lambda")
    api = create_api(aws)
    api.add_route("$disconnect", client.get_function(FunctionName=name)["Configuration"]["FunctionArn"])
    connections = await asyncio.gather(*(connect(api.url, open_timeout=60) for _ in range(CLIENTS)))
    leaving = asyncio.gather(*(connection.close() for connection in connections))
    await until(lambda: told(tmp_path) > 0)
    await asyncio.to_thread(api.gateway.delete_api, ApiId=api.id)
    await asyncio.to_thread(client.delete_function, FunctionName=name)
    await leaving
    await until(lambda: environments(name) == 0)
    assert told(tmp_path) <= DISCONNECTS
