"""What else an outsider can know about hidden counts, written so that the auditor can use it.

Each function turns one thing that a site might publish (a rate, a percentage, a rank, the bin of a map, an earlier
release) into a line with limits: `low <= sum of weight * count <= high`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

INFINITE = float("inf")


@dataclass(frozen=True)
class Fact:
    """`low <= sum(weights[key] * count[key]) <= high`; the limits are part of it."""

    weights: Mapping[str, float]
    low: float
    high: float


def sum_fact(keys: Sequence[str], total: float) -> Fact:
    """The counts add up to a number that is published: a sum over districts, a year to date, another version of the lines."""
    return Fact(dict.fromkeys(keys, 1.0), total, total)


def known_fact(key: str, count: int) -> Fact:
    """A count that an earlier (or later) release, or another publisher, shows."""
    return Fact({key: 1.0}, count, count)


def same_fact(key: str, other: str) -> Fact:
    """The same count under two names: a cell that stands in two layers or two tables."""
    return Fact({key: 1.0, other: -1.0}, 0.0, 0.0)


def difference_fact(new: str, old: str, change: int) -> Fact:
    """How much a count changed, in words or as an arrow with a number."""
    return Fact({new: 1.0, old: -1.0}, change, change)


def rate_fact(key: str, people: float, rate: float, *, per: float = 100_000, decimals: int = 1) -> Fact:
    """A rate per `per` people, rounded to `decimals`."""
    half = 0.5 * 10.0**-decimals
    return Fact({key: per / people}, rate - half, rate + half)


def percent_facts(key: str, total: str, percent: float, *, decimals: int = 0) -> tuple[Fact, Fact]:
    """A count as a percentage of another (shown or hidden) count, rounded to `decimals`."""
    half = 0.5 * 10.0**-decimals
    return (
        Fact({key: 100.0, total: -(percent - half)}, 0.0, INFINITE),
        Fact({key: 100.0, total: -(percent + half)}, -INFINITE, 0.0),
    )


def rank_facts(keys: Sequence[str]) -> tuple[Fact, ...]:
    """Counts listed from the largest to the smallest; ties may stand in any order."""
    return tuple(Fact({first: 1.0, second: -1.0}, 0.0, INFINITE) for first, second in pairwise(keys))


def bin_fact(key: str, low: float, high: float) -> Fact:
    """A count known to lie between two numbers, both included: a map class, the length of a bar in steps, a rounded figure."""
    return Fact({key: 1.0}, low, high)
