"""The command and the environment of a container, translated for a process on this machine."""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from server.door import allowed
from server.local_aws.http1.server import HOST

IMAGE_COMMAND = ("python", "-m", "server", "--host", "0.0.0.0", "--port", "8080")
"""What the image runs unless it is told otherwise: `CMD` of server/Dockerfile."""

PACKAGES = Path(__file__).parents[3]
"""The folder that holds the package `server`; in the image the working directory does."""

ALL_INTERFACES = re.compile(r"(?<![\d.])0\.0\.0\.0(?![\d.])")


@dataclass(frozen=True)
class Workload:
    """What a container runs: `command` (argv), the `port` it listens on inside the container, and its own
    environment variables."""

    command: Sequence[str]
    port: int
    environment: Mapping[str, str]

    def argv(self, local_port: int) -> list[str]:
        """The command with the local address in place of the container's. `$PORT` and `${PORT}` are known,
        as to a shell."""
        return [self._translate(word, str(local_port)) for word in self.command]

    def _translate(self, word: str, local_port: str) -> str:
        word = ALL_INTERFACES.sub(HOST, word)
        word = re.sub(rf"(?<![\d.]){self.port}(?![\d.])", local_port, word)
        return re.sub(r"\$(?:PORT\b|\{PORT\})", local_port, word)

    def variables(self, local_port: int, service_port: int, region: str, endpoint_url: str) -> dict[str, str]:
        """All that the process sees: of this machine's only `PATH`, with our own interpreter first. An SDK
        reaches the stand-ins, and `python -m server` takes requests whose `Host` is the service's."""
        return {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(PACKAGES),
            "PYTHONUNBUFFERED": "1",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": endpoint_url,
            **self.environment,
            allowed.VARIABLE: ",".join(
                (
                    f"localhost:{service_port}",
                    os.environ.get(allowed.VARIABLE, ""),
                    self.environment.get(allowed.VARIABLE, ""),
                )
            ),
            "PORT": str(local_port),
        }
