"""How a cohort moves from one state to another, and how long that takes, when some members have not got there yet.

In go counts by time (or times and states of single members), out come shares reached by each time. Members that are still
waiting at the end of the data are followed as long as they can be and then leave the number at risk: they are neither
successes nor failures. With several possible ends each has its cumulative incidence (Aalen and Johansen 1978, Scandinavian J.
Statistics 5:141-150); one minus the share that waits, worked out for one end alone, would overstate it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from harborlight.statistics.estimate import check_confidence, check_count

Floats = NDArray[np.float64]
PENDING = "pending"


@dataclass(frozen=True)
class Reached:
    """The share that has reached one end by a time, with its standard error and limits by log(-log)."""

    time: float
    share: float
    error: float
    low: float
    high: float


@dataclass(frozen=True)
class Incidence:
    """Cumulative incidence of every end. `at_risk` counts members still waiting just before each time."""

    times: tuple[float, ...]
    at_risk: tuple[int, ...]
    curves: Mapping[str, tuple[Reached, ...]]
    n: int

    def at(self, end: str, time: float) -> Reached | None:
        """What is known at a time: the last step by then. None after the last member left unfinished, where nothing is known."""
        if not self.times or (time > self.times[-1] and self.waiting > 0):
            return None
        steps = [point for point in self.curves[end] if point.time <= time]
        return steps[-1] if steps else Reached(time, 0.0, 0.0, 0.0, 0.0)

    @property
    def waiting(self) -> float:
        """The share that has reached no end by the last time."""
        return max(0.0, 1.0 - sum(curve[-1].share for curve in self.curves.values())) if self.times else 1.0


def incidence_of_counts(
    ends: Mapping[str, Sequence[int]], left: Sequence[int], times: Sequence[float] | None = None, confidence: float = 0.95
) -> Incidence:
    """Return I_j(t) = sum of S(s-) d_j(s) / n(s) for s up to t, from counts by time.

    `ends` holds for each end how many reached it at each time, `left` how many were followed no further (still waiting then);
    who leaves at a time is at risk in it. `times` are 0, 1, 2, ... where they are not given. Standard errors as in Stata's
    `stcompet` and statsmodels' `CumIncidenceRight`.
    """
    at = np.asarray(times if times is not None else range(len(left)), dtype=np.float64)
    events = {end: _counts(counts, len(at), end) for end, counts in ends.items()}
    gone = _counts(left, len(at), "left")
    if not events or (np.diff(at) <= 0).any():
        raise ValueError("there must be an end, and times must rise")
    every = np.sum(list(events.values()), axis=0)
    total = int((every + gone).sum())
    risk = total - np.concatenate([[0.0], np.cumsum(every + gone)[:-1]])
    here = risk > 0
    at, risk, every = at[here], risk[here], every[here]
    survival = np.cumprod(1 - every / risk)
    before = np.concatenate([[1.0], survival[:-1]])
    z = float(special.ndtri((1 + check_confidence(confidence)) / 2))
    curves = {end: _curve(at, risk, every, counts[here], before, z) for end, counts in events.items()}
    return Incidence(tuple(map(float, at)), tuple(map(int, risk)), curves, total)


def cumulative_incidence(time: ArrayLike, status: ArrayLike, confidence: float = 0.95) -> Incidence:
    """Return the same from single members: `status` 0 for still waiting, 1, 2, ... for the ends, which are named by their numbers."""
    days, kind = _times(time, status)
    if not np.isin(kind, np.arange(kind.max() + 1)).all() or kind.max() < 1:
        raise ValueError("status is 0 for still waiting and 1, 2, ... for ends, of which there must be one")
    at = np.unique(days)
    place = np.searchsorted(at, days)
    tables: list[list[int]] = [np.bincount(place[kind == end], minlength=len(at)).tolist() for end in range(int(kind.max()) + 1)]
    return incidence_of_counts({str(end): tables[end] for end in range(1, len(tables))}, tables[0], [float(t) for t in at], confidence)


def survival(time: ArrayLike, event: ArrayLike) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return times of events and the share still waiting after each. Kaplan and Meier 1958, J. American Statistical Association 53:457-481."""
    days, kind = _times(time, event)
    if not np.isin(kind, (0, 1)).all():
        raise ValueError("event is 1, or 0 for still waiting")
    at = np.unique(days[kind == 1])
    risk = np.array([(days >= t).sum() for t in at], dtype=np.float64)
    happened = np.array([((days == t) & (kind == 1)).sum() for t in at], dtype=np.float64)
    return tuple(map(float, at)), tuple(map(float, np.cumprod(1 - happened / risk))) if len(at) else ()


def median_time(time: ArrayLike, event: ArrayLike) -> float | None:
    """Return the first time by which at least half have the event; None where fewer than half are known to."""
    at, waiting = survival(time, event)
    return next((t for t, share in zip(at, waiting, strict=True) if share <= 0.5 + 1e-12), None)


