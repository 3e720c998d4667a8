"""One deployed GraphQL API: `POST /graphql`, and the WebSocket at `/graphql` (AWS's real-time host) and
`/graphql/realtime` (AWS's custom domains)."""

import ssl
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from aiohttp import web
from graphql import GraphQLSchema

from server.local_aws.appsync import credentials
from server.local_aws.appsync.authorization import Caller, authorize
from server.local_aws.appsync.deployed import Api, graphql_modes
from server.local_aws.appsync.door import Door, is_upgrade, read_object
from server.local_aws.appsync.errors import Refused
from server.local_aws.appsync.graphql.execution import (
    UNREADABLE,
    Context,
    FieldError,
    Invalid,
    describe,
    read,
    to_document,
)
from server.local_aws.appsync.graphql.protocol import SUBPROTOCOL, SubscriptionSession
from server.local_aws.appsync.graphql.resolvers import DataSource, Resolver, data_source, resolver
from server.local_aws.appsync.graphql.schema import build
from server.local_aws.appsync.graphql.subscriptions import (
    Subscription,
    Subscriptions,
    fields_asked_for,
    subscription,
)
from server.local_aws.appsync.realtime import Connection, connection_timeout_ms
from server.local_aws.aws_lambda.functions import Functions
from server.local_aws.control_plane.call import not_found
from server.local_aws.platform.limits import Limits

PATH, CONNECT_PATH, REALTIME_PATH = "/graphql", "/graphql/connect", "/graphql/realtime"


class GraphqlApi:
    """`start()` of its door, then it listens at `door.host`. `sources` and `resolvers` are as deployed."""

    def __init__(self, api: Api, functions: Functions, limits: Limits, tls: ssl.SSLContext) -> None:
        self.api = api
        self._functions = functions
        self._limits = limits
        self.sources: dict[str, DataSource] = {}
        self.resolvers: dict[tuple[str, str], Resolver] = {}
        self._schema: GraphQLSchema | None = None
        self._subscriptions = Subscriptions()
        sockets = {PATH: self._connect, REALTIME_PATH: self._connect}
        self.door = Door({PATH: self._execute}, sockets, tls)

    # Deployment

    def set_schema(self, definition: str) -> None:
        """Raises `BadSchema`, and keeps the schema it had."""
        self._schema = build(definition)

    def put_data_source(self, settings: Mapping[str, Any]) -> DataSource:
        """Raises `ApiError`."""
        made = data_source(self.api.arn, settings)
        self.sources[settings["name"]] = made
        return made

    def put_resolver(self, type_name: str, field_name: str, settings: Mapping[str, Any]) -> Resolver:
        """Raises `ApiError`."""
        kind = self._schema.get_type(type_name) if self._schema else None
        if field_name not in getattr(kind, "fields", {}):
            raise not_found(f"No field named {field_name} found on type {type_name}")
        made = resolver(self.api.arn, type_name, field_name, settings, self.sources)
        self.resolvers[type_name, field_name] = made
        return made

    # Queries and mutations

    async def _execute(self, request: web.Request) -> web.StreamResponse:
        body, document = await read_object(request, UNREADABLE)
        headers = credentials.lower(request.headers)
        caller = authorize(self.api, graphql_modes(self.api), headers, PATH, body)
        schema = self._deployed_schema()
        try:
            operation = read(schema, document)
        except Invalid as invalid:
            errors = [describe(error) for error in invalid.errors]
            return web.json_response({"data": None, "errors": errors})
        kind = operation.node.operation.value
        if kind == "subscription":
            message = "subscription not supported through the HTTP endpoint; connect to the realtime endpoint"
            raise Refused(400, "UnsupportedOperation", message)
        result = await self._context(caller, headers, request.remote).run(schema, operation)
        if kind == "mutation":
            self._subscriptions.publish(schema, operation, result)
        return web.json_response(to_document(schema, result))

    def _deployed_schema(self) -> GraphQLSchema:
        if self._schema is None:
            raise Refused(400, "BadRequestException", "The API has no schema")
        return self._schema

    def _context(self, caller: Caller, headers: Mapping[str, str], source_ip: str | None) -> Context:
        return Context(
            api_arn=self.api.arn,
            region=self.api.region,
            default_mode=graphql_modes(self.api)[0],
            caller=caller,
            headers=headers,
            source_ip=source_ip or "",
            sources=self.sources,
            resolvers=self.resolvers,
            functions=self._functions,
        )

    # Subscriptions

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        if not is_upgrade(request):
            raise Refused(
                400, "BadRequestException", "Queries are sent by POST, subscriptions over WebSocket"
            )
        connection = await Connection.open(request, SUBPROTOCOL, self._limits)
        try:
            self._admit(request)
        except Refused as refused:
            await connection.refuse({"type": "connection_error", "payload": {"errors": refused.with_code()}})
            return connection.socket
        subscribe = partial(self._subscribe, request.remote)
        session = SubscriptionSession(
            connection, self._subscriptions, subscribe, self._limits.appsync_payload
        )
        timeout = connection_timeout_ms(self._limits)
        try:
            await connection.converse(
                {"type": "connection_ack", "payload": {"connectionTimeoutMs": timeout}}, session.handle
            )
        finally:
            session.close()
        return connection.socket

    def _admit(self, request: web.Request) -> None:
        """Raise `Refused` unless the client may connect."""
        given = self.door.credentials(request, SUBPROTOCOL)
        authorize(self.api, graphql_modes(self.api), given, CONNECT_PATH, b"{}")

    async def _subscribe(
        self,
        source_ip: str | None,
        request: Mapping[str, Any],
        given: dict[str, str],
        signed: bytes,
        deliver: Callable[[str], None],
    ) -> Subscription:
        """Raises `Refused`, `Invalid`. A resolver on the subscription field may refuse too, its value is not
        used."""
        caller = authorize(self.api, graphql_modes(self.api), given, PATH, signed)
        schema = self._deployed_schema()
        operation = read(schema, request)
        made = subscription(schema, operation, deliver)
        context = self._context(caller, given, source_ip)
        try:
            for kind, name in fields_asked_for(schema, operation):
                context.authorize(kind, name)
        except FieldError as error:
            raise Refused(401, error.error_type, str(error)) from None
        if ("Subscription", made.field) in self.resolvers:
            result = await context.run(schema, operation)
            if result.errors:
                raise Invalid(result.errors)
        return made
