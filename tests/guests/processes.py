"""Functions that start processes, and that look at their own and at those above them."""

import json
import os
import resource
import subprocess
import time
from pathlib import Path

from .guest import Invocation


def tells_and_stays(invocation: Invocation) -> None:
    """Starts two processes, streams all ids and the folder of its code, and does not end."""
    child = subprocess.Popen(["sleep", "300"])
    detached = subprocess.Popen(["sleep", "300"], start_new_session=True)
    pids = [os.getpid(), child.pid, detached.pid]
    call = invocation.stream()
    call.chunk(json.dumps([*pids, os.environ["LAMBDA_TASK_ROOT"]]).encode())
    time.sleep(300)


def leaves_an_orphan(invocation: Invocation) -> None:
    """Returns the id of a process of another session whose parent has ended."""
    command = ["sh", "-c", "setsid sleep 300 >/dev/null 2>&1 & echo $!"]
    invocation.reply(subprocess.run(command, stdout=subprocess.PIPE).stdout)


def floods_the_log(invocation: Invocation) -> None:
    subprocess.Popen(["yes"])
    time.sleep(0.5)
    invocation.reply(b"1")


def descriptors(invocation: Invocation) -> None:
    """Returns how many files it may open."""
    invocation.reply_json(resource.getrlimit(resource.RLIMIT_NOFILE))


def ancestors(invocation: Invocation) -> None:
    """Returns the command and the environment of each process from its own up to the stand-in."""
    found = []
    pid = os.getpid()
    while pid > 1:
        process = Path(f"/proc/{pid}")
        fields = (process / "stat").read_text().rpartition(")")[2].split()
        command = (process / "cmdline").read_text().replace("\0", " ")
        found.append([command, (process / "environ").read_text()])
        if "server.local_aws" in command:
            break
        pid = int(fields[1])
    invocation.reply_json(found)
