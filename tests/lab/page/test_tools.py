"""curl, the browser card and the machine check: what a learner sees when something is missing."""

import shutil

import pytest
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

import lab.page.machine
from lab import check_machine, curl, run_in_browser
from lab.page.curl import as_text
from server.embedded import EmbeddedServer

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")


@needs_curl
def test_curl_shows_when_each_line_came(capsys):
    with EmbeddedServer() as server:
        output = curl("-iN", server.url("/transfer-encoding"))
    assert output.endswith("\n\nfoo\nbar\nbaz\n") and "\r" not in output
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith("$ curl -iN http://127.0.0.1:")
    at = {line.split("ms  ")[1]: int(line.split("ms  ")[0]) for line in shown[1:] if "ms  " in line}
    assert at["foo"] + 100 < at["bar"] < at["baz"] - 100


@needs_curl
def test_curl_shows_frames_as_escapes_and_its_own_errors(capsys):
    assert "curl: (7)" in curl("http://127.0.0.1:1/")
    assert as_text(b"\x81\x04foo") == r"\x81\x04foo"
    assert as_text("日本\t\n".encode()) == "日本\t\n"


def test_without_curl_the_cell_says_so(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(FileNotFoundError, match="curl is not installed"):
        curl("-i", "http://127.0.0.1/")


def test_browser_card_escapes_what_it_is_given(monkeypatch):
    published = []
    monkeypatch.setattr(InteractiveShell, "_instance", InteractiveShell())
    monkeypatch.setattr(
        DisplayPublisher, "publish", lambda self, data, **rest: published.append(data["text/html"])
    )
    run_in_browser('say("hello")', 'http://127.0.0.1/?a=1&b=</script><img src=x>"')
    html = published[0]
    assert "&lt;/script&gt;" in html and html.count("</script>") == 1
    assert 'say("hello")' in html


def test_machine_check_says_what_to_do(monkeypatch, capsys, tmp_path):
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("aiohttp>=99 # why\nno-such-package>=1\nnot-here; sys_platform == 'none'\n-e .\n")
    monkeypatch.setattr(lab.page.machine, "REQUIREMENTS", requirements)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert check_machine() is False
    shown = capsys.readouterr().out
    assert "-- aiohttp>=99 is needed" in shown.replace("--  ", "-- ")
    assert "no-such-package>=1 is missing: run `make lab` again" in shown
    assert "not-here is not made for this platform" in shown
    assert "curl is not installed" in shown


def test_this_machine_is_ready(capsys):
    assert check_machine() is (shutil.which("curl") is not None), capsys.readouterr().out


def test_browser_card_knows_a_page_of_vs_code(monkeypatch):
    """Its outputs are in a webview, which the servers do not answer."""
    published = []
    monkeypatch.setattr(InteractiveShell, "_instance", InteractiveShell())
    monkeypatch.setattr(
        DisplayPublisher, "publish", lambda self, data, **rest: published.append(data["text/html"])
    )
    run_in_browser("say(1)", "http://127.0.0.1/")
    assert 'location.protocol === "vscode-webview:"' in published[0]
    assert "VS Code shows outputs in a page of its own" in published[0]
