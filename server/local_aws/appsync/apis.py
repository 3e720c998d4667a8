"""Every deployed API, each on a port of its own."""

import ssl

from server.local_aws.appsync import deployed
from server.local_aws.appsync.deployed import Api
from server.local_aws.appsync.events.event_api import EventApi
from server.local_aws.appsync.graphql.graphql_api import GraphqlApi
from server.local_aws.aws_lambda.functions import Functions
from server.local_aws.control_plane.endpoints import Endpoint, Endpoints
from server.local_aws.platform.limits import Limits


class Apis:
    """`open_…` when an API is created; `retire` closes those that have been deleted."""

    def __init__(
        self, endpoints: Endpoints, functions: Functions, limits: Limits, tls: ssl.SSLContext
    ) -> None:
        self._endpoints = endpoints
        self._functions = functions
        self._limits = limits
        self._tls = tls
        self._open: dict[Api, tuple[GraphqlApi | EventApi, Endpoint]] = {}

    async def open_graphql(self, api: Api) -> None:
        """Listen for a GraphQL API."""
        made = GraphqlApi(api, self._functions, self._limits, self._tls)
        await made.door.start()
        self._add(api, made, "graphql-api", f"http://{made.door.host}/graphql")

    async def open_events(self, api: Api) -> None:
        """Listen for an Event API."""
        made = EventApi(api, self._limits, self._tls)
        await made.door.start()
        self._add(api, made, "event-api", f"http://{made.door.host}/event")

    def graphql(self, api: Api) -> GraphqlApi | None:
        found = self._open.get(api, (None,))[0]
        return found if isinstance(found, GraphqlApi) else None

    def host(self, api: Api) -> str:
        """Where the API listens: name and port, or "" if it does not."""
        return self._open[api][0].door.host if api in self._open else ""

    async def retire(self) -> None:
        for api in list(self._open):
            if not deployed.exists(api):
                await self._close(api)

    async def stop(self) -> None:
        for api in list(self._open):
            await self._close(api)

    def _add(self, api: Api, made: GraphqlApi | EventApi, kind: str, url: str) -> None:
        endpoint = Endpoint("appsync", kind, api.api_id, url)
        self._endpoints.add(endpoint)
        self._open[api] = made, endpoint

    async def _close(self, api: Api) -> None:
        if api not in self._open:
            return
        made, endpoint = self._open.pop(api)
        self._endpoints.remove(endpoint)
        await made.door.stop()
