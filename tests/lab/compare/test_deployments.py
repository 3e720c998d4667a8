"""What notebook 12 deploys, on the stand-in: one of each, and gone afterwards; readers that fail say so."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from lab import Refused, record
from lab.cloud import Cloud, start_cloud
from lab.cloud.teardown import teardown
from lab.compare.deployments import DEPLOYMENTS, deploy_all
from lab.compare.invocations import read_invocation
from lab.compare.subscriptions import read_channel, read_graphql
from lab.deploy.appsync import AppSyncApi, deploy_event_api, deploy_graphql_api
from lab.deploy.function import FOLDERS, deploy_function
from lab.pictures.progress import Progress
from server.items import Items

pytestmark = pytest.mark.stand_in

FEW = Items(count=3, interval_ms=10, stamped=True)
APIS = {"graphql": (deploy_graphql_api, read_graphql), "events": (deploy_event_api, read_channel)}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with start_cloud("12") as running:
        yield running


async def test_deploying_twice_leaves_one_of_each_and_removing_leaves_none() -> None:
    with start_cloud("12") as cloud:
        first = await deploy_all(cloud)
        again = await deploy_all(cloud)
        assert list(first) == list(again) == list(DEPLOYMENTS)
        endpoints = cloud.endpoints()
        assert len(endpoints) == len(DEPLOYMENTS) - 1, "each has one, but for what only the SDK reaches"
        assert teardown(cloud) == [] and cloud.endpoints() == []
        assert teardown(cloud) == []  # what is not there is not missed


async def test_a_deployment_that_fails_is_raised_after_the_others(cloud: Cloud, monkeypatch) -> None:
    made = []

    def fail(cloud: Cloud, name: str):
        raise RuntimeError("no image")

    def work(cloud: Cloud, name: str):
        made.append(name)

    for name in DEPLOYMENTS:
        monkeypatch.setitem(DEPLOYMENTS, name, fail if name == "url-stream" else work)
    with pytest.raises(RuntimeError, match="no image"):
        await deploy_all(cloud)
    assert len(made) == len(DEPLOYMENTS) - 1


@pytest.mark.parametrize("kind", APIS)
async def test_a_wrong_key_is_a_refusal(cloud: Cloud, kind: str) -> None:
    make, read = APIS[kind]
    api = make(cloud, f"{kind}-key")
    with pytest.raises(Refused):
        await record(read(replace(api, key="da2-wrong"), FEW))


@pytest.mark.parametrize("kind", APIS)
async def test_a_producer_that_fails_ends_the_reading(cloud: Cloud, kind: str) -> None:
    make, read = APIS[kind]
    api: AppSyncApi = make(cloud, f"{kind}-producer")
    with pytest.raises(OSError):
        await record(read(replace(api, http_url="http://127.0.0.1:1/"), FEW))


async def test_a_failed_invocation_is_a_refusal(cloud: Cloud) -> None:
    arn = deploy_function(cloud, "fails", FOLDERS / "node_failure")
    with pytest.raises(Refused, match="failed after 2"):
        await record(read_invocation(cloud, arn, FEW))


def test_progress_names_some_of_those_to_come() -> None:
    progress = Progress("deployed", [*"abcdef"])
    progress.done("a")
    assert str(progress).startswith("1 of 6 deployed") and str(progress).endswith(
        "still: b; c; d; e and 1 more"
    )
    for name in "bcdef":
        progress.done(name)
    assert "still" not in str(progress)
    assert '<progress max="6" value="6">' in progress._repr_html_()
