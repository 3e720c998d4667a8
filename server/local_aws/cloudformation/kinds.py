"""What a type of resources is: the calls that make, change and delete one, and what it is asked for.

A property is the operation's parameter of the same name, whatever its capitals: that is how CloudFormation's
types came to be. A `Kind` says what is otherwise.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Properties = Mapping[str, Any]
Known = Mapping[str, Any]
"""What is known of a resource: the parameters with which it was made, and what the calls returned."""

NOTHING: Mapping[str, Any] = {}


def same(*names: str) -> dict[str, str]:
    """Return attributes that are known by their names."""
    return {name: f"{{{name}}}" for name in names}


@dataclass(frozen=True)
class Part:
    """A property that is calls of its own. `put` sets it, `remove` takes it away, or `put` does with the
    `neutral` value. `member`: the parameter that gets the value; "": its members are parameters. With `each`
    the value is a list, of which each element is a call."""

    put: str
    member: str = ""
    remove: str = ""
    each: bool = False
    neutral: Any = None


@dataclass(frozen=True)
class Settled:
    """When a resource is ready: `read` returns, at `path`, one of `good`; one of `bad` is a failure."""

    path: str
    good: frozenset[str]
    bad: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Kind:
    """`service`: as botocore names it. `create`, `update`, `delete`, `read`: operations. `ref` is what `Ref`
    gives and `attributes` what `Fn::GetAtt` does, as formats of what is known (`{Function[Arn]}`).

    - `named`: the property that gets a name if the template gives none; `longest`: how long one may be
    - `renamed`: properties whose parameter has another name; `from_s3`: those that name an object in S3
    - `known`: further names for what is known, as formats
    - `parts`: properties that are calls of their own
    - `prepare`: makes parameters' values of properties that are built otherwise
    - `defaults`: what a property is when it is left out again
    - `fixed`, `fixed_update`: parameters that every resource has when it is made, and changed
    - `again`: a change deletes it and makes it anew, under the name that it has
    - `spread`: operations whose parameters are the members of a property, `alias`: those that name a property
      otherwise than `create` does
    - `patch`: the operation that changes the properties in `patched` one by one, as API Gateway's do
    - `tagging`: the operations that set and remove tags, and the latter's parameter
    - `held`: what a refusal to delete it says while something holds it, and the operation that deletes that
    - `idle`: what a refusal to change it says when there is nothing to change
    - `outputs`: it has an attribute for each output of the stack that it is
    - `settled`, `gone`: when it is ready, and deleted, where that takes time
    """

    service: str
    create: str = ""
    ref: str = ""
    update: tuple[str, ...] = ()
    delete: str = ""
    read: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    named: str = ""
    longest: int = 64
    renamed: Mapping[str, str] = field(default_factory=dict)
    from_s3: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, Part] = field(default_factory=dict)
    prepare: Callable[[Properties, str], dict[str, Any]] | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    again: bool = False
    spread: Mapping[str, str] = field(default_factory=dict)
    alias: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fixed_update: Mapping[str, Any] = field(default_factory=dict)
    patch: str = ""
    patched: tuple[str, ...] = ()
    tagging: tuple[str, str, str] | None = None
    held: tuple[str, str] | None = None
    idle: str = ""
    outputs: bool = False
    settled: Settled | None = None
    gone: frozenset[str] = frozenset()
