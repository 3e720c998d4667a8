"""The Runtime API (2018-06-01) as a protocol: a request's head in, what to do about it out. No I/O.

Routes, headers and status codes: docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html; states and error
bodies: the runtime interface emulator that AWS publishes
(github.com/aws/aws-lambda-runtime-interface-emulator); both checked 2026-11.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

AnyRefusal = TypeVar("AnyRefusal", bound="Refusal")

PREFIX = "/2018-06-01"
GETS = ("/ping", "/runtime/invocation/next", "/runtime/restore/next")
POSTS = ("/runtime/init/error", "/runtime/restore/error")
REPLY = re.compile(r"/runtime/invocation/([^/]+)/(response|error)")
MODE_HEADER = "lambda-runtime-function-response-mode"
ERROR_TYPE_HEADER = "lambda-runtime-function-error-type"
ERROR_BODY_HEADER = "lambda-runtime-function-error-body"
INVOCATION_ID_HEADER = "lambda-runtime-invocation-id"


class State(Enum):
    """Where a runtime is. The values are the names that AWS's error messages use."""

    STARTED = "Started"
    RESTORE_READY = "RestoreReady"
    RESTORING = "Restoring"
    RESTORE_ERROR = "RestoreError"
    INIT_ERROR = "InitError"
    READY = "Ready"
    RUNNING = "Running"
    INVOCATION_RESPONSE = "InvocationResponse"
    INVOCATION_ERROR = "InvocationErrorResponse"
    RESPONSE_SENT = "ResponseSent"


@dataclass(frozen=True)
class Assignment:
    """An invocation as the runtime sees it. `headers` are those of the answer to `/next`."""

    request_id: str
    invocation_id: str
    headers: tuple[tuple[str, str], ...]
    payload: bytes


NO_ASSIGNMENT = Assignment("", "", (), b"")


@dataclass(frozen=True)
class Answer:
    """Answer at once with this status and JSON document."""

    status: int
    document: Mapping[str, str]

    @property
    def body(self) -> bytes:
        return json.dumps(self.document, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Refusal(Answer):
    """An answer that refuses the call."""

    @classmethod
    def of(cls: type[AnyRefusal], status: int, error_type: str, message: str) -> AnyRefusal:
        return cls(status, {"errorMessage": message, "errorType": error_type})


class Next:
    """Answer with the next assignment as soon as there is one."""


@dataclass(frozen=True)
class Response:
    """Read the body as the invocation's response, then call `response_sent`."""

    content_type: str


class InvalidMode(Refusal):
    """The response mode is not `streaming`: refuse, and fail the invocation."""


@dataclass(frozen=True)
class InvocationError:
    """Read the body as the invocation's error document, then call `response_sent`."""

    error_type: str


@dataclass(frozen=True)
class InitError:
    """Read the body as the error document of the initialisation."""

    error_type: str


Action = Answer | Next | Response | InvocationError | InitError

ACCEPTED = Answer(202, {"status": "OK"})
TRUNCATED = Refusal.of(400, "TruncatedHTTPRequest", "HTTP request detected as truncated")


def as_utf8(value: str) -> str:
    """A header's value as the function meant it, if its bytes, read as Latin-1, are UTF-8."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def too_large(limit: int) -> Refusal:
    message = f"Exceeded maximum allowed payload size ({limit} bytes)."
    return Refusal.of(413, "RequestEntityTooLarge", message)


class RuntimeApi:
    """The state of one runtime: what it may call, and which invocation it works on."""

    def __init__(self) -> None:
        self.state = State.STARTED
        self.assignment = NO_ASSIGNMENT

    def receive(self, method: str, target: str, headers: Mapping[str, str]) -> Action:
        """Judge a call by its head (`headers`: lower-case names) and move on to the state it leads to."""
        path = target.partition("?")[0] if target.startswith("/") else ""
        if not path.startswith(PREFIX + "/"):
            return Refusal.of(404, "NotFound", f"there is no {path or target} in the Runtime API")
        path = path[len(PREFIX) :]
        reply = REPLY.fullmatch(path)
        expected = "GET" if path in GETS else "POST"
        if not reply and path not in GETS + POSTS:
            return Refusal.of(404, "NotFound", f"there is no {path} in the Runtime API")
        if method != expected:
            return Refusal.of(405, "MethodNotAllowed", f"{path} answers {expected}, not {method}")
        if path == "/ping":
            return Answer(200, {"status": "OK"})
        if path == "/runtime/invocation/next":
            return self._next()
        if path == "/runtime/restore/next":
            return self._restore()
        if reply is None:
            return self._init_error(path, headers)
        return self._reply(reply[1], reply[2], headers)

    def _next(self) -> Action:
        """A runtime that asks again while it works is told of the same invocation again."""
        if self.state is State.RUNNING or self.state is State.READY:
            return Next()
        if self.state not in (State.STARTED, State.RESTORING, State.RESPONSE_SENT):
            return self._out_of_order(State.READY)
        self.state = State.READY
        return Next()

    def _restore(self) -> Action:
        """A runtime that waits to be restored from a snapshot: here it goes on at once."""
        if self.state is not State.STARTED:
            return self._out_of_order(State.RESTORE_READY)
        self.state = State.RESTORING
        return Answer(200, {})

    def _init_error(self, path: str, headers: Mapping[str, str]) -> Action:
        """A failed initialisation, or one that fails after its restoration."""
        expected, target = State.STARTED, State.INIT_ERROR
        if path == "/runtime/restore/error":
            expected, target = State.RESTORING, State.RESTORE_ERROR
        if self.state is not expected:
            return self._out_of_order(target)
        self.state = target
        return InitError(headers.get(ERROR_TYPE_HEADER, ""))

    def _reply(self, request_id: str, kind: str, headers: Mapping[str, str]) -> Action:
        if request_id != self.assignment.request_id:
            return Refusal.of(400, "InvalidRequestID", "Invalid request ID")
        invocation_id = headers.get(INVOCATION_ID_HEADER)
        if invocation_id is not None and invocation_id != self.assignment.invocation_id:
            return Refusal.of(400, "InvalidInvocationId", "Invalid invocation ID")
        target = State.INVOCATION_RESPONSE if kind == "response" else State.INVOCATION_ERROR
        if self.state is not State.RUNNING:
            return self._out_of_order(target)
        self.state = target
        if kind == "error":
            return InvocationError(headers.get(ERROR_TYPE_HEADER, ""))
        if headers.get(MODE_HEADER, "streaming") not in ("streaming", ""):
            self.state = State.RESPONSE_SENT
            return InvalidMode.of(400, "InvalidFunctionResponseMode", "Invalid function response mode")
        return Response(as_utf8(headers.get("content-type", "")))

    def _out_of_order(self, target: State) -> Refusal:
        return Refusal.of(
            403,
            "InvalidStateTransition",
            f"State transition from {self.state.value} to {target.value} failed for runtime. "
            "Error: State transition is not allowed",
        )

    def assign(self, assignment: Assignment) -> None:
        """Give work to a runtime that is ready: its call to `/next` is to be answered with it."""
        self.assignment = assignment
        self.state = State.RUNNING

    def response_sent(self) -> None:
        """The runtime's reply has been read to its end, whole or not."""
        self.state = State.RESPONSE_SENT
