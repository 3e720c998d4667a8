"""Waits for, and deletes, services that run a container: App Runner's and those of ECS Express Mode."""

import json
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.cloud.cloud import Cloud

MAY_ASSUME = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {
                "Service": ["build.apprunner.amazonaws.com", "ecs-tasks.amazonaws.com", "ecs.amazonaws.com"]
            },
            "Action": "sts:AssumeRole",
        }
    ],
}
POLICIES = [
    "arn:aws:iam::aws:policy/service-role/AWSAppRunnerServicePolicyForECRAccess",
    "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
    "arn:aws:iam::aws:policy/service-role/AmazonECSInfrastructureRoleforExpressGatewayServices",
]
"""What AWS has ready for such roles: to fetch the image, to write logs, to set up the load balancer."""

PATIENCE = 900
"""Seconds; on AWS a deployment takes minutes."""


def create_role(cloud: "Cloud", name: str) -> str:
    """Create the role called `name` that App Runner and ECS may assume; return its ARN."""
    iam = cloud.client("iam")
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(MAY_ASSUME))["Role"]["Arn"]
    for policy in POLICIES:
        iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    return arn


def wait_until_settled(cloud: "Cloud", arn: str, report: Callable[[str], object] = print) -> dict[str, Any]:
    """The App Runner service when no operation is in progress any more; `report` gets each state before."""
    runner, last = cloud.client("apprunner"), None
    while True:
        service: dict[str, Any] = runner.describe_service(ServiceArn=arn)["Service"]
        if service["Status"] != last:
            last = service["Status"]
            report(last)
        if last != "OPERATION_IN_PROGRESS":
            return service
        time.sleep(0.1 if cloud.is_local else 5)


def wait_until_healthy(url: str) -> None:
    """Return when `url` answers with a success. Raises `TimeoutError`."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(url, timeout=10):
            return
        time.sleep(0.1)
    raise TimeoutError(f"{url} did not become healthy in {PATIENCE} s")


def wait_until_deployed(cloud: "Cloud", arn: str, command: list[str]) -> None:
    """Return when the Express service runs that command. Raises `TimeoutError`."""
    ecs = cloud.client("ecs")
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        active = express_service(ecs, arn)["activeConfigurations"]
        if [each["primaryContainer"].get("command") for each in active] == [command]:
            return
        time.sleep(0.1 if cloud.is_local else 5)
    raise TimeoutError(f"{arn} did not run {' '.join(command)} in {PATIENCE} s")


def delete_app_runner_service(cloud: "Cloud", arn: str) -> None:
    """Delete the service, when what it is doing is done, and wait until it is deleted."""
    wait_until_settled(cloud, arn, report=str)  # in silence
    cloud.client("apprunner").delete_service(ServiceArn=arn)
    wait_until_settled(cloud, arn, report=str)


def delete_express_service(cloud: "Cloud", arn: str) -> None:
    """Delete the Express service and wait until it has drained."""
    ecs = cloud.client("ecs")
    if express_service(ecs, arn)["status"]["statusCode"] == "ACTIVE":
        ecs.delete_express_gateway_service(serviceArn=arn)
    while express_service(ecs, arn)["status"]["statusCode"] != "INACTIVE":
        time.sleep(0.1 if cloud.is_local else 5)


def express_service(ecs: Any, arn: str) -> dict[str, Any]:
    """The Express service with its tags."""
    described: dict[str, Any] = ecs.describe_express_gateway_service(serviceArn=arn, include=["TAGS"])[
        "service"
    ]
    return described
