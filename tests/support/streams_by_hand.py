"""Arrivals made by hand: no server, no clock."""

import json
from collections.abc import Mapping
from dataclasses import replace

from lab import Arrivals, Head, Refused

CHUNKED = Head(200, {"Transfer-Encoding": "chunked", "Content-Type": "text/plain"})
EVENTS = Head(200, {"transfer-encoding": "chunked", "content-type": "text/event-stream; charset=utf-8"})
SWITCHED = Head(101, {"Upgrade": "websocket"})


def arrivals(head: Head | None, arrived: Mapping[int, float], label: str = "by hand") -> Arrivals:
    """Items sent 0.1 s apart, of which number n arrives at `arrived[n]` (seconds), in the order given."""
    parts = [(at, json.dumps({"seq": seq, "sent": seq / 10}).encode() + b"\n") for seq, at in arrived.items()]
    heads = [(0.0, head)] if head is not None else []
    return Arrivals(label, ended=max(arrived.values(), default=0.0), parts=[*heads, *parts])


def streamed(head: Head = CHUNKED, label: str = "streamed") -> Arrivals:
    return arrivals(head, {seq: seq / 10 + 0.001 for seq in range(6)}, label)


def buffered(head: Head = CHUNKED, label: str = "buffered") -> Arrivals:
    return arrivals(head, {seq: 0.6 for seq in range(6)}, label)


def refused(status: int, label: str = "refused") -> Arrivals:
    error = Refused(f"HTTP {status} from http://127.0.0.1/: no")
    return replace(arrivals(None, {}, label), error=error)
