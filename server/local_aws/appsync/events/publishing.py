"""Publishing: the same checks and the same answer over HTTP and over WebSocket.

Docs: docs.aws.amazon.com/appsync/latest/eventapi/publish-http.html, …/publish-websocket.html (checked
2026-11). "Invalid Channel Format" and "Input exceeded 5 event limit" are the words of AWS's Android client.
The other messages, and events that are too large: README.md, "Where AWS is unconfirmed".
"""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from server.local_aws.appsync.authorization import authorize, demand
from server.local_aws.appsync.deployed import Api, event_modes, namespace
from server.local_aws.appsync.errors import Refused
from server.local_aws.appsync.events.channels import BadChannel, Channels, channel_of, namespace_of
from server.local_aws.platform.limits import Limits

PATH = "/event"
MAX_BATCH = 5


class Publisher:
    """Publishes to the channels of one API."""

    def __init__(self, api: Api, channels: Channels, limits: Limits) -> None:
        self._api = api
        self._channels = channels
        self._limits = limits

    def publish(
        self, document: Mapping[str, Any], credentials: Mapping[str, str], signed: bytes
    ) -> dict[str, Any]:
        """Publish `document["events"]` to `document["channel"]`; return `{"successful": …, "failed": …}`.
        Raises `Refused`. `signed` is what a signature covers."""
        try:
            channel = channel_of(document.get("channel"))
        except BadChannel:
            raise Refused(400, "BadRequestException", "Invalid Channel Format") from None
        authorize_in_namespace(self._api, channel, "publish", credentials, signed)
        return self._publish(channel, checked_events(document.get("events")))

    def _publish(self, channel: str, events: list[str]) -> dict[str, Any]:
        answer: dict[str, list[dict[str, Any]]] = {"successful": [], "failed": []}
        for index, event in enumerate(events):
            entry = {"identifier": str(uuid.uuid4()), "index": index}
            if len(event.encode("utf-8", "surrogatepass")) > self._limits.appsync_payload:
                message = f"The event is larger than {self._limits.appsync_payload} bytes"
                answer["failed"].append({**entry, "code": 413, "message": message})
                continue
            self._channels.publish(channel, event)
            answer["successful"].append(entry)
        return answer


def authorize_in_namespace(
    api: Api, channel: str, operation: str, credentials: Mapping[str, str], signed: bytes
) -> None:
    """Raise `Refused` unless the caller may "publish" to, or "subscribe" to, the channel's namespace."""
    name = namespace_of(channel)
    caller = authorize(api, event_modes(api, operation, name), credentials, PATH, signed)
    if namespace(api, name) is None:
        raise Refused(404, "ResourceNotFound", f"There is no channel namespace {name}")
    demand(caller, f"appsync:Event{operation.title()}", f"{api.arn}/channelNamespace/{name}")


def checked_events(events: object) -> list[str]:
    """One to five JSON texts. Raises `Refused`."""
    if not isinstance(events, list) or not events:
        raise Refused(400, "BadRequestException", "events must be a list of 1 to 5 strings of JSON")
    if len(events) > MAX_BATCH:
        raise Refused(400, "BadRequestException", f"Input exceeded {MAX_BATCH} event limit")
    for index, event in enumerate(events):
        if not is_json(event):
            raise Refused(400, "BadRequestException", f"events[{index}] is not a string of JSON")
    return events


def is_json(event: object) -> bool:
    if not isinstance(event, str):
        return False
    try:
        json.loads(event)
    except (ValueError, RecursionError):
        return False
    return True
