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


def command_line(function: Function, task_root: Path) -> list[str]:
    """The argv of the function's process. A wrapper script is named by its path on AWS (`/var/task/…`) and
    run from `task_root`; as on AWS, only managed runtimes honour it. Raises `FunctionFailure`."""
    if function.runtime.startswith("provided"):
        bootstrap = task_root / "bootstrap"
        if not bootstrap.is_file():
            raise FunctionFailure.of(
                "Runtime.InvalidEntrypoint",
                f"Couldn't find valid bootstrap(s): [{TASK_ROOT_ON_AWS}/bootstrap]",
            )
        return [str(bootstrap)]
    try:
        argv = command(function.runtime)
    except UnsupportedRuntime as error:
        raise FunctionFailure.of("Runtime.InvalidRuntime", str(error)) from None
    wrapper = function.environment.get("AWS_LAMBDA_EXEC_WRAPPER")
    if wrapper is None:
        return argv
    if wrapper.startswith(TASK_ROOT_ON_AWS + "/"):
        wrapper = str(task_root / wrapper[len(TASK_ROOT_ON_AWS) + 1 :])
    if not Path(wrapper).is_file():
        raise FunctionFailure.of("Runtime.ExitError", f"{wrapper}: no such file (AWS_LAMBDA_EXEC_WRAPPER)")
    return [wrapper, *argv]


def environment_variables(
    function: Function,
    *,
    runtime_api: str,
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
