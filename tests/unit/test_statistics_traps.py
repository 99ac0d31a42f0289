"""Six numbers that well-known libraries give and that a site would publish: each is shown wrong here, and ours right.

Where the library is not among our dependencies its formula stands here, as read in the version named; where it is installed
all the same, the library itself is asked as well.
"""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from harborlight.statistics.change import exact_test, rate_ratio
from harborlight.statistics.clustering import knox
from harborlight.statistics.multiple import adjust_for_many, permutation_p
from harborlight.statistics.poisson_tests import poisson_difference_test, rate_ratio_score
from harborlight.statistics.seasonal_models import fit_local_level
from harborlight.statistics.small_areas import smooth_rates

Floats = np.ndarray


def installed(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(importlib.util.find_spec(name) is None, reason=f"{name} is not installed")


# 1 ------------------------------------------------------- smoothed rates with a negative variance between areas


def smoothed_by_formula(events: Floats, people: Floats) -> Floats:
    """esda 2.8.2 and 2.9.0, smoothing.Empirical_Bayes: no guard for a negative variance between areas."""
    rates, mean = events / people, events.sum() / people.sum()
    between = (people * (rates - mean) ** 2).sum() / people.sum() - mean / people.mean()
    weight = between / (between + mean / people)
    return np.asarray(weight * rates + (1 - weight) * mean)


def smoothed_by_esda(events: Floats, people: Floats) -> Floats:
    from esda.smoothing import Empirical_Bayes

    return np.asarray(Empirical_Bayes(events, people).r).ravel()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("naive", [smoothed_by_formula, pytest.param(smoothed_by_esda, marks=installed("esda"))])
def test_areas_alike_are_not_turned_upside_down(naive: Callable[[Floats, Floats], Floats]) -> None:
    """Twenty areas of 5,000 people with one homicide each, and one with none."""
    events, people = np.array([1] * 20 + [0]), np.array([5000] * 21)
    wrong = naive(events, people) * 100_000
    assert wrong[:20] == pytest.approx([0] * 20, abs=1e-9) and wrong[20] == pytest.approx(400)
    ours = smooth_rates(events.tolist(), people.tolist())
    assert [rate * 100_000 for rate in ours if rate is not None] == pytest.approx([400 / 21] * 21)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("naive", [smoothed_by_formula, pytest.param(smoothed_by_esda, marks=installed("esda"))])
def test_one_empty_area_does_not_wipe_out_all(naive: Callable[[Floats, Floats], Floats]) -> None:
    events, people = np.array([9, 2, 0, 4]), np.array([5000, 4000, 0, 9000])
    assert np.isnan(naive(events, people)).all()
    ours = smooth_rates(events.tolist(), people.tolist())
    assert [rate is None for rate in ours] == [False, False, True, False]


# 2 ------------------------------------------------------------------- near repeats: more than, or as many or more


def burkitt(shared: Path) -> Floats:
    with (shared / "oracles/data/burkitt_knox.csv").open() as file:
        return np.array([[float(row[name]) for name in "XYT"] for row in csv.DictReader(file)])


def more_by_formula(points: Floats, observed: int, expected: float) -> float:
    """pointpats 2.5.5, Knox.p_poisson: the chance of more pairs than were seen."""
    return float(stats.poisson.sf(observed, expected))


def more_by_pointpats(points: Floats, observed: int, expected: float) -> float:
    from pointpats import Knox

    return float(Knox(points[:, :2], points[:, 2:], 20, 5, permutations=0).p_poisson)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("naive", [more_by_formula, pytest.param(more_by_pointpats, marks=installed("pointpats"))])
def test_a_near_repeat_counts_what_was_seen(shared: Path, naive: Callable[[Floats, int, float], float]) -> None:
    points = burkitt(shared)
    found = knox(*points.T, 20, 5, runs=9)
    assert naive(points, found.near, found.expected) == pytest.approx(0.146, abs=0.0005)
    assert found.p_poisson == pytest.approx(0.222, abs=0.0005)
    at_least = 1 - sum(stats.poisson.pmf(range(found.near), found.expected))
    assert found.p_poisson == pytest.approx(at_least, abs=1e-9)


def test_shuffling_in_place_moves_the_callers_events(shared: Path) -> None:
    """pointpats' older knox() shuffles the array it was given: the second call no longer sees the real dates."""
    points = burkitt(shared)
    times, copy = points[:, 2].copy(), points[:, 2].copy()
    np.random.default_rng(1).shuffle(times)
    assert knox(points[:, 0], points[:, 1], times, 20, 5, runs=9).near != 13
    for _ in range(2):
        assert knox(points[:, 0], points[:, 1], copy, 20, 5, runs=99).near == 13
    assert (copy == points[:, 2]).all()


# 3 -------------------------------------------------------------------------------- two tests under one name


@pytest.mark.parametrize("pair", [(3, 1, 20, 4), (10, 1, 4, 3), (8, 1, 2, 12), (6, 28, 2, 84)])
def test_the_e_test_is_named_by_its_statistic(pair: tuple[int, int, int, int]) -> None:
    from statsmodels.stats.rates import test_poisson_2indep as two_rates

    paper, score = stats.poisson_means_test(*pair).pvalue, two_rates(*pair, method="etest").pvalue
    assert abs(paper - score) > 0.01 and max(paper / score, score / paper) > 1.2
    assert poisson_difference_test(*pair) == pytest.approx(paper, abs=1e-6)
    assert poisson_difference_test(*pair) == pytest.approx(two_rates(*pair, method="etest-wald").pvalue, abs=1e-6)
    assert poisson_difference_test(*pair, "score") == pytest.approx(score, abs=1e-6)


def test_the_two_agree_for_equal_exposures_only() -> None:
    assert poisson_difference_test(10, 1, 5, 1) == pytest.approx(poisson_difference_test(10, 1, 5, 1, "score"))
    wald, score = poisson_difference_test(10, 1, 4, 3), poisson_difference_test(10, 1, 4, 3, "score")
    assert wald / score > 100


# 4 ---------------------------------------------------------------------------------- intervals with a zero count


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_zero_count_has_a_real_interval() -> None:
    from statsmodels.stats.rates import confint_poisson_2indep as interval

    low, high = interval(0, 1, 3, 1, method="score", compare="ratio")
    assert (low, high) == pytest.approx((1.28, 1.28), abs=0.005)
    with pytest.raises(ZeroDivisionError):
        interval(0, 1, 3, 1, method="wald-log", compare="ratio")
    assert np.isnan(interval(3, 1, 0, 1, method="mover", compare="ratio")[1])
    ours = rate_ratio(0, 1, 3, 1)
    assert (ours.value, ours.low, ours.high) == (0, 0, pytest.approx(2.42, abs=0.005))
    turned = rate_ratio(3, 1, 0, 1)
    assert turned.value == np.inf and turned.low == pytest.approx(1 / ours.high) and turned.high == np.inf
    with pytest.raises(ValueError, match=r"change\.rate_ratio"):
        rate_ratio_score(0, 1, 3, 1)


def test_nothing_against_nothing_is_no_change() -> None:
    from statsmodels.stats.rates import test_poisson_2indep as two_rates

    with np.errstate(all="ignore"):
        assert np.isnan(two_rates(0, 1, 0, 1, method="wald").pvalue)
    assert exact_test(0, 1, 0, 1) == poisson_difference_test(0, 1, 0, 1) == 1 and rate_ratio(0, 1, 0, 1).value is None


# 5 -------------------------------------------------------------------- permutation p-values of one folded tail


def folded(observed: float, shuffled: Floats) -> float:
    """The p_sim of esda's local statistics (2.8.2): the smaller tail alone."""
    larger = int((shuffled >= observed).sum())
    return (min(larger, len(shuffled) - larger) + 1) / (len(shuffled) + 1)


def test_a_permutation_test_flags_as_often_as_it_says() -> None:
    """Four thousand places without a pattern, each with 199 shuffles: 5 % may be flagged, not 10 %."""
    random = np.random.default_rng(2)
    observed, shuffled = random.normal(size=4000), random.normal(size=(4000, 199))
    naive = np.array([folded(one, many) for one, many in zip(observed, shuffled, strict=True)])
    ours = np.array([permutation_p(one, many) for one, many in zip(observed, shuffled, strict=True)])
    assert 0.085 < (naive <= 0.05).mean() < 0.115
    assert 0.035 < (ours <= 0.05).mean() < 0.06
    assert (adjust_for_many(ours) <= 0.05).sum() == 0


def test_a_permutation_test_by_hand() -> None:
    runs = [float(value) for value in range(1, 100)]
    assert permutation_p(97.5, runs) == permutation_p(2.5, runs) == pytest.approx(2 * 3 / 100)
    assert permutation_p(50, runs) == 1
    assert folded(97.5, np.array(runs)) == pytest.approx(3 / 100)
    with pytest.raises(ValueError, match="shuffled"):
        permutation_p(1, [])


# 6 ------------------------------------------------------------------------- a fit that stops before the optimum


@pytest.mark.filterwarnings("ignore")
def test_a_structural_model_is_fitted_to_its_optimum(shared: Path) -> None:
    """The Nile's published variances are 15,099 and 1,469.1; the default fit stops short of them."""
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    with (shared / "oracles/data/nile.csv").open() as file:
        volumes = [float(row["volume"]) for row in csv.DictReader(file)]
    naive = UnobservedComponents(np.array(volumes), "llevel", use_exact_diffuse=True).fit(disp=0)
    ours = fit_local_level(volumes)
    assert abs(naive.params[0] - 15_099) > 20 and abs(naive.params[1] - 1469.1) > 10
    assert (ours.irregular, ours.level) == pytest.approx((15_099, 1469.1), abs=2)
    assert ours.log_likelihood > naive.llf
