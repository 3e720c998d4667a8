"""What notebook 12 deploys: each entry of `DEPLOYMENTS` is independent of the others."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from lab.cloud.cloud import Cloud
from lab.cloud.teardown import clear
from lab.compare.invocations import invocation_url
from lab.deploy.api import deploy_http_api, deploy_rest_api
from lab.deploy.appsync import AppSyncApi, deploy_event_api, deploy_graphql_api
from lab.deploy.containers import deploy_app_runner, deploy_express
from lab.deploy.function import FOLDERS, deploy, deploy_function
from lab.deploy.image import NoDocker
from lab.deploy.websocket import deploy_websocket_api
from lab.pictures.progress import Progress


@dataclass(frozen=True)
class Place:
    """Where something answers: the URL; a function's name for the SDK; an AppSync API's addresses."""

    url: str
    function: str = ""
    api: AppSyncApi | None = None


Deployment = Callable[[Cloud, str], Place]
"""Deploys under the name that is given, without the run's."""


def function_url(folder: str, mode: str) -> Deployment:
    """A function with a URL of that invoke mode."""
    return lambda cloud, name: Place(deploy(cloud, name, FOLDERS / folder, mode=mode).url)


def sdk_only(folder: str) -> Deployment:
    """A function without a URL: only those who may call Lambda's API reach it."""

    def make(cloud: Cloud, name: str) -> Place:
        arn = deploy_function(cloud, name, FOLDERS / folder)
        return Place(invocation_url(cloud, arn), function=arn)

    return make


def rest_api(folder: str, mode: str) -> Deployment:
    """A function behind a REST API of that response transfer mode."""
    return lambda cloud, name: Place(
        deploy_rest_api(cloud, name, deploy_function(cloud, name, FOLDERS / folder), mode)
    )


def http_api(folder: str) -> Deployment:
    """A function behind an HTTP API."""
    return lambda cloud, name: Place(
        deploy_http_api(cloud, name, deploy_function(cloud, name, FOLDERS / folder))
    )


def websocket_api(folder: str) -> Deployment:
    """A function behind a WebSocket API."""
    return lambda cloud, name: Place(deploy_websocket_api(cloud, name, FOLDERS / folder))


def container(make_service: Callable[[Cloud, str], str]) -> Deployment:
    """Return the embedded server as a container."""
    return lambda cloud, name: Place(make_service(cloud, name))


def appsync_api(make_api: Callable[[Cloud, str], AppSyncApi]) -> Deployment:
    """An AppSync API; its plain URL is where it takes requests."""

    def make(cloud: Cloud, name: str) -> Place:
        api = make_api(cloud, name)
        return Place(api.http_url, api=api)

    return make


DEPLOYMENTS = {
    "url-stream": function_url("node_text", "RESPONSE_STREAM"),
    "url-buffered": function_url("node_text", "BUFFERED"),
    "url-sse": function_url("node_sse", "RESPONSE_STREAM"),
    "url-runtime": function_url("python_streaming", "RESPONSE_STREAM"),
    "url-python": function_url("python_generator", "RESPONSE_STREAM"),
    "sdk": sdk_only("node_text"),
    "rest-buffered": rest_api("python_buffered", "BUFFERED"),
    "rest-stream": rest_api("node_rest", "STREAM"),
    "http-api": http_api("python_buffered"),
    "websocket-api": websocket_api("websocket_push"),
    "app-runner": container(deploy_app_runner),
    "express": container(deploy_express),
    "graphql": appsync_api(deploy_graphql_api),
    "events": appsync_api(deploy_event_api),
}

AT_ONCE = 4


async def deploy_all(cloud: Cloud) -> dict[str, Place]:
    """Delete what an earlier run has left, then deploy everything, a few at a time, showing which are done;
    return where each answers. What needs Docker is left out where there is none. The first failure is raised
    when those that had begun are done."""
    await asyncio.to_thread(clear, cloud)
    progress = Progress("deployed", DEPLOYMENTS)
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(name: str, deployment: Deployment) -> Place:
        async with turn:
            place = await asyncio.to_thread(deployment, cloud, name)
        progress.done(name)
        return place

    made = await asyncio.gather(*(one(*each) for each in DEPLOYMENTS.items()), return_exceptions=True)
    places = {}
    for name, place in zip(DEPLOYMENTS, made, strict=True):
        if isinstance(place, NoDocker):
            print(f"without {name}: {place}")
        elif isinstance(place, BaseException):
            raise place
        else:
            places[name] = place
    return places
