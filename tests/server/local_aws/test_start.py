"""A stand-in that cannot start says why in one line, with status 1, and leaves nothing behind."""

import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

COMMAND = [sys.executable, "-m", "server.local_aws", "--until-stdin-closes"]


def started(*arguments: str, **popen: Any) -> "subprocess.CompletedProcess[str]":
    settings: dict[str, Any] = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, **popen}
    return subprocess.run([*COMMAND, *arguments], timeout=60, **settings)


def allowing(number: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (number, number))


def one_line(result: "subprocess.CompletedProcess[str]", *words: str) -> None:
    assert result.returncode == 1, result.stderr
    (line,) = result.stderr.splitlines()
    assert all(word in line for word in words), line


def test_too_few_files() -> None:
    one_line(started(preexec_fn=allowing(64)), "64 files", "128", "ulimit -n")


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        one_line(started("--port", str(port)), f"Cannot listen on 127.0.0.1:{port}", "in use")


def test_nobody_reads_stdout() -> None:
    with subprocess.Popen(["true"], stdin=subprocess.PIPE) as gone:
        gone.wait()
        one_line(
            started(capture_output=False, stdout=gone.stdin, stderr=subprocess.PIPE), "stdout", "Broken pipe"
        )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_stdout_is_full() -> None:
    with Path("/dev/full").open("w") as full:
        one_line(started(capture_output=False, stdout=full, stderr=subprocess.PIPE), "stdout", "No space")


def test_files_may_not_grow(tmp_path: Path) -> None:
    """What a full disk is like: the certificate cannot be written."""

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    result = started(preexec_fn=no_room, env=environment(TMPDIR=str(tmp_path)))
    one_line(result, "Cannot store temporary files", "TMPDIR")
    assert eventually_empty(tmp_path)


def test_a_temporary_folder_with_a_very_long_name_will_do(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["long" * 40] * 8)
    folder.mkdir(parents=True)
    result = started(env=environment(TMPDIR=str(folder)))
    assert (result.returncode, result.stderr) == (0, "")
    assert "endpoint_url" in result.stdout
    assert eventually_empty(folder)


def test_closed_standard_streams_end_it_as_the_end_of_stdin_does() -> None:
    shell = " ".join(COMMAND) + " <&- >&- 2>&-"
    assert subprocess.run(["sh", "-c", shell], timeout=60).returncode == 0


def environment(**variables: str) -> dict[str, str]:
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **variables}


def eventually_empty(folder: Path) -> bool:
    deadline = time.monotonic() + 10
    while any(folder.iterdir()):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
