"""A generator that yields text, nothing, and bytes."""

from collections.abc import Iterator


def handler(event: object, context: object) -> Iterator[str | bytes]:
    yield "é"
    yield b""
    yield b"\x00raw"
