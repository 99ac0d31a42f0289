"""Rates, control bands and the shape of an estimate."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harborlight.statistics.anomaly import control_limits
from harborlight.statistics.estimate import Estimate
from harborlight.statistics.rates import crude_rate, poisson_interval


@given(st.integers(0, 100_000), st.sampled_from(["exact", "byar"]))
def test_poisson_interval_contains_the_count(k: int, method: str) -> None:
    low, high = poisson_interval(k, method)  # type: ignore[arg-type]
    assert 0 <= low <= k < high
    wide_low, wide_high = poisson_interval(k, method, 0.998)  # type: ignore[arg-type]
    assert wide_low <= low
    assert high < wide_high


@given(st.integers(10, 100_000))
def test_byar_is_close_to_exact_from_ten_on(k: int) -> None:
    assert poisson_interval(k, "byar") == pytest.approx(poisson_interval(k, "exact"), rel=2e-3)


def test_no_event_has_the_rule_of_three_and_seven_tenths() -> None:
    assert poisson_interval(0) == pytest.approx((0, -math.log(0.025)))


def test_rate_counts_person_time() -> None:
    whole, half = crude_rate(262, 570_000), crude_rate(131, 570_000, years=0.5)
    assert whole.value == pytest.approx(half.value)
    assert (round(whole.value or 0, 1), round(whole.low, 1), round(whole.high, 1)) == (46.0, 40.6, 51.9)
    assert whole.unit == "per 100,000 person-years"
    assert whole.flags == ()


def test_few_events_are_flagged_and_exact() -> None:
    assert (crude_rate(9, 1000).method, crude_rate(9, 1000).flags) == ("exact", ("small_count",))
    assert (crude_rate(10, 1000).method, crude_rate(10, 1000).flags) == ("byar", ("unstable",))


def test_bad_input_is_refused() -> None:
    for k in (-1, math.nan, 0.5):
        with pytest.raises(ValueError, match="whole number"):
            crude_rate(k, 1000)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="population"):
        crude_rate(3, 0)
    with pytest.raises(ValueError, match="method"):
        poisson_interval(3, "wald")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unknown flag"):
        Estimate(1, 0, 2, flags=("odd",))  # type: ignore[arg-type]


def test_control_band_of_the_eight_periods_before() -> None:
    bands = control_limits([4] * 8 + [25, 4])
    assert bands[:8] == [None] * 8
    assert bands[8] == pytest.approx((0.25, 12.25))
    band = bands[9]
    assert band is not None
    root = math.sqrt((4 * 7 + 25) / 8)
    assert band == pytest.approx(((root - 1.5) ** 2, (root + 1.5) ** 2))


@given(st.lists(st.integers(0, 500), max_size=40), st.integers(1, 10), st.sampled_from([2.0, 3.0]))
def test_control_band_holds_the_mean_it_is_made_of(series: list[int], window: int, z: float) -> None:
    bands = control_limits(series, window, z)
    assert len(bands) == len(series)
    for i, band in enumerate(bands):
        assert (band is None) == (i < window)
        if band is not None:
            assert 0 <= band[0] <= sum(series[i - window : i]) / window <= band[1]


def test_a_control_band_needs_a_window() -> None:
    with pytest.raises(ValueError, match="window"):
        control_limits([1, 2], window=0)
    with pytest.raises(ValueError, match="whole number"):
        control_limits([1, -2])
