"""Deploys the embedded server to App Runner and to ECS Express Mode: what notebook 10 does step by step."""

from lab.cloud.cloud import Cloud
from lab.cloud.containers import wait_until_settled
from lab.deploy.image import push_image
from lab.deploy.services import create_role, wait_until_healthy

PORT = "8080"
COMMAND = ["python", "-m", "server", "--host", "0.0.0.0", "--port", PORT]
HEALTH = "/transfer-encoding?count=1&interval_ms=0"


def deploy_app_runner(cloud: Cloud, name: str) -> str:
    """Create the App Runner service `cloud.name(name)`; return its URL once it runs. Raises `NoDocker`, and
    `RuntimeError` if it does not run."""
    image = {
        "ImageIdentifier": push_image(cloud, name),
        "ImageRepositoryType": "ECR",
        "ImageConfiguration": {"StartCommand": " ".join(COMMAND), "Port": PORT},
    }
    access = {"AccessRoleArn": create_role(cloud, cloud.name(name))}
    source = {"ImageRepository": image, "AuthenticationConfiguration": access}
    service = cloud.client("apprunner").create_service(
        ServiceName=cloud.name(name), SourceConfiguration=source
    )["Service"]
    service = wait_until_settled(cloud, service["ServiceArn"], quiet=True)
    if service["Status"] != "RUNNING":
        raise RuntimeError(f"the App Runner service is {service['Status']}, not RUNNING")
    return cloud.address(service["ServiceUrl"])


def deploy_express(cloud: Cloud, name: str) -> str:
    """Create the ECS Express Mode service `cloud.name(name)`; return its URL once it answers. Raises
    `NoDocker`, and `TimeoutError`."""
    image = push_image(cloud, name)
    role = create_role(cloud, cloud.name(name))
    service = cloud.client("ecs").create_express_gateway_service(
        serviceName=cloud.name(name),
        executionRoleArn=role,
        infrastructureRoleArn=role,
        healthCheckPath=HEALTH,
        primaryContainer={"image": image, "containerPort": int(PORT), "command": COMMAND},
    )["service"]
    url = cloud.address(service["activeConfigurations"][0]["ingressPaths"][0]["endpoint"])
    wait_until_healthy(cloud, url + HEALTH)
    return url
