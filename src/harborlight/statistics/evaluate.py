"""What a programme may have changed, in events: the weighted displacement difference and its relatives.

In go counts before and after, in the places of a programme and in places that it is compared with; out come `Effect`s, which
are estimates that know their standard error. Below 0 means fewer events than the comparison leads one to expect. All of these
take counts for Poisson (inflated by `dispersion`) and suppose that without the programme both sides would have changed by the
same number of events.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from harborlight.statistics.estimate import (
    SMALL_COUNT,
    UNSTABLE_COUNT,
    Estimate,
    Flag,
    check_amount,
    check_confidence,
    check_dispersion,
    check_exposure,
)

Pair = Sequence[float]
NOTHING = (0.0, 0.0)
WEIGHT_NAMES = ("control", "treated", "control of the displacement areas", "displacement areas")


@dataclass(frozen=True)
class Effect(Estimate):
    """An estimate with its standard error: of the difference in events, or of the logarithm where the value is a ratio.

    `p_value` is two-sided for "no effect"; None where there is none to give.
    """

    error: float = math.nan
    p_value: float | None = None

    @property
    def z(self) -> float:
        """How many standard errors the value lies from no effect."""
        away = self.value if self.unit == "events" else None if not self.value else math.log(self.value)
        return math.nan if away is None or not self.error else away / self.error


@dataclass(frozen=True)
class DisplacementDifference:
    """`local`: in the programme's places. `displaced`: in the places around them. `total`: both."""

    local: Effect
    displaced: Effect
    total: Effect


def wdd(
    control: Pair, treated: Pair, disp_control: Pair = NOTHING, disp_treated: Pair = NOTHING,
    time_weights: Pair = (1.0, 1.0), area_weights: Sequence[float] = (1.0, 1.0, 1.0, 1.0), dispersion: float = 1.0,
    confidence: float = 0.95,
) -> DisplacementDifference:
    """Return the weighted displacement difference of pairs (before, after), in events per unit of weight.

    Each count is divided by its weights: `time_weights` for before and after (2, 1: two years before, one after),
    `area_weights` for control, treated, control of the displacement areas, displacement areas. The variance is the sum of the
    counts over their squared weights. Wheeler and Ratcliffe 2018, Crime Science 7:11.
    """  # fmt: skip
    times = [check_exposure(weight, "a time weight") for weight in time_weights]
    if len(times) != 2 or len(area_weights) != 4:
        raise ValueError("write two time weights and four area weights")
    areas = [check_exposure(weight, f"the weight of {name}") for weight, name in zip(area_weights, WEIGHT_NAMES, strict=True)]
    pairs = [_pair(pair) for pair in (control, treated, disp_control, disp_treated)]
    changes = [pair[1] / (area * times[1]) - pair[0] / (area * times[0]) for pair, area in zip(pairs, areas, strict=True)]
    spreads = [
        pair[1] / (area * times[1]) ** 2 + pair[0] / (area * times[0]) ** 2 for pair, area in zip(pairs, areas, strict=True)
    ]
    phi = check_dispersion(dispersion)
    local, displaced = changes[1] - changes[0], changes[3] - changes[2]
    near, far = phi * (spreads[0] + spreads[1]), phi * (spreads[2] + spreads[3])
    n = [int(sum(pairs[0]) + sum(pairs[1])), int(sum(pairs[2]) + sum(pairs[3]))]
    flags = _flags([*pairs[0], *pairs[1]], phi)
    method = "weighted displacement difference"
    return DisplacementDifference(
        replace(difference_effect(local, math.sqrt(near), confidence, method), n_events=n[0], flags=flags),
        replace(difference_effect(displaced, math.sqrt(far), confidence, method), n_events=n[1], flags=flags),
        replace(difference_effect(local + displaced, math.sqrt(near + far), confidence, method), n_events=sum(n), flags=flags),
    )


def wdd_harm(
    harm: Sequence[float], control: Sequence[Pair], treated: Sequence[Pair], disp_control: Sequence[Pair] = (),
    disp_treated: Sequence[Pair] = (), dispersion: float = 1.0, confidence: float = 0.95,
) -> DisplacementDifference:
    """Return the weighted displacement difference summed over kinds of crime, each counted `harm` times.

    One weight and one pair (before, after) for each kind; the variance of a kind is multiplied by its squared weight. The unit is
    that of the weights (days of prison, for instance). Wheeler and Ratcliffe 2018.
    """  # fmt: skip
    weights = [check_amount(weight, "a harm weight") for weight in harm]
    empty = [NOTHING] * len(weights)
    kinds = [
        wdd(*pairs, dispersion=dispersion, confidence=confidence)
        for pairs in zip(control, treated, disp_control or empty, disp_treated or empty, strict=True)
    ]
    if not weights or len(kinds) != len(weights):
        raise ValueError("write one weight for each kind of crime")

    def total(name: str) -> Effect:
        parts: list[Effect] = [getattr(kind, name) for kind in kinds]
        value = sum(weight * (part.value or 0.0) for weight, part in zip(weights, parts, strict=True))
        error = math.sqrt(sum((weight * part.error) ** 2 for weight, part in zip(weights, parts, strict=True)))
        made = difference_effect(value, error, confidence, "weighted displacement difference, by harm")
        return replace(made, unit="harm", n_events=sum(part.n_events for part in parts))

    return DisplacementDifference(total("local"), total("displaced"), total("total"))


