"""One deployed Event API: `POST /event` and the WebSocket `/event/realtime`."""

import ssl

from aiohttp import web

from server.local_aws.appsync import credentials
from server.local_aws.appsync.authorization import authorize, demand
from server.local_aws.appsync.deployed import Api, event_modes
from server.local_aws.appsync.door import Door, is_upgrade, read_object
from server.local_aws.appsync.errors import Refused
from server.local_aws.appsync.events.channels import Channels
from server.local_aws.appsync.events.protocol import SUBPROTOCOL, EventSession
from server.local_aws.appsync.events.publishing import PATH, Publisher
from server.local_aws.appsync.realtime import Connection, connection_timeout_ms
from server.local_aws.platform.limits import Limits

REALTIME_PATH = "/event/realtime"


class EventApi:
    """`start()`, then it listens at `door.host`."""

    def __init__(self, api: Api, limits: Limits, tls: ssl.SSLContext) -> None:
        self._api = api
        self._limits = limits
        self._channels = Channels()
        self._publisher = Publisher(api, self._channels, limits)
        self.door = Door({PATH: self._publish}, {REALTIME_PATH: self._connect}, tls)

    async def _publish(self, request: web.Request) -> web.StreamResponse:
        malformed = Refused(400, "BadRequestException", "The body is not a JSON object")
        body, document = await read_object(request, malformed)
        answer = self._publisher.publish(document, credentials.lower(request.headers), body)
        return web.json_response(answer)

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        if not is_upgrade(request):
            raise Refused(400, "BadRequestException", "This path speaks WebSocket")
        connection = await Connection.open(request, SUBPROTOCOL, self._limits)
        try:
            self._admit(request)
        except Refused as refused:
            await connection.refuse({"type": "connection_error", "errors": refused.with_code()})
            return connection.socket
        session = EventSession(self._api, self._channels, self._publisher, connection)
        timeout = connection_timeout_ms(self._limits)
        try:
            await connection.converse(
                {"type": "connection_ack", "connectionTimeoutMs": timeout}, session.handle
            )
        finally:
            session.close()
        return connection.socket

    def _admit(self, request: web.Request) -> None:
        """Raise `Refused` unless the client may connect."""
        given = self.door.credentials(request, SUBPROTOCOL)
        caller = authorize(self._api, event_modes(self._api, "connection"), given, PATH, b"{}")
        demand(caller, "appsync:EventConnect", self._api.arn)
