"""`python -m server.local_aws`: see `server.local_aws.command`."""

import os
import sys
from contextlib import suppress
from typing import NoReturn

from server.processes.environment import restart_with_what_is_needed


def main() -> int:
    """Run the command in an environment of its own; return its exit status."""
    restart_with_what_is_needed()
    from server.local_aws.control_plane.deferred import importing

    with importing():  # only now: it takes most of a second
        from server.local_aws.command import main as run

    return run()


def end(status: int) -> NoReturn:
    """End at once. Everything that was started has been stopped; to take moto's modules apart, as Python does
    when it ends, takes a second."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # it is None where it was closed from the start
            with suppress(OSError, ValueError):
                stream.flush()
    os._exit(status)


if __name__ == "__main__":
    end(main())
