"""Sends the producer's items through variants, and says of each what it let through.

The verdict rests on two witnesses: the items came separately and in order, and the head of the response shows
the kind of stream. It knows nothing of the facts.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from time import time

import aiohttp
from websockets.exceptions import InvalidHandshake

from lab.cloud.cloud import Cloud
from lab.compare.deployments import Place
from lab.compare.facts import KINDS, Facts, Kind, Value
from lab.compare.variants import Variant
from lab.pictures.progress import Progress
from lab.streams.arrivals import Arrivals
from lab.streams.readers import Head, Refused
from lab.streams.recording import record
from lab.streams.source import source_of
from server.items import Items

Table = Mapping[str, Mapping[Kind, "Measured"]]
"""Service (a key of the facts), kind of stream, verdict."""
WIRE = {
    "chunked": "Transfer-Encoding: chunked",
    "sse": "Content-Type: text/event-stream",
    "websocket": "101 Switching Protocols",
}
"""What the head of a response of each kind shows."""


@dataclass(frozen=True)
class Measured:
    """Whether a kind of stream came through, by which variant, and what that rests on."""

    value: Value
    label: str
    why: str


@dataclass(frozen=True)
class Bench:
    """What it takes to measure: the cloud, and where everything in it answers."""

    cloud: Cloud
    places: Mapping[str, Place]

    async def measure(self, variant: Variant, items: Items) -> Arrivals:
        """Record the variant's stream. No answer, or one that is no stream, is a result: its error."""
        started, place = time(), self.places[variant.place]
        try:
            reading = variant.read(variant, place, items, self.cloud)
            return await record(reading, variant.label, shared_clock=place.api is not None)
        except (Refused, InvalidHandshake, aiohttp.ClientConnectionError) as error:
            return Arrivals(variant.label, source_of(place.url), started, time(), error)

    def deployed(self, variants: Iterable[Variant]) -> list[Variant]:
        """Return the variants whose place was deployed."""
        return [variant for variant in variants if variant.place in self.places]

    async def side_by_side(self, variants: Iterable[Variant], items: Items) -> dict[Variant, Arrivals]:
        """All at once."""
        here = self.deployed(variants)
        progress = Progress("measured", (variant.label for variant in here))

        async def one(variant: Variant) -> tuple[Variant, Arrivals]:
            arrivals = await self.measure(variant, items)
            progress.done(variant.label)
            return variant, arrivals

        return dict(await asyncio.gather(*map(one, here)))

    async def in_turn(self, variants: Iterable[Variant], items: Items) -> dict[Variant, Arrivals]:
        """One after the other, so that none can disturb another."""
        here = self.deployed(variants)
        progress, measured = Progress("measured", (variant.label for variant in here)), {}
        for variant in here:
            measured[variant] = await self.measure(variant, items)
            progress.done(variant.label)
        return measured


def classify(kind: Kind, arrivals: Arrivals) -> Measured:
    """Yes, if the items came separately and in order and the head shows `kind`; otherwise no, and why."""
    head = next((part for _, part in arrivals.parts if isinstance(part, Head)), None)
    if arrivals.refusal and kind == "websocket":
        return Measured("no", arrivals.label, f"{arrivals.refusal} instead of 101")
    if head is None or not arrivals.items:
        return Measured("no", arrivals.label, arrivals.finding())
    if not arrivals.separate:
        return Measured("no", arrivals.label, arrivals.counts())
    if not arrivals.in_order:
        return Measured("no", arrivals.label, "the items came out of order")
    if not shows(kind, head):
        return Measured("no", arrivals.label, f"no {WIRE[kind]}")
    return Measured("yes", arrivals.label, f"{arrivals.counts()}, {WIRE[kind]}")


def shows(kind: Kind, head: Head) -> bool:
    """Return whether the head is that of a stream of this kind."""
    fields = {name.lower(): value.lower() for name, value in head.headers.items()}
    if kind == "websocket":
        return head.status == 101
    if kind == "sse":
        return fields.get("content-type", "").startswith("text/event-stream")
    return fields.get("transfer-encoding") == "chunked"


def measured_table(streams: Mapping[Variant, Arrivals]) -> Table:
    """For each service and kind the best of its variants: a service streams if one of its settings does."""
    table: dict[str, dict[Kind, Measured]] = {}
    for variant, arrivals in streams.items():
        if variant.service:
            row = table.setdefault(variant.service, {})
            found = classify(variant.kind, arrivals)
            if variant.kind not in row or found.value == "yes":
                row[variant.kind] = found
    return {service: {kind: row[kind] for kind in KINDS} for service, row in table.items()}


def disagreements(table: Table, facts: Facts) -> list[str]:
    """Each cell of the table that is not what the facts say of today."""
    return [
        f"{facts.services[service].name}, {kind}: measured {found.value} ({found.label}: {found.why}), "
        f"the facts say {facts.services[service].cells[kind].today}"
        for service, row in table.items()
        for kind, found in row.items()
        if found.value != facts.services[service].cells[kind].measures
    ]
