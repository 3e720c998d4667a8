"""One stand-in with one deployed thing of every kind, and every port that its processes listen on."""

import json
import os
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urlsplit

import psutil
import pytest

from server.door.guard import Kind
from server.embedded import EmbeddedServer
from server.envoy.process import EnvoyUnavailable, envoy_program
from tests.support.account import Account, start_stand_in
from tests.support.appsync_clients import events, graphql
from tests.support.containers import app_runner, express
from tests.support.gateway import BUFFERED, Gateway
from tests.support.websocket_api import create_api


@dataclass(frozen=True)
class Opened:
    """A port that listens, what it is for, and the process behind it."""

    name: str
    kind: Kind
    port: int
    pid: int

    @property
    def is_envoy(self) -> bool:
        return self.name.startswith("envoy")


@dataclass(frozen=True)
class Everything:
    account: Account
    pid: int
    opened: tuple[Opened, ...]

    def one(self, name: str) -> Opened:
        return next(each for each in self.opened if each.name == name)


@pytest.fixture(scope="session")
def everything() -> Iterator[Everything]:
    """Runs until the tests are through; with App Runner and ECS Express where there is Envoy."""
    process, endpoint_url = start_stand_in()
    account = Account(endpoint_url)
    with process, ExitStack() as stack:
        gateway = Gateway(account)
        name = account.deploy("answers.returned", "{}")
        account.url(name)
        gateway.rest(BUFFERED.format(gateway.permit(name)))
        gateway.http(account.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"])
        create_api(account).add_route("$default", responds=True)
        graphql(account)
        events(account)
        if has_envoy():
            stack.enter_context(app_runner(account))
            stack.enter_context(express(account))
        account.client("lambda").invoke(FunctionName=name)  # its environment stays for the next one
        yield Everything(account, process.pid, tuple(opened(process.pid, endpoint_url)))
        stack.close()
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0


def has_envoy() -> bool:
    try:
        envoy_program()
    except EnvoyUnavailable:
        return False
    return True


def opened(pid: int, endpoint_url: str) -> Iterator[Opened]:
    """Every listening socket of the process tree, asked of the operating system."""
    with urllib.request.urlopen(f"{endpoint_url}/_local/endpoints") as response:
        listed = {urlsplit(each["url"]).port: each for each in json.load(response)}
    api = urlsplit(endpoint_url).port
    stand_in = psutil.Process(pid)
    for process in [stand_in, *stand_in.children(recursive=True)]:
        for link in process.net_connections("inet"):
            if link.status != psutil.CONN_LISTEN:
                continue
            port = link.laddr.port
            assert link.laddr.ip == "127.0.0.1", "nothing listens beyond this machine"
            if port == api:
                yield Opened("api", Kind.API, port, process.pid)
            elif port in listed:
                named = f"{listed[port]['service']} {listed[port]['kind']}"
                prefix = "envoy " if process.name() == "envoy" else ""
                yield Opened(prefix + named, Kind.PUBLIC, port, process.pid)
            elif process.pid == pid:
                yield Opened("runtime", Kind.RUNTIME, port, process.pid)
            else:
                yield Opened("container", Kind.LOCAL, port, process.pid)


@pytest.fixture(scope="session")
def embedded() -> Iterator[Opened]:
    """The embedded server, as a kernel has it."""
    with EmbeddedServer() as server:
        yield Opened("embedded", Kind.LOCAL, server.port, os.getpid())
