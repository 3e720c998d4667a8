"""Runs queries and mutations: graphql-core executes, AppSync's resolvers resolve.

Error documents are AppSync's (`errorType`, `errorInfo`, `locations` with `sourceName`); the messages of
invalid queries are graphql-core's.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    execute,
    get_named_type,
    get_operation_ast,
    parse,
    print_ast,
    validate,
)

from server.local_aws.appsync.authorization import Caller
from server.local_aws.appsync.errors import Refused
from server.local_aws.appsync.graphql.resolvers import DataSource, Resolver
from server.local_aws.appsync.graphql.schema import modes_of
from server.local_aws.appsync.graphql.selection import selection_paths
from server.local_aws.aws_lambda import deployed
from server.local_aws.aws_lambda.functions import Functions
from server.local_aws.control_plane.call import ApiError
from server.local_aws.iam import service_roles
from server.local_aws.iam.resource_policy import Service

UNREADABLE = Refused(400, "MalformedHttpRequestException", "Unable to parse GraphQL query.")
APPSYNC = Service("appsync.amazonaws.com")
INVOKE = "lambda:InvokeFunction"
MAX_TOKENS = 15_000
MAX_REMEMBERED = 16_384
"""Characters of a query up to which it is remembered."""

ROOTS = ("Query", "Mutation", "Subscription")
UNEXPECTED_NULL = re.compile(r"Cannot return null for non-nullable field (\w+)\.(\w+)\.")


class FieldError(Exception):
    """A field has no value, and why."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


@dataclass(frozen=True)
class Operation:
    """A request that is valid: one operation of a document, and its variables."""

    document: DocumentNode
    node: OperationDefinitionNode
    name: str | None
    variables: Mapping[str, Any]


