"""What notebook 12 deploys: each entry of `DEPLOYMENTS` is independent of the others."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from lab.cloud import Cloud
from lab.deploy import FOLDERS, deploy, deploy_function, remove
from lab.deploy_api import deploy_http_api, deploy_rest_api, remove_http_api, remove_rest_api
from lab.deploy_appsync import (
    AppSyncApi,
    deploy_event_api,
    deploy_graphql_api,
    remove_event_api,
    remove_graphql_api,
)
from lab.deploy_containers import deploy_app_runner, deploy_express, remove_container
from lab.deploy_websocket import deploy_websocket_api, remove_websocket_api
from lab.invocations import invocation_url
from lab.progress import Progress

Remove = Callable[[Cloud, str], None]


@dataclass(frozen=True)
class Place:
    """Where something answers: the URL; a function's name for the SDK; an AppSync API's addresses."""

    url: str
    function: str = ""
    api: AppSyncApi | None = None


@dataclass(frozen=True)
class Deployment:
    """`make(cloud, name)` deploys, each of `removals(cloud, name)` takes a part of it away again."""

    make: Callable[[Cloud, str], Place]
    removals: tuple[Remove, ...]


def function_url(folder: str, mode: str) -> Deployment:
    """A function with a URL of that invoke mode."""

    def make(cloud: Cloud, name: str) -> Place:
        return Place(deploy(cloud, name, FOLDERS / folder, mode=mode).url)

    return Deployment(make, (remove,))


def sdk_only() -> Deployment:
    """A function without a URL: only those who may call Lambda's API reach it."""

    def make(cloud: Cloud, name: str) -> Place:
        arn = deploy_function(cloud, name, FOLDERS / "node_text")
        return Place(invocation_url(cloud, arn), function=arn)

    return Deployment(make, (remove,))


def rest_api(folder: str, mode: str) -> Deployment:
    """A function behind a REST API of that response transfer mode."""

    def make(cloud: Cloud, name: str) -> Place:
        return Place(deploy_rest_api(cloud, name, deploy_function(cloud, name, FOLDERS / folder), mode))

    return Deployment(make, (remove_rest_api, remove))


def http_api(folder: str) -> Deployment:
    """A function behind an HTTP API."""

    def make(cloud: Cloud, name: str) -> Place:
        return Place(deploy_http_api(cloud, name, deploy_function(cloud, name, FOLDERS / folder)))

    return Deployment(make, (remove_http_api, remove))


def websocket_api(folder: str) -> Deployment:
    """A function behind a WebSocket API."""

    def make(cloud: Cloud, name: str) -> Place:
        return Place(deploy_websocket_api(cloud, name, FOLDERS / folder))

    return Deployment(make, (remove_websocket_api, remove))


def container(make_service: Callable[[Cloud, str], str]) -> Deployment:
    """The embedded server as a container."""

    def make(cloud: Cloud, name: str) -> Place:
        return Place(make_service(cloud, name))

    return Deployment(make, (remove_container,))


def appsync_api(make_api: Callable[[Cloud, str], AppSyncApi], removal: Remove) -> Deployment:
    """An AppSync API; its plain URL is where it takes requests."""

    def make(cloud: Cloud, name: str) -> Place:
        api = make_api(cloud, name)
        return Place(api.http_url, api=api)

    return Deployment(make, (removal,))


DEPLOYMENTS = {
    "url-stream": function_url("node_text", "RESPONSE_STREAM"),
    "url-buffered": function_url("node_text", "BUFFERED"),
    "url-sse": function_url("node_sse", "RESPONSE_STREAM"),
    "url-runtime": function_url("python_streaming", "RESPONSE_STREAM"),
    "url-python": function_url("python_generator", "RESPONSE_STREAM"),
    "sdk": sdk_only(),
    "rest-buffered": rest_api("python_buffered", "BUFFERED"),
    "rest-stream": rest_api("node_rest", "STREAM"),
    "http-api": http_api("python_buffered"),
    "websocket-api": websocket_api("websocket_push"),
    "app-runner": container(deploy_app_runner),
    "express": container(deploy_express),
    "graphql": appsync_api(deploy_graphql_api, remove_graphql_api),
    "events": appsync_api(deploy_event_api, remove_event_api),
}


AT_ONCE = 4


async def deploy_all(cloud: Cloud) -> dict[str, Place]:
    """Deploy everything, a few at a time, showing which are done; return where each answers. The first
    failure is raised when those that had begun are done."""
    progress = Progress("deployed", DEPLOYMENTS)
    turn = asyncio.Semaphore(AT_ONCE)
    cloud.client("lambda")  # botocore's shared parts are made with the first client, which must be alone

    async def one(name: str, deployment: Deployment) -> Place:
        async with turn:
            place = await asyncio.to_thread(deployment.make, cloud, name)
        progress.done(name)
        return place

    made = await asyncio.gather(*(one(*each) for each in DEPLOYMENTS.items()), return_exceptions=True)
    return {name: raised(place) for name, place in zip(DEPLOYMENTS, made, strict=True)}


def raised(place: Place | BaseException) -> Place:
    """The place, unless it is an exception: that is raised."""
    if isinstance(place, BaseException):
        raise place
    return place


async def remove_all(cloud: Cloud) -> None:
    """Delete everything that `deploy_all` creates; what is not there is not missed."""
    progress = Progress("removed", DEPLOYMENTS)
    for name, deployment in DEPLOYMENTS.items():
        for removal in deployment.removals:
            await asyncio.to_thread(removal, cloud, name)
        progress.done(name)
