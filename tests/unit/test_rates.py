"""Rates per 100,000 of an area: against published counts and residents, and where none may be given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harborlight.metrics.rates import rate_of, years_of
from harborlight.statistics.rates import poisson_interval


def test_gives_the_rates_of_2019_by_old_district(shared: Path) -> None:
    oracle = json.loads((shared / "oracles" / "baltimore.json").read_text())
    residents = oracle["population_banner_old_district_2020"]
    killed = oracle["sun_homicides"]["by_year_district"]["2019"]
    expected = oracle["rates_2019_homicides_per_100k_old_district"]
    found = {name: rate_of(killed[name], residents[name], 365) for name in expected}
    assert {name: rate.per_100k for name, rate in found.items() if rate} == pytest.approx(expected, abs=5e-5)
    assert [name for name, rate in found.items() if rate and not rate.is_stable] == [name for name in expected if killed[name] < 10]


def test_the_limits_are_exact() -> None:
    rate = rate_of(11, 42_233.2, 365)
    assert rate is not None and (round(rate.low, 1), round(rate.high, 1)) == (13.0, 46.6)
    low, high = poisson_interval(11, "exact")
    assert (rate.low, rate.high) == pytest.approx((low / 42_233.2 * 1e5, high / 42_233.2 * 1e5))


@pytest.mark.parametrize(
    ("n", "is_stable", "flags"), [(0, False, ("small_count",)), (9, False, ("small_count",)), (10, True, ("unstable",)), (19, True, ("unstable",)), (20, True, ())]
)
def test_under_ten_events_no_rate_stands_on_a_colour_scale(n, is_stable, flags) -> None:
    rate = rate_of(n, 5000, 365)
    assert rate is not None and (rate.is_stable, rate.flags, rate.n, rate.population) == (is_stable, flags, n, 5000)
    assert rate.low <= rate.per_100k < rate.high


@pytest.mark.parametrize("population", [None, 0, -3])
def test_where_nobody_lives_there_is_no_rate(population) -> None:
    assert rate_of(5, population, 365) is None


@pytest.mark.parametrize(("days", "years"), [(365, 1), (366, 1), (1096, 3), (1095, 3), (731, 2), (28, 28 / 365.25), (180, 180 / 365.25), (400, 400 / 365.25)])
def test_whole_years_are_whole_whatever_their_days(days, years) -> None:
    assert years_of(days) == years
    one, other = rate_of(30, 10_000, days), rate_of(30, 10_000, 365)
    assert one and other and one.per_100k == pytest.approx(other.per_100k / years)


@given(st.integers(0, 2000), st.integers(1, 900_000), st.integers(1, 4000))
def test_a_rate_gives_its_count_back(n: int, population: int, days: int) -> None:
    rate = rate_of(n, population, days)
    assert rate and rate.per_100k * population * years_of(days) / 1e5 == pytest.approx(n)


def test_a_window_without_a_day_is_refused() -> None:
    with pytest.raises(ValueError, match="days"):
        rate_of(1, 100, 0)
