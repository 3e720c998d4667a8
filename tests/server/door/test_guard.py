"""The guard's judgement, by itself: every `Host`, `Origin` and `Sec-Fetch-Site` on every kind of port."""

import itertools
import json

import pytest

from server.door import allowed
from server.door.allowed import Allowed, BadEntry
from server.door.guard import Facts, Kind, Port, judge, judge_user

NUMBER = 4566
GOOD, FOREIGN, BAD, WORD = "good", "foreign", "bad", "word"
HOSTS: dict[str | None, str] = {
    "127.0.0.1:4566": GOOD,
    "localhost:4566": GOOD,
    "LOCALHOST:4566": GOOD,
    "LocalHost:4566": GOOD,
    "[::1]:4566": GOOD,
    "[0:0:0:0:0:0:0:1]:4566": GOOD,
    "[::ffff:127.0.0.1]:4566": GOOD,
    "127.1.2.3:4566": GOOD,
    "127.255.255.254:4566": GOOD,
    "localhost:04566": GOOD,
    "127.0.0.1:4567": FOREIGN,
    "localhost:80": FOREIGN,
    "127.0.0.1": FOREIGN,
    "127.0.0.1:": FOREIGN,
    "[::1]": FOREIGN,
    "localhost": WORD,
    "x": WORD,
    "lambda": WORD,
    "": WORD,
    "evil.test": FOREIGN,
    "evil.test:4566": FOREIGN,
    "x:4566": FOREIGN,
    "localhost.:4566": FOREIGN,
    "127.0.0.1.:4566": FOREIGN,
    "localhost.evil.test:4566": FOREIGN,
    "127.0.0.1.evil.test:4566": FOREIGN,
    "evil.localhost:4566": FOREIGN,
    "bucket.127.0.0.1:4566": FOREIGN,
    "127.1:4566": FOREIGN,
    "2130706433:4566": FOREIGN,
    "0x7f000001:4566": FOREIGN,
    "127.0.0.01:4566": FOREIGN,
    "0.0.0.0:4566": FOREIGN,
    "128.0.0.1:4566": FOREIGN,
    "192.168.0.1:4566": FOREIGN,
    "[::]:4566": FOREIGN,
    "[::2]:4566": FOREIGN,
    "[fe80::1]:4566": FOREIGN,
    "localhost%2e:4566": FOREIGN,
    "127.0.0.1:4566,evil.test": BAD,
    "user@localhost:4566": BAD,
    "user:secret@127.0.0.1:4566": BAD,
    "evil.test@127.0.0.1:4566": BAD,
    "127.0.0.1:4566 ": BAD,
    " 127.0.0.1:4566": BAD,
    "127.0.0.1 :4566": BAD,
    "127.0.0.1: 4566": BAD,
    "127.0.0.1\t:4566": BAD,
    "127.0.0.1:4566/": BAD,
    "127.0.0.1:4566\n": BAD,
    "127.0.0.1:٤٥٦٦": BAD,
    "127.0.0.1:+4566": BAD,
    "127.0.0.1:4566:4566": BAD,
    "127.0.0.1:70102": BAD,
    "[::1:4566": BAD,
    "[::1%lo]:4566": BAD,
    "[localhost]:4566": BAD,
    "::1:4566": BAD,
    "[x": BAD,
    "ⓛocalhost:4566": BAD,
    "http://127.0.0.1:4566": BAD,
    None: BAD,
}
"""What a `Host` is to a port 4566. A browser would name the port, and so sends no single word."""

PAGES_HERE = ("http://localhost:8888", "http://127.0.0.1:8888", "https://localhost", "http://[::1]:1")
PAGES_ELSEWHERE = (
    "https://evil.example",
    "null",
    "",
    "http://localhost.evil.example",
    "http://evil.example:4566",
    "http://evil.test:4566",
    "http://localhost:8888, https://evil.example",
    "file://",
    "chrome-extension://abc",
    "vscode-webview://abc",
)
ORIGINS = (None, *PAGES_HERE, *PAGES_ELSEWHERE)
SITES = (None, "none", "same-origin", "same-site", "cross-site", "", "none, none", "None", "nonsense")
LINK = ("GET", "navigate", "document")


def facts(
    host: str | None = "127.0.0.1:4566",
    origin: str | None = None,
    site: str | None = None,
    how: tuple[str, str | None, str | None] = ("GET", None, None),
    target: str = "/",
    needs_host: bool = True,
) -> Facts:
    method, mode, destination = how
    fields = {"host": host, "Origin": origin, "SEC-FETCH-SITE": site}
    fields |= {"Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": destination}
    headers = [(name, value) for name, value in fields.items() if value is not None]
    return Facts.of(method, target, headers, needs_host=needs_host)


