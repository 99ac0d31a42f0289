"""Counts per head with their intervals, crude and standardised.

In go events and the population at risk, out comes a rate per 100,000 person-years with an exact or Byar
interval, or a rate that no longer depends on how old the residents are. Below ten events the exact limits are
used and above them Byar's, the rule of the UK Health Security Agency, because the two agree there to the digits
that a page shows and Byar's needs no special function.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from harborlight.statistics.estimate import (
    SMALL_COUNT,
    UNSTABLE_COUNT,
    Estimate,
    Flag,
    check_amount,
    check_confidence,
    check_count,
    check_exposure,
)

Floats = NDArray[np.float64]
# A rate whose 95 % interval is wider than this many times the rate itself is not reliable (NCHS).
WIDEST_INTERVAL = 1.6


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


def directly_standardized_rate(
    events: Sequence[int],
    population: Sequence[float],
    standard: Sequence[float],
    method: Literal["gamma", "dobson"] | None = None,
    multiplicity: Mapping[int, Sequence[int]] | None = None,
    per: float = 100_000,
    confidence: float = 0.95,
) -> Estimate:
    """Return the rate that residents of the standard's ages would have; one entry per age band in each sequence.

    `gamma` (the default): Fay and Feuer 1997, Statistics in Medicine 16:791-801. `dobson`: Byar's limits on the variance of
    the weighted sum, Dobson et al. 1991, Statistics in Medicine 10:457-462. With `multiplicity`, the incidents per band by
    the number of events in each (victims of one shooting are no independent events), the variance is that of a compound
    Poisson sum, which only `dobson` takes. Under ten events nothing is given: value None, flags `small_count`, `suppressed`.
    """
    method = method or ("gamma" if multiplicity is None else "dobson")
    if method not in ("gamma", "dobson"):
        raise ValueError(f"method is 'gamma' or 'dobson', not {method!r}")
    if not len(events) == len(population) == len(standard) or not len(events):
        raise ValueError("events, population and standard must have one entry for each age band")
    k = np.array([check_count(n) for n in events], dtype=np.float64)
    people = np.array([check_exposure(n, "population") for n in population])
    shares = np.array([check_amount(n, "standard") for n in standard])
    weights = shares / check_exposure(float(shares.sum()), "standard") / people
    variance = float((weights**2 * _compound(k, multiplicity, method)).sum())
    total, value, alpha = int(k.sum()), float(weights @ k), 1 - check_confidence(confidence)
    flags: tuple[Flag, ...] = ()
    if total < SMALL_COUNT:
        low, high, flags = 0.0, math.inf, ("small_count", "suppressed")
    elif method == "gamma":
        low, high = _gamma_limits(value, variance, float(weights.max()), alpha)
    else:
        scale = math.sqrt(variance / total)
        low, high = (value + scale * (limit - total) for limit in poisson_interval(total, "byar", confidence))
    if SMALL_COUNT <= total < UNSTABLE_COUNT:
        flags = ("unstable",)
    return Estimate(
        value=value * per if total >= SMALL_COUNT else None, low=max(0.0, low) * per, high=high * per,
        confidence=confidence, unit=f"per {per:,.0f} person-years, standardised",
        method="Fay-Feuer gamma" if method == "gamma" else "Dobson-Byar", n_events=total,
        exposure=float(people.sum()), flags=flags,
    )  # fmt: skip


def expected_events(population: Sequence[float], rate_events: Sequence[int], rate_population: Sequence[float]) -> float:
    """Return the events that `population` would have at the rates of a standard, per age band: events over its people."""
    bands = zip(population, rate_events, rate_population, strict=True)
    return sum(
        check_amount(people, "population") * check_count(k) / check_exposure(of, "rate_population")
        for people, k, of in bands
    )


def standardized_ratio(observed: int, expected: float, confidence: float = 0.95) -> Estimate:
    """Return observed over expected events: exact limits under 10 events, Byar's from 10 on.

    Two such ratios may not be compared with each other, because each has the age weights of its own population. Times the
    standard's crude rate it is the indirectly standardised rate.
    """
    k, expected = check_count(observed, "observed"), check_exposure(expected, "expected")
    method: Literal["exact", "byar"] = "exact" if k < SMALL_COUNT else "byar"
    low, high = poisson_interval(k, method, confidence)
    flags: tuple[Flag, ...] = ()
    if k < UNSTABLE_COUNT:
        flags = ("small_count",) if k < SMALL_COUNT else ("unstable",)
    return Estimate(
        value=k / expected, low=low / expected, high=high / expected, confidence=confidence,
        unit="ratio of observed to expected", method=method, n_events=k, exposure=expected, flags=flags,
    )  # fmt: skip


def rate_reliability(events: int, low: float, high: float, value: float) -> tuple[Flag, ...]:
    """Return what a rate with this 95 % interval must be flagged with; nothing if it may be shown on a colour scale.

    `small_count` under 10 events: count and interval only. `unstable` under 20 events or with an interval wider than 160 %
    of the rate: the data presentation standards of the US National Center for Health Statistics for vital rates.
    """
    if not 0 <= low <= value <= high:
        raise ValueError("a rate lies between its limits, none of them below 0")
    if check_count(events) < SMALL_COUNT:
        return ("small_count",)
    return ("unstable",) if events < UNSTABLE_COUNT or high - low > WIDEST_INTERVAL * value else ()


def _compound(events: Floats, multiplicity: Mapping[int, Sequence[int]] | None, method: str) -> Floats:
    """Variance of the events in each band: their number, or the sum of squared sizes of the incidents they come from."""
    if multiplicity is None:
        return events
    if method == "gamma":
        raise ValueError("with multiplicity the method is 'dobson'")
    sizes = {check_exposure(size, "multiplicity"): incidents for size, incidents in multiplicity.items()}
    table = {size: np.array([check_count(n) for n in incidents], float) for size, incidents in sizes.items()}
    if any(len(incidents) != len(events) for incidents in table.values()):
        raise ValueError("multiplicity must have one entry for each age band")
    if not np.array_equal(sum((size * n for size, n in table.items()), np.zeros(len(events))), events):
        raise ValueError("incidents times their events do not add up to the events")
    return np.asarray(sum((size**2 * n for size, n in table.items()), np.zeros(len(events))), dtype=np.float64)


def _gamma_limits(value: float, variance: float, largest: float, alpha: float) -> tuple[float, float]:
    """Fay and Feuer's limits; the upper one allows for one more event in the band with the largest weight."""
    low = variance / value * float(special.gammaincinv(value**2 / variance, alpha / 2)) if value > 0 else 0.0
    more, spread = value + largest, variance + largest**2
    return low, spread / more * float(special.gammaincinv(more**2 / spread, 1 - alpha / 2))
