"""Seasons, records, shifts and forecasts of series of counts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from harborlight.statistics import forecast
from harborlight.statistics.anomaly import (
    from_root,
    level_shifts,
    record_probability,
    scan_probability,
    seasonal_decompose,
    to_root,
)
from harborlight.statistics.forecast import backtest, beats_simple_methods, forecast_counts, interval_score

MONTHS = np.arange(120)


def seasonal(seed: int, level: float = 30, swing: float = 0.4, months: int = 120, clustering: float = 0.0) -> list[int]:
    random = np.random.default_rng(seed)
    mean = level * np.exp(swing * np.sin(2 * np.pi * np.arange(months) / 12))
    if clustering:
        mean = mean * random.gamma(1 / clustering, clustering, months)
    return [int(k) for k in random.poisson(mean)]


# ------------------------------------------------------------------------------------------------------ season


def test_a_season_is_taken_apart_and_put_together() -> None:
    series = seasonal(1)
    found = seasonal_decompose(series)
    parts = np.array([found.trend, found.season, found.remainder])
    assert parts.sum(axis=0) == pytest.approx(to_root(series))
    assert found.expected == pytest.approx(from_root(parts[0] + parts[1]))
    peaks = np.argsort(found.season[:12])[-3:]
    assert set(peaks.tolist()) <= {1, 2, 3, 4, 5}
    assert np.corrcoef(found.season, np.sin(2 * np.pi * MONTHS / 12))[0, 1] > 0.9


def test_an_outlier_does_not_bend_the_season() -> None:
    series = seasonal(2)
    series[61] += 200
    found = seasonal_decompose(series)
    assert found.weights[61] < 0.1 and max(abs(found.expected[i] - found.expected[i + 12]) for i in (49, 61)) < 15
    with pytest.raises(ValueError, match="season of 12"):
        seasonal_decompose(series[:23])
    with pytest.raises(ValueError, match="every period"):
        seasonal_decompose([math.nan] * 24, counts=False)
    with pytest.raises(ValueError, match="whole number"):
        seasonal_decompose([1.5] * 24)


@settings(deadline=None)
@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=30))
def test_roots_go_back_to_counts(counts: list[int]) -> None:
    assert from_root(to_root(counts)) == pytest.approx(counts, abs=1e-9)


# ----------------------------------------------------------------------------------------------------- records


def test_a_lowest_month_is_less_rare_than_it_sounds() -> None:
    """133 a year, and one month with five: one year in three has such a month."""
    once = record_probability(5, 133 / 12, 1, "least")
    assert once == pytest.approx(stats.poisson.cdf(5, 133 / 12))
    assert (
        record_probability(5, 133 / 12, 12, "least")
        == pytest.approx(1 - (1 - once) ** 12)
        == pytest.approx(0.35, abs=0.01)
    )


@settings(deadline=None)
@given(st.integers(0, 80), st.floats(0.2, 60), st.integers(1, 400), st.floats(1, 4), st.sampled_from(["most", "least"]))
def test_a_record_is_a_chance_that_grows_with_the_windows(
    k: int, mean: float, n: int, phi: float, extreme: str
) -> None:
    chance = record_probability(k, mean, n, extreme, phi)  # type: ignore[arg-type]
    assert 0 <= chance <= record_probability(k, mean, n + 1, extreme, phi) <= 1  # type: ignore[arg-type]
    size, success = (mean / (phi - 1), 1 / phi) if phi > 1.001 else (None, None)
    if size and n == 1:
        theirs = stats.nbinom(size, success)
        assert chance == pytest.approx(theirs.sf(k - 1) if extreme == "most" else theirs.cdf(k), abs=1e-9)


@pytest.mark.parametrize(("count", "mean", "windows"), [(5, 1.0, 12), (4, 0.6, 20), (9, 3.0, 10)])
def test_a_moving_window_agrees_with_simulation(count: int, mean: float, windows: int) -> None:
    random, hits, runs = np.random.default_rng(5), 0, 6000
    for _ in range(runs):
        times = np.sort(random.uniform(0, windows, random.poisson(mean * windows)))
        hits += bool(len(times) >= count and (times[count - 1 :] - times[: len(times) - count + 1] < 1).any())
    error = 4 * math.sqrt(hits / runs * (1 - hits / runs) / runs)
    assert scan_probability(count, mean, windows) == pytest.approx(hits / runs, abs=error)


@settings(deadline=None)
@given(st.integers(0, 40), st.floats(0.05, 20), st.integers(2, 500))
def test_a_moving_window_is_at_least_as_likely_as_separate_ones(count: int, mean: float, windows: int) -> None:
    moving = scan_probability(count, mean, windows)
    assert 0 <= moving <= 1
    assert moving >= record_probability(count, mean, windows) - 1e-6
    assert scan_probability(count + 1, mean, windows) <= moving + 1e-6


def test_bad_records_are_refused() -> None:
    for call in (
        lambda: scan_probability(3, 1, 1), lambda: scan_probability(3, 0, 9), lambda: scan_probability(-1, 1, 9),
        lambda: record_probability(3, 1, 0), lambda: record_probability(3, 1, 2, "worse"),  # type: ignore[arg-type]
    ):  # fmt: skip
        with pytest.raises(ValueError):
            call()


# ------------------------------------------------------------------------------------------------------ shifts


def test_a_lasting_fall_is_found_where_it_happened() -> None:
    random = np.random.default_rng(4)
    series = [int(k) for k in np.append(random.poisson(60, 50), random.poisson(35, 40))]
    before, after = level_shifts(series, 1)
    assert abs(after.first - 50) <= 1 and before.last == after.first - 1
    assert (before.first, after.last) == (0, 89)
    assert before.mean == pytest.approx(np.mean(series[: after.first]))


def test_as_many_shifts_are_found_as_there_were() -> None:
    randoms = [np.random.default_rng(seed) for seed in range(40)]
    series = [np.append(random.poisson(60, 50), random.poisson(35, 40)) for random in randoms]
    assert sum(len(level_shifts([int(k) for k in counts])) != 2 for counts in series) <= 3


def test_chance_alone_seldom_shifts() -> None:
    shifted = sum(len(level_shifts(seasonal(seed, swing=0, months=96))) > 1 for seed in range(60))
    assert shifted <= 3


@settings(deadline=None)
@given(st.lists(st.integers(0, 90), min_size=18, max_size=60), st.integers(0, 2))
def test_stretches_cover_the_series(series: list[int], shifts: int) -> None:
    found = level_shifts(series, shifts)
    assert len(found) == shifts + 1
    assert [i for level in found for i in range(level.first, level.last + 1)] == list(range(len(series)))
    assert all(level.last - level.first >= 5 for level in found)
    assert sum(level.mean * (level.last - level.first + 1) for level in found) == pytest.approx(sum(series))


def test_best_cuts_are_the_best_of_all() -> None:
    series = [3, 4, 2, 9, 8, 9, 1, 0, 2, 1, 6, 7]
    roots = to_root(series)

    def cost(*edges: int) -> float:
        return sum(
            float(((part := roots[a:b]) - part.mean()) @ (part - part.mean()))
            for a, b in zip(edges, edges[1:], strict=False)
        )

    best = min((cost(0, i, j, 12), i, j) for i in range(2, 9) for j in range(i + 2, 11))
    assert [level.first for level in level_shifts(series, 2, shortest=2)] == [0, *best[1:]]
    with pytest.raises(ValueError, match="cannot be cut"):
        level_shifts([1, 2, 3], 1)


# --------------------------------------------------------------------------------------------------- forecasts


@pytest.mark.parametrize("method", forecast.METHODS)
def test_a_forecast_is_a_range_that_widens_with_its_level(method: forecast.Method) -> None:
    found = forecast_counts(seasonal(6), 6, method=method)
    assert list(found) == [0.8, 0.95] and all(len(steps) == 6 for steps in found.values())
    for narrow, wide in zip(found[0.8], found[0.95], strict=True):
        assert wide.low <= narrow.low <= (narrow.value or 0) <= narrow.high <= wide.high
        assert narrow.value == wide.value and wide.low >= 0
    assert found == forecast_counts(seasonal(6), 6, method=method)


def test_the_regression_foresees_the_season() -> None:
    found = forecast_counts(seasonal(7, level=80), 12)[0.8]
    high, low = (np.mean([found[i].value for i in months]) for months in ((2, 3, 4), (8, 9, 10)))
    assert high / low > 1.7


def test_few_events_and_none_still_give_a_range() -> None:
    rare = forecast_counts([0] * 30 + [1, 0, 0, 2, 0, 0], 2)[0.95]
    assert all(step.low == 0 and step.value == 0 and 1 <= step.high <= 3 for step in rare)
    assert rare[0].flags == ("small_count",)
    assert forecast_counts([0] * 40, 1)[0.95][0].high == 0


def test_ranges_hold_as_often_as_they_say() -> None:
    """Twelve series of ten years with clustered counts: the regression's ranges hold, and beat both simple methods."""
    results = [backtest(seasonal(seed, clustering=0.05), step=12) for seed in range(12)]
    for level, low, high in ((0.8, 0.74, 0.9), (0.95, 0.91, 0.99)):
        assert low < np.mean([result["regression"].coverage[level] for result in results]) < high
        scores = {name: np.mean([result[name].interval_score[level] for result in results]) for name in results[0]}
        assert scores["regression"] < min(scores["same_month"], scores["last_twelve"])
    assert sum(beats_simple_methods(result, "regression") for result in results) >= 8
    assert (results[0]["regression"].origins, results[0]["regression"].n) == (5, 60)


