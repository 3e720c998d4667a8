"""The stacks of an account, by Region: found by name or id, and what they export."""

import re
import uuid
from collections.abc import Iterator

from server.local_aws.cloudformation.changes import ChangeSet
from server.local_aws.cloudformation.stack import Output, Stack
from server.local_aws.cloudformation.template import invalid
from server.local_aws.control_plane.call import ApiError
from server.local_aws.control_plane.moto import ACCOUNT_ID

STACK_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")


class Stacks:
    """Every stack and change set, deleted ones too."""

    def __init__(self) -> None:
        self._stacks: dict[str, Stack] = {}
        self._change_sets: dict[str, ChangeSet] = {}

    def add(self, name: str, region: str) -> Stack:
        """Return a new stack, with nothing in it."""
        stack = Stack(name, arn("stack", name, region), region)
        self._stacks[stack.arn] = stack
        return stack

    def all(self, region: str) -> list[Stack]:
        """The stacks of a Region, the newest first."""
        return [stack for stack in reversed(self._stacks.values()) if stack.region == region]

    def find(self, name: str, region: str) -> Stack | None:
        """Return the stack with this name, if it is not deleted, or with this id."""
        if name in self._stacks:
            return self._stacks[name]
        live = (stack for stack in self.all(region) if stack.status != "DELETE_COMPLETE")
        return next((stack for stack in live if stack.name == name), None)

    def get(self, name: str, region: str) -> Stack:
        """As `find`. Raises `ApiError` if there is none."""
        stack = self.find(name, region)
        if stack is None:
            raise invalid(f"Stack with id {name} does not exist")
        return stack

    def remove(self, stack: Stack) -> None:
        """Forget a stack in which nothing was ever deployed."""
        self._stacks.pop(stack.arn, None)

    def exports(self, region: str, besides: Stack | None = None) -> Iterator[tuple[Stack, Output]]:
        """What the stacks of a Region export, but for one of them."""
        for stack in self.all(region):
            if stack is not besides and stack.status != "DELETE_COMPLETE":
                yield from ((stack, output) for output in stack.outputs if output.export)

    def imports(self, region: str, besides: Stack | None = None) -> dict[str, str]:
        return {output.export: output.value for _, output in self.exports(region, besides)}

    def importing(self, export: str, region: str) -> list[Stack]:
        """The stacks that use an exported value."""
        live = (stack for stack in self.all(region) if stack.status != "DELETE_COMPLETE")
        return [stack for stack in live if export and export in stack.imported]

    def add_change_set(self, change_set: ChangeSet) -> None:
        self._change_sets[change_set.arn] = change_set

    def change_sets(self, stack: Stack) -> list[ChangeSet]:
        return [each for each in self._change_sets.values() if each.stack is stack]

    def change_set(self, name: str, stack_name: str, region: str) -> ChangeSet:
        """Return the change set with this id, or the one of a stack with this name. Raises `ApiError`."""
        if name in self._change_sets:
            return self._change_sets[name]
        stack = self.find(stack_name, region) if stack_name else None
        for each in self.change_sets(stack) if stack else ():
            if each.name == name:
                return each
        raise ApiError(404, "ChangeSetNotFound", f"ChangeSet [{name}] does not exist")

    def remove_change_set(self, change_set: ChangeSet) -> None:
        self._change_sets.pop(change_set.arn, None)


def check_name(name: str) -> None:
    """Raise `ApiError` unless a stack may be called so."""
    if not STACK_NAME.fullmatch(name):
        message = (
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )
        raise invalid(message)


def arn(kind: str, name: str, region: str) -> str:
    return f"arn:aws:cloudformation:{region}:{ACCOUNT_ID}:{kind}/{name}/{uuid.uuid4()}"
