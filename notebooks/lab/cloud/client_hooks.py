"""What every client of the lessons does beside boto3's own work: tag, wait for new roles, let changes settle.

They hang on boto3's event system, so that the calls in a lesson stay ordinary boto3
(https://docs.aws.amazon.com/boto3/latest/guide/events.html, checked 2026-11; `needs-retry` and `after-call`
are botocore's own events).
"""

import re
import time
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, Shape

from lab.cloud.run import TAG

ROLE_UNKNOWN = re.compile(r"assum", re.IGNORECASE)
ROLE_ATTEMPTS, ROLE_PAUSE = 10, 3.0

SETTLE_SECONDS = 8.0
"""A guess: AWS has no waiter for these changes, and nobody has measured them here."""

UNSETTLED = (
    ("lambda", "AddPermission"),
    ("lambda", "CreateFunctionUrlConfig"),
    ("lambda", "UpdateFunctionUrlConfig"),
    ("api-gateway", "CreateDeployment"),
    ("apigatewayv2", "CreateStage"),
    ("iam", "PutRolePolicy"),
)


def tag_everything(client: Any, run: str) -> None:
    """Add the tag to each call that creates something and can tag it."""

    def add_tag(params: dict[str, Any], model: OperationModel, **_: Any) -> None:
        shape = model.input_shape
        if not model.name.startswith("Create") or shape is None:
            return
        for member in ("Tags", "tags"):
            if member in shape.members:
                params[member] = with_tag(shape.members[member], params.get(member), run)

    client.meta.events.register("provide-client-params", add_tag)


def with_tag(shape: Shape, tags: Any, run: str) -> Any:
    """`tags` and the run's, as the service has tags: a map, or a list of keys and values."""
    if isinstance(shape, MapShape):
        return {**(tags or {}), TAG: run}
    assert isinstance(shape, ListShape)
    key, value = sorted(shape.member.members)[:2]  # Key and Value, or key and value
    return [*(tags or []), {key: TAG, value: run}]


def wait_for_roles(client: Any) -> None:
    """Try again while a role that has just been created is not known to the service that is to assume it: IAM
    is eventually consistent (github.com/hashicorp/terraform-provider-aws/issues/19831, checked 2026-11)."""

    def retry(response: Any, attempts: int, **_: Any) -> float | None:
        error = response[1].get("Error", {}) if response else {}
        unknown = error.get("Code", "").startswith("Invalid") and ROLE_UNKNOWN.search(
            error.get("Message", "")
        )
        return ROLE_PAUSE if unknown and attempts < ROLE_ATTEMPTS else None

    for operation in ("lambda.CreateFunction", "apprunner.CreateService", "ecs.CreateExpressGatewayService"):
        client.meta.events.register(f"needs-retry.{operation}", retry)


def let_changes_settle(client: Any) -> None:
    """Pause after a change that takes effect some time after the call has returned."""

    def pause(**_: Any) -> None:
        time.sleep(SETTLE_SECONDS)

    for service, operation in UNSETTLED:
        client.meta.events.register(f"after-call.{service}.{operation}", pause)
