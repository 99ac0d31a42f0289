"""Completeness: delays learnt from snapshots, and what is still to come."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harborlight.statistics.completeness import (
    Triangle,
    days_until_complete,
    expected_completeness,
    nowcast_counts,
    reporting_triangle,
)

FIRST = date(2024, 1, 1)
DAY = timedelta(1)


def reports(seed: int, days: int, per_day: float, mean_lag: float) -> tuple[list[date], list[date]]:
    """Events of `days` days with geometric delays, all of them, as they would be known in the end."""
    random = np.random.default_rng(seed)
    happened, seen = [], []
    for i in range(days):
        for lag in random.geometric(1 / (1 + mean_lag), random.poisson(per_day)) - 1:
            happened.append(FIRST + i * DAY)
            seen.append(FIRST + (i + int(lag)) * DAY)
    return happened, seen


def known_by(pairs: tuple[list[date], list[date]], through: date, start: date = FIRST) -> tuple[list[date], list[date]]:
    """What a source would show: nothing first seen after `through`, everything older first seen on `start`."""
    kept = [(day, max(seen, start)) for day, seen in zip(*pairs, strict=True) if seen <= through]
    return [day for day, _ in kept], [seen for _, seen in kept]


def test_delays_by_hand() -> None:
    """Snapshots on days 0 to 4. Ten events on day 0 (first snapshot: unknown delay); day 1: 4 at once, 4 a day later."""
    day = [FIRST + i * DAY for i in range(5)]
    happened = [day[0]] * 10 + [day[1]] * 8 + [day[4]] * 3
    seen = [day[0]] * 10 + [day[1]] * 4 + [day[2]] * 4 + [day[4]] * 3
    triangle = reporting_triangle(happened, seen)
    assert (triangle.start, triangle.through, triangle.n_events) == (day[0], day[4], 11)
    assert triangle.seen == (7, 4, 0, 0, 0)
    # Lag 1 could have been shown by the ten and the eight, not by the three of the last day.
    assert triangle.at_risk == (7, 18, 18, 18, 10)
    assert triangle.completeness == pytest.approx((14 / 18, 1, 1, 1, 1))
    assert expected_completeness(triangle, 0) == pytest.approx(14 / 18)
    assert expected_completeness(triangle, 400) == 1
    assert (days_until_complete(triangle), days_until_complete(triangle, 0.5)) == (1, 0)


def test_true_delays_are_found_despite_both_ends() -> None:
    """Half a year of snapshots of a source that is older: a plain average of the delays is far off, this is not."""
    pairs = reports(1, 420, 25, 6.0)
    start, through = FIRST + 260 * DAY, FIRST + 419 * DAY
    happened, seen = known_by(pairs, through, start)
    triangle = reporting_triangle(happened, seen)
    for lag in (0, 3, 10, 30):
        assert expected_completeness(triangle, lag) == pytest.approx(1 - (6 / 7) ** (lag + 1), abs=0.02)
    plain = np.mean([(s - d).days <= 10 for d, s in zip(happened, seen, strict=True)])
    assert abs(plain - (1 - (6 / 7) ** 11)) > 0.1


def test_a_nowcast_reaches_the_final_count_as_often_as_it_says() -> None:
    inside = total = 0
    for seed in range(16):
        pairs = reports(seed, 140, 15, 5.0)
        through = FIRST + 109 * DAY
        triangle = reporting_triangle(*known_by(pairs, through))
        days = [through - age * DAY for age in range(12)]
        now = [known_by(pairs, through)[0].count(day) for day in days]
        final = [pairs[0].count(day) for day in days]
        for estimate, count in zip(nowcast_counts(now, list(range(12)), triangle), final, strict=True):
            inside, total = inside + (estimate.low <= count <= estimate.high), total + 1
    assert 0.92 <= inside / total <= 0.995


def test_a_nowcast_says_what_is_missing() -> None:
    triangle = Triangle(FIRST, FIRST + 9 * DAY, (50, 40, 10), (50, 90, 100), (0.5, 0.9, 1.0), (0.1, 0.03, 0.0), 100)
    young, middle, old = nowcast_counts([20, 90, 7], [0, 1, 2], triangle)
    assert (young.value, young.flags, young.as_of) == (40, ("incomplete",), FIRST + 9 * DAY)
    assert 20 < young.low < 30 and 52 < young.high < 70
    assert middle.value == pytest.approx(100) and middle.high - middle.low < young.high - young.low
    assert (old.value, old.low, old.high, old.flags) == (7, 7, 7, ())
    (week,) = nowcast_counts([30], [[0, 1, 2]], triangle)
    assert week.value == pytest.approx(30 / 0.8) and week.exposure == pytest.approx(0.8)
    wide = nowcast_counts([20], [0], triangle, dispersion=3)[0]
    assert wide.low < young.low and wide.high > young.high and "overdispersed" in wide.flags


def test_where_nothing_can_be_known_nothing_is_claimed() -> None:
    triangle = Triangle(FIRST, FIRST + 9 * DAY, (0, 5), (0, 5), (0.0, 1.0), (0.0, 0.0), 5)
    (estimate,) = nowcast_counts([3], [0], triangle)
    assert (estimate.value, estimate.low, estimate.high) == (None, 3, math.inf)


lags = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 20)), min_size=2, max_size=60)


@settings(deadline=None)
@given(lags, st.integers(0, 200), st.integers(0, 40), st.randoms(use_true_random=False))
def test_completeness_never_falls_and_order_does_not_matter(events, count, age, random) -> None:  # type: ignore[no-untyped-def]
    events += [(0, 0), (30, 25)]
    pairs = [(FIRST + d * DAY, FIRST + (d + lag) * DAY) for d, lag in events]
    triangle = reporting_triangle(*zip(*pairs, strict=True))
    assert list(triangle.completeness) == sorted(triangle.completeness)
    assert triangle.completeness[0] >= 0 and triangle.completeness[-1] == 1
    (estimate,) = nowcast_counts([count], [age], triangle)
    assert count <= estimate.low <= estimate.high
    assert estimate.value is None or estimate.low <= estimate.value <= estimate.high
    random.shuffle(pairs)
    assert reporting_triangle(*zip(*pairs, strict=True)) == triangle


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        reporting_triangle([FIRST], [])
    with pytest.raises(ValueError, match="before it happened"):
        reporting_triangle([FIRST + DAY, FIRST], [FIRST, FIRST + 3 * DAY])
    with pytest.raises(ValueError, match="two snapshots"):
        reporting_triangle([FIRST], [FIRST])
    triangle = reporting_triangle([FIRST, FIRST], [FIRST, FIRST + DAY])
    for call, text in (
        (lambda: expected_completeness(triangle, -1), "whole number"),
        (lambda: days_until_complete(triangle, 0), "share"),
        (lambda: nowcast_counts([1], [], triangle), "same length"),
        (lambda: nowcast_counts([1], [[]], triangle), "one day"),
        (lambda: nowcast_counts([-1], [0], triangle), "whole number"),
    ):
        with pytest.raises(ValueError, match=text):
            call()
