"""The setting `STREAMING_ALLOW`: who may reach the servers besides this machine's own reader and pages.

It is a list, separated by commas, of
  `host` or `host:port`     a further value of `Host` (without a port: any port);
  `http(s)://host[:port]`   an origin whose pages may call the embedded server and the lessons' servers;
  `uid:N`                   a further user of this machine, by number.
An entry that names this machine, such as `localhost:9000`, allows that port for each of its names: a
forwarded port has another number on the browser's side.
"""

import os
import re
from dataclasses import dataclass
from functools import lru_cache

from server.door.authority import Authority, is_loopback

VARIABLE = "STREAMING_ALLOW"
DEFAULT_PORTS = {"http": 80, "https": 443}


class BadEntry(ValueError):
    """An entry of the setting that cannot be read; the message names it and says what would be right."""

    def __init__(self, entry: str, reason: str) -> None:
        super().__init__(
            f"{VARIABLE}: {entry!r} {reason}. It takes, separated by commas: host, host:port, "
            "http(s)://host[:port] without a path, uid:NUMBER."
        )


@dataclass(frozen=True)
class Allowed:
    """What the setting allows. Each is an exact match; nothing stands for "everybody"."""

    hosts: frozenset[Authority] = frozenset()
    origins: frozenset[str] = frozenset()
    users: frozenset[int] = frozenset()

    def names(self, host: str, port: int) -> bool:
        """Return whether a request may name `host` and `port`."""
        names = ["localhost", host] if is_loopback(host) else [host]
        return any(Authority(name, number) in self.hosts for name in names for number in (port, None))


@lru_cache(maxsize=8)
def parse(text: str) -> Allowed:
    """Raises `BadEntry`."""
    hosts, origins, users = set(), set(), set()
    for entry in filter(None, (part.strip() for part in text.split(","))):
        if entry.startswith("uid:"):
            users.add(user(entry))
        elif "://" in entry:
            origins.add(origin(entry))
        else:
            hosts.add(host(entry))
    return Allowed(frozenset(hosts), frozenset(origins), frozenset(users))


def from_environment() -> Allowed:
    """Raises `BadEntry`."""
    return parse(os.environ.get(VARIABLE, ""))


def user(entry: str) -> int:
    number = entry.removeprefix("uid:")
    if not re.fullmatch(r"[0-9]{1,10}", number, re.ASCII):
        raise BadEntry(entry, "has no user's number after uid:")
    return int(number)


def origin(entry: str) -> str:
    """As browsers write it (Fetch standard section 3.2): in lower case, without the scheme's own port."""
    scheme, _, rest = entry.lower().partition("://")
    if scheme not in DEFAULT_PORTS:
        raise BadEntry(entry, "is no origin of http or https")
    authority = named(entry, rest)
    port = None if authority.port == DEFAULT_PORTS[scheme] else authority.port
    return f"{scheme}://{Authority(authority.host, port)}"


def host(entry: str) -> Authority:
    authority = named(entry, entry)
    return Authority("localhost", authority.port) if is_loopback(authority.host) else authority


def named(entry: str, text: str) -> Authority:
    authority = Authority.parse(text)
    if authority is None or not re.fullmatch(r"[a-z0-9._-]+|\[.*\]", authority.host):
        raise BadEntry(entry, "names no host")
    if authority.port == 0 or text.endswith(":"):
        raise BadEntry(entry, "has no port after the colon")
    return authority
