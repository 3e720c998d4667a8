"""A run of a lesson: its name, the names of what it creates, and the tag that all of it has."""

import os
import re
from hashlib import sha256

TAG = "streaming-run"
"""The tag's key; its value is the run."""

PREFIX = "streaming-"
"""The prefix of every run's name, and so of the names of everything that a run creates."""

RUN_VARIABLE = "STREAMING_RUN"


def run_name(lesson: str, arn: str = "") -> str:
    """The run of `lesson` (two digits). On AWS it tells whose it is (`owner` of the caller's `arn`): the same
    person's next run finds what an interrupted one left, and nobody else's. Raises `RuntimeError`."""
    return f"{PREFIX}{lesson}-{owner(arn)}" if arn else f"{PREFIX}{lesson}"


def owner(arn: str) -> str:
    """Return the name of a run's owner. Raises `RuntimeError`."""
    name = os.environ.get(RUN_VARIABLE) or sha256(arn.encode()).hexdigest()[:6]
    if not re.fullmatch("[a-z0-9]{1,12}", name):
        raise RuntimeError(f"{RUN_VARIABLE}={name!r}: it is 1 to 12 of a-z and 0-9. Nothing was created.")
    return name


def full_name(run: str, name: str) -> str:
    return f"{run}_{name}"


def run_of(full: str) -> str:
    """Return the run in a name that `full_name` has made; of any other name nothing."""
    run, underscore, _ = full.partition("_")
    return run if underscore and run.startswith(PREFIX) else ""
