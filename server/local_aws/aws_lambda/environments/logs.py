"""What a function writes to stdout and stderr, line by line, on its way to CloudWatch Logs."""

import asyncio
import os
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from server.local_aws.aws_lambda.function import Function

TAIL = 4096
"""Bytes of the log that `LogType=Tail` returns: the last 4 KB."""

MAX_LINE = 262_144
"""Bytes of one log event; a longer line is split."""

PIPE_SIZE = 65_536
"""Bytes a pipe holds at the most, on Linux and macOS."""

READ_SIZE = 2048
"""Bytes read at a time while a function runs: one that floods its log must leave time for the others."""

FLUSH_SECONDS = 0.5
"""After which a line is in the log group although its invocation still runs."""

LogEvent = dict[str, int | str]
PutEvents = Callable[[Function, str, list[LogEvent]], None]


class LogStream:
    """The log stream of one execution environment: its processes write to the pipe `output`.

    `put_events(function, stream name, events)` stores events and must not block.
    """

    def __init__(self, function: Function, put_events: PutEvents) -> None:
        self._function = function
        self._put_events = put_events
        date = datetime.now(UTC).strftime("%Y/%m/%d")
        self.name = f"{date}/[{function.version}]{uuid.uuid4().hex}"
        self._source, self.output = os.pipe()
        os.set_blocking(self._source, False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._source, self._read, READ_SIZE)
        self._line = b""
        self._events: list[LogEvent] = []
        self._tail = b""
        self._upcoming_flush: asyncio.TimerHandle | None = None

    def start(self, request_id: str, *, after_init: bool) -> None:
        """The log of an invocation begins here, or with the initialisation that came before."""
        self._drain()
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
        self._drain()
        line = text.encode(errors="replace")
        self._add(line)
        self._tail = (self._tail + line + b"\n")[-TAIL:]

    def flush(self) -> None:
        """Store what has come since the last time."""
        if self._upcoming_flush is not None:
            self._upcoming_flush.cancel()
            self._upcoming_flush = None
        if self._events:
            self._put_events(self._function, self.name, self._events)
            self._events = []

    def close(self) -> None:
        self._drain()
        self.flush()
        self._loop.remove_reader(self._source)
        os.close(self._source)
        os.close(self.output)

    def _drain(self) -> None:
        """Take what is in the pipe now. One read holds all of it; until the pipe is empty, a process that
        never stops writing would hold up everything else."""
        self._read(PIPE_SIZE)
        if self._line:
            self._add(self._line)
            self._line = b""
            self._tail = (self._tail + b"\n")[-TAIL:]

    def _read(self, size: int) -> None:
        try:
            data = os.read(self._source, size)
        except BlockingIOError:
            return
        self._tail = (self._tail + data)[-TAIL:]
        *lines, self._line = (self._line + data).split(b"\n")
        for line in lines:
            self._add(line)
        while len(self._line) > MAX_LINE:
            self._add(self._line[:MAX_LINE])
            self._line = self._line[MAX_LINE:]
        if len(self._events) > 1000:
            self.flush()

    def _add(self, line: bytes) -> None:
        message = line.decode("utf-8", "replace")
        self._events.append({"timestamp": int(time.time() * 1000), "message": message})
        if self._upcoming_flush is None:
            self._upcoming_flush = self._loop.call_later(FLUSH_SECONDS, self.flush)
