"""What the platform says in a function's log: as lines of text, or as JSON. No I/O.

Records and levels: docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html and
…/monitoring-cloudwatchlogs-log-level.html; lines of text: …/monitoring-cloudwatchlogs-view.html (all checked
2026-11), and logs that others have published.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from server.local_aws.aws_lambda.environments.invocation import TIMED_OUT, Invocation
from server.local_aws.aws_lambda.failure import FunctionFailure
from server.local_aws.aws_lambda.function import Function

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
"""From the most detailed to the gravest."""

ON_DEMAND = {"initializationType": "on-demand", "phase": "init"}


@dataclass(frozen=True)
class PlatformEvent:
    """One event: `text` is its line in the text format, "" if that has none."""

    type: str
    level: str
    record: Mapping[str, Any]
    text: str = ""

    def as_json(self) -> str:
        time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        document = {"time": time, "type": f"platform.{self.type}", "record": self.record}
        return json.dumps(document, separators=(",", ":"))


@dataclass(frozen=True)
class Usage:
    """What an invocation took. `init_seconds`: None if its environment was there before; `memory` in MB: None
    where this machine does not tell."""

    seconds: float
    init_seconds: float | None
    memory: int | None


def at_least(level: str, threshold: str) -> bool:
    """Return whether `level` is as grave as `threshold`, which is one of `LEVELS`. Any other level counts as
    INFO."""
    known = level if level in LEVELS else "INFO"
    return LEVELS.index(known) >= LEVELS.index(threshold)


def level_of(line: bytes) -> str:
    """Return the level of a line that a function wrote: INFO unless it is a JSON object that has another."""
    if not line.startswith(b"{"):
        return "INFO"
    try:
        level = json.loads(line).get("level")
    except (ValueError, RecursionError):
        return "INFO"
    return level.upper() if isinstance(level, str) else "INFO"


def init_start(function: Function, version: str, log_stream: str) -> PlatformEvent:
    """`version`: of the runtime that is started, as `python:3.13.2`."""
    arn = f"arn:aws:lambda:{function.region}::runtime:{sha256(version.encode()).hexdigest()}"
    record = {
        **ON_DEMAND,
        "runtimeVersion": version,
        "runtimeVersionArn": arn,
        "functionName": function.name,
        "functionVersion": function.version,
        "instanceId": log_stream,
        "instanceMaxMemory": function.memory * 1024 * 1024,
    }
    text = f"INIT_START Runtime Version: {version}\tRuntime Version ARN: {arn}"
    return PlatformEvent("initStart", "INFO", record, text)


def init_report(seconds: float, status: str) -> PlatformEvent:
    """Of an initialisation that did not end well."""
    milliseconds = round(seconds * 1000, 2)
    record = {**ON_DEMAND, "status": status, "metrics": {"durationMs": milliseconds}}
    text = f"INIT_REPORT Init Duration: {milliseconds:.2f} ms\tPhase: init\tStatus: {status}"
    return PlatformEvent("initReport", "WARN", record, text)


def extension(name: str, state: str, events: tuple[str, ...]) -> PlatformEvent:
    """The line of text: github.com/elastic/apm-aws-lambda/pull/145 (checked 2026-11)."""
    listed = ",".join(events)
    record = {"name": name, "state": state, "events": list(events)}
    return PlatformEvent(
        "extension", "INFO", record, f"EXTENSION\tName: {name}\tState: {state}\tEvents: [{listed}]"
    )


def start(invocation: Invocation) -> PlatformEvent:
    function = invocation.function
    record = {
        "requestId": invocation.request_id,
        "functionArn": ":".join(function.arn.split(":")[:7]),
        "version": function.version,
    }
    text = f"START RequestId: {invocation.request_id} Version: {function.version}"
    return PlatformEvent("start", "INFO", record, text)


def done(invocation: Invocation, failure: FunctionFailure | None, seconds: float) -> PlatformEvent:
    record = {
        "requestId": invocation.request_id,
        **ended(failure),
        "metrics": {"durationMs": round(seconds * 1000, 3)},
    }
    level = "DEBUG" if failure is None else "WARN"
    return PlatformEvent("runtimeDone", level, record, f"END RequestId: {invocation.request_id}")


def report(invocation: Invocation, failure: FunctionFailure | None, usage: Usage) -> PlatformEvent:
    """An initialisation is billed as well, since 2025-08
    (aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/, checked 2026-11)."""
    milliseconds = usage.seconds * 1000
    billed = math.ceil(milliseconds + (usage.init_seconds or 0) * 1000)
    function = invocation.function
    metrics: dict[str, float] = {
        "durationMs": round(milliseconds, 3),
        "billedDurationMs": billed,
        "memorySizeMB": function.memory,
    }
    line = [
        f"REPORT RequestId: {invocation.request_id}",
        f"Duration: {milliseconds:.2f} ms",
        f"Billed Duration: {billed} ms",
        f"Memory Size: {function.memory} MB",
    ]
    if usage.memory is not None:
        metrics["maxMemoryUsedMB"] = usage.memory
        line.append(f"Max Memory Used: {usage.memory} MB")
    if usage.init_seconds is not None:
        metrics["initDurationMs"] = round(usage.init_seconds * 1000, 3)
        line.append(f"Init Duration: {usage.init_seconds * 1000:.2f} ms")
    status = ended(failure)
    if failure is not None:
        line.append(f"Status: {status['status']}")
    if "errorType" in status:
        line.append(f"Error Type: {status['errorType']}")
    record = {"requestId": invocation.request_id, "metrics": metrics, **status}
    return PlatformEvent("report", "INFO" if failure is None else "WARN", record, "\t".join(line))


def ended(failure: FunctionFailure | None) -> dict[str, str]:
    """How an invocation ended. An error that the function itself reports is a success of the platform's
    (github.com/aws-samples/aws-lambda-extensions/issues/85, checked 2026-11)."""
    if failure is None:
        return {"status": "success"}
    if failure.error_type == TIMED_OUT:
        return {"status": "timeout"}
    return {"status": "error", "errorType": failure.error_type}
