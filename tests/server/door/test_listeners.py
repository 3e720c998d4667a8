"""Whoever listens passes through the guard: every call that opens a listening socket is known by name."""

import ast
from collections.abc import Iterator
from pathlib import Path

from server.envoy.process import listening_on, route_to

ROOT = Path(__file__).parents[3]
FOLDERS = ("server", "notebooks/lab")

OPENS = frozenset(
    (
        "bind", "listen", "start_server", "start_unix_server", "create_server", "create_unix_server",
        "create_datagram_endpoint", "start_serving_pipe", "run_app", "run_simple", "make_server", "TCPSite",
        "SockSite", "UnixSite", "NamedPipeSite", "serve", "unix_serve", "HTTPServer", "ThreadingHTTPServer",
        "TCPServer", "ThreadingTCPServer", "UDPServer", "WSGIServer", "serve_forever", "ServerRunner",
        "AppRunner",
    )
)  # fmt: skip
"""Names of functions, methods and classes that make something listen: of asyncio, socket, aiohttp,
websockets, werkzeug, http.server and socketserver."""

KNOWN = {
    ("server/serving.py", "AppRunner"): "its protocols are wrapped: `GuardedConnection`",
    ("server/serving.py", "create_server"): "the same",
    ("server/listener.py", "create_server"): "`http1.server` and `serving` judge what it accepts",
    ("server/envoy/process.py", "bind"): "a probe for a free port, closed at once; Envoy asks the guard",
    ("server/local_aws/containers/hosting.py", "bind"): "holds a port and does not listen",
}
OWN_NAMES = {
    ("server/__main__.py", "serve"): "its own function, which calls `serving`",
    ("server/local_aws/command.py", "serve"): "its own function, which starts the stand-in",
    ("server/local_aws/api_gateway/rest/api.py", "serve"): "answers calls about tags",
    ("server/local_aws/api_gateway/websocket/apis.py", "serve"): "handles a request of an `http1.server`",
}


def calls() -> Iterator[tuple[str, str]]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                name = called(node)
                if name in OPENS:
                    yield str(path.relative_to(ROOT)), name


def called(node: ast.AST) -> str | None:
    if not isinstance(node, ast.Call):
        return None
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else None


def test_every_listener_goes_through_the_guard() -> None:
    found = set(calls())
    strangers = found - KNOWN.keys() - OWN_NAMES.keys()
    assert not strangers, (
        f"{sorted(strangers)} may listen without the guard. Serve by `server.serving` or "
        "`server.local_aws.http1.server`, or say here how it is guarded."
    )
    assert found >= KNOWN.keys(), "a name of the list is gone: take it off"


def test_every_envoy_goes_through_the_guard() -> None:
    """Its command takes a configuration, and each one is given what the guard makes of it."""
    started = []
    for path in (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))):
        text = path.read_text()
        names = {called(node) for node in ast.walk(ast.parse(text))}
        if "envoy_program" in names and "command" in names:
            started.append(str(path.relative_to(ROOT)))
            assert "listening_on" in names, path
        assert path.parent.name == "envoy" or "--config-yaml" not in text, path
    assert started == ["server/envoy/process.py", "server/local_aws/containers/proxy.py"]
    configured = listening_on(route_to("http://127.0.0.1:1"), 2, "http://127.0.0.1:3")["static_resources"]
    manager = configured["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    assert manager["http_filters"][0]["name"] == "users", "before all others"
    assert [host["domains"] == ["*"] for host in manager["route_config"]["virtual_hosts"]] == [False, True]


def test_the_two_ways_to_serve_judge_what_they_take() -> None:
    """Both call the judgement of requests and that of users."""
    for path in ("server/door/admission.py", "server/local_aws/http1/server.py"):
        names = {called(node) for node in ast.walk(ast.parse((ROOT / path).read_text()))}
        assert {"judge", "judge_user", "user_of"} <= names, path
    serving = (ROOT / "server/serving.py").read_text()
    assert "GuardedConnection(" in serving and "middlewares.insert(0, door.admit)" in serving