def test_a_simple_method_wins_where_there_is_no_season() -> None:
    results = [backtest(seasonal(seed, swing=0), step=12) for seed in range(6)]
    assert not all(beats_simple_methods(result, "regression") for result in results)


def test_the_interval_score_by_hand() -> None:
    low, high = np.array([2.0, 2.0, 2.0]), np.array([6.0, 6.0, 6.0])
    assert interval_score(low, high, np.array([4.0, 1.0, 9.0]), 0.8) == pytest.approx(4 + 10 * (0 + 1 + 3) / 3)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 400), min_size=36, max_size=50), st.floats(1, 5))
def test_simple_ranges_contain_their_middle(series: list[int], phi: float) -> None:
    for method in ("same_month", "last_twelve"):
        for step in forecast_counts(series, 3, (0.8,), method, phi)[0.8]:
            assert 0 <= step.low <= (step.value or 0) <= step.high


def test_bad_forecasts_are_refused() -> None:
    series = seasonal(8)
    for call, text in (
        (lambda: forecast_counts(series[:35], 3), "36 months"),
        (lambda: forecast_counts(series, 13), "1 to 12"),
        (lambda: forecast_counts(series, 0), "1 to 12"),
        (lambda: forecast_counts(series, 3, (95,)), "confidence"),
        (lambda: forecast_counts(series, 3, method="prophecy"), "method"),  # type: ignore[arg-type]
        (lambda: forecast_counts([*series, -1], 3), "whole number"),
        (lambda: backtest(series[:60]), "too few"),
    ):
        with pytest.raises(ValueError, match=text):
            call()
