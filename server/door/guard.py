"""The guard of every port that is opened here: which requests a port takes at all. No I/O.

A port on loopback is reached by more than the reader: by every page in her browser, by pages whose name was
made to resolve to this machine (DNS rebinding), by other users. What tells them apart stands in headers that
a page cannot set (Fetch standard section 2.2.2, "forbidden request-header"): `Host`, `Origin`, and
`Sec-Fetch-Site` with its companions (https://www.w3.org/TR/fetch-metadata/).

| kind    | `Host`                            | pages                                                        |
|---------|-----------------------------------|--------------------------------------------------------------|
| api     | this machine, this port           | none                                                         |
| runtime | the same, or one word and no port | none                                                         |
| public  | this machine, this port           | any, as on AWS, under the CORS that was deployed             |
| local   | this machine, this port           | of this machine and of the setting; others may link to it    |

`STREAMING_ALLOW` (see `server.door.allowed`) adds hosts everywhere, origins to `local`, users everywhere.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from server.door.allowed import VARIABLE, Allowed
from server.door.authority import Authority, is_loopback

ROOT = 0
MAX_SEEN = 200
"""Characters of a refused value that are repeated."""

JUDGED = frozenset(("host", "origin", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"))

ABSOLUTE_FORM = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)")
"""A target that names its host (RFC 9112 section 3.2.2)."""

ONE_WORD = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)
"""A `Host` without a dot and without a port. A browser names the port unless it is 80 (of https: 443)."""


class Kind(Enum):
    """What a port is for."""

    API = "api"
    """Calls that deploy and invoke: nothing of what a browser sends for a page."""
    RUNTIME = "runtime"
    """A Runtime API. Runtimes written by hand put any word in `Host`."""
    PUBLIC = "public"
    """What is public on AWS: Function URLs, gateways, AppSync, hosted services."""
    LOCAL = "local"
    """The embedded server and the lessons' own: pages of this machine."""


@dataclass(frozen=True)
class Port:
    """A port that listens. `number` is None where the reader bound it to more than loopback: which names this
    machine has there is not known, and `Host` is not judged. `default` is the port that a `Host` without one
    means (RFC 9110 section 4.2: 80, with TLS 443)."""

    kind: Kind
    number: int | None
    default: int = 80


