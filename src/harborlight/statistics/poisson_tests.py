"""Tests of two Poisson counts that others use by name, so that their published numbers can be reproduced.

In go two counts with exposures, out comes a p-value or an interval. No page decides anything by these: the
verdict has one method (`change.py`), and two sites that quote "the E-test" may mean two different statistics.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from harborlight.statistics.estimate import Estimate, check_confidence, check_count, check_exposure

Floats = NDArray[np.float64]
LARGEST_ENUMERATED = 20_000


def difference_statistic(k1: int, e1: float, k2: int, e2: float, statistic: Literal["wald", "score"] = "wald") -> float:
    """Return the E-test's statistic: the difference of rates over its standard error; 0 for 0 against 0."""
    if statistic not in ("wald", "score"):
        raise ValueError(f"statistic is 'wald' or 'score', not {statistic!r}")
    first, second = float(check_count(k1, "k1")), float(check_count(k2, "k2"))
    e1, e2 = check_exposure(e1, "e1"), check_exposure(e2, "e2")
    return float(_difference(np.array([first]), e1, np.array([second]), e2, statistic)[0, 0])


def poisson_difference_test(
    k1: int, e1: float, k2: int, e2: float, statistic: Literal["wald", "score"] = "wald"
) -> float:
    """Return the two-sided p-value of the E-test for equal rates.

    Krishnamoorthy and Thomson 2004, J. Statistical Planning and Inference 119:23-35.

    `wald` is the statistic of the paper (variance from each count), `score` pools the variance; they agree
    for equal exposures only. The null distribution is summed outcome by outcome; above 20,000 events the
    normal tail of the same statistic is used. 0 against 0 gives 1.
    """
    observed = abs(difference_statistic(k1, e1, k2, e2, statistic))
    if k1 + k2 == 0:
        return 1.0
    if k1 + k2 > LARGEST_ENUMERATED:
        return float(2 * special.ndtr(-observed))
    rate = (k1 + k2) / (e1 + e2)
    x1, p1 = _poisson(rate * e1)
    x2, p2 = _poisson(rate * e2)
    at_least = np.abs(_difference(x1, e1, x2, e2, statistic)) >= observed * (1 - 1e-12)
    return min(1.0, float(p1 @ at_least @ p2))


def rate_ratio_test(
    k1: int, e1: float, k2: int, e2: float, method: Literal["wald", "score", "wald_log", "sqrt"] = "score"
) -> float:
    """Return the two-sided normal p-value for equal rates.

    Gu, Ng, Tang and Schucany 2008, Biometrical Journal 50(2):283-298.
    `wald_log` is undefined (ValueError) when a count is zero. 0 against 0 gives 1.
    """
    k1, k2 = check_count(k1, "k1"), check_count(k2, "k2")
    d = check_exposure(e1, "e1") / check_exposure(e2, "e2")
    if method == "wald_log" and min(k1, k2) == 0:
        raise ValueError("wald_log needs both counts above 0; use exact_test")
    if k1 + k2 == 0:
        return 1.0
    match method:
        case "wald":
            z = (k1 - k2 * d) / math.sqrt(k1 + k2 * d * d)
        case "score":
            z = (k1 - k2 * d) / math.sqrt((k1 + k2) * d)
        case "wald_log":
            z = (math.log(k1 / k2) - math.log(d)) / math.sqrt(1 / k1 + 1 / k2)
        case "sqrt":
            z = 2 * (math.sqrt(k1 + 3 / 8) - math.sqrt((k2 + 3 / 8) * d)) / math.sqrt(1 + d)
        case _:
            raise ValueError(f"method is 'wald', 'score', 'wald_log' or 'sqrt', not {method!r}")
    return float(2 * special.ndtr(-abs(z)))


def rate_ratio_score(k1: int, e1: float, k2: int, e2: float, confidence: float = 0.95) -> Estimate:
    """Return the rate ratio with its score interval: all ratios that the score test does not reject.

    ValueError when a count is zero, where the interval degenerates; `change.rate_ratio` is exact there.
    """
    k1, k2 = check_count(k1, "k1"), check_count(k2, "k2")
    d = check_exposure(e1, "e1") / check_exposure(e2, "e2")
    if min(k1, k2) == 0:
        raise ValueError("the score interval needs both counts above 0; use change.rate_ratio")
    z2 = float(special.ndtri((1 + check_confidence(confidence)) / 2)) ** 2
    # (k1 - k2 t)^2 = z^2 (k1 + k2) t, solved for t = ratio x e1 / e2.
    middle = k1 * k2 + z2 * (k1 + k2) / 2
    root = math.sqrt(middle**2 - (k1 * k2) ** 2)
    low, high = (middle - root) / k2**2 / d, (middle + root) / k2**2 / d
    return Estimate(
        value=k1 / k2 / d, low=low, high=high, confidence=confidence, unit="ratio of rates",
        method="score (Gu et al. 2008)", n_events=k1 + k2, exposure=e1 + e2,
    )  # fmt: skip


def rate_ratio_log(k1: int, e1: float, k2: int, e2: float, confidence: float = 0.95) -> Estimate:
    """Return the rate ratio with its Wald interval on the log scale, as epidemiologists' textbooks give it.

    ValueError when a count is zero, where it is undefined; `change.rate_ratio` is exact there.
    """
    k1, k2 = check_count(k1, "k1"), check_count(k2, "k2")
    e1, e2 = check_exposure(e1, "e1"), check_exposure(e2, "e2")
    if min(k1, k2) == 0:
        raise ValueError("the log interval needs both counts above 0; use change.rate_ratio")
    ratio = (k1 / e1) / (k2 / e2)
    reach = math.exp(float(special.ndtri((1 + check_confidence(confidence)) / 2)) * math.sqrt(1 / k1 + 1 / k2))
    return Estimate(
        value=ratio, low=ratio / reach, high=ratio * reach, confidence=confidence, unit="ratio of rates",
        method="log rate ratio (Wald)", n_events=k1 + k2, exposure=e1 + e2,
    )  # fmt: skip


def _difference(x1: Floats, e1: float, x2: Floats, e2: float, statistic: str) -> Floats:
    """The difference of rates over its standard error for every pair of counts; 0 where both counts are 0."""
    first, second = x1[:, None], x2[None, :]
    pooled = (first + second) / (e1 + e2) * (1 / e1 + 1 / e2)
    variance = first / e1**2 + second / e2**2 if statistic == "wald" else pooled
    both_zero = first + second == 0
    return np.where(both_zero, 0.0, (first / e1 - second / e2) / np.sqrt(np.where(both_zero, 1.0, variance)))


def _poisson(mean: float) -> tuple[Floats, Floats]:
    """Counts that hold all but about 1e-14 of the probability, with their probabilities."""
    reach = 8 * math.sqrt(mean) + 25
    counts = np.arange(max(0, math.floor(mean - reach)), math.ceil(mean + reach) + 1, dtype=float)
    return counts, np.exp(special.xlogy(counts, mean) - mean - special.gammaln(counts + 1))
