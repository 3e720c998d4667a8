"""Extensions: their API as a table, and external ones at work in a function."""

import json
import socket
import sys
from typing import Any

import pytest

from server.local_aws.aws_lambda.environments import extensions_api
from server.local_aws.aws_lambda.environments.extensions_api import (
    EXIT_ERROR,
    INIT_ERROR,
    NEXT,
    REGISTER,
    ExtensionsApi,
    Registered,
    State,
)
from server.local_aws.aws_lambda.environments.runtime_api import Answer
from tests.support.account import Account
from tests.support.guests import guest_source, zipped
from tests.support.http_client import request
from tests.support.layers import publish

ABOUT = {"functionName": "f", "functionVersion": "$LATEST", "handler": "app.handler"}


def call(
    api: ExtensionsApi, route: tuple[str, str], body: bytes = b"{}", **headers: str
) -> extensions_api.Action:
    named = {f"lambda-extension-{name.replace('_', '-')}": value for name, value in headers.items()}
    return api.receive(*route, named, body)


def registered(api: ExtensionsApi, name: str, *events: str) -> str:
    answer = call(api, REGISTER, json.dumps({"events": events}).encode(), name=name)
    assert isinstance(answer, Registered)
    return answer.identifier


@pytest.mark.parametrize("route", [REGISTER, NEXT, INIT_ERROR, EXIT_ERROR])
@pytest.mark.parametrize("state", State)
def test_each_call_is_allowed_in_its_states_only(state: State, route: tuple[str, str]) -> None:
    api = ExtensionsApi(["e"], ABOUT, "1")
    (extension,) = api.extensions
    extension.state = state
    answer = call(api, route, name="e", identifier=extension.identifier, function_error_type="T")
    target = extensions_api.MOVES.get((state, route))
    if target is not None:
        assert extension.state is target
        assert not isinstance(answer, Answer) or answer.status in (200, 202)
        return
    assert extension.state is state
    assert isinstance(answer, Answer)
    assert (answer.status, answer.document["errorType"]) == (403, "Extension.InvalidExtensionState")
    assert f"from {state.value} to " in answer.document["errorMessage"]


REFUSED = {
    "MissingExtensionIdentifier": (NEXT, {}, b""),
    "InvalidExtensionIdentifier": (NEXT, {"identifier": "me"}, b""),
    "UnknownExtensionIdentifier": (NEXT, {"identifier": "0" * 32}, b""),
    "InvalidExtensionName": (REGISTER, {}, b"{}"),
    "InvalidEventType": (REGISTER, {"name": "internal"}, b'{"events": ["SHUTDOWN"]}'),
    "RegistrationClosed": (REGISTER, {"name": "late"}, b"{}"),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_is_refused(reason: str) -> None:
    api = ExtensionsApi(["e"], ABOUT, "1")
    api.close_registration()
    route, headers, body = REFUSED[reason]
    answer = call(api, route, body, **headers)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.document["errorType"]) == (403, f"Extension.{reason}")


def test_who_may_register() -> None:
    api = ExtensionsApi(["external"], ABOUT, "1")
    assert not api.all_registered
    answer = call(api, REGISTER, b'{"events": ["INVOKE"]}', name="external", accept_feature="x, accountId")
    assert isinstance(answer, Registered)
    assert answer.document == {**ABOUT, "accountId": "1"}
    assert api.all_registered
    for number in range(9):
        registered(api, f"internal-{number}", "INVOKE")
    for name, body in (("eleventh", b"{}"), ("external", b"[]"), ("internal-1", b"{}")):
        refusal = call(api, REGISTER, body, name=name)
        assert isinstance(refusal, Answer)
        assert refusal.status == 403


def test_other_apis_of_extensions_are_said_not_to_be_supported() -> None:
    api = ExtensionsApi([], ABOUT, "1")
    answers = [api.receive("PUT", path, {}, b"{}") for path in ("/2022-07-01/telemetry", "/2020-08-15/logs")]
    assert [answer.document["errorType"] for answer in answers if isinstance(answer, Answer)] == [
        "Telemetry.NotSupported",
        "Logs.NotSupported",
    ]


@pytest.fixture(scope="module")
def watcher(aws: Account) -> str:
    """A layer with an extension that says what it is told."""
    script = f"#!{sys.executable}\n{guest_source('extension.py')}"
    return publish(aws, {"extensions/watcher": script, "extensions/folder/file": ""})


