"""Starts a runtime as a process inside an execution environment: Lambda's variables, the task root as cwd."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.fake_runtime_api import FakeRuntimeApi


@dataclass
class Guest:
    api: FakeRuntimeApi
    process: asyncio.subprocess.Process
    output: bytearray = field(default_factory=bytearray)

    @property
    def log(self) -> str:
        return self.output.decode()

    async def logged(self, text: str, within: float = 15) -> None:
        """Wait until `text` is in the log."""
        end = time.monotonic() + within
        while text not in self.log:
            assert time.monotonic() < end, f"{text!r} is not in the log:\n{self.log}"
            await asyncio.sleep(0.02)

    async def streaming(self, within: float = 15) -> None:
        """Wait until a response has reached the Runtime API: what it has not accepted it cannot cut."""
        end = time.monotonic() + within
        while self.api.receiving is None:
            assert time.monotonic() < end, "no response has begun"
            await asyncio.sleep(0.02)

    async def exit_code(self, within: float = 15) -> int:
        return await asyncio.wait_for(self.process.wait(), within)


@asynccontextmanager
async def running(
    argv: Sequence[str], task_root: Path, handler: str, runtime: str, **variables: str
) -> AsyncIterator[Guest]:
    """The process of `argv` with a Runtime API of its own, until the block ends."""
    async with FakeRuntimeApi().serving() as api:
        environment = {
            "PATH": os.environ["PATH"],
            "LANG": "en_US.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",  # the folders in lambda/ are zipped as they are
            "TZ": ":UTC",
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
            "AWS_LAMBDA_FUNCTION_NAME": "guest",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/guest",
            "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/23/[$LATEST]0",
            "LAMBDA_TASK_ROOT": str(task_root),
            "_HANDLER": handler,
            **variables,
        }
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=task_root,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        guest = Guest(api, process)
        collecting = asyncio.create_task(collect(process.stdout, guest.output))
        try:
            yield guest
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            await collecting


async def collect(stream: asyncio.StreamReader, output: bytearray) -> None:
    while data := await stream.read(65_536):
        output += data