@dataclass(frozen=True)
class CumulativeDifference:
    """Treated less control so far, in events and by period, and their ratio."""

    difference: Effect
    per_period: float
    ratio: Effect


def cumulative_difference(
    cum_treated: float, cum_control: float, periods: int, dispersion: float = 1.0, confidence: float = 0.95
) -> CumulativeDifference:
    """Return how far the treated place has moved from its control since the start, both of the same level before.

    Poisson difference and log ratio, as in Wheeler's cumulative charts.
    """
    treated, control = _pair((cum_treated, cum_control))
    if periods < 1:
        raise ValueError(f"periods must be 1 or more, not {periods}")
    phi = check_dispersion(dispersion)
    n = int(treated + control)
    difference = difference_effect(treated - control, math.sqrt(phi * (treated + control)), confidence, "difference of sums")
    error = math.sqrt(phi * (1 / treated + 1 / control)) if treated and control else math.inf
    ratio = ratio_effect(treated / control if control else None, error, confidence, "ratio of sums")
    return CumulativeDifference(replace(difference, n_events=n), (treated - control) / periods, replace(ratio, n_events=n))


def displacement(
    areas: tuple[Pair, Pair], rings: Sequence[tuple[Pair, Pair]], ring_weights: Sequence[float] | None = None,
    time_weights: Pair = (1.0, 1.0), dispersion: float = 1.0, confidence: float = 0.95,
) -> tuple[Effect, ...]:
    """Return the effect inside, in each ring around it, and in all together: 2 + the number of rings.

    `areas` and each of `rings` are (treated, control) with (before, after) each; every ring has a control of its own, so that the
    parts are independent. `ring_weights` says how many times larger each control is than what it is a control of, inside
    first. A ring above 0 speaks for displacement, below 0 for a benefit that spreads (Guerette and Bowers 2009).
    """  # fmt: skip
    sides = [areas, *rings]
    weights = [1.0] * len(sides) if ring_weights is None else [check_exposure(weight, "a ring weight") for weight in ring_weights]
    if len(weights) != len(sides):
        raise ValueError("write one weight for the inside and one for each ring")
    parts = [
        wdd(control, treated, time_weights=time_weights, area_weights=(weight, 1.0, 1.0, 1.0), dispersion=dispersion, confidence=confidence).local
        for (treated, control), weight in zip(sides, weights, strict=True)
    ]
    error = math.sqrt(sum(part.error**2 for part in parts))
    total = difference_effect(sum(part.value or 0.0 for part in parts), error, confidence, "weighted displacement difference, all rings")
    return *parts, replace(total, n_events=sum(part.n_events for part in parts))


def did_means(
    treated_before: Sequence[float], treated_after: Sequence[float], control_before: Sequence[float], control_after: Sequence[float]
) -> float:
    """Return the difference in differences of means, in the unit of the outcome. Card and Krueger 1994, table 3."""
    means = []
    for values in (treated_before, treated_after, control_before, control_after):
        array = np.asarray(values, dtype=np.float64)
        if not array.size or not np.isfinite(array).all():
            raise ValueError("each of the four needs one number or more, none missing")
        means.append(float(array.mean()))
    return (means[1] - means[0]) - (means[3] - means[2])


# ------------------------------------------------------------------------------------------------ effects


def difference_effect(value: float, error: float, confidence: float, method: str) -> Effect:
    """A difference in events with its normal interval."""
    reach = float(special.ndtri(1 - (1 - check_confidence(confidence)) / 2)) * error
    p = float(2 * special.ndtr(-abs(value) / error)) if error else None
    return Effect(
        value=value, low=value - reach, high=value + reach, confidence=confidence, unit="events", method=method, error=error, p_value=p,
    )  # fmt: skip


def ratio_effect(value: float | None, error: float, confidence: float, method: str, degrees: float = math.inf) -> Effect:
    """A ratio with its interval on the log scale; `degrees` below infinity takes Student's t for the normal."""
    alpha = 1 - check_confidence(confidence)
    if not value or not math.isfinite(error):
        return Effect(value=value, low=0.0, high=math.inf, confidence=confidence, unit="ratio", method=method, error=error)
    is_normal = math.isinf(degrees)
    reach = error * float(special.ndtri(1 - alpha / 2) if is_normal else special.stdtrit(degrees, 1 - alpha / 2))
    away = -abs(math.log(value)) / error
    p = 2 * float(special.ndtr(away) if is_normal else special.stdtr(degrees, away))
    return Effect(
        value=value, low=value * math.exp(-reach), high=value * math.exp(reach), confidence=confidence, unit="ratio", method=method,
        error=error, p_value=p,
    )  # fmt: skip


def _pair(pair: Pair) -> tuple[float, float]:
    before, after = (check_amount(count, "a count") for count in pair)
    return before, after


def _flags(counts: Sequence[float], phi: float) -> tuple[Flag, ...]:
    flags: list[Flag] = []
    if min(counts) < SMALL_COUNT:
        flags.append("small_count")
    elif min(counts) < UNSTABLE_COUNT:
        flags.append("unstable")
    if phi > 1:
        flags.append("overdispersed")
    return tuple(flags)
