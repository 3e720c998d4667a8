"""A function as it is deployed: what the control plane knows and the data plane needs."""

from collections.abc import Mapping
from dataclasses import dataclass

from server.local_aws.aws_lambda.environments.packages import Contents, Package


def default_group(name: str) -> str:
    """Return the log group of a function that names none."""
    return f"/aws/lambda/{name}"


@dataclass(frozen=True)
class Logging:
    """Where a function's log goes, and how. The levels count with `json` only
    (docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html, checked 2026-11)."""

    group: str
    json: bool = False
    application_level: str = "INFO"
    system_level: str = "INFO"


@dataclass(frozen=True)
class Function:
    """One version of a function. `invoked_arn`: the ARN as the caller addressed it; `role`: the ARN of its
    execution role; `timeout` in seconds, `memory` in MB; `layers` in
    their order."""

    name: str
    version: str
    arn: str
    invoked_arn: str
    account_id: str
    role: str
    region: str
    runtime: str
    handler: str
    timeout: int
    memory: int
    environment: Mapping[str, str]
    reserved_concurrency: int | None
    code: Package
    layers: Contents
    logging: Logging

    @property
    def revision(self) -> tuple[object, ...]:
        """Differs when environments of an older deployment must not be used any more."""
        settings = tuple(sorted(self.environment.items()))
        packages = (self.code, *self.layers)
        process = (packages, self.runtime, self.handler, self.role)
        return (*process, self.timeout, self.memory, settings, self.logging)
