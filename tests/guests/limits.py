"""Functions that meet limits: of size, of rate, of time and of concurrency."""

import time
from contextlib import suppress

from .guest import LAST_CHUNK, Invocation, given


def posts_bytes(invocation: Invocation) -> None:
    """Streams as many chunks of as many bytes as the event says; prints what the Runtime API answered."""
    call = invocation.stream()
    with suppress(OSError):
        for _ in range(invocation.event["chunks"]):
            call.chunk(bytes(invocation.event["size"]))
        call.send(LAST_CHUNK)
    status, _, body = call.answer()
    print("RUNTIME", status, body.decode(), flush=True)


def streams_9_kb(invocation: Invocation) -> None:
    call = invocation.stream()
    call.chunk(bytes(9000))
    call.send(LAST_CHUNK)


def streams_60_kb_and_stays(invocation: Invocation) -> None:
    call = invocation.stream()
    call.chunk(bytes(60_000))
    time.sleep(60)


def streams_a_second(invocation: Invocation) -> None:
    """Streams ten chunks in a second; prints that it is done."""
    call = invocation.stream()
    for _ in range(10):
        call.chunk(b"x" * 1000)
        time.sleep(0.1)
    print("RUNTIME", call.end()[0], "done", flush=True)


def streams_10_mb_late(invocation: Invocation) -> None:
    """Streams more than sockets hold, after a second; prints what the Runtime API answered."""
    time.sleep(1)
    call = invocation.stream()
    for _ in range(100):
        call.chunk(bytes(100_000))
    print("RUNTIME", call.end()[0], flush=True)


def streams_200_mb(invocation: Invocation) -> None:
    """Prints the seconds that its writing took."""
    started = time.monotonic()
    call = invocation.stream()
    for _ in range(400):
        call.chunk(bytes(500_000))
    call.send(LAST_CHUNK)
    print("RUNTIME", time.monotonic() - started, "", flush=True)
    call.answer()


def streams_chunks(invocation: Invocation) -> None:
    """Streams as many chunks of as many bytes as it was given."""
    count, size = given()
    data = bytes(size)
    call = invocation.stream("Content-Type: application/octet-stream")
    for _ in range(count):
        call.chunk(data)
    call.end()


def streams_three_x(invocation: Invocation) -> None:
    """Streams three chunks, half a second apart."""
    call = invocation.stream()
    for _ in range(3):
        call.chunk(b"x")
        time.sleep(0.5)
    call.end()


def takes_two_seconds(invocation: Invocation) -> None:
    time.sleep(2)
    invocation.reply(b"1")
