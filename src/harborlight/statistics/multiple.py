"""Many questions at once: how many flags on a map or in a list may be false.

With 279 areas and a test at 5 %, fourteen stand out by chance alone. Every map or list of flags is therefore controlled for
the share of false ones among them, and says how many areas were looked at.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def adjust_for_many(p_values: Sequence[float] | Floats) -> Floats:
    """Return each p-value as the smallest share of false flags at which it would be flagged, in the order given.

    Benjamini and Hochberg 1995, J. Royal Statistical Society B 57:289-300; for independent or positively related tests.
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or np.isnan(p).any() or (p < 0).any() or (p > 1).any():
        raise ValueError("p-values must be a list of numbers from 0 to 1")
    if not len(p):
        return p
    order = np.argsort(p, kind="stable")
    steps = p[order] * (len(p) / np.arange(1, len(p) + 1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return adjusted


def permutation_p(observed: float, shuffled: Sequence[float] | Floats) -> float:
    """Return the two-sided p-value of a statistic among `shuffled` ones: twice (smaller tail + 1)/(runs + 1), at most 1.

    Software often gives the smaller tail alone ("folded"), which flags twice as many places as it says; double it before
    `adjust_for_many`.
    """
    runs = np.asarray(shuffled, dtype=np.float64)
    if runs.ndim != 1 or not len(runs) or np.isnan(runs).any() or np.isnan(observed):
        raise ValueError("a permutation test needs an observed number and a list of shuffled ones")
    tail = min(int((runs >= observed).sum()), int((runs <= observed).sum()))
    return min(1.0, 2 * (tail + 1) / (len(runs) + 1))
