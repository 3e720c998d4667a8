"""Who may read: pages of this machine, and nobody else."""

import pytest

from server.cors import is_loopback_origin
from server.embedded import EmbeddedServer
from tests.support.origin_clients import PATHS, UPGRADE, ask, get, request, upgrade

LOOPBACK = [
    "http://localhost",
    "http://localhost:8888",
    "https://localhost:8443",
    "http://127.0.0.1",
    "http://127.0.0.1:8888",
    "http://127.1.2.3:1",
    "http://[::1]:8888",
]
FOREIGN = [
    "null",
    "*",
    "localhost",
    "http://",
    "http://localhost.evil.example",
    "http://127.0.0.1.evil.example",
    "http://evil.example/localhost",
    "http://evil.example#localhost",
    "http://evil.example?http://localhost",
    "http://evil.example:80",
    "http://localhost@evil.example",
    "http://user@localhost",
    "http://user:secret@127.0.0.1",
    "http://@localhost",
    "http://localhost/",
    "http://localhost?",
    "http://localhost#",
    "http://localhost:port",
    "http://localhost:99999",
    "http://localhost http://evil.example",
    "http://localhost, http://evil.example",
    "http://localhost\\.evil.example",
    "http://local\thost",
    "http://localhost.",
    "http://notlocalhost",
    "http://127.1",
    "http://127.0.0.1.",
    "http://128.0.0.1",
    "http://0.0.0.0:8888",
    "http://2130706433",
    "http://0x7f000001",
    "http://192.168.0.1",
    "http://[::]",
    "http://[::2]",
    "http://[",
    "http://[::1",
    "http://[localhost]",
    "http://ⓛocalhost",
    "http://℀localhost",
    "file://localhost",
    "ftp://localhost",
    "ws://localhost",
    "javascript://localhost",
    "chrome-extension://localhost",
    "//localhost",
]


@pytest.mark.parametrize("origin", LOOPBACK)
def test_a_page_of_this_machine_is_known(origin: str) -> None:
    assert is_loopback_origin(origin)


@pytest.mark.parametrize("origin", FOREIGN)
def test_any_other_origin_is_not(origin: str) -> None:
    assert not is_loopback_origin(origin)


@pytest.mark.parametrize("page", LOOPBACK)
def test_a_page_of_this_machine_may_read(origin: EmbeddedServer, page: str) -> None:
    answer = get(origin.port, "/sse?count=1", {"Origin": page})
    assert answer.headers["access-control-allow-origin"] == page
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("page", FOREIGN)
def test_a_foreign_page_may_neither_read_nor_open_a_websocket(origin: EmbeddedServer, page: str) -> None:
    read = get(origin.port, "/sse?count=1", {"Origin": page})
    assert (read.status, read.json["rule"]) == (403, "origin")
    assert not [name for name in read.headers if name.startswith("access-control-")]
    assert read.headers["vary"] == "Origin"
    opened = upgrade(origin.port, "/websocket?count=1", Origin=page)
    assert opened.status == 403
    rebound = upgrade(origin.port, "/websocket?count=1", Origin=page, Host=page.partition("//")[2])
    assert rebound.status in (400, 403)
    assert opened.json["rule"] == "origin"
    assert "access-control-allow-origin" not in opened.headers


@pytest.mark.parametrize(
    "method, path, headers, status",
    [
        ("GET", "/transfer-encoding?count=1", {}, 200),
        ("HEAD", "/sse", {}, 200),
        ("GET", "/sse?count=1", {"Last-Event-ID": "0"}, 204),
        ("GET", "/sse?count=0", {}, 400),
        ("GET", "/websocket", UPGRADE | {"Sec-WebSocket-Key": "test"}, 400),
        ("GET", "/nowhere", {}, 404),
        ("POST", "/sse", {}, 405),
        ("GET", "/websocket", {}, 426),
    ],
)
def test_every_answer_says_who_may_read_it(
    origin: EmbeddedServer, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    page = "http://localhost:8888"
    mine = get(origin.port, path, headers | {"Origin": page}, method=method)
    assert (mine.status, mine.headers.get("access-control-allow-origin")) == (status, page)
    foreign = get(origin.port, path, headers | {"Origin": "http://evil.example"}, method=method)
    assert (foreign.status, foreign.headers.get("access-control-allow-origin")) == (403, None)
    nobody = get(origin.port, path, headers, method=method)
    assert (nobody.status, nobody.headers.get("access-control-allow-origin")) == (status, None)


@pytest.mark.parametrize("path", PATHS)
def test_a_preflight_allows_the_header_a_reconnecting_page_sends(origin: EmbeddedServer, path: str) -> None:
    asked = {
        "Origin": "http://localhost:8888",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "cache-control,last-event-id",
    }
    answer = get(origin.port, path, asked, method="OPTIONS")
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "http://localhost:8888"
    assert answer.headers["access-control-allow-headers"] == "cache-control,last-event-id"
    assert "GET" in answer.headers["access-control-allow-methods"]
    foreign = get(origin.port, path, asked | {"Origin": "http://evil.example"}, method="OPTIONS")
    assert "access-control-allow-origin" not in foreign.headers


def test_options_without_a_page_tells_what_is_allowed(origin: EmbeddedServer) -> None:
    answer = get(origin.port, "/sse", method="OPTIONS")
    assert (answer.status, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")


def test_a_preflight_cannot_inject_a_header(origin: EmbeddedServer) -> None:
    sent = request("/sse", {"Access-Control-Request-Headers": "a\nX-Injected: 1"}, method="OPTIONS")
    answer = ask(origin.port, sent)
    assert "x-injected" not in answer.headers
