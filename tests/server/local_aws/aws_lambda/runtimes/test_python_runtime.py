"""The managed Python runtime, beside the published client awslambdaric where that can be installed."""

import json
import sys
from pathlib import Path

import pytest

from server.local_aws.aws_lambda.runtimes import command
from tests.support.fake_runtime_api import Posted
from tests.support.guests import guest_source
from tests.support.runtime_under_test import Guest, running

ARGV = command("python3.13")

FILES = {
    "app.py": guest_source("results.py"),
    "package/module.py": "def handler(event, context): return 'nested'",
    "syntax.py": "def handler(:",
    "raising.py": "raise KeyError('k')",
    "missing.py": "import nowhere_to_be_found",
}
RESULTS = ["object", "none", "bytes", "decimal", "nan", "generator", "raises", "zero", "set"]
BAD_HANDLERS = {
    "nowhere.handler": "Runtime.ImportModuleError",
    "missing.handler": "Runtime.ImportModuleError",
    "app.nothing": "Runtime.HandlerNotFound",
    "syntax.handler": "Runtime.UserCodeSyntaxError",
    "raising.handler": "KeyError",
    "handler": "Runtime.MalformedHandlerName",
    "sys.exit": "Runtime.BuiltInModuleConflict",
}


@pytest.fixture
def task_root(tmp_path: Path) -> Path:
    for name, source in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)
    return tmp_path


def python_running(
    task_root: Path,
    handler: str = "app.handler",
    argv: list[str] = ARGV,
    runtime: str = "python3.13",
    **variables: str,
):
    return running(argv, task_root, handler, runtime, **variables)


async def invoked(guest: Guest, result: str, **headers: str) -> Posted:
    guest.api.invoke({"result": result}, **headers)
    return await guest.api.answer()


@pytest.mark.parametrize(
    ("result", "content_type", "body"),
    [
        ("object", "application/json", '{"ok": true, "text": "é"}'.encode()),
        ("none", "application/json", b"null"),
        ("bytes", "application/unknown", b"\0raw"),
        ("decimal", "application/json", b'[1.50, NaN, {"x": 1, "y": 2}, "b"]'),
    ],
)
async def test_a_result_is_posted_whole(result: str, content_type: str, body: bytes, task_root: Path) -> None:
    async with python_running(task_root) as guest:
        posted = await invoked(guest, result)
    assert posted.path == "/2018-06-01/runtime/invocation/request-1/response"
    names = [name for name, _ in posted.headers if name == name.lower()]
    assert names == ["user-agent", "lambda-runtime-invocation-id", "content-type"]
    assert posted.header("content-type") == content_type
    assert posted.header("lambda-runtime-invocation-id") == "attempt-1"
    assert posted.header("transfer-encoding") is None
    assert posted.body == body


async def test_letters_are_escaped_before_python_3_12(task_root: Path) -> None:
    async with python_running(task_root, runtime="python3.11") as guest:
        assert (await invoked(guest, "object")).body == b'{"ok": true, "text": "\\u00e9"}'


async def test_a_generator_cannot_be_answered(task_root: Path) -> None:
    async with python_running(task_root) as guest:
        posted = await invoked(guest, "generator")
        assert posted.path.endswith("/request-1/error")
        assert posted.header("lambda-runtime-invocation-id") == "attempt-1"
        assert posted.body == (
            b'{"errorMessage": "Unable to marshal response: '
            b'Object of type generator is not JSON serializable", "errorType": "Runtime.MarshalError", '
            b'"requestId": "request-1", "stackTrace": []}'
        )
        assert (await invoked(guest, "none")).body == b"null"


async def test_an_exception_comes_with_its_frames(task_root: Path) -> None:
    async with python_running(task_root) as guest:
        posted = await invoked(guest, "raises")
        await guest.logged("[ERROR] Odd: é: odd\rTraceback (most recent call last):\r\u00a0\u00a0File ")
    assert posted.document["errorType"] == "Odd"
    assert posted.document["errorMessage"] == "é: odd"
    assert [frame.split(", ")[2].split("\n")[0] for frame in posted.document["stackTrace"]] == [
        "in handler",
        "in inner",
    ]


@pytest.mark.parametrize(("handler", "error_type"), BAD_HANDLERS.items())
async def test_a_failing_initialisation_is_reported(handler: str, error_type: str, task_root: Path) -> None:
    async with python_running(task_root, handler) as guest:
        posted = await guest.api.answer()
        assert posted.path == "/2018-06-01/runtime/init/error"
        assert posted.header("lambda-runtime-function-error-type") == error_type
        assert posted.document["errorType"] == error_type
        assert posted.document["requestId"] == ""
        assert await guest.exit_code() == 1


