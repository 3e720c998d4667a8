"""Nothing leaves the machine on the stand-in's account, and nothing of the reader's environment is in it."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.account import Account, start_stand_in
from tests.support.http_client import request

SECRETS = {
    "AWS_PROFILE": "stale",
    "AWS_SECRET_ACCESS_KEY": "a-secret-of-the-reader",
    "GITHUB_TOKEN": "a-token-of-the-reader",
    "HTTPS_PROXY": "http://user:a-password-of-the-reader@127.0.0.1:9",
}
FORBIDDEN = """
import socket, sys, threading
from contextvars import copy_context
from server.local_aws.control_plane import outbound

outbound.watch()
refused = []

def attempt(what, *arguments):
    try:
        what(*arguments)
    except outbound.OutboundRefused:
        refused.append(True)
    except OSError:
        refused.append(False)

listener = socket.create_server(("127.0.0.1", 0))
here = listener.getsockname()
for address in [("192.0.2.1", 80), ("example.com", 80), ("169.254.169.254", 80), ("::ffff:192.0.2.1", 80)]:
    attempt(socket.create_connection, address, 1)
attempt(socket.getaddrinfo, "example.com", 80)
attempt(socket.gethostbyname, "example.com")
attempt(socket.socket(type=socket.SOCK_DGRAM).sendto, b"x", ("192.0.2.1", 53))
assert refused == [True] * 7, refused
socket.create_connection(here, 1)
socket.create_connection(("localhost", here[1]), 1)
with outbound.reach(outbound.Reach.NOTHING):
    attempt(socket.create_connection, here, 1)
    attempt(socket.socket(socket.AF_UNIX).connect, "/var/run/docker.sock")
thread = threading.Thread(target=attempt, args=(socket.create_connection, here, 1))
thread.start()
thread.join()
assert refused == [True] * 10, refused
"""


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[bytes]]]:
    """The address of a server on this machine, and what it received."""
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def receive() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                received.append(connection.recv(200))
                connection.close()

        threading.Thread(target=receive, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/any", received
        listener.shutdown(socket.SHUT_RDWR)


def test_no_connection_or_look_up_of_this_process_leaves_the_machine() -> None:
    subprocess.run([sys.executable, "-c", FORBIDDEN], check=True, timeout=60)


def test_sns_delivers_to_no_url(aws: Account, receiver: tuple[str, list[bytes]]) -> None:
    url, received = receiver
    sns = aws.client("sns")
    topic = sns.create_topic(Name="deliveries")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url)
    assert sns.publish(TopicArn=topic, Message="x")["MessageId"]
    assert received == []


def test_an_integration_with_another_host_is_refused_unless_it_is_named(aws: Account) -> None:
    gateway = aws.client("apigatewayv2")
    api = gateway.create_api(Name="proxy", ProtocolType="HTTP", Target="http://192.0.2.1/x")
    assert request(api["ApiEndpoint"] + "/").status == 503
    gateway.delete_api(ApiId=api["ApiId"])


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_function_finds_no_secret_of_the_reader_up_to_the_stand_in() -> None:
    process, endpoint_url = start_stand_in(variables=SECRETS)
    with process:
        aws = Account(endpoint_url)
        name = aws.deploy("processes.ancestors")
        found = json.loads(aws.client("lambda").invoke(FunctionName=name)["Payload"].read())
        assert process.stdin is not None
        process.stdin.close()
    assert isinstance(found, list), found
    assert "server.local_aws" in found[-1][0] and len(found) >= 2
    for _, environment in found:
        assert not [value for value in SECRETS.values() if value in environment]
        assert "PATH=" in environment


def test_the_process_id_and_the_streams_survive_the_restart() -> None:
    argv = [sys.executable, "-X", "dev", "-m", "server.local_aws", "--until-stdin-closes"]
    with subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **SECRETS},
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        assert json.loads(process.stdout.readline())["region"] == "ap-northeast-1"
        if sys.platform == "linux":
            assert "-X" in Path(f"/proc/{process.pid}/cmdline").read_text().split("\0")
        process.stdin.close()
        assert process.wait(30) == 0