@dataclass(frozen=True)
class Facts:
    """What a request says about where it comes from; each header with all its values. `needs_host` is false
    for HTTP/1.0, which knows no `Host`."""

    method: str
    authority: str | None
    hosts: tuple[str, ...]
    origin: str | None
    site: str | None
    mode: str | None
    destination: str | None
    needs_host: bool = True

    @classmethod
    def of(
        cls, method: str, target: str, headers: Iterable[tuple[str, str]], *, needs_host: bool = True
    ) -> "Facts":
        """`target` as it was sent; `headers` as (name, value)."""
        found: dict[str, list[str]] = {}
        for name, value in headers:
            if (lower := name.lower()) in JUDGED:
                found.setdefault(lower, []).append(value)
        origin, site, mode, destination = (
            ", ".join(found[name]) if name in found else None
            for name in ("origin", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest")
        )
        hosts = tuple(found.get("host", ()))
        return cls(method, authority_of(method, target), hosts, origin, site, mode, destination, needs_host)


@dataclass(frozen=True)
class Refusal:
    """An answer of the guard: which `rule` refused, what it saw, and the entry of the setting that would
    allow it (None if nothing would)."""

    rule: str
    message: str
    seen: str
    entry: str | None = None
    status: int = 403

    def to_document(self) -> dict[str, str | None]:
        """Return the body of the answer. `message` is where AWS's SDKs look for the text of an error."""
        remedy = (
            f"To allow it, start with {VARIABLE}={self.entry} (entries are separated by commas)."
            if self.entry
            else "No setting allows it."
        )
        text = f"{self.message} {remedy}"
        setting = VARIABLE if self.entry else None
        return {
            "error": text,
            "message": text,
            "rule": self.rule,
            "seen": self.seen[:MAX_SEEN],
            "setting": setting,
        }

    def to_json(self) -> bytes:
        return json.dumps(self.to_document()).encode() + b"\n"


def judge(port: Port, facts: Facts, allowed: Allowed) -> Refusal | None:
    """None if `port` takes the request."""
    refusal = judge_host(port, facts, allowed)
    if refusal is not None or port.kind is Kind.PUBLIC:
        return refusal
    if port.kind is Kind.LOCAL:
        return judge_page(facts, allowed)
    return refuse_every_page(facts)


def judge_host(port: Port, facts: Facts, allowed: Allowed) -> Refusal | None:
    if port.number is None:
        return None
    if len(facts.hosts) > 1:
        return Refusal("host", "A request names one Host.", ", ".join(facts.hosts), status=400)
    if facts.authority is None and not facts.hosts:
        return (
            Refusal("host", "A request of HTTP/1.1 names its Host.", "", status=400)
            if facts.needs_host
            else None
        )
    # RFC 9112 section 3.2.2: a target that names its host wins over the header
    seen = facts.hosts[0] if facts.authority is None else facts.authority
    if port.kind is Kind.RUNTIME and port.number != port.default and ONE_WORD.fullmatch(seen):
        return None
    authority = Authority.parse(seen)
    if authority is None:
        return Refusal("host", f"{quoted(seen)} is no Host.", seen, status=400)
    number = port.default if authority.port is None else authority.port
    if (number == port.number and is_loopback(authority.host)) or allowed.names(authority.host, number):
        return None
    entry = str(Authority(authority.host, number)) if authority.host else None
    return foreign_host(port.number, seen, entry)


def foreign_host(port: int, seen: str, entry: str | None) -> Refusal:
    message = (
        f"Host is {quoted(seen)}, and this port answers to 127.0.0.1:{port} and localhost:{port}: another "
        "name could be that of a web page elsewhere (DNS rebinding)."
    )
    return Refusal("host", message, seen, entry)


def judge_page(facts: Facts, allowed: Allowed) -> Refusal | None:
    """Pages of this machine and of the setting may call, and any page may hold a link."""
    if facts.origin is not None:
        if is_loopback_origin(facts.origin) or facts.origin in allowed.origins:
            return None
        message = f"Pages of {quoted(facts.origin)} may not call this port; those of this machine may."
        return Refusal("origin", message, facts.origin, entry_for(facts.origin))
    if facts.site in (None, "none", "same-origin", "same-site") or is_link(facts):
        return None
    message = "A page of another site may not call this port."
    return Refusal("sec-fetch-site", message, facts.site or "")


def refuse_every_page(facts: Facts) -> Refusal | None:
    if facts.origin is not None:
        message = f"This port takes no request of a web page, and this one comes from {quoted(facts.origin)}."
        return Refusal("origin", message, facts.origin)
    if facts.site not in (None, "none"):
        message = "This port takes no request of a web page, and Sec-Fetch-Site tells that a page sent this."
        return Refusal("sec-fetch-site", message, facts.site or "")
    return None


def judge_user(user: int | None, own: int, allowed: Allowed) -> Refusal | None:
    """Return whether a process of `user` (None: unknown) may connect to a port of the user `own`."""
    if user is None or user in (own, ROOT) or user in allowed.users:
        return None
    message = f"This port belongs to user {own} of this machine, and you are user {user}."
    return Refusal("user", message, str(user), f"uid:{user}")


def is_link(facts: Facts) -> bool:
    """Return whether the reader follows a link, typed or not: the page that holds it learns nothing."""
    return (facts.method, facts.mode, facts.destination) == ("GET", "navigate", "document")


def is_loopback_origin(origin: str) -> bool:
    """True for `http(s)://localhost`, `127.0.0.0/8` and `[::1]`, on any port, written as browsers write an
    origin (Fetch standard section 3.2: scheme, host and port, nothing else)."""
    scheme, _, rest = origin.partition("://")
    authority = Authority.parse(rest)
    return scheme in ("http", "https") and authority is not None and is_loopback(authority.host)


def authority_of(method: str, target: str) -> str | None:
    """Return the host that a target names by itself; None for the usual form, a path."""
    if target.startswith("/"):
        return None
    if method == "CONNECT":
        return target
    match = ABSOLUTE_FORM.match(target)
    return match[1] if match else None


def entry_for(origin: str) -> str | None:
    """Return the entry of the setting that allows the pages of `origin`; None for those that have no address
    (`null`: files, sandboxed frames)."""
    scheme, _, rest = origin.partition("://")
    return origin if scheme in ("http", "https") and Authority.parse(rest) else None


def quoted(text: str) -> str:
    return repr(text if len(text) <= MAX_SEEN else text[:MAX_SEEN] + "…")
