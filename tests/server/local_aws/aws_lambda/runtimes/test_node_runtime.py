"""The managed Node runtime apart from streaming: handlers found and not found, buffered answers, context."""

import json
from pathlib import Path

import pytest

from server.local_aws.aws_lambda.runtimes import UnsupportedRuntime, command
from tests.support.fake_runtime_api import FUNCTION_ARN, Posted
from tests.support.guests import guest_source
from tests.support.runtime_under_test import running

ANSWER = "() => ({ok: true})"

BAD_HANDLERS = [
    ("", "other.handler", "Runtime.ImportModuleError", "Cannot find module 'other'"),
    ("", "index.handler", "Runtime.HandlerNotFound", "index.handler is undefined or not exported"),
    ("export const handler = 1;", "index.handler", "Runtime.HandlerNotFound", "is not a function"),
    ("export const = ;", "index.handler", "Runtime.UserCodeSyntaxError", "SyntaxError: Unexpected token"),
    ("throw new TypeError('init');", "index.handler", "TypeError", "init"),
    ("", "handler", "Runtime.MalformedHandlerName", "Bad handler"),
    ("", "../index.handler", "Runtime.MalformedHandlerName", "is not a valid handler name"),
    (
        "export const handler = (event, context, callback) => callback();",
        "index.handler",
        "Runtime.CallbackHandlerDeprecated",
        "removed support for callback-based",
    ),
    (
        "export const handler = () => {};"
        "handler[Symbol.for('aws.lambda.runtime.handler.streaming')] = 'request';",
        "index.handler",
        "Runtime.MalformedStreamingHandler",
        "Only response streaming is supported.",
    ),
]


async def answer(
    folder: Path, files: dict[str, str], handler: str = "index.handler", runtime: str = "nodejs24.x", **more
) -> tuple[Posted, str]:
    """What the runtime posts for one invocation or instead of taking it, and its log."""
    for name, source in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    async with running(command(runtime), folder, handler, runtime, **more) as guest:
        guest.api.invoke({"name": "value"}, Lambda_Runtime_Client_Context='{"custom": {"a": "b"}}')
        posted = await guest.api.answer()
        if posted.path.endswith("/init/error"):
            assert await guest.exit_code() == 1
        return posted, guest.log


def test_a_runtime_that_nothing_here_runs_is_refused_by_name() -> None:
    for runtime in ("ruby3.4", "provided.al2023", "nodejs", "python2.7", "nodejs24.x; rm"):
        with pytest.raises(UnsupportedRuntime, match=runtime.split(";")[0]):
            command(runtime)


@pytest.mark.parametrize(
    ("file", "source", "handler"),
    [
        ("index.mjs", f"export const handler = async {ANSWER};", "index.handler"),
        ("index.mjs", f"export default {{ handler: async {ANSWER} }};", "index.handler"),
        ("index.mjs", f"export const api = {{ get: {ANSWER} }};", "index.api.get"),
        ("index.mjs", f"await null; export const handler = {ANSWER};", "index.handler"),
        ("index.js", f"exports.handler = async {ANSWER};", "index.handler"),
        ("index.cjs", f"module.exports = {{ handler: async {ANSWER} }};", "index.handler"),
        ("src/deep/main.mjs", f"export const run = async {ANSWER};", "src/deep/main.run"),
    ],
)
async def test_handlers_are_found(file: str, source: str, handler: str, tmp_path: Path) -> None:
    posted, _ = await answer(tmp_path, {file: source}, handler)
    assert posted.path == "/2018-06-01/runtime/invocation/request-1/response"
    assert posted.header("content-type") == "application/json"
    assert posted.header("lambda-runtime-function-response-mode") is None
    assert posted.body == b'{"ok":true}'


async def test_js_in_a_module_package(tmp_path: Path) -> None:
    files = {"package.json": '{"type": "module"}', "index.js": f"export const handler = {ANSWER};"}
    posted, _ = await answer(tmp_path, files)
    assert posted.document == {"ok": True}


