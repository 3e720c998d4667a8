"""A little parser of `text/event-stream`, written from the HTML standard (9.2.6), not from the encoder."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    type: str
    data: str
    last_id: str = ""


@dataclass(frozen=True)
class Stream:
    events: list[Event]
    comments: int
    retry_ms: int | None


def parse(stream: bytes) -> Stream:
    text = stream.decode().removeprefix("\ufeff")
    lines = re.split("\r\n|\n|\r", text)[:-1]
    events: list[Event] = []
    comments, retry_ms = 0, None
    event_type, data, last_id = "", "", ""
    for line in lines:
        if line == "":
            if data:
                events.append(Event(event_type or "message", data.removesuffix("\n"), last_id))
            event_type, data = "", ""
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "":
            comments += 1
        elif name == "event":
            event_type = value
        elif name == "data":
            data += value + "\n"
        elif name == "id" and "\0" not in value:
            last_id = value
        elif name == "retry" and re.fullmatch("[0-9]+", value):
            retry_ms = int(value)
    return Stream(events, comments, retry_ms)
