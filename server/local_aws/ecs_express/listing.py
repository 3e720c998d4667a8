"""`ListServices`: those of Express Mode beside moto's.

Docs: docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServices.html (checked 2026-11). That Express
services are listed follows from the filter `resourceManagementType`; its value for them: README.md, "Where
AWS is unconfirmed".
"""

from collections.abc import Iterable
from typing import Any

from moto.ecs.exceptions import ClusterNotFoundException
from moto.ecs.models import ecs_backends

from server.local_aws.control_plane.call import ApiError
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.ecs_express.service import ExpressService

EXPRESS = {"launchType": "FARGATE", "schedulingStrategy": "REPLICA", "resourceManagementType": "ECS"}
"""What an Express service is to the filters of the call."""


def listed_services(express: Iterable[ExpressService], region: str, parameters: dict[str, Any]) -> list[str]:
    """Return the services of the cluster that was asked for. Raises `ApiError`."""
    cluster = parameters.get("cluster", "default").rpartition("/")[2]
    arns = others(region, cluster, parameters)
    if all(parameters.get(name, value) == value for name, value in EXPRESS.items()):
        arns += [
            service.arn
            for service in express
            if (service.region, service.cluster) == (region, cluster) and service.status != "INACTIVE"
        ]
    return sorted(arns)


def others(region: str, cluster: str, parameters: dict[str, Any]) -> list[str]:
    """Return the services that the customer manages: moto's. Raises `ApiError` without that cluster."""
    if parameters.get("resourceManagementType", "CUSTOMER") != "CUSTOMER":
        return []
    strategy, launch_type = parameters.get("schedulingStrategy"), parameters.get("launchType")
    try:
        return list(ecs_backends[ACCOUNT_ID][region].list_services(cluster, strategy, launch_type))
    except ClusterNotFoundException:
        raise ApiError(400, "ClusterNotFoundException", "Cluster not found.") from None
