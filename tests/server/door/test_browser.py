"""Pages in a real Chromium: of another origin, of this machine, and of a name made to resolve to it."""

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiohttp import web
from playwright.sync_api import Browser, Page, sync_playwright

from server.door.guard import Kind
from server.embedded import EmbeddedServer
from tests.server.door.conftest import Everything, Opened

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
EVIL = "evil.test"
QUIET = ["--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"]

EVERY_WAY = """async ([base, patience]) => {
  const settled = (work) => Promise.race([
    work.then(() => "sent", () => "failed"), new Promise(done => setTimeout(done, patience, "silent"))]);
  const event = (target, good, bad) => new Promise((done, failed) => {
    target[good] = done; target[bad] = failed; });
  const element = (name, attributes) => {
    const made = Object.assign(document.createElement(name), attributes);
    document.body.append(made);
    return event(made, "onload", "onerror"); };
  const form = () => {
    const frame = Object.assign(document.createElement("iframe"), {name: "target"});
    const sender = Object.assign(document.createElement("form"), {
      action: base + "/?way=form", method: "POST", target: "target"});
    document.body.append(frame, sender);
    sender.submit();
    return event(frame, "onload", "onerror"); };
  const said = {};
  said.fetch = await settled(fetch(base + "/?way=fetch"));
  said.post = await settled(fetch(base + "/?way=post", {method: "POST", body: "{}"}));
  said.headers = await settled(fetch(base + "/?way=headers", {headers: {Authorization: "AWS4-HMAC-SHA256"}}));
  said.nocors = await settled(fetch(base + "/?way=nocors", {mode: "no-cors", method: "POST", body: "{}"}));
  said.form = await settled(form());
  said.image = await settled(element("img", {src: base + "/?way=image"}));
  said.script = await settled(element("script", {src: base + "/?way=script"}));
  said.frame = await settled(element("iframe", {src: base + "/?way=frame"}));
  said.beacon = navigator.sendBeacon(base + "/?way=beacon", "{}") ? "sent" : "failed";
  const events = new EventSource(base + "/events?way=events");
  said.events = await settled(event(events, "onopen", "onerror"));
  events.close();
  const socket = new WebSocket(base.replace("http", "ws") + "/socket?way=socket");
  said.socket = await settled(event(socket, "onopen", "onerror"));
  return said;
}"""
UNREADABLE = {"headers", "nocors", "form", "image", "script", "frame", "beacon"}
READABLE = {"fetch", "post", "events", "socket"}
"""Ways by which a page learns something, or that need an agreement before they are used."""
ALWAYS_TOLD = {"nocors", "form", "frame"}
"""Ways of which Chromium tells its driver the status, whatever it hides from the page."""

WAYS = READABLE | UNREADABLE


@dataclass
class Witness:
    """A server of the lessons' kind that notes which requests come to its handlers."""

    ways: list[str] = field(default_factory=list)

    def make_app(self) -> web.Application:
        async def note(request: web.Request) -> web.StreamResponse:
            if way := request.query.get("way"):
                self.ways.append(way)
            if request.path == "/socket":
                socket = web.WebSocketResponse()
                await socket.prepare(request)
                await socket.close()
                return socket
            kind = "text/event-stream" if request.path == "/events" else "text/html"
            return web.Response(text="data: x\n\n", content_type=kind)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", note)

        async def allow(request: web.Request, response: web.StreamResponse) -> None:
            response.headers["Access-Control-Allow-Origin"] = "*"

        app.on_response_prepare.append(allow)
        return app


