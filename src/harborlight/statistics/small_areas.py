"""Rates of areas with few people, and which areas stand out from the city.

In go events and residents (or expected events) of each area, out come smoothed rates and the side of a funnel on which each
area lies. A rate of one event among fifty people says little, so it is drawn towards the city's own; a funnel shows how far
an area of its size may lie from the city by chance, which a ranking never does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from harborlight.statistics.estimate import SMALL_COUNT, check_count, check_exposure
from harborlight.statistics.rates import poisson_interval

Place = Literal["high", "above", "inside", "below", "low"]
# The two curves of a funnel: about two and three standard deviations.
INNER, OUTER = 0.95, 0.998


def smooth_rates(events: Sequence[int], populations: Sequence[float]) -> list[float | None]:
    """Return events per resident of each area, drawn towards the rate of all areas; None where nobody lives.

    Empirical Bayes by the method of moments: Marshall 1991, Applied Statistics 40:283-294. Where the areas differ by no more
    than chance, the variance between them is taken as 0 and every area gets the rate of all.
    """
    if len(events) != len(populations):
        raise ValueError("events and populations must be of the same length")
    inhabited = [i for i, population in enumerate(populations) if population > 0]
    k = np.array([check_count(events[i]) for i in inhabited], dtype=float)
    people = np.array([check_exposure(populations[i], "population") for i in inhabited])
    smoothed: list[float | None] = [None] * len(events)
    if not inhabited:
        return smoothed
    rates, mean = k / people, k.sum() / people.sum()
    spread = float((people * (rates - mean) ** 2).sum() / people.sum())
    between = max(0.0, spread - mean / people.mean())
    weight = between / (between + mean / people) if between > 0 else np.zeros(len(people))
    for i, value in zip(inhabited, mean + weight * (rates - mean), strict=True):
        smoothed[i] = float(value)
    return smoothed


def smooth_rates_by_neighbors(
    events: Sequence[int], populations: Sequence[float], neighbors: Sequence[Sequence[int]]
) -> list[float | None]:
    """Return events per resident of each area, drawn towards the rate of the area with its neighbours.

    `neighbors` holds for each area the positions of those around it. As `smooth_rates`, with mean and variance of each
    neighbourhood instead of the city; None where nobody lives, and such areas count for no neighbour.
    """
    if not len(events) == len(populations) == len(neighbors):
        raise ValueError("events, populations and neighbors must be of the same length")
    if any(not 0 <= j < len(events) for around in neighbors for j in around):
        raise ValueError(f"neighbors are positions from 0 to {len(events) - 1}")
    smoothed: list[float | None] = []
    for i, around in enumerate(neighbors):
        own = [i, *sorted(set(around) - {i})]
        here = smooth_rates([events[j] for j in own], [populations[j] for j in own])
        smoothed.append(here[0])
    return smoothed


def funnel_place(observed: int, expected: float) -> Place:
    """Say where an area lies: `high` or `low` outside the 99.8 % limits, `above` or `below` outside those of 95 % only.

    `expected` are the events that the area would have at the city's own rate. The limits are those of the observed count:
    exact under ten events, Byar's from ten on (the rule of the UK Health Security Agency).
    """
    check_exposure(expected, "expected")
    method: Literal["exact", "byar"] = "exact" if observed < SMALL_COUNT else "byar"
    far_low, far_high = poisson_interval(observed, method, OUTER)
    low, high = poisson_interval(observed, method, INNER)
    if high < expected:
        return "low" if far_high < expected else "below"
    if low > expected:
        return "high" if far_low > expected else "above"
    return "inside"


def funnel_limits(observed: int, confidence: float = INNER) -> tuple[float, float]:
    """Return the ratios of observed to expected (low, high) at which an area with `observed` events lies on the funnel.

    Its place on the funnel's other axis is `observed` divided by the ratio. The high ratio of no events is 0 as well.
    """
    low, high = poisson_interval(observed, "exact", confidence)
    return observed / high, (observed / low if observed else 0.0)
