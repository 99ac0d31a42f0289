"""Counts of made-up areas by month with a known effect, drawn straight from chance: what an evaluation must find, and what it must not."""

from __future__ import annotations

import numpy as np

from harborlight.publish.strategy_estimates import COMPARED, INSIDE, OUT, Panel

BEFORE, AFTER = 18, 24
INSIDE_AREAS, COMPARED_AREAS, RING_AREAS = 8, 20, 5
# Reports a month in an area, in the middle; the shock that a quarter brings to one area; how counts cluster within a month.
LEVEL, SHOCK, CLUSTER = 0.8, 0.05, 0.2


def draw_panel(seed: int, ratio: float, *, ring_ratio: float = 1.0, units: int = 0) -> Panel:
    """A panel in which the inside areas changed by `ratio` from the start on; all share a trend and a season.

    Of `units` areas in all, those that are left play no part.
    """
    rng = np.random.default_rng([seed, 77])
    roles = [INSIDE] * INSIDE_AREAS + [COMPARED] * COMPARED_AREAS + ["ring_1"] * RING_AREAS
    roles += [OUT] * (units - len(roles))
    n, months = len(roles), BEFORE + AFTER
    time = np.arange(months)
    course = np.exp(-0.008 * time + 0.15 * np.cos(2 * np.pi * (time - 6) / 12)) * rng.lognormal(0, 0.05, months)
    levels = LEVEL * rng.lognormal(0, 0.5, n)
    shocks = np.repeat(rng.lognormal(0, SHOCK, (n, -(-months // 3))), 3, axis=1)[:, :months]
    mean = levels[:, None] * course * shocks
    is_after = time >= BEFORE
    for role, change in ((INSIDE, ratio), ("ring_1", ring_ratio)):
        rows = np.array([r == role for r in roles])
        mean[np.ix_(rows, is_after)] *= change
    counts = rng.poisson(mean * rng.gamma(1 / CLUSTER, CLUSTER, mean.shape))
    names = tuple(f"{2023 + m // 12}-{m % 12 + 1:02}" for m in range(months))
    return Panel(names, BEFORE, counts.astype(np.int64), tuple(roles))
