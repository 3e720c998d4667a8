"""A program that waits to be restored, and reports an error of that if it is given one."""

import json
import time

from .guest import Call, Invocation, given


def ask(method: str, path: str, body: bytes = b"") -> tuple[int, str | None]:
    """The status and the type of the error that the Runtime API answers."""
    asked = Call(method, path, [f"Content-Length: {len(body)}"])
    asked.send(body)
    status, _, document = asked.answer()
    return status, json.loads(document).get("errorType")


RESULTS = [
    ask("POST", "/restore/error", b"{}"),
    ask("GET", "/restore/next"),
    ask("GET", "/restore/next"),
]
if error := given():
    assert ask("POST", "/restore/error", error.encode())[0] == 202
    time.sleep(60)


def results(invocation: Invocation) -> None:
    invocation.reply_json(RESULTS)
