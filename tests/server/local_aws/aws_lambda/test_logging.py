"""`LoggingConfig`, and what the platform and functions say in the log with it and without."""

import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from server.local_aws.aws_lambda import runtimes
from server.local_aws.aws_lambda.environments.platform_events import level_of
from tests.support.account import Account
from tests.support.guests import guest_source, zipped

NODE = {
    "Runtime": "nodejs24.x",
    "Handler": "index.handler",
    "Code": {"ZipFile": zipped({"index.mjs": guest_source("logs.mjs")})},
}
SHELL = {"Code": {"ZipFile": zipped({"bootstrap": guest_source("logs.sh")})}}


def invoked(aws: Account, name: str, **event: Any) -> None:
    aws.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))


def logged(aws: Account, group: str, last: str) -> list[dict[str, Any]]:
    """The events of a log group whose function has ended with `last`, those that are no JSON as messages."""
    logs = aws.client("logs")
    lines = [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]
    assert any(last in line for line in lines), lines
    return [json.loads(line) if line.startswith("{") else {"text": line} for line in lines]


def test_what_a_function_has(aws: Account) -> None:
    functions = aws.client("lambda")
    name = aws.deploy("basic.one")

    def config() -> dict[str, str]:
        found: dict[str, str] = functions.get_function_configuration(FunctionName=name)["LoggingConfig"]
        return found

    group = f"/aws/lambda/{name}"
    assert config() == {"LogFormat": "Text", "LogGroup": group}
    functions.update_function_configuration(FunctionName=name, LoggingConfig={"LogFormat": "JSON"})
    levels = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}
    assert config() == {"LogFormat": "JSON", "LogGroup": group, **levels}
    changed = functions.update_function_configuration(
        FunctionName=name, LoggingConfig={"SystemLogLevel": "WARN", "LogGroup": "mine"}
    )
    expected = {"LogFormat": "JSON", "LogGroup": "mine", **levels, "SystemLogLevel": "WARN"}
    assert changed["LoggingConfig"] == config() == expected
    functions.update_function_configuration(FunctionName=name, LoggingConfig={"LogFormat": "Text"})
    assert config() == {"LogFormat": "Text", "LogGroup": "mine"}


@pytest.mark.parametrize(
    "config",
    [
        {"ApplicationLogLevel": "DEBUG"},
        {"LogFormat": "XML"},
        {"LogGroup": "a b"},
        {"SystemLogLevel": "ERROR"},
    ],
)
def test_what_is_refused(aws: Account, config: dict[str, str]) -> None:
    with pytest.raises(ClientError) as refused:
        aws.deploy("basic.one", LoggingConfig=config)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_python_function_logs_in_json(aws: Account) -> None:
    group = f"group-{uuid.uuid4().hex[:8]}"
    config = {"LogFormat": "JSON", "LogGroup": group}
    name = aws.deploy_python("logs.handler", LoggingConfig=config)
    invoked(aws, name, fail=True)
    events = logged(aws, group, "platform.report")
    by_type = {event.get("type") or str(event.get("message")): event for event in events}
    start = by_type["platform.start"]["record"]
    assert start["version"] == "$LATEST"
    assert by_type["platform.initStart"]["record"]["functionName"] == name
    report = by_type["platform.report"]["record"]
    assert report["requestId"] == start["requestId"]
    assert report["status"] == "success"
    assert set(report["metrics"]) >= {"durationMs", "billedDurationMs", "memorySizeMB", "initDurationMs"}
    told = by_type["told so"]
    assert (told["level"], told["logger"], told["order"]) == ("INFO", "mine", 7)
    assert told["requestId"] == start["requestId"]
    assert {"text": "printed"} in events
    assert [event["message"] for event in events if event.get("level") == "WARNING"] == [{"as": "it is"}]
    (failure,) = [event for event in events if event.get("level") == "ERROR"]
    assert (failure["errorType"], failure["errorMessage"]) == ("ValueError", "as asked")
    assert "too detailed" not in str(events)
    assert "platform.runtimeDone" not in by_type
    streams = aws.client("logs").describe_log_streams(logGroupName=group)["logStreams"]
    assert re.fullmatch(rf"\d+/\d+/\d+/{name}\[\$LATEST\][0-9a-f]{{32}}", streams[0]["logStreamName"])


def test_a_node_function_logs_in_json(aws: Account) -> None:
    name = aws.create(**NODE, LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "WARN"})
    invoked(aws, name)
    events = logged(aws, f"/aws/lambda/{name}", "as asked")
    messages = [event for event in events if "level" in event]
    assert [event["level"] for event in messages] == ["INFO", "WARN", "ERROR", "ERROR"]
    assert [event["message"] for event in messages[:2]] == ["one\ntwo { a: 1 }", {"as": "it is"}]
    assert (messages[2]["errorType"], messages[2]["errorMessage"]) == ("RangeError", "far")
    assert messages[3]["message"]["errorType"] == "TypeError"
    assert not [event for event in events if str(event.get("type", "")).startswith("platform.")]


