"""Synthetic control: the mix of untreated places that was most like the treated one before, carried on after.

In go outcomes by unit and period; out come the weights, the path of the mix, and the gap between the treated and it. The
mix is fitted on outcomes alone, as a least-squares problem with one answer; `by_predictors` is the older nested form of Abadie
and Gardeazabal 2003, kept because published examples use it. The augmented form adds a ridge correction where no mix fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

Floats = NDArray[np.float64]
Method = Literal["outcomes", "augmented"]
SEARCH_STEPS = 1000


@dataclass(frozen=True)
class Synthetic:
    """Weights of the donors in the order of the rows given, the path of the mix, and the treated less the mix by period.

    `att` is the mean gap after the start; `before` and `after` are root mean squared gaps, in the unit of the outcome.
    """

    weights: tuple[float, ...]
    path: tuple[float, ...]
    gaps: tuple[float, ...]
    att: float
    before: float
    after: float
    method: Method = "outcomes"

    @property
    def strangeness(self) -> float:
        """How much larger the gaps are after the start than before; what placebos are ranked by."""
        return self.after / self.before if self.before > 0 else np.inf


def synthetic_control(outcomes: ArrayLike, treated: int | Sequence[int], start: int, method: Method = "outcomes") -> Synthetic:
    """Return the synthetic control of one row of `outcomes` (units by periods), or of the mean of several.

    All other rows are donors. `outcomes`: weights of 0 or more that sum to 1 and come nearest to the treated before `start`.
    `augmented`: the same, mended by a ridge regression where the fit is poor (Ben-Michael, Feller and Rothstein 2021, J. American
    Statistical Association 116:1789).
    """
    values = np.asarray(outcomes, dtype=np.float64)
    rows = [treated] if isinstance(treated, int) else list(treated)
    if values.ndim != 2 or not np.isfinite(values).all() or not 1 <= start < values.shape[1]:
        raise ValueError("outcomes are units by periods, none missing, with a period before the start")
    donors = np.delete(values, rows, axis=0)
    if not rows or len(donors) < 2:
        raise ValueError("this needs a treated row and two donors or more")
    ours = values[rows].mean(0)
    if method == "augmented":
        return _describe(ours, donors, _augmented_weights(ours, donors, start), start, method)
    return _describe(ours, donors, simplex_weights(donors[:, :start].T, ours[:start]), start, method)


def simplex_weights(donors: Floats, ours: Floats) -> Floats:
    """Weights of 0 or more with sum 1 that bring the columns of `donors` nearest to `ours`: least squares with a heavy last row."""
    heavy = 1e3 * max(1.0, float(np.abs(donors).max()))
    found, _ = optimize.nnls(np.vstack([donors, np.full(donors.shape[1], heavy)]), np.append(ours, heavy), maxiter=100 * donors.shape[1])
    weights: Floats = found / found.sum()
    return weights


def placebo_strangeness(outcomes: ArrayLike, start: int) -> Floats:
    """How strange each row is when it is taken for the treated one: the in-space placebos. Abadie, Diamond and Hainmueller 2010."""
    values = np.asarray(outcomes, dtype=np.float64)
    return np.array([synthetic_control(values, row, start).strangeness for row in range(len(values))])


@dataclass(frozen=True)
class ByPredictors:
    """Weights of donors and of predictors, and the mean squared distance on the outcomes that were fitted."""

    weights: tuple[float, ...]
    importance: tuple[float, ...]
    mspe: float


def by_predictors(ours: ArrayLike, donors: ArrayLike, fitted: ArrayLike, fitted_donors: ArrayLike) -> ByPredictors:
    """Return the nested synthetic control: donors matched on predictors, predictors weighted so that outcomes are met.

    `ours` is one number a predictor, `donors` predictors by donors; `fitted` one outcome a period, `fitted_donors` periods by donors.
    Predictors are divided by their standard deviation over all units. The outer search is Nelder and Mead's from equal weights,
    and may stop at a local optimum: that is why the site does not use this form.
    """
    x1, x0 = np.asarray(ours, dtype=np.float64), np.asarray(donors, dtype=np.float64)
    z1, z0 = np.asarray(fitted, dtype=np.float64), np.asarray(fitted_donors, dtype=np.float64)
    scale = np.column_stack([x1, x0]).std(axis=1, ddof=1)
    x1, x0 = x1 / scale, x0 / scale[:, None]

    def solve(raw: Floats) -> tuple[Floats, Floats, float]:
        importance = np.abs(raw) / np.abs(raw).sum()
        root = np.sqrt(importance)
        weights = simplex_weights(x0 * root[:, None], x1 * root)
        return weights, importance, float(((z1 - z0 @ weights) ** 2).mean())

    def distance(raw: Floats) -> float:
        return solve(raw)[2]

    equal: Floats = np.full(len(x1), 1 / len(x1))
    found = optimize.minimize(distance, equal, method="Nelder-Mead", options={"maxiter": SEARCH_STEPS})
    weights, importance, mspe = solve(found.x)
    return ByPredictors(tuple(weights.tolist()), tuple(importance.tolist()), mspe)


def _describe(ours: Floats, donors: Floats, weights: Floats, start: int, method: Method) -> Synthetic:
    path = weights @ donors
    gaps = ours - path
    before, after = (float(np.sqrt((part**2).mean())) for part in (gaps[:start], gaps[start:]))
    return Synthetic(
        tuple(weights.tolist()), tuple(path.tolist()), tuple(gaps.tolist()), float(gaps[start:].mean()), before, after, method
    )


def _augmented_weights(ours: Floats, donors: Floats, start: int) -> Floats:
    """Weights of the simplex plus a ridge correction of what they leave, which may be below 0 and still sum to 1.

    The penalty is the one that errs least on each period before the start, left out in turn. Ben-Michael, Feller and Rothstein 2021.
    """
    before, mine = donors[:, :start].T, ours[:start]
    penalties = _penalties(before)
    errors = np.zeros(len(penalties))
    for left in range(start):
        kept = np.arange(start) != left
        base = simplex_weights(before[kept], mine[kept])
        for i, penalty in enumerate(penalties):
            errors[i] += float(mine[left] - before[left] @ _corrected(base, before[kept], mine[kept], penalty)) ** 2
    return _corrected(simplex_weights(before, mine), before, mine, float(penalties[int(errors.argmin())]))


def _penalties(before: Floats) -> Floats:
    """From the largest that matters down to nearly none."""
    largest = float(np.linalg.svd(before - before.mean(axis=1, keepdims=True), compute_uv=False)[0]) ** 2
    return np.asarray(max(largest, 1e-9) * 10.0 ** -np.arange(0, 8, 0.5), dtype=np.float64)


def _corrected(weights: Floats, before: Floats, mine: Floats, penalty: float) -> Floats:
    centred = before - before.mean(axis=1, keepdims=True)
    left = mine - before @ weights
    made: Floats = weights + left @ np.linalg.solve(centred @ centred.T + penalty * np.eye(len(before)), centred)
    return made