class Invalid(Exception):
    """The document is GraphQL, but not for this schema."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__("invalid")
        self.errors = errors


def read(schema: GraphQLSchema, request: Mapping[str, Any]) -> Operation:
    """Return the operation that `request` (query, variables, operationName) asks for. Raises `Refused`,
    `Invalid`."""
    query, variables, name = (request.get(key) for key in ("query", "variables", "operationName"))
    if not isinstance(query, str) or not isinstance(variables or {}, dict) or not isinstance(name or "", str):
        raise UNREADABLE
    document = remembered(schema, query) if len(query) <= MAX_REMEMBERED else valid_document(schema, query)
    node = get_operation_ast(document, name or None)
    if node is None:
        message = f"There is no operation named {name}" if name else "operationName must say which operation"
        raise Refused(400, "BadRequestException", message)
    return Operation(document, node, name or None, variables or {})


def valid_document(schema: GraphQLSchema, query: str) -> DocumentNode:
    """Parse and validate. Raises `Refused`, `Invalid`."""
    try:
        document = parse(query, max_tokens=MAX_TOKENS)
        errors = validate(schema, document)
    except (GraphQLError, RecursionError):
        raise UNREADABLE from None
    if errors:
        raise Invalid(errors)
    return document


remembered = lru_cache(maxsize=256)(valid_document)
"""Validating takes milliseconds, and a stream sends the same text with other variables again and again."""


@dataclass(frozen=True)
class Context:
    """What every field of one operation is resolved with. `headers` are the request's, `source_ip` the
    client's address."""

    api_arn: str
    region: str
    default_mode: str
    caller: Caller
    headers: Mapping[str, str]
    source_ip: str
    sources: Mapping[str, DataSource]
    resolvers: Mapping[tuple[str, str], Resolver]
    functions: Functions

    async def run(self, schema: GraphQLSchema, operation: Operation) -> ExecutionResult:
        result = execute(
            schema,
            operation.document,
            variable_values=dict(operation.variables),
            operation_name=operation.name,
            field_resolver=self.resolve,
        )
        return result if isinstance(result, ExecutionResult) else await result

    def resolve(self, source: Any, info: "GraphQLResolveInfo[Any]", **arguments: Any) -> Any:
        """The value of a field: what its resolver gives, or else the member of its parent with its name."""
        self.authorize(info.parent_type, info.field_name)
        resolver = self.resolvers.get((info.parent_type.name, info.field_name))
        if resolver is None:
            return source.get(info.field_name) if isinstance(source, dict) else None
        if resolver.action is not None:
            return resolver.action.result(arguments)
        return self._invoke(self.sources[resolver.data_source], source, info, arguments)

    def authorize(self, kind: GraphQLObjectType, name: str) -> None:
        """Raise `FieldError` unless the caller's mode, and IAM, let the caller have the field."""
        allowed = self.caller.mode in modes_of(kind, kind.fields[name], self.default_mode)
        if kind.name in ROOTS:
            resource = f"{self.api_arn}/types/{kind.name}/fields/{name}"
            allowed = allowed and self.caller.may("appsync:GraphQL", resource)
        if not allowed:
            raise FieldError("Unauthorized", f"Not Authorized to access {name} on type {kind.name}")

    async def _invoke(
        self, called: DataSource, source: Any, info: "GraphQLResolveInfo[Any]", arguments: dict[str, Any]
    ) -> Any:
        """A direct Lambda resolver: the function gets the context, its result is the value."""
        payload = json.dumps(self._event(source, info, arguments)).encode()
        arn = called.function_arn
        try:
            function = deployed.function(self.region, arn)
            if self.functions.judge_roles and not self._may_invoke(called):
                message = f"{called.role_arn} is not authorized to perform: {INVOKE} on resource: {arn}"
                raise FieldError("Lambda:Unhandled", message)
            result = await self.functions.invoke(function, payload)
        except ApiError as error:
            raise FieldError("Lambda:Unhandled", str(error)) from None
        try:
            document = json.loads(result.payload or b"null")
        except (ValueError, RecursionError):
            raise FieldError("Lambda:Unhandled", "The function's result is not JSON") from None
        if result.failed:
            message = document.get("errorMessage", "") if isinstance(document, dict) else ""
            raise FieldError("Lambda:Unhandled", str(message))
        return document

    def _may_invoke(self, called: DataSource) -> bool:
        statements = deployed.statements(self.region, called.function_arn)
        return service_roles.may(
            APPSYNC, called.role_arn, self.api_arn, INVOKE, called.function_arn, statements
        )

    def _event(
        self, source: Any, info: "GraphQLResolveInfo[Any]", arguments: dict[str, Any]
    ) -> dict[str, Any]:
        """What the function gets: docs.aws.amazon.com/appsync/latest/devguide/resolver-context-reference.html
        (checked 2026-11)."""
        return {
            "arguments": arguments,
            "identity": self._identity(),
            "source": source,
            "request": {"headers": dict(self.headers), "domainName": None},
            "prev": None,
            "info": {
                "selectionSetList": selection_paths(info),
                "selectionSetGraphQL": "\n".join(
                    print_ast(node.selection_set) for node in info.field_nodes if node.selection_set
                ),
                "parentTypeName": info.parent_type.name,
                "fieldName": info.field_name,
                "variables": info.variable_values.coerced,
            },
            "stash": {},
        }

    def _identity(self) -> dict[str, Any] | None:
        identity = self.caller.identity
        if identity is None:
            return None
        return {
            "accountId": identity.arn.split(":")[4],
            "cognitoIdentityAuthProvider": None,
            "cognitoIdentityAuthType": None,
            "cognitoIdentityId": None,
            "cognitoIdentityPoolId": None,
            "sourceIp": [self.source_ip],
            "userArn": identity.arn,
            "username": identity.user_id,
        }


def to_document(schema: GraphQLSchema, result: ExecutionResult) -> dict[str, Any]:
    """Return the answer to an operation as AppSync writes it."""
    document: dict[str, Any] = {"data": result.data}
    if result.errors:
        document["errors"] = [unexpected_null(schema, error) or describe(error) for error in result.errors]
    return document


def unexpected_null(schema: GraphQLSchema, error: GraphQLError) -> dict[str, Any] | None:
    """A null where the schema allows none, in AppSync's words
    (github.com/aws-amplify/amplify-category-api/issues/1338, checked 2026-11); None for another error."""
    found = UNEXPECTED_NULL.fullmatch(error.message)
    if found is None:
        return None
    parent = schema.get_type(found[1])
    assert isinstance(parent, GraphQLObjectType)
    kind = get_named_type(parent.fields[found[2]].type).name
    path = "/".join(map(str, error.path or ()))
    message = f"Cannot return null for non-nullable type: '{kind}' within parent '{parent.name}' (/{path})"
    return {"path": error.path, "locations": None, "message": message}


def describe(error: GraphQLError) -> dict[str, Any]:
    """Return an error as AppSync writes it."""
    locations = [{"line": at.line, "column": at.column, "sourceName": None} for at in error.locations or ()]
    if error.path is None:
        return {"path": None, "locations": locations, "message": error.message}
    return {
        "path": error.path,
        "data": None,
        "errorType": getattr(error.original_error, "error_type", None),
        "errorInfo": None,
        "locations": locations,
        "message": error.message,
    }