@pytest.mark.parametrize(("source", "handler", "error_type", "message"), BAD_HANDLERS)
async def test_a_failing_initialisation_is_reported(
    source: str, handler: str, error_type: str, message: str, tmp_path: Path
) -> None:
    posted, log = await answer(tmp_path, {"index.mjs": source}, handler)
    assert posted.path == "/2018-06-01/runtime/init/error"
    assert posted.header("lambda-runtime-function-error-type") == error_type
    assert posted.document["errorType"] == error_type
    assert message in posted.document["errorMessage"]
    assert isinstance(posted.document["trace"], list)
    assert "ERROR\tInit Error\t" in log


@pytest.mark.parametrize(
    ("source", "handler"),
    [*((source, handler) for source, handler, *_ in BAD_HANDLERS), ("import 'nowhere';", "index.handler")],
)
async def test_the_published_client_fails_to_start_the_same(
    source: str, handler: str, tmp_path: Path, published_node_client: list[str]
) -> None:
    (tmp_path / "index.mjs").write_text(source)
    variables = {"AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1": "true"}
    async with (
        running(command("nodejs24.x"), tmp_path, handler, "nodejs24.x") as ours,
        running(published_node_client, tmp_path, handler, "nodejs24.x", **variables) as theirs,
    ):
        our, their = await ours.api.answer(), await theirs.api.answer()
        assert await ours.exit_code() == await theirs.exit_code() == 1
    assert [name for name, _ in our.headers] == [name for name, _ in their.headers]
    name = "lambda-runtime-function-error-type"
    assert (our.path, our.header(name)) == (their.path, their.header(name))
    assert list(our.document) == list(their.document)
    message = "errorMessage"  # its first line: further lines name the runtime's own files
    assert our.document[message].split("\n")[0] == their.document[message].split("\n")[0]


async def test_awslambda_can_be_switched_off(tmp_path: Path) -> None:
    files = {"index.mjs": "export const handler = awslambda.streamifyResponse(async () => {});"}
    posted, _ = await answer(tmp_path, files, AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA="1")
    assert posted.document["errorMessage"] == "awslambda is not defined"


@pytest.mark.parametrize(
    ("expression", "body"),
    [("undefined", b"null"), ("null", b"null"), ("'text'", b'"text"'), ("[1, 2]", b"[1,2]"), ("0", b"0")],
)
async def test_a_buffered_answer_is_json(expression: str, body: bytes, tmp_path: Path) -> None:
    posted, _ = await answer(tmp_path, {"index.mjs": f"export const handler = async () => {expression};"})
    assert posted.body == body


@pytest.mark.parametrize(
    ("body", "error_type", "message"),
    [
        ("throw new RangeError('no');", "RangeError", "no"),
        ("throw 'text';", "string", "text"),
        ("const e = new Error('round'); e.self = e; throw e;", "Error", "round"),
        ("return 1n;", "Runtime.JSONStringifyError", "Unable to stringify response body"),
        (
            "const a = {}; a.a = a; return a;",
            "Runtime.JSONStringifyError",
            "Unable to stringify response body",
        ),
        ("return () => {};", "Runtime.JSONStringifyError", "Unable to stringify response body"),
    ],
)
async def test_a_buffered_failure_goes_to_error(
    body: str, error_type: str, message: str, tmp_path: Path
) -> None:
    files = {"index.mjs": f"export const handler = async () => {{ {body} }};"}
    posted, log = await answer(tmp_path, files)
    assert posted.path == "/2018-06-01/runtime/invocation/request-1/error"
    assert posted.header("lambda-runtime-function-error-type") == error_type
    assert (posted.document["errorType"], posted.document["errorMessage"]) == (error_type, message)
    assert "\trequest-1\tERROR\tInvoke Error\t" in log


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("callback(null, {ok: true});", {"ok": True}),
        ("setTimeout(() => callback(null, 1), 20);", 1),
        ("callback(null, 'early'); setTimeout(() => console.log('late'), 50);", "early"),
        ("context.callbackWaitsForEmptyEventLoop = false; setInterval(() => {}, 1e6); callback(null, 1);", 1),
        ("return Promise.resolve(2);", 2),
        ("", None),
    ],
)
async def test_callbacks_below_node_24(body: str, expected: object, tmp_path: Path) -> None:
    files = {"index.js": f"exports.handler = (event, context, callback) => {{ {body} }};"}
    posted, log = await answer(tmp_path, files, runtime="nodejs22.x")
    assert posted.document == expected
    assert "'late'" not in body or "late" in log  # the answer waits for the event loop


