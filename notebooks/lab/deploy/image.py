"""The container image of the embedded server, for App Runner and ECS Express Mode: Docker builds it."""

import base64
import shutil
import subprocess
from pathlib import Path

from lab.cloud.cloud import Cloud

TOP = Path(__file__).parents[3]


class NoDocker(RuntimeError):
    """The image cannot be built here; nothing was created."""


def push_image(cloud: Cloud, name: str) -> str:
    """Build server/Dockerfile and push it to the ECR repository `cloud.name(name)`; return the image's name.

    The stand-in runs the server without an image: for it, only a name is made. Raises `NoDocker`, and
    `CalledProcessError` if a step of Docker's fails.
    """
    full_name = cloud.name(name)
    image = f"{cloud.account_id}.dkr.ecr.{cloud.region}.amazonaws.com/{full_name}:latest"
    if is_stand_in(cloud):
        return image
    docker = shutil.which("docker")
    if docker is None:
        raise NoDocker(
            "Docker is not installed here, and AWS runs images: install it, or do without this service."
        )
    ecr = cloud.client("ecr")
    ecr.create_repository(repositoryName=full_name)
    login = ecr.get_authorization_token()["authorizationData"][0]
    user, _, password = base64.b64decode(login["authorizationToken"]).decode().partition(":")
    build = [docker, "build", "--platform", "linux/amd64", "-f", "server/Dockerfile", "-t", image, "."]
    subprocess.run(build, cwd=TOP, check=True)
    sign_in = [docker, "login", "--username", user, "--password-stdin", login["proxyEndpoint"]]
    subprocess.run(sign_in, input=password.encode(), check=True)
    subprocess.run([docker, "push", image], check=True)
    return image


def is_stand_in(cloud: Cloud) -> bool:
    """Return whether the cloud runs no images."""
    return cloud.is_local
