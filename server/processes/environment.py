"""The environment variables that a server of this project needs, and no more.

What a process was started with can be read by every process of the same user (`/proc/PID/environ` on Linux),
functions among them. So a server that runs other people's code keeps nothing of its reader's: no credentials,
no tokens, no proxies, no configuration of AWS.
"""

import os
import sys
from collections.abc import Mapping

NEEDED = {
    "HOME",
    "LANG",
    "LANGUAGE",
    "LD_LIBRARY_PATH",
    "LOGNAME",
    "PATH",
    "STREAMING_ALLOW",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TMPDIR",
    "TZ",
    "USER",
}
NEEDED_FAMILIES = ("DYLD_", "LC_", "LOCAL_AWS_", "PYTHON")
"""Variables that begin so are needed, too: how Python finds its packages, and this project's own settings."""

WITHOUT_AWS_CONFIGURATION = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""So an SDK reads no configuration of this machine and asks no metadata service for credentials."""

RESTARTED = "LOCAL_AWS_RESTARTED"
"""Set in the environment of a process that has been restarted with what it needs."""


def needed(environment: Mapping[str, str]) -> dict[str, str]:
    """Return those of the variables that a server needs."""
    return {
        name: value
        for name, value in environment.items()
        if name in NEEDED or name.startswith(NEEDED_FAMILIES)
    }


def restart_with_what_is_needed() -> None:
    """Run this very program again in this process, which keeps its id and its open files, with the variables
    that it needs. Does nothing the second time. Call it first: what ran before runs twice."""
    if os.environ.get(RESTARTED) == str(os.getpid()):
        del os.environ[RESTARTED]
        return
    variables = needed(os.environ) | WITHOUT_AWS_CONFIGURATION | {RESTARTED: str(os.getpid())}
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], variables)
