"""Makes the role of services that run a container (App Runner, ECS Express Mode), and waits for them."""

import json
import urllib.request
from contextlib import suppress

from lab.cloud.cloud import Cloud
from lab.cloud.containers import express_service, polls

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


def create_role(cloud: Cloud, name: str) -> str:
    """Create the role called `name` that App Runner and ECS may assume; return its ARN."""
    iam = cloud.client("iam")
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(MAY_ASSUME))["Role"]["Arn"]
    for policy in POLICIES:
        iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    return arn


def wait_until_healthy(cloud: Cloud, url: str) -> None:
    """Return when `url` answers with a success. Raises `TimeoutError`."""
    for _ in polls(cloud, f"{url} to answer with a success"):
        with suppress(OSError), urllib.request.urlopen(url, timeout=10):
            return


def wait_until_deployed(cloud: Cloud, arn: str, command: list[str]) -> None:
    """Return when the Express service runs that command. Raises `TimeoutError`."""
    ecs = cloud.client("ecs")
    for _ in polls(cloud, f"{arn} to run {' '.join(command)}"):
        active = express_service(ecs, arn)["activeConfigurations"]
        if [each["primaryContainer"].get("command") for each in active] == [command]:
            return
