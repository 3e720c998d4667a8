"""The protocol `aws-appsync-event-ws`: subscribe, unsubscribe and publish on one WebSocket.

Docs: docs.aws.amazon.com/appsync/latest/eventapi/event-api-websocket-protocol.html (checked 2026-11). AWS's
page shows `event` of a data message as an array of strings, AWS's JavaScript client reads it as one string,
which it is here: README.md, "Where AWS is unconfirmed".
"""

import json
import re
import time
from collections.abc import Mapping
from typing import Any

from server.local_aws.appsync.credentials import is_text, lower
from server.local_aws.appsync.deployed import Api
from server.local_aws.appsync.errors import Refused
from server.local_aws.appsync.events.channels import BadChannel, Channels, Subscription, pattern_of
from server.local_aws.appsync.events.publishing import Publisher, authorize_in_namespace
from server.local_aws.appsync.realtime import MAX_SUBSCRIPTIONS, UNSUPPORTED, Connection, Message
from server.local_aws.platform.throttle import TokenBucket

SUBPROTOCOL = "aws-appsync-event-ws"
ID = re.compile(r"[a-zA-Z0-9\-_+]{1,128}")
PUBLISHES_PER_SECOND = 25
"""Publish operations of one connection (AppSync quotas, checked 2026-11)."""


class EventSession:
    """What one client does on its connection; `close()` ends its subscriptions."""

    def __init__(self, api: Api, channels: Channels, publisher: Publisher, connection: Connection) -> None:
        self._api = api
        self._channels = channels
        self._publisher = publisher
        self._connection = connection
        self._subscriptions: dict[str, Subscription] = {}
        self._publishes = TokenBucket(PUBLISHES_PER_SECOND, PUBLISHES_PER_SECOND, time.monotonic())

    async def handle(self, message: Message) -> None:
        kind = message.get("type")
        operation = {"subscribe": self._subscribe, "unsubscribe": self._unsubscribe, "publish": self._publish}
        if not isinstance(kind, str) or kind not in operation:
            refused = Refused(400, UNSUPPORTED, "Operation not supported through the realtime channel")
            self._connection.send({"type": "error", "errors": refused.errors()})
            return
        try:
            if not isinstance(message.get("id"), str) or not ID.fullmatch(message["id"]):
                raise Refused(
                    400, "BadRequestException", "id must have 1 to 128 characters of a-z A-Z 0-9 - _ +"
                )
            operation[kind](message)
        except Refused as refused:
            answer = {"type": f"{kind}_error", "id": message.get("id"), "errors": refused.errors()}
            self._connection.send(answer)

    def close(self) -> None:
        for subscription in self._subscriptions.values():
            self._channels.remove(subscription)

    def _subscribe(self, message: Message) -> None:
        operation_id = message["id"]
        try:
            pattern = pattern_of(message.get("channel"))
        except BadChannel:
            raise Refused(400, "BadRequestException", "Invalid Channel Format") from None
        signed = compact({"channel": message["channel"]})
        authorize_in_namespace(self._api, pattern, "subscribe", authorization(message), signed)
        if operation_id in self._subscriptions:
            raise Refused(400, "DuplicatedOperationError", f"Duplicated operation id {operation_id}")
        if len(self._subscriptions) >= MAX_SUBSCRIPTIONS:
            limit = f"Max number of {MAX_SUBSCRIPTIONS} subscriptions reached"
            raise Refused(400, "MaxSubscriptionsReachedError", limit)
        prefix = f'{{"id": {json.dumps(operation_id)}, "type": "data", "event": '
        subscription = Subscription(
            pattern, lambda event: self._connection.send(f"{prefix}{json.dumps(event)}}}")
        )
        self._connection.send({"id": operation_id, "type": "subscribe_success"})
        self._subscriptions[operation_id] = subscription
        self._channels.add(subscription)

    def _unsubscribe(self, message: Message) -> None:
        subscription = self._subscriptions.pop(message["id"], None)
        if subscription is None:
            raise Refused(400, "UnknownOperationError", f"Unknown operation id {message['id']}")
        self._channels.remove(subscription)
        self._connection.send({"id": message["id"], "type": "unsubscribe_success"})

    def _publish(self, message: Message) -> None:
        if not self._publishes.take(1, time.monotonic()):
            raise Refused(429, "LimitExceededError", "Rate limit exceeded")
        signed = compact({"channel": message.get("channel"), "events": message.get("events")})
        answer = self._publisher.publish(message, authorization(message), signed)
        self._connection.send({"id": message["id"], "type": "publish_success", **answer})


def authorization(message: Message) -> dict[str, str]:
    """Return the credentials of one operation, with lower-case names. Raises `Refused`."""
    given = message.get("authorization", {})
    if not is_text(given):
        raise Refused(400, "BadRequestException", "authorization must be an object of strings")
    return lower(given)


def compact(document: Mapping[str, Any]) -> bytes:
    """JSON as JavaScript's `JSON.stringify` writes it, which is what clients sign."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
