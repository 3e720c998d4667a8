"""The log of a function: what its processes write, and what the platform says of each invocation."""

import asyncio
import uuid
from datetime import UTC, datetime

from server.local_aws.aws_lambda.function import Function
from server.local_aws.platform.log import LinePipe, LogEvent, event, put_events

TAIL = 4096
"""Bytes of the log that `LogType=Tail` returns: the last 4 KB."""

READ_SIZE = 2048
"""Bytes read at a time while a function runs: one that floods its log must leave time for the others."""

FLUSH_SECONDS = 0.5
"""After which a line is in the log group although its invocation still runs."""


class LogStream:
    """The log stream of one execution environment: its processes write to the pipe `output`."""

    def __init__(self, function: Function) -> None:
        self._function = function
        date = datetime.now(UTC).strftime("%Y/%m/%d")
        self.name = f"{date}/[{function.version}]{uuid.uuid4().hex}"
        self._pipe = LinePipe(self._take, READ_SIZE)
        self.output = self._pipe.output
        self._events: list[LogEvent] = []
        self._tail = b""
        self._upcoming_flush: asyncio.TimerHandle | None = None

    def start(self, request_id: str, *, after_init: bool) -> None:
        """The log of an invocation begins here, or with the initialisation that came before."""
        self._pipe.drain()
        if not after_init:
            self._tail = b""
        self.note(f"START RequestId: {request_id} Version: {self._function.version}")

    def end(self, request_id: str, seconds: float, init_seconds: float | None) -> bytes:
        """It ends here: store its events; return its last 4 KB."""
        self.note(f"END RequestId: {request_id}")
        milliseconds = seconds * 1000
        report = [
            f"REPORT RequestId: {request_id}",
            f"Duration: {milliseconds:.2f} ms",
            f"Billed Duration: {int(milliseconds) + 1} ms",
            f"Memory Size: {self._function.memory} MB",
        ]
        if init_seconds is not None:
            report.append(f"Init Duration: {init_seconds * 1000:.2f} ms")
        self.note("\t".join(report))
        self.flush()
        return self._tail

    def note(self, text: str) -> None:
        """A line of the platform's own."""
        self._pipe.drain()
        line = text.encode(errors="replace")
        self._add(line)
        self._tail = (self._tail + line + b"\n")[-TAIL:]

    def flush(self) -> None:
        """Store what has come since the last time."""
        if self._upcoming_flush is not None:
            self._upcoming_flush.cancel()
            self._upcoming_flush = None
        if self._events:
            put_events(self._function.region, self._function.log_group, self.name, self._events)
            self._events = []

    def close(self) -> None:
        self._pipe.close()
        self.flush()

    def _take(self, lines: list[bytes], data: bytes) -> None:
        self._tail = (self._tail + data)[-TAIL:]
        for line in lines:
            self._add(line)
        if len(self._events) > 1000:
            self.flush()

    def _add(self, line: bytes) -> None:
        self._events.append(event(line))
        if self._upcoming_flush is None:
            self._upcoming_flush = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)
