"""How a stream came: one by one, or at once. Shapes and ratios, which a busy machine does not change.

Times are epoch seconds of one clock: when each item was sent, and when it arrived.
"""

import statistics
from itertools import pairwise

MOMENT = 0.02
"""Seconds: what a wait on the way would exceed for every item. A busy machine holds up some, hardly all."""


def one_by_one(sent: list[float], arrived: list[float]) -> bool:
    """Whether each item arrived when it was sent: no two together, none held back, no wait on the way."""
    lags = [at - then for then, at in zip(sent, arrived, strict=True)]
    apart, pause = (statistics.median(b - a for a, b in pairwise(times)) for times in (arrived, sent))
    in_time = statistics.median(lags) < (sent[-1] - sent[0]) / 4  # held back to the end: half of it
    return apart > pause / 4 and in_time and min(lags) < MOMENT


def at_once(sent: list[float], arrived: list[float]) -> bool:
    """Whether all was held back: the first item arrived after the last was sent, the others with it."""
    return arrived[0] >= sent[-1] and arrived[-1] - arrived[0] < (sent[-1] - sent[0]) / 2
