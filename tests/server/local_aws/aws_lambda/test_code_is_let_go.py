"""What is not deployed any more takes no memory and no disk, however often a function is deployed anew."""

import io
import os
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.support.account import Account, start_stand_in
from tests.support.stand_in_log import without_tracebacks

PADDING = 1_000_000
MALLOC = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_ARENA_MAX": "2"}
"""Makes glibc give large blocks back at once, so that what is used is what is kept."""
BOOTSTRAP = "#!/bin/sh\nexit 7\n"


def package() -> bytes:
    """A package that no other is like, and whose code ends at once."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, BOOTSTRAP)
        archive.writestr("padding", os.urandom(PADDING))
    return data.getvalue()


def size(folder: Path) -> int:
    """The bytes in `folder`, of which files may vanish meanwhile."""
    return sum(path.stat().st_size for path in folder.rglob("padding") if path.exists())


def until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def test_deployments_leave_neither_memory_nor_files(tmp_path: Path) -> None:
    with without_tracebacks() as log:
        process, url = start_stand_in(variables={"TMPDIR": str(tmp_path), **MALLOC}, stderr=log)
        with process:
            aws = Account(url)
            name = aws.create(Code={"ZipFile": package()})
            functions = aws.client("lambda")
            published = functions.publish_version(FunctionName=name)["Version"]
            used = []
            for number in range(32):
                functions.update_function_code(FunctionName=name, ZipFile=package())
                if number % 16 == 0:
                    answer = functions.invoke(FunctionName=name, Qualifier=published)
                    assert b"exit status 7" in answer["Payload"].read()
                used.append(psutil.Process(process.pid).memory_info().rss)
            assert min(used[26:]) < min(used[10:16]) + 6 * PADDING
            assert until(lambda: size(tmp_path) == 2 * PADDING)
            functions.delete_function(FunctionName=name)
            assert until(lambda: size(tmp_path) == 0)
            assert process.stdin is not None
            started = time.monotonic()
            process.stdin.close()
            assert process.wait(30) == 0
            assert time.monotonic() - started < 10
