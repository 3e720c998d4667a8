"""The producer: the same items as everywhere in this series, for the same three parameters."""

import json
import re
import time

WORDS = ("foo", "bar", "baz")
RANGES = {"count": (1, 100_000), "interval_ms": (0, 60_000), "pad": (0, 1_048_576)}


class BadParameter(ValueError):
    def __init__(self, parameter, value, minimum, maximum):
        message = f"{parameter} must be a whole number from {minimum} to {maximum}, not {value!r}"
        super().__init__(message)
        self.details = {"error": message, "parameter": parameter, "minimum": minimum, "maximum": maximum}


def parameters_of(event):
    """The parameters of a Function URL or REST API event, or those of a bare event: {"count": 20}."""
    return event.get("queryStringParameters") or event


def whole_number(parameters, name, minimum, maximum):
    value = str(parameters[name])
    if not re.fullmatch("-?[0-9]{1,9}", value) or not minimum <= int(value) <= maximum:
        raise BadParameter(name, value, minimum, maximum)
    return int(value)


def items_of(event):
    """The items that `event` asks for, one after the other, each a string. Raises BadParameter.

    Without parameters, what the article's function sends: "test" three times, a second apart. With any of
    them, stamped items.
    """
    parameters = parameters_of(event)
    given = {
        name: whole_number(parameters, name, *limits)
        for name, limits in RANGES.items()
        if parameters.get(name) is not None
    }
    return stamped(**given) if given else spaced(3, 1000, lambda seq: "test")


def stamped(count=3, interval_ms=200, pad=0):
    def text(seq):
        words = WORDS[seq % len(WORDS)] + "." * pad
        return json.dumps({"seq": seq, "sent": time.time(), "text": words})

    return spaced(count, interval_ms, text)


def spaced(count, interval_ms, text):
    for seq in range(count):
        if seq > 0:
            time.sleep(interval_ms / 1000)
        yield text(seq)
