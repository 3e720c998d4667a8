"""The Extensions API (2020-01-01) as a protocol: a request in, what to do about it out. No I/O.

Routes, headers and events: docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html; states and
error bodies: the runtime interface emulator that AWS publishes
(github.com/aws/aws-lambda-runtime-interface-emulator); both checked 2026-11.
"""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from server.local_aws.aws_lambda.environments.runtime_api import ACCEPTED, Answer, Refusal

PREFIX = "/2020-01-01/extension"
REGISTER = ("POST", f"{PREFIX}/register")
NEXT = ("GET", f"{PREFIX}/event/next")
INIT_ERROR = ("POST", f"{PREFIX}/init/error")
EXIT_ERROR = ("POST", f"{PREFIX}/exit/error")
ROUTES = {path: method for method, path in (REGISTER, NEXT, INIT_ERROR, EXIT_ERROR)}
NOT_SUPPORTED = {
    "/2022-07-01/telemetry": Answer(
        202, {"errorMessage": "Telemetry API is not supported", "errorType": "Telemetry.NotSupported"}
    ),
    "/2020-08-15/logs": Answer(
        202, {"errorMessage": "Logs API is not supported", "errorType": "Logs.NotSupported"}
    ),
}
"""What AWS's emulator answers where it does not have these."""

IDENTIFIER = "Lambda-Extension-Identifier"
EVENT_IDENTIFIER = "Lambda-Extension-Event-Identifier"
NAME_HEADER = "lambda-extension-name"
FEATURES_HEADER = "lambda-extension-accept-feature"
ERROR_TYPE = "Lambda-Extension-Function-Error-Type"
INVOKE = "INVOKE"
SHUTDOWN = "SHUTDOWN"
MAX_EXTENSIONS = 10


class State(Enum):
    """Where an extension is. The values are the names that AWS's messages and logs use."""

    STARTED = "Started"
    REGISTERED = "Registered"
    READY = "Ready"
    RUNNING = "Running"
    INIT_ERROR = "InitError"
    EXIT_ERROR = "ExitError"


MOVES = {
    (State.STARTED, REGISTER): State.REGISTERED,
    (State.REGISTERED, NEXT): State.READY,
    (State.RUNNING, NEXT): State.READY,
    (State.REGISTERED, INIT_ERROR): State.INIT_ERROR,
    (State.INIT_ERROR, INIT_ERROR): State.INIT_ERROR,
    (State.REGISTERED, EXIT_ERROR): State.EXIT_ERROR,
    (State.READY, EXIT_ERROR): State.EXIT_ERROR,
    (State.RUNNING, EXIT_ERROR): State.EXIT_ERROR,
    (State.EXIT_ERROR, EXIT_ERROR): State.EXIT_ERROR,
}
"""Where a call leads from a state; any other is refused. An event leads from READY to RUNNING."""

TARGETS = {
    REGISTER: State.REGISTERED,
    NEXT: State.READY,
    INIT_ERROR: State.INIT_ERROR,
    EXIT_ERROR: State.EXIT_ERROR,
}


@dataclass
class Extension:
    """One extension. An external one is a process of its own, an internal one lives in the runtime's."""

    name: str
    external: bool
    identifier: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: State = State.STARTED
    events: tuple[str, ...] = ()
    error_type: str = ""


@dataclass(frozen=True)
class Registered(Answer):
    """Answer that an extension is registered, with its identifier in a header."""

    identifier: str


@dataclass(frozen=True)
class NextEvent:
    """Answer with the extension's next event as soon as there is one."""

    extension: Extension


@dataclass(frozen=True)
class Failed(Answer):
    """An extension reports that it has failed: accept that, and end the environment."""

    error_type: str


Action = Answer | NextEvent


def serves(target: str) -> bool:
    """Return whether a call is one of extensions', and not of a runtime's."""
    path = target.partition("?")[0]
    return path.startswith(f"{PREFIX}/") or path in NOT_SUPPORTED


