"""CloudFormation as a service of the stand-in: its operations on stacks, change sets and templates.

Docs (checked 2026-11): docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/.
"""

from server.local_aws.cloudformation import query
from server.local_aws.cloudformation.calls import CallFailed
from server.local_aws.cloudformation.engine import Engine, Given, Handler
from server.local_aws.cloudformation.on_change_sets import OnChangeSets
from server.local_aws.cloudformation.on_stacks import OnStacks
from server.local_aws.cloudformation.on_templates import OnTemplates
from server.local_aws.control_plane import refusals
from server.local_aws.control_plane.call import ApiAnswer, ApiCall, ApiError
from server.local_aws.control_plane.moto import not_served
from server.local_aws.platform.service import Calls, Platform

UNSERVED = (
    "NotificationARNs",
    "ResourceTypes",
    "RetainExceptOnCreate",
    "ResourcesToImport",
    "StackPolicyBody",
    "StackPolicyDuringUpdateBody",
    "StackPolicyDuringUpdateURL",
    "StackPolicyURL",
)
"""Parameters that ask for what stacks here do not do."""


class CloudFormation(Calls):
    """Answers the operations on stacks, change sets and templates; all others are a 501."""

    def __init__(self, platform: Platform) -> None:
        self._engine = Engine(platform)
        self._handlers: dict[str, Handler] = {
            **OnStacks(self._engine).handlers,
            **OnChangeSets(self._engine).handlers,
            **OnTemplates(self._engine).handlers,
        }

    def serves(self, call: ApiCall) -> bool:
        return True

    async def call(self, call: ApiCall) -> ApiAnswer:
        operation = query.operation_of(call)
        handler = self._handlers.get(operation.name) if operation else None
        if operation is None or handler is None:
            return not_served(call)
        try:
            given = query.read(operation, call)
            check_given(given)
            return query.answer(operation, await handler(call, given))
        except ApiError as error:
            return refusals.in_protocol(call, error)
        except CallFailed as failed:
            return refusals.in_protocol(call, ApiError(failed.status, failed.code, failed.message))

    async def stop(self) -> None:
        await self._engine.stop()


def check_given(given: Given) -> None:
    """Raise `ApiError` for a parameter that would be without effect."""
    for name in UNSERVED:
        if given.get(name):
            raise ApiError(400, "ValidationError", f"The local stand-in does not serve {name}")
    if (given.get("RollbackConfiguration") or {}).get("RollbackTriggers"):
        raise ApiError(400, "ValidationError", "The local stand-in does not serve RollbackTriggers")
