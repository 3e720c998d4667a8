"""Nothing leaves this machine on the stand-in's account.

An audit hook (docs.python.org/3/library/audit_events.html) sees every connection and every look-up of a name
that this process makes, whatever library makes it. The stand-in's own code may reach this machine; moto's
code, which would deliver notifications to any URL that a caller names, may reach nothing at all, and start no
program.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from ipaddress import ip_address
from socket import AF_INET, AF_INET6
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from server.door import allowed


class Reach(Enum):
    """What the code that runs may connect to."""

    NOTHING = 0
    THIS_MACHINE = 1
    ANYWHERE = 2


REACH: ContextVar[Reach] = ContextVar("REACH", default=Reach.NOTHING)
"""Threads that a library starts have a context of their own, and so reach nothing."""

CONNECTIONS = {"socket.connect", "socket.sendto", "socket.sendmsg"}
PROGRAMS = {"subprocess.Popen", "os.system", "os.posix_spawn", "os.exec", "os.fork"}
LOOK_UPS = {"socket.getaddrinfo", "socket.gethostbyname"}


class OutboundRefused(OSError):
    """A connection or a look-up that would leave this machine."""


def watch() -> None:
    """Refuse from now on, in the whole process, what may not be reached; this cannot be undone. Whoever
    called may reach this machine."""
    HTTPAdapter.send = not_sent  # type: ignore[assignment, method-assign]
    REACH.set(Reach.THIS_MACHINE)
    sys.addaudithook(judge)


@contextmanager
def reach(what: Reach) -> Iterator[None]:
    """Let the code of a block reach `what`."""
    token = REACH.set(what)
    try:
        yield
    finally:
        REACH.reset(token)


@contextmanager
def reaching(host: str, port: int) -> Iterator[None]:
    """Let the code of a block reach `host`, which a deployment names, if it is this machine or the setting
    allows it. Raises `OutboundRefused`, and says so in the log, if not."""
    if is_here(host):
        yield
        return
    if not allowed.from_environment().names(host.lower(), port):
        message = f"nothing leaves this machine: {host} is not named in {allowed.VARIABLE}"
        print(message, file=sys.stderr)
        raise OutboundRefused(message)
    with reach(Reach.ANYWHERE):
        yield


def judge(event: str, arguments: tuple[Any, ...]) -> None:
    """Judge one event, as an audit hook. Raises `OutboundRefused`."""
    if event in CONNECTIONS:
        judge_connection(*arguments)
    elif event in PROGRAMS and REACH.get() is Reach.NOTHING:
        raise OutboundRefused(f"nothing leaves this machine: no program is started ({event})")
    elif event in LOOK_UPS:
        host = arguments[0]
        if host and not is_here(host) and not is_allowed(host):
            raise OutboundRefused(f"nothing leaves this machine: the name {text(host)} is not looked up")


def judge_connection(source: Any, address: Any) -> None:
    allowed = REACH.get()
    if allowed is Reach.ANYWHERE or address is None:
        return
    if source.family in (AF_INET, AF_INET6) and allowed is Reach.THIS_MACHINE and is_here(address[0]):
        return
    if source.family not in (AF_INET, AF_INET6) and allowed is Reach.THIS_MACHINE:
        return
    raise OutboundRefused(f"nothing leaves this machine: there is no connection to {address!r}")


def is_here(host: str | bytes) -> bool:
    """True for the names and addresses of this machine's loopback interface."""
    name = text(host).rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def is_allowed(host: str | bytes) -> bool:
    """True for a name that the setting names: libraries look names up in threads that know no `REACH`."""
    return any(text(host).lower() == authority.host for authority in allowed.from_environment().hosts)


def text(host: str | bytes) -> str:
    return host.decode("latin-1") if isinstance(host, bytes) else host


def not_sent(adapter: HTTPAdapter, request: requests.PreparedRequest, **_: Any) -> requests.Response:
    """What becomes of a request that moto sends by `requests`, its library for all deliveries: it is said in
    the log, and whoever sent it goes on, as with a receiver that is down."""
    print(f"not sent: {request.method} {request.url}. The stand-in delivers to no URL.", file=sys.stderr)
    response = requests.Response()
    response.status_code = 503
    response.reason = "The stand-in delivers to no URL"
    response.url = request.url or ""
    response.request = request
    response._content = b""
    return response


def silence_moto() -> None:
    """Keep moto from running functions in Docker, whose images it would fetch. Call it before each call of
    moto's: its Lambda is imported late."""
    models = sys.modules.get("moto.awslambda.models")
    function = getattr(models, "LambdaFunction", None)
    if function is not None:
        function._invoke_lambda = not_invoked


def not_invoked(function: Any, event: str | None = None) -> tuple[str, bool, str]:
    """What becomes of an invocation by another service of moto's: its result, whether it failed, its log."""
    print(f"not invoked: {function.function_name}, by another service. Front doors invoke.", file=sys.stderr)
    return "", False, ""
