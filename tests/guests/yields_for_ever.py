"""A generator that does not end."""

from collections.abc import Iterator


def handler(event: object, context: object) -> Iterator[str | bytes]:
    yield "one"
    print("streaming")
    while True:
        yield bytes(65_536)