@pytest.fixture(scope="module")  # Playwright's own event loop must not outlive the tests that need it
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    rules = f"--host-resolver-rules=MAP {EVIL} 127.0.0.1"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", rules, *QUIET])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def site() -> Iterator[int]:
    """The port of a site whose page is empty; `EVIL` and `localhost` are its names."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<!DOCTYPE html><title>page</title><body>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    yield opened
    opened.close()


def try_every_way(
    page: Page, at: str, base: str, patience_ms: int = 10_000
) -> tuple[dict[str, str], dict[str, int]]:
    """What the page at `at` says of each way to `base`, and the status that each was answered with."""
    statuses: dict[str, int] = {}

    def note(response: Any) -> None:
        if response.url.startswith(base) and "way=" in response.url and response.request.method != "OPTIONS":
            statuses[response.url.rpartition("way=")[2]] = response.status

    page.on("response", note)
    page.goto(at)
    said: dict[str, str] = page.evaluate(EVERY_WAY, [base, patience_ms])
    page.wait_for_timeout(200)
    return said, statuses


def address(opened: Opened) -> str:
    return f"http://127.0.0.1:{opened.port}"


def test_a_page_of_another_site_runs_nothing(page: Page, site: int) -> None:
    witness = Witness()
    with EmbeddedServer(witness.make_app) as server:
        said, statuses = try_every_way(page, f"http://{EVIL}:{site}/", server.url(""))
        assert said.keys() == WAYS
        assert not witness.ways
        assert set(statuses.values()) == {403} and statuses.keys() >= ALWAYS_TOLD
        assert {said["events"], said["socket"]} == {"failed"}


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_a_page_of_this_machine_runs_what_it_did(page: Page, site: int, name: str) -> None:
    """JupyterLab's page, on another port than the lessons' servers."""
    witness = Witness()
    with EmbeddedServer(witness.make_app) as server:
        said, _ = try_every_way(page, f"http://{name}:{site}/", server.url(""))
        assert set(witness.ways) >= READABLE
        assert {said[way] for way in READABLE} == {"sent"}


def test_a_link_from_another_site_may_be_followed(page: Page, site: int) -> None:
    with EmbeddedServer() as server:
        page.goto(f"http://{EVIL}:{site}/")
        link = server.url("/transfer-encoding?count=1")
        page.evaluate("link => { document.body.innerHTML = `<a id=there href=${link}>there</a>`; }", link)
        with page.expect_navigation() as navigation:
            page.click("#there")
        response = navigation.value
        assert response is not None and response.status == 200


@pytest.mark.parametrize("name", ["evil.test", "localhost"])
def test_no_page_at_all_calls_the_api_or_a_runtime(
    page: Page, site: int, everything: Everything, name: str
) -> None:
    for opened in (each for each in everything.opened if each.kind in (Kind.API, Kind.RUNTIME)):
        said, statuses = try_every_way(page, f"http://{name}:{site}/", address(opened))
        assert set(statuses.values()) == {403}, opened
        assert statuses.keys() >= ALWAYS_TOLD, opened
        assert {said[way] for way in READABLE} == {"failed"}


def test_what_is_public_on_aws_any_page_may_call(page: Page, site: int, everything: Everything) -> None:
    """Whether it can read the answer is up to the CORS that was deployed."""
    for opened in (each for each in everything.opened if each.kind is Kind.PUBLIC and not each.is_envoy):
        _, statuses = try_every_way(page, f"http://{EVIL}:{site}/", address(opened), patience_ms=1000)
        assert statuses.keys() >= ALWAYS_TOLD, opened
    url = address(everything.one("lambda function-url"))
    _, statuses = try_every_way(page, f"http://{EVIL}:{site}/", url, patience_ms=1000)
    assert statuses["nocors"] == statuses["form"] == 200


def test_a_name_made_to_resolve_to_this_machine_reaches_no_port(
    page: Page, everything: Everything, embedded: Opened
) -> None:
    """DNS rebinding: to the browser the page is of the very origin that it calls."""
    for opened in (*everything.opened, embedded):
        base = f"http://{EVIL}:{opened.port}"
        first = page.goto(base + "/")  # the refusal itself is a page of that origin
        assert first is not None and first.status == 403
        answers = page.evaluate(
            """async () => Promise.all(["GET", "POST"].map(async method => {
                 try {
                   const answer = await fetch("/there", {method});
                   return [answer.status, (await answer.json()).rule];
                 } catch (error) { return [0, String(error)]; } }))"""
        )
        assert answers == [[403, "host"]] * 2, opened
        opens = page.evaluate(
            """() => new Promise(done => {
                 const socket = new WebSocket(`ws://${location.host}/websocket`);
                 socket.onopen = () => done("open");
                 socket.onerror = () => done("failed"); })"""
        )
        assert opens == "failed", opened
