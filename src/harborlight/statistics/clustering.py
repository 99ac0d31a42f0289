"""Whether events cluster at all, in space and in time, and how good a map of hot spots was.

In go points, times or weights between areas, out come the published statistics by name. Pages use the near-repeat test and
the accuracy of a map; the global statistics and the clusters of points are for those who check our numbers with theirs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
RUNS = 999


@dataclass(frozen=True)
class Knox:
    """Pairs of events that are close in space and in time, against what chance would give.

    `near` of all `pairs` are both; `in_space` and `in_time` are one of the two. `expected` is their product over all pairs,
    `ratio` is near over the mean of the shuffled runs, `p_value` (b + 1)/(runs + 1) counts runs with as many pairs or more.
    """

    near: int
    in_space: int
    in_time: int
    pairs: int
    expected: float
    ratio: float | None
    p_value: float
    p_poisson: float


def knox(
    x: ArrayLike, y: ArrayLike, times: ArrayLike, distance: float, lag: float, runs: int = RUNS, seed: int = 1
) -> Knox:
    """Test for near repeats: whether events within `distance` of each other come within `lag` more often than by chance.

    Knox 1964, Applied Statistics 13:25-29. x, y and `distance` share a flat unit, `times` and `lag` share one; both limits
    are inclusive. Times are shuffled on a copy, with a fixed seed, so that the same data give the same p-value.
    """
    when = np.array(times, dtype=np.float64)
    n = len(when)
    if n < 2 or runs < 1:
        raise ValueError("a near-repeat test needs two events and one run or more")
    tree = cKDTree(np.column_stack([np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)]))
    close = tree.query_pairs(distance, output_type="ndarray")
    first, second = close[:, 0], close[:, 1]

    def near(order: Floats) -> int:
        return int((np.abs(order[first] - order[second]) <= lag).sum())

    ordered = np.sort(when)
    in_time = int((np.searchsorted(ordered, ordered + lag, side="right") - np.arange(n) - 1).sum())
    observed, pairs = near(when), n * (n - 1) // 2
    random = np.random.default_rng(seed)
    shuffled = [near(random.permutation(when)) for _ in range(runs)]
    mean, expected = sum(shuffled) / runs, len(close) * in_time / pairs
    return Knox(
        near=observed, in_space=len(close), in_time=in_time, pairs=pairs, expected=expected,
        ratio=observed / mean if mean else None, p_value=(sum(k >= observed for k in shuffled) + 1) / (runs + 1),
        p_poisson=float(special.gammainc(observed, expected)) if observed else 1.0,
    )  # fmt: skip


def global_g(values: ArrayLike, weights: ArrayLike) -> tuple[float, float]:
    """Return Getis and Ord's G of all places, and the one-sided p-value of its normal approximation.

    `weights` is a square matrix without a diagonal. Getis and Ord 1992, Geographical Analysis 24:189-206.
    """
    x, w = _check_weights(values, weights)
    n, sums = len(x), [float((x**power).sum()) for power in range(5)]
    s0, s1, s2 = _weight_sums(w)
    crossed = sums[1] ** 2 - sums[2]
    g, expected = float(x @ w @ x) / crossed, s0 / (n * (n - 1))
    b = (
        (n * n - 3 * n + 3) * s1 - n * s2 + 3 * s0**2,
        -((n * n - n) * s1 - 2 * n * s2 + 6 * s0**2),
        -(2 * n * s1 - (n + 3) * s2 + 6 * s0**2),
        4 * (n - 1) * s1 - 2 * (n + 1) * s2 + 8 * s0**2,
        s1 - s2 + s0**2,
    )
    moments = (sums[2] ** 2, sums[4], sums[1] ** 2 * sums[2], sums[1] * sums[3], sums[1] ** 4)
    second = sum(factor * moment for factor, moment in zip(b, moments, strict=True))
    variance = second / (crossed**2 * n * (n - 1) * (n - 2) * (n - 3)) - expected**2
    return g, float(special.ndtr(-abs(g - expected) / math.sqrt(variance)))


def morans_i(values: ArrayLike, weights: ArrayLike) -> tuple[float, float, float]:
    """Return Moran's I with rows of the weights made to sum to 1, its expectation, and a two-sided normal p-value.

    Moran 1950, Biometrika 37:17-23; the variance is the one under normality (Cliff and Ord 1981).
    """
    x, w = _check_weights(values, weights)
    rows = w.sum(axis=1, keepdims=True)
    w = np.divide(w, rows, out=np.zeros_like(w), where=rows > 0)
    n, z = len(x), x - x.mean()
    s0, s1, s2 = _weight_sums(w)
    i, expected = n / s0 * float(z @ w @ z) / float(z @ z), -1 / (n - 1)
    variance = (n * n * s1 - n * s2 + 3 * s0**2) / ((n - 1) * (n + 1) * s0**2) - expected**2
    return i, expected, float(2 * special.ndtr(-abs(i - expected) / math.sqrt(variance)))


def find_clusters(points: ArrayLike, distance: float, fewest: int) -> list[int]:
    """Return the cluster of each point, numbered from 0 by its first point; -1 for points that belong to none.

    Ester et al. 1996, KDD-96:226-231 (DBSCAN): a point with `fewest` points within `distance`, itself included, starts or
    extends a cluster.
    """
    xy = np.asarray(points, dtype=np.float64)
    tree = cKDTree(xy.reshape(-1, 2))
    around = [list(tree.query_ball_point(point, distance)) for point in xy]
    labels = [-1] * len(xy)
    number = 0
    for start, neighbours in enumerate(around):
        if labels[start] >= 0 or len(neighbours) < fewest:
            continue
        labels[start], reached = number, [start]
        while reached:
            point = reached.pop()
            if len(around[point]) < fewest:
                continue
            fresh = [other for other in around[point] if labels[other] < 0]
            for other in fresh:
                labels[other] = number
            reached += fresh
        number += 1
    return labels


def map_accuracy(
    observed: Sequence[float], predicted: Sequence[float], areas: Sequence[float]
) -> tuple[list[float], list[float]]:
    """Return how much a map of hot spots was worth, for the areas taken one after another from the most predicted on.

    First the predictive accuracy index, the share of later events over the share of ground (Chainey et al. 2008, Security
    Journal 21:4-28); then the recapture rate index, predicted over observed events so far.
    """
    order = np.argsort(-np.asarray(predicted, dtype=np.float64), kind="stable")
    seen, foreseen, ground = (
        np.cumsum(np.asarray(values, dtype=np.float64)[order]) for values in (observed, predicted, areas)
    )
    accuracy = (seen / seen[-1]) / (ground / ground[-1])
    return [float(value) for value in accuracy], [float(value) for value in foreseen / seen]


def _check_weights(values: ArrayLike, weights: ArrayLike) -> tuple[Floats, Floats]:
    x, w = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if w.shape != (len(x), len(x)) or np.diagonal(w).any():
        raise ValueError(f"weights must be a matrix of {len(x)} by {len(x)} without a diagonal")
    return x, w


def _weight_sums(w: Floats) -> tuple[float, float, float]:
    """The three sums of weights that the variances of global statistics are made of."""
    return float(w.sum()), float(((w + w.T) ** 2).sum() / 2), float(((w.sum(axis=1) + w.sum(axis=0)) ** 2).sum())
