"""Deployments and stages of HTTP and WebSocket APIs: moto has no deployments, and does not change stages.

Docs: docs.aws.amazon.com/apigatewayv2/latest/api-reference/operations.html (checked 2026-11).
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from moto.apigatewayv2.models import Api, Stage

from server.local_aws.control_plane.call import ApiAnswer, ApiCall, ApiError, bad_request

DEFAULT = "$default"
STAGE_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")

Routes = TypeVar("Routes")


class CompleteStage(Stage):
    """moto's stage and its deployment: every answer of moto's that shows it has it."""

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = super().to_json()
        if deployment_id := self.config.get("deploymentId"):
            document["deploymentId"] = deployment_id
        return document


@dataclass(frozen=True)
class Deployment(Generic[Routes]):
    """The routes of an API as they were at one moment. `created`: ISO 8601."""

    description: str
    routes: Routes
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:6])
    created: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))

    def to_document(self) -> dict[str, Any]:
        return {
            "autoDeployed": False,
            "createdDate": self.created,
            "deploymentId": self.id,
            "deploymentStatus": "DEPLOYED",
            "description": self.description,
        }


class Deployments(Generic[Routes]):
    """The deployments of one API, whose routes are now what `freeze` makes of it."""

    def __init__(self, api: Api, freeze: Callable[[Api], Routes]) -> None:
        self._api = api
        self._freeze = freeze
        self._held: dict[str, Deployment[Routes]] = {}

    def routes_of(self, stage: Stage) -> Routes | None:
        """What a stage serves: the routes as they are with `AutoDeploy`, else those of its deployment; None
        without one."""
        if stage.auto_deploy:
            return self._freeze(self._api)
        deployment = self._held.get(stage.config.get("deploymentId", ""))
        return deployment.routes if deployment else None

    def call(self, call: ApiCall, deployment_id: str) -> ApiAnswer:
        """Create, list, get, describe anew or delete deployments. Raises `ApiError`."""
        if not deployment_id and call.method == "POST":
            return ApiAnswer.of(201, self._create(call.members).to_document())
        if not deployment_id:
            return ApiAnswer.of(200, {"items": [each.to_document() for each in self._held.values()]})
        if deployment_id not in self._held:
            raise not_found(deployment_id, "deployment")
        if call.method == "DELETE":
            stages = list(self._api.stages.values())
            if deployment_id in [stage.config.get("deploymentId") for stage in stages]:
                raise bad_request("Active stages pointing to this deployment must be moved or deleted")
            del self._held[deployment_id]
            return ApiAnswer.of(204)
        if call.method == "PATCH":
            description = str(call.members.get("description") or "")
            self._held[deployment_id] = replace(self._held[deployment_id], description=description)
        return ApiAnswer.of(200, self._held[deployment_id].to_document())

    def _create(self, settings: dict[str, Any]) -> Deployment[Routes]:
        stage = settings.get("stageName")
        if stage and stage not in self._api.stages:
            raise not_found(stage, "stage")
        deployment = Deployment(settings.get("description") or "", self._freeze(self._api))
        self._held[deployment.id] = deployment
        if stage:
            self._api.stages[stage].config["deploymentId"] = deployment.id
        return deployment

    def call_stage(self, call: ApiCall, name: str) -> ApiAnswer:
        """Create a stage, or change the one of that name. Raises `ApiError`."""
        settings = call.members
        stage = self._change_stage(name, settings) if name else self.create_stage(settings)
        return ApiAnswer.of(200 if name else 201, stage.to_json())

    def create_stage(self, settings: dict[str, Any]) -> Stage:
        """Raises `ApiError`."""
        name = str(settings.get("stageName", ""))
        is_default = name == DEFAULT and self._api.protocol_type == "HTTP"
        if not is_default and not STAGE_NAME.fullmatch(name):
            raise bad_request("Stage name must be alphanumeric, - or _")
        if name in self._api.stages:
            raise ApiError(409, "ConflictException", "Stage already exists")
        return self._put_stage(name, settings)

    def _change_stage(self, name: str, settings: dict[str, Any]) -> Stage:
        if name not in self._api.stages:
            raise not_found(name, "stage")
        former = self._api.stages[name]
        changed = self._put_stage(name, {**former.config, **settings, "stageName": name})
        changed.created = former.created
        return changed

    def _put_stage(self, name: str, settings: dict[str, Any]) -> Stage:
        deployment_id = settings.get("deploymentId")
        if deployment_id and deployment_id not in self._held:
            raise not_found(deployment_id, "deployment")
        self._api.stages[name] = CompleteStage(self._api, settings)
        return self._api.stages[name]


def not_found(name: str, kind: str) -> ApiError:
    return ApiError(404, "NotFoundException", f"Unable to find {kind} by name {name} within the provided API")
