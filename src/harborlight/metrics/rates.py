"""Counts per head of an area: the rate that pages show, and whether it may stand on a colour scale."""

from __future__ import annotations

from dataclasses import dataclass

from harborlight.statistics.estimate import SMALL_COUNT, UNSTABLE_COUNT
from harborlight.statistics.rates import poisson_interval

DAYS_A_YEAR = 365.25
PER = 100_000


@dataclass(frozen=True)
class Rate:
    """Events per 100,000 residents and year with its exact 95 % interval.

    `is_stable` is False under ten events: the count is shown, and the rate stands on no colour scale and in no order.
    `flags` are those of an estimate: `small_count` under ten events, `unstable` under twenty.
    """

    n: int
    population: int
    per_100k: float
    low: float
    high: float
    is_stable: bool
    flags: tuple[str, ...] = ()


def rate_of(n: int, population: float | None, days: int) -> Rate | None:
    """The rate of `n` events in `days` days among `population` residents; None where nobody lives or no count is known.

    Garwood's exact Poisson limits. Whole calendar years count as such; other stretches by days of 365.25 to the year.
    """
    if not population or population <= 0:
        return None
    person_years = population * years_of(days)
    low, high = poisson_interval(n)
    flags = ("small_count",) if n < SMALL_COUNT else ("unstable",) if n < UNSTABLE_COUNT else ()
    return Rate(
        n=n, population=round(population), per_100k=n / person_years * PER, low=low / person_years * PER,
        high=high / person_years * PER, is_stable=n >= SMALL_COUNT, flags=flags,
    )  # fmt: skip


def years_of(days: int) -> float:
    """Length in years: whole for 365 or 366 days and their multiples, so that a leap day changes no annual rate."""
    if days < 1:
        raise ValueError(f"days must be 1 or more, not {days}")
    years = round(days / DAYS_A_YEAR)
    return float(years) if years and abs(days - years * DAYS_A_YEAR) < 1 else days / DAYS_A_YEAR
