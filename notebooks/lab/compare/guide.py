"""Which service for which need: follows from the measured table and the limits in the facts, and from nothing
else."""

from collections.abc import Mapping
from dataclasses import dataclass

from lab.compare.facts import KINDS, Delivers, Facts, Kind, Limit, LimitName, Service, Source
from lab.compare.measuring import Table

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Need:
    """What is to be streamed: in any of `kinds`, for `seconds`, with silences of up to `silence` seconds,
    `size` bytes in all, the same items to `clients` at once."""

    name: str
    kinds: tuple[Kind, ...]
    seconds: int
    silence: int = 0
    size: int = 0
    clients: int = 1


@dataclass(frozen=True)
class Advice:
    """The services that meet a need, the best first, each with what to know about it; and the others, by what
    is against them."""

    need: Need
    good: Mapping[str, str]
    against: Mapping[str, tuple[str, ...]]

    @property
    def pick(self) -> str:
        return next(iter(self.good))


NEEDS = (
    Need("tokens of a language model, for a minute", ("sse",), seconds=60, silence=10),
    Need("progress of a job of an hour, silent for 5 minutes", ("sse", "websocket"), 3600, silence=300),
    Need("a chat of an hour, silent for 9 minutes", ("websocket",), seconds=3600, silence=540),
    Need("an export of 500 MB in 200 s (20 Mbit/s)", ("chunked",), seconds=200, size=500 * MEGABYTE),
    Need("the same items to 10,000 subscribers, for an hour", ("sse", "websocket"), 3600, clients=10_000),
)
COPIES: dict[Delivers, str] = {
    "response": "one response a client, each with an invocation of its own",
    "connection": "the server has to copy every item to every connection",
    "posts": "a post for every client and item",
}
"""What many clients cost, by how a service delivers; one that publishes copies by itself."""


def advise(need: Need, table: Table, facts: Facts) -> Advice:
    """Go through the services that were measured, in the order of the facts. Those with nothing to know about
    them come before those with a catch."""
    good: dict[str, str] = {}
    against: dict[str, tuple[str, ...]] = {}
    unmet = " and ".join(f"no {KINDS[kind]}" for kind in need.kinds)
    for key in (key for key in facts.services if key in table):
        service = facts.services[key]
        kinds = [kind for kind in need.kinds if table[key][kind].value == "yes"]
        if objection := objection_to(need, service) if kinds else unmet:
            against[objection] = (*against.get(objection, ()), service.name)
        else:
            good[service.name] = catch_of(need, service, kinds)
    return Advice(need, dict(sorted(good.items(), key=lambda each: bool(each[1]))), against)


def objection_to(need: Need, service: Service) -> str:
    """Return the limit that rules the service out, or an empty string."""
    limits = service.limits
    if need.clients > 1 and service.delivers != "publishes":
        return COPIES[service.delivers]
    if (most := limits.get("most_bytes")) and most.value < need.size:
        return f"{most.value // MEGABYTE} MB at most ({cited(most)})"
    whole = limits.get("whole_seconds")
    if whole and whole.value < (needed := max(need.seconds, seconds_for(need.size, limits))):
        return f"{whole.value} s at most ({cited(whole)}), {needed} s needed"
    return ""


def catch_of(need: Need, service: Service, kinds: list[Kind]) -> str:
    """What to know about a service that meets the need, or an empty string."""
    catches = [service.cells[kind].note for kind in kinds if service.cells[kind].today == "partly"]
    silent = service.limits.get("silent_seconds")
    if silent and silent.value <= need.silence:
        catches.append(f"say something before {silent.value} s of silence ({cited(silent)})")
    return "; ".join(dict.fromkeys(catches))


def seconds_for(size: int, limits: Mapping[LimitName, Limit]) -> int:
    """How long `size` bytes take at best: the first ones are free, then there is a rate. 0 without a rate."""
    if (rate := limits.get("bytes_per_second")) is None:
        return 0
    free = limits["free_bytes"].value if "free_bytes" in limits else 0
    return max(0, size - free) // rate.value


def cited(limit: Limit) -> str:
    """Where a limit is documented, as Markdown."""
    return cite(limit.sources[0])


def cite(source: Source) -> str:
    return f"{source.link}, checked {source.checked}"
