"""Whether two counts differ by more than chance.

In go two counts with their exposures (days, person-years: the same unit for both) and a dispersion factor;
out come the ratio with its interval, a p-value and one of three words. One method decides all three, so a
page can never show an interval that contains "no change" beside the word "lower"; tests known by other
people's names are in `poisson_tests.py`.

The method. Given the total k1 + k2, k1 is binomial with share q = e1 r / (e1 r + e2), where r is the rate
ratio. At dispersion 1 the interval is Clopper and Pearson's (1934) for q, carried over to r, and p is twice
the smaller binomial tail. At dispersion phi > 1 the interval is log r ± z sqrt(phi (1/k1 + 1/k2)) and p is
its normal tail. Where phi is itself an estimate (a `Dispersion`, which knows its degrees of freedom), Student's t
takes the place of the normal, z included: an estimate from few months is often too small, and z would then call
chance a change too often. A logarithm says nothing of a count below one effective event (k < phi, zero included): there
the exact method is used on k1/phi and k2/phi, which keeps "fewer events" from ever meaning "less evidence of
a fall".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal, Self

import numpy as np
from scipy import special

from harborlight.statistics.estimate import (
    SMALL_COUNT,
    UNSTABLE_COUNT,
    Estimate,
    Flag,
    check_confidence,
    check_count,
    check_dispersion,
    check_exposure,
)

Verdict = Literal["higher", "lower", "no_clear_change"]
MONTHS_FOR_DISPERSION = 36
MOST_RISE = 1_000_000
# Beyond this no float holds the range: a dispersion with hardly a degree of freedom says nothing of a ratio.
LARGEST_EXPONENT = 700.0


class Dispersion(float):
    """A dispersion factor estimated from a series: a number like any other that knows its degrees of freedom.

    A plain number stands for a factor that is known.
    """

    degrees: float

    def __new__(cls, value: float, degrees: float) -> Self:
        made = super().__new__(cls, value)
        made.degrees = degrees
        return made


def rate_ratio(k1: int, e1: float, k2: int, e2: float, confidence: float = 0.95, dispersion: float = 1.0) -> Estimate:
    """Return (k1/e1) / (k2/e2) with its interval; the method is the module's.

    The value is None for 0 against 0 and infinite for k1 against 0. Flags: `small_count` under 10 events on
    either side, `unstable` under 20, `zero_base` for k2 = 0, `overdispersed` for a dispersion above 1.
    """
    k1, e1, k2, e2 = _check_pair(k1, e1, k2, e2)
    alpha, phi = 1 - check_confidence(confidence), check_dispersion(dispersion)
    if _is_log_normal(k1, k2, phi):
        value: float | None = (k1 / e1) / (k2 / e2)
        exponent = _reach(alpha, dispersion) * _log_error(k1, k2, phi)
        reach = math.exp(exponent) if exponent < LARGEST_EXPONENT else math.inf
        low, high = (k1 / e1) / (k2 / e2) / reach, (k1 / e1) / (k2 / e2) * reach
        method = "log rate ratio, variance times dispersion"
    else:
        value = (k1 / e1) / (k2 / e2) if k2 else (math.inf if k1 else None)
        low, high = _conditional_limits(k1 / phi, k2 / phi, alpha, e2 / e1)
        method = "exact conditional (Clopper-Pearson)" + (", counts over dispersion" if phi > 1 else "")
    return Estimate(
        value=value, low=low, high=high, confidence=confidence, unit="ratio of rates", method=method,
        n_events=k1 + k2, exposure=e1 + e2, flags=_flags(k1, k2, phi),
    )  # fmt: skip


def exact_test(k1: int, e1: float, k2: int, e2: float, dispersion: float = 1.0) -> float:
    """Return the two-sided p-value for equal rates, the one that agrees with `rate_ratio`'s interval.

    p < 0.05 exactly when the 95 % interval leaves 1 out. 0 against 0 gives 1.
    """
    k1, e1, k2, e2 = _check_pair(k1, e1, k2, e2)
    phi = check_dispersion(dispersion)
    if _is_log_normal(k1, k2, phi):
        z = math.log((k1 / e1) / (k2 / e2)) / _log_error(k1, k2, phi)
        return 2 * _tail(abs(z), dispersion)
    if k1 + k2 == 0:
        return 1.0
    c1, c2, share = k1 / phi, k2 / phi, e1 / (e1 + e2)
    at_most = float(special.betainc(c2, c1 + 1, e2 / (e1 + e2))) if k2 else 1.0
    at_least = float(special.betainc(c1, c2 + 1, share)) if k1 else 1.0
    return min(1.0, 2 * min(at_most, at_least))


def verdict(k1: int, e1: float, k2: int, e2: float, dispersion: float = 1.0, confidence: float = 0.95) -> Verdict:
    """Say whether the rate of window 1 is higher or lower than that of window 2, or neither clearly."""
    if exact_test(k1, e1, k2, e2, dispersion) >= 1 - check_confidence(confidence):
        return "no_clear_change"
    return "higher" if k1 * e2 > k2 * e1 else "lower"


def detectable(
    k2: int, e1: float, e2: float, dispersion: float = 1.0, confidence: float = 0.95
) -> tuple[int | None, int | None]:
    """Return (fall_below, rise_above): what a later count had to pass to be called lower or higher.

    A later count k1 is `lower` exactly when k1 < fall_below and `higher` exactly when k1 > rise_above. The
    first is None where not even zero events would be called lower, the second where no count within reach would be called higher.
    """
    check_count(k2, "k2")
    unchanged = k2 * check_exposure(e1, "e1") / check_exposure(e2, "e2")
    fall_below: int | None = None
    for k1 in range(math.ceil(unchanged), -1, -1):
        if verdict(k1, e1, k2, e2, dispersion, confidence) == "lower":
            fall_below = k1 + 1
            break
    return fall_below, _last_unclear(math.floor(unchanged), lambda k1: verdict(k1, e1, k2, e2, dispersion, confidence) == "higher")


def _last_unclear(start: int, is_higher: Callable[[int], bool]) -> int | None:
    """The last count from `start` up that is not called higher, by doubling and halving; None where none is within reach.

    A dispersion estimated from a handful of events has so few degrees of freedom that no rise is ever told from chance.
    """
    low, step = start, 1
    while not is_higher(low + step):
        low, step = low + step, step * 2
        if low > MOST_RISE:
            return None
    high = low + step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_higher(middle) else (middle, high)
    return low


def percent_change(current: int, past: int, base: int = UNSTABLE_COUNT) -> float | None:
    """Return the change from `past` to `current` in percent, or None where either count is under `base`.

    For windows of equal length; never stored, always made from the two counts that stand beside it.
    """
    current, past = check_count(current, "current"), check_count(past, "past")
    if min(current, past) < max(1, base):
        return None
    return (current - past) / past * 100


def poisson_z(current: int, past: int) -> float:
    """Return 2 (sqrt(current) - sqrt(past)), about standard normal if nothing changed; 3 is worth a look.

    For screening many series of equal exposure. Wheeler 2016, Int. J. Police Science & Management
    18(3):159-172.
    """
    return 2 * (math.sqrt(check_count(current, "current")) - math.sqrt(check_count(past, "past")))


def dispersion(series: Sequence[int]) -> Dispersion:
    """Return how much more monthly counts vary than chance: Pearson's chi-square over degrees of freedom.

    `series` is monthly, oldest first, without gaps, 36 months or more; whole years ending with the last month
    are used. The fit is the Poisson regression with year and month-of-year effects, whose maximum likelihood
    solution for whole years is closed: expected = year's total x month's total / total. 1 is pure chance; a
    steep trend inside a year counts as dispersion, which errs on the side of "no clear change". Its degrees of
    freedom are those of the table, less what the excess kurtosis of a negative binomial with this mean and phi takes.
    """
    counts = np.array([check_count(k, "monthly count") for k in series], dtype=float)
    if len(counts) < MONTHS_FOR_DISPERSION:
        raise ValueError(f"dispersion needs {MONTHS_FOR_DISPERSION} months, got {len(counts)}")
    table = counts[len(counts) % 12 :].reshape(-1, 12)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    years, months = table.shape
    if years < 2 or months < 2:
        return Dispersion(1.0, math.inf)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    degrees = (years - 1) * (months - 1)
    phi = float(((table - expected) ** 2 / expected).sum() / degrees)
    # A variance estimated from skewed counts is worth fewer degrees: Var(s^2) = sigma^4 (2/df + kurtosis/n).
    excess = (6 * max(0.0, phi - 1) + 1 / max(1.0, phi)) / float(table.mean())
    return Dispersion(phi, degrees / (1 + excess / 2))


def _check_pair(k1: int, e1: float, k2: int, e2: float) -> tuple[int, float, int, float]:
    return check_count(k1, "k1"), check_exposure(e1, "e1"), check_count(k2, "k2"), check_exposure(e2, "e2")


def _is_log_normal(k1: int, k2: int, phi: float) -> bool:
    """Whether the log scale decides: only when counts cluster and both hold an effective event."""
    return phi > 1 and min(k1, k2) >= phi


def _degrees(dispersion: float) -> float:
    return dispersion.degrees if isinstance(dispersion, Dispersion) else math.inf


def _reach(alpha: float, dispersion: float) -> float:
    """How many standard errors leave alpha/2 on each side: z, or Student's t for an estimated dispersion."""
    degrees = _degrees(dispersion)
    return float(special.ndtri(1 - alpha / 2) if math.isinf(degrees) else special.stdtrit(degrees, 1 - alpha / 2))


