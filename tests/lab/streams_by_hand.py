"""Arrivals made by hand: no server, no clock."""

import json
from collections.abc import Mapping

from lab import Arrivals, Head, Refused

CHUNKED = Head(200, {"Transfer-Encoding": "chunked", "Content-Type": "text/plain"})
EVENTS = Head(200, {"transfer-encoding": "chunked", "content-type": "text/event-stream; charset=utf-8"})
SWITCHED = Head(101, {"Upgrade": "websocket"})


def arrivals(head: Head | None, arrived: Mapping[int, float], label: str = "by hand") -> Arrivals:
    """Items sent 0.1 s apart, of which number n arrives at `arrived[n]` (seconds), in the order given."""
    made = Arrivals(label, started=0.0, ended=max(arrived.values(), default=0.0))
    if head is not None:
        made.parts.append((0.0, head))
    for seq, at in arrived.items():
        made.parts.append((at, json.dumps({"seq": seq, "sent": seq / 10}).encode() + b"\n"))
    return made


def streamed(head: Head = CHUNKED, label: str = "streamed") -> Arrivals:
    return arrivals(head, {seq: seq / 10 + 0.001 for seq in range(6)}, label)


def buffered(head: Head = CHUNKED, label: str = "buffered") -> Arrivals:
    return arrivals(head, {seq: 0.6 for seq in range(6)}, label)


def refused(status: int, label: str = "refused") -> Arrivals:
    made = arrivals(None, {}, label)
    made.error = Refused(f"HTTP {status} from http://127.0.0.1/: no")
    return made
