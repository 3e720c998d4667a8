"""The JavaScript clients of the lessons, run by a browser in JupyterLab."""

import re

import pytest

import lab.page.browser
from lab import run_in_browser
from server.embedded import EmbeddedServer

PATIENCE_MS = 120_000
OPEN_AND_RUN = """async (path) => {
  const { commands, shell } = window.jupyterapp;
  const widget = await commands.execute("docmanager:open", { path });
  await widget.context.ready;
  await widget.sessionContext.ready;
  shell.activateById(widget.id);
  commands.execute("notebook:run-all-cells");
}"""


@pytest.fixture(scope="module")
def lab_page(browser, jupyterlab):
    """One page for all notebooks: to load JupyterLab takes a browser longer than to run one."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(jupyterlab.url("lab"), wait_until="domcontentloaded", timeout=PATIENCE_MS)
    page.wait_for_function("() => window.jupyterapp !== undefined", timeout=PATIENCE_MS)
    page.evaluate("() => window.jupyterapp.restored.then(() => null)")
    yield page
    page.close()


@pytest.fixture
def run_all(lab_page, jupyterlab):
    """Open a notebook, run all of it, and return what the page shows of it."""

    def open_and_run(name):
        lab_page.evaluate(OPEN_AND_RUN, name)
        return lab_page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")

    yield open_and_run
    jupyterlab.stop_kernels()


def said(page, number, last):
    """What output `number` (from 0) of the page's JavaScript cells said, once it has said `last`."""
    log = page.locator(".in-browser-log").nth(number)
    log.filter(has_text=last).wait_for(timeout=PATIENCE_MS, state="attached")
    return [(int(ms), text) for ms, text in re.findall(r"(\d+) ms  (.*)", log.text_content())]


def test_fetch_reads_the_chunks_as_they_come(run_all):
    page = run_all("02_read_a_chunked_response.ipynb")
    lines = said(page, 0, "complete")
    assert [text for _, text in lines[1:]] == ["foo", "bar", "baz", "complete"]
    foo, bar, baz = (ms for ms, text in lines if text in ("foo", "bar", "baz"))
    assert bar - foo > 50 and baz - bar > 50, "they came apart"


def test_eventsource_reconnects_resumes_and_stops(run_all):
    page = run_all("03_read_server_sent_events.ipynb")
    endless = [text for _, text in said(page, 0, "closed by hand")]
    assert endless.count("foo") >= 2, "a finished stream was asked for again"
    resumed = [text for _, text in said(page, 1, "end: so we close")]
    assert resumed.count("open") == 2
    assert "".join(text[5] for text in resumed if text.startswith("test")) == "012345"
    ended = [text for _, text in said(page, 2, "end: closed")]
    assert len(ended) == 4 and "error" not in ended
    refused = [text for _, text in said(page, 3, "error")]
    assert refused == ["error, readyState 2 (2 is closed for good)"]


def test_websocket_opens_receives_and_closes_cleanly(run_all):
    page = run_all("04_talk_over_websocket.ipynb")
    lines = [text for _, text in said(page, 0, "close 1000")]
    assert lines == ["open", "foo", "bar", "baz", "close 1000, clean: true"]


def test_a_websocket_api_pushes_to_the_browser(run_all):
    page = run_all("09_push_through_a_websocket_api.ipynb")
    lines = [text for _, text in said(page, 0, "close 1000")]
    assert lines[0] == "open" and lines[-1] == "close 1000, clean: true"
    assert [text[:9] for text in lines[1:-1]] == ['{"seq": 0', '{"seq": 1', '{"seq": 2']
    diagram = page.locator(".jp-RenderedMermaid img, .jp-RenderedMermaid svg").first
    diagram.wait_for(timeout=PATIENCE_MS, state="attached")


def test_app_runner_refuses_the_websocket_that_the_load_balancer_lets_pass(run_all):
    page = run_all("10_deploy_to_app_runner.ipynb")
    events = [text for _, text in said(page, 0, "end: closed")]
    assert len(events) == 4 and "error" not in events
    assert [text for _, text in said(page, 1, "close")] == ["close 1006, clean: false"]
    passed = [text for _, text in said(page, 2, "close")]
    assert passed == ["open", "foo", "bar", "baz", "close 1000, clean: true"]


def test_appsync_events_need_no_library(run_all):
    page = run_all("11_subscribe_with_appsync.ipynb")
    lines = [text.strip() for _, text in said(page, 0, "close 10")]
    assert lines[:2] == ["connection_ack", "subscribe_success"]
    assert [line for line in lines if line.startswith("data")] == [
        f'data "{n}"' for n in ("one", "two", "three")
    ]


def test_a_page_that_comes_when_the_server_has_stopped_says_so_and_runs_nothing(browser, monkeypatch):
    shown = []
    monkeypatch.setattr(lab.page.browser, "display", shown.append)
    with EmbeddedServer() as server, browser.new_context() as context:
        page = context.new_page()
        for scheme in ("http", "ws"):
            run_in_browser('say("ran")', server.url("/websocket", scheme))
            page.set_content(shown[-1].data)
            page.locator(".in-browser-log").filter(has_text="ran").wait_for(timeout=PATIENCE_MS)
        server.stop()
        for card in shown:
            page.set_content(card.data)
            state = page.locator(".in-browser-state")
            state.filter(has_text="the last cell has stopped it").wait_for(timeout=PATIENCE_MS)
            assert page.locator(".in-browser-log").text_content() == ""
