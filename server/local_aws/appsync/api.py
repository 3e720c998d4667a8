"""AppSync's API: moto's control plane, completed.

moto has no data sources and resolvers, no `GetChannelNamespace`, no updates of Event APIs and namespaces, and
no reachable addresses; it answers 500 for an API that does not exist. All that is here.
"""

import base64
import binascii
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from server.local_aws.appsync import completed, deployed
from server.local_aws.appsync.apis import Apis
from server.local_aws.appsync.completed import CompleteGraphqlAPI
from server.local_aws.appsync.deployed import Api, check_mode
from server.local_aws.appsync.events.namespaces import check_settings, to_document, update
from server.local_aws.appsync.graphql.graphql_api import GraphqlApi
from server.local_aws.appsync.graphql.schema import BadSchema
from server.local_aws.aws_lambda.functions import functions_of
from server.local_aws.control_plane.call import ApiAnswer, ApiCall, ApiError, bad_request, not_found
from server.local_aws.platform.service import Calls, Platform

GRAPHQL = re.compile(r"/v1/apis(?:/(?P<api>[^/]+)(?:/(?P<rest>.+))?)?")
EVENTS = re.compile(r"/v2/apis(?:/(?P<api>[^/]+)(?:/(?P<rest>.+))?)?")
DATA_SOURCES = re.compile(r"datasources(?:/(?P<name>[^/]+))?")
RESOLVERS = re.compile(r"types/(?P<type>[^/]+)/resolvers(?:/(?P<field>[^/]+))?")
NAMESPACE = re.compile(r"channelNamespaces/(?P<name>[^/]+)")
OUT_OF_SCOPE = re.compile(r"functions|sourceApiAssociations|domainname|ApiCaches|environmentVariables")

Opening = Callable[[Api, Mapping[str, Any]], Awaitable[Api]]
"""Completes the API that moto has just created, by its settings, and lets it listen; returns its address."""