def _tail(z: float, dispersion: float) -> float:
    """Share of the distribution beyond `z` standard errors, on one side."""
    degrees = _degrees(dispersion)
    return float(special.ndtr(-z) if math.isinf(degrees) else special.stdtr(degrees, -z))


def _log_error(k1: int, k2: int, phi: float) -> float:
    return math.sqrt(phi * (1 / k1 + 1 / k2))


def _conditional_limits(c1: float, c2: float, alpha: float, exposure_ratio: float) -> tuple[float, float]:
    """Clopper-Pearson limits of the share c1 / (c1 + c2), as ratios of rates. Counts may be fractions."""
    low, high = 0.0, math.inf
    if c1 > 0:
        share = float(special.betaincinv(c1, c2 + 1, alpha / 2))
        low = share / (1 - share) * exposure_ratio
    if c2 > 0:
        rest = float(special.betaincinv(c2, c1 + 1, alpha / 2))
        high = (1 - rest) / rest * exposure_ratio
    return low, high


def _flags(k1: int, k2: int, phi: float) -> tuple[Flag, ...]:
    flags: list[Flag] = []
    if min(k1, k2) < SMALL_COUNT:
        flags.append("small_count")
    elif min(k1, k2) < UNSTABLE_COUNT:
        flags.append("unstable")
    if k2 == 0:
        flags.append("zero_base")
    if phi > 1:
        flags.append("overdispersed")
    return tuple(flags)
