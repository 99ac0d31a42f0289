"""Goals in numbers: published examples, and what must hold for every count, share and target."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harborlight.statistics import expected_to_date, goal_outlook, goal_path, goal_probability, seasonal_share

counts = st.integers(min_value=0, max_value=3000)
shares = st.floats(min_value=0.01, max_value=0.99)
factors = st.floats(min_value=1, max_value=6)

CALCULATIONS = {
    "goal_15pct_compound": lambda g: goal_path(g["baseline"], g["annual_reduction"], g["years"]),
    "goal_probability_gamma_poisson": lambda g: {"probability": goal_probability(g["ytd"], g["fraction_elapsed"], g["target"])},
}


def oracles(shared: Path) -> dict[str, dict]:
    found = json.loads((shared / "oracles" / "statistics.json").read_text())["oracles"]
    return {o["id"]: o for o in found if o["capability"] == "goal_tracking"}


@pytest.mark.parametrize("name", CALCULATIONS)
def test_gives_the_published_number(name: str, shared: Path) -> None:
    oracle = oracles(shared)[name]
    assert CALCULATIONS[name](oracle["inputs"]) == pytest.approx(oracle["expected"], rel=0, abs=oracle["tolerance_abs"])


def test_every_published_example_about_goals_is_calculated(shared: Path) -> None:
    assert set(oracles(shared)) == set(CALCULATIONS)


def test_both_readings_of_fifteen_percent_a_year_on_the_city_of_baltimore() -> None:
    """From 335 in 2020, with totals of 338, 333, 262, 194 and 133: missed twice, then met; compounded met in the last year only."""
    published = [338, 333, 262, 194, 133]
    each = goal_path(335, 0.15, 5, "year_on_year", published)
    compound = goal_path(335, 0.15, 5)
    assert [n <= t for n, t in zip(published, each, strict=True)] == [False, False, True, True, True]
    assert [n <= t for n, t in zip(published, compound, strict=True)] == [False, False, False, False, True]


@given(st.floats(min_value=0, max_value=1e5), st.floats(min_value=0, max_value=1), st.integers(min_value=1, max_value=20))
def test_a_goal_that_is_met_exactly_has_one_path(base: float, reduction: float, years: int) -> None:
    compound = goal_path(base, reduction, years)
    assert goal_path(base, reduction, years, "year_on_year", compound) == pytest.approx(compound)
    assert goal_path(base, reduction, years, "year_on_year") == pytest.approx(compound)
    assert all(later <= earlier + 1e-9 for earlier, later in zip([base, *compound], compound, strict=False))


@given(counts, shares, counts)
def test_the_chance_is_the_negative_binomial(ytd: int, share: float, target: int) -> None:
    assert goal_probability(ytd, share, target) == pytest.approx(stats.nbinom.cdf(target - ytd, ytd + 0.5, share), abs=1e-9)


@given(counts, shares, counts, factors)
def test_more_room_never_lowers_the_chance_and_more_events_never_raise_it(ytd: int, share: float, target: int, phi: float) -> None:
    chance = goal_probability(ytd, share, target, phi)
    assert 0 <= chance <= 1
    assert goal_probability(ytd, share, target + 1, phi) >= chance - 1e-12
    assert goal_probability(ytd + 1, share, target, phi) <= chance + 1e-12


@given(counts, shares, counts, factors)
def test_fewer_and_more_are_two_sides_of_one_chance(ytd: int, share: float, target: int, phi: float) -> None:
    at_least = goal_probability(ytd, share, target + 1, phi, "higher")
    assert at_least + goal_probability(ytd, share, target, phi) == pytest.approx(1)


@pytest.mark.parametrize("phi", [1.5, 2.0, 3.0])
def test_clustered_events_are_simulated_to_the_same_chance(phi: float) -> None:
    """A rate from its prior, then a rest of the year whose variance is `phi` times its mean given the rate."""
    rng = np.random.default_rng(7)
    y, share, runs = 160, 0.81, 400_000
    rate = rng.gamma(y / phi + 0.5, 1 / share, runs)
    rest = phi * rng.poisson(rate * (1 - share))
    for target in (170, 185, 200, 215):
        # The simulated rest comes in steps of phi: the mean over one step is what whole numbers give.
        steps = [float((rest <= target - y + shift).mean()) for shift in np.linspace(-phi / 2, phi / 2, 21) + 0.5]
        assert goal_probability(y, share, target, phi) == pytest.approx(float(np.mean(steps)), abs=0.02)


def test_clustering_widens_and_does_not_move() -> None:
    near, far = goal_probability(160, 0.8, 200, 3), goal_probability(160, 0.8, 240, 3)
    assert abs(near - 0.5) < 0.06 and far < goal_probability(160, 0.8, 240, 1)


def test_what_is_past_is_certain() -> None:
    assert goal_probability(165, 0.5, 164) == 0 and goal_probability(165, 1, 164) == 0 and goal_probability(164, 1, 164.9) == 1
    assert goal_probability(165, 0.5, 165, direction="higher") == 1 and goal_probability(164, 1, 164.1, direction="higher") == 0


@pytest.mark.parametrize(
    ("chance", "word"),
    [(1, "on_track"), (0.901, "on_track"), (0.9, "too_close"), (0.1, "too_close"), (0.099, "off_track"), (0, "off_track")],
)
def test_the_words(chance: float, word: str) -> None:
    assert goal_outlook(chance) == word


@given(st.lists(st.tuples(counts, counts).map(lambda pair: (min(pair), max(pair))), min_size=1, max_size=9))
def test_the_share_of_a_season_lies_between_its_years(years: list[tuple[int, int]]) -> None:
    known = [part / whole for part, whole in years if whole]
    if not known:
        with pytest.raises(ValueError, match="no earlier year"):
            seasonal_share(years)
        return
    share = seasonal_share(years)
    assert min(known) - 1e-12 <= share <= max(known) + 1e-12
    assert expected_to_date(100, share) == pytest.approx(100 * share)


def test_a_season_is_not_the_calendar() -> None:
    """Half of the days, less than half of the events: summer is still to come."""
    assert seasonal_share([(40, 100), (90, 200)]) == pytest.approx(0.425)


@pytest.mark.parametrize(
    "call",
    [lambda: goal_path(-1, 0.1, 2), lambda: goal_path(10, 1.1, 2), lambda: goal_path(10, 0.1, 0), lambda: goal_path(10, 0.1, 2, "sideways"),  # type: ignore[arg-type]
     lambda: goal_probability(-1, 0.5, 3), lambda: goal_probability(1.5, 0.5, 3), lambda: goal_probability(1, 0, 3),  # type: ignore[arg-type]
     lambda: goal_probability(1, 1.2, 3), lambda: goal_probability(1, 0.5, float("nan")), lambda: goal_outlook(1.2), lambda: seasonal_share([(3, 2)]),
     lambda: expected_to_date(10, 1.5)],
)  # fmt: skip
def test_numbers_that_mean_nothing_are_refused(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError):
        call()
