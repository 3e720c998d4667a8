"""Functions that answer with what the test gives them or with what they are sent, at any front door."""

import base64
import json
import time

from .guest import PRELUDE, Invocation, given


def returned(invocation: Invocation) -> None:
    """Returns what it was given."""
    invocation.reply(given().encode("latin-1"))


def streamed(invocation: Invocation) -> None:
    """Streams the chunks that it was given, under the headers; a number is a pause of so many seconds."""
    call = invocation.stream(*given()["headers"])
    for chunk in given()["chunks"]:
        if isinstance(chunk, str):
            call.chunk(chunk.encode("latin-1"))
        else:
            time.sleep(chunk)
    call.end()


def late(invocation: Invocation) -> None:
    """Returns a status 200 after as many seconds as it was given."""
    time.sleep(given())
    invocation.reply(b'{"statusCode": 200}')


def silent(_: Invocation) -> None:
    """Answers nothing, and lets two seconds pass."""
    time.sleep(2)


def with_status(invocation: Invocation) -> None:
    """Returns a status 200 and the event as body."""
    invocation.reply_json({"statusCode": 200, "body": json.dumps(invocation.event)})


def body_of(invocation: Invocation) -> bytes:
    body: str = invocation.event.get("body") or ""
    return base64.b64decode(body) if invocation.event["isBase64Encoded"] else body.encode()


def body(invocation: Invocation) -> None:
    """Returns the body that it is sent."""
    invocation.reply(body_of(invocation))


def body_streamed(invocation: Invocation) -> None:
    """Streams the body that it is sent, in one chunk."""
    call = invocation.stream(PRELUDE)
    call.chunk(body_of(invocation))
    call.end()


def chunks_streamed(invocation: Invocation) -> None:
    """Streams the chunks that it is sent, a JSON array of base64."""
    call = invocation.stream(PRELUDE)
    for chunk in json.loads(invocation.event["body"]):
        call.chunk(base64.b64decode(chunk))
    call.end()


def with_accented_type(invocation: Invocation) -> None:
    invocation.reply(b"1", headers=["Content-Type: text/plain; x=\u00e9"])