class AppSyncApi(Calls):
    """Serves every call of AppSync's API."""

    def __init__(self, platform: Platform) -> None:
        self._apis = Apis(
            platform.endpoints, functions_of(platform), platform.limits, platform.certificate.context
        )
        self._forward = platform.forward

    def serves(self, call: ApiCall) -> bool:
        return True

    async def retire(self) -> None:
        await self._apis.retire()

    async def stop(self) -> None:
        await self._apis.stop()

    async def call(self, call: ApiCall) -> ApiAnswer:
        """Answer one call."""
        if match := GRAPHQL.fullmatch(call.path):
            return await self._graphql(call, match["api"], unquote(match["rest"] or ""))
        if match := EVENTS.fullmatch(call.path):
            return await self._events(call, match["api"], unquote(match["rest"] or ""))
        return await self._forward(call)

    # GraphQL APIs

    async def _graphql(self, call: ApiCall, api_id: str | None, rest: str) -> ApiAnswer:
        settings = call.members
        if api_id is None:
            if call.method == "POST":
                completed.check("CreateGraphqlApi", settings)
                check_modes(settings)
            return await self._addressed(call, "graphqlApi", self._open_graphql)
        api = Api(call.region, api_id)
        if rest == "apikeys" or rest.startswith("apikeys/"):
            return await self._keys(call, api, rest.removeprefix("apikeys").lstrip("/"))
        held = deployed.graphql_api(api)
        graphql = self._apis.graphql(api)
        if graphql is not None and (match := DATA_SOURCES.fullmatch(rest)):
            return data_sources(call, graphql, match["name"], settings)
        if graphql is not None and (match := RESOLVERS.fullmatch(rest)):
            return resolvers(call, graphql, match["type"], match["field"], settings)
        if OUT_OF_SCOPE.match(rest):
            raise bad_request(f"The local stand-in has no {rest.partition('/')[0]}")
        if rest == "schemacreation" and call.method == "POST":
            return await self._create_schema(call, api, settings)
        if rest == "schemacreation" and deployed.graphql_api(api).graphql_schema is None:
            return ApiAnswer.of(200, {"status": "NOT_APPLICABLE"})
        if rest:
            return await self._forward(call)
        if call.method == "POST":
            completed.check("UpdateGraphqlApi", settings)
            check_modes(settings)
            if isinstance(held, CompleteGraphqlAPI):
                held.update_settings(settings)
        return await self._addressed(call, "graphqlApi", None)

    async def _open_graphql(self, api: Api, settings: Mapping[str, Any]) -> Api:
        named = completed.complete_graphql(api, settings)
        await self._apis.open_graphql(named)
        return named

    async def _keys(self, call: ApiCall, api: Api, key: str) -> ApiAnswer:
        """API keys, of both kinds of APIs."""
        keys = completed.keys_of(api)
        if key and key not in keys:
            raise not_found(f"API key {key} not found.")
        if call.method == "GET":
            return ApiAnswer.of(200, {"apiKeys": [completed.key_document(api, name) for name in keys]})
        answer = await self._forward(call)
        if answer.status >= 300 or call.method != "POST":
            return answer
        made = key or completed.complete_key(api, json.loads(answer.body)["apiKey"]["id"])
        return ApiAnswer.of(200, {"apiKey": completed.key_document(api, made)})

    async def _create_schema(self, call: ApiCall, api: Api, settings: Mapping[str, Any]) -> ApiAnswer:
        """moto keeps the definition; whether it is a valid schema is found out here."""
        graphql = self._apis.graphql(api)
        try:
            definition = base64.b64decode(settings.get("definition", ""), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError, TypeError, ValueError):
            raise bad_request("definition must be base64 of a text") from None
        answer = await self._forward(call)
        kept = deployed.graphql_api(api).graphql_schema
        if kept is not None and graphql is not None:
            try:
                graphql.set_schema(definition)
            except BadSchema as error:
                kept.status = "FAILED"
                kept.parse_error = str(error)
        return answer

    # Event APIs

    async def _events(self, call: ApiCall, api_id: str | None, rest: str) -> ApiAnswer:
        settings = call.members
        if call.method == "POST":
            check_settings(settings)
        if api_id is None:
            return await self._addressed(call, "api", self._open_events)
        api = Api(call.region, api_id)
        found = deployed.events_api(api)
        if not rest:
            if call.method == "POST":
                found.name = settings.get("name", found.name)
                found.event_config = settings.get("eventConfig", found.event_config)
                found.owner_contact = settings.get("ownerContact")
                call = ApiCall("GET", call.target, call.headers, b"")
            return await self._addressed(call, "api", None)
        if match := NAMESPACE.fullmatch(rest):
            namespace = deployed.namespace(api, match["name"])
            if namespace is None:
                raise not_found(f"Channel namespace {match['name']} not found.")
            if call.method != "DELETE":
                if call.method == "POST":
                    update(namespace, settings, datetime.now(UTC))
                return ApiAnswer.of(200, {"channelNamespace": to_document(namespace)})
        elif call.method == "POST" and deployed.namespace(api, str(settings.get("name"))):
            message = f"Channel namespace {settings['name']} already exists."
            raise ApiError(409, "ConflictException", message)
        return await self._forward(call)

    async def _open_events(self, api: Api, settings: Mapping[str, Any]) -> Api:
        named = completed.complete_events(api)
        await self._apis.open_events(named)
        return named

    # Both

    async def _addressed(self, call: ApiCall, member: str, open_api: Opening | None) -> ApiAnswer:
        """moto's answer, completed, with reachable addresses; `open_api` when a POST has created the API."""
        answer = await self._forward(call)
        if answer.status >= 300 or not answer.body:
            return answer
        document = json.loads(answer.body)
        for found in [document[member]] if member in document else document.get(f"{member}s", []):
            api = Api(call.region, found["apiId"])
            if open_api is not None and call.method == "POST":
                api = await open_api(api, call.members)
            complete(found, api)
            found.update(addresses(self._apis.host(api), events=member == "api"))
        headers = [header for header in answer.headers if header[0].lower() != "content-length"]
        return ApiAnswer(answer.status, headers, json.dumps(document).encode())