async def test_a_handler_in_a_folder(task_root: Path) -> None:
    async with python_running(task_root, "package/module.handler") as guest:
        assert (await invoked(guest, "")).document == "nested"


async def test_the_context_and_the_environment(task_root: Path) -> None:
    client = json.dumps({"custom": {"a": 1}, "env": {"b": 2}, "client": {"app_title": "t"}})
    identity = json.dumps({"cognitoIdentityId": "i", "cognitoIdentityPoolId": "p"})
    headers = {"Lambda_Runtime_Client_Context": client, "Lambda_Runtime_Cognito_Identity": identity}
    async with python_running(task_root, "app.about") as guest:
        posted = await invoked(guest, "", Lambda_Runtime_Aws_Tenant_Id="tenant", **headers)
        await guest.logged("\trequest-1\tcareful\n")
        assert guest.log.startswith("printed\nto stderr\n[WARNING]\t20")
    seen = posted.document
    assert 0 < seen.pop("remaining") <= 30_000
    assert seen == {
        "ids": ["request-1", "arn:aws:lambda:ap-northeast-1:123456789012:function:guest", "tenant"],
        "function": ["guest", "$LATEST", "128"],
        "logs": ["/aws/lambda/guest", "2026/11/23/[$LATEST]0"],
        "identity": ["i", "p"],
        "client": [{"a": 1}, {"b": 2}, "t"],
        "path": str(task_root),
        "cwd": str(task_root),
        "trace": "Root=1-00000000-000000000000000000000000;Sampled=0",
    }


async def test_a_bad_client_context_fails_the_invocation(task_root: Path) -> None:
    async with python_running(task_root) as guest:
        posted = await invoked(guest, "none", Lambda_Runtime_Client_Context="{")
    assert posted.document["errorType"] == "Runtime.LambdaContextUnmarshalError"


async def test_a_handler_that_exits_ends_the_process(task_root: Path) -> None:
    async with python_running(task_root, "app.exits") as guest:
        guest.api.invoke({})
        assert await guest.exit_code() == 3
        assert guest.api.receiving is None


async def test_the_runtime_ends_when_the_runtime_api_is_gone(task_root: Path) -> None:
    async with python_running(task_root, AWS_LAMBDA_RUNTIME_API="127.0.0.1:9") as guest:
        assert await guest.exit_code() == 1
        assert "Traceback" not in guest.log


async def test_a_refused_answer_is_logged(task_root: Path) -> None:
    async with python_running(task_root) as guest:
        guest.api.status = "413 Request Entity Too Large"
        await invoked(guest, "none")
        await guest.logged("[ERROR] The Runtime API answered 413")


def published_running(
    client: str, task_root: Path, handler: str = "app.handler", runtime: str = "python3.13"
):
    argv = [sys.executable, "-m", "awslambdaric", handler]
    return python_running(task_root, handler, argv, runtime, PYTHONPATH=client)


def comparable(posted: Posted) -> tuple[object, ...]:
    named = ("content-type", "lambda-runtime-invocation-id", "lambda-runtime-function-error-type")
    return (
        posted.path,
        [posted.header(name) for name in named],
        posted.header("user-agent"),
        bytes(posted.raw),
    )


@pytest.mark.parametrize("runtime", ["python3.11", "python3.13"])
async def test_the_published_client_answers_the_same(
    runtime: str, task_root: Path, published_python_client: str
) -> None:
    async with (
        python_running(task_root, runtime=runtime) as ours,
        published_running(published_python_client, task_root, runtime=runtime) as theirs,
    ):
        for result in [*RESULTS, "no such result"]:
            assert comparable(await invoked(ours, result)) == comparable(await invoked(theirs, result))
        bad = {"Lambda_Runtime_Client_Context": "{"}
        our, their = await invoked(ours, "none", **bad), await invoked(theirs, "none", **bad)
        assert our.document["errorType"] == their.document["errorType"]


@pytest.mark.parametrize("handler", BAD_HANDLERS)
async def test_the_published_client_fails_to_start_the_same(
    handler: str, task_root: Path, published_python_client: str
) -> None:
    async with (
        python_running(task_root, handler) as ours,
        published_running(published_python_client, task_root, handler) as theirs,
    ):
        assert comparable(await ours.api.answer()) == comparable(await theirs.api.answer())
        assert await ours.exit_code() == await theirs.exit_code() == 1
