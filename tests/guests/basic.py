"""What many tests deploy."""

import json
import os
import time

from .guest import Invocation, given


def nothing(_: Invocation) -> None:
    """Answers nothing and goes on to the next invocation."""


def one(invocation: Invocation) -> None:
    invocation.reply(b"1")


def echo(invocation: Invocation) -> None:
    invocation.reply(invocation.payload)


def pid(invocation: Invocation) -> None:
    invocation.reply(str(os.getpid()).encode())


def exits(_: Invocation) -> None:
    raise SystemExit(1)


def exits_with_3(_: Invocation) -> None:
    os._exit(3)


def stamped(invocation: Invocation) -> None:
    """Streams as many lines, as far apart, as it was given; each says when it was sent."""
    count, interval = given()
    call = invocation.stream("Content-Type: text/plain")
    for seq in range(count):
        if seq:
            time.sleep(interval)
        call.chunk(json.dumps({"seq": seq, "sent": time.time(), "text": "foo"}).encode() + b"\n")
    call.end()
