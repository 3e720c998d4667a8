"""Hosts and ports as requests and origins name them (RFC 3986 section 3.2: `host [":" port]`)."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

NAME = r"[A-Za-z0-9._~!$&'()*+,;=%-]*"
"""RFC 3986's `reg-name`, IPv4 addresses included."""

AUTHORITY = re.compile(rf"(?P<host>{NAME}|\[(?P<address>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]*))?", re.ASCII)
MAX_PORT = 65_535


@dataclass(frozen=True)
class Authority:
    """`host` is in lower case, an IPv6 address in its shortest form and in brackets; `port` is None where
    none is named."""

    host: str
    port: int | None

    @classmethod
    def parse(cls, text: str) -> "Authority | None":
        """What `text` names; None if it is no host with or without a port (user information is neither)."""
        match = AUTHORITY.fullmatch(text)
        if match is None:
            return None
        port = int(match["port"]) if match["port"] else None
        if port is not None and port > MAX_PORT:
            return None
        host = match["host"].lower()
        if match["address"]:
            try:
                host = f"[{IPv6Address(match['address'])}]"
            except ValueError:
                return None
        return cls(host, port)

    def __str__(self) -> str:
        return self.host if self.port is None else f"{self.host}:{self.port}"


def is_loopback(host: str) -> bool:
    """True for `localhost`, the addresses of 127.0.0.0/8 and `[::1]`: the names of this machine that no other
    can have (RFC 6761 section 6.3, RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3). `host` is that of an
    `Authority`."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host[1:-1]) if host.startswith("[") else IPv4Address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback
