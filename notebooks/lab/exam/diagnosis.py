"""Names the causes from measurements alone: the decision tree of notebook 13, as a program."""

import asyncio
from collections.abc import Iterable, Mapping

from lab.exam.exam import Exam
from lab.exam.experiments import (
    BULK,
    EXPERIMENTS,
    FIRST,
    LARGER,
    LONG,
    OTHER_CLIENT,
    SILENCE,
    SLOWER,
    Experiment,
)
from lab.streams.arrivals import Arrivals
from lab.streams.readers import Head
from lab.streams.recording import record

Evidence = Mapping[Experiment, Arrivals]
COLLECTED = 2
"""Items in a burst, on average, from which on something collects them: else it is 1, with it 3 or more."""


async def examine(exam: Exam, letter: str) -> Evidence:
    """Make every experiment on one endpoint: the two long ones beside the others, one after another."""

    async def series(experiments: Iterable[Experiment]) -> dict[Experiment, Arrivals]:
        return {
            experiment: await record(exam.run(letter, experiment), f"{letter}, {experiment.name}")
            for experiment in experiments
        }

    long = (SILENCE, LONG)
    quick, slow = await asyncio.gather(
        series(experiment for experiment in EXPERIMENTS if experiment not in long), series(long)
    )
    return quick | slow


def diagnose(evidence: Evidence) -> set[str]:
    """Return the causes that explain the evidence."""
    found = client_causes(evidence[FIRST], evidence[OTHER_CLIENT])
    if len(evidence[OTHER_CLIENT].bursts) == 1:
        return found | {who_wants_it_whole(evidence[OTHER_CLIENT])}
    found |= steps(evidence)
    if evidence[SILENCE].error is not None:
        found.add("limit on silence")
    elif evidence[LONG].error is not None:
        found.add("limit on the whole")
    if stretched(evidence[BULK]):
        found.add("rate cap")
    return found


def client_causes(own: Arrivals, other: Arrivals) -> set[str]:
    """What is there with the endpoint's own client and not with another one."""
    if len(own.bursts) == 1 < len(other.bursts):
        return {"sized reads"}
    later = own.items[-1].hold - own.items[0].hold
    return {"slow reader"} if later > 6 * FIRST.interval and later > 2 * other.longest_hold else set()


def who_wants_it_whole(picture: Arrivals) -> str:
    """All came at the end. If the headers did not, a compressor held it; if they did, they are signed."""
    names = headers_of(picture)
    assert picture.head_at is not None
    if "content-encoding" in names and picture.head_at < picture.items[-1].sent:
        return "gzip without flush"
    if names.get("server") == "envoy":
        return "filter on the whole body"
    if "apigw-requestid" in names:
        return "HTTP API"
    return "REST API, BUFFERED" if "x-amz-apigw-id" in names else "Function URL, BUFFERED"


def headers_of(picture: Arrivals) -> dict[str, str]:
    """By their names in lower case."""
    head = next(part for _, part in picture.parts if isinstance(part, Head))
    return {name.lower(): value for name, value in head.headers.items()}


def who_looks_ahead(picture: Arrivals) -> str:
    """Each item waited for the next one: at a Function URL, if one has signed, else in a filter."""
    names = set(headers_of(picture))
    by_url = "x-amzn-requestid" in names and not names & {"x-amz-apigw-id", "apigw-requestid"}
    return "coalescing URL" if by_url else "line filter"


def steps(evidence: Evidence) -> set[str]:
    """What collects items, if anything does: it is constant in items, in time or in bytes."""
    usual, slower, larger = evidence[OTHER_CLIENT], evidence[SLOWER], evidence[LARGER]
    if burst_size(usual) < COLLECTED:
        leans = usual.median_hold > OTHER_CLIENT.interval / 2 and slower.median_hold > SLOWER.interval / 2
        return {who_looks_ahead(usual)} if leans else set()
    if burst_size(larger) < COLLECTED:
        return {"buffer of bytes"}
    return {"flush timer"} if burst_size(slower) < 0.75 * burst_size(usual) else {"buffer of items"}


def burst_size(picture: Arrivals) -> float:
    """Items in a burst, on average."""
    return len(picture.items) / len(picture.bursts)


def stretched(picture: Arrivals) -> bool:
    """Return whether the items took more than twice as long to arrive as they should take to be sent."""
    return picture.items[-1].arrived - picture.items[0].arrived > 2 * BULK.sending
