"""What AWS publishes, unchanged: its JavaScript SDK as the caller, its runtime clients as guests."""

import io
import itertools
import json
import shutil
import stat
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from server.local_aws.aws_lambda.runtimes import node
from tests.support.account import Account
from tests.support.guests import guest_source
from tests.support.http_client import request
from tests.support.invocations import stream

SCRIPT = Path(__file__).parent / "invoke_streaming.mjs"


def by_javascript(aws: Account, sdk: Path, name: str, payload: str = "{}") -> list[dict[str, Any]]:
    """The events that the SDK yields, each with the time at which it did."""
    script = shutil.copy(SCRIPT, sdk)
    argv = [str(node()), str(script), aws.endpoint_url, name, payload]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_javascript_sdk_reads_each_chunk_when_it_is_written(aws: Account, node_sdk: Path) -> None:
    name = aws.deploy("basic.stamped", [10, 0.1])
    *events, last = by_javascript(aws, node_sdk, name)
    assert [json.loads(event["chunk"])["seq"] for event in events] == list(range(10))
    gaps = sorted(later["at"] - earlier["at"] for earlier, later in itertools.pairwise(events))
    assert gaps[len(gaps) // 2] > 0.05
    assert last["complete"] == {}


def test_the_javascript_sdk_sees_a_failure_in_mid_stream(aws: Account, node_sdk: Path) -> None:
    *events, last = by_javascript(aws, node_sdk, aws.deploy("failures.reports_boom_after_two"))
    assert [event["chunk"] for event in events] == ["one", "two"]
    assert last["complete"]["ErrorCode"] == "Boom"
    assert json.loads(last["complete"]["ErrorDetails"])["errorMessage"] == "no more"


def test_the_javascript_sdk_sees_a_failure_without_a_response(aws: Account, node_sdk: Path) -> None:
    (last,) = by_javascript(aws, node_sdk, aws.deploy("basic.exits_with_3"))
    assert last["complete"]["ErrorCode"] == "Runtime.ExitError"
    assert "exit status 3" in last["complete"]["ErrorDetails"]


def package(folder: Path) -> bytes:
    """A zip of `folder` with its file modes."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return data.getvalue()


def executable(path: Path, script: str) -> None:
    path.write_text(script)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture(scope="module")
def node_guest(aws: Account, published_node_modules: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a function of `provided.al2023` that runs on AWS's published Node runtime client."""
    code = tmp_path_factory.mktemp("guest")
    shutil.copytree(published_node_modules, code / "node_modules")
    (code / "index.mjs").write_text(guest_source("streams.mjs"))
    executable(code / "bootstrap", f"#!/bin/sh\nexec '{node()}' node_modules/aws-lambda-ric/index.mjs\n")
    return aws.create(
        Handler="index.handler",
        Code={"ZipFile": package(code)},
        Environment={"Variables": {"AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1": "true"}},
    )


def test_the_published_node_runtime_client(aws: Account, node_guest: str) -> None:
    url = aws.url(node_guest)
    for _ in range(2):
        answer = request(url)
        assert (answer.status, answer.complete) == (203, True)
        assert answer.chunks == [b"%d\n" % seq for seq in range(5)]
        assert answer.header("content-type") == "text/plain"
        assert answer.header("x-request") == answer.header("x-amzn-requestid")
        assert answer.all("set-cookie") == ["a=1", "b=2"]
    failed = request(url + "?fail=2")  # reported, so that the client cannot tell
    assert (failed.status, failed.chunks, failed.complete) == (203, [b"0\n", b"1\n"], True)
    *chunks, complete = stream(aws, node_guest, Payload=b'{"fail": "2"}')
    assert b"".join(chunk["PayloadChunk"]["Payload"] for chunk in chunks).endswith(bytes(8) + b"0\n1\n")
    assert complete["InvokeComplete"]["ErrorCode"] == "RangeError"
    assert json.loads(complete["InvokeComplete"]["ErrorDetails"])["errorMessage"] == "as asked"
    assert request(url).complete


def test_the_published_python_runtime_client(
    aws: Account, published_python_client: str, tmp_path: Path
) -> None:
    code = tmp_path / "code"
    shutil.copytree(published_python_client, code)
    (code / "app.py").write_text(guest_source("published_python.py"))
    executable(code / "bootstrap", "#!/bin/sh\nexec python3 -m awslambdaric app.handler\n")
    name = aws.create(Code={"ZipFile": package(code)})
    for _ in range(2):
        answer = aws.client("lambda").invoke(FunctionName=name, Payload=b'{"a": 1}')
        document = json.load(answer["Payload"])
        assert document == {"got": {"a": 1}, "id": answer["ResponseMetadata"]["RequestId"]}
