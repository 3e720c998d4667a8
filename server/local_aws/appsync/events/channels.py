"""Channel names, and who has subscribed to which. No I/O.

Docs: docs.aws.amazon.com/appsync/latest/eventapi/event-api-websocket-protocol.html and
…/channel-namespaces.html (checked 2026-11). A wildcard stands for one or more segments, and not for none:
README.md, "Where AWS is unconfirmed".
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

SEGMENT = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,48}[A-Za-z0-9])?"
CHANNEL = re.compile(rf"/?({SEGMENT}(?:/{SEGMENT}){{0,4}})/?")
PATTERN = re.compile(rf"/?({SEGMENT}(?:/{SEGMENT}){{0,4}}|{SEGMENT}(?:/{SEGMENT}){{0,3}}/\*)/?")


class BadChannel(ValueError):
    """A name is not that of a channel: one to five segments of 50 characters at most."""


def channel_of(name: object) -> str:
    """Return the channel to publish to, without slashes at its ends. Raises `BadChannel`."""
    return match(CHANNEL, name)


def pattern_of(name: object) -> str:
    """Return the channel, or the pattern that ends in `/*`, to subscribe to. Raises `BadChannel`."""
    return match(PATTERN, name)


def match(pattern: "re.Pattern[str]", name: object) -> str:
    found = pattern.fullmatch(name) if isinstance(name, str) else None
    if found is None:
        raise BadChannel
    return found[1]


def namespace_of(channel: str) -> str:
    """Return the first segment."""
    return channel.partition("/")[0]


@dataclass(frozen=True, eq=False)
class Subscription:
    """`deliver` is called with each event (a JSON text) that is published to what `pattern` stands for."""

    pattern: str
    deliver: Callable[[str], None]


class Channels:
    """The subscriptions of one API."""

    def __init__(self) -> None:
        self._by_pattern: dict[str, dict[Subscription, None]] = defaultdict(dict)

    def add(self, subscription: Subscription) -> None:
        self._by_pattern[subscription.pattern][subscription] = None

    def remove(self, subscription: Subscription) -> None:
        """Does nothing if it is not there."""
        kept = self._by_pattern.get(subscription.pattern, {})
        kept.pop(subscription, None)
        if not kept:
            self._by_pattern.pop(subscription.pattern, None)

    def publish(self, channel: str, event: str) -> None:
        """Deliver `event` to every subscription of `channel`, in the order in which they were made."""
        for pattern in patterns_for(channel):
            for subscription in list(self._by_pattern.get(pattern, ())):
                subscription.deliver(event)


def patterns_for(channel: str) -> Iterator[str]:
    """Every pattern that stands for `channel`: itself, and a wildcard at each level above it."""
    yield channel
    parent = channel
    while "/" in parent:
        parent = parent.rpartition("/")[0]
        yield f"{parent}/*"
