"""Waits for, and removes, services that run a container: App Runner's and those of ECS Express Mode."""

import time
import urllib.request
from contextlib import suppress
from typing import Any

from lab.cloud import Cloud

IMAGE = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/streaming-server:latest"
"""Where the image of server/Dockerfile would be; the stand-in pulls nothing."""

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
PATIENCE = 900
"""Seconds; on AWS a deployment takes minutes."""


def address(host: str) -> str:
    """The URL of a service. AWS names a host, which speaks https; the stand-in a whole URL."""
    return host if "://" in host else f"https://{host}"


def wait_until_settled(cloud: Cloud, arn: str) -> dict[str, Any]:
    """The App Runner service when no operation is in progress any more; prints the states on the way."""
    runner, last = cloud.client("apprunner"), None
    while True:
        service: dict[str, Any] = runner.describe_service(ServiceArn=arn)["Service"]
        if service["Status"] != last:
            last = service["Status"]
            print(last)
        if last != "OPERATION_IN_PROGRESS":
            return service
        time.sleep(0.1 if cloud.label == "LOCAL" else 5)


def wait_until_healthy(url: str) -> None:
    """Return when `url` answers with a success. Raises `TimeoutError`."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(url, timeout=10):
            return
        time.sleep(0.1)
    raise TimeoutError(f"{url} did not become healthy in {PATIENCE} s")


def express_arn(cloud: Cloud, name: str) -> str:
    """The ARN of the Express service `name` in the default cluster."""
    account = cloud.client("sts").get_caller_identity()["Account"]
    return f"arn:aws:ecs:{cloud.region}:{account}:service/default/{name}"


def remove_services(cloud: Cloud, name: str) -> None:
    """Delete the services, the log groups and the role called `name`; what is not there is not missed."""
    runner, ecs = cloud.client("apprunner"), cloud.client("ecs")
    logs, iam = cloud.client("logs"), cloud.client("iam")
    for service in runner.list_services()["ServiceSummaryList"]:
        if service["ServiceName"] == name:
            wait_until_settled(cloud, service["ServiceArn"])
            runner.delete_service(ServiceArn=service["ServiceArn"])
            wait_until_settled(cloud, service["ServiceArn"])
    missing = (
        ecs.exceptions.ResourceNotFoundException,
        ecs.exceptions.ServiceNotFoundException,
        ecs.exceptions.ServiceNotActiveException,
    )
    with suppress(*missing):
        arn = express_arn(cloud, name)
        ecs.delete_express_gateway_service(serviceArn=arn)
        while express_status(cloud, arn) != "INACTIVE":
            time.sleep(0.1 if cloud.label == "LOCAL" else 5)
    for prefix in (f"/aws/apprunner/{name}/", f"/aws/ecs/default/{name}"):
        for group in logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]:
            logs.delete_log_group(logGroupName=group["logGroupName"])
    with suppress(iam.exceptions.NoSuchEntityException):
        iam.delete_role(RoleName=name)


def express_status(cloud: Cloud, arn: str) -> str:
    """ACTIVE, DRAINING or INACTIVE."""
    service = cloud.client("ecs").describe_express_gateway_service(serviceArn=arn)["service"]
    status: str = service["status"]["statusCode"]
    return status
