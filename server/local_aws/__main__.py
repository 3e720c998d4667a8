"""`python -m server.local_aws [--port 0] [--until-stdin-closes]`: run the stand-ins until told to stop.

When everything is ready one line of JSON goes to stdout: `{"endpoint_url": …, "region": …}`.
`LOCAL_AWS_LIMIT_SCALE` scales AWS's limits (see `server.local_aws.limits`); with `LOCAL_AWS_ENFORCE_IAM=1`
every API call needs its permissions (see `server.local_aws.iam.enforcement`).
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import threading
from contextlib import suppress

from server.local_aws import descriptors, limits
from server.local_aws.api import REGION
from server.local_aws.iam import enforcement
from server.local_aws.stand_in import StandIn


async def serve(stand_in: StandIn, port: int, *, until_stdin_closes: bool) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stopping.set)
    await stand_in.start(port)
    try:
        announcement = {"endpoint_url": stand_in.endpoint_url, "region": REGION}
        print(json.dumps(announcement), flush=True)
        sys.stdout = sys.stderr  # what a library prints must not look like another announcement
        if until_stdin_closes:
            threading.Thread(target=wait_for_end_of_stdin, args=(loop, stopping), daemon=True).start()
        await stopping.wait()
    finally:
        await stand_in.stop()


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
    if not 0 <= options.port <= 65535:
        parser.error(f"--port must be from 0 to 65535, not {options.port}")
    try:
        stand_in = StandIn(limits.from_environment(), enforce_iam=enforcement.from_environment())
    except ValueError as error:
        parser.error(str(error))
    descriptors.raise_limit()
    try:
        asyncio.run(serve(stand_in, options.port, until_stdin_closes=options.until_stdin_closes))
    except OSError as error:
        print(f"Cannot listen on 127.0.0.1:{options.port}: {error.strerror}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