def verdict(kind: Kind, request: Facts, setting: str = "", default: int = 80) -> tuple[str, int] | None:
    refusal = judge(Port(kind, NUMBER, default), request, allowed.parse(setting))
    return None if refusal is None else (refusal.rule, refusal.status)


def expected(kind: Kind, host: str | None, origin: str | None, site: str | None) -> tuple[str, int] | None:
    """The table of the guard's docstring, by other means than the guard's."""
    sort = HOSTS[host]
    if sort == BAD:
        return "host", 400
    if sort == FOREIGN or (sort == WORD and kind is not Kind.RUNTIME):
        return "host", 403
    if kind is Kind.PUBLIC:
        return None
    if kind is Kind.LOCAL:
        if origin is not None:
            return None if origin in PAGES_HERE else ("origin", 403)
        return None if site in (None, "none", "same-origin", "same-site") else ("sec-fetch-site", 403)
    if origin is not None:
        return "origin", 403
    return None if site in (None, "none") else ("sec-fetch-site", 403)


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.value)
def test_the_table(kind: Kind) -> None:
    for host, origin, site in itertools.product(HOSTS, ORIGINS, SITES):
        row = (host, origin, site)
        assert verdict(kind, facts(*row)) == expected(kind, *row), row


def test_what_it_refuses_it_never_takes_with_more_headers() -> None:
    """A navigation is let in for what it is to the `local` kind only, and never over a foreign name."""
    for kind, host, origin in itertools.product(Kind, HOSTS, ORIGINS):
        row = (host, origin, "cross-site")
        wanted = expected(kind, *row)
        if kind is Kind.LOCAL and wanted == ("sec-fetch-site", 403):
            wanted = None
        assert verdict(kind, facts(*row, LINK)) == wanted, row


@pytest.mark.parametrize(
    "how",
    [
        ("POST", "navigate", "document"),
        ("GET", "navigate", "iframe"),
        ("GET", "no-cors", "image"),
        ("GET", "no-cors", "script"),
        ("GET", "no-cors", "empty"),
        ("GET", "websocket", "websocket"),
        ("HEAD", "navigate", "document"),
        ("GET", "navigate", None),
    ],
)
def test_only_a_link_may_come_from_another_site(how: tuple[str, str, str | None]) -> None:
    assert verdict(Kind.LOCAL, facts(site="cross-site", how=how)) == ("sec-fetch-site", 403)


def test_the_host_in_the_target_wins() -> None:
    for kind in Kind:
        assert verdict(kind, facts("evil.test", target="http://127.0.0.1:4566/x")) is None
        assert verdict(kind, facts("evil.test", target="HTTP://LOCALHOST:4566?x")) is None
        assert verdict(kind, facts(target="http://evil.test/x")) == ("host", 403)
        assert verdict(kind, facts(target="http://evil.test:4566/x")) == ("host", 403)
        assert verdict(kind, facts(target="HTTP://evil.test:4566/x")) == ("host", 403)
        assert verdict(kind, facts(target="ws://evil.test:4566/x")) == ("host", 403)
        assert verdict(kind, facts(target="http://u@127.0.0.1:4566/x")) == ("host", 400)
        assert verdict(kind, facts(target="evil.test:443", how=("CONNECT", None, None))) == ("host", 403)
        assert verdict(kind, facts(target="*", how=("OPTIONS", None, None))) is None
        assert verdict(kind, facts(target="/http://evil.test:4566/")) is None


def test_a_request_names_one_host() -> None:
    for names in (["127.0.0.1:4566"] * 2, ["127.0.0.1:4566", "evil.test"]):
        request = Facts.of("GET", "/", [("Host", name) for name in names])
        assert all(verdict(kind, request) == ("host", 400) for kind in Kind)


def test_http_1_0_needs_none_but_a_wrong_one_counts() -> None:
    for kind in Kind:
        assert verdict(kind, facts(None, needs_host=False)) is None
        assert verdict(kind, facts("evil.test:4566", needs_host=False)) == ("host", 403)


def test_a_host_without_a_port_means_the_schemes_own() -> None:
    for number, default in ((80, 80), (443, 443)):
        for kind in Kind:
            port = Port(kind, number, default)
            assert judge(port, facts("localhost"), Allowed()) is None
            assert judge(port, facts("127.0.0.1:"), Allowed()) is None
            assert judge(port, facts("x"), Allowed()), "a browser could have sent it"
            assert judge(port, facts("evil.test"), Allowed())


