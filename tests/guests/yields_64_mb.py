"""A generator that prints when all that it yields is written."""

from collections.abc import Iterator


def handler(event: object, context: object) -> Iterator[bytes]:
    for _ in range(1024):
        yield bytes(65_536)
    print("all written")
