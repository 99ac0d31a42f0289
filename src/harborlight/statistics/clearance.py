"""Clearance: four numbers that answer four questions, none of which is called "solved".

In go counts of offences, out come shares with their intervals. The number that police report to the FBI divides clearances
of this year, of whatever year the offence was, by this year's offences: it can pass 100 % and is no share. A cohort follows
the offences of one period; its share by arrest and its share by exceptional means are kept apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from harborlight.statistics.change import rate_ratio
from harborlight.statistics.estimate import (
    SMALL_COUNT,
    UNSTABLE_COUNT,
    Estimate,
    Flag,
    check_confidence,
    check_count,
    check_exposure,
)
from harborlight.statistics.flow import log_log_limits

# Why an offence was cleared without an arrest; the letters are those of the national incident-based system (NIBRS).
EXCEPTIONAL_REASONS = {
    "A": "the offender died",
    "B": "prosecution was declined, for other reasons than lack of probable cause",
    "C": "the offender is in custody elsewhere and is not extradited",
    "D": "the victim did not cooperate",
    "E": "a juvenile, handled without custody",
}
KINDS = ("arrest", "exceptional")
FOLLOW_UP_DAYS = (30, 90, 365)


def wilson_interval(successes: int, of: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the limits of a share, 0 to 1. Wilson 1927, J. American Statistical Association 22:209-212."""
    k, n = check_count(successes, "successes"), check_count(of, "of")
    if not 0 < n >= k:
        raise ValueError(f"a share needs at least one case and no more successes than cases, not {k} of {n}")
    z = float(special.ndtri((1 + check_confidence(confidence)) / 2))
    middle, scale = (k + z * z / 2) / (n + z * z), z / (n + z * z)
    reach = scale * math.sqrt(k * (n - k) / n + z * z / 4)
    return (0.0 if k == 0 else middle - reach), (1.0 if k == n else middle + reach)


def share_of(successes: int, of: int, confidence: float = 0.95) -> Estimate:
    """Return successes over cases with Wilson's limits. Flags: `small_count` under 10 cases, `unstable` under 20."""
    low, high = wilson_interval(successes, of, confidence)
    flags: tuple[Flag, ...] = ()
    if of < UNSTABLE_COUNT:
        flags = ("small_count",) if of < SMALL_COUNT else ("unstable",)
    return Estimate(
        value=successes / of, low=low, high=high, confidence=confidence, unit="share", method="Wilson",
        n_events=successes, exposure=float(of), flags=flags,
    )  # fmt: skip


def reported_clearance(cleared_in_period: int, reported_in_period: int, confidence: float = 0.95) -> Estimate:
    """Return offences cleared in a period, of any year, over offences reported in it: the FBI's rule, may pass 1.

    Not a share of anything, so the interval is that of a ratio of two counts (`change.rate_ratio`).
    """
    found = rate_ratio(cleared_in_period, 1.0, reported_in_period, 1.0, confidence)
    return replace(found, unit="clearances per offence reported", exposure=float(reported_in_period))


def cohort_clearance(
    cohort: int, cleared: Mapping[str, int], by: Sequence[str] = KINDS, confidence: float = 0.95
) -> dict[str, Estimate]:
    """Return the share of a period's offences that were cleared, as "all" and for each kind in `by`.

    `cleared` holds clearances of these offences by kind, each offence once; kinds left out are 0. Kinds may be reasons
    (`EXCEPTIONAL_REASONS`) as well. Offences still open may be cleared later: `clearance_within` allows for that.
    """
    unknown = set(cleared) - set(by)
    if unknown:
        raise ValueError(f"cleared holds {min(unknown)!r}, which is not among {', '.join(by)}")
    counts = {kind: check_count(cleared.get(kind, 0), kind) for kind in by}
    total = {"all": sum(counts.values())}
    return {kind: share_of(k, cohort, confidence) for kind, k in (total | counts).items()}


def clearance_within(
    days: ArrayLike, status: ArrayLike, within: Sequence[int] = FOLLOW_UP_DAYS, confidence: float = 0.95
) -> dict[int, list[Estimate]]:
    """Return the share cleared within so many days, by kind, when some offences could not be followed that long.

    `days` from offence to clearance or to the end of the data; `status` 0 for still open, 1, 2, ... for the kinds of
    clearance. Out comes for each kind one estimate per entry of `within`. Aalen and Johansen 1978, Scandinavian J. Statistics
    5:141-150, limits by log(-log); value None past the longest follow-up. Uses statsmodels: at refresh only.
    """
    from statsmodels.duration.survfunc import CumIncidenceRight

    time, kind = np.asarray(days, dtype=np.float64), np.asarray(status)
    if time.shape != kind.shape or time.ndim != 1 or not len(time) or not np.isfinite(time).all() or (time < 0).any():
        raise ValueError("days and status must be lists of one length, days 0 or more")
    if not np.isin(kind, np.arange(kind.max() + 1)).all() or kind.max() < 1:
        raise ValueError("status is 0 for open and 1, 2, ... for kinds of clearance, of which there must be one")
    with np.errstate(divide="ignore", invalid="ignore"):  # its variance is undefined after the last case left
        fit = CumIncidenceRight(time, kind.astype(int))
    z = float(special.ndtri((1 + check_confidence(confidence)) / 2))
    longest = math.inf if (kind > 0).all() else float(time.max())
    found: dict[int, list[Estimate]] = {}
    for i, curve in enumerate(zip(fit.cinc, fit.cinc_se, strict=True), 1):
        found[i] = []
        for limit in within:
            at = int(np.searchsorted(fit.times, check_exposure(limit, "within"), side="right")) - 1
            share, error = (float(values[at]) if at >= 0 else 0.0 for values in curve)
            cleared = int(((kind == i) & (time <= limit)).sum())
            known = (share, error) if limit <= longest else None
            found[i].append(_incidence(known, cleared, len(time), z, confidence))
    return found


def _incidence(known: tuple[float, float] | None, cleared: int, cases: int, z: float, confidence: float) -> Estimate:
    """An estimate from a share and its standard error; without them, nothing is known beyond 0 to 1."""
    value, (low, high) = (known[0], log_log_limits(*known, z)) if known else (None, (0.0, 1.0))
    return Estimate(
        value=value, low=low, high=high, confidence=confidence, unit="share", method="Aalen-Johansen", n_events=cleared,
        exposure=float(cases), flags=() if known else ("incomplete",),
    )  # fmt: skip
