"""The suspects: what each is, how it is put in place, and which experiment tells it from the others."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from random import Random

from lab.exam import transforms
from lab.exam.clients import SIZE, Client, read_sized, read_slowly
from lab.exam.experiments import BULK, LARGER, LONG, OTHER_CLIENT, SILENCE, SLOWER, Experiment
from lab.exam.site import AS_ON_AWS, LIMITED, RATE_LIMITED, Site

Make = Callable[[Site, str, Random], str]
"""Puts a layer in front of the address and returns the layer's own. The numbers it needs are drawn."""


class Hint(Enum):
    """The first hint, by where a cause stands between the producer and whoever looks."""

    RELAY = "Something on the way collects. Is the picture steps, one point, or lines that all lean alike?"
    DOOR = "Lines that all lean alike: something waits for what comes next. Whose door signed the headers?"
    WHOLE = "Look under the arrivals: when did the headers come? Then read them: who signed them?"
    LIMIT = "It does not show in twelve small items. What would a longer, a larger, a quieter stream meet?"
    CLIENT = "The endpoint comes with a client of its own. That is a layer, too."


@dataclass(frozen=True)
class Cause:
    """`what` explains the name, `experiment` tells it from its neighbours, `shows` says by what."""

    name: str
    hint: Hint
    what: str
    experiment: Experiment
    shows: str
    make: Make | None = None
    """None for what is in the client."""
    client: Client | None = None
    needs_envoy: bool = False


WHOLE_BODY = """
function envoy_on_response(response)
  response:body()
end
"""