def watched(aws: Account, watcher: str, does: str, handler: str = "basic.echo", **settings: Any) -> str:
    variables = {"Variables": {"EXTENSION": does}}
    return aws.deploy(handler, Layers=[watcher], Environment=variables, **settings)


def invoke(aws: Account, name: str) -> Any:
    return json.load(aws.client("lambda").invoke(FunctionName=name)["Payload"])


def told(lines: list[str], what: str) -> list[Any]:
    """What the extension has said in the log."""
    start = f"extension {what} "
    return [json.loads(line.removeprefix(start)) for line in lines if line.startswith(start)]


def test_an_extension_sees_the_life_of_an_environment(aws: Account, watcher: str) -> None:
    name = watched(aws, watcher, "watches")
    for _ in range(2):
        assert invoke(aws, name) == {}
    aws.client("lambda").delete_function(FunctionName=name)
    lines = aws.log_with(name, "extension has")
    (about,) = told(lines, "registered")
    assert about == {
        "functionName": name,
        "functionVersion": "$LATEST",
        "handler": "basic.echo",
        "accountId": "123456789012",
    }
    assert told(lines, "variables") == [["AWS_REGION"]]
    first, second, last = told(lines, "told")
    ids = [line.split()[2] for line in lines if line.startswith("START")]
    assert [first["requestId"], second["requestId"]] == ids
    assert first["invokedFunctionArn"].endswith(f":function:{name}")
    assert first["tracing"]["value"].startswith("Root=1-")
    assert (last["eventType"], last["shutdownReason"], told(lines, "has")) == ("SHUTDOWN", "spindown", [True])
    assert "EXTENSION\tName: watcher\tState: Ready\tEvents: [INVOKE,SHUTDOWN]" in lines


def test_an_invocation_ends_when_its_extensions_are_done(aws: Account, watcher: str) -> None:
    name = watched(aws, watcher, "lingers")
    invoke(aws, name)
    invoke(aws, name)
    lines = aws.log_with(name, "REPORT", count=2)
    order = [line.split()[0] for line in lines if line.startswith(("START", "END", "extension lingered"))]
    assert order == ["START", "extension", "END"] * 2


@pytest.mark.parametrize(
    ("does", "error"),
    [("crashes", ("Extension.Crash", "exit status 3")), ("reports", ("Extension.InitError", "exit code 0"))],
)
def test_an_extension_that_fails_fails_the_initialisation(
    aws: Account, watcher: str, does: str, error: tuple[str, str]
) -> None:
    name = watched(aws, watcher, does)
    for _ in range(2):
        document = invoke(aws, name)
        assert (document["errorType"], document["errorMessage"].partition("Error: ")[2]) == error


def test_an_extension_that_cannot_be_executed(aws: Account) -> None:
    layer = publish(aws, {"extensions/text": "no program"}, mode=0o644)
    document = invoke(aws, aws.deploy("basic.echo", Layers=[layer]))
    assert document["errorType"] == "Extension.LaunchError"
    assert document["errorMessage"].endswith("fork/exec /opt/extensions/text: permission denied")


def test_an_extension_is_told_of_a_timeout(aws: Account, watcher: str) -> None:
    name = watched(aws, watcher, "watches", "failures.stays", Timeout=1)
    assert invoke(aws, name)["errorType"] == "Sandbox.Timedout"
    lines = aws.log_with(name, "extension has")
    assert told(lines, "told")[-1]["shutdownReason"] == "timeout"


def test_an_extension_may_take_invocations_to_a_web_server(aws: Account) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    adapter = {
        "extensions/adapter": f"#!{sys.executable}\n{guest_source('adapter.py')}",
        "bootstrap": '#!/bin/sh\nexec "$LAMBDA_TASK_ROOT/$_HANDLER"\n',
    }
    code = {
        "run.sh": "#!/bin/sh\nexec python3 web_server.py\n",
        "web_server.py": guest_source("web_server.py"),
    }
    variables = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap", "AWS_LWA_PORT": port}
    name = aws.create(
        Runtime="python3.13",
        Handler="run.sh",
        Code={"ZipFile": zipped(code)},
        Layers=[publish(aws, adapter)],
        Environment={"Variables": variables},
    )
    url = aws.url(name)
    for path, status in (("ok", 200), ("nothing", 404)):
        answer = request(url + path)
        assert (answer.status, answer.header("content-type"), answer.complete) == (status, "text/plain", True)
        assert answer.chunks == [b"0\n", b"1\n", b"2\n"]
