"""What keeps an evaluation honest: placebos, and what a study of this size could have seen at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from harborlight.statistics.estimate import Flag, check_confidence
from harborlight.statistics.evaluate_models import check_panel

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
RUNS = 999
SEED = 1


@dataclass(frozen=True)
class Placebo:
    """How the effect stands among effects where nothing was done.

    `p_value` is the share of all (the real one included) at least as far from no effect; it cannot fall below `smallest`, and where that is
    above one in twenty, flag `placebo_limit` says so. `spread` holds the effects, smallest first.
    """

    p_value: float
    smallest: float
    spread: tuple[float, ...]
    flags: tuple[Flag, ...] = ()


def placebo_test(effect: float, placebos: Sequence[float], n_possible: int | None = None) -> Placebo:
    """Rank an effect (0 is none: a difference or a log ratio) among placebo effects, by distance from 0.

    `n_possible` is how many different placebos there are, where fewer than were drawn: with J units and one treated, p cannot be
    less than 1/J. Abadie, Diamond and Hainmueller 2010, J. American Statistical Association 105:493.
    """
    values = np.asarray(placebos, dtype=np.float64)
    if not math.isfinite(effect) or not values.size or not np.isfinite(values).all():
        raise ValueError("an effect and one placebo or more are needed, none missing")
    m = len(values) if n_possible is None else min(n_possible, len(values))
    smallest = 1 / (m + 1)
    share = (1 + int((np.abs(values) >= abs(effect) - 1e-12).sum())) / (len(values) + 1)
    flags: tuple[Flag, ...] = ("placebo_limit",) if smallest > 0.05 else ()
    return Placebo(max(share, smallest), smallest, tuple(np.sort(values).tolist()), flags)


def placebo_ratios(
    counts: Sequence[Sequence[int]] | Counts, treated: Sequence[bool] | NDArray[np.bool_], start: int, runs: int = RUNS, seed: int = SEED
) -> Floats:
    """Log ratios of ratios of untreated units taken for treated ones, as many at a time as are treated.

    The rest of the untreated are their comparison. Half an event is added to every sum, so that none is lost to a zero. Draws that
    are the whole of the untreated are impossible: at most half of them are taken.
    """
    panel, is_treated = check_panel(counts, treated, start)
    others = panel[~is_treated]
    size = min(int(is_treated.sum()), len(others) // 2)
    if size < 1:
        raise ValueError("placebos need two untreated units or more")
    before, after = others[:, :start].sum(1), others[:, start:].sum(1)
    picked = np.random.default_rng(seed).random((runs, len(others))).argsort(axis=1)[:, :size] if size > 1 else np.arange(len(others))[:, None]
    t0, t1 = before[picked].sum(1), after[picked].sum(1)
    return log_ratios(t0, t1, before.sum() - t0, after.sum() - t1)


def log_ratios(t0: NDArray[np.int64], t1: NDArray[np.int64], c0: NDArray[np.int64], c1: NDArray[np.int64]) -> Floats:
    """Logarithms of (t1/t0) / (c1/c0) with half an event added to each."""
    found: Floats = np.log((t1 + 0.5) / (t0 + 0.5)) - np.log((c1 + 0.5) / (c0 + 0.5))
    return found


def power(ratio: float, error: float, confidence: float = 0.95) -> float:
    """Chance that an interval with this standard error (of the log ratio) leaves out 1 when the true ratio is `ratio`."""
    if not ratio > 0 or not error > 0:
        raise ValueError("a ratio and an error above 0 are needed")
    reach, away = float(special.ndtri(1 - (1 - check_confidence(confidence)) / 2)), abs(math.log(ratio)) / error
    return float(special.ndtr(away - reach) + special.ndtr(-away - reach))


def detectable_ratio(error: float, chance: float = 0.8, confidence: float = 0.95) -> float:
    """The fall (as a ratio below 1) that an interval with this standard error finds with this chance."""
    if not error > 0:
        raise ValueError("an error above 0 is needed")
    alpha = 1 - check_confidence(confidence)
    return math.exp(-(float(special.ndtri(1 - alpha / 2)) + float(special.ndtri(check_confidence(chance)))) * error)
