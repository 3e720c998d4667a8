"""`python -m server.local_aws [--port 0] [--until-stdin-closes]`: run the stand-ins until told to stop.

When everything is ready one line of JSON goes to stdout: `{"endpoint_url": …, "region": …}`.
`LOCAL_AWS_LIMIT_SCALE` scales AWS's limits (see `server.local_aws.platform.limits`); with
`LOCAL_AWS_ENFORCE_IAM=1` every API call needs its permissions (see `server.local_aws.iam.enforcement`).
`LOCAL_AWS_REPORTED_FAILURE` and `LOCAL_AWS_COALESCE` choose where AWS behaves one way or another (see
`server.local_aws.platform.behaviour`), and `STREAMING_ALLOW` says who else may reach it (see
`server.door.allowed`).
"""

import argparse
import asyncio
import errno
import json
import os
import signal
import sys
import threading
from contextlib import suppress

from server.door import allowed
from server.local_aws.control_plane import outbound
from server.local_aws.control_plane.call import REGION
from server.local_aws.platform import behaviour, limits
from server.local_aws.stand_in import StandIn
from server.processes import descriptors

ENFORCE_VARIABLE = "LOCAL_AWS_ENFORCE_IAM"


def enforces_iam() -> bool:
    """Return whether IAM is enforced. Raises `ValueError` if `LOCAL_AWS_ENFORCE_IAM` is neither 0 nor 1."""
    value = os.environ.get(ENFORCE_VARIABLE, "0")
    if value not in ("0", "1"):
        raise ValueError(f"{ENFORCE_VARIABLE} must be 0 or 1, not {value!r}")
    return value == "1"


class CannotStart(Exception):
    """The message says why, in one line."""


async def serve(stand_in: StandIn, port: int, *, until_stdin_closes: bool) -> None:
    outbound.watch()
    threading.excepthook = say_in_one_line
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stopping.set)
    try:
        await stand_in.start(port)
    except OSError as error:
        raise CannotStart(why(error, port)) from None
    try:
        announce({"endpoint_url": stand_in.endpoint_url, "region": REGION})
        if until_stdin_closes:
            threading.Thread(target=wait_for_end_of_stdin, args=(loop, stopping), daemon=True).start()
        await stopping.wait()
    finally:
        await stand_in.stop()


def announce(announcement: dict[str, str]) -> None:
    """Raises `CannotStart` if nobody can read it."""
    try:
        print(json.dumps(announcement), flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python tries, and complains, once more at its end
        raise CannotStart(f"Cannot announce the endpoint on stdout: {error.strerror}.") from None
    sys.stdout = sys.stderr  # what a library prints must not look like another announcement


def why(error: OSError, port: int) -> str:
    """What keeps the stand-in from starting, and what to do about it."""
    if error.errno in (errno.EADDRINUSE, errno.EADDRNOTAVAIL) or (
        error.errno in (errno.EACCES, errno.EPERM) and error.filename is None
    ):
        return f"Cannot listen on 127.0.0.1:{port}: {error.strerror}."
    if error.errno in (errno.EAGAIN, errno.ENOMEM):
        return f"Cannot start a process: {error.strerror}. See ulimit -u (processes) and -v (memory)."
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return f"Cannot open another file: {error.strerror}. See ulimit -n."
    return f"Cannot store temporary files: {error}. TMPDIR names the folder for them."


def say_in_one_line(failed: threading.ExceptHookArgs) -> None:
    """What ends a thread of a library's is a line in the log."""
    print(f"a thread ended: {failed.exc_type.__name__}: {failed.exc_value}", file=sys.stderr)


def wait_for_end_of_stdin(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    """In a thread: stdin may be anything, and not everything can be polled."""
    with suppress(OSError):
        while os.read(0, 65_536):
            pass
    with suppress(RuntimeError):  # the loop has ended first
        loop.call_soon_threadsafe(ended.set)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m server.local_aws", description="Run stand-ins for AWS services."
    )
    parser.add_argument(
        "--port", default=0, type=int, help="port of the endpoint; 0 takes a free one (default)"
    )
    parser.add_argument("--until-stdin-closes", action="store_true", help="stop when stdin is at its end")
    options = parser.parse_args()
    descriptors.open_standard_streams()
    if not 0 <= options.port <= 65535:
        parser.error(f"--port must be from 0 to 65535, not {options.port}")
    try:
        allowed.from_environment()
        stand_in = StandIn(
            limits.from_environment(), behaviour.from_environment(), enforce_iam=enforces_iam()
        )
    except ValueError as error:
        parser.error(str(error))
    descriptors.raise_limit()
    try:
        descriptors.require_enough()
        asyncio.run(serve(stand_in, options.port, until_stdin_closes=options.until_stdin_closes))
    except (CannotStart, descriptors.TooFew) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
