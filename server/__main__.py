"""`python -m server [--host 127.0.0.1] [--port 1323] [--heartbeat 15]`: serve the origin.

`STREAMING_ALLOW` says who else may reach it (see `server.door.allowed`).
"""

import argparse
import asyncio
import signal
import sys
import threading
from contextlib import suppress

from server.door import allowed
from server.door.guard import Kind
from server.origin import HEARTBEAT_SECONDS, ROUTES, make_app
from server.serving import serving


async def serve(host: str, port: int, heartbeat: float) -> None:
    stopping = asyncio.Event()
    with suppress(NotImplementedError):  # Windows has no such handlers: Ctrl+C is KeyboardInterrupt there
        for signum in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(signum, stopping.set)
    async with serving(make_app(heartbeat), Kind.LOCAL, host, port) as bound_port:
        name = f"[{host}]" if ":" in host else host
        print(f"Serving http://{name}:{bound_port} ({', '.join(ROUTES)}). Ctrl+C stops it.", flush=True)
        await stopping.wait()


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m server", description="Serve the origin until interrupted."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument(
        "--port", default=1323, type=int, help="port; 0 takes a free one (default %(default)s)"
    )
    parser.add_argument(
        "--heartbeat",
        default=HEARTBEAT_SECONDS,
        type=float,
        metavar="SECONDS",
        help="silence after which Server-Sent Events carry a comment, lest a proxy with a limit on silence "
        "cut them (default %(default)s)",
    )
    options = parser.parse_args()
    if not 0 <= options.port <= 65535:
        parser.error(f"--port must be from 0 to 65535, not {options.port}")
    if not 0 < options.heartbeat <= threading.TIMEOUT_MAX:
        parser.error(f"--heartbeat must be a number of seconds above 0, not {options.heartbeat}")
    try:
        allowed.from_environment()
    except allowed.BadEntry as error:
        parser.error(str(error))
    try:
        asyncio.run(serve(options.host, options.port, options.heartbeat))
    except KeyboardInterrupt:
        pass
    except OSError as error:
        print(f"Cannot listen on {options.host}:{options.port}: {error.strerror}.", file=sys.stderr)
        print("If a server runs there already, use it, or choose another port: --port 0.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
