"""What CloudFormation's operations have in common: stacks, the calls in somebody's name, work in the
background."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from server.local_aws.cloudformation.addresses import reachable
from server.local_aws.cloudformation.calls import Calls
from server.local_aws.cloudformation.deployment import Deployment
from server.local_aws.cloudformation.stack import Stack
from server.local_aws.cloudformation.stacks import Stacks
from server.local_aws.cloudformation.template import invalid
from server.local_aws.control_plane.call import ApiCall, ApiError
from server.local_aws.iam import identity, trust
from server.local_aws.iam.identity import Identity
from server.local_aws.iam.resource_policy import Service
from server.local_aws.platform.service import Platform

CLOUDFORMATION = Service("cloudformation.amazonaws.com")
SOON = 5.0
"""Seconds for which an answer waits for the end of what was asked for: who asks next sees its end."""

Given = Mapping[str, Any]
Handler = Callable[[ApiCall, Given], Awaitable[dict[str, Any]]]


class Engine:
    """Carries out what is asked of stacks, in the background and in the name of whoever asks: with IAM
    enforced each call is judged as if the caller, or the role that the caller hands over, had made it."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._working: dict[str, asyncio.Task[None]] = {}
        self.stacks = Stacks()

    async def stop(self) -> None:
        tasks = list(self._working.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def named(self, call: ApiCall, given: Given, message: str = "Stack with id {} does not exist") -> Stack:
        """Return the stack that a call names. Raises `ApiError` if there is none."""
        name = str(given.get("StackName", ""))
        stack = self.stacks.find(name, call.region)
        if stack is None:
            raise invalid(message.format(name))
        return stack

    def deployment(self, stack: Stack, calls: Calls) -> Deployment:
        """Return an operation on a stack."""
        return Deployment(stack, calls, self.imports(stack), reachable(self._platform.endpoints))

    def imports(self, stack: Stack) -> dict[str, str]:
        """What a stack may import: the values that others export, by their names."""
        return self.stacks.imports(stack.region, stack)

    async def work(self, stack: Stack, work: Coroutine[Any, Any, None]) -> None:
        """Let `work` go on in the background, after what is going on; wait for its end if that is soon."""
        task = asyncio.create_task(self._carry_out(stack, work, self._working.get(stack.arn)))
        self._working[stack.arn] = task
        task.add_done_callback(lambda done: self._forget(stack, done))
        await asyncio.wait([task], timeout=SOON)

    def _forget(self, stack: Stack, done: "asyncio.Task[None]") -> None:
        if self._working.get(stack.arn) is done:
            del self._working[stack.arn]

    async def _carry_out(
        self, stack: Stack, work: Coroutine[Any, Any, None], before: "asyncio.Task[None] | None"
    ) -> None:
        if before is not None:
            await asyncio.wait([before])
        try:
            await work
        except Exception as error:
            print(f"cloudformation: {stack.name}: {type(error).__name__}: {error}", file=sys.stderr)
            status = stack.status.removesuffix("_CLEANUP_IN_PROGRESS").removesuffix("_IN_PROGRESS")
            stack.turn(f"{status.removesuffix('_COMPLETE')}_FAILED", "Internal Failure")

    def calls(self, call: ApiCall, role: str = "") -> Calls:
        """Return what makes calls in the name of whoever calls, or of the role that is handed over. Raises
        `ApiError` if it may not be."""
        if not self._platform.enforce_iam:
            return Calls(self._platform.act, identity.with_key(identity.ROOT_KEY, ""), call.region)
        caller = identity.with_key(call.access_key, call.header("x-amz-security-token"))
        return Calls(self._platform.act, role_of(caller, role) if role else caller, call.region)


def role_of(caller: Identity, role: str) -> Identity:
    """Return the role that makes a stack's calls. Raises `ApiError` unless the caller may hand it over and it
    trusts CloudFormation
    (docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html, checked 2026-11)."""
    passed = {"iam:passedtoservice": [CLOUDFORMATION.name]}
    if not caller.may("iam:PassRole", role, passed):
        raise ApiError(403, "AccessDeniedException", caller.refusal("iam:PassRole", role, passed))
    held = identity.role_with(role)
    if held is None or not trust.trusts(role, CLOUDFORMATION, {}):
        raise invalid(f"Role {role} is invalid or cannot be assumed")
    return identity.of_role(held, "AWSCloudFormation")
