"""Draws an exam: which endpoint has which causes. The same seed draws the same, on the same platform."""

from dataclasses import dataclass
from itertools import product
from random import Random

from lab.exam.causes import BYSTANDERS, CAUSES, Hint

LETTERS = "ABCDEF"
TWO_CAUSES, ONE_CAUSE = 2, 3
"""How many of the endpoints have as many; what remains is innocent."""
STEPS = ("buffer of items", "flush timer", "buffer of bytes", "line filter")


@dataclass(frozen=True)
class Plan:
    """One endpoint to be. `bystander` is the layer in it that holds nothing, or None."""

    letter: str
    causes: frozenset[str]
    bystander: str | None


def pairs() -> list[frozenset[str]]:
    """Return the pairs of causes that can be told although both are there: neither hides the other."""
    outer = ("sized reads", "limit on silence")
    limits = ("limit on silence", "limit on the whole", "rate cap")
    return [frozenset(pair) for pair in (*product(STEPS, outer), *product(["slow reader"], limits))]


def draw(seed: int, with_envoy: bool) -> list[Plan]:
    """Six endpoints: two with two causes, three with one, one with none, in any order; no cause twice."""
    random = Random(seed)
    available = {name for name, cause in CAUSES.items() if with_envoy or not cause.needs_envoy}
    drawn: list[frozenset[str]] = []
    for _ in range(TWO_CAUSES):
        free = available.difference(*drawn)
        drawn.append(random.choice([pair for pair in pairs() if pair <= free]))
    rest = [name for name in CAUSES if name in available.difference(*drawn)]
    drawn += [frozenset({name}) for name in random.sample(rest, ONE_CAUSE)]
    drawn += [frozenset()] * (len(LETTERS) - len(drawn))
    random.shuffle(drawn)
    return [
        Plan(letter, causes, draw_bystander(random, causes, with_envoy))
        for letter, causes in zip(LETTERS, drawn, strict=True)
    ]


def draw_bystander(random: Random, causes: frozenset[str], with_envoy: bool) -> str | None:
    """One that can stand in front of these causes without changing what they show."""
    hints = {CAUSES[name].hint for name in causes}
    if hints & {Hint.DOOR, Hint.WHOLE, Hint.LIMIT}:
        return None
    return random.choice(
        [
            each.name
            for each in BYSTANDERS
            if (with_envoy or not each.needs_envoy)
            and not (each.at_source and Hint.RELAY in hints)
            and not (each.own_head and "gzip without flush" in causes)
        ]
    )
