"""What processes write to stdout and stderr, line by line, on its way to CloudWatch Logs."""

import asyncio
import os
import time
from collections.abc import Callable

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.logs.models import logs_backends

MAX_LINE = 262_144
"""Bytes of one log event; a longer line is split."""

PIPE_SIZE = 65_536
"""Bytes a pipe holds at the most, on Linux and macOS."""

LogEvent = dict[str, int | str]


def event(line: bytes) -> LogEvent:
    """Return a line as an event of this moment."""
    return {"timestamp": int(time.time() * 1000), "message": line.decode("utf-8", "replace")}


def put_events(region: str, group: str, stream: str, events: list[LogEvent]) -> None:
    """Store events in moto's CloudWatch Logs; make the group and the stream if need be."""
    logs = logs_backends[DEFAULT_ACCOUNT_ID][region]
    logs.ensure_log_group(group)
    if stream not in logs.groups[group].streams:
        logs.create_log_stream(group, stream)
    logs.put_log_events(group, stream, events)


class LinePipe:
    """A pipe whose writing end, `output`, is for processes. `take(lines, data)` gets the lines that end with
    the data of one read, which is of `read_size` bytes at the most."""

    def __init__(self, take: Callable[[list[bytes], bytes], None], read_size: int = PIPE_SIZE) -> None:
        self._take = take
        self._source, self.output = os.pipe()
        os.set_blocking(self._source, False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._source, self._read, read_size)
        self._rest = b""

    def _read(self, size: int) -> None:
        try:
            data = os.read(self._source, size)
        except BlockingIOError:
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        while len(self._rest) > MAX_LINE:
            lines.append(self._rest[:MAX_LINE])
            self._rest = self._rest[MAX_LINE:]
        self._take(lines, data)

    def drain(self) -> None:
        """Take what is in the pipe now, and end its last line. One read holds all of it; until the pipe is
        empty, a process that never stops writing would hold up everything else."""
        self._read(PIPE_SIZE)
        if self._rest:
            line, self._rest = self._rest, b""
            self._take([line], b"\n")

    def close(self) -> None:
        """Take what is left, and give both ends back."""
        self.drain()
        self._loop.remove_reader(self._source)
        os.close(self._source)
        os.close(self.output)
