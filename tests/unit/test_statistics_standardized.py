"""Standardised rates, clearance and disparity: what must hold of any data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.stats.contingency import relative_risk

from harborlight.statistics.clearance import (
    EXCEPTIONAL_REASONS,
    clearance_within,
    cohort_clearance,
    reported_clearance,
    share_of,
    wilson_interval,
)
from harborlight.statistics.disparity import outcome_test, rate_difference, rate_ratio_by_group, risk_ratio
from harborlight.statistics.rates import (
    crude_rate,
    directly_standardized_rate,
    expected_events,
    rate_reliability,
    standardized_ratio,
)

bands = st.lists(
    st.tuples(st.integers(0, 300), st.integers(1000, 200_000), st.integers(1, 9000)), min_size=2, max_size=19
)


# ------------------------------------------------------------------------------------------- standardised rates


@settings(deadline=None)
@given(bands, st.sampled_from(["gamma", "dobson"]), st.randoms(use_true_random=False))
def test_a_standardized_rate_lies_in_its_interval_and_has_no_order(rows, method, random) -> None:  # type: ignore[no-untyped-def]
    found = directly_standardized_rate(*zip(*rows, strict=True), method)
    if sum(k for k, _, _ in rows) < 10:
        assert (found.value, found.low, found.high) == (None, 0, math.inf)
        assert found.flags == ("small_count", "suppressed")
        return
    assert found.value is not None and 0 <= found.low <= found.value <= found.high
    crude = [k / people * 100_000 for k, people, _ in rows]
    assert min(crude) - 1e-9 <= found.value <= max(crude) + 1e-9
    random.shuffle(rows)
    again = directly_standardized_rate(*zip(*rows, strict=True), method)
    assert (again.value, again.low, again.high) == pytest.approx((found.value, found.low, found.high))


@settings(deadline=None)
@given(st.integers(10, 3000), st.sampled_from(["gamma", "dobson"]))
def test_people_of_the_standards_own_ages_keep_their_crude_rate(k: int, method: str) -> None:
    found = directly_standardized_rate([k, k], [40_000, 40_000], [500, 500], method)  # type: ignore[arg-type]
    crude = crude_rate(2 * k, 80_000)
    assert found.value == pytest.approx(crude.value)
    assert (found.low, found.high) == pytest.approx((crude.low, crude.high), rel=0.06)


def test_victims_of_one_shooting_are_no_independent_events() -> None:
    """Thirty wounded in one incident: the count is the same, what it says about the rate is far less."""
    events, people, standard = [40, 20], [10_000, 20_000], [3, 1]
    alone = directly_standardized_rate(events, people, standard, "dobson")
    ones = directly_standardized_rate(events, people, standard, multiplicity={1: [40, 20]})
    together = directly_standardized_rate(events, people, standard, multiplicity={1: [10, 20], 30: [1, 0]})
    assert ones == alone and together.value == alone.value
    # Variance: sum over bands of squared weight times the sum of squared sizes, 10 + 900 and 20.
    weights = np.array([0.75 / 10_000, 0.25 / 20_000])
    wider = math.sqrt((weights**2 @ [910, 20]) / (weights**2 @ [40, 20]))
    value = alone.value or 0
    assert together.high - value == pytest.approx(wider * (alone.high - value))
    assert wider > 4 and together.low == 0
    for multiplicity, text in (({1: [40, 19]}, "add up"), ({2: [20]}, "age band"), ({0: [1, 1]}, "above 0")):
        with pytest.raises(ValueError, match=text):
            directly_standardized_rate(events, people, standard, multiplicity=multiplicity)
    with pytest.raises(ValueError, match="'dobson'"):
        directly_standardized_rate(events, people, standard, "gamma", multiplicity={1: [40, 20]})


def test_bad_age_bands_are_refused() -> None:
    for arguments, text in (
        (([1], [2, 3], [1]), "age band"), (([], [], []), "age band"), (([1, -1], [5, 5], [1, 1]), "whole number"),
        (([1, 1], [5, 0], [1, 1]), "population"), (([1, 1], [5, 5], [0, 0]), "standard"),
        (([1, 1], [5, 5], [2, -1]), "standard"), (([1, 1], [5, 5], [1, 1], "wald"), "method"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=text):
            directly_standardized_rate(*arguments)


@settings(deadline=None)
@given(st.integers(0, 5000), st.floats(0.1, 5000))
def test_observed_over_expected(observed: int, expected: float) -> None:
    found = standardized_ratio(observed, expected)
    assert found.value == observed / expected and found.low <= found.value <= found.high
    assert ("small_count" in found.flags) == (observed < 10)
    assert expected_events([100, 0], [5, 2], [1000, 50]) == pytest.approx(0.5)


def test_which_rates_may_be_shown_in_colour() -> None:
    for k, flags in ((9, ("small_count",)), (10, ("unstable",)), (19, ("unstable",)), (20, ())):
        rate = crude_rate(k, 50_000)
        assert rate_reliability(k, rate.low, rate.high, rate.value or 0) == flags
    # Forty events, most of them in one small age band: the interval is wider than 160 % of the rate.
    assert rate_reliability(40, 2, 20, 10) == ("unstable",)
    assert rate_reliability(40, 6, 22, 10) == ()
    with pytest.raises(ValueError, match="limits"):
        rate_reliability(40, 12, 20, 10)


# ---------------------------------------------------------------------------------------------------- clearance


@settings(deadline=None)
@given(st.integers(0, 3000), st.integers(1, 3000), st.sampled_from([0.8, 0.95, 0.998]))
def test_wilsons_interval_contains_the_share(k: int, extra: int, confidence: float) -> None:
    n = k + extra - 1 or 1
    low, high = wilson_interval(min(k, n), n, confidence)
    assert 0 <= low <= min(k, n) / n <= high <= 1
    theirs = stats.binomtest(min(k, n), n).proportion_ci(confidence, "wilson")
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    mirrored = wilson_interval(n - min(k, n), n, confidence)
    assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((low, high), abs=1e-12)


@settings(deadline=None)
@given(st.integers(1, 800), st.lists(st.integers(0, 300), min_size=2, max_size=5))
def test_kinds_of_clearance_add_up_to_all(open_cases: int, cleared: list[int]) -> None:
    kinds = ["arrest", *EXCEPTIONAL_REASONS][: len(cleared)]
    found = cohort_clearance(open_cases + sum(cleared), dict(zip(kinds, cleared, strict=True)), kinds)
    assert list(found) == ["all", *kinds]
    parts = sum(found[kind].value or 0 for kind in kinds)
    assert found["all"].value == pytest.approx(parts)
    assert sum(found[kind].n_events for kind in kinds) == found["all"].n_events
    assert all(estimate.low <= (estimate.value or 0) <= estimate.high for estimate in found.values())


def test_the_four_numbers_of_clearance() -> None:
    """Sixty offences, 18 cleared by arrest and 6 exceptionally; forty clearances of older ones in the same year."""
    reported = reported_clearance(64, 60)
    assert reported.value == pytest.approx(64 / 60) and reported.low < 1 < reported.high
    own = cohort_clearance(60, {"arrest": 18, "exceptional": 6})
    assert [own[kind].value for kind in ("all", "arrest", "exceptional")] == pytest.approx([0.4, 0.3, 0.1])
    assert reported_clearance(3, 0).flags == ("small_count", "zero_base")
    with pytest.raises(ValueError, match="'warrant'"):
        cohort_clearance(60, {"warrant": 1})
    with pytest.raises(ValueError, match="no more successes"):
        cohort_clearance(60, {"arrest": 61})
    assert share_of(3, 9).flags == ("small_count",)


def test_clearance_within_days_equals_the_plain_share_when_all_were_followed() -> None:
    days = [5, 12, 40, 200, 400, 400, 400, 400]
    status = [1, 2, 1, 1, 0, 0, 0, 0]
    found = clearance_within(days, status)
    assert [e.value for e in found[1]] == pytest.approx([1 / 8, 2 / 8, 3 / 8])
    assert [e.value for e in found[2]] == pytest.approx([1 / 8] * 3)
    assert [e.n_events for e in found[1]] == [1, 2, 3]
    # Two young offences that were followed for ten days only: the shares rest on the others after that.
    young = clearance_within([*days, 10, 10], [*status, 0, 0])
    assert young[1][0].value == pytest.approx(1 / 10)
    assert young[1][1].value == pytest.approx(1 / 10 + 0.9 * (6 / 7) / 6)


def test_nothing_is_claimed_past_the_longest_follow_up() -> None:
    found = clearance_within([3, 20, 60, 60], [1, 0, 0, 0], within=(30, 90))
    assert found[1][0].value is not None and found[1][0].flags == ()
    assert (found[1][1].value, found[1][1].low, found[1][1].high) == (None, 0, 1)
    assert found[1][1].flags == ("incomplete",)
    for days, status in (([1, 2], [0]), ([1], [0]), ([-1], [1]), ([math.nan], [1]), ([], [])):
        with pytest.raises(ValueError):
            clearance_within(days, status)


followed = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 2)), min_size=3, max_size=60)


@settings(deadline=None, max_examples=40)
@given(followed, st.randoms(use_true_random=False))
def test_shares_within_days_grow_and_stay_below_one(rows, random) -> None:  # type: ignore[no-untyped-def]
    rows = [*rows, (3, 1), (400, 0)]
    found = clearance_within(*zip(*rows, strict=True))
    for estimates in found.values():
        values = [e.value for e in estimates if e.value is not None]
        assert values == sorted(values)
        assert all(e.low - 1e-12 <= e.value <= e.high + 1e-12 for e in estimates if e.value is not None)
    last = [e[-1].value or 0 for e in found.values()]
    assert sum(last) <= 1 + 1e-12
    random.shuffle(rows)
    again = clearance_within(*zip(*rows, strict=True))
    for kind, estimates in found.items():
        assert [e.value for e in estimates] == pytest.approx([e.value for e in again[kind]])


# ---------------------------------------------------------------------------------------------------- disparity

SEEN = {"stops": 120, "others": 80}
RESIDENTS = {
    "residents, census 2020": {"stops": 30_000, "others": 50_000},
    "crashes, 2023": {"stops": 900, "others": 700},
}


def test_a_disparity_names_every_number_and_two_benchmarks() -> None:
    first, second = rate_ratio_by_group(SEEN, RESIDENTS, "others")
    assert (first.denominator, first.group, first.count, first.reference_count) == (
        "residents, census 2020",
        "stops",
        120,
        80,
    )
    assert first.ratio.value == pytest.approx(2.5) and second.ratio.value == pytest.approx(120 / 900 / (80 / 700))
    assert first.ratio.low > 1 and second.ratio.contains_one
    assert first.difference.value == pytest.approx(400 - 160) and first.difference.low > 0
    for denominators, reference, text in (
        (dict(list(RESIDENTS.items())[:1]), "others", "2 denominators"),
        (RESIDENTS, "nobody", "'nobody'"),
        (RESIDENTS | {"drivers": {"others": 4}}, "others", "'drivers' lacks"),
    ):
        with pytest.raises(ValueError, match=text):
            rate_ratio_by_group(SEEN, denominators, reference)


@settings(deadline=None)
@given(st.integers(0, 900), st.integers(1, 5000), st.integers(0, 900), st.integers(1, 5000))
def test_ratio_and_difference_of_groups_turn_round(k1: int, e1: int, k2: int, e2: int) -> None:
    one, other = rate_difference(k1, e1, k2, e2), rate_difference(k2, e2, k1, e1)
    assert one.value is not None and one.low <= one.value <= one.high
    assert (one.value, one.low, one.high) == pytest.approx((-(other.value or 0), -other.high, -other.low), abs=1e-9)
    n1, n2 = k1 + e1, k2 + e2
    ratio, turned = risk_ratio(k1, n1, k2, n2), risk_ratio(k2, n2, k1, n1)
    assert ratio.low <= ratio.high and (ratio.value is None or ratio.low <= ratio.value <= ratio.high)
    if k1 and k2:
        assert ratio.low == pytest.approx(1 / turned.high)
        theirs = relative_risk(k1, n1, k2, n2).confidence_interval(0.95)
        assert (ratio.low, ratio.high) == pytest.approx((theirs.low, theirs.high))


def test_an_outcome_test_asks_how_often_a_search_found_something() -> None:
    (found,) = outcome_test({"a": 30, "b": 60}, {"a": 200, "b": 250}, "b")
    assert (found.share.value, found.reference_share.value) == (0.15, 0.24)
    assert found.ratio.value == pytest.approx(0.625) and found.ratio.high < 1
    assert found.p_value == pytest.approx(stats.fisher_exact([[30, 170], [60, 190]])[1])
    with pytest.raises(ValueError, match="same groups"):
        outcome_test({"a": 1}, {"b": 2}, "a")
    with pytest.raises(ValueError, match="no more cases"):
        outcome_test({"a": 3, "b": 1}, {"a": 2, "b": 2}, "b")
