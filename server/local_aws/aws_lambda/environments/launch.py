"""How a function's process is started: its command line and its environment variables.

Variables: docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html (checked 2026-11).
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from server.local_aws.aws_lambda.failure import FunctionFailure
from server.local_aws.aws_lambda.function import Function
from server.local_aws.aws_lambda.runtimes import UnsupportedRuntime, command

TASK_ROOT_ON_AWS = "/var/task"
BOOTSTRAPS_ON_AWS = f"[{TASK_ROOT_ON_AWS}/bootstrap /opt/bootstrap]"
RUN_WRAPPED = """
[ -f "$1" ] || { echo "$2: does not exist"; exit 127; }
[ -x "$1" ] || { echo "$2: is not an executable"; exit 126; }
wrapper="$1"
shift 2
exec "$wrapper" "$@"
"""
"""What starts a wrapper script: its path here, its path on AWS, the argv of the runtime."""


class NotRunning(Exception):
    """The function's process cannot be started, or has ended: the type of the error, and why."""

    def __init__(self, error_type: str, reason: str) -> None:
        super().__init__(reason)
        self.error_type = error_type
        self.reason = reason

    def failure(self, request_id: str) -> FunctionFailure:
        """Return the failure of the invocation that has no process."""
        return FunctionFailure.of(self.error_type, f"RequestId: {request_id} Error: {self.reason}")


def command_line(function: Function, task_root: Path) -> list[str]:
    """The argv of the function's process. A wrapper script is named by its path on AWS (`/var/task/…`) and
    run from `task_root`; as on AWS, only managed runtimes honour it, and one that cannot run ends the process
    with the status that a shell has for that. Raises `NotRunning`."""
    if function.runtime.startswith("provided"):
        bootstrap = task_root / "bootstrap"
        if not bootstrap.is_file():
            reason = f"Couldn't find valid bootstrap(s): {BOOTSTRAPS_ON_AWS}"
            raise NotRunning("Runtime.InvalidEntrypoint", reason)
        return [str(bootstrap)]
    try:
        argv = command(function.runtime)
    except UnsupportedRuntime as error:
        raise NotRunning("Runtime.InvalidRuntime", str(error)) from None
    wrapper = function.environment.get("AWS_LAMBDA_EXEC_WRAPPER")
    if not wrapper:
        return argv
    path = wrapper
    if wrapper.startswith(TASK_ROOT_ON_AWS + "/"):
        path = str(task_root / wrapper[len(TASK_ROOT_ON_AWS) + 1 :])
    return ["/bin/sh", "-c", RUN_WRAPPED, "bootstrap", path, wrapper, *argv]


def not_started(function: Function, error: OSError) -> NotRunning:
    """Return why the process could not be started, in Lambda's words:
    `fork/exec /var/task/bootstrap: permission denied`
    (github.com/awslabs/aws-lambda-dart-runtime/issues/20, checked 2026-11)."""
    folder = TASK_ROOT_ON_AWS if function.runtime.startswith("provided") else "/var/runtime"
    reason = (error.strerror or "unknown error").lower()
    return NotRunning("Runtime.InvalidEntrypoint", f"fork/exec {folder}/bootstrap: {reason}")


def exited(status: int) -> NotRunning:
    """Return why a process with this exit status, which is negative for a signal, runs no more."""
    how = "without providing a reason"
    if status:
        how = f"with error: exit status {status}" if status > 0 else f"with error: signal {-status}"
    return NotRunning("Runtime.ExitError", f"Runtime exited {how}")


def environment_variables(
    function: Function,
    runtime_api: str,
    *,
    task_root: Path,
    log_stream: str,
    endpoint_url: str,
    credentials: Mapping[str, str],
    trusted: Mapping[str, str],
) -> dict[str, str]:
    """What the process sees: Lambda's variables and the function's own; of this machine's only `PATH`, with
    the interpreters that come with the stand-in first. An SDK inside the function reaches `endpoint_url` and
    signs with `credentials`; `trusted` makes it trust the stand-in's endpoints over TLS."""
    variables = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "LAMBDA_TASK_ROOT": str(task_root),
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        **credentials,
        "AWS_ENDPOINT_URL": endpoint_url,
        **trusted,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "_HANDLER": function.handler,
    }
    if not function.runtime.startswith("provided"):
        variables["AWS_EXECUTION_ENV"] = f"AWS_Lambda_{function.runtime}"
    return {**variables, **function.environment, "AWS_LAMBDA_RUNTIME_API": runtime_api}
