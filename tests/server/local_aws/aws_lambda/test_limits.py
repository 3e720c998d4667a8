"""AWS's limits, met with a thousandth of their size; concurrency; back-pressure."""

import asyncio
import json
import re
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError

from server.local_aws.aws_lambda import functions
from server.local_aws.platform.limits import Limits
from server.local_aws.stand_in import StandIn
from tests.support.account import Account, start_stand_in
from tests.support.guests import zipped
from tests.support.http_client import receive, request
from tests.support.invocations import stream

LIMITS = Limits().scaled(0.001)


def said(aws: Account, name: str) -> str:
    """What the Runtime API answered the function."""
    lines = aws.log_with(name, "RUNTIME ")
    return next(line.removeprefix("RUNTIME ") for line in lines if line.startswith("RUNTIME "))


def test_a_buffered_response_over_6_mb(small: Account) -> None:
    name = small.deploy("limits.posts_bytes")
    limit = LIMITS.buffered_response
    event = json.dumps({"chunks": 1, "size": limit}).encode()
    assert len(small.client("lambda").invoke(FunctionName=name, Payload=event)["Payload"].read()) == limit
    name = small.deploy("limits.posts_bytes")
    event = json.dumps({"chunks": 1, "size": limit + 1}).encode()
    answer = small.client("lambda").invoke(FunctionName=name, Payload=event)
    document = json.load(answer["Payload"])
    assert (answer["FunctionError"], document["errorType"]) == ("Unhandled", "Function.ResponseSizeTooLarge")
    assert f"exceeded maximum allowed payload size ({limit} bytes)" in document["errorMessage"]
    status, _, body = said(small, name).partition(" ")
    assert status == "413"
    assert json.loads(body) == {
        "errorMessage": f"Exceeded maximum allowed payload size ({limit} bytes).",
        "errorType": "RequestEntityTooLarge",
    }


async def test_a_streamed_response_over_its_limit_is_truncated() -> None:
    stand_in = StandIn(replace(Limits(), streamed_response=100_000))
    try:
        aws = Account(await stand_in.start())
        name = await asyncio.to_thread(aws.deploy, "limits.posts_bytes")
        event = json.dumps({"chunks": 11, "size": 10_000}).encode()

        def invoke() -> list[dict[str, dict[str, str]]]:
            return stream(aws, name, Payload=event)

        *chunks, complete = await asyncio.to_thread(invoke)
        assert sum(len(chunk["PayloadChunk"]["Payload"]) for chunk in chunks) == 100_000
        assert complete["InvokeComplete"]["ErrorCode"] == "Function.ResponseSizeTooLarge"
        assert (await asyncio.to_thread(said, aws, name)).startswith("413 ")
    finally:
        await stand_in.stop()


def test_requests_over_6_mb_are_refused(small: Account) -> None:
    name = small.deploy("basic.one")
    large = json.dumps("x" * LIMITS.request).encode()
    for operation in ("invoke", "invoke_with_response_stream"):
        with pytest.raises(ClientError) as caught:
            getattr(small.client("lambda"), operation)(FunctionName=name, Payload=large)
        assert caught.value.response["Error"]["Code"] == "RequestTooLargeException"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert request(small.url(name), "POST", body=large).status == 413


def test_the_rate_after_the_burst(small: Account) -> None:
    """6 MiB at once, then 2 MiB/s; here in thousandths: 6.3 kB, then 2.1 kB/s."""
    url = small.url(small.deploy("limits.streams_9_kb"))
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port)) as peer:
        peer.sendall(f"GET / HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        arrived: list[tuple[float, int]] = []
        received = b""
        while not received.endswith(b"0\r\n\r\n"):
            received += peer.recv(65_536)
            arrived.append((time.monotonic(), len(received)))
    start = arrived[0][0]
    early = max(size for at, size in arrived if at - start < 0.4)
    assert LIMITS.stream_burst <= early < LIMITS.stream_burst + 1500
    assert 0.9 < arrived[-1][0] - start < 3


def test_a_timeout_ends_a_stream_that_the_rate_holds_back(small: Account) -> None:
    url = small.url(small.deploy("limits.streams_60_kb_and_stays", Timeout=2))
    started = time.monotonic()
    answer = request(url)
    assert (answer.status, answer.complete) == (200, False)
    assert LIMITS.stream_burst < len(answer.body) < 20_000
    assert time.monotonic() - started < 10


def test_a_client_that_leaves_does_not_stop_the_function(aws: Account) -> None:
    name = aws.deploy("limits.streams_a_second")
    parts = urlsplit(aws.url(name))
    with socket.create_connection((parts.hostname, parts.port)) as peer:
        peer.sendall(f"GET / HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        peer.recv(1000)
    assert said(aws, name) == "202 done"


@pytest.fixture
def unlimited() -> Iterator[tuple[Account, int]]:
    """A stand-in whose rate is out of reach, and its process id."""
    process, endpoint_url = start_stand_in(scale="1000")
    with process:
        yield Account(endpoint_url), process.pid
        process.terminate()


def memory(pid: int) -> int:
    """The most bytes a process has held."""
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(peak) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_slow_client_slows_the_function_down_and_costs_no_memory(unlimited: tuple[Account, int]) -> None:
    """The function times its own writing of 200 MB, far more than the kernel's buffers hold."""
    aws, pid = unlimited
    name = aws.deploy("limits.streams_200_mb")
    parts = urlsplit(aws.url(name))
    before = memory(pid)
    with socket.create_connection((parts.hostname, parts.port)) as peer:
        peer.sendall(f"GET / HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
        peer.recv(1000)
        time.sleep(2)
        size = 0
        while data := peer.recv(1 << 20):
            size += len(data)
    assert size > 200_000_000
    assert float(said(aws, name)) > 1.9
    assert memory(pid) - before < 20_000_000


SLOW = "limits.takes_two_seconds"


def test_reserved_concurrency(aws: Account) -> None:
    name = aws.deploy(SLOW)
    client = aws.client("lambda")
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)

    def invoke(_: int) -> str:
        try:
            return str(aws.client("lambda").invoke(FunctionName=name)["Payload"].read())
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 429
            assert error.response["Error"]["Message"] == "Rate Exceeded."
            return str(error.response["Error"]["Code"])

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(invoke, range(5)))
    assert sorted(answers) == ["TooManyRequestsException"] * 3 + [str(b"1")] * 2


def test_no_reserved_concurrency_switches_a_url_off(aws: Account) -> None:
    name = aws.deploy("basic.one")
    url = aws.url(name)
    aws.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    answer = request(url)
    assert (answer.status, answer.header("x-amzn-ErrorType")) == (429, "TooManyRequestsException")


def test_one_reserved_environment_serves_one_caller_after_another(aws: Account) -> None:
    name = aws.deploy("basic.one")
    client = aws.client("lambda")
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    for _ in range(30):
        assert client.invoke(FunctionName=name)["Payload"].read() == b"1"
        assert len(stream(aws, name)) == 2


def test_garbage_to_a_url_is_answered_and_nothing_falls_over(aws: Account) -> None:
    parts = urlsplit(aws.url(aws.deploy("basic.one")))
    address = (parts.hostname, parts.port)
    for garbage in (b"\0\1\2\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"):
        with socket.create_connection(address, timeout=10) as peer:
            peer.sendall(garbage)
            assert receive(peer).status == 400
    with socket.create_connection(address, timeout=10) as peer:
        head = f"POST / HTTP/1.1\r\nHost: {parts.netloc}\r\nTransfer-Encoding: chunked\r\n\r\n"
        peer.sendall(head.encode() + b"zz\r\n")
        assert receive(peer).status == 400
    with socket.create_connection(address, timeout=10) as peer:
        peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"x: " + b"y" * 2_000_000)
        assert receive(peer).status == 431
    assert request(parts.geturl()).body == b"1"


