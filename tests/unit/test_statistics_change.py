"""Change: one method decides ratio, interval, p-value and word."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy import stats

from harborlight.statistics.change import (
    Dispersion,
    Verdict,
    detectable,
    dispersion,
    exact_test,
    percent_change,
    poisson_z,
    rate_ratio,
    verdict,
)
from harborlight.statistics.poisson_tests import poisson_difference_test, rate_ratio_score, rate_ratio_test

counts = st.integers(0, 3000)
small = st.integers(0, 60)
days = st.sampled_from([28, 181, 182, 365, 366])
clustering = st.sampled_from([1.0, 1.0, 1.2, 1.7, 2.5, 4.0])


@given(counts, days, counts, days, clustering)
@example(0, 28, 0, 28, 1.0)
@example(0, 28, 7, 28, 2.5)
def test_interval_contains_the_ratio(k1: int, e1: int, k2: int, e2: int, phi: float) -> None:
    found = rate_ratio(k1, e1, k2, e2, dispersion=phi)
    assert 0 <= found.low <= found.high
    if found.value is None:
        assert (k1, k2, found.low, found.high) == (0, 0, 0, math.inf)
    else:
        assert found.low <= found.value <= found.high


@pytest.mark.parametrize("degrees", [1.0, 0.1, 0.01, 0.001])
def test_a_dispersion_that_says_nothing_gives_a_range_that_says_nothing(degrees: float) -> None:
    """From a handful of events the degrees of freedom are far below one: no float holds the interval, and no ratio is ruled out."""
    found = rate_ratio(5, 365, 2, 365, dispersion=Dispersion(1.2, degrees))
    assert found.low < 1 < found.high and found.value == 2.5
    assert degrees > 0.05 or (found.low, found.high) == (0.0, math.inf)
    assert verdict(5, 365, 2, 365, Dispersion(1.2, degrees)) == "no_clear_change"


@given(counts, days, counts, days, clustering)
def test_swapping_the_windows_inverts_the_interval(k1: int, e1: int, k2: int, e2: int, phi: float) -> None:
    one, other = rate_ratio(k1, e1, k2, e2, dispersion=phi), rate_ratio(k2, e2, k1, e1, dispersion=phi)
    assert exact_test(k1, e1, k2, e2, phi) == pytest.approx(exact_test(k2, e2, k1, e1, phi), rel=1e-9)
    assert one.low == pytest.approx(1 / other.high if other.high else math.inf, rel=1e-8)
    if one.high < math.inf:
        assert one.high == pytest.approx(1 / other.low, rel=1e-8)
    else:
        assert other.low == 0


@given(counts, days, counts, days, clustering, st.sampled_from([0.8, 0.95, 0.99]))
def test_word_p_and_interval_never_disagree(k1: int, e1: int, k2: int, e2: int, phi: float, confidence: float) -> None:
    found = rate_ratio(k1, e1, k2, e2, confidence, phi)
    p = exact_test(k1, e1, k2, e2, phi)
    assume(abs(p - (1 - confidence)) > 1e-9)
    word = verdict(k1, e1, k2, e2, phi, confidence)
    assert (word != "no_clear_change") == (p < 1 - confidence) == (not found.contains_one)
    if word == "higher":
        assert found.low > 1
    if word == "lower":
        assert found.high < 1


def word_by_counting(k1: int, fall_below: int | None, rise_above: int) -> Verdict:
    if fall_below is not None and k1 < fall_below:
        return "lower"
    return "higher" if k1 > rise_above else "no_clear_change"


@given(small, days, st.sampled_from([1.0, 366 / 365, 1.5]), clustering)
@settings(max_examples=60, deadline=None)
def test_detectable_is_the_true_boundary(k2: int, e2: int, longer: float, phi: float) -> None:
    e1 = e2 * longer
    fall_below, rise_above = detectable(k2, e1, e2, phi)
    for k1 in range(2 * rise_above + 5):
        assert verdict(k1, e1, k2, e2, phi) == word_by_counting(k1, fall_below, rise_above)


@given(counts, days, counts, days, st.floats(1.01, 8))
def test_clustering_never_makes_a_change_clearer(k1: int, e1: int, k2: int, e2: int, phi: float) -> None:
    assume(min(k1, k2) > 8)
    assert exact_test(k1, e1, k2, e2, phi) >= exact_test(k1, e1, k2, e2, 1.005)


def test_the_boundary_in_words() -> None:
    # A year of 24: only a fall below 12 or a rise above 40 would stand out.
    fall_below, rise_above = detectable(24, 365, 365)
    assert (fall_below, rise_above) == (12, 40)
    assert detectable(3, 365, 365)[0] is None


def test_exact_test_is_twice_the_smaller_binomial_tail() -> None:
    below, above = stats.binom.cdf(14, 14 + 29, 366 / 731), stats.binom.sf(13, 14 + 29, 366 / 731)
    assert exact_test(14, 366, 29, 365) == pytest.approx(2 * min(below, above), rel=1e-12)


def test_limits_are_those_of_clopper_and_pearson() -> None:
    share = stats.binomtest(133, 133 + 194).proportion_ci(0.95, "exact")
    found = rate_ratio(133, 1, 194, 1)
    assert found.low == pytest.approx(share.low / (1 - share.low))
    assert found.high == pytest.approx(share.high / (1 - share.high))
    assert (round(found.low, 3), round(found.high, 3)) == (0.546, 0.859)


def test_a_zero_has_a_finite_limit() -> None:
    found = rate_ratio(0, 1, 3, 1)
    assert found.value == 0
    assert found.high == pytest.approx(2.42, abs=0.005)
    assert found.flags == ("small_count",)
    assert rate_ratio(3, 1, 0, 1).value == math.inf
    assert rate_ratio(3, 1, 0, 1).flags == ("small_count", "zero_base")


def test_clustered_counts_use_the_log_ratio() -> None:
    found = rate_ratio(133, 365, 194, 366, dispersion=2)
    reach = 1.959963984540054 * math.sqrt(2 * (1 / 133 + 1 / 194))
    assert found.value is not None
    assert (found.low, found.high) == pytest.approx((found.value / math.exp(reach), found.value * math.exp(reach)))
    assert found.flags == ("overdispersed",)


def test_chance_is_told_from_change() -> None:
    assert verdict(3, 365, 6, 365) == "no_clear_change"
    assert verdict(127, 365, 181, 365) == "lower"
    assert verdict(181, 365, 127, 365) == "higher"
    assert verdict(51, 151, 71, 151) == "no_clear_change"
    assert exact_test(0, 1, 0, 1) == 1


def test_no_percentage_under_twenty() -> None:
    assert percent_change(19, 40) is None
    assert percent_change(40, 19) is None
    assert percent_change(20, 40) == -50
    assert percent_change(5, 0, base=0) is None


def test_poisson_z_is_symmetric() -> None:
    assert poisson_z(4, 9) == -poisson_z(9, 4) == -2


def test_dispersion_of_a_pure_season_is_zero() -> None:
    season = [10, 20, 30, 40, 50, 60, 60, 50, 40, 30, 20, 10]
    assert dispersion(season * 3) == pytest.approx(0)
    assert dispersion([2 * k for k in season] + season * 3) == pytest.approx(0)


def test_dispersion_is_pearsons_over_degrees_of_freedom() -> None:
    table = [[4, 6] * 6, [6, 4] * 6, [5, 5] * 6]
    # Every month is expected to hold 5, eight of twelve cells a year miss by one: 24 / 5 over 22.
    assert dispersion([k for year in table for k in year]) == pytest.approx(24 / 5 / 22)


def test_dispersion_uses_the_latest_whole_years() -> None:
    months = [7, 3, 9, 4, 8, 2, 6, 5, 9, 7, 3, 8] * 3
    months[-1] = 20
    assert dispersion([900, 900, *months]) == dispersion(months)
    assert dispersion([0] * 36) == 1


def test_clustered_counts_have_dispersion_near_their_clusters() -> None:
    # Pairs of events: every count is twice a Poisson count, so its variance is twice its mean.
    draws = stats.poisson.rvs(30, size=1200, random_state=7)
    assert dispersion([2 * int(k) for k in draws]) == pytest.approx(2, abs=0.2)


def e_test_in_whole_numbers(k1: int, e1: int, k2: int, e2: int) -> float:
    """The E-test with exact ties: scipy compares rounded statistics and loses outcomes equally far apart."""

    def square(x1: int, x2: int) -> Fraction:
        spread = Fraction(x1, e1**2) + Fraction(x2, e2**2)
        return (Fraction(x1, e1) - Fraction(x2, e2)) ** 2 / spread if spread else Fraction(0)

    rate, observed = (k1 + k2) / (e1 + e2), square(k1, k2)
    most = 60 + 5 * (k1 + k2)
    p1 = stats.poisson.pmf(range(most), rate * e1)
    p2 = stats.poisson.pmf(range(most), rate * e2)
    return sum(
        float(p1[x1] * p2[x2])
        for x1 in range(most)
        for x2 in range(most)
        if p1[x1] * p2[x2] > 1e-13 and square(x1, x2) >= observed
    )


@given(st.integers(0, 9), st.sampled_from([1, 2]), st.integers(0, 9), st.sampled_from([1, 3]))
@settings(max_examples=25, deadline=None)
@example(15, 2, 30, 1)
def test_e_test_agrees_with_whole_numbers(k1: int, e1: int, k2: int, e2: int) -> None:
    assert poisson_difference_test(k1, e1, k2, e2) == pytest.approx(e_test_in_whole_numbers(k1, e1, k2, e2), abs=1e-9)


@given(st.integers(0, 900), days, st.integers(0, 900), days)
@settings(max_examples=30, deadline=None)
def test_e_test_is_symmetric_and_close_to_the_exact_test(k1: int, e1: int, k2: int, e2: int) -> None:
    p = poisson_difference_test(k1, e1, k2, e2)
    assert p == pytest.approx(poisson_difference_test(k2, e2, k1, e1), abs=1e-9)
    if e1 == e2:
        assert p == pytest.approx(poisson_difference_test(k1, e1, k2, e2, "score"), abs=1e-9)
        assert p <= exact_test(k1, e1, k2, e2) + 1e-9


def test_large_counts_use_the_normal_tail() -> None:
    assert poisson_difference_test(20_100, 1, 20_500, 1) == pytest.approx(
        rate_ratio_test(20_100, 1, 20_500, 1, "wald"), rel=1e-12
    )
    assert poisson_difference_test(0, 1, 0, 1) == rate_ratio_test(0, 1, 0, 1) == 1


@pytest.mark.parametrize("bad", [-1, 2.5, math.nan, math.inf])
def test_a_count_is_a_whole_number(bad: float) -> None:
    for call in (rate_ratio, exact_test, verdict, poisson_difference_test, rate_ratio_test, rate_ratio_score):
        with pytest.raises(ValueError, match="whole number"):
            call(bad, 1, 3, 1)  # type: ignore[operator]
        with pytest.raises(ValueError, match="whole number"):
            call(3, 1, bad, 1)  # type: ignore[operator]
    with pytest.raises(ValueError, match="whole number"):
        dispersion([bad] * 36)  # type: ignore[list-item]
    with pytest.raises(ValueError, match="whole number"):
        percent_change(30, bad)  # type: ignore[arg-type]


def test_other_bad_input_is_refused() -> None:
    for exposure in (0, -1, math.nan):
        with pytest.raises(ValueError, match="above 0"):
            rate_ratio(1, exposure, 1, 1)
    with pytest.raises(ValueError, match="confidence"):
        rate_ratio(1, 1, 1, 1, confidence=95)
    with pytest.raises(ValueError, match="dispersion"):
        verdict(1, 1, 1, 1, dispersion=math.nan)
    with pytest.raises(ValueError, match="36 months"):
        dispersion([5] * 35)
    with pytest.raises(ValueError, match="statistic"):
        poisson_difference_test(1, 1, 2, 1, "sign")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="method"):
        rate_ratio_test(1, 1, 2, 1, "sign")  # type: ignore[arg-type]
    for call in (rate_ratio_score, lambda *pair: rate_ratio_test(*pair, method="wald_log")):
        with pytest.raises(ValueError, match="above 0"):
            call(0, 1, 3, 1)
