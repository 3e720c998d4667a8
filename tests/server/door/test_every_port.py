"""Every port that is opened, tried from outside."""

import http.client
import json
import socket
import urllib.request
from collections.abc import Iterator

import pytest

from server.door.guard import Kind
from server.envoy.users import PATH as QUESTION
from server.local_aws.aws_lambda.environments.runtime_api import PREFIX
from tests.server.door.conftest import Everything, Opened, has_envoy
from tests.support.raw import UPGRADE, ask

FOREIGN_HOSTS = (
    "evil.test",
    "evil.test:{port}",
    "localhost.:{port}",
    "127.0.0.1.evil.test:{port}",
    "127.0.0.1",
    "localhost:1",
    "0.0.0.0:{port}",
    "x:{port}",
)
EVIL = "https://evil.example"
PING = f"{PREFIX}/ping"


@pytest.fixture
def ports(everything: Everything, embedded: Opened) -> Iterator[tuple[Opened, ...]]:
    yield (*everything.opened, embedded)


def target(opened: Opened) -> str:
    """Where something answers at once, whatever it is."""
    return PING if opened.kind is Kind.RUNTIME else "/transfer-encoding?count=1&interval_ms=0"


def test_one_of_every_kind_is_open(everything: Everything) -> None:
    names = {each.name for each in everything.opened}
    wanted = {"api", "runtime", "lambda function-url"}
    assert wanted <= names
    assert len([name for name in names if name.startswith("appsync")]) == 2
    assert len([name for name in names if name.startswith("apigateway")]) == 3
    if has_envoy():
        assert len([name for name in names if name.startswith("envoy")]) == 2
        assert len([each for each in everything.opened if each.name == "container"]) == 2


def test_no_port_answers_to_a_foreign_name(ports: tuple[Opened, ...]) -> None:
    for opened in ports:
        for host in FOREIGN_HOSTS:
            for headers in ({}, UPGRADE):
                answer = ask(opened.port, target(opened), host=host, **headers)
                refused_by_envoy = opened.is_envoy and headers  # before it looks for a route
                assert answer.status == 403, (opened, host, answer)
                assert refused_by_envoy or answer.rule == "host", (opened, host, answer)


def test_every_port_answers_to_its_own_names(ports: tuple[Opened, ...]) -> None:
    for opened in ports:
        for host in ("127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"):
            answer = ask(opened.port, target(opened), host=host)
            assert answer.rule is None and answer.status not in (0, 421), (opened, host, answer)


def test_a_host_is_needed_and_only_one(ports: tuple[Opened, ...]) -> None:
    for opened in ports:
        assert ask(opened.port, target(opened), host=None).status == 400, opened
        twice = ask(opened.port, target(opened), host="127.0.0.1:{port}\r\nHost: 127.0.0.1:{port}")
        assert twice.status == (403 if opened.is_envoy else 400), (opened, twice)


def test_the_host_in_the_target_wins(ports: tuple[Opened, ...]) -> None:
    for opened in ports:
        answer = ask(opened.port, f"http://evil.test:{opened.port}{target(opened)}")
        assert (answer.status, answer.rule) == (403, "host"), (opened, answer)
        own = f"http://127.0.0.1:{opened.port}{target(opened)}"
        assert ask(opened.port, own, host="evil.test").rule is None, opened


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS"])
@pytest.mark.parametrize("page", [EVIL, "null", "http://localhost:8888"])
def test_what_comes_from_a_page(ports: tuple[Opened, ...], method: str, page: str) -> None:
    here = page == "http://localhost:8888"
    for opened in ports:
        answer = ask(opened.port, target(opened), method, Origin=page)
        taken = opened.kind is Kind.PUBLIC or (opened.kind is Kind.LOCAL and here)
        if opened.is_envoy and not here:
            assert answer.rule == "origin", "the container of these services is the embedded server's"
            continue
        assert (answer.rule is None) == taken, (opened, answer)
        if not taken:
            assert (answer.status, answer.rule) == (403, "origin"), (opened, answer)
            assert "access-control-allow-origin" not in answer.head.lower()


