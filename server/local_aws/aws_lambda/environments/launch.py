"""How a function's process is started: its command line and its environment variables.

Variables: docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html (checked 2026-11).
"""

import errno
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from server.local_aws.aws_lambda.environments import opt
from server.local_aws.aws_lambda.failure import FunctionFailure
from server.local_aws.aws_lambda.function import Function
from server.local_aws.aws_lambda.runtimes import UnsupportedRuntime, command, node_sdk

TASK_ROOT_ON_AWS = "/var/task"
LAYERS_ON_AWS = "/opt"
BOOTSTRAPS_ON_AWS = f"[{TASK_ROOT_ON_AWS}/bootstrap {LAYERS_ON_AWS}/bootstrap]"
RUN_WRAPPED = """
[ -f "$1" ] || { echo "$2: does not exist"; exit 127; }
[ -x "$1" ] || { echo "$2: is not an executable"; exit 126; }
wrapper="$1"
shift 2
exec "$wrapper" "$@"
"""
"""What starts a wrapper script: its path here, its path on AWS, the argv of the runtime."""


XRAY_DAEMON = ("127.0.0.1", "2000")
"""Where an X-Ray SDK sends its segments: nobody listens, and nothing leaves the machine."""

NOT_FOR_EXTENSIONS = {
    *("AWS_EXECUTION_ENV", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"),
    *("AWS_XRAY_CONTEXT_MISSING", "AWS_XRAY_DAEMON_ADDRESS", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT"),
    *("_AWS_XRAY_DAEMON_ADDRESS", "_AWS_XRAY_DAEMON_PORT", "_HANDLER"),
}
"""Variables that only the runtime has (docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html,
checked 2026-11)."""


@dataclass(frozen=True)
class Roots:
    """Where a function's code lies on this machine, `/var/task` on AWS, and its layers, `/opt` on AWS, if it
    has any. `mounted`: its processes see the layers as `/opt` here, too."""

    task: Path
    layers: Path | None = None
    mounted: bool = False

    @property
    def opt(self) -> Path | None:
        """The layers' folder, as the function's processes see it."""
        return Path(LAYERS_ON_AWS) if self.mounted else self.layers

    def on_this_machine(self, path: str) -> str:
        """Return where `path`, as it is on AWS, is for the function's processes."""
        for on_aws, here in ((TASK_ROOT_ON_AWS, self.task), (LAYERS_ON_AWS, self.opt)):
            if here is not None and path.startswith(on_aws + "/"):
                return str(here / path[len(on_aws) + 1 :])
        return path

    def launcher(self) -> list[str]:
        """Return the beginning of each command line."""
        return opt.launcher(self.layers) if self.mounted and self.layers else []

    def extensions(self) -> list[Path]:
        """Return the files of `/opt/extensions`, each an extension to start."""
        folder = self.layers / "extensions" if self.layers else None
        if folder is None or not folder.is_dir():
            return []
        return sorted(path for path in folder.iterdir() if not path.is_dir())


class NotRunning(Exception):
    """The function's process cannot be started, or has ended: the type of the error, and why."""

    def __init__(self, error_type: str, reason: str) -> None:
        super().__init__(reason)
        self.error_type = error_type
        self.reason = reason

    def failure(self, request_id: str) -> FunctionFailure:
        """Return the failure of the invocation that has no process."""
        return FunctionFailure.of(self.error_type, f"RequestId: {request_id} Error: {self.reason}")


class Program(Protocol):
    """What a process of an environment runs."""

    @property
    def folder(self) -> Path:
        """In which it runs."""

    def argv(self) -> list[str]:
        """Return its command line. Raises `NotRunning`, and `OSError` if it cannot be executed."""

    def not_started(self, error: OSError) -> NotRunning:
        """Return why it could not be started."""

    def exited(self, status: int) -> NotRunning:
        """Return why it runs no more; `status` is negative for a signal."""


@dataclass(frozen=True)
class Runtime:
    """The runtime of a function, with the function in it."""

    function: Function
    roots: Roots

    @property
    def folder(self) -> Path:
        return self.roots.task

    def argv(self) -> list[str]:
        """A wrapper script is named by its path on AWS (`/var/task/…`, `/opt/…`) and run from where that is
        here; as on AWS, only managed runtimes honour it, and one that cannot run ends the process with the
        status that a shell has for that."""
        function, roots = self.function, self.roots
        if function.runtime.startswith("provided"):
            return [*roots.launcher(), str(self._bootstrap())]
        try:
            argv = command(function.runtime)
        except UnsupportedRuntime as error:
            raise NotRunning("Runtime.InvalidRuntime", str(error)) from None
        wrapper = function.environment.get("AWS_LAMBDA_EXEC_WRAPPER")
        if wrapper:
            argv = ["/bin/sh", "-c", RUN_WRAPPED, "bootstrap", roots.on_this_machine(wrapper), wrapper, *argv]
        return [*roots.launcher(), *argv]

    def _bootstrap(self) -> Path:
        """Return the function's own `bootstrap`, or that of its layers. Raises `NotRunning`, `OSError`."""
        folders = [folder for folder in (self.roots.task, self.roots.layers) if folder is not None]
        for folder in folders:
            if (bootstrap := folder / "bootstrap").is_file():
                return executable(bootstrap)
        reason = f"Couldn't find valid bootstrap(s): {BOOTSTRAPS_ON_AWS}"
        raise NotRunning("Runtime.InvalidEntrypoint", reason)

    def not_started(self, error: OSError) -> NotRunning:
        """In Lambda's words: `fork/exec /var/task/bootstrap: permission denied`
        (github.com/awslabs/aws-lambda-dart-runtime/issues/20, checked 2026-11)."""
        folder = TASK_ROOT_ON_AWS if self.function.runtime.startswith("provided") else "/var/runtime"
        return NotRunning("Runtime.InvalidEntrypoint", f"fork/exec {folder}/bootstrap: {in_words(error)}")

    def exited(self, status: int) -> NotRunning:
        how = "without providing a reason"
        if status:
            how = f"with error: exit status {status}" if status > 0 else f"with error: signal {-status}"
        return NotRunning("Runtime.ExitError", f"Runtime exited {how}")


@dataclass(frozen=True)
class Extension:
    """An external extension: an executable file in `/opt/extensions`."""

    path: Path
    roots: Roots

    @property
    def folder(self) -> Path:
        return self.path.parent

    def argv(self) -> list[str]:
        return [*self.roots.launcher(), str(executable(self.path))]

    def not_started(self, error: OSError) -> NotRunning:
        reason = f"fork/exec {LAYERS_ON_AWS}/extensions/{self.path.name}: {in_words(error)}"
        return NotRunning("Extension.LaunchError", reason)

    def exited(self, status: int) -> NotRunning:
        """`exit code 0` and `exit status 1`: github.com/elastic/apm-aws-lambda/pull/145 (checked 2026-11)."""
        how = f"exit status {status}" if status > 0 else f"signal {-status}" if status else "exit code 0"
        return NotRunning("Extension.Crash", how)


def executable(path: Path) -> Path:
    """Return `path`. Raises `OSError` if it may not be executed."""
    if not os.access(path, os.X_OK):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))
    return path


