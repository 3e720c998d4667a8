"""The operations of ECS on Express Gateway services, and the list of all services; all others of ECS are
moto's."""

import re
import uuid
from typing import Any

from moto.ecs.models import ecs_backends

from server.envoy.configuration import Configuration
from server.local_aws.containers.api import ContainerApi
from server.local_aws.containers.hosting import Hosting
from server.local_aws.control_plane.call import ApiCall, ApiError
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.ecs_express.listing import listed_services
from server.local_aws.ecs_express.load_balancer import configuration
from server.local_aws.ecs_express.service import ExpressService, service_arn
from server.local_aws.iam.identity import role_with
from server.local_aws.platform.service import Platform

SERVICE_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
DEFAULTS: dict[str, Any] = {
    "healthCheckPath": "/ping",
    "cpu": "256",
    "memory": "512",
    "cpuArchitecture": "X86_64",
    "networkConfiguration": {},
    "scalingTarget": {
        "minTaskCount": 1,
        "maxTaskCount": 20,
        "autoScalingMetric": "AVERAGE_CPU",
        "autoScalingTargetValue": 60,
    },
}
"""What a service has that it was not given. Source: botocore's model of the service; the scaling target is a
choice, nothing scales here."""

TAGGING = ("TagResource", "UntagResource", "ListTagsForResource")


class EcsExpressApi(ContainerApi[ExpressService]):
    """Serves the calls."""

    def __init__(self, platform: Platform) -> None:
        super().__init__(platform, "ecs", "InvalidParameterException", "UnsupportedFeatureException")
        self._handlers = {
            "CreateExpressGatewayService": self._create,
            "DescribeExpressGatewayService": self._describe,
            "UpdateExpressGatewayService": self._update,
            "DeleteExpressGatewayService": self._delete,
            "ListServices": self._list,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": self._list_tags,
        }

    def serves(self, call: ApiCall) -> bool:
        name = self._json.operation_name(call)
        if name in TAGGING:
            return any(arn.encode() in call.body for arn in self._services)
        return name in self._handlers

    def _create(self, call: ApiCall, parameters: dict[str, Any]) -> dict[str, Any]:
        name = parameters.get("serviceName") or f"express-{uuid.uuid4().hex[:8]}"
        if not SERVICE_NAME.fullmatch(name):
            raise invalid("Service name must be up to 255 letters, numbers, underscores and hyphens")
        cluster = cluster_name(call.region, parameters.get("cluster", "default"))
        arn = service_arn(call.region, cluster, name)
        if arn in self._services and self._services[arn].status != "INACTIVE":
            raise invalid("Creation of service was not idempotent.")
        for member in ("executionRoleArn", "infrastructureRoleArn"):
            if role_with(parameters.get(member, "")) is None:
                raise invalid(f"{member} must name a role that ECS can assume")
        given = configured(DEFAULTS, parameters)
        self._require_envoy()
        group = f"/aws/ecs/{cluster}/{name}"
        hosting = Hosting(self._configuration, self._platform, "ecs", call.region, arn, group)
        tags = self._given_tags(parameters)
        role = parameters["infrastructureRoleArn"]
        service = ExpressService(name, cluster, call.region, role, tags, hosting)
        service.deploy(given)
        self._services[arn] = service
        return {"service": service.to_document()}

    def _configuration(self, upstream: str) -> Configuration:
        return configuration(upstream, self._platform.limits.load_balancer_idle_seconds)

    def _describe(self, call: ApiCall, parameters: dict[str, Any]) -> dict[str, Any]:
        service = self._service(parameters["serviceArn"])
        return {"service": service.to_document(with_tags="TAGS" in parameters.get("include", []))}

    def _update(self, call: ApiCall, parameters: dict[str, Any]) -> dict[str, Any]:
        service = self._active(parameters["serviceArn"])
        assert service.revision is not None
        revision = service.deploy(configured(service.revision.given, parameters))
        target = revision.to_document(service.hosting.url)
        return {"service": {**service.to_document(), "targetConfiguration": target}}

    def _delete(self, call: ApiCall, parameters: dict[str, Any]) -> dict[str, Any]:
        service = self._active(parameters["serviceArn"])
        service.delete()
        return {"service": service.to_document()}

    def _list(self, call: ApiCall, parameters: dict[str, Any]) -> dict[str, Any]:
        arns = listed_services(self._services.values(), call.region, parameters)
        page, token = self._page(arns, parameters, 10)
        return {"serviceArns": page, "nextToken": token}

    def _active(self, arn: str) -> ExpressService:
        if arn not in self._services:
            raise ApiError(400, "ServiceNotFoundException", "Service not found.")
        service = self._services[arn]
        if service.status != "ACTIVE":
            raise ApiError(400, "ServiceNotActiveException", "Service was not ACTIVE.")
        return service


def configured(former: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """`former` with what the request changes. Raises `ApiError` for what AWS refuses and for what a local
    process cannot be."""
    if "taskDefinitionArn" in parameters:
        raise invalid("The local stand-in for ECS Express Mode has no taskDefinitionArn")
    members = (*DEFAULTS, "executionRoleArn", "taskRoleArn", "primaryContainer")
    given = {**former, **{name: parameters[name] for name in members if name in parameters}}
    container = given.get("primaryContainer")
    if container is None:
        raise invalid("primaryContainer is needed")
    if container.get("secrets"):
        raise invalid("The local stand-in for ECS Express Mode has no secrets")
    container = {"containerPort": 80, **container}
    if not 1 <= container["containerPort"] <= 65535:
        raise invalid("primaryContainer.containerPort must be from 1 to 65535")
    if not given["healthCheckPath"].startswith("/"):
        raise invalid("healthCheckPath must start with /")
    return {**given, "primaryContainer": container}


def cluster_name(region: str, cluster: str) -> str:
    """Return the short name of a cluster; the default one need not exist, Express Mode creates it. Raises
    `ApiError`."""
    name, backend = cluster.rpartition("/")[2], ecs_backends[ACCOUNT_ID][region]
    if name not in backend.clusters:
        if name != "default":
            raise ApiError(400, "ClusterNotFoundException", "Cluster not found.")
        backend.create_cluster(name)
    return name


def invalid(message: str) -> ApiError:
    return ApiError(400, "InvalidParameterException", message)
