"""How complete a count is while reports still come in, learnt from the source's own snapshots.

In go the date of each event and the date on which it was first seen, out come the share that is known after so many days
and the count to be expected once all is in. Two things would bias a plain average of delays: recent events can only show
short delays, and what the first snapshot already held came at an unknown earlier day; so each lag is judged only by events
that could have shown it (reverse-time hazards: Kalbfleisch and Lawless 1989, J. American Statistical Association 84:360-372).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy import special

from harborlight.statistics.estimate import Estimate, Flag, check_confidence, check_count, check_dispersion

Floats = NDArray[np.float64]
LONGEST_LAG = 365
# Days under this share are held back or drawn as provisional.
COMPLETE = 0.95
# Equally likely values of an uncertain completeness over which a nowcast is averaged.
SLICES = 41


@dataclass(frozen=True)
class Triangle:
    """What snapshots from `start` to `through` say about delays; tuples are indexed by lag in days, from 0.

    `seen` events first appeared at exactly that lag, of `at_risk` that could have shown it and had appeared by it.
    `completeness` is the share known by that lag of all that is known after the last one; `log_errors` are the standard
    errors of its logarithm. `n_events` have a known delay.
    """

    start: date
    through: date
    seen: tuple[int, ...]
    at_risk: tuple[int, ...]
    completeness: tuple[float, ...]
    log_errors: tuple[float, ...]
    n_events: int


def reporting_triangle(
    event_date: Sequence[date],
    first_seen: Sequence[date],
    through: date | None = None,
    start: date | None = None,
    longest_lag: int = LONGEST_LAG,
) -> Triangle:
    """Return the delays between event and first appearance, one entry per event in both sequences, in any order.

    `start` and `through` are the days of the first and last snapshot, by default those found in `first_seen`. Events first
    seen on `start` or before have an unknown delay; they count only for lags that they cannot have had. What comes later than
    `longest_lag` days is left out of "complete". ValueError for an event seen before it happened and for a single snapshot.
    """
    if len(event_date) != len(first_seen) or not len(event_date):
        raise ValueError("event_date and first_seen must be of the same length, one event or more")
    happened = np.array([day.toordinal() for day in event_date])
    seen = np.array([day.toordinal() for day in first_seen])
    first = start.toordinal() if start else int(seen.min())
    last = through.toordinal() if through else int(seen.max())
    if (seen < happened).any() or (seen > last).any():
        raise ValueError("an event was first seen before it happened or after the last snapshot")
    if last <= first:
        raise ValueError("delays need two snapshots or more")
    longest = min(check_count(longest_lag, "longest_lag"), last - int(happened.min()))
    known = seen > first
    lag = np.where(known, seen - happened, np.maximum(first - happened + 1, 0))
    kept = lag <= longest
    ends = np.minimum(last - happened[kept], longest) + 1
    steps = np.bincount(lag[kept], minlength=longest + 2) - np.bincount(ends, minlength=longest + 2)
    at_risk = np.cumsum(steps)[: longest + 1]
    appeared = np.bincount(lag[kept & known], minlength=longest + 1)
    completeness, errors = _complete_by(appeared.astype(np.float64), at_risk.astype(np.float64))
    return Triangle(
        start=date.fromordinal(first), through=date.fromordinal(last), seen=tuple(appeared.tolist()),
        at_risk=tuple(at_risk.tolist()), completeness=tuple(completeness.tolist()), log_errors=tuple(errors.tolist()),
        n_events=int((kept & known).sum()),
    )  # fmt: skip


def expected_completeness(triangle: Triangle, lag_days: int) -> float:
    """Return the share of a day's events that is known `lag_days` days later: 0 to 1, never falling with the lag."""
    return triangle.completeness[min(check_count(lag_days, "lag_days"), len(triangle.completeness) - 1)]


def days_until_complete(triangle: Triangle, share: float = COMPLETE) -> int:
    """Return the smallest lag in days from which at least `share` is known."""
    if not 0 < share <= 1:
        raise ValueError(f"share must lie above 0 and not above 1, not {share}")
    return next(lag for lag, known in enumerate(triangle.completeness) if known >= share)


def nowcast_counts(
    series: Sequence[int],
    ages_days: Sequence[int | Sequence[int]],
    triangle: Triangle,
    confidence: float = 0.95,
    dispersion: float = 1.0,
) -> list[Estimate]:
    """Return what each count is expected to be once all is in, with a prediction interval, in events.

    `ages_days` holds for each count the days since its event day, or the ages of all days of its period. The value is the
    count over its completeness; what is missing is negative binomial with size count + 1/2 (Jeffreys' prior), counts divided
    by `dispersion` first, averaged over the error of the completeness. Flag `incomplete` under 95 %; the value is None and
    the interval without an upper end where nothing says what share is known.
    """
    if len(series) != len(ages_days):
        raise ValueError("series and ages_days must be of the same length")
    alpha, phi = 1 - check_confidence(confidence), check_dispersion(dispersion)
    found = []
    for count, ages in zip(series, ages_days, strict=True):
        lags = [ages] if isinstance(ages, int) else list(ages)
        if not lags:
            raise ValueError("a period needs the age of one day or more")
        found.append(_nowcast(check_count(count), lags, triangle, alpha, phi))
    return found


def _complete_by(appeared: Floats, at_risk: Floats) -> tuple[Floats, Floats]:
    """Share known by each lag, the product of (1 - hazard) over all later lags, and the error of its logarithm."""
    hazard = np.divide(appeared, at_risk, out=np.zeros_like(appeared), where=at_risk > 0)
    later = np.append(hazard[1:], 0.0)
    spread = np.divide(hazard, at_risk * (1 - hazard), out=np.zeros_like(hazard), where=(at_risk > 0) & (hazard < 1))
    completeness = np.cumprod((1 - later)[::-1])[::-1]
    return completeness, np.sqrt(np.cumsum(np.append(spread[1:], 0.0)[::-1])[::-1])


def _nowcast(count: int, ages: list[int], triangle: Triangle, alpha: float, phi: float) -> Estimate:
    last = len(triangle.completeness) - 1
    lags = [min(check_count(age, "age"), last) for age in ages]
    share = sum(triangle.completeness[lag] for lag in lags) / len(lags)
    error = max(triangle.log_errors[lag] for lag in lags)
    flags: list[Flag] = []
    if share < COMPLETE:
        flags.append("incomplete")
    if phi > 1:
        flags.append("overdispersed")
    if share <= 0:
        value, low, high = None, float(count), math.inf
    elif share >= 1:
        value, low, high = float(count), float(count), float(count)
    else:
        spread = special.ndtri((np.arange(SLICES) + 0.5) / SLICES) * error
        shares = np.clip(share * np.exp(spread), 1e-9, 1.0)
        value = count / share
        # The end nearest to the value is the value itself where a prediction of whole events would leave it out.
        low = min(value, count + phi * _missing(alpha / 2, count / phi + 0.5, shares))
        high = max(value, count + phi * _missing(1 - alpha / 2, count / phi + 0.5, shares))
    return Estimate(
        value=value, low=low, high=high, confidence=1 - alpha, unit="events", method="nowcast (reporting delays)",
        n_events=count, exposure=share, as_of=triangle.through, flags=tuple(flags),
    )  # fmt: skip


def _missing(quantile: float, size: float, shares: Floats) -> int:
    """Smallest number of missing events that is not passed with probability `quantile`, over all equally likely shares."""

    def below(k: int) -> float:
        return float(special.betainc(size, k + 1.0, shares).mean())

    low, high = -1, 1
    while below(high) < quantile:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if below(middle) >= quantile else (middle, high)
    return high