def complete(document: dict[str, Any], api: Api) -> None:
    """Give moto's document of an API what AWS's has; what is not set is left out."""
    held = deployed.backend(api.region).graphql_apis.get(api.api_id)
    if held is None:
        document.update(apiId=api.api_id, apiArn=api.arn, xrayEnabled=False)
        document["tags"] = deployed.backend(api.region).list_tags_for_resource(api.arn)
    elif isinstance(held, CompleteGraphqlAPI):
        document.update(held.document())
        document["tags"] = deployed.backend(api.region).list_tags_for_resource(api.arn)
    for name in [name for name, value in document.items() if value is None]:
        del document[name]


def addresses(host: str, *, events: bool) -> dict[str, Any]:
    """What AWS returns in `dns` (and `uris`), on this machine."""
    dns = {"HTTP": host, "REALTIME": host} if events else {"GRAPHQL": host, "REALTIME": host}
    if events:
        return {"dns": dns}
    return {"dns": dns, "uris": {"GRAPHQL": f"http://{host}/graphql", "REALTIME": f"ws://{host}/graphql"}}


def check_modes(settings: Mapping[str, Any]) -> None:
    """Refuse authorization modes that would not be enforced here."""
    providers = settings.get("additionalAuthenticationProviders") or []
    if not isinstance(providers, list):
        raise bad_request("additionalAuthenticationProviders must be a list")
    modes = [settings.get("authenticationType")]
    modes += [provider.get("authenticationType") for provider in providers if isinstance(provider, dict)]
    for mode in modes:
        if mode is not None:
            check_mode(mode)


def data_sources(
    call: ApiCall, graphql: GraphqlApi, name: str | None, settings: Mapping[str, Any]
) -> ApiAnswer:
    """Create (POST), list, get, update (POST with a name) or delete. Raises `ApiError`."""
    sources = graphql.sources
    if name is None and call.method == "GET":
        return ApiAnswer.of(200, {"dataSources": [source.document for source in sources.values()]})
    if name is None and settings.get("name") in sources:
        raise bad_request(f"Data source with name {settings['name']} already exists")
    if name is not None and name not in sources:
        raise not_found(f"No data source found named {name}")
    if call.method == "DELETE" and name is not None:
        if any(resolver.data_source == name for resolver in graphql.resolvers.values()):
            raise bad_request(f"Data source {name} is in use by a resolver")
        del sources[name]
        return ApiAnswer.of(204)
    if call.method == "POST":
        made = graphql.put_data_source({**settings, "name": name or settings.get("name")})
        return ApiAnswer.of(200, {"dataSource": made.document})
    return ApiAnswer.of(200, {"dataSource": sources[name or ""].document})


def resolvers(
    call: ApiCall, graphql: GraphqlApi, kind: str, field: str | None, settings: Mapping[str, Any]
) -> ApiAnswer:
    """Create (POST), list, get, update (POST with a field) or delete. Raises `ApiError`."""
    kept = graphql.resolvers
    if field is None and call.method == "GET":
        found = [resolver.document for (owner, _), resolver in kept.items() if owner == kind]
        return ApiAnswer.of(200, {"resolvers": found})
    if field is None:
        field = str(settings.get("fieldName"))
        if (kind, field) in kept:
            raise bad_request(f"Only one resolver is allowed per field: {kind}.{field}")
    elif (kind, field) not in kept:
        raise not_found(f"No resolver found for {kind}.{field}")
    if call.method == "DELETE":
        del kept[kind, field]
        return ApiAnswer.of(204)
    if call.method == "POST":
        return ApiAnswer.of(200, {"resolver": graphql.put_resolver(kind, field, settings).document})
    return ApiAnswer.of(200, {"resolver": kept[kind, field].document})
