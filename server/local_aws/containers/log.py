"""What a container writes to stdout and stderr, line by line, on its way to CloudWatch Logs."""

import asyncio
import os
import time

from moto.logs.models import logs_backends

from server.local_aws.control_plane.moto import ACCOUNT_ID

MAX_LINE = 262_144
"""Bytes of one log event; a longer line is split."""


def put_lines(region: str, group: str, stream: str, lines: list[str]) -> None:
    """Store each line as an event in moto's CloudWatch Logs; make the group and the stream if need be."""
    logs = logs_backends[ACCOUNT_ID][region]
    logs.ensure_log_group(group)
    if stream not in logs.groups[group].streams:
        logs.create_log_stream(group, stream)
    now = int(time.time() * 1000)
    logs.put_log_events(group, stream, [{"timestamp": now, "message": line} for line in lines])


class LogPipe:
    """A pipe whose writing end, `output`, is for processes; what comes through it goes to a log stream."""

    def __init__(self, region: str, group: str, stream: str) -> None:
        self._region = region
        self._group = group
        self._stream = stream
        self._source, self.output = os.pipe()
        os.set_blocking(self._source, False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._source, self._read)
        self._rest = b""

    def close(self) -> None:
        """Store what is left, and give both ends back."""
        while self._read():
            pass
        if self._rest:
            self._put([self._rest])
        self._loop.remove_reader(self._source)
        os.close(self._source)
        os.close(self.output)

    def _read(self) -> bool:
        try:
            data = os.read(self._source, 65_536)
        except BlockingIOError:
            return False
        *lines, self._rest = (self._rest + data).split(b"\n")
        while len(self._rest) > MAX_LINE:
            lines.append(self._rest[:MAX_LINE])
            self._rest = self._rest[MAX_LINE:]
        self._put(lines)
        return bool(data)

    def _put(self, lines: list[bytes]) -> None:
        # CloudWatch Logs takes no event without a message
        texts = [line.decode("utf-8", "replace") for line in lines if line.strip()]
        if texts:
            put_lines(self._region, self._group, self._stream, texts)