async def test_two_hundred_streams_at_once_each_in_order(aws: Account) -> None:
    """Most are open before the first ends: each has an environment of its own."""
    url = urlsplit(
        await asyncio.to_thread(lambda: aws.url(aws.deploy("basic.stamped", [20, 0.5], Timeout=120)))
    )
    begun: list[float] = []

    async def read() -> list[int]:
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write(f"GET / HTTP/1.0\r\nHost: {url.netloc}\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        begun.append(time.monotonic())
        lines = [line async for line in reader]
        ended.append(time.monotonic())
        writer.close()
        return [json.loads(line)["seq"] for line in lines]

    ended: list[float] = []
    results = await asyncio.gather(*(read() for _ in range(200)))
    assert results == [list(range(20))] * 200
    assert sum(at < min(ended) for at in begun) > 100


def test_a_reservation_leaves_a_hundred_for_all_others(aws: Account) -> None:
    region = "eu-west-3"  # nobody else's
    client = boto3.client(
        "lambda",
        endpoint_url=aws.endpoint_url,
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    for name in ("one", "two"):
        client.create_function(
            FunctionName=name,
            Role=aws.role(),
            Runtime="provided.al2023",
            Handler="x",
            Code={"ZipFile": zipped({"bootstrap": ""})},
        )
    client.put_function_concurrency(FunctionName="one", ReservedConcurrentExecutions=500)
    with pytest.raises(ClientError) as caught:
        client.put_function_concurrency(FunctionName="two", ReservedConcurrentExecutions=401)
    assert caught.value.response["Error"] == {
        "Code": "InvalidParameterValueException",
        "Message": "Specified ReservedConcurrentExecutions for function decreases account's "
        "UnreservedConcurrentExecution below its minimum value of [100].",
    }
    client.put_function_concurrency(FunctionName="two", ReservedConcurrentExecutions=400)


async def test_what_is_reserved_others_may_not_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "ACCOUNT_CONCURRENCY", 3)
    stand_in = StandIn()
    try:
        aws = Account(await stand_in.start())
        reserving = await asyncio.to_thread(aws.deploy, SLOW)
        other = await asyncio.to_thread(aws.deploy, SLOW)
        reserve = aws.client("lambda").put_function_concurrency
        await asyncio.to_thread(reserve, FunctionName=reserving, ReservedConcurrentExecutions=2)

        def invoke(name: str) -> int:
            try:
                return int(aws.client("lambda").invoke(FunctionName=name)["StatusCode"])
            except ClientError as error:
                return int(error.response["ResponseMetadata"]["HTTPStatusCode"])

        calls = [asyncio.to_thread(invoke, name) for name in (other, other, other, reserving, reserving)]
        answers = await asyncio.gather(*calls)
        assert (sorted(answers[:3]), answers[3:]) == ([200, 429, 429], [200, 200])
    finally:
        await stand_in.stop()


def test_the_head_of_a_request_is_at_most_1_mb(aws: Account) -> None:
    parts = urlsplit(aws.url(aws.deploy("basic.one")))
    for size, status in ((1_000_000, 200), (1_050_000, 431), (1_250_000, 431)):
        with socket.create_connection((parts.hostname, parts.port), timeout=20) as peer:
            head = f"GET / HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\nx: "
            peer.sendall(head.encode() + b"y" * size + b"\r\n\r\n")
            assert receive(peer).status == status