def logrank(groups: Sequence[tuple[ArrayLike, ArrayLike]]) -> tuple[float, float]:
    """Return chi-squared and p of the hypothesis that (time, event) of every group follow one curve.

    Mantel 1966, Cancer Chemotherapy Reports 50:163-170.
    """
    if len(groups) < 2:
        raise ValueError("two groups or more are compared")
    known = [_times(*group) for group in groups]
    at = np.unique(np.concatenate([days[kind > 0] for days, kind in known]))
    risk = np.array([[(days >= t).sum() for t in at] for days, _ in known], dtype=np.float64)
    seen = np.array([[((days == t) & (kind > 0)).sum() for t in at] for days, kind in known], dtype=np.float64)
    n, d = risk.sum(axis=0), seen.sum(axis=0)
    gap = (seen - risk * d / n).sum(axis=1)[:-1]
    spread = np.where(n > 1, d * (n - d) / np.maximum(n - 1, 1), 0.0)
    share = risk / n
    cover = np.array([[(spread * share[i] * ((i == j) - share[j])).sum() for j in range(len(known) - 1)] for i in range(len(known) - 1)])
    chi2 = float(gap @ np.linalg.solve(cover, gap))
    return chi2, float(special.chdtrc(len(known) - 1, chi2))


def cox(time: ArrayLike, event: ArrayLike, factors: ArrayLike) -> tuple[tuple[float, ...], tuple[float, ...], float]:
    """Return coefficients (log ratios of rates), their standard errors and the log likelihood; ties by Efron.

    Cox 1972, J. Royal Statistical Society B 34:187-220. Uses statsmodels: at refresh only.
    """
    from statsmodels.duration.hazard_regression import PHReg

    days, kind = _times(time, event)
    fit = PHReg(days, np.asarray(factors, dtype=np.float64), status=(kind > 0).astype(int), ties="efron").fit()
    return tuple(map(float, fit.params)), tuple(map(float, fit.bse)), float(fit.llf)


def stage_flow(cohort: int, states: Mapping[str, int]) -> dict[str, int]:
    """Return how many of a cohort are in each state, with all others as `pending`: the parts always add up to the cohort."""
    counts = {state: check_count(n, state) for state, n in states.items() if state != PENDING}
    rest = check_count(cohort, "cohort") - sum(counts.values())
    if rest < 0 or states.get(PENDING, rest) != rest:
        raise ValueError(f"the states hold {cohort - rest} of a cohort of {cohort}: every member is in exactly one")
    return counts | {PENDING: rest}


def _counts(counts: Sequence[int], length: int, name: str) -> Floats:
    found = np.array([check_count(n, name) for n in counts], dtype=np.float64)
    if len(found) != length:
        raise ValueError(f"{name} must have one count for each time")
    return found


def _times(time: ArrayLike, status: ArrayLike) -> tuple[Floats, NDArray[np.int64]]:
    days, kind = np.asarray(time, dtype=np.float64), np.asarray(status).astype(np.int64)
    if days.shape != kind.shape or days.ndim != 1 or not len(days) or not np.isfinite(days).all() or (days < 0).any():
        raise ValueError("times and states must be lists of one length, times 0 or more")
    return days, kind


def _curve(at: Floats, risk: Floats, every: Floats, own: Floats, before: Floats, z: float) -> tuple[Reached, ...]:
    """Shares and standard errors of one end; `before` is the share still waiting just before each time."""
    share = np.cumsum(before * own / risk)
    others = risk - every
    # After the last member nothing is left to vary: the term is 0 there, not 0/0.
    ratio = np.divide(every, risk * others, out=np.zeros_like(risk), where=others > 0)
    step = before * own / risk**2
    variance = (
        share**2 * np.cumsum(ratio) - 2 * share * np.cumsum(share * ratio) + np.cumsum(share**2 * ratio)
        + np.cumsum(before**2 * (risk - own) * own / risk**3)
        - 2 * share * np.cumsum(step) + 2 * np.cumsum(share * step)
    )  # fmt: skip
    errors = np.sqrt(np.maximum(variance, 0.0))
    return tuple(
        Reached(float(t), float(s), float(e), *log_log_limits(float(s), float(e), z)) for t, s, e in zip(at, share, errors, strict=True)
    )


def log_log_limits(share: float, error: float, z: float) -> tuple[float, float]:
    """Limits of a share that stay within 0 and 1. Kalbfleisch and Prentice 2002, The Statistical Analysis of Failure Time Data."""
    if not 0 < share < 1 or not error > 0:
        return share, share
    reach = math.exp(z * error / (share * abs(math.log(share))))
    return share**reach, share ** (1 / reach)
