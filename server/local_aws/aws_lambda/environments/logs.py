"""The log of a function: what its processes write, and what the platform says of each invocation."""

import asyncio
import json
import uuid
from datetime import UTC, datetime

from server.local_aws.aws_lambda.environments.platform_events import PlatformEvent, at_least, level_of
from server.local_aws.aws_lambda.function import Function, default_group
from server.local_aws.platform.log import LinePipe, LogEvent, put_events
from server.local_aws.platform.log import event as log_event

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
        self._logging = function.logging
        date = datetime.now(UTC).strftime("%Y/%m/%d")
        of = "" if function.logging.group == default_group(function.name) else function.name
        self.name = f"{date}/{of}[{function.version}]{uuid.uuid4().hex}"
        self._pipe = LinePipe(self._take, READ_SIZE)
        self.output = self._pipe.output
        self._events: list[LogEvent] = []
        self._tail = b""
        self._upcoming_flush: asyncio.TimerHandle | None = None

    def begin(self, event: PlatformEvent, *, after_init: bool) -> None:
        """The log of an invocation begins here, or with the initialisation that came before."""
        self._pipe.drain()
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
        self._pipe.drain()
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
            put_events(self._function.region, self._logging.group, self.name, self._events)
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
        """A line that a process has written, if the function's log is to have it."""
        if not self._logging.json or at_least(level_of(line), self._logging.application_level):
            self._store(line)

    def _store(self, line: bytes) -> None:
        self._events.append(log_event(line))
        if self._upcoming_flush is None:
            self._upcoming_flush = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)
