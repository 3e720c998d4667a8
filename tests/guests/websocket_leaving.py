"""Functions of `$disconnect` that leave a file in the folder that they were given."""

import time
from pathlib import Path

from .guest import Invocation, given


def tells_the_connection(invocation: Invocation) -> None:
    time.sleep(0.1)
    Path(given(), invocation.event["requestContext"]["connectionId"]).touch()
    invocation.reply(b"{}")


def tells_and_takes_its_time(invocation: Invocation) -> None:
    Path(given(), invocation.id).touch()
    time.sleep(2)
    invocation.reply(b"{}")
