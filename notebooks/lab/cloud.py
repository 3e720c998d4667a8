"""Where the lessons deploy to: the stand-in for AWS, in a process of its own on this machine."""

import json
import os
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import boto3
from botocore.config import Config

TARGET_VARIABLE = "STREAMING_TARGET"
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


@dataclass
class Cloud:
    """`client("lambda")` is an ordinary boto3 client; everything it creates lives until `stop()`.

    >>> with start_cloud() as cloud:
    ...     cloud.client("lambda").list_functions()["Functions"]
    []
    """

    endpoint_url: str
    region: str
    process: "subprocess.Popen[str]"
    run: str
    label: str = "LOCAL"

    def name(self, text: str) -> str:
        """The name, by run, of something that a lesson creates: `lesson-12-` and `text`."""
        return f"{self.run}-{text}"

    def client(self, service: str) -> Any:
        """A boto3 client of `service` that gives up at the first error instead of trying again."""
        config = Config(retries={"total_max_attempts": 1}, read_timeout=60)
        return boto3.client(
            service, endpoint_url=self.endpoint_url, region_name=self.region, config=config, **CREDENTIALS
        )

    def endpoints(self) -> list[dict[str, str]]:
        """What is deployed and reachable: service, kind, id and URL of each."""
        with urllib.request.urlopen(f"{self.endpoint_url}/_local/endpoints", timeout=10) as response:
            listed: list[dict[str, str]] = json.load(response)
        return listed

    def stop(self) -> None:
        """End the stand-in and all that it started. Does nothing when it has ended."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)

    def __enter__(self) -> "Cloud":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "" if self.process.poll() is None else ", stopped"
        return f"<Cloud {self.label} {self.endpoint_url} {self.region}{state}>"


def start_cloud(lesson: str = "00", limit_scale: float = 1.0) -> Cloud:
    """Start the stand-in; `limit_scale` times AWS's limits are its own, so that a lesson can reach them.

    Raises `RuntimeError` if it does not start, or if the environment asks for another target.
    """
    if (target := os.environ.get(TARGET_VARIABLE, "local")) != "local":
        raise RuntimeError(
            f"{TARGET_VARIABLE}={target!r}, but these notebooks deploy to the stand-in only, so far. "
            f"Nothing was created. Unset {TARGET_VARIABLE} to go on."
        )
    process = subprocess.Popen(
        [sys.executable, "-m", "server.local_aws", "--until-stdin-closes"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "LOCAL_AWS_LIMIT_SCALE": str(limit_scale)},
        start_new_session=True,  # the interrupt that stops a cell must not stop it
    )
    assert process.stdout is not None
    announcement = process.stdout.readline()
    if not announcement:
        raise RuntimeError("the stand-in did not start; in a terminal `python -m server.local_aws` says why")
    return Cloud(process=process, run=f"lesson-{lesson}", **json.loads(announcement))
