"""The producer: which items a stream sends, and when.

Every variant of the series sends the same items for the same three parameters (`count`, `interval_ms`,
`pad`), so that all of them can be drawn on the same axes.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

WORDS = ("foo", "bar", "baz")
"""What the article's server sends; stamped items repeat them."""

RANGES = {"count": (1, 100_000), "interval_ms": (0, 60_000), "pad": (0, 1_048_576)}
"""Each parameter's smallest and largest value (both allowed)."""


class BadParameter(ValueError):
    """A parameter is not a whole number in its range; `details()` is what a client should be told."""

    def __init__(self, parameter: str, value: str, minimum: int, maximum: int) -> None:
        super().__init__(f"{parameter} must be a whole number from {minimum} to {maximum}, not {value!r}")
        self.parameter = parameter
        self.minimum = minimum
        self.maximum = maximum

    def details(self) -> dict[str, object]:
        return {
            "error": str(self),
            "parameter": self.parameter,
            "minimum": self.minimum,
            "maximum": self.maximum,
        }


def whole_number(parameter: str, value: str, minimum: int, maximum: int) -> int:
    """Read `value` as a decimal integer from `minimum` to `maximum`; raise `BadParameter` otherwise."""
    if not re.fullmatch(r"-?[0-9]{1,9}", value) or not minimum <= int(value) <= maximum:
        raise BadParameter(parameter, value, minimum, maximum)
    return int(value)


@dataclass(frozen=True)
class Items:
    """A stream's items: how many, how far apart (milliseconds), how much padding (bytes an item).

    Unstamped, an item is the bare word, as in the article. Stamped, it is one JSON object with its number,
    the time it was sent (epoch seconds) and its text: the word, followed by `pad` dots.
    """

    count: int = len(WORDS)
    interval_ms: int = 200
    pad: int = 0
    stamped: bool = False

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "Items":
        """Items are stamped as soon as one of the three parameters is given. Raises `BadParameter`."""
        given = {
            name: whole_number(name, query[name], minimum, maximum)
            for name, (minimum, maximum) in RANGES.items()
            if name in query
        }
        return cls(**given, stamped=bool(given))

    def text(self, seq: int) -> str:
        """Item number `seq` (from 0), stamped with the time of this call when items are stamped."""
        word = WORDS[seq % len(WORDS)]
        if not self.stamped:
            return word
        return json.dumps({"seq": seq, "sent": time.time(), "text": word + "." * self.pad})

    async def produce(self, first: int = 0) -> AsyncIterator[tuple[int, str]]:
        """Yield `(seq, text)` from item number `first` to the last, `interval_ms` apart, starting at once."""
        for seq in range(first, self.count):
            if seq > first:
                await asyncio.sleep(self.interval_ms / 1000)
            yield seq, self.text(seq)
