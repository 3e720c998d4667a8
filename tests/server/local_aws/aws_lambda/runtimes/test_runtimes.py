"""The folders of `lambda/`, and runtimes of one's own, deployed as on AWS."""

import base64
import io
import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from lab.deploy.function import FOLDERS, zip_folder
from tests.support.account import Account
from tests.support.guests import GUESTS, guest_source, zipped
from tests.support.http_client import request
from tests.support.invocations import stream
from tests.support.shapes import one_by_one

WRAPPER = {"Environment": {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrapper"}}}
NODE = {"Runtime": "nodejs24.x", "Handler": "index.handler"}
PYTHON = {"Runtime": "python3.13", "Handler": "app.handler"}
QUERY = "?count=10&interval_ms=50"


def folder(name: str) -> dict[str, bytes]:
    return {"ZipFile": zip_folder(FOLDERS / name)}


@pytest.mark.parametrize(
    ("name", "settings", "status"),
    [
        ("node_text", NODE, 200),
        ("node_prelude", NODE, 201),
        ("python_streaming", PYTHON | WRAPPER, 200),
    ],
)
def test_a_lessons_function_streams(aws: Account, name: str, settings: dict[str, Any], status: int) -> None:
    url = aws.url(aws.create(Code=folder(name), **settings))
    request(url + QUERY)
    started = time.time()
    answer = request(url + QUERY)
    items = [json.loads(line) for line in answer.body.splitlines()]
    assert (answer.status, answer.complete) == (status, True)
    assert [item["seq"] for item in items] == list(range(10))
    assert len(answer.chunks) == 10
    assert items[0]["sent"] - started < 2, "the environment of the first call is used again"


def test_sse_from_node(aws: Account) -> None:
    answer = request(aws.url(aws.create(Code=folder("node_sse"), **NODE)) + "?count=3&interval_ms=10")
    assert answer.header("content-type") == "text/event-stream"
    assert answer.body.count(b"event: test") == 3


def test_the_embedded_server_behind_the_web_adapter(aws: Account) -> None:
    package = zip_folder(FOLDERS / "web_adapter", FOLDERS.parent / "server")
    settings = PYTHON | WRAPPER | {"MemorySize": 512}
    name = aws.create(Code={"ZipFile": package}, **settings)
    url = aws.url(name)
    assert request(url + "nowhere").status == 404
    lines = request(url + "transfer-encoding" + QUERY)
    items = [json.loads(line) for line in lines.body.splitlines()]
    assert [item["seq"] for item in items] == list(range(10))
    assert (len(lines.chunks), lines.complete) == (10, True)
    events = request(url + "sse?count=3&interval_ms=20", headers={"Last-Event-ID": "0"})
    assert events.header("content-type") == "text/event-stream"
    assert [line for line in events.body.splitlines() if line.startswith(b"id:")] == [b"id: 1", b"id: 2"]
    assert len(stream(aws, name, Payload=b'{"count": 3, "interval_ms": 20}')) > 3


def test_a_node_function_that_throws_in_mid_stream(aws: Account) -> None:
    name = aws.create(Code=folder("node_failure"), **NODE)
    answer = request(aws.url(name) + QUERY)
    assert (answer.status, len(answer.chunks), answer.complete) == (200, 2, True)
    *chunks, complete = stream(aws, name, Payload=b'{"count": 10, "interval_ms": 10}')
    assert len(chunks) == 2
    assert complete["InvokeComplete"]["ErrorCode"]


def test_a_generator_on_the_managed_python_runtime_fails(aws: Account) -> None:
    name = aws.create(Code=folder("python_generator"), **PYTHON)
    answer = aws.client("lambda").invoke(FunctionName=name, Payload=b'{"count": 2}')
    assert json.load(answer["Payload"])["errorType"] == "Runtime.MarshalError"


def test_an_sdk_inside_a_function_reaches_the_stand_in(aws: Account) -> None:
    name = aws.deploy_python("sdk.account")
    answer = aws.client("lambda").invoke(FunctionName=name)
    assert json.load(answer["Payload"]) == "123456789012", answer


def test_a_shell_script_is_a_runtime(aws: Account) -> None:
    url = aws.url(aws.create(Code={"ZipFile": zipped({"bootstrap": guest_source("runtime.sh")})}))
    answer = request(url)
    assert (answer.status, answer.chunks, answer.complete) == (200, [b"one\n", b"two\n"], True)
    assert request(url).body == b"one\ntwo\n"


def compiled_c(folder: Path) -> Path:
    """The folder, with the C guest in it as `bootstrap`."""
    folder.mkdir()
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("there is no C compiler here")
    subprocess.run([compiler, "-o", folder / "bootstrap", GUESTS / "guest.c"], check=True)
    return folder


def test_a_c_program_is_a_runtime(aws: Account, tmp_path: Path) -> None:
    """A binary that speaks the Runtime API by raw sockets, a connection for each call."""
    archive = shutil.make_archive(str(tmp_path / "code"), "zip", compiled_c(tmp_path / "code"))
    name = aws.create(Code={"ZipFile": Path(archive).read_bytes()})
    url = aws.url(name)
    for _ in range(2):
        answer = request(url)
        assert (answer.status, answer.header("content-type")) == (200, "text/plain")
        assert answer.chunks == [b"%d\n" % n for n in range(5)]
        assert answer.complete
    failed = request(url + "?fail=1")  # reported, so that the client cannot tell
    assert (failed.chunks, failed.complete) == ([b"0\n", b"1\n"], True)
    *chunks, complete = stream(aws, name, Payload=b'"fail"')
    assert len(chunks) == 2
    assert complete["InvokeComplete"]["ErrorCode"] == "Guest.AsAsked"
    log = base64.b64decode(aws.client("lambda").invoke(FunctionName=name, LogType="Tail")["LogResult"])
    assert b"the Runtime API answered HTTP/1.1 202" in log


def test_a_perl_script_is_a_runtime(aws: Account) -> None:
    """Buffered, on one connection that is kept for all calls."""
    perl = shutil.which("perl")
    if perl is None:
        pytest.skip("there is no perl here")
    name = aws.create(Code={"ZipFile": zipped({"bootstrap": f"#!{perl}\n{guest_source('runtime.pl')}"})})
    for number in range(3):
        answer = aws.client("lambda").invoke(FunctionName=name, Payload=json.dumps([number]))
        assert answer["Payload"].read() == b'{"calls":%d,"event":[%d]}' % (number + 1, number)


def test_curl_sees_each_item_when_it_is_sent(aws: Account) -> None:
    url = aws.url(aws.deploy("basic.stamped", [10, 0.05]))
    request(url)
    sent, arrived = [], []
    with subprocess.Popen(["curl", "-sSN", url], stdout=subprocess.PIPE) as curl:
        assert isinstance(curl.stdout, io.BufferedReader)
        for line in curl.stdout:
            arrived.append(time.time())
            sent.append(json.loads(line)["sent"])
    assert len(sent) == 10
    assert one_by_one(sent, arrived)


def test_a_zip_that_brings_version_2_of_the_javascript_sdk_reaches_the_stand_in(aws: Account) -> None:
    """Version 2 does not know AWS_ENDPOINT_URL; AWS's own chat sample is written for it."""
    code = {
        "app.js": guest_source("sdk_v2_user.js"),
        "node_modules/aws-sdk/index.js": guest_source("sdk_v2.js"),
    }
    settings = {"Runtime": "nodejs20.x", "Handler": "app.handler"}
    name = aws.create(Code={"ZipFile": zipped(code)}, **settings)
    answer = aws.client("lambda").invoke(FunctionName=name)
    assert json.load(answer["Payload"]) == [aws.endpoint_url, "mine"]
