"""Layers, published as anybody would."""

import uuid

from tests.support.account import Account
from tests.support.guests import zipped


def publish(aws: Account, files: dict[str, str], name: str = "", mode: int = 0o755) -> str:
    """Publish a layer with these files; return the ARN of its version."""
    answer = aws.client("lambda").publish_layer_version(
        LayerName=name or f"layer-{uuid.uuid4().hex[:8]}", Content={"ZipFile": zipped(files, mode)}
    )
    arn: str = answer["LayerVersionArn"]
    return arn
