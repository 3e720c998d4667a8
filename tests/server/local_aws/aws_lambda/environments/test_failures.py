"""What goes wrong inside a function, seen from each front door; and the Runtime API's own refusals."""

import base64
import json

import pytest

from tests.support.account import Account
from tests.support.guests import guest_package, zipped
from tests.support.http_client import request
from tests.support.invocations import stream


def failure(aws: Account, name: str) -> dict[str, str]:
    answer = aws.client("lambda").invoke(FunctionName=name)
    assert answer["FunctionError"] == "Unhandled"
    document: dict[str, str] = json.load(answer["Payload"])
    return document


CASES = {
    "exit": ("basic.exits_with_3", {}, "Runtime.ExitError", "exit status 3"),
    "signal": ("failures.kills_itself", {}, "Runtime.ExitError", "signal 9"),
    "clean exit": ("failures.exits_with_0", {}, "Runtime.ExitError", "exited without providing a reason"),
    "timeout": ("failures.stays", {"Timeout": 1}, "Sandbox.Timedout", "Task timed out after 1.00 seconds"),
    "mode": (
        "failures.has_another_mode",
        {},
        "Runtime.InvalidResponseModeHeader",
        "Invalid function response mode",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_failure_without_a_response(aws: Account, case: str) -> None:
    handler, settings, error_type, message = CASES[case]
    name = aws.deploy(handler, **settings)
    document = failure(aws, name)
    assert document["errorType"] == error_type
    assert message in document["errorMessage"]
    (complete,) = stream(aws, name)
    assert complete["InvokeComplete"]["ErrorCode"] == error_type
    for mode in ("BUFFERED", "RESPONSE_STREAM"):
        url = aws.url(name, mode)
        answer = request(url)
        assert (answer.status, answer.body) == (502, b"Internal Server Error")
        aws.client("lambda").delete_function_url_config(FunctionName=name)
        for statement in ("url", "function"):
            aws.client("lambda").remove_permission(FunctionName=name, StatementId=statement)


def test_a_failure_that_is_reported_in_mid_stream_ends_the_response(aws: Account) -> None:
    """The client cannot tell; the SDK's can (`test_invoke`)."""
    answer = request(aws.url(aws.deploy("failures.reports_boom_after_two")))
    assert (answer.status, answer.chunks, answer.complete) == (200, [b"one", b"two"], True)


def test_a_failure_that_is_reported_cuts_the_response_where_that_is_chosen(otherwise: Account) -> None:
    name = otherwise.deploy("failures.reports_boom_after_two")
    answer = request(otherwise.url(name))
    assert (answer.status, answer.body[:3], answer.complete) == (200, b"one", False)
    assert stream(otherwise, name)[-1]["InvokeComplete"]["ErrorCode"] == "Boom"


@pytest.mark.parametrize(
    ("handler", "error_type"),
    [
        ("failures.exits_after_one", "Runtime.ExitError"),
        ("failures.stays_after_one", "Sandbox.Timedout"),
        ("failures.closes_after_one", "Runtime.TruncatedResponse"),
        ("failures.sends_no_chunk_after_one", "Runtime.TruncatedResponse"),
    ],
)
def test_a_stream_that_breaks_off(aws: Account, handler: str, error_type: str) -> None:
    name = aws.deploy(handler, Timeout=2)
    *chunks, complete = stream(aws, name)
    assert [chunk["PayloadChunk"]["Payload"] for chunk in chunks] == [b"one"]
    assert complete["InvokeComplete"]["ErrorCode"] == error_type
    answer = request(aws.url(name))
    assert (answer.status, answer.body, answer.complete) == (200, b"one", False)


def test_after_a_broken_stream_the_function_goes_on(aws: Account) -> None:
    name = aws.deploy("failures.closes_after_x")
    stream(aws, name)
    assert stream(aws, name)[0]["PayloadChunk"]["Payload"] == b"x"


def test_an_init_error_is_the_callers_error(aws: Account) -> None:
    name = aws.deploy("basic.nothing")
    aws.client("lambda").update_function_configuration(FunctionName=name, Handler="init_error.never")
    aws.client("lambda").update_function_code(FunctionName=name, ZipFile=guest_package("init_error.never"))
    assert failure(aws, name) == {"errorMessage": "cannot start", "errorType": "Runtime.ImportModuleError"}


@pytest.mark.parametrize(
    ("package", "mode", "reason"),
    [
        ({"other": "x"}, 0o755, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"),
        (
            {"bootstrap/in_a_folder": "x"},
            0o755,
            "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]",
        ),
        ({"bootstrap": "\x7fnot a program"}, 0o755, "fork/exec /var/task/bootstrap: exec format error"),
        ({"bootstrap": ""}, 0o755, "fork/exec /var/task/bootstrap: exec format error"),
        ({"bootstrap": "exit 0\n"}, 0o755, "fork/exec /var/task/bootstrap: exec format error"),
        ({"bootstrap": "#!/bin/sh\n"}, 0o644, "fork/exec /var/task/bootstrap: permission denied"),
        ({"bootstrap": "#!/\n"}, 0o755, "fork/exec /var/task/bootstrap: permission denied"),
        ({"bootstrap": "#!/bin/sh\r\n"}, 0o755, "fork/exec /var/task/bootstrap: no such file or directory"),
        ({"bootstrap": "#!/no/such\n"}, 0o755, "fork/exec /var/task/bootstrap: no such file or directory"),
    ],
)
def test_a_bootstrap_that_cannot_run(aws: Account, package: dict[str, str], mode: int, reason: str) -> None:
    name = aws.create(Code={"ZipFile": zipped(package, mode=mode)})
    answer = aws.client("lambda").invoke(FunctionName=name, LogType="Tail")
    document = json.load(answer["Payload"])
    assert document["errorType"] == "Runtime.InvalidEntrypoint"
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert document["errorMessage"] == f"RequestId: {request_id} Error: {reason}"
    log = base64.b64decode(answer["LogResult"]).decode().splitlines()
    assert [line.split()[0] for line in log] == ["INIT_START", "START", "RequestId:", "END", "REPORT"]
    assert log[2] == document["errorMessage"]


@pytest.mark.parametrize(
    ("wrapper", "mode", "status", "logged"),
    [
        (None, 0o755, 127, "/var/task/wrapper: does not exist"),
        ("#!/bin/sh\n", 0o644, 126, "/var/task/wrapper: is not an executable"),
        ("#!/bin/sh\r\n", 0o755, 127, "wrapper: not found"),
        ("#!/bin/sh\nexit 7\n", 0o755, 7, ""),
    ],
)
def test_a_wrapper_that_cannot_run(
    aws: Account, wrapper: str | None, mode: int, status: int, logged: str
) -> None:
    """The shell that starts it ends with its own status; the path of this machine is not in the error."""
    files = {"app.py": "", **({"wrapper": wrapper} if wrapper is not None else {})}
    variables = {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrapper"}
    name = aws.create(
        Code={"ZipFile": zipped(files, mode=mode)},
        Runtime="python3.13",
        Handler="app.handler",
        Environment={"Variables": variables},
    )
    answer = aws.client("lambda").invoke(FunctionName=name, LogType="Tail")
    document = json.load(answer["Payload"])
    assert document["errorType"] == "Runtime.ExitError"
    assert document["errorMessage"].endswith(f"Error: Runtime exited with error: exit status {status}")
    assert logged in base64.b64decode(answer["LogResult"]).decode()


def test_an_unknown_runtime_is_said_to_be_one(aws: Account) -> None:
    assert (
        failure(aws, aws.deploy("basic.nothing", Runtime="ruby3.4"))["errorType"] == "Runtime.InvalidRuntime"
    )


def test_the_runtime_apis_refusals(aws: Account) -> None:
    name = aws.deploy("runtime_api.refusals")
    answer = aws.client("lambda").invoke(FunctionName=name, LogType="Tail")
    assert json.load(answer["Payload"]) == [
        [400, "InvalidRequestID"],
        [400, "InvalidInvocationId"],
        [200, True],
        [404, "NotFound"],
        [405, "MethodNotAllowed"],
        [403, "InvalidStateTransition"],
    ]
    log = aws.log_with(name, "SECOND ")
    lines = dict(line.split(" ", 1) for line in log if line.split()[0] in ("ACCEPTED", "SECOND"))
    assert json.loads(lines["ACCEPTED"]) == [202, {"status": "OK"}]
    status, document = json.loads(lines["SECOND"])
    assert (status, document["errorType"]) == (403, "InvalidStateTransition")
    assert document["errorMessage"] == (
        "State transition from ResponseSent to InvocationResponse failed for runtime. "
        "Error: State transition is not allowed"
    )


PRELUDE = "application/vnd.awslambda.http-integration-response"


@pytest.mark.parametrize(
    ("handler", "complete"),
    [
        ("failures.reports_boom_at_once", True),
        ("failures.closes_at_once", False),
        ("failures.exits_at_once", False),
    ],
)
@pytest.mark.parametrize("content_type", ["text/plain", PRELUDE])
def test_a_response_that_fails_before_its_first_byte_is_a_200_without_a_body(
    aws: Account, content_type: str, handler: str, complete: bool
) -> None:
    """Node's runtime posts a response, and then trailers, for whatever a handler throws."""
    answer = request(aws.url(aws.deploy(handler, content_type)))
    assert (answer.status, answer.chunks, answer.complete) == (200, [], complete)
    assert answer.header("transfer-encoding") == "chunked"


def test_a_runtime_may_wait_to_be_restored(aws: Account) -> None:
    name = aws.deploy("restore.results")
    refused = [403, "InvalidStateTransition"]
    answer = aws.client("lambda").invoke(FunctionName=name)
    assert json.load(answer["Payload"]) == [refused, [200, None], refused]


def test_an_error_of_the_restoration_is_the_callers_error(aws: Account) -> None:
    document = '{"errorMessage":"stale","errorType":"Runtime.RestoreError"}'
    name = aws.deploy("restore.results", document)
    assert failure(aws, name) == json.loads(document)


def test_a_target_that_is_no_path_of_the_runtime_api_is_404(aws: Account) -> None:
    name = aws.deploy("runtime_api.no_path")
    assert aws.client("lambda").invoke(FunctionName=name)["Payload"].read() == b"404"


def test_an_environment_that_no_process_can_have_is_the_functions_failure(aws: Account) -> None:
    for name, value in {"A": "a\0b", "B": "\ud800"}.items():
        settings = {"Environment": {"Variables": {name: value}}}
        document = failure(aws, aws.deploy("basic.one", **settings))
        assert document["errorType"] == "Runtime.InvalidEntrypoint"


def test_a_client_context_may_have_blanks_around_it(aws: Account) -> None:
    name = aws.deploy("invoke.header", "lambda-runtime-client-context")
    context = base64.b64encode(b' \n{"a": 1}\t').decode()
    answer = aws.client("lambda").invoke(FunctionName=name, ClientContext=context)
    assert answer["Payload"].read() == b'{"a": 1}'
