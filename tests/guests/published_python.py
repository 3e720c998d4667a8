"""A handler that runs on the published runtime client."""

from typing import Any


def handler(event: Any, context: Any) -> dict[str, Any]:
    return {"got": event, "id": context.aws_request_id}
