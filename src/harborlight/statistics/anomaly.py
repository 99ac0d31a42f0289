"""What is unusual in a series of counts: control bands, seasons, records and lasting changes of level.

In go counts of equal periods, out comes for each period the band that the periods just before it make usual, or the season
taken apart, or the chance that a record would have happened anyway. The square root is used because a Poisson count's root
has nearly the same spread whatever its mean, so weeks with few events and weeks with many are judged alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from harborlight.statistics.estimate import check_count, check_dispersion, check_exposure

Floats = NDArray[np.float64]
MOST_SHIFTS = 8


@dataclass(frozen=True)
class Decomposition:
    """A series as trend + season + remainder; for counts all three are on the scale sqrt(count + 3/8).

    `expected` is trend and season together, in the units of the series. `weights` near 0 mark periods that were taken as
    outliers and did not shape the rest.
    """

    trend: tuple[float, ...]
    season: tuple[float, ...]
    remainder: tuple[float, ...]
    weights: tuple[float, ...]
    expected: tuple[float, ...]


@dataclass(frozen=True)
class Level:
    """A stretch of a series without a lasting change: positions of its first and last period, and its mean count."""

    first: int
    last: int
    mean: float


def to_root(counts: ArrayLike) -> Floats:
    """Return sqrt(count + 3/8), whose variance is near 1/4 for any Poisson count. Anscombe 1948, Biometrika 35:246-254."""
    return np.sqrt(np.asarray(counts, dtype=np.float64) + 3 / 8)


def from_root(roots: ArrayLike) -> Floats:
    """Return the counts that `to_root` made these roots of, not below 0."""
    return np.maximum(np.maximum(np.asarray(roots, dtype=np.float64), 0.0) ** 2 - 3 / 8, 0.0)


def control_limits(series: Sequence[int], window: int = 8, z: float = 3.0) -> list[tuple[float, float] | None]:
    """Return for each period (low, high) = (sqrt(mean of `window` periods before) ± z/2) squared, in events.

    None for the first `window` periods. Wheeler 2016, Int. J. Police Science & Management 18(3):159-172.
    """
    counts = [check_count(k) for k in series]
    if window < 1:
        raise ValueError(f"window must be 1 period or more, not {window}")
    check_exposure(z, "z")
    limits: list[tuple[float, float] | None] = []
    for i in range(len(counts)):
        if i < window:
            limits.append(None)
            continue
        root = math.sqrt(sum(counts[i - window : i]) / window)
        limits.append((max(0.0, root - z / 2) ** 2, (root + z / 2) ** 2))
    return limits


def seasonal_decompose(
    series: Sequence[float],
    period: int = 12,
    *,
    counts: bool = True,
    robust: bool = True,
    iterations: tuple[int, int] | None = None,
    **settings: int,
) -> Decomposition:
    """Take a series of two periods or more apart into trend, season and remainder.

    STL: Cleveland, Cleveland, McRae and Terpenning 1990, J. Official Statistics 6:3-73. Without `counts` the series is taken
    as it stands. `iterations` are the inner and outer ones, `settings` the smoothing spans by statsmodels' names. Uses
    statsmodels: at refresh only.
    """
    from statsmodels.tsa.seasonal import STL

    if period < 2 or len(series) < 2 * period:
        raise ValueError(f"a season of {period} periods needs {2 * period} of them, got {len(series)}")
    values = to_root([check_count(k) for k in series]) if counts else np.asarray(series, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError("a series to take apart has a number for every period")
    inner, outer = iterations or (None, None)
    fit = STL(values, period=period, robust=robust, **settings).fit(inner_iter=inner, outer_iter=outer)
    together = np.asarray(fit.trend + fit.seasonal)
    parts = fit.trend, fit.seasonal, fit.resid, fit.weights, from_root(together) if counts else together
    return Decomposition(*(tuple(float(x) for x in part) for part in parts))


def scan_probability(count: int, mean: float, windows: float) -> float:
    """Return the chance that somewhere in `windows` windows' time a moving window holds `count` events or more.

    `mean` is the usual count of one window, wherever it begins. Answers "six in a week has never happened" when nobody said
    beforehand which week. Naus 1982, J. American Statistical Association 77:177-183, for Poisson events.
    """
    n, psi = check_count(count), check_exposure(mean, "mean")
    if not windows >= 2:
        raise ValueError(f"a scan needs the time of two windows or more, not {windows}")
    if n < 2:
        return 1.0 if n == 0 else -math.expm1(-psi * windows)
    two, three = _none_in_windows(n, psi)
    if not 0 < three <= two:
        return 1.0
    return min(1.0, max(0.0, 1 - two * math.pow(three / two, windows - 2)))


def record_probability(
    count: int, mean: float, windows: int, extreme: Literal["most", "least"] = "most", dispersion: float = 1.0
) -> float:
    """Return the chance that one of `windows` separate windows holds `count` events or more ("most"), or fewer ("least").

    For calendar months or weeks: "the lowest month ever" must name how many months were looked at. At a dispersion above 1
    the counts are negative binomial with variance dispersion x mean.
    """
    n, psi, phi = check_count(count), check_exposure(mean, "mean"), check_dispersion(dispersion)
    if check_count(windows, "windows") < 1 or extreme not in ("most", "least"):
        raise ValueError("a record needs one window or more, and extreme is 'most' or 'least'")
    tail = _at_least(n, psi, phi) if extreme == "most" else 1 - _at_least(n + 1, psi, phi)
    return -math.expm1(windows * math.log1p(-tail)) if tail < 1 else 1.0


def level_shifts(
    series: Sequence[int], shifts: int | None = None, shortest: int = 6, dispersion: float = 1.0
) -> list[Level]:
    """Return the stretches of a series between lasting changes of level, oldest first.

    Least squares on roots over all ways to cut. With `shifts` None as many as pay 3 log(periods) times the variance of
    chance each (at most eight), none if none does. Seasons look like shifts: give yearly or seasonally adjusted counts.
    """
    counts, phi = np.array([check_count(k) for k in series], dtype=np.float64), check_dispersion(dispersion)
    n = len(counts)
    if shortest < 1 or n < shortest * ((shifts or 0) + 1) or (shifts is not None and shifts < 0):
        raise ValueError(f"{n} periods cannot be cut into stretches of {shortest}")
    most = min(MOST_SHIFTS, n // shortest - 1) if shifts is None else shifts
    costs, cuts = _best_cuts(to_root(counts), most, shortest)
    chosen = most if shifts is not None else int(np.argmin(costs + 3 * math.log(n) * phi / 4 * np.arange(most + 1)))
    edges = [n]
    for k in range(chosen, 0, -1):
        edges.append(int(cuts[k, edges[-1]]))
    edges = [*edges, 0][::-1]
    return [Level(a, b - 1, float(counts[a:b].mean())) for a, b in zip(edges, edges[1:], strict=False)]


def _at_least(count: int, mean: float, phi: float) -> float:
    if count == 0:
        return 1.0
    if phi > 1:
        return float(special.betainc(count, mean / (phi - 1), 1 - 1 / phi))
    return float(special.gammainc(count, mean))


def _none_in_windows(n: int, psi: float) -> tuple[float, float]:
    """Naus's exact chances that in the time of two and of three windows no moving window holds `n` events."""
    numbers = np.arange(2 * n + 1)
    pmf = np.exp(special.xlogy(numbers, psi) - psi - special.gammaln(numbers + 1))

    def p(k: int) -> float:
        return float(pmf[k]) if k >= 0 else 0.0

    def below(k: int) -> float:
        return float(special.gammaincc(k + 1, psi)) if k >= 0 else 0.0

    two = below(n - 1) ** 2 - (n - 1) * p(n) * p(n - 2) - (n - 1 - psi) * p(n) * below(n - 3)
    a1 = 2 * p(n) * below(n - 1) * ((n - 1) * below(n - 2) - psi * below(n - 3))
    squares = (n - 1) * (n - 2) * below(n - 3) - 2 * (n - 2) * psi * below(n - 4) + psi**2 * below(n - 5)
    a2 = p(n) ** 2 / 2 * squares
    a3 = sum(p(2 * n - r) * below(r - 1) ** 2 for r in range(1, n))
    a4 = sum(p(2 * n - r) * p(r) * ((r - 1) * below(r - 2) - psi * below(r - 3)) for r in range(2, n))
    return two, below(n - 1) ** 3 - a1 + a2 + a3 - a4


def _best_cuts(values: Floats, most: int, shortest: int) -> tuple[Floats, NDArray[np.int_]]:
    """Least sum of squares with 0 to `most` cuts, and for each number of cuts and each end where the last cut lies."""
    n = len(values)
    sums, squares = np.append(0.0, np.cumsum(values)), np.append(0.0, np.cumsum(values**2))
    best = np.full((most + 1, n + 1), np.inf)
    cuts = np.zeros((most + 1, n + 1), dtype=int)
    for end in range(shortest, n + 1):
        starts = np.arange(0, end - shortest + 1)
        cost = squares[end] - squares[starts] - (sums[end] - sums[starts]) ** 2 / (end - starts)
        best[0, end] = cost[0]
        for k in range(1, most + 1):
            total = best[k - 1, starts] + cost
            cuts[k, end] = starts[int(np.argmin(total))]
            best[k, end] = total.min()
    return best[:, n], cuts
