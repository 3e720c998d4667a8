"""A stack: its template, what it has deployed, and what happened to it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

STACK = "AWS::CloudFormation::Stack"


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Definition:
    """What a stack is to be. `text` is the template as it was given, `document` what it is without macros,
    `parameters` the values as they were given, `names` what these are and the pseudo parameters."""

    text: str
    document: Mapping[str, Any]
    parameters: Mapping[str, str]
    names: Mapping[str, Any]
    tags: Mapping[str, str]
    capabilities: tuple[str, ...] = ()


@dataclass
class Resource:
    """A deployed resource. `properties` are those with which it is deployed, without functions; `known`
    is what the calls have returned, `tags` are those of the stack that it has."""

    logical_id: str
    type: str
    physical_id: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    status: str = ""
    reason: str = ""
    retained: bool = False
    changed: datetime = field(default_factory=now)


@dataclass(frozen=True)
class Event:
    """Something that happened to a resource, or to the stack itself."""

    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str
    properties: str = ""
    token: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    time: datetime = field(default_factory=now)


@dataclass(frozen=True)
class Output:
    """What a stack says about itself. `export`: the name under which other stacks import it, or ""."""

    key: str
    value: str
    description: str
    export: str


@dataclass
class Stack:
    """`arn` is CloudFormation's id of it. `definition` is None until something has been deployed."""

    name: str
    arn: str
    region: str
    definition: Definition | None = None
    role: str = ""
    status: str = "REVIEW_IN_PROGRESS"
    reason: str = ""
    disable_rollback: bool = False
    protected: bool = False
    change_set: str = ""
    timeout: int | None = None
    resources: dict[str, Resource] = field(default_factory=dict)
    outputs: list[Output] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    imported: set[str] = field(default_factory=set)
    created: datetime = field(default_factory=now)
    updated: datetime | None = None
    deleted: datetime | None = None
    token: str = ""

    @property
    def deploys(self) -> bool:
        """True while something is going on."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    def begin(self, given: Mapping[str, Any], *, disable_rollback: bool) -> None:
        """Keep what a call to deploy says beside the template."""
        self.role = given.get("RoleARN") or self.role
        self.token = given.get("ClientRequestToken") or ""
        self.disable_rollback = disable_rollback
        self.protected = bool(given.get("EnableTerminationProtection", self.protected))

    def turn(self, status: str, reason: str = "") -> None:
        """Give the stack another status."""
        self.status, self.reason = status, reason
        self.events.append(Event(self.name, self.arn, STACK, status, reason, token=self.token))

    def note(self, resource: Resource, status: str, reason: str = "", properties: str = "") -> None:
        """Give a resource another status."""
        resource.status, resource.reason, resource.changed = status, reason, now()
        self.events.append(
            Event(
                resource.logical_id,
                resource.physical_id,
                resource.type,
                status,
                reason,
                properties,
                token=self.token,
            )
        )