def in_words(error: OSError) -> str:
    return (error.strerror or "unknown error").lower()


def environment_variables(
    function: Function,
    runtime_api: str,
    *,
    roots: Roots,
    log_stream: str,
    endpoint_url: str,
    credentials: Mapping[str, str],
    trusted: Mapping[str, str],
) -> dict[str, str]:
    """What the process sees: Lambda's variables and the function's own; of this machine's only `PATH`, with
    the interpreters that come with the stand-in first. An SDK inside the function reaches `endpoint_url` and
    signs with `credentials`; `trusted` makes it trust the stand-in's endpoints over TLS."""
    programs = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    if roots.opt is not None:
        programs.append(str(roots.opt / "bin"))
    variables = {
        "PATH": os.pathsep.join(programs),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "LAMBDA_TASK_ROOT": str(roots.task),
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        **credentials,
        "AWS_ENDPOINT_URL": endpoint_url,
        **trusted,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_LOG_GROUP_NAME": function.logging.group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": f"{XRAY_DAEMON[0]}:{XRAY_DAEMON[1]}",
        "_AWS_XRAY_DAEMON_ADDRESS": XRAY_DAEMON[0],
        "_AWS_XRAY_DAEMON_PORT": XRAY_DAEMON[1],
        "_HANDLER": function.handler,
    }
    if function.logging.json:
        variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        variables["AWS_LAMBDA_LOG_LEVEL"] = function.logging.application_level
    if roots.opt is not None:
        variables["LAMBDA_LAYERS_ROOT"] = str(roots.opt)
        variables["LD_LIBRARY_PATH"] = str(roots.opt / "lib")
    if folders := node_path(function.runtime, roots.opt):
        variables["NODE_PATH"] = os.pathsep.join(map(str, folders))
    if not function.runtime.startswith("provided"):
        variables["AWS_EXECUTION_ENV"] = f"AWS_Lambda_{function.runtime}"
    return {**variables, **function.environment, "AWS_LAMBDA_RUNTIME_API": runtime_api}


def node_path(runtime: str, opt: Path | None) -> list[Path]:
    """Return where Node finds what layers bring along, and AWS's SDK
    (docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html, checked 2026-11). The managed Python runtime
    searches `/opt/python` itself, after the function's own folder."""
    major = runtime.removeprefix("nodejs").removesuffix(".x")
    folders = [opt / "nodejs" / f"node{major}", opt / "nodejs"] if opt is not None else []
    found = [folder / "node_modules" for folder in folders]
    sdk = node_sdk.modules() if runtime.startswith("nodejs") else None
    return found if sdk is None else [*found, sdk]


def of_extension(variables: Mapping[str, str]) -> dict[str, str]:
    """Return those of a function's variables that its extensions see."""
    return {name: value for name, value in variables.items() if name not in NOT_FOR_EXTENSIONS}
