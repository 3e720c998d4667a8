"""`python -m server.local_aws`: see `server.local_aws.command`."""

import sys

from server.processes.environment import restart_with_what_is_needed


def main() -> int:
    """Run the command in an environment of its own; return its exit status."""
    restart_with_what_is_needed()
    from server.local_aws.command import main as run  # only now: it takes most of a second to import

    return run()


if __name__ == "__main__":
    sys.exit(main())