def test_levels_of_what_any_runtime_writes(aws: Account) -> None:
    config = {"LogFormat": "JSON", "ApplicationLogLevel": "ERROR", "SystemLogLevel": "DEBUG"}
    name = aws.create(**SHELL, LoggingConfig=config)
    invoked(aws, name)
    events = logged(aws, f"/aws/lambda/{name}", "platform.report")
    assert [event["msg"] for event in events if "msg" in event] == ["grave"]
    assert not [event for event in events if "text" in event]
    (done,) = [event["record"] for event in events if event.get("type") == "platform.runtimeDone"]
    assert (done["status"], done["errorType"]) == ("error", "Runtime.ExitError")


def test_what_a_function_is_told_of_logs(aws: Account) -> None:
    def told(**config: str) -> dict[str, str | None]:
        name = aws.deploy_python("logs.variables", LoggingConfig={"LogGroup": "of-variables", **config})
        found: dict[str, str | None] = json.load(aws.client("lambda").invoke(FunctionName=name)["Payload"])
        return found

    text = told()
    assert text["AWS_XRAY_DAEMON_ADDRESS"] == "127.0.0.1:2000"
    assert text["AWS_LAMBDA_LOG_GROUP_NAME"] == "of-variables"
    assert text["AWS_LAMBDA_LOG_FORMAT"] is None
    in_json = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "DEBUG"}
    assert told(LogFormat="JSON", ApplicationLogLevel="DEBUG") == {**text, **in_json}


@pytest.mark.parametrize(
    ("line", "level"),
    [
        (b'{"level": "Warn"}', "WARN"),
        (b'{"level": 3}', "INFO"),
        (b'{"a": 1}', "INFO"),
        (b'{"level": "ERROR"', "INFO"),
        (b"[" * 100_000, "INFO"),
        (b"{" + b'"a":[' * 100_000, "INFO"),
    ],
)
def test_the_level_of_a_line(line: bytes, level: str) -> None:
    assert level_of(line) == level


def field(report: str, name: str) -> float:
    match = re.search(rf"\t{name}: ([\d.]+)", report)
    assert match, report
    return float(match[1])


def test_the_report_of_an_invocation(aws: Account) -> None:
    name = aws.deploy_python("logs.handler", MemorySize=256)
    for megabytes in (0, 80):
        invoked(aws, name, megabytes=megabytes)
    lines = aws.log_with(name, "REPORT", count=2)
    (begun,) = (line for line in lines if line.startswith("INIT_START Runtime Version: python:3."))
    assert "\tRuntime Version ARN: arn:aws:lambda:ap-northeast-1::runtime:" in begun
    cold, warm = (line for line in lines if line.startswith("REPORT"))
    assert field(cold, "Billed Duration") >= field(cold, "Duration") + field(cold, "Init Duration")
    assert field(warm, "Billed Duration") < field(warm, "Duration") + 1
    assert 5 < field(cold, "Max Memory Used") < field(warm, "Max Memory Used") - 60
    assert field(warm, "Max Memory Used") > 80


def test_the_version_that_really_runs_is_told_once(aws: Account) -> None:
    name = aws.create(Runtime="nodejs18.x", Handler=NODE["Handler"], Code=NODE["Code"])
    invoked(aws, name)
    aws.client("lambda").update_function_configuration(FunctionName=name, Timeout=4)
    invoked(aws, name)
    lines = aws.log_with(name, "REPORT", count=2)
    told = [line for line in lines if "has no nodejs18.x: functions of it run on nodejs 2" in line]
    assert len(told) == 1


def python(folder: Path, version: str, says: str) -> None:
    """A program in `folder` that takes itself for a Python."""
    program = folder / f"python{version}"
    program.write_text(f"#!/bin/sh\necho {says}\n")
    program.chmod(0o755)


def test_an_installed_python_is_used_if_it_is_the_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python(tmp_path, "3.98", "3.98.1")
    python(tmp_path, "3.97", "3.9.7")
    python(tmp_path, "3.96", "; exit 127")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    found = runtimes.python_of("3.98")
    assert (found.program, found.version, found.as_asked) == (tmp_path / "python3.98", "3.98.1", True)
    for other in ("3.97", "3.96", "3.95"):
        assert not runtimes.python_of(other).as_asked
    argv = runtimes.command("python3.98")
    assert argv[0] == str(tmp_path / "python3.98")
    assert Path(argv[2], "simplejson").is_dir()
