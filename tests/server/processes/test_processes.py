"""Nothing outlives the stand-in: however it, its parent, a function or a client ends."""

import asyncio
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from server.local_aws.stand_in import StandIn
from tests.support.account import Account, start_stand_in
from tests.support.http_client import request


def running(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return status != "Z"


def all_gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + 10
    while any(map(running, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(map(running, pids))


def descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children] + [
        each for child in children for each in descendants(int(child))
    ]


def busy_function(endpoint_url: str) -> tuple[list[int], Path]:
    """Start a function that streams and has a child; return the processes' ids and the code's folder."""
    aws = Account(endpoint_url)
    parts = urlsplit(aws.url(aws.deploy("processes.tells_and_stays", Timeout=300)))
    with socket.create_connection((parts.hostname, parts.port)) as peer:
        peer.sendall(f"GET / HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        received = b""
        while b"]" not in received:
            received += peer.recv(1000)
    *pids, folder = json.loads(received[received.index(b"[") : received.index(b"]") + 1])
    assert all(map(running, pids))
    assert Path(folder).exists()
    return pids, Path(folder)


def close_stdin(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.close()


ENDS: dict[str, Callable[["subprocess.Popen[str]"], None]] = {
    "SIGTERM": lambda process: process.send_signal(signal.SIGTERM),
    "SIGINT": lambda process: process.send_signal(signal.SIGINT),
    "SIGKILL": lambda process: process.send_signal(signal.SIGKILL),
    "end of stdin": close_stdin,
}


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("end", ENDS)
def test_the_end_of_the_stand_in_ends_everything(end: str) -> None:
    process, endpoint_url = start_stand_in(cwd=Path(__file__).parents[3])
    with process:
        pids, folder = busy_function(endpoint_url)
        pids += descendants(process.pid)
        ENDS[end](process)
        status = process.wait(15)
        assert status == (-signal.SIGKILL if end == "SIGKILL" else 0)
    assert all_gone(pids)
    assert not folder.exists()
    address = urlsplit(endpoint_url)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port))


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_end_of_the_parent_ends_everything() -> None:
    script = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'server.local_aws', '--until-stdin-closes'],"
        " stdin=subprocess.PIPE)\n"
        "time.sleep(300)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        endpoint_url = json.loads(parent.stdout.readline())["endpoint_url"]
        pids, folder = busy_function(endpoint_url)
        pids += descendants(parent.pid)
        parent.kill()
    assert all_gone(pids)
    assert not folder.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_timeout_kills_the_functions_children_too(aws: Account) -> None:
    name = aws.deploy("processes.tells_and_stays", Timeout=1)
    answer = request(aws.url(name))
    assert not answer.complete
    assert all_gone(json.loads(answer.body)[:-1])


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_deleted_function_leaves_no_process_of_a_session_of_its_own(aws: Account) -> None:
    name = aws.deploy("processes.leaves_an_orphan")
    pid = int(aws.client("lambda").invoke(FunctionName=name)["Payload"].read())
    assert running(pid)
    aws.client("lambda").delete_function(FunctionName=name)
    assert all_gone([pid])


def test_only_the_announcement_is_on_stdout() -> None:
    process, endpoint_url = start_stand_in()
    with process:
        Account(endpoint_url).deploy("basic.nothing")
        request(f"{endpoint_url}/nothing")
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        assert process.stdout.read() == ""


def test_a_port_that_is_taken_is_said_to_be() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "server.local_aws", "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("scale", ["0", "-1", "x", "nan"])
def test_a_wrong_scale_is_said_to_be(scale: str) -> None:
    environment = {**os.environ, "LOCAL_AWS_LIMIT_SCALE": scale}
    command = [sys.executable, "-m", "server.local_aws"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, env=environment)
    assert done.returncode == 2
    assert "LOCAL_AWS_LIMIT_SCALE must be a number above 0" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
async def test_stopping_at_any_moment_leaves_nothing_and_says_nothing(
    caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While environments start, run, stream and end."""
    others = descendants(os.getpid())
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for delay in (0.0, 0.02, 0.05, 0.1, 0.3, 1.0):
        stand_in = StandIn()
        aws = Account(await stand_in.start())
        url = await asyncio.to_thread(lambda aws=aws: aws.url(aws.deploy("basic.stamped", [10, 0.1])))
        clients = [asyncio.create_task(asyncio.to_thread(attempt, url)) for _ in range(8)]
        await asyncio.sleep(delay)
        await asyncio.wait_for(stand_in.stop(), 10)
        await asyncio.gather(*clients)
        assert set(descendants(os.getpid())) <= set(others)
        assert await asyncio.to_thread(lambda: list(tmp_path.iterdir())) == []
        gc.collect()
    assert [record.getMessage() for record in caplog.records] == []


def attempt(url: str) -> None:
    with suppress(OSError, IndexError):
        request(url)
