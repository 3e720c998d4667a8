"""Looks at, waits for and deletes services that run a container: App Runner's and ECS Express Mode's."""

import time
from collections.abc import Iterator
from typing import Any

from lab.cloud.cloud import Cloud

PATIENCE = 900
"""Seconds to wait for a service; on AWS a deployment takes minutes."""


def polls(cloud: Cloud, awaited: str) -> Iterator[None]:
    """Yield once for each look at the service, with a pause between.

    Raises `TimeoutError`, which names what was `awaited`, when that has not come in `PATIENCE` seconds.
    """
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        yield
        time.sleep(0.1 if cloud.is_local else 5)
    raise TimeoutError(f"{awaited}: not in {PATIENCE} s")


def wait_until_settled(cloud: Cloud, arn: str, *, quiet: bool = False) -> dict[str, Any]:
    """Return the App Runner service when no operation is in progress any more; print each state before,
    unless it is to be `quiet`. Raises `TimeoutError`."""
    runner = cloud.client("apprunner")
    last = ""
    for _ in polls(cloud, f"{arn} to settle"):
        service: dict[str, Any] = runner.describe_service(ServiceArn=arn)["Service"]
        if service["Status"] != last:
            last = service["Status"]
            if not quiet:
                print(last)
        if last != "OPERATION_IN_PROGRESS":
            break
    return service


def delete_app_runner_service(cloud: Cloud, arn: str) -> None:
    """Delete the service, when what it is doing is done, and wait until it is deleted."""
    wait_until_settled(cloud, arn, quiet=True)
    cloud.client("apprunner").delete_service(ServiceArn=arn)
    wait_until_settled(cloud, arn, quiet=True)


def delete_express_service(cloud: Cloud, arn: str) -> None:
    """Delete the Express service and wait until it has drained."""
    ecs = cloud.client("ecs")
    if express_service(ecs, arn)["status"]["statusCode"] == "ACTIVE":
        ecs.delete_express_gateway_service(serviceArn=arn)
    for _ in polls(cloud, f"{arn} to drain"):
        if express_service(ecs, arn)["status"]["statusCode"] == "INACTIVE":
            return


def express_service(ecs: Any, arn: str) -> dict[str, Any]:
    """Return the Express service with its tags."""
    answer = ecs.describe_express_gateway_service(serviceArn=arn, include=["TAGS"])
    service: dict[str, Any] = answer["service"]
    return service
