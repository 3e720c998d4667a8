"""Runs that break off, services that refuse or ask for patience: afterwards nothing is left behind."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from lab.cloud import Cloud, client_hooks, start_cloud
from lab.cloud.plan import LESSONS
from lab.cloud.teardown import find, teardown
from lab.compare.deployments import deploy_all
from lab.deploy.function import FOLDERS, deploy

from .account import NOTEBOOKS, TestAccount

DIES = """
import asyncio, os, signal
from lab.cloud import client_hooks
from lab.cloud import start_cloud
from lab.compare.deployments import deploy_all

left, plain = [{creations}], client_hooks.tag_everything

def tag_and_count(client, run):
    plain(client, run)
    def count(model, **_):
        left[0] -= model.name.startswith("Create")
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    client.meta.events.register("after-call", count)

client_hooks.tag_everything = tag_and_count
asyncio.run(deploy_all(start_cloud("12")))
"""


def run(*command: str, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *command],
        cwd=NOTEBOOKS,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("creations", [1, 4, 9, 17, 26, 1000])
def test_a_deployment_of_everything_killed_at_any_point_leaves_nothing(
    account: TestAccount, creations: int
) -> None:
    environment = account.environment(LESSONS["12"].groups())
    before = account.leftovers()
    died = run("-c", DIES.format(creations=creations), environment=environment)
    assert died.returncode == (-9 if creations < 1000 else 0), died.stderr
    assert account.leftovers() != before
    dry = run("teardown.py", "--dry-run", environment=environment)
    assert dry.returncode == 1 and "would delete" in dry.stdout
    removed = run("teardown.py", environment=environment)
    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert "nothing is left" in removed.stdout
    assert account.leftovers() == before


@pytest.fixture
def cloud(account: TestAccount, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """An account in this process, ready to deploy to."""
    for name, value in account.environment(LESSONS["14"].groups()).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return start_cloud("14")


Answer = Callable[[int], tuple[int, str, str] | None]


@contextmanager
def injected(cloud: Cloud, operation: str, answer: Answer) -> Iterator[list[int]]:
    """Let `answer(n)` (status, error, message) answer the n-th request of Lambda's `operation`, not the
    account; yield the numbers of the requests, as they are sent."""
    sent: list[int] = []

    def intercept(request: Any, **_: Any) -> AWSResponse | None:
        sent.append(len(sent) + 1)
        if (given := answer(sent[-1])) is None:
            return None
        status, code, message = given
        headers = {"x-amzn-errortype": code, "content-type": "application/json"}
        return AWSResponse(request.url, status, headers, Body(f'{{"message": "{message}"}}'.encode()))

    events = cloud.client("lambda").meta.events
    events.register(f"before-send.lambda.{operation}", intercept)
    try:
        yield sent
    finally:
        events.unregister(f"before-send.lambda.{operation}", intercept)


class Body:
    """What botocore reads of a response."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self._content


def test_throttling_is_waited_out(cloud: Cloud) -> None:
    throttled = (429, "TooManyRequestsException", "Rate exceeded")
    with injected(cloud, "CreateFunction", lambda n: throttled if n < 3 else None) as sent:
        deploy(cloud, "hello", FOLDERS / "node_text")
    assert sent == [1, 2, 3]
    assert teardown(cloud) == []


def test_a_new_role_is_waited_for(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_hooks, "ROLE_PAUSE", 0.01)
    unknown = (
        400,
        "InvalidParameterValueException",
        "The role defined for the function cannot be assumed by Lambda.",
    )
    with injected(cloud, "CreateFunction", lambda n: unknown if n < 4 else None) as sent:
        deploy(cloud, "hello", FOLDERS / "node_text")
    assert sent == [1, 2, 3, 4]
    assert teardown(cloud) == []


def test_a_refusal_in_the_middle_is_raised_and_leaves_what_teardown_finds(cloud: Cloud) -> None:
    denied = (403, "AccessDeniedException", "User is not authorized to perform: lambda:AddPermission")
    refused = pytest.raises(ClientError, match="not authorized to perform: lambda:AddPermission")
    with injected(cloud, "AddPermission", lambda n: denied), refused:
        deploy(cloud, "hello", FOLDERS / "node_text")
    assert [resource.kind for resource in find(cloud)] == ["Lambda function", "IAM role"]
    assert teardown(cloud) == []


def test_the_next_run_cleans_up_after_the_one_before(cloud: Cloud, account: TestAccount) -> None:
    deploy(cloud, "hello", FOLDERS / "node_text")
    again = start_cloud("14")
    assert again.run == cloud.run and find(again) == []


def test_what_cannot_be_deleted_is_said_and_counted(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy(cloud, "hello", FOLDERS / "node_text")
    denied = (403, "AccessDeniedException", "no")
    with monkeypatch.context() as patch, injected(cloud, "DeleteFunction", lambda n: denied):
        patch.setattr("time.sleep", lambda seconds: None)
        left = teardown(cloud)
    assert [resource.kind for resource in left] == ["Lambda function"]
    assert "could not:" in capsys.readouterr().out
    assert teardown(cloud) == []


def test_a_service_that_does_not_answer_is_not_taken_for_an_empty_one(cloud: Cloud) -> None:
    denied = (403, "AccessDeniedException", "not authorized to perform: lambda:ListFunctions")
    refused = pytest.raises(ClientError, match="lambda:ListFunctions")
    with injected(cloud, "ListFunctions", lambda n: denied), refused:
        teardown(cloud)


def test_the_owners_of_runs_do_not_touch_each_other(account: TestAccount) -> None:
    groups = LESSONS["14"].groups()
    alice, bob = (account.environment(groups, name) | {"STREAMING_RUN": name} for name in ("alice", "bob"))
    create = "from lab.cloud import start_cloud; from lab.deploy import create_role; "
    create += "c = start_cloud('14'); create_role(c, c.name('r'))"
    for environment in (alice, bob):
        assert run("-c", create, environment=environment).returncode == 0
    assert run("teardown.py", environment=alice).returncode == 0
    assert account.leftovers()["roles"] == ["streaming-14-bob_r"]
    unconfirmed = {**alice, "STREAMING_CONFIRM": "000000000000"}
    refused = run("teardown.py", "--everybody", environment=unconfirmed)
    assert refused.returncode == 2 and "not confirmed" in refused.stderr
    assert run("teardown.py", "--run", "streaming-14-bob", environment=alice).returncode == 0
    assert "roles" not in account.leftovers()


def test_without_docker_the_containers_are_left_out(
    account: TestAccount, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in account.environment(LESSONS["12"].groups()).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("shutil.which", lambda program: None)
    monkeypatch.setattr("lab.deploy.image.is_stand_in", lambda cloud: False)
    cloud = start_cloud("12")
    places = asyncio.run(deploy_all(cloud))
    assert not {"app-runner", "express"} & set(places) and "graphql" in places
    assert "Docker is not installed" in capsys.readouterr().out
    assert teardown(cloud) == []
