"""How often the ranges hold a planted effect, and how often an effect is claimed where there is none; the figures are printed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harborlight.publish.strategy_estimates import by_quarter, evaluate_panel, main_estimate, read_verdict
from tests.simulated import draw_panel

PLANTED = 0.7
FEW, MANY = 20, 500
# Every estimate of the effect is worth a few dozen draws; they are slower than the one that the verdict rests on.
OTHERS = ("wdd", "synthetic_control", "augmented", "structural", "interrupted_series", "total")


def share(n: int, hits: Callable[[int], bool]) -> float:
    return sum(hits(seed) for seed in range(n)) / n


def covers(seed: int) -> bool:
    effect, _ = main_estimate(by_quarter(draw_panel(seed, PLANTED)))
    return effect.low <= PLANTED <= effect.high


def flagged(seed: int, ratio: float = 1.0) -> bool:
    effect, placebo = main_estimate(by_quarter(draw_panel(seed, ratio)))
    return read_verdict(effect, placebo.p_value) != "no_clear_effect"


def check(n: int, least: float, most: float) -> None:
    covered, false_alarms, found = share(n, covers), share(n, flagged), share(n, lambda seed: flagged(seed, PLANTED))
    print(f"{n} seeds: planted {PLANTED} covered {covered:.1%}, no effect flagged {false_alarms:.1%}, planted effect flagged {found:.1%}")
    assert least <= covered <= most
    assert false_alarms <= 0.05
    assert found > 3 * false_alarms


def test_ranges_hold_the_planted_effect() -> None:
    check(FEW, 0.85, 1.0)


@pytest.mark.deep
def test_ranges_hold_the_planted_effect_over_many_seeds() -> None:
    check(MANY, 0.93, 0.975)


@pytest.mark.deep
def test_every_design_finds_about_the_same() -> None:
    """Two draws in a hundred more or less are chance at this number of seeds; a design that is off by far is broken."""
    runs = [{line.id: line for line in evaluate_panel(draw_panel(seed, PLANTED), is_registered=True).lines} for seed in range(100)]
    for name in OTHERS:
        lines = [run[name] for run in runs if run[name].ratio and run[name].ratio_low is not None and run[name].ratio_high is not None]
        inside = sum((line.ratio_low or 0) <= (PLANTED if name != "total" else line.ratio or 0) <= (line.ratio_high or 9) for line in lines)
        middle = sorted(line.ratio or 0 for line in lines)[len(lines) // 2]
        print(f"{name}: {inside} of {len(lines)} ranges hold {PLANTED}, middle of the estimates {middle:.2f}")
        assert len(lines) >= 95 and inside >= 0.85 * len(lines)