def test_what_comes_from_a_page_without_its_origin(ports: tuple[Opened, ...]) -> None:
    for opened in ports:
        image, link = (
            ask(
                opened.port,
                target(opened),
                Sec_Fetch_Site="cross-site",
                Sec_Fetch_Mode=mode,
                Sec_Fetch_Dest=destination,
            )
            for mode, destination in (("no-cors", "image"), ("navigate", "document"))
        )
        closed = opened.kind in (Kind.API, Kind.RUNTIME)
        if not opened.is_envoy:
            assert (image.rule is None) == (opened.kind is Kind.PUBLIC), (opened, image)
        assert (link.rule is None) == (not closed), (opened, link)


def test_no_page_opens_a_websocket_where_it_may_not_call(ports: tuple[Opened, ...]) -> None:
    for opened in ports:
        answer = ask(opened.port, "/websocket", **UPGRADE, Origin=EVIL)
        if opened.kind is not Kind.PUBLIC:
            assert (answer.status, answer.rule) == (403, "origin"), (opened, answer)


def test_a_refusal_is_json_that_says_what_to_do(ports: tuple[Opened, ...]) -> None:
    for opened in ports:
        answer = ask(opened.port, target(opened), host="hub.example:8000")
        refusal = answer.refusal
        assert refusal is not None and "content-type: application/json" in answer.head.lower()
        assert (refusal["rule"], refusal["seen"]) == ("host", "hub.example:8000")
        assert refusal["setting"] == "STREAMING_ALLOW"
        assert "STREAMING_ALLOW=hub.example:8000" in refusal["error"]
        assert f"127.0.0.1:{opened.port}" in refusal["error"]


def test_a_refused_request_has_no_effect_and_ends_its_connection(
    everything: Everything,
) -> None:
    """A body that came along must not be taken for the next request."""
    hidden = b"GET /_local/endpoints HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n"
    for method in ("POST", "HEAD", "OPTIONS"):
        answer = ask(everything.one("api").port, "/moto-api/reset", method, body=hidden, Origin=EVIL)
        assert answer.status == 403 and "connection: close" in answer.head.lower()
    assert everything.account.client("lambda").list_functions()["Functions"]


def test_whose_a_connection_is_is_told_of_connections_alone(everything: Everything) -> None:
    """What Envoy asks the API endpoint."""
    port = everything.one("api").port
    for question in ("", "own=1&other=2", f"own=127.0.0.1:{port}", "own=x:1&other=[::1]:2"):
        assert ask(port, f"{QUESTION}?{question}").status == 400, question
    with socket.create_connection(("127.0.0.1", port)) as connection:
        here = connection.getsockname()[1]
        question = f"{QUESTION}?own=127.0.0.1:{port}&other=127.0.0.1:{here}"
        assert ask(port, question).status == 204
        assert ask(port, question, Origin="http://localhost").rule == "origin"


def test_a_runtime_by_hand_may_call_itself_what_it_likes(everything: Everything) -> None:
    port = everything.one("runtime").port
    for host in ("x", "lambda", "", "localhost"):
        answer = ask(port, PING, host=host)
        assert (answer.status, answer.body) == (200, b'{"status":"OK"}')
        assert ask(port, PING, host=host, Origin="http://localhost").rule == "origin"
        assert ask(port, PING, host=host, Sec_Fetch_Site="same-origin").rule == "sec-fetch-site"


def test_a_service_sees_the_host_that_its_client_named(everything: Everything) -> None:
    """`python -m server` behind Envoy: the name is the service's, not the container's port."""
    if not has_envoy():
        pytest.skip("no Envoy for this platform")
    for service in (each for each in everything.opened if each.is_envoy):
        url = f"http://localhost:{service.port}/transfer-encoding"
        with urllib.request.urlopen(url, timeout=20) as response:
            assert response.read() == b"foo\nbar\nbaz\n"
    container = everything.one("container")
    service_ports = {each.port for each in everything.opened if each.is_envoy}
    answers = [
        ask(container.port, target(container), host=f"localhost:{port}").rule for port in service_ports
    ]
    assert sorted(answers, key=str) == [None, "host"], "of its own service only"


def test_sdks_are_no_browsers(everything: Everything) -> None:
    """Whatever way an SDK writes the address."""
    port = everything.one("api").port
    for host in ("127.0.0.1", "localhost"):
        connection = http.client.HTTPConnection(host, port, timeout=20)
        connection.request("GET", "/_local/endpoints", headers={"Sec-Fetch-Site": "none"})
        assert isinstance(json.load(connection.getresponse()), list)
