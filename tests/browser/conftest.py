"""JupyterLab in a real browser: the Chromium that is installed, driven by Playwright."""

import json
import shutil
import subprocess
import sys
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import nbformat
import pytest
from playwright.sync_api import sync_playwright

TOKEN = "test"
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@dataclass(frozen=True)
class JupyterLab:
    """A running server, whose address ends with a slash."""

    address: str

    def url(self, path):
        return f"{self.address}{path}?token={TOKEN}"

    def stop_kernels(self):
        """End every kernel, and what its notebook has started."""
        with urllib.request.urlopen(self.url("api/sessions"), timeout=10) as answer:
            sessions = json.load(answer)
        for session in sessions:
            request = urllib.request.Request(self.url(f"api/sessions/{session['id']}"), method="DELETE")
            urllib.request.urlopen(request, timeout=30).close()


@pytest.fixture(scope="module")  # Playwright's own event loop must not outlive the tests that need it
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    quiet = [
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *quiet])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory):
    """A JupyterLab that serves a copy of the notebooks."""
    home = tmp_path_factory.mktemp("jupyter")
    root = home / "notebooks"
    shutil.copytree(NOTEBOOKS, root, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    for notebook in root.glob("*.ipynb"):
        end_with_the_last_page(notebook)
    (home / "lambda").symlink_to(NOTEBOOKS.parent / "lambda")
    environment = {"HOME": str(home), "PATH": str(Path(sys.executable).parent) + ":/usr/bin:/bin"}
    environment |= {f"JUPYTER_{kind}_DIR": str(home / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    # JupyterLab takes cells that are out of sight out of the page, and with them what a test looks for
    settings = home / "CONFIG/lab/user-settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings"
    settings.parent.mkdir(parents=True)
    settings.write_text('{"windowingMode": "none"}')
    options = ["--no-browser", "--port=0", "--ip=127.0.0.1", f"--IdentityProvider.token={TOKEN}"]
    options += ["--allow-root", "--LabApp.expose_app_in_browser=True"]
    command = [sys.executable, "-m", "jupyterlab", *options, f"--ServerApp.root_dir={root}"]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=root)
        try:
            yield JupyterLab(wait_for_server(home / "RUNTIME", process, home / "log"))
        finally:
            process.terminate()
            process.wait(20)


def end_with_the_last_page(path):
    """Cut the notebook after its last cell of JavaScript: its clean-up would race the page's clients."""
    notebook = nbformat.read(path, as_version=4)
    pages = [at for at, cell in enumerate(notebook.cells) if "run_in_browser(" in cell.source]
    if pages:
        del notebook.cells[pages[-1] + 1 :]
        nbformat.write(notebook, path)


def wait_for_server(runtime, process, log):
    deadline = monotonic() + 90
    while monotonic() < deadline and process.poll() is None:
        for description in runtime.glob("jpserver-*.json"):
            with suppress(OSError, ValueError):  # it is described before it listens
                url = json.loads(description.read_text())["url"]
                with urllib.request.urlopen(f"{url}api/status?token={TOKEN}", timeout=10):
                    return url
        sleep(0.2)
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")
