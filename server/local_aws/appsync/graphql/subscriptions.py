"""Who has subscribed to which mutations, and what each is sent.

Docs: docs.aws.amazon.com/appsync/latest/devguide/aws-appsync-real-time-data.html (checked 2026-11): a
subscriber gets what the mutation selected and the subscription asks for; arguments of the subscription are
compared with the fields of the same names, which the mutation must have selected; null is compared as well,
an argument that is left out is not. A subscriber reads the mutation's answer as it is, by the names in it: a
field that the mutation selects under an alias is null for a subscription that asks for it by its own name
(github.com/aws/aws-appsync-community/issues/160, checked 2026-11). Only the alias of the mutation itself does
not matter. Mutations without a result, and nested fields that a caller may not read: README.md, "Where AWS is
unconfirmed".
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    execute,
    is_abstract_type,
    separate_operations,
    visit,
)
from graphql.execution.values import get_argument_values, get_variable_values

from server.local_aws.appsync.errors import Refused
from server.local_aws.appsync.graphql.execution import Invalid, Operation, to_document
from server.local_aws.appsync.graphql.schema import mutations_of

Fragments = Mapping[str, FragmentDefinitionNode]


@dataclass(frozen=True, eq=False)
class Subscription:
    """`mutations` it follows, `filters` on fields of their results, `deliver` for the payload (a JSON
    text)."""

    operation: Operation
    field: str
    mutations: frozenset[str]
    filters: Mapping[str, Any]
    deliver: Callable[[str], None]

    def wants(self, mutation: str, event: Mapping[str, Any]) -> bool:
        return mutation in self.mutations and all(
            event.get(name) == value for name, value in self.filters.items()
        )


class Subscriptions:
    """The subscriptions of one API."""

    def __init__(self) -> None:
        self._all: dict[Subscription, None] = {}

    def add(self, subscription: Subscription) -> None:
        self._all[subscription] = None

    def remove(self, subscription: Subscription) -> None:
        self._all.pop(subscription, None)

    def publish(self, schema: GraphQLSchema, operation: Operation, result: ExecutionResult) -> None:
        """Send what the mutations in `operation` gave to those who follow them, each once. Subscriptions that
        ask for the same are answered by one execution."""
        nodes = fields_in(operation.node.selection_set, fragments_of(operation))
        mutations = {key_of(node): node.name.value for node in nodes}
        for key, value in (result.data or {}).items():
            if value is not None and not mutations[key].startswith("__"):
                self._publish(schema, mutations[key], value)

    def _publish(self, schema: GraphQLSchema, mutation: str, event: Any) -> None:
        payloads: dict[tuple[int, str | None, str], str] = {}
        fields = event if isinstance(event, dict) else {}
        for subscription in list(self._all):
            if not subscription.wants(mutation, fields):
                continue
            operation = subscription.operation
            same = id(operation.document), operation.name, json.dumps(operation.variables, sort_keys=True)
            if same not in payloads:
                payloads[same] = select(schema, operation, {subscription.field: event})
            subscription.deliver(payloads[same])


def subscription(schema: GraphQLSchema, operation: Operation, deliver: Callable[[str], None]) -> Subscription:
    """Return the subscription that `operation` asks for. Raises `Refused`, `Invalid`."""
    kind = operation.node.operation.value
    if kind != "subscription":
        raise Refused(400, "UnsupportedOperation", f"{kind} not supported through the realtime channel")
    assert schema.subscription_type is not None, "a validated document has it"
    variables = get_variable_values(
        schema, operation.node.variable_definitions or (), dict(operation.variables)
    )
    if isinstance(variables, list):
        raise Invalid(variables)
    (node,) = fields_in(operation.node.selection_set, fragments_of(operation))
    field = schema.subscription_type.fields[node.name.value]
    mutations = mutations_of(field)
    if mutations is None:
        raise Refused(400, "BadRequestException", f"{node.name.value} has no @aws_subscribe in the schema")
    filters = get_argument_values(field, node, variables)
    return Subscription(operation, node.name.value, frozenset(mutations), filters, deliver)


class FieldsAskedFor(Visitor):
    """Notes the fields of a document, with the types that have them: `found`."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self._types = types
        self.found: list[tuple[GraphQLNamedType, str]] = []

    def enter_field(self, node: FieldNode, *_: object) -> None:
        kind = self._types.get_parent_type()
        if kind is not None and not node.name.value.startswith("__"):
            self.found.append((kind, node.name.value))


def fields_asked_for(schema: GraphQLSchema, operation: Operation) -> Iterator[tuple[GraphQLObjectType, str]]:
    """Every field that the operation asks for, of each object type that may have to give it."""
    name = operation.node.name.value if operation.node.name else ""
    types = TypeInfo(schema)
    noting = FieldsAskedFor(types)
    visit(separate_operations(operation.document)[name], TypeInfoVisitor(types, noting))
    for kind, field in noting.found:
        if is_abstract_type(kind):
            yield from ((each, field) for each in schema.get_possible_types(kind))
        elif isinstance(kind, GraphQLObjectType):
            yield kind, field


def select(schema: GraphQLSchema, operation: Operation, root: Mapping[str, Any]) -> str:
    """What `operation` asks for of `root`, as the payload of a data message."""
    result = execute(
        schema,
        operation.document,
        root_value=root,
        variable_values=dict(operation.variables),
        operation_name=operation.name,
    )
    assert isinstance(result, ExecutionResult), "nothing here is resolved asynchronously"
    return json.dumps(to_document(schema, result))


def fragments_of(operation: Operation) -> Fragments:
    return {
        node.name.value: node
        for node in operation.document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }


def fields_in(selections: SelectionSetNode, fragments: Fragments) -> list[FieldNode]:
    """Return the fields of a selection set, those in fragments included."""
    found: list[FieldNode] = []
    for node in selections.selections:
        if isinstance(node, FieldNode):
            found.append(node)
        elif isinstance(node, InlineFragmentNode):
            found += fields_in(node.selection_set, fragments)
        elif isinstance(node, FragmentSpreadNode):
            found += fields_in(fragments[node.name.value].selection_set, fragments)
    return found


def key_of(node: FieldNode) -> str:
    return node.alias.value if node.alias else node.name.value
