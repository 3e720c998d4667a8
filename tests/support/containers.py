"""Services of App Runner and ECS Express Mode, deployed by boto3, as anybody would."""

import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.account import Account

IMAGE = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/streaming-server:latest"
COMMAND = "python -m server --host 0.0.0.0 --port 8080"
HEALTH_PATH = "/transfer-encoding?count=1&interval_ms=0"


def source(aws: Account, command: str | None = COMMAND, **image: Any) -> dict[str, Any]:
    """A `SourceConfiguration`."""
    started = {} if command is None else {"StartCommand": command}
    return {
        "ImageRepository": {
            "ImageIdentifier": IMAGE,
            "ImageRepositoryType": "ECR",
            "ImageConfiguration": {**started, **image},
        },
        "AuthenticationConfiguration": {"AccessRoleArn": aws.role()},
    }


def create(aws: Account, **settings: Any) -> dict[str, Any]:
    settings = {"ServiceName": f"service-{uuid.uuid4().hex[:8]}", **settings}
    settings.setdefault("SourceConfiguration", source(aws))
    service: dict[str, Any] = aws.client("apprunner").create_service(**settings)["Service"]
    return service


def settled(aws: Account, arn: str) -> dict[str, Any]:
    """The service when no operation is in progress any more."""

    def describe() -> dict[str, Any] | None:
        service: dict[str, Any] = aws.client("apprunner").describe_service(ServiceArn=arn)["Service"]
        return service if service["Status"] != "OPERATION_IN_PROGRESS" else None

    return eventually(describe)


@contextmanager
def app_runner(aws: Account, **settings: Any) -> Iterator[dict[str, Any]]:
    """A service that runs; deleted in the end."""
    service = settled(aws, create(aws, **settings)["ServiceArn"])
    assert service["Status"] == "RUNNING"
    yield service
    aws.client("apprunner").delete_service(ServiceArn=service["ServiceArn"])
    assert settled(aws, service["ServiceArn"])["Status"] == "DELETED"


@contextmanager
def express(aws: Account, **container: Any) -> Iterator[dict[str, Any]]:
    """An Express service that is reachable; deleted in the end."""
    ecs, role = aws.client("ecs"), aws.role()
    service: dict[str, Any] = ecs.create_express_gateway_service(
        serviceName=f"service-{uuid.uuid4().hex[:8]}",
        executionRoleArn=role,
        infrastructureRoleArn=role,
        healthCheckPath=HEALTH_PATH,
        primaryContainer={
            "image": IMAGE,
            "containerPort": 8080,
            "command": COMMAND.split(),
            **container,
        },
    )["service"]
    eventually(lambda: status_of(endpoint_of(service) + HEALTH_PATH) == 200)
    yield service
    ecs.delete_express_gateway_service(serviceArn=service["serviceArn"])

    def inactive() -> bool:
        described = ecs.describe_express_gateway_service(serviceArn=service["serviceArn"])["service"]
        return bool(described["status"]["statusCode"] == "INACTIVE")

    eventually(inactive)


def endpoint_of(service: dict[str, Any]) -> str:
    url: str = service["activeConfigurations"][0]["ingressPaths"][0]["endpoint"]
    return url


def status_of(url: str) -> int:
    """The status of a GET; 0 when nobody listens."""
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def items(url: str) -> list[tuple[float, dict[str, Any]]]:
    """Each item of a stream, with the time at which it came."""
    found = []
    with urllib.request.urlopen(url, timeout=60) as response:
        while line := response.readline():
            found.append((time.time(), json.loads(line)))
    return found


def eventually(look: Callable[[], Any], seconds: float = 40) -> Any:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)
    return found