CLIENTS = (
    Cause(
        "sized reads",
        Hint.CLIENT,
        f"a client that asks for {SIZE} bytes and waits until it has them",
        OTHER_CLIENT,
        "its own client gets one burst where another client gets several",
        client=read_sized,
    ),
    Cause(
        "slow reader",
        Hint.CLIENT,
        "a client that rests after each chunk",
        OTHER_CLIENT,
        "with its own client each item is later than the one before it; with another client none is",
        client=read_slowly,
    ),
)
RELAYS = (
    Cause(
        "buffer of items",
        Hint.RELAY,
        "a queue that waits for N items",
        SLOWER,
        "steps of as many items as before, held longer",
        make=lambda site, upstream, draw: site.relay(upstream, transforms.items(draw.choice([3, 4]))),
    ),
    Cause(
        "flush timer",
        Hint.RELAY,
        "a buffer that empties itself every T milliseconds",
        SLOWER,
        "steps of fewer items than before, held no longer",
        make=lambda site, upstream, draw: site.relay(upstream, transforms.timer(draw.choice([0.45, 0.5]))),
    ),
    Cause(
        "buffer of bytes",
        Hint.RELAY,
        "a buffer that waits for a number of bytes",
        LARGER,
        "the steps are gone: each item fills the buffer alone",
        make=lambda site, upstream, draw: site.relay(upstream, transforms.blocks(draw.choice([170, 190]))),
    ),
    Cause(
        "line filter",
        Hint.RELAY,
        "a filter that lets a line go when the next one comes",
        SLOWER,
        "parallel lines that lean by one interval, whatever it is, and no sign of a Function URL",
        make=lambda site, upstream, draw: site.relay(upstream, transforms.one_line_behind),
    ),
    Cause(
        "gzip without flush",
        Hint.RELAY,
        "a compressor that waits for more to compress",
        OTHER_CLIENT,
        "one burst at the end, though the headers came at once, with Content-Encoding among them",
        make=lambda site, upstream, draw: site.relay(upstream, transforms.gzipped, transforms.GZIP),
    ),
)
FRONT_DOORS = (
    Cause(
        "coalescing URL",
        Hint.DOOR,
        "a Lambda Function URL that streams, and holds each write until the next one",
        SLOWER,
        "parallel lines that lean by one interval, whatever it is, signed x-amzn-RequestId and by no gateway",
        make=lambda site, upstream, draw: site.coalescing_url("node_text"),
    ),
)
WHOLE_BODIES = (
    Cause(
        "filter on the whole body",
        Hint.WHOLE,
        "an Envoy with a filter that wants the whole body",
        OTHER_CLIENT,
        "one burst at the end, headers and all, signed `server: envoy`",
        make=lambda site, upstream, draw: site.envoy(upstream, WHOLE_BODY),
        needs_envoy=True,
    ),
    Cause(
        "REST API, BUFFERED",
        Hint.WHOLE,
        "an API Gateway REST API whose responseTransferMode is BUFFERED",
        OTHER_CLIENT,
        "one burst at the end, headers and all, with x-amz-apigw-id and a Content-Length",
        make=lambda site, upstream, draw: site.rest_api(upstream, "BUFFERED", AS_ON_AWS),
    ),
    Cause(
        "HTTP API",
        Hint.WHOLE,
        "an API Gateway HTTP API, which has no other mode",
        OTHER_CLIENT,
        "one burst at the end, headers and all, with Apigw-Requestid and a Content-Length",
        make=lambda site, upstream, draw: site.http_api(upstream),
    ),
    Cause(
        "Function URL, BUFFERED",
        Hint.WHOLE,
        "a Lambda Function URL whose InvokeMode is BUFFERED",
        OTHER_CLIENT,
        "one burst at the end, headers and all, with x-amzn-RequestId and no sign of a gateway",
        make=lambda site, upstream, draw: site.function_url("python_buffered", "BUFFERED", AS_ON_AWS),
    ),
)
LIMITS = (
    Cause(
        "limit on silence",
        Hint.LIMIT,
        "an edge-optimised REST API that gives up after a pause (30 s, here 1.5 s)",
        SILENCE,
        "cut in the pause, before the last item",
        make=lambda site, upstream, draw: site.rest_api(upstream, "STREAM", LIMITED, "EDGE"),
    ),
    Cause(
        "limit on the whole",
        Hint.LIMIT,
        "an App Runner service that may answer for so long and no longer (120 s, here 6 s)",
        LONG,
        "cut in the middle of items that flow, at an age that no pace changes",
        make=lambda site, upstream, draw: site.app_runner(LIMITED),
        needs_envoy=True,
    ),
    Cause(
        "rate cap",
        Hint.LIMIT,
        "a Function URL that streams: 6 MB as fast as they come, then 2 MB/s (here 105 kB, then 35 kB/s)",
        BULK,
        "the first items straight, then lines that lean further and further, by any client",
        make=lambda site, upstream, draw: site.function_url("node_text", "RESPONSE_STREAM", RATE_LIMITED),
    ),
)
CAUSES = {cause.name: cause for cause in (*CLIENTS, *RELAYS, *FRONT_DOORS, *WHOLE_BODIES, *LIMITS)}


@dataclass(frozen=True)
class Bystander:
    """A layer that holds nothing, and looks as if it might."""

    name: str
    make: Make
    at_source: bool = False
    """Whether it makes the items itself: nothing can be put behind it."""
    own_head: bool = False
    """Whether it answers with headers of its own, and those of what is behind it are lost."""
    needs_envoy: bool = False


BYSTANDERS = (
    Bystander("relay", lambda site, upstream, draw: site.relay(upstream, transforms.pass_on), own_head=True),
    Bystander(
        "gzip with flush",
        lambda site, upstream, draw: site.relay(upstream, transforms.gzipped_and_flushed, transforms.GZIP),
        own_head=True,
    ),
    Bystander("Envoy", lambda site, upstream, draw: site.envoy(upstream), needs_envoy=True),
    Bystander("REST API, STREAM", lambda site, upstream, draw: site.rest_api(upstream, "STREAM", AS_ON_AWS)),
    Bystander(
        "Function URL, RESPONSE_STREAM",
        lambda site, upstream, draw: site.function_url("node_text", "RESPONSE_STREAM", AS_ON_AWS),
        at_source=True,
    ),
)
