"""Runs JavaScript in the reader's browser, in the notebook's own output, and shows what it says and when."""

from html import escape
from json import dumps
from uuid import uuid4

from IPython.display import HTML, display

from lab.streams.signers import presigned

CARD = """\
<div id="{card}" class="in-browser" style="border:1px solid #767676; border-radius:4px; padding:6px 12px">
<div>In your browser: <code>{url}</code></div>
<pre class="in-browser-log" role="log" style="margin:6px 0 0"></pre>
<div class="in-browser-state">This output needs a browser that runs it: open the notebook in JupyterLab.</div>
</div>
<script>
(async () => {{
  const card = document.getElementById("{card}");
  const log = card.querySelector(".in-browser-log"), state = card.querySelector(".in-browser-state");
  const url = {url_json}, started = performance.now();
  const say = (text) => {{
    const line = (performance.now() - started).toFixed(0).padStart(6) + " ms  " + String(text).trimEnd();
    log.textContent += line + "\\n";
    state.textContent = "";
  }};
  const webview = "VS Code shows outputs in a page of its own (a webview, " + location.origin + "), which " +
    "the servers of these notebooks do not answer: they answer pages that this machine serves. Open the " +
    "notebook in JupyterLab, or stay with the Python cells.";
  const unanswered = "No answer from " + url + ". Is the server of this notebook still running? (After " +
    "Run All, the last cell has stopped it: run the cell that starts it, then this one.) If the kernel " +
    "is on another machine than your browser (a JupyterHub, a remote container), forward that port to " +
    "yours, or stay with the Python cells.";
  const inVSCode = location.protocol === "vscode-webview:" || location.host.endsWith(".vscode-cdn.net");
  const help = inVSCode ? webview : unanswered;
  const patience = setTimeout(() => {{ if (!log.textContent) state.textContent = help; }}, 3000);
  state.textContent = "running …";
  const there = new URL("/", url.replace(/^ws/, "http"));
  const probe = {{ method: "HEAD", mode: "no-cors", signal: AbortSignal.timeout(2000) }};
  const gone = await fetch(there, probe).then(() => false, (error) => error instanceof TypeError);
  if (gone) return void (state.textContent = help);
  try {{
    await (async () => {{
{script}
    }})();
  }} catch (error) {{
    state.textContent = error + ". " + (log.textContent ? "" : help);
  }}
}})();
</script>"""


def run_in_browser(script: str, url: str) -> None:
    """Run `script`, the body of an async function, in the page that shows this cell's output.

    It may use `url`, and `say(text)`, which adds a line with the milliseconds since it started. Where the
    browser cannot reach `url`, or the page is read without a kernel, the output says so. A page cannot sign:
    a Function URL that wants a signature has it in `url`, for an hour.
    """
    shown, url = url, presigned(url)
    card = f"in-browser-{uuid4().hex}"
    html = CARD.format(card=card, url=escape(shown), url_json=dumps(url).replace("</", "<\\/"), script=script)
    display(HTML(html))  # type: ignore[no-untyped-call]
