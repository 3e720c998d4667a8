"""Whatever is killed: services come back where AWS would bring them back, and nothing is left behind."""

import asyncio
import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

import server.local_aws.containers.api
from server.envoy.process import EnvoyUnavailable
from server.local_aws.stand_in import StandIn
from tests.support.account import Account, start_stand_in
from tests.support.containers import (
    app_runner,
    create,
    endpoint_of,
    eventually,
    express,
    settled,
    source,
    status_of,
)

STREAM = "/transfer-encoding?count=1&interval_ms=0"


class Machine:
    """A stand-in of one's own, and what runs beneath it."""

    def __init__(self) -> None:
        self.process, url = start_stand_in()
        self.aws = Account(url)

    def processes(self, name: str = "") -> list[psutil.Process]:
        """Those with `name` in their command, but for the guardians, one of which starts the other."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        commands = {child: " ".join(child.cmdline()) for child in children}
        return [child for child, line in commands.items() if name in line and "guardian.py" not in line]

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stand-in of this test makes its temporary folders."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def machine(folder: Path) -> Iterator[Machine]:
    started = Machine()
    yield started
    started.stop()


def test_pause_and_delete_leave_no_process(machine: Machine) -> None:
    before = len(machine.processes())
    aws = machine.aws
    service = settled(aws, create(aws)["ServiceArn"])
    assert len(machine.processes("python -m server")) == 1 and len(machine.processes("envoy")) == 1
    aws.client("apprunner").pause_service(ServiceArn=service["ServiceArn"])
    settled(aws, service["ServiceArn"])
    assert len(machine.processes()) == before
    aws.client("apprunner").resume_service(ServiceArn=service["ServiceArn"])
    assert settled(aws, service["ServiceArn"])["ServiceUrl"] == service["ServiceUrl"]
    aws.client("apprunner").delete_service(ServiceArn=service["ServiceArn"])
    settled(aws, service["ServiceArn"])
    assert len(machine.processes()) == before


def test_a_container_that_is_killed_comes_back_at_its_address(machine: Machine) -> None:
    with app_runner(machine.aws) as service, express(machine.aws) as other:
        urls = [service["ServiceUrl"] + STREAM, endpoint_of(other) + STREAM]
        killed = machine.processes("python -m server --host")
        for container in killed:
            container.kill()
        psutil.wait_procs(killed, timeout=20)
        statuses: set[int] = set()

        def both_are_back() -> bool:
            now = [status_of(url) for url in urls]
            statuses.update(now)
            return now == [200, 200]

        eventually(both_are_back)
        assert len(killed) == 2 and statuses <= {200, 503}, "the proxies never went away"


def test_a_stream_whose_container_is_killed_is_cut_not_finished(machine: Machine) -> None:
    with app_runner(machine.aws) as service:
        url = service["ServiceUrl"] + "/transfer-encoding?count=100&interval_ms=100"
        with subprocess.Popen(["curl", "-sN", url], stdout=subprocess.PIPE) as client:
            assert client.stdout is not None
            client.stdout.readline()
            for container in machine.processes("python -m server --host"):
                container.kill()
            client.stdout.read()
            assert client.wait(20) == 18


def test_a_service_whose_proxy_was_killed_can_be_deleted(machine: Machine) -> None:
    with app_runner(machine.aws):
        for proxy in machine.processes("envoy"):
            proxy.kill()
    assert machine.processes("python -m server --host") == []


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_outlives_the_stand_in(folder: Path, signum: signal.Signals) -> None:
    machine = Machine()
    service = settled(machine.aws, create(machine.aws)["ServiceArn"])
    slow = source(machine.aws, "sh -c 'sleep 100'")
    create(machine.aws, SourceConfiguration=slow)  # still in progress
    eventually(lambda: machine.processes("sleep 100"))
    processes = machine.processes()
    os.kill(machine.process.pid, signum)
    machine.process.wait(30)
    _, alive = psutil.wait_procs(processes, timeout=20)
    assert alive == []
    assert status_of(service["ServiceUrl"] + STREAM) == 0
    machine.stop()
    eventually(lambda: list(folder.glob("local-aws-*")) == [])


def test_a_service_is_deleted_with_its_folder(folder: Path, machine: Machine) -> None:
    with app_runner(machine.aws):
        assert len(list(folder.glob("local-aws-*/container-*"))) == 1
    assert list(folder.glob("local-aws-*/container-*")) == []


def post(url: str, target: str, body: bytes) -> tuple[int, Any]:
    scope = "Credential=test/20260101/ap-northeast-1/apprunner/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature={'0' * 64}",
        "X-Amz-Target": target,
        "Content-Type": "application/x-amz-json-1.0",
    }
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"[" * 100_000, b"\xff", b'{"ServiceArn": 5}', b'{"ServiceArn": null}']
)
@pytest.mark.parametrize("target", ["AppRunner.DescribeService", "AppRunner.Nonsense"])
def test_garbage_gets_an_error_of_aws(aws: Account, target: str, body: bytes) -> None:
    status, document = post(aws.endpoint_url, target, body)
    names = {"SerializationException", "InvalidRequestException", "UnknownOperationException"}
    assert status == 400 and document["__type"] in names
    assert "Traceback" not in json.dumps(document)


async def test_without_envoy_the_refusal_says_what_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> str:
        raise EnvoyUnavailable("Envoy is not here.")

    monkeypatch.setattr(server.local_aws.containers.api, "envoy_program", absent)
    stand_in = StandIn()
    aws = Account(await stand_in.start())
    try:
        with pytest.raises(ClientError, match=r"Envoy is not here.*everything else works"):
            await asyncio.to_thread(create, aws)
        with pytest.raises(ClientError, match=r"Envoy is not here.*everything else works"):
            await asyncio.to_thread(lambda: express(aws).__enter__())
    finally:
        await stand_in.stop()


def test_a_proxy_that_is_killed_is_replaced_at_its_address(machine: Machine) -> None:
    with app_runner(machine.aws) as service, express(machine.aws) as gateway:
        urls = [service["ServiceUrl"], endpoint_of(gateway)]
        for envoy in machine.processes("envoy"):
            if envoy.name() == "envoy":
                envoy.kill()
        for url in urls:
            url = url if "://" in url else f"http://{url}"
            assert eventually(lambda url=url: status_of(url + STREAM) == 200)
        assert settled(machine.aws, service["ServiceArn"])["Status"] == "RUNNING"
