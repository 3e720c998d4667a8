"""What a function writes to stdout and stderr, line by line, on its way to CloudWatch Logs."""

import asyncio
import json
import os
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from server.local_aws.aws_lambda.environments.platform_events import PlatformEvent, at_least, level_of
from server.local_aws.aws_lambda.function import Function, default_group

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
        self._logging = function.logging
        self._put_events = put_events
        date = datetime.now(UTC).strftime("%Y/%m/%d")
        of = "" if function.logging.group == default_group(function.name) else function.name
        self.name = f"{date}/{of}[{function.version}]{uuid.uuid4().hex}"
        self._source, self.output = os.pipe()
        os.set_blocking(self._source, False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._source, self._read, READ_SIZE)
        self._line = b""
        self._events: list[LogEvent] = []
        self._tail = b""
        self._upcoming_flush: asyncio.TimerHandle | None = None

    def begin(self, event: PlatformEvent, *, after_init: bool) -> None:
        """The log of an invocation begins here, or with the initialisation that came before."""
        self._drain()
        if not after_init:
            self._tail = b""
        self.note(event)

    def end(self, *events: PlatformEvent) -> bytes:
        """It ends here: store its events; return its last 4 KB."""
        for event in events:
            self.note(event)
        self.flush()
        return self._tail

    def note(self, event: PlatformEvent) -> None:
        """Something that the platform says, if the function's log is to have it."""
        if not self._logging.json:
            self.say(event.text)
        elif at_least(event.level, self._logging.system_level):
            self.say(event.as_json())

    def warn(self, text: str) -> None:
        """Something that this stand-in says, and AWS does not."""
        if self._logging.json:
            timestamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            text = json.dumps({"timestamp": timestamp, "level": "WARN", "message": text})
        self.say(text)

    def say(self, text: str) -> None:
        """A line that is no output of a process, if there is one."""
        self._drain()
        line = text.encode(errors="replace")
        if line:
            self._store(line)
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
        """A line that a process has written, if the function's log is to have it."""
        if not self._logging.json or at_least(level_of(line), self._logging.application_level):
            self._store(line)

    def _store(self, line: bytes) -> None:
        message = line.decode("utf-8", "replace")
        self._events.append({"timestamp": int(time.time() * 1000), "message": message})
        if self._upcoming_flush is None:
            self._upcoming_flush = self._loop.call_later(FLUSH_SECONDS, self.flush)
