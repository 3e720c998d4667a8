"""With few file descriptors: whoever comes gets an answer, and afterwards all is as before."""

import asyncio
import json
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.account import Account, start_stand_in
from tests.support.http_client import request

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture
def scarce(tmp_path: Path) -> Iterator[tuple[Account, "subprocess.Popen[str]", Path]]:
    """A stand-in that may open 256 files, and no more, and the file with its stderr."""
    log = tmp_path / "stderr"

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))

    with log.open("w") as errors:
        process, endpoint_url = start_stand_in(preexec_fn=limit, stderr=errors)
    with process:
        yield Account(endpoint_url), process, log
        process.terminate()
        assert process.wait(30) == 0


def opened(process: "subprocess.Popen[str]") -> int:
    return sum(1 for _ in Path(f"/proc/{process.pid}/fd").iterdir())


async def status_of(url: str) -> bytes:
    """What a client gets: the status, and whether the response is complete."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(f"GET / HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
    received = await asyncio.wait_for(reader.read(), 120)
    writer.close()
    end = b"" if received.endswith((b"\r\n0\r\n\r\n", b"Internal Server Error")) else b" cut"
    return received[9:12] + end


async def test_more_clients_than_descriptors_each_get_an_answer(
    scarce: tuple[Account, "subprocess.Popen[str]", Path],
) -> None:
    aws, process, log = scarce
    name = await asyncio.to_thread(aws.deploy, "limits.streams_three_x", Timeout=120)
    url = await asyncio.to_thread(aws.url, name)
    answers = Counter(await asyncio.gather(*(status_of(url) for _ in range(300))))
    assert set(answers) == {b"200", b"502"}
    assert answers[b"200"] >= 5
    assert (await asyncio.to_thread(request, url)).body == b"xxx"
    assert opened(process) < 256 - 20
    assert log.stat().st_size < 10_000, log.read_text()[:2000]


async def test_clients_that_hold_every_descriptor_leave_and_the_endpoint_answers(
    scarce: tuple[Account, "subprocess.Popen[str]", Path],
) -> None:
    aws, _, log = scarce
    name = await asyncio.to_thread(aws.deploy, "limits.streams_three_x")
    parts = urlsplit(await asyncio.to_thread(aws.url, name))
    silent = [await asyncio.open_connection(parts.hostname, parts.port) for _ in range(400)]
    for _, writer in silent:
        writer.transport.abort()
    answer = await asyncio.to_thread(request, f"{aws.endpoint_url}/_local/endpoints", timeout=30)
    assert answer.status == 200
    assert (await asyncio.to_thread(request, parts.geturl())).body == b"xxx"
    assert log.stat().st_size < 10_000, log.read_text()[:2000]


def test_idle_environments_make_room_for_others(
    scarce: tuple[Account, "subprocess.Popen[str]", Path],
) -> None:
    aws, process, _ = scarce
    for number in range(60):
        name = aws.deploy("answers.returned", str(number))
        answer = aws.client("lambda").invoke(FunctionName=name)
        assert (answer["Payload"].read(), answer.get("FunctionError")) == (str(number).encode(), None)
    assert opened(process) < 256


def test_the_soft_limit_is_raised_for_the_stand_in_but_not_for_functions() -> None:
    hard = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 65_536)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))

    process, endpoint_url = start_stand_in(preexec_fn=limit)
    with process:
        assert resource.prlimit(process.pid, resource.RLIMIT_NOFILE) == (hard, hard)
        aws = Account(endpoint_url)
        name = aws.deploy("processes.descriptors")
        payload = aws.client("lambda").invoke(FunctionName=name)["Payload"]
        assert json.load(payload) == [200, hard]
        process.terminate()
