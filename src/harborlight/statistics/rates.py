"""Counts per head with their intervals.

In go events and the population at risk, out comes a rate per 100,000 person-years with an exact or Byar
interval. Below ten events the exact limits are used and above them Byar's, the rule of the UK Health Security
Agency, because the two agree there to the digits that a page shows and Byar's needs no special function.
"""

from __future__ import annotations

import math
from typing import Literal

from scipy import special

from harborlight.statistics.estimate import (
    SMALL_COUNT,
    UNSTABLE_COUNT,
    Estimate,
    Flag,
    check_confidence,
    check_count,
    check_exposure,
)


def poisson_interval(
    k: int, method: Literal["exact", "byar"] = "exact", confidence: float = 0.95
) -> tuple[float, float]:
    """Return the limits of the mean of a Poisson count, in events.

    `exact`: Garwood 1936, Biometrika 28:437. `byar`: Byar's approximation, Breslow and Day 1987, vol. II.
    """
    k, alpha = check_count(k), 1 - check_confidence(confidence)
    if method == "exact":
        low = float(special.gammaincinv(k, alpha / 2)) if k else 0.0
        return low, float(special.gammainccinv(k + 1, alpha / 2))
    if method == "byar":
        z = float(special.ndtri(1 - alpha / 2))
        low = k * max(0.0, 1 - 1 / (9 * k) - z / (3 * math.sqrt(k))) ** 3 if k else 0.0
        return low, (k + 1) * (1 - 1 / (9 * (k + 1)) + z / (3 * math.sqrt(k + 1))) ** 3
    raise ValueError(f"method is 'exact' or 'byar', not {method!r}")


def crude_rate(
    k: int, population: float, years: float = 1.0, per: float = 100_000, confidence: float = 0.95
) -> Estimate:
    """Return events per `per` person-years: exact limits under 10 events, Byar's from 10 on.

    `years` is the length of the window (days / 365.25). Flags: `small_count` under 10 events, `unstable`
    under 20.
    """
    k, exposure = check_count(k), check_exposure(population, "population") * check_exposure(years, "years")
    method: Literal["exact", "byar"] = "exact" if k < SMALL_COUNT else "byar"
    low, high = poisson_interval(k, method, confidence)
    flags: tuple[Flag, ...] = ()
    if k < UNSTABLE_COUNT:
        flags = ("small_count",) if k < SMALL_COUNT else ("unstable",)
    return Estimate(
        value=k / exposure * per, low=low / exposure * per, high=high / exposure * per, confidence=confidence,
        unit=f"per {per:,.0f} person-years", method=method, n_events=k, exposure=exposure, flags=flags,
    )  # fmt: skip
