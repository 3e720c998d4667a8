"""A service of App Runner: what it was told, what state it is in, and the operations that change it."""

import asyncio
import shlex
import uuid
from collections.abc import Coroutine
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
from server.local_aws.control_plane.call import ApiError
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.platform.log import event, put_events

HEALTH_CHECK = {
    "Protocol": "TCP",
    "Path": "/",
    "Interval": 5,
    "Timeout": 2,
    "HealthyThreshold": 1,
    "UnhealthyThreshold": 5,
}
"""Defaults: docs.aws.amazon.com/apprunner/latest/dg/manage-configure-healthcheck.html (checked 2026-11)."""


@dataclass
class Operation:
    """What `ListOperations` lists."""

    type: str
    target: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "IN_PROGRESS"
    started: datetime = field(default_factory=now)
    ended: datetime | None = None

    def to_document(self) -> dict[str, Any]:
        return {
            "Id": self.id,
            "Type": self.type,
            "Status": self.status,
            "TargetArn": self.target,
            "StartedAt": self.started,
            "EndedAt": self.ended,
            "UpdatedAt": self.ended or self.started,
        }


@dataclass(frozen=True)
class Settings:
    """How a service was asked for, completed by AWS's defaults; `UpdateService` changes all but the
    encryption."""

    source: dict[str, Any]
    instance: dict[str, Any]
    health: dict[str, Any]
    network: dict[str, Any]
    observability: dict[str, Any]
    encryption: dict[str, Any]

    @property
    def workload(self) -> Workload:
        image = self.source["ImageRepository"].get("ImageConfiguration", {})
        command = image.get("StartCommand")
        return Workload(
            shlex.split(command or "") or IMAGE_COMMAND,
            int(image.get("Port", "8080")),
            image.get("RuntimeEnvironmentVariables", {}),
        )

    @property
    def health_check(self) -> HealthCheck:
        health = self.health
        return HealthCheck(
            health["Path"] if health["Protocol"] == "HTTP" else None,
            health["Interval"],
            health["Timeout"],
            health["HealthyThreshold"],
            health["UnhealthyThreshold"],
        )


class Service(HostedService):
    """One service. Its operations go on in the background, one at a time: `OPERATION_IN_PROGRESS`."""

    GONE = "DELETED"

    def __init__(
        self,
        name: str,
        region: str,
        service_id: str,
        settings: Settings,
        tags: dict[str, str],
        hosting: Hosting,
    ) -> None:
        arn = f"arn:aws:apprunner:{region}:{ACCOUNT_ID}:service/{name}/{service_id}"
        super().__init__(arn, region, "OPERATION_IN_PROGRESS", tags, hosting)
        self.name = name
        self.id = service_id
        self.settings = settings
        self.deleted: datetime | None = None
        self.operations: list[Operation] = []

    def create(self) -> Operation:
        return self._operate("CREATE_SERVICE", self._deploy(self.settings), "RUNNING", "CREATE_FAILED")

    def start_deployment(self) -> Operation:
        self._require("deployed to", "RUNNING")
        return self._operate("START_DEPLOYMENT", self._deploy(self.settings), "RUNNING", "RUNNING")

    def update(self, settings: Settings) -> Operation:
        self._require("updated", "RUNNING", "CREATE_FAILED")
        failed = self.status
        return self._operate("UPDATE_SERVICE", self._deploy(settings), "RUNNING", failed)

    def pause(self) -> Operation:
        self._require("paused", "RUNNING")
        return self._operate("PAUSE_SERVICE", self.hosting.stop(), "PAUSED", "RUNNING")

    def resume(self) -> Operation:
        self._require("resumed", "PAUSED")
        return self._operate("RESUME_SERVICE", self._deploy(self.settings), "RUNNING", "PAUSED")

    def delete(self) -> Operation:
        self._require("deleted", "RUNNING", "PAUSED", "CREATE_FAILED", "DELETE_FAILED")
        self.deleted = now()
        return self._operate("DELETE_SERVICE", self.hosting.close(), "DELETED", "DELETE_FAILED")

    def summary(self) -> dict[str, Any]:
        return {
            "ServiceName": self.name,
            "ServiceId": self.id,
            "ServiceArn": self.arn,
            "ServiceUrl": self.hosting.url,
            "CreatedAt": self.created,
            "UpdatedAt": self.updated,
            "DeletedAt": self.deleted,
            "Status": self.shown_status,
        }

    @property
    def shown_status(self) -> str:
        """A service whose proxy has ended is not running: it comes back, as after an operation."""
        return "OPERATION_IN_PROGRESS" if self.status == "RUNNING" and self.hosting.is_down else self.status

    def to_document(self) -> dict[str, Any]:
        scaling = (
            f"arn:aws:apprunner:{self.region}:{ACCOUNT_ID}:autoscalingconfiguration/DefaultConfiguration"
        )
        return {
            **self.summary(),
            "SourceConfiguration": self.settings.source,
            "InstanceConfiguration": self.settings.instance,
            "HealthCheckConfiguration": self.settings.health,
            "NetworkConfiguration": self.settings.network,
            "ObservabilityConfiguration": self.settings.observability,
            "EncryptionConfiguration": self.settings.encryption or None,
            "AutoScalingConfigurationSummary": {
                "AutoScalingConfigurationArn": f"{scaling}/1/{1:032}",
                "AutoScalingConfigurationName": "DefaultConfiguration",
                "AutoScalingConfigurationRevision": 1,
            },
        }

    def log(self, line: str) -> None:
        """A line of App Runner's own about this service."""
        said = event(f"[AppRunner] {line}".encode())
        put_events(self.region, log_group(self.name, self.id, "service"), "events", [said])

    def _require(self, what: str, *statuses: str) -> None:
        if self.status not in statuses:
            message = f"Service cannot be {what} in the current state: {self.status}"
            raise ApiError(400, "InvalidStateException", message)

    def _operate(self, kind: str, work: Coroutine[Any, Any, None], done: str, failed: str) -> Operation:
        operation = Operation(kind, self.arn)
        self.operations.insert(0, operation)
        self.status = "OPERATION_IN_PROGRESS"
        self._task = asyncio.create_task(self._run(operation, work, done, failed))
        return operation

    async def _run(
        self, operation: Operation, work: Coroutine[Any, Any, None], done: str, failed: str
    ) -> None:
        try:
            await work
            operation.status = "SUCCEEDED"
            self.status = done
        except (DeploymentFailed, EnvoyUnavailable, ProxyFailed, OSError) as error:
            self.log(f"{operation.type} failed. {error}")
            if failed != "RUNNING":
                await self.hosting.stop()
            operation.status = "FAILED"
            self.status = failed
        operation.ended = self.updated = now()

    async def _deploy(self, settings: Settings) -> None:
        instance = f"instance/{uuid.uuid4().hex}"
        await self.hosting.deploy(settings.workload, settings.health_check, instance)
        self.settings = settings


def log_group(name: str, service_id: str, kind: str) -> str:
    """CloudWatch log group of a service: docs.aws.amazon.com/apprunner/latest/dg/monitor-cwl.html (checked
    2026-11). `kind` is `application` (what the container writes) or `service` (what App Runner says)."""
    return f"/aws/apprunner/{name}/{service_id}/{kind}"