def test_where_the_reader_binds_to_more_than_loopback_names_are_hers() -> None:
    port = Port(Kind.LOCAL, None)
    for host in HOSTS:
        assert judge(port, facts(host), Allowed()) is None
    assert judge(port, facts("service.example", "https://evil.example"), Allowed())


# --- the setting


def test_the_setting_adds_hosts_to_every_kind() -> None:
    setting = "hub.example:4566, Forward.Example ,localhost:9000,[2001:DB8::1]:7"
    for kind in Kind:
        for host in ("hub.example:4566", "HUB.example:4566", "forward.example", "forward.example:1"):
            assert verdict(kind, facts(host), setting) is None
        for host in ("localhost:9000", "127.0.0.1:9000", "[::1]:9000", "[2001:db8:0::1]:7"):
            assert verdict(kind, facts(host), setting) is None
        for host in (
            "hub.example",
            "hub.example:80",
            "x.hub.example:4566",
            "localhost:9001",
            "evil.test:9000",
        ):
            assert verdict(kind, facts(host), setting) == ("host", 403)


def test_the_setting_adds_origins_to_local_ports_only() -> None:
    setting = "https://Hub.example:443,http://lab.example:8000"
    for origin in ("https://hub.example", "http://lab.example:8000"):
        assert verdict(Kind.LOCAL, facts(origin=origin, site="cross-site"), setting) is None
        assert verdict(Kind.API, facts(origin=origin), setting) == ("origin", 403)
        assert verdict(Kind.RUNTIME, facts(origin=origin), setting) == ("origin", 403)
    for origin in ("http://hub.example", "https://hub.example:8443", "http://lab.example", "null"):
        assert verdict(Kind.LOCAL, facts(origin=origin), setting) == ("origin", 403)


@pytest.mark.parametrize(
    "entry",
    [
        "*", "*.example", "hub.example:", "hub.example:0", "hub.example:65536", "hub.example:x", "a b",
        "user@hub.example", "[::1", "https://", "https://*", "https://hub.example/", "https://hub.example/lab",
        "ftp://hub.example", "null", "file://x", "uid:", "uid:-1", "uid:root", "uid:1 2", "uid:١", "::1", "%",
        "https://user@hub.example", "hub.example/path", "https://hub.example:", ":80",
    ],
)  # fmt: skip
def test_a_bad_entry_is_named(entry: str) -> None:
    if entry == "null":
        assert allowed.parse(entry).origins == frozenset(), "it is a host of that name, and no origin"
        return
    with pytest.raises(BadEntry, match="STREAMING_ALLOW") as caught:
        allowed.parse(f"good.example,{entry}")
    assert repr(entry) in str(caught.value)


def test_nothing_is_what_it_says_and_so_is_an_empty_part() -> None:
    assert allowed.parse("") == allowed.parse(" , ,") == Allowed()


# --- users and answers


def test_users() -> None:
    mine = allowed.parse("uid:1001,uid:1002")
    for user in (None, 0, 1000, 1001, 1002):
        assert judge_user(user, 1000, mine) is None
    for user in (1, 1003, 65534):
        refusal = judge_user(user, 1000, mine)
        assert refusal is not None and (refusal.rule, refusal.entry) == ("user", f"uid:{user}")


def test_a_refusal_says_which_rule_what_it_saw_and_how_to_allow_it() -> None:
    for request, rule, seen, entry in (
        (facts("evil.test:1"), "host", "evil.test:1", "evil.test:1"),
        (facts("evil.test"), "host", "evil.test", "evil.test:80"),
        (facts(origin="https://hub.example"), "origin", "https://hub.example", "https://hub.example"),
        (facts(origin="null"), "origin", "null", None),
        (facts(site="cross-site"), "sec-fetch-site", "cross-site", None),
    ):
        refusal = judge(Port(Kind.LOCAL, NUMBER), request, Allowed())
        assert refusal is not None
        document = json.loads(refusal.to_json())
        assert (document["rule"], document["seen"]) == (rule, seen)
        assert document["setting"] == ("STREAMING_ALLOW" if entry else None)
        assert (f"STREAMING_ALLOW={entry}" if entry else "No setting") in document["error"]
        assert document["message"] == document["error"], "where an SDK looks for it"
        if entry:
            assert judge(Port(Kind.LOCAL, NUMBER), request, allowed.parse(entry)) is None, "and it is true"


def test_a_long_value_is_not_repeated_in_full() -> None:
    refusal = judge(Port(Kind.LOCAL, NUMBER), facts(origin="x" * 100_000), Allowed())
    assert refusal is not None and len(refusal.to_json()) < 2000
