"""Deploys the embedded server to App Runner and to ECS Express Mode: what notebook 10 does step by step."""

import json

from lab.cloud import Cloud
from lab.services import IMAGE, MAY_ASSUME, address, remove_services, wait_until_healthy

PORT = "8080"
COMMAND = ["python", "-m", "server", "--host", "0.0.0.0", "--port", PORT]
HEALTH = "/transfer-encoding?count=1&interval_ms=0"


def deploy_app_runner(cloud: Cloud, name: str) -> str:
    """Create an App Runner service, replacing one of an earlier run; return its URL once it answers."""
    remove_container(cloud, name)
    role = create_role(cloud, name)
    image = {
        "ImageIdentifier": IMAGE,
        "ImageRepositoryType": "ECR",
        "ImageConfiguration": {"StartCommand": " ".join(COMMAND), "Port": PORT},
    }
    source = {"ImageRepository": image, "AuthenticationConfiguration": {"AccessRoleArn": role}}
    service = cloud.client("apprunner").create_service(
        ServiceName=cloud.name(name), SourceConfiguration=source
    )["Service"]
    url = address(service["ServiceUrl"])
    wait_until_healthy(url + HEALTH)
    return url


def deploy_express(cloud: Cloud, name: str) -> str:
    """Create an ECS Express Mode service, replacing one of an earlier run; return its URL once it answers."""
    remove_container(cloud, name)
    role = create_role(cloud, name)
    service = cloud.client("ecs").create_express_gateway_service(
        serviceName=cloud.name(name),
        executionRoleArn=role,
        infrastructureRoleArn=role,
        healthCheckPath=HEALTH,
        primaryContainer={"image": IMAGE, "containerPort": int(PORT), "command": COMMAND},
    )["service"]
    url = address(service["activeConfigurations"][0]["ingressPaths"][0]["endpoint"])
    wait_until_healthy(url + HEALTH)
    return url


def create_role(cloud: Cloud, name: str) -> str:
    """The ARN of the role that pulls the image and runs the service."""
    arn: str = cloud.client("iam").create_role(
        RoleName=cloud.name(name), AssumeRolePolicyDocument=json.dumps(MAY_ASSUME)
    )["Role"]["Arn"]
    return arn


def remove_container(cloud: Cloud, name: str) -> None:
    """Delete the service of either kind, its log groups and its role; what is not there is not missed."""
    remove_services(cloud, cloud.name(name))
