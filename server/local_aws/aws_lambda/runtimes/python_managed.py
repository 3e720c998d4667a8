"""The managed Python runtime: buffered, as on AWS (a generator cannot be answered).

A program of its own, not a module to import: it runs as `python python_managed.py` in an execution
environment. Its answers are those of the published client awslambdaric 4.2.2 (checked 2026-11); the protocol:
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
"""

import decimal
import http.client
import importlib
import json
import logging
import math
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

sys.path.extend(sys.argv[1:])  # where simplejson and boto3 are, if this Python does not have them

import simplejson

ROOT = "/2018-06-01/runtime"
USER_AGENT = f"aws-lambda-python/{platform.python_version()}-4.2.2"
NO_BREAK_SPACE = "\u00a0"
IN_JSON = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
TIME = "%Y-%m-%dT%H:%M:%SZ"
OF_EVERY_RECORD = {*vars(logging.makeLogRecord({})), "message", "asctime", "aws_request_id"}

Handler = Callable[[Any, "LambdaContext"], Any]
Document = dict[str, Any]


class Fault(Exception):
    """A failure that the runtime itself names (`Runtime.…`)."""

    def __init__(self, type: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.type = f"Runtime.{type}"
        self.trace = trace or []


@dataclass
class CognitoIdentity:
    cognito_identity_id: str | None
    cognito_identity_pool_id: str | None


@dataclass
class Client:
    installation_id: str | None
    app_title: str | None
    app_version_name: str | None
    app_version_code: str | None
    app_package_name: str | None


@dataclass
class ClientContext:
    custom: Document | None
    env: Document | None
    client: Client | None


@dataclass
class LambdaContext:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html (checked 2026-11)."""

    aws_request_id: str
    invoked_function_arn: str
    function_name: str | None
    function_version: str | None
    memory_limit_in_mb: str | None
    log_group_name: str | None
    log_stream_name: str | None
    tenant_id: str | None
    identity: CognitoIdentity
    client_context: ClientContext | None
    _deadline_ms: int

    def get_remaining_time_in_millis(self) -> int:
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message: object) -> None:
        print(message, end="")


class RequestIdFilter(logging.Filter):
    """Gives each log record the id of the invocation it belongs to."""

    request_id = ""

    def filter(self, record: logging.LogRecord) -> bool:
        record.aws_request_id = self.request_id
        return True


class Encoder(simplejson.JSONEncoder):  # type: ignore[misc]  # simplejson has no types
    """JSON as AWS's runtime writes it: a Decimal keeps its digits, and letters stay letters from 3.12 on."""

    def __init__(self) -> None:
        minor = os.environ.get("AWS_EXECUTION_ENV", "").rpartition("python3.")[2]
        ascii_only = not (minor.isdigit() and int(minor) >= 12)
        super().__init__(use_decimal=False, allow_nan=True, ensure_ascii=ascii_only)

    def default(self, value: object) -> object:
        if isinstance(value, decimal.Decimal):
            return math.nan if value.is_nan() else simplejson.RawJSON(str(value))
        return super().default(value)


class RuntimeApi:
    """The client's side of the Runtime API, on one connection. `/next` waits without a time limit."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address)

    def next(self) -> tuple[bytes, http.client.HTTPMessage]:
        """The next invocation: its event and its headers. Raises `OSError` if the Runtime API is gone."""
        self._connection.request("GET", f"{ROOT}/invocation/next")
        response = self._connection.getresponse()
        event = response.read()
        if response.status != 200:
            raise ConnectionError(f"The Runtime API answered {response.status} to /next: {event!r}")
        return event, response.headers

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> None:
        self._connection.request("POST", ROOT + path, body, headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status >= 300:
            log_lines([f"[ERROR] The Runtime API answered {response.status}: {answer.decode()}"])


def main() -> None:
    del sys.argv[1:]
    sys.path[0:1] = search_path()  # what Python put there is this file's own folder
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    encoder = Encoder()
    requests = set_up_logging()
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as error:
        document = describe(error)
        log_failure(document)
        headers = {"Lambda-Runtime-Function-Error-Type": document["errorType"]}
        api.post("/init/error", encoder.encode(document).encode(), headers)
        sys.exit(1)
    while True:
        try:
            event, metadata = api.next()
        except (OSError, http.client.HTTPException) as error:
            sys.exit(f"The Runtime API is gone: {error}")
        requests.request_id = metadata["Lambda-Runtime-Aws-Request-Id"]
        set_trace_id(metadata["Lambda-Runtime-Trace-Id"])
        answer(api, encoder, handler, event, metadata)


def search_path() -> list[str]:
    """Where AWS's runtime looks first: the function's folder, then its layers
    (docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html, checked 2026-11)."""
    path = [os.environ["LAMBDA_TASK_ROOT"]]
    if layers := os.environ.get("LAMBDA_LAYERS_ROOT"):
        version = os.environ.get("AWS_EXECUTION_ENV", "").removeprefix("AWS_Lambda_")
        path += [f"{layers}/python/lib/{version}/site-packages", f"{layers}/python"]
    return path


def answer(
    api: RuntimeApi, encoder: Encoder, handler: Handler, event: bytes, metadata: http.client.HTTPMessage
) -> None:
    request_id = metadata["Lambda-Runtime-Aws-Request-Id"]
    headers = {"user-agent": USER_AGENT}
    if invocation_id := metadata["Lambda-Runtime-Invocation-Id"]:
        headers["lambda-runtime-invocation-id"] = invocation_id
    try:
        result = handler(read_event(event, metadata["Content-Type"]), make_context(metadata))
        body, headers["content-type"] = marshal(result, encoder)
        path = f"/invocation/{request_id}/response"
    except Exception as error:
        document = describe(error, request_id)
        log_failure(document)
        body, headers["content-type"] = encoder.encode(document).encode(), "application/json"
        path = f"/invocation/{request_id}/error"
    api.post(path, body, headers)


def load_handler(name: str) -> Handler:
    """The function that `module.function` names, `/` and `.` between packages. Raises `Fault`, or what the
    module raises when it is imported."""
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        raise Fault(
            "MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)"
        )
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault("BuiltInModuleConflict", f"Cannot use built-in module {module_name} as a handler module")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        raise Fault(
            "UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}", trace
        ) from error
    try:
        handler: Handler = getattr(module, function_name)
    except AttributeError:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise Fault("HandlerNotFound", message) from None
    return handler


def read_event(event: bytes, content_type: str) -> Any:
    if content_type != "application/json":
        return event
    try:
        return simplejson.loads(event)
    except ValueError as error:
        raise Fault("UnmarshalError", f"Unable to unmarshal input: {error}") from error


def marshal(result: object, encoder: Encoder) -> tuple[bytes, str]:
    """Return the body and content type of a handler's result. Raises `Fault` for what JSON cannot hold."""
    if isinstance(result, bytes):
        return result, "application/unknown"
    try:
        return encoder.encode(result).encode(), "application/json"
    except Exception as error:
        raise Fault("MarshalError", f"Unable to marshal response: {error}") from error


def make_context(metadata: http.client.HTTPMessage) -> LambdaContext:
    environ = os.environ.get
    identity = json_field(metadata, "Lambda-Runtime-Cognito-Identity", "Cognito Identity") or {}
    client = json_field(metadata, "Lambda-Runtime-Client-Context", "Client Context")
    return LambdaContext(
        aws_request_id=metadata["Lambda-Runtime-Aws-Request-Id"],
        invoked_function_arn=metadata["Lambda-Runtime-Invoked-Function-Arn"],
        function_name=environ("AWS_LAMBDA_FUNCTION_NAME"),
        function_version=environ("AWS_LAMBDA_FUNCTION_VERSION"),
        memory_limit_in_mb=environ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
        log_group_name=environ("AWS_LAMBDA_LOG_GROUP_NAME"),
        log_stream_name=environ("AWS_LAMBDA_LOG_STREAM_NAME"),
        tenant_id=metadata["Lambda-Runtime-Aws-Tenant-Id"],
        identity=CognitoIdentity(identity.get("cognitoIdentityId"), identity.get("cognitoIdentityPoolId")),
        client_context=client_context(client) if client else None,
        _deadline_ms=int(metadata["Lambda-Runtime-Deadline-Ms"]),
    )


def client_context(given: Document) -> ClientContext:
    client = given.get("client")
    names = Client.__dataclass_fields__
    return ClientContext(
        custom=given.get("custom"),
        env=given.get("env"),
        client=Client(**{name: client.get(name) for name in names}) if client else None,
    )


def json_field(metadata: http.client.HTTPMessage, header: str, title: str) -> Any:
    if not metadata[header]:
        return None
    try:
        return simplejson.loads(metadata[header])
    except ValueError as error:
        raise Fault("LambdaContextUnmarshalError", f"Unable to parse {title} JSON: {error}") from error


def describe(error: Exception, request_id: str = "") -> Document:
    """Return the error document: `errorMessage`, `errorType`, `requestId`, `stackTrace`."""
    if isinstance(error, Fault):
        name, trace = error.type, error.trace
    else:
        name, trace = type(error).__name__, stack_trace(error.__traceback__)
    return {"errorMessage": str(error), "errorType": name, "requestId": request_id, "stackTrace": trace}


def stack_trace(trace: TracebackType | None) -> list[str]:
    """The frames below this file's, formatted without the markers that newer Pythons put under a line."""
    frames = list(traceback.extract_tb(trace))
    while len(frames) > 1 and frames[0].filename == __file__:
        del frames[0]
    return traceback.format_list([(f.filename, f.lineno or 0, f.name, f.line) for f in frames])


def set_trace_id(trace_id: str | None) -> None:
    if trace_id is None:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    else:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id


class JsonFormatter(logging.Formatter):
    """A record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        kind, error, trace = record.exc_info or (None, None, None)
        plain = isinstance(record.msg, dict) and not record.args
        document = {
            "timestamp": self.formatTime(record, TIME),
            "level": logging.getLevelName(min(50, max(0, record.levelno)) // 10 * 10),
            "message": record.msg if plain else record.getMessage(),
            "logger": record.name,
            "stackTrace": traceback.format_tb(trace) if trace else None,
            "errorType": kind.__name__ if kind else None,
            "errorMessage": str(error) if kind else None,
            "requestId": getattr(record, "aws_request_id", None),
            "location": f"{record.pathname}:{record.funcName}:{record.lineno}" if kind else None,
        }
        more = {name: value for name, value in vars(record).items() if name not in OF_EVERY_RECORD}
        document = {**more, **document}
        kept = {name: value for name, value in document.items() if value is not None}
        return json.dumps(kept, ensure_ascii=False, default=str)


def set_up_logging() -> RequestIdFilter:
    """Each print and log record leaves at once, so that logs arrive in order and are not lost in a crash."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, write_through=True)  # type: ignore[union-attr]
    formatter: logging.Formatter = JsonFormatter()
    if not IN_JSON:
        formatter = logging.Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s",
            "%Y-%m-%dT%H:%M:%S",
        )
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper().replace("TRACE", "DEBUG")
    if level in ("DEBUG", "INFO", "WARN", "WARNING", "ERROR", "FATAL", "CRITICAL"):
        logging.getLogger().setLevel(level)
    formatter.converter = time.gmtime
    requests = RequestIdFilter()
    log = logging.StreamHandler(sys.stdout)
    log.setFormatter(formatter)
    log.addFilter(requests)
    logging.getLogger().addHandler(log)
    return requests


def log_failure(document: Document) -> None:
    if IN_JSON:
        stamp = {"timestamp": time.strftime(TIME, time.gmtime()), "level": "ERROR"}
        print(Encoder().encode({**stamp, **document}))
        return
    lines = [
        f"[ERROR] {document['errorType']}: {document['errorMessage']}",
        "Traceback (most recent call last):",
    ]
    for entry in document["stackTrace"]:
        for line in entry.splitlines():
            text = line.lstrip(" ")
            lines.append(NO_BREAK_SPACE * (len(line) - len(text)) + text)
    log_lines(lines)


def log_lines(lines: list[str]) -> None:
    """Lines as one log event: carriage returns between them, no-break spaces before them."""
    print("\r".join(lines))


if __name__ == "__main__":
    main()
