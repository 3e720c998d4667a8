"""Execution environments over their lives: slow to start, idle, abandoned, flooding, not to be had."""

import asyncio
import base64
import errno
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import psutil
import pytest

from server.local_aws.aws_lambda import deployed, functions
from server.local_aws.platform.limits import Limits
from server.local_aws.stand_in import StandIn
from tests.support.account import Account
from tests.support.invocations import stream


@asynccontextmanager
async def started(**limits: Any) -> AsyncIterator[tuple[StandIn, Account]]:
    """A stand-in in this process, with `limits` of its own."""
    stand_in = StandIn(replace(Limits(), **limits))
    aws = Account(await stand_in.start())
    try:
        yield stand_in, aws
    finally:
        await stand_in.stop()


def invoke(aws: Account, name: str) -> bytes:
    payload: bytes = aws.client("lambda").invoke(FunctionName=name)["Payload"].read()
    return payload


def until(condition: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


async def test_an_idle_environment_is_reclaimed() -> None:
    async with started(idle_seconds=1.0) as (_, aws):
        name = await asyncio.to_thread(aws.deploy, "basic.pid")
        pids = []
        for pause in (0.0, 0.5, 0.0):
            await asyncio.sleep(pause)
            pids.append(await asyncio.to_thread(invoke, aws, name))
        assert pids[0] == pids[1] == pids[2]
        assert await asyncio.to_thread(until, lambda: not psutil.pid_exists(int(pids[0])))
        assert await asyncio.to_thread(invoke, aws, name) != pids[0]


async def test_an_initialisation_that_takes_too_long_is_begun_again() -> None:
    async with started(init_seconds=1.0) as (_, aws):
        name = await asyncio.to_thread(aws.deploy, "slow_start.one")
        assert await asyncio.to_thread(invoke, aws, name) == b"1"
        report = "INIT_REPORT Init Duration: 1000.00 ms\tPhase: init\tStatus: timeout"
        assert report in await asyncio.to_thread(aws.log_with, name, report)


@pytest.mark.parametrize("operation", ["invoke", "stream"])
async def test_a_caller_that_is_cancelled_does_not_stop_the_function(operation: str) -> None:
    """A gateway gives up after its own time; the function's response is more than the sockets hold."""
    limits = {"buffered_response": 1 << 30, "stream_burst": 1 << 30}
    async with started(**limits) as (stand_in, aws):
        name = await asyncio.to_thread(aws.deploy, "limits.streams_10_mb_late")
        function = deployed.function("ap-northeast-1", name)
        call = getattr(functions.functions_of(stand_in._platform), operation)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(call(function, b"{}"), 0.5)
        assert "RUNTIME 202" in await asyncio.to_thread(aws.log_with, name, "RUNTIME 202")


async def test_an_environment_that_cannot_be_had_is_the_callers_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_descriptors(*_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(functions, "LogStream", no_descriptors)
    async with started() as (_, aws):
        name = await asyncio.to_thread(aws.deploy, "basic.pid")
        document = json.loads(await asyncio.wait_for(asyncio.to_thread(invoke, aws, name), 10))
    assert document["errorType"] == "Sandbox.Failure"
    assert "Too many open files" in document["errorMessage"]


def test_a_process_that_floods_the_log_holds_nobody_up(aws: Account) -> None:
    flooding = aws.deploy("processes.floods_the_log", Timeout=60)
    assert invoke(aws, flooding) == b"1"
    aws.client("lambda").delete_function(FunctionName=flooding)
    assert invoke(aws, aws.deploy("answers.returned", "2")) == b"2"


def test_a_throttled_event_is_run_when_there_is_concurrency(aws: Account) -> None:
    client = aws.client("lambda")
    name = aws.deploy("invoke.says", "ran")
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    assert client.invoke(FunctionName=name, InvocationType="Event")["StatusCode"] == 202
    time.sleep(1.5)
    assert "ran" not in aws.log(name)
    client.delete_function_concurrency(FunctionName=name)
    assert "ran" in aws.log_with(name, "ran")


def test_a_failure_without_a_response_comes_with_its_log(aws: Account) -> None:
    name = aws.deploy("failures.dies_after_last_words")
    answer = aws.client("lambda").invoke_with_response_stream(FunctionName=name, LogType="Tail")
    assert answer["ResponseMetadata"]["RequestId"]
    (complete,) = answer["EventStream"]
    assert complete["InvokeComplete"]["ErrorCode"] == "Runtime.ExitError"
    assert b"last words" in base64.b64decode(complete["InvokeComplete"]["LogResult"])
    assert stream(aws, name)[0]["InvokeComplete"].keys() == {"ErrorCode", "ErrorDetails"}


def test_a_scale_leaves_an_environment_the_time_it_needs() -> None:
    scaled = Limits().scaled(0.5)
    assert (scaled.request, scaled.stream_rate) == (3 * 1024 * 1024, 1024 * 1024)
    assert (scaled.init_seconds, scaled.idle_seconds) == (10, 300)