class ExtensionsApi:
    """The extensions of an environment. `names` are those of the files in `/opt/extensions`, `about` is what
    an extension is told of the function, `account` whose that is."""

    def __init__(self, names: Iterable[str], about: Mapping[str, str], account: str) -> None:
        self.extensions = [Extension(name, external=True) for name in names]
        self._about = about
        self._account = account
        self._is_open = True

    @property
    def all_registered(self) -> bool:
        """Every external extension has registered."""
        return all(extension.state is not State.STARTED for extension in self.extensions)

    @property
    def all_ready(self) -> bool:
        """Every extension waits for an event."""
        return all(extension.state is State.READY for extension in self.extensions)

    def close_registration(self) -> None:
        """The initialisation is over."""
        self._is_open = False

    def receive(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Action:
        """Judge a call (`headers`: lower-case names) and move on to the state it leads to."""
        path = target.partition("?")[0]
        if path in NOT_SUPPORTED and method == "PUT":
            return NOT_SUPPORTED[path]
        if (method, path) == REGISTER:
            return self._register(headers, body)
        if path not in ROUTES:
            return Refusal.of(404, "NotFound", f"there is no {path} in the Extensions API")
        if method != ROUTES[path]:
            return Refusal.of(405, "MethodNotAllowed", f"{path} answers {ROUTES[path]}, not {method}")
        found = self._identified(headers.get(IDENTIFIER.lower(), ""))
        if isinstance(found, Refusal):
            return found
        if (method, path) == NEXT:
            return self._move(found, NEXT) or NextEvent(found)
        return self._report(found, (method, path), headers.get(ERROR_TYPE.lower(), ""))

    def _register(self, headers: Mapping[str, str], body: bytes) -> Answer:
        name = headers.get(NAME_HEADER, "")
        if not name:
            return forbidden("InvalidExtensionName", "Empty extension name")
        try:
            events = events_in(body)
        except ValueError as error:
            return Refusal.of(403, "InvalidRequestFormat", str(error))
        extension = next((each for each in self.extensions if each.name == name), None)
        external = extension is not None and extension.external
        for event in events:
            if event not in (INVOKE, SHUTDOWN):
                return forbidden("InvalidEventType", f"{event}: ErrorInvalidEventType")
            if event == SHUTDOWN and not external:
                reason = "ShutdownEventNotSupportedForInternalExtension"
                return forbidden("InvalidEventType", f"{event}: {reason}")
        if not external and (refusal := self._refuse_internal(extension)):
            return refusal
        if extension is None:
            extension = Extension(name, external=False)
            self.extensions.append(extension)
        if refusal := self._move(extension, REGISTER):
            return refusal
        extension.events = events
        about = dict(self._about)
        if "accountId" in [feature.strip() for feature in headers.get(FEATURES_HEADER, "").split(",")]:
            about["accountId"] = self._account
        return Registered(200, about, extension.identifier)

    def _refuse_internal(self, registered: Extension | None) -> Refusal | None:
        if not self._is_open:
            return forbidden("RegistrationClosed", "Extension registration closed already")
        if registered is not None:
            return forbidden("InvalidExtensionState", "Extension with this name already registered")
        if len(self.extensions) >= MAX_EXTENSIONS:
            return forbidden("TooManyExtensions", f"Extension limit ({MAX_EXTENSIONS}) reached")
        return None

    def _identified(self, identifier: str) -> Extension | Refusal:
        if not identifier:
            return forbidden("MissingExtensionIdentifier", f"Missing {IDENTIFIER} header")
        try:
            identifier = str(uuid.UUID(identifier))
        except ValueError:
            return forbidden("InvalidExtensionIdentifier", f"Invalid {IDENTIFIER}")
        found = next((each for each in self.extensions if each.identifier == identifier), None)
        return found or forbidden("UnknownExtensionIdentifier", f"Unknown extension {identifier}")

    def _report(self, extension: Extension, call: tuple[str, str], error_type: str) -> Answer:
        if not error_type:
            return forbidden("MissingHeader", f"{ERROR_TYPE} not found")
        if refusal := self._move(extension, call):
            return refusal
        extension.error_type = extension.error_type or error_type
        return Failed(ACCEPTED.status, ACCEPTED.document, f"Extension.{extension.state.value}")

    def _move(self, extension: Extension, call: tuple[str, str]) -> Refusal | None:
        """Move on; return a refusal where that is not allowed."""
        target = MOVES.get((extension.state, call))
        if target is None:
            return forbidden(
                "InvalidExtensionState",
                f"State transition from {extension.state.value} to {TARGETS[call].value} failed for "
                f"extension {extension.identifier}. Error: State transition is not allowed",
            )
        extension.state = target
        return None


def forbidden(reason: str, message: str) -> Refusal:
    return Refusal.of(403, f"Extension.{reason}", message)


def events_in(body: bytes) -> tuple[str, ...]:
    """Return the events that a registration asks for. Raises `ValueError` if it is none."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("the body is no JSON document") from None
    events = document.get("events") or [] if isinstance(document, dict) else None
    if not (isinstance(events, list) and all(isinstance(event, str) for event in events)):
        raise ValueError("events must be a list of strings")
    return tuple(dict.fromkeys(events))
