"""An API's schema, with the scalars and directives that AppSync adds.

Docs: docs.aws.amazon.com/appsync/latest/devguide/scalars.html and …/security-authz.html (checked 2026-11).
AWSJSON is parsed and written as AWS does; the other AWS scalars are passed on as they are (AWSTimestamp: an
integer), their formats are not checked.
"""

import json
from collections.abc import Iterable
from typing import Any

from graphql import (
    DirectiveNode,
    FieldDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    ObjectTypeDefinitionNode,
    build_schema,
)

TEXT_SCALARS = ("AWSDate", "AWSTime", "AWSDateTime", "AWSEmail", "AWSURL", "AWSPhone", "AWSIPAddress")
PRELUDE = "\n".join(
    [
        *(f"scalar {name}" for name in (*TEXT_SCALARS, "AWSJSON", "AWSTimestamp")),
        "directive @aws_subscribe(mutations: [String!]!) on FIELD_DEFINITION",
        "directive @aws_auth(cognito_groups: [String!]!) on FIELD_DEFINITION",
        "directive @aws_api_key on FIELD_DEFINITION | OBJECT",
        "directive @aws_iam on FIELD_DEFINITION | OBJECT",
        "directive @aws_oidc on FIELD_DEFINITION | OBJECT",
        "directive @aws_lambda on FIELD_DEFINITION | OBJECT",
        "directive @aws_cognito_user_pools(cognito_groups: [String!]) on FIELD_DEFINITION | OBJECT",
    ]
)
MODE_DIRECTIVES = {
    "aws_api_key": "API_KEY",
    "aws_iam": "AWS_IAM",
    "aws_oidc": "OPENID_CONNECT",
    "aws_lambda": "AWS_LAMBDA",
    "aws_cognito_user_pools": "AMAZON_COGNITO_USER_POOLS",
}


class BadSchema(ValueError):
    """The definition is no schema AppSync would take; the message says why."""


def build(definition: str) -> GraphQLSchema:
    """Return the schema that `definition` (SDL) describes. Raises `BadSchema`."""
    try:
        schema = build_schema(f"{definition}\n{PRELUDE}", no_location=False)
    except (GraphQLError, TypeError, RecursionError) as error:
        raise BadSchema(str(error)) from None
    if schema.query_type is None:
        raise BadSchema("There is no type Query")
    for field_name, field in fields_of(schema.subscription_type):
        for mutation in mutations_of(field) or ():
            if mutation not in dict(fields_of(schema.mutation_type)):
                raise BadSchema(f"{field_name}: @aws_subscribe names {mutation}, which is no mutation")
    aws_json = schema.get_type("AWSJSON")
    assert isinstance(aws_json, GraphQLScalarType)
    aws_json.coerce_output_value = write_json
    aws_json.coerce_input_value = read_json
    return schema


def read_json(value: Any) -> Any:
    """An AWSJSON argument is a string of JSON; a resolver gets what it says."""
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        raise GraphQLError("Variable has an invalid value: AWSJSON is a string of JSON") from None


def write_json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def fields_of(kind: GraphQLObjectType | None) -> Iterable[tuple[str, GraphQLField]]:
    return kind.fields.items() if kind is not None else ()


def mutations_of(field: GraphQLField) -> list[str] | None:
    """Return the mutations that a subscription field follows, or None if it has no `@aws_subscribe`."""
    for directive in directives_of(field.ast_node):
        if directive.name.value == "aws_subscribe":
            return listed(directive)
    return None


def directives_of(node: FieldDefinitionNode | ObjectTypeDefinitionNode | None) -> Iterable[DirectiveNode]:
    return (node.directives if node else None) or ()


def listed(directive: DirectiveNode) -> list[str]:
    """Return the strings in a directive's only argument: a list, or one string for a list of one."""
    (argument,) = directive.arguments or ()
    value: Any = argument.value
    return [item.value for item in getattr(value, "values", (value,))]


def modes_of(kind: GraphQLObjectType, field: GraphQLField, default: str) -> set[str]:
    """The authorization modes that may read a field: those of its own directives, or else of its type's, or
    else the API's default."""
    for node in (field.ast_node, kind.ast_node):
        names = {directive.name.value for directive in directives_of(node)}
        if modes := {mode for name, mode in MODE_DIRECTIVES.items() if name in names}:
            return modes
    return {default}