async def test_a_callback_with_an_error(tmp_path: Path) -> None:
    files = {"index.js": "exports.handler = (event, context, callback) => callback(new Error('no'));"}
    posted, _ = await answer(tmp_path, files, runtime="nodejs22.x")
    assert posted.path.endswith("/error")
    assert posted.document["errorMessage"] == "no"


async def test_the_context_and_the_environment(tmp_path: Path) -> None:
    posted, _ = await answer(tmp_path, {"index.mjs": guest_source("context.mjs")})
    seen = posted.document
    assert 0 < seen.pop("remaining") <= 30_000
    assert seen == {
        "event": {"name": "value"},
        "awsRequestId": "request-1",
        "invokedFunctionArn": FUNCTION_ARN,
        "clientContext": {"custom": {"a": "b"}},
        "functionName": "guest",
        "functionVersion": "$LATEST",
        "memoryLimitInMB": "128",
        "logGroupName": "/aws/lambda/guest",
        "logStreamName": "2026/11/23/[$LATEST]0",
        "xRayTraceId": "Root=1-00000000-000000000000000000000000;Sampled=0",
        "trace": "Root=1-00000000-000000000000000000000000;Sampled=0",
        "cwd": str(tmp_path),
    }


async def test_a_log_line_is_one_event(tmp_path: Path) -> None:
    source = "export const handler = async () => { console.log('one\\ntwo', {a: 1}); console.warn('w'); };"
    _, log = await answer(tmp_path, {"index.mjs": source})
    first, second = (line.split("\t") for line in log.rstrip("\n").split("\n"))
    assert first[1:] == ["request-1", "INFO", "one\rtwo { a: 1 }"]
    assert second[1:] == ["request-1", "WARN", "w"]


async def test_the_context_of_earlier_versions(tmp_path: Path) -> None:
    posted, _ = await answer(tmp_path, {"index.mjs": guest_source("context.mjs")}, runtime="nodejs22.x")
    assert posted.document["callbackWaitsForEmptyEventLoop"] is True
    assert "xRayTraceId" not in posted.document


LATE = "setTimeout(() => { throw new Error('late'); });"
REJECTED = "Promise.reject(new Error('late'));"


@pytest.mark.parametrize(
    ("statement", "code", "error"),
    [(LATE, 129, ("Error", "late")), (REJECTED, 128, ("Runtime.UnhandledPromiseRejection", "Error: late"))],
)
async def test_before_nodejs24_an_unhandled_error_is_reported_and_ends_the_process(
    statement: str, code: int, error: tuple[str, str], tmp_path: Path
) -> None:
    source = f"export const handler = async () => {{ {statement} await new Promise(() => {{}}); }};"
    (tmp_path / "index.mjs").write_text(source)
    async with running(command("nodejs22.x"), tmp_path, "index.handler", "nodejs22.x") as guest:
        guest.api.invoke({})
        posted = await guest.api.answer()
        assert posted.path.endswith("/request-1/error")
        document = json.loads(posted.raw)
        assert (document["errorType"], document["errorMessage"]) == error
        assert await guest.exit_code() == code


@pytest.mark.parametrize("statement", [LATE, REJECTED])
async def test_from_nodejs24_on_an_unhandled_error_is_nodes_own(statement: str, tmp_path: Path) -> None:
    source = f"export const handler = async () => {{ {statement} await new Promise(() => {{}}); }};"
    (tmp_path / "index.mjs").write_text(source)
    async with running(command("nodejs24.x"), tmp_path, "index.handler", "nodejs24.x") as guest:
        guest.api.invoke({})
        assert await guest.exit_code() == 1
        assert "Error: late" in guest.log
        assert guest.api.receiving is None
