"""Stages of HTTP and WebSocket APIs: moto's, completed by the deployment that they serve."""

from typing import Any

from moto.apigatewayv2.models import Api, Stage


class CompleteStage(Stage):
    """moto's stage and its deployment: every answer of moto's that shows it has it."""

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = super().to_json()
        if deployment_id := self.config.get("deploymentId"):
            document["deploymentId"] = deployment_id
        return document


def complete(api: Api, name: str) -> CompleteStage:
    """Put a complete stage in the place of the one that moto has just made."""
    stage: CompleteStage = object.__new__(CompleteStage)
    stage.__dict__.update(api.stages[name].__dict__)
    api.stages[name] = stage
    return stage
