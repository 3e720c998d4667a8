"""The shapes tell a stream from what was held back, on a busy machine, too."""

from itertools import accumulate

import pytest

from tests.support.shapes import at_once, one_by_one

SENT = [n / 20 for n in range(20)]
END = SENT[-1]
BUSY = [0.002, 0.03, 0.01, 0.09, 0.003]


def held(buffer: int) -> list[float]:
    """The arrivals behind a buffer of so many items."""
    return [SENT[n - n % buffer + buffer - 1] + 0.001 * (n % buffer) for n in range(20)]


@pytest.mark.parametrize(
    ("arrived", "streamed", "whole"),
    [
        ([at + 0.001 for at in SENT], True, False),
        (list(accumulate((at + BUSY[n % 5] for n, at in enumerate(SENT)), max)), True, False),
        ([at + 0.05 for at in SENT], False, False),
        (held(2), False, False),
        (held(5), False, False),
        (held(20), False, True),
        ([END + 0.2 + 0.01 * n for n in range(20)], False, True),
        ([END + at for at in SENT], False, False),
    ],
    ids=["streamed", "busy", "a wait", "two", "five", "whole", "whole, busy", "late"],
)
def test_shapes(arrived: list[float], streamed: bool, whole: bool) -> None:
    assert one_by_one(SENT, arrived) is streamed
    assert at_once(SENT, arrived) is whole
