"""Functions that fail: before they answer, before the first byte, and in mid-stream."""

import base64
import os
import time

from .guest import PRELUDE, Call, Invocation, given

TRAILER = "Trailer: Lambda-Runtime-Function-Error-Type"


def exits_with_0(_: Invocation) -> None:
    os._exit(0)


def kills_itself(_: Invocation) -> None:
    os.kill(os.getpid(), 9)


def stays(_: Invocation) -> None:
    time.sleep(60)


def has_another_mode(invocation: Invocation) -> None:
    invocation.reply(b"1", headers=["Lambda-Runtime-Function-Response-Mode: streams"])


def reports_oops(invocation: Invocation) -> None:
    invocation.reply(b'{"errorType": "Oops"}', "/error")


def dies_after_last_words(_: Invocation) -> None:
    print("last words", flush=True)
    os._exit(3)


# In mid-stream


def reports_boom_after_two(invocation: Invocation) -> None:
    """Streams two chunks, then trailers that report an error."""
    call = invocation.stream("Content-Type: text/plain", TRAILER)
    call.chunk(b"one")
    call.chunk(b"two")
    body = base64.b64encode(b'{"errorType":"Boom","errorMessage":"no more"}').decode()
    trailers = ["Lambda-Runtime-Function-Error-Type: Boom", f"Lambda-Runtime-Function-Error-Body: {body}"]
    call.send("\r\n".join(["0", *trailers, "", ""]).encode())
    call.answer()


def reports_oops_after_a_prelude(invocation: Invocation) -> None:
    """Streams a prelude and "abc", then a trailer that reports an error."""
    call = invocation.stream(PRELUDE, TRAILER)
    call.chunk(b"{}" + bytes(8) + b"abc")
    call.send(b"0\r\nLambda-Runtime-Function-Error-Type: Oops\r\n\r\n")


def begun(invocation: Invocation, data: bytes = b"one") -> Call:
    """A response with one chunk; it is closed when nobody holds it any more."""
    call = invocation.stream()
    call.chunk(data)
    return call


def exits_after_one(invocation: Invocation) -> None:
    _held = begun(invocation)
    os._exit(1)


def stays_after_one(invocation: Invocation) -> None:
    _held = begun(invocation)
    time.sleep(60)


def closes_after_one(invocation: Invocation) -> None:
    begun(invocation).socket.close()


def closes_after_x(invocation: Invocation) -> None:
    begun(invocation, b"x").socket.close()


def sends_no_chunk_after_one(invocation: Invocation) -> None:
    call = begun(invocation)
    call.send(b"this is no chunk\r\n")
    call.answer()


def exits_after_two(invocation: Invocation) -> None:
    """Streams two chunks with a pause after each, and exits."""
    call = invocation.stream()
    for text in (b"one", b"two"):
        call.chunk(text)
        time.sleep(0.3)
    os._exit(1)


# Before the first byte


def begun_without_a_byte(invocation: Invocation) -> Call:
    """A response of the content type that it was given."""
    return invocation.stream(f"Content-Type: {given()}", TRAILER)


def reports_boom_at_once(invocation: Invocation) -> None:
    call = begun_without_a_byte(invocation)
    call.send(b"0\r\nLambda-Runtime-Function-Error-Type: Boom\r\n\r\n")
    call.answer()


def closes_at_once(invocation: Invocation) -> None:
    begun_without_a_byte(invocation).socket.close()


def exits_at_once(invocation: Invocation) -> None:
    _held = begun_without_a_byte(invocation)
    os._exit(1)
