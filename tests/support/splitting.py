"""Splits bytes as a network may."""

from itertools import pairwise


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    """`data` in pieces, cut at `cuts` (any numbers); some of them may be empty."""
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]
