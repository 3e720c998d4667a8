"""A function as it is deployed: what the control plane knows and the data plane needs."""

from collections.abc import Mapping
from dataclasses import dataclass

from server.local_aws.aws_lambda.environments.packages import Contents, Package


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

    @property
    def log_group(self) -> str:
        return f"/aws/lambda/{self.name}"

    @property
    def revision(self) -> tuple[object, ...]:
        """Differs when environments of an older deployment must not be used any more."""
        settings = tuple(sorted(self.environment.items()))
        packages = (self.code, *self.layers)
        process = (packages, self.runtime, self.handler, self.role)
        return (*process, self.timeout, self.memory, settings)
