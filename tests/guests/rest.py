"""Functions behind REST APIs in mode STREAM."""

import json
import time

from .guest import LAST_CHUNK, PRELUDE, Invocation, given


def late_prelude(invocation: Invocation) -> None:
    """Streams nothing but a prelude, after two seconds."""
    time.sleep(2)
    call = invocation.stream(PRELUDE)
    call.chunk(b"{}" + bytes(8))
    call.end()


def streams_a_second(invocation: Invocation) -> None:
    """Streams ten chunks in a second; prints that it is done."""
    call = invocation.stream(PRELUDE)
    call.chunk(b"{}" + bytes(8))
    for _ in range(10):
        call.chunk(b"x")
        time.sleep(0.1)
    call.send(LAST_CHUNK)
    print("ran to its end", flush=True)


def streams_40_mb(invocation: Invocation) -> None:
    """Prints that it is through when it has written everything."""
    call = invocation.stream(PRELUDE)
    call.chunk(b"{}" + bytes(8))
    for _ in range(640):
        call.chunk(bytes(65536))
    call.send(LAST_CHUNK)
    print("through", flush=True)


def stamped(invocation: Invocation) -> None:
    """Streams its metadata, then as many lines, as far apart, as it was given; each says when it was sent."""
    count, interval = given()
    call = invocation.stream(PRELUDE)
    call.chunk(b"{}" + bytes(8))
    for seq in range(count):
        if seq:
            time.sleep(interval)
        call.chunk(json.dumps({"seq": seq, "sent": time.time(), "text": "foo"}).encode() + b"\n")
    call.end()
