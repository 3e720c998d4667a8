"""An Express Gateway service of ECS."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from server.envoy.process import EnvoyUnavailable
from server.local_aws.containers.api import HostedService, now
from server.local_aws.containers.command import IMAGE_COMMAND, Workload
from server.local_aws.containers.container import DeploymentFailed
from server.local_aws.containers.health import HealthCheck
from server.local_aws.containers.hosting import Hosting
from server.local_aws.containers.proxy import ProxyFailed
from server.local_aws.control_plane.moto import ACCOUNT_ID

INTERVAL, TIMEOUT, HEALTHY, UNHEALTHY = 5, 2, 1, 5
"""The health check of a container, in seconds and consecutive checks: App Runner's, as a choice."""

ATTEMPTS = 3
"""How many tasks of a deployment may fail: the least of ECS's circuit breaker. Source (checked 2026-11):
docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeploymentCircuitBreaker.html"""


@dataclass(frozen=True)
class Revision:
    """A configuration of a service; `given` are the members of the request that describe it."""

    service_arn: str
    given: dict[str, Any]
    id: str = field(default_factory=lambda: str(uuid.uuid4().int)[:19])
    created: datetime = field(default_factory=now)

    @property
    def workload(self) -> Workload:
        container = self.given["primaryContainer"]
        variables = {pair["name"]: pair.get("value", "") for pair in container.get("environment", [])}
        return Workload(container.get("command") or IMAGE_COMMAND, container["containerPort"], variables)

    @property
    def health_check(self) -> HealthCheck:
        return HealthCheck(self.given["healthCheckPath"], INTERVAL, TIMEOUT, HEALTHY, UNHEALTHY)

    def to_document(self, url: str) -> dict[str, Any]:
        arn = self.service_arn.replace(":service/", ":service-revision/")
        return {
            **self.given,
            "serviceRevisionArn": f"{arn}/{self.id}",
            "ingressPaths": [{"accessType": "PUBLIC", "endpoint": url}],
            "createdAt": self.created,
        }


class ExpressService(HostedService):
    """One service. Deployments go on in the background; the load balancer answers 503 until the first is
    healthy."""

    GONE = "INACTIVE"

    def __init__(
        self,
        name: str,
        cluster: str,
        region: str,
        infrastructure_role: str,
        tags: dict[str, str],
        hosting: Hosting,
    ) -> None:
        super().__init__(service_arn(region, cluster, name), region, "ACTIVE", tags, hosting)
        self.name = name
        self.cluster = cluster
        self.infrastructure_role = infrastructure_role
        self.status_reason = ""
        self.revision: Revision | None = None
        self._deployment = ""

    def deploy(self, given: dict[str, Any]) -> Revision:
        """Begin to deploy a configuration; return it."""
        revision = Revision(self.arn, given)
        self.revision = self.revision or revision
        self.updated = now()
        arn = self.arn.replace(":service/", ":service-deployment/")
        self._deployment = f"{arn}/{uuid.uuid4().hex[:21]}"
        self._then(lambda: self._deploy(revision))
        return revision

    def delete(self) -> None:
        self.status = "DRAINING"
        self.updated = now()
        if self._task is not None:
            self._task.cancel()
        self._then(self._delete)

    def to_document(self, *, with_tags: bool = True) -> dict[str, Any]:
        tags = [{"key": key, "value": value} for key, value in self.tags.items()]
        active = self.status == "ACTIVE" and self.revision is not None
        return {
            "cluster": self.cluster,
            "serviceName": self.name,
            "serviceArn": self.arn,
            "infrastructureRoleArn": self.infrastructure_role,
            "status": {"statusCode": self.status, "statusReason": self.status_reason or None},
            "currentDeployment": self._deployment,
            "activeConfigurations": [self.revision.to_document(self.hosting.url)]
            if active and self.revision
            else [],
            "tags": tags if with_tags else None,
            "createdAt": self.created,
            "updatedAt": self.updated,
        }

    def _then(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do `work` after what is going on."""
        self._task = asyncio.create_task(after(self._task, work))

    async def _deploy(self, revision: Revision) -> None:
        stream = f"ecs/Main/{uuid.uuid4().hex}"
        try:
            await self.hosting.deploy(revision.workload, revision.health_check, stream, ATTEMPTS)
            self.revision = revision
            self.status_reason = ""
        except (DeploymentFailed, EnvoyUnavailable, ProxyFailed, OSError) as error:
            self.status_reason = f"The deployment failed. {error}"

    async def _delete(self) -> None:
        await self.hosting.close()
        self.status = "INACTIVE"


async def after(former: "asyncio.Task[None] | None", work: Callable[[], Awaitable[None]]) -> None:
    if former is not None:
        await asyncio.wait({former})
    await work()


def service_arn(region: str, cluster: str, name: str) -> str:
    return f"arn:aws:ecs:{region}:{ACCOUNT_ID}:service/{cluster}/{name}"
