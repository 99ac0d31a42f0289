"""How late reports come in: learnt from what was seen when, tried on earlier weeks, said only where the trial allows it."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from harborlight.publish.delays import FEWEST_TRIALS, HELD, Seen, backtest, expect_months, learn

START, THROUGH = date(2026, 1, 5), date(2026, 9, 28)


def made_world(seed: int, *, per_day: float = 6.0, mean_delay: float = 9.0, shift: date | None = None) -> tuple[Seen, dict[date, int]]:
    """Events with geometric delays, seen at weekly runs; from `shift` on they come in five times as slowly. Also what is true by day."""
    rng = np.random.default_rng(seed)
    events, seen, truth = [], [], {}
    day = START - timedelta(days=300)
    while day <= THROUGH:
        slow = 5 if shift and day >= shift else 1
        delays = rng.geometric(1 / (mean_delay * slow), rng.poisson(per_day)) - 1
        truth[day] = len(delays)
        for delay in delays:
            known = day + timedelta(days=int(delay))
            late = max(0, (known - START).days)
            run = START + timedelta(days=-(-late // 7) * 7)
            if run <= THROUGH:
                events.append(day)
                seen.append(max(run, day))
        day += timedelta(days=1)
    runs = tuple(START + timedelta(days=7 * i) for i in range((THROUGH - START).days // 7 + 1))
    return Seen(tuple(events), tuple(seen), runs), truth


def test_the_share_known_is_that_of_the_world() -> None:
    triangle = learn(made_world(1)[0])
    assert triangle is not None
    for lag in (7, 14, 28, 56):
        # Runs look every seventh day: an event has waited up to six days for the first that could show it.
        true = np.mean([1 - (1 - 1 / 9) ** (lag + wait + 1) for wait in range(7)])
        assert triangle.completeness[lag] == pytest.approx(true, abs=0.04)
    assert triangle.completeness[180] == pytest.approx(1, abs=0.005)


def test_ranges_are_earned_by_a_steady_source_and_hold_what_comes() -> None:
    seen, truth = made_world(2)
    trials, inside = backtest(seen)
    assert trials >= FEWEST_TRIALS and inside >= HELD * trials
    triangle = learn(seen)
    assert triangle is not None
    months = expect_months(seen, triangle, THROUGH - timedelta(days=1), is_earned=True)
    assert months, "the newest closed month is not complete yet"
    for month, n, share, low, high in months:
        total = sum(count for day, count in truth.items() if f"{day:%Y-%m}" == month)
        assert n <= total and 0.5 < share < 0.995
        assert low <= total <= high


def test_a_source_that_slows_down_earns_no_range() -> None:
    trials, inside = backtest(made_world(3, per_day=40, shift=date(2026, 5, 1))[0])
    assert trials >= FEWEST_TRIALS and inside < HELD * trials


def test_without_an_earned_test_there_is_a_share_and_no_range() -> None:
    seen, _ = made_world(4)
    triangle = learn(seen)
    assert triangle is not None
    assert {(low, high) for _, _, _, low, high in expect_months(seen, triangle, THROUGH, is_earned=False)} == {(None, None)}


def test_too_short_a_look_says_nothing() -> None:
    seen, _ = made_world(5)
    assert learn(seen.as_of(START + timedelta(days=27))) is None
    assert learn(Seen(seen.events[:5], seen.first_seen[:5], seen.runs)) is None
    assert backtest(seen.as_of(START + timedelta(days=27))) == (0, 0)


def test_a_month_is_expected_only_when_it_is_over() -> None:
    seen, _ = made_world(6)
    triangle = learn(seen)
    assert triangle is not None
    assert [row[0] for row in expect_months(seen, triangle, date(2026, 9, 29), is_earned=False)][-1] == "2026-08"
    assert [row[0] for row in expect_months(seen, triangle, date(2026, 9, 30), is_earned=False)][-1] == "2026-09"
