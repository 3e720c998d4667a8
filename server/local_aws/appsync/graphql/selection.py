"""What a request selects below a field, as AppSync tells a resolver in `info.selectionSetList`.

Docs: docs.aws.amazon.com/appsync/latest/devguide/resolver-context-reference.html (checked 2026-11): paths,
with aliases where there are any; the fields of fragments among them, if they belong to the type of the field;
of an interface or a union only the fields of its own. @skip and @include: README.md, "Where AWS is
unconfirmed".
"""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
)


def selection_paths(info: "GraphQLResolveInfo[Any]") -> list[str]:
    """The paths of everything selected below the field of `info`, each once, in the order of the request."""
    kind = get_named_type(info.return_type)
    nodes = (node.selection_set for node in info.field_nodes)
    paths = (path for node in nodes if node for path in below(info.schema, kind, node, info.fragments))
    return list(dict.fromkeys(paths))


def below(
    schema: GraphQLSchema,
    kind: GraphQLNamedType,
    selections: SelectionSetNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    prefix: str = "",
) -> Iterator[str]:
    for node in selections.selections:
        if isinstance(node, FieldNode):
            path = prefix + (node.alias or node.name).value
            yield path
            if node.selection_set:
                assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType), "else it has no such field"
                child = get_named_type(kind.fields[node.name.value].type)
                yield from below(schema, child, node.selection_set, fragments, f"{path}/")
        elif isinstance(node, FragmentSpreadNode | InlineFragmentNode):
            fragment = fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            condition = fragment.type_condition
            if condition is None or belongs(schema, kind, condition.name.value):
                yield from below(schema, kind, fragment.selection_set, fragments, prefix)


def belongs(schema: GraphQLSchema, kind: GraphQLNamedType, condition: str) -> bool:
    """Return whether what is selected on the type `condition` belongs to `kind`."""
    wider = schema.get_type(condition)
    if kind is wider or not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        return kind is wider
    return is_abstract_type(wider) and schema.is_sub_type(wider, kind)
