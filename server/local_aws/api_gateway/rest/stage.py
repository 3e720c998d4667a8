"""Stages of REST APIs: moto's, with what AWS's answers have besides.

Docs: docs.aws.amazon.com/apigateway/latest/api/API_Stage.html (checked 2026-11).
"""

import time
from collections.abc import Mapping
from typing import Any

from moto.apigateway.models import RestAPI, Stage

DOCUMENTATION = "/documentationVersion"


class CompleteStage(Stage):
    """moto's stage; every answer of moto's that shows it has the rest, too."""

    documentation_version: str | None
    created: int
    updated: int

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = super().to_json()
        document.update(
            cacheClusterStatus=self.cache_cluster_status or "NOT_AVAILABLE",
            tracingEnabled=bool(self.tracing_enabled),
            documentationVersion=self.documentation_version,
            createdDate=self.created,
            lastUpdatedDate=self.updated,
            description=self.description or None,
        )
        return {name: value for name, value in document.items() if value is not None}

    def apply_operations(self, patch_operations: list[dict[str, Any]]) -> Stage:
        for operation in patch_operations:
            if operation.get("path") == DOCUMENTATION:
                self.documentation_version = operation.get("value")
        self.updated = int(time.time())
        others = [each for each in patch_operations if each.get("path") != DOCUMENTATION]
        stage: Stage = super().apply_operations(others)
        return stage


def complete_stage(api: RestAPI, name: str, settings: Mapping[str, Any]) -> CompleteStage:
    """Put a complete stage in the place of the one that moto has just made of these settings."""
    stage: CompleteStage = object.__new__(CompleteStage)
    stage.__dict__.update(api.stages[name].__dict__)
    stage.documentation_version = settings.get("documentationVersion")
    stage.created = stage.updated = int(time.time())
    api.stages[name] = stage
    return stage
