"""The protocol `graphql-ws` as AppSync speaks it: start, data, stop.

Docs: docs.aws.amazon.com/appsync/latest/devguide/real-time-websocket-client.html (checked 2026-11). Error
types are those AWS's clients know; messages AWS is not known to send are this stand-in's.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from server.local_aws.appsync.credentials import is_text, lower
from server.local_aws.appsync.errors import Refused
from server.local_aws.appsync.graphql.execution import Invalid, describe
from server.local_aws.appsync.graphql.subscriptions import Subscription, Subscriptions
from server.local_aws.appsync.realtime import MAX_SUBSCRIPTIONS, UNSUPPORTED, Connection, Message
from server.local_aws.control_plane.call import json_object

SUBPROTOCOL = "graphql-ws"
Subscribe = Callable[
    [Mapping[str, Any], dict[str, str], bytes, Callable[[str], None]], Awaitable[Subscription]
]
"""Authorizes and checks a subscription: the request, the credentials, what they sign, where to deliver."""


class SubscriptionSession:
    """What one client does on its connection; `close()` ends its subscriptions."""

    def __init__(
        self, connection: Connection, subscriptions: Subscriptions, subscribe: Subscribe, max_payload: int
    ) -> None:
        self._connection = connection
        self._subscriptions = subscriptions
        self._subscribe = subscribe
        self._max_payload = max_payload
        self._own: dict[str, Subscription] = {}

    async def handle(self, message: Message) -> None:
        operation_id = message.get("id")
        try:
            if message.get("type") == "start":
                await self._start(operation_id, message.get("payload"))
            elif message.get("type") == "stop":
                self._stop(operation_id)
            else:
                raise Refused(400, UNSUPPORTED, "unknown not supported through the realtime channel")
        except Refused as refused:
            self._error(operation_id, refused.errors())
        except Invalid as invalid:
            self._error(operation_id, [describe(error) for error in invalid.errors])

    def close(self) -> None:
        for subscription in self._own.values():
            self._subscriptions.remove(subscription)

    async def _start(self, operation_id: object, payload: object) -> None:
        if not isinstance(operation_id, str) or not operation_id:
            raise Refused(400, "BadRequestException", "id must be a string")
        request, signed, credentials = read_start(payload)
        if operation_id in self._own:
            raise Refused(400, "DuplicatedOperationError", f"Duplicated operation id {operation_id}")
        if len(self._own) >= MAX_SUBSCRIPTIONS:
            limit = f"Max number of {MAX_SUBSCRIPTIONS} subscriptions reached"
            raise Refused(400, "MaxSubscriptionsReachedError", limit)
        subscription = await self._subscribe(
            request, credentials, signed, lambda data: self._deliver(operation_id, data)
        )
        self._connection.send({"id": operation_id, "type": "start_ack"})
        self._own[operation_id] = subscription
        self._subscriptions.add(subscription)

    def _stop(self, operation_id: object) -> None:
        subscription = self._own.pop(operation_id, None) if isinstance(operation_id, str) else None
        if subscription is None:
            raise Refused(400, "UnknownOperationError", f"Unknown operation id {operation_id}")
        self._subscriptions.remove(subscription)
        self._connection.send({"id": operation_id, "type": "complete"})

    def _deliver(self, operation_id: str, payload: str) -> None:
        if len(payload) > self._max_payload and size_of(payload) > self._max_payload:
            message = f"The payload is larger than {self._max_payload} bytes"
            self._error(operation_id, Refused(413, "LimitExceededError", message).errors())
            return
        self._connection.send(f'{{"id": {json.dumps(operation_id)}, "type": "data", "payload": {payload}}}')

    def _error(self, operation_id: object, errors: list[dict[str, Any]]) -> None:
        identified = {"id": operation_id} if isinstance(operation_id, str) else {}
        self._connection.send({**identified, "type": "error", "payload": {"errors": errors}})


def size_of(payload: str) -> int:
    """Bytes of a JSON text in UTF-8, when nothing is escaped that need not be."""
    return len(json.dumps(json.loads(payload), ensure_ascii=False).encode("utf-8", "surrogatepass"))


def read_start(payload: object) -> tuple[dict[str, Any], bytes, dict[str, str]]:
    """Return the GraphQL request, the bytes a signature covers, and the credentials. Raises `Refused`."""
    unreadable = Refused(400, UNSUPPORTED, "unknown not supported through the realtime channel")
    if not isinstance(payload, dict) or not isinstance(payload.get("data"), str):
        raise unreadable
    request = json_object(payload["data"])
    extensions = payload.get("extensions")
    credentials = extensions.get("authorization", {}) if isinstance(extensions, dict) else {}
    if request is None or not is_text(credentials):
        raise unreadable
    return request, payload["data"].encode("utf-8", "replace"), lower(credentials)
