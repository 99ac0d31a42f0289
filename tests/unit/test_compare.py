"""Two windows compared: what is refused and with which way out, what is answered, and what chance is allowed to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harborlight.catalog.models import Break
from harborlight.metrics.compare import CompareError, CompareResult, check_claim, compare, find_reason, judge_many
from harborlight.metrics.query import make_query
from harborlight.metrics.series import Series
from harborlight.metrics.shapes import Change, Facts, Missing, Window
from harborlight.statistics import change
from harborlight.statistics.windows import Window as Days
from harborlight.statistics.windows import overlap_days
from harborlight.store import Connection
from tests.divided import load_divided
from tests.tiny import make_store, make_store_facts

D = date
# Killings a year; in the year 2020 and after the numbers that were published for a real city.
KILLED = {2017: 343, 2018: 309, 2019: 348, 2020: 335, 2021: 338, 2022: 333, 2023: 262, 2024: 194, 2025: 133}
THROUGH = D(2025, 12, 31)
REDRAW = {"id": "redraw", "date": "2023-07-09", "metrics": ["all"], "effect": "recomputes", "title": "Districts redrawn", "text": "New lines."}
COURT = {"id": "court", "date": "2024-05-06", "metrics": ["cases_disposed"], "effect": "stops", "title": "Courts moved", "text": "New case numbers."}
RULES = {"id": "rules", "date": "2022-01-01", "metrics": ["robberies"], "effect": "stops", "title": "New counting rules", "text": "Counted differently."}
YEAR_RULE = {"id": "year_rule", "date": "2025-01-01", "metrics": ["homicide_victims"], "effect": "notes", "title": "The year a killing counts in", "text": "It changed."}
OVERLAP = Days(D(2022, 1, 1), D(2023, 5, 31)), Days(D(2021, 1, 1), D(2022, 5, 31))
UNEQUAL = Days(D(2022, 1, 1), D(2023, 5, 31)), Days(D(2020, 7, 1), D(2021, 12, 31))
LIKE_FOR_LIKE = Days(D(2022, 1, 1), D(2023, 5, 31)), Days(D(2020, 1, 1), D(2021, 5, 31))


def killing_days(year: int) -> list[date]:
    return [D(year, 1, 1) + timedelta(days=k * 365 // KILLED[year]) for k in range(KILLED[year])]


def records() -> Iterator[dict[str, Any]]:
    """Killings citywide; robberies in ward 1, two a month in ward 2, and on ground that changed its district."""
    for year in KILLED:
        for day in killing_days(year):
            yield {"offense_code": "09A", "occurred_date": day, "victim_type_code": "person", "place": "ward-1"}
        for month in range(1, 13):
            for day in (2, 4, 8, 16, 23):
                yield {"offense_code": "120", "occurred_date": D(year, month, day), "place": "ward-1", "district_name": "South"}
            for day in (3, 9):
                stated = "North" if D(year, month, day) < D(2023, 7, 9) else "South"
                yield {"offense_code": "120", "occurred_date": D(year, month, day), "place": "redrawn", "district_name": stated}
    yield {"offense_code": "520", "occurred_date": THROUGH, "place": "ward-1"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Connection, Facts]]:
    catalog = load_divided(tmp_path_factory.mktemp("city"))
    places = {"redrawn": (-76.625, 39.53125), "ward-1": (-76.6875, 39.3125)}
    rows = []
    for number, row in enumerate(records()):
        x, y = places[row.pop("place")]
        rows.append({"record_id": f"r{number:05}", "longitude": x, "latitude": y, "premise_code": "street", **row})
    con = make_store(catalog, rows)
    facts = make_store_facts(con, catalog)
    con.execute("set search_path = 'metric,places'")
    yield con, with_breaks(facts, REDRAW, COURT, RULES, YEAR_RULE)
    con.close()


def with_breaks(facts: Facts, *breaks: Mapping[str, Any]) -> Facts:
    return replace(facts, city=facts.city.model_copy(update={"breaks": tuple(Break(**item) for item in breaks)}))


def ask(store: tuple[Connection, Facts], metric: str, a: Days, b: Days, **params: str) -> CompareResult:
    con, facts = store
    return compare(con, facts, make_query(facts.metrics[metric], facts, **params), a, b)


def refused(store: tuple[Connection, Facts], metric: str, a: Days, b: Days, **params: str) -> CompareError:
    with pytest.raises(CompareError) as caught:
        ask(store, metric, a, b, **params)
    return caught.value


def year(number: int) -> Days:
    return Days(D(number, 1, 1), D(number, 12, 31))


def killed_in(days: Days) -> int:
    return sum(days.date_from <= day <= days.date_to for y in KILLED for day in killing_days(y))


def days_of(window: Window) -> Days:
    return Days(window.date_from, window.date_to)


# ------------------------------------------------------------------------------------------------ golden cases


def test_windows_that_share_five_months_are_refused(store):
    error = refused(store, "homicide_victims", *OVERLAP)
    assert (error.code, error.status) == ("overlap", 422)
    assert "share 151 days" in str(error)
    assert [(w.n, w.days) for w in (error.a, error.b)] == [(killed_in(w), w.days) for w in OVERLAP]
    assert error.nearest is not None
    assert (days_of(error.nearest.a), days_of(error.nearest.b)) == LIKE_FOR_LIKE
    assert (error.nearest.a.n, error.nearest.b.n) == tuple(killed_in(w) for w in LIKE_FOR_LIKE)


def test_windows_of_516_and_549_days_are_refused(store):
    error = refused(store, "homicide_victims", *UNEQUAL)
    assert error.code == "unequal_length" and (error.a.days, error.b.days) == (516, 549)
    assert error.nearest is not None and (error.nearest.a.days, error.nearest.b.days) == (516, 517)
    assert (days_of(error.nearest.a), days_of(error.nearest.b)) == LIKE_FOR_LIKE
    assert error.nearest.verdict == "no_clear_change"


def test_where_a_break_lies_between_the_nearest_pair_keeps_to_one_side(store):
    """Robberies are counted differently since January 2022, so no earlier January to May can be had but that of 2022."""
    for pair in (OVERLAP, UNEQUAL):
        near = refused(store, "robberies", *pair).nearest
        assert near is not None
        assert (days_of(near.a), days_of(near.b)) == (Days(D(2023, 1, 1), D(2023, 5, 31)), Days(D(2022, 1, 1), D(2022, 5, 31)))
        assert (near.a.n, near.b.n) == (35, 35)


def test_the_windows_keep_their_sides(store):
    forth, back = refused(store, "homicide_victims", *OVERLAP), refused(store, "homicide_victims", *OVERLAP[::-1])
    assert forth.nearest and back.nearest
    assert (back.nearest.a, back.nearest.b) == (forth.nearest.b, forth.nearest.a)


# -------------------------------------------------------------------------------------------- breaks and edges


def test_homicides_of_2020_and_2025_answer_across_a_redraw_and_a_court_move(store):
    found = ask(store, "homicide_victims", year(2025), year(2020))
    assert (found.a.n, found.b.n, found.difference, found.verdict) == (133, 335, -202, "lower")
    assert found.percent == pytest.approx(-60.3, abs=0.05)
    assert found.ratio and found.ratio[1] < 133 / 335 * 366 / 365 < found.ratio[2] < 1
    assert [note.split(" (")[0] for note in found.notes] == ["The year a killing counts in"], "what only notes is said, not refused"


def test_a_break_touches_its_own_measures_only(store):
    error = refused(store, "robberies", year(2023), year(2020))
    assert (error.code, str(error)) == ("series_break", "Counted differently.")
    assert error.nearest and (days_of(error.nearest.a), days_of(error.nearest.b)) == (year(2023), year(2022))
    assert ask(store, "homicide_victims", year(2023), year(2020)).verdict == "lower"
    assert ask(store, "robberies", year(2025), year(2022)).difference == 0


def test_a_break_inside_one_window_is_refused(store):
    straddling = Days(D(2021, 7, 1), D(2022, 6, 30))
    assert refused(store, "robberies", straddling, Days(D(2020, 7, 1), D(2021, 6, 30))).code == "series_break"


def test_days_past_the_data_are_refused(store):
    error = refused(store, "homicide_victims", Days(D(2025, 7, 1), D(2026, 6, 30)), Days(D(2024, 7, 1), D(2025, 6, 30)))
    assert error.code == "incomplete" and "31 December 2025" in str(error)
    assert error.nearest and days_of(error.nearest.a) == Days(D(2025, 7, 1), D(2025, 12, 31))


def test_a_window_in_the_far_future_is_no_dead_end(store):
    error = refused(store, "homicide_victims", Days(D(2040, 1, 1), D(2040, 12, 31)), Days(D(2039, 1, 1), D(2039, 12, 31)))
    assert error.nearest and (days_of(error.nearest.a), days_of(error.nearest.b)) == (year(2025), year(2024))


def test_a_missing_stretch_is_refused_only_inside_a_window(store):
    con, facts = store
    gap = Missing("homicide_victims", "reports", D(2023, 5, 1), D(2023, 5, 31), "Lost when the system moved.")
    gone = con, replace(facts, missing=(*facts.missing, gap))
    error = refused(gone, "homicide_victims", year(2023), year(2022))
    assert (error.code, str(error)) == ("incomplete", "Lost when the system moved.")
    assert ask(gone, "homicide_victims", year(2024), year(2022)).verdict == "lower"


def test_an_area_as_recorded_is_compared_by_place_instead(store):
    """By name North lost its robberies on 9 July 2023; the ground of today's South had as many in both years."""
    params = {"layer": "police_district", "area": "south", "lines": "recorded"}
    error = refused(store, "robberies", year(2024), year(2022), **params)
    assert error.code == "boundary_version" and (error.a.n, error.b.n) == (84, 60)
    near = error.nearest
    assert near and (days_of(near.a), days_of(near.b)) == (year(2024), year(2022))
    assert (near.a.n, near.b.n, near.query.lines) == (84, 84, "2023")
    assert [note.split(" (")[0] for note in near.notes] == ["Districts redrawn"]


# ------------------------------------------------------------------------------------- small bases and baselines


def test_a_small_base_is_an_answer_with_a_flag(store):
    found = ask(store, "homicide_victims", Days(D(2025, 3, 1), D(2025, 3, 28)), Days(D(2024, 3, 1), D(2024, 3, 28)))
    assert min(found.a.n, found.b.n) < 20
    assert (found.ratio, found.percent) == (None, None) and "small_count" in found.flags
    assert found.difference == found.a.n - found.b.n and 0 < found.p_value <= 1


def test_a_base_of_twenty_has_a_ratio(store):
    con, facts = store
    low = con, replace(facts, city=facts.city.model_copy(update={"percent_base": 10}))
    window, before = Days(D(2025, 3, 1), D(2025, 3, 31)), Days(D(2024, 3, 1), D(2024, 3, 31))
    assert ask(low, "homicide_victims", window, before).ratio is not None
    assert ask(store, "homicide_victims", window, before).ratio is None


def test_baselines_stand_side_by_side(store):
    found = ask(store, "homicide_victims", year(2025), year(2020))
    assert [base.years for base in found.baselines] == [1, 3, 5]
    for base in found.baselines:
        earlier = [KILLED[2025 - back] for back in range(1, base.years + 1)]
        assert [window.n for window in base.before] == earlier
        days = sum(365 + (y % 4 == 0) for y in range(2025 - base.years, 2025))
        assert base.mean == pytest.approx(sum(earlier) / days * 365)
        assert base.ratio and base.ratio[0] == pytest.approx(133 / base.mean) and base.verdict == "lower"


def test_a_baseline_that_cannot_be_had_says_why(store):
    found = ask(store, "robberies", year(2025), year(2024))
    assert [bool(base.reason) for base in found.baselines] == [False, False, True]
    assert found.baselines[2].reason == "Counted differently." and found.baselines[2].mean is None
    longer = ask(store, "homicide_victims", *LIKE_FOR_LIKE)
    assert all("longer than a year" in base.reason for base in longer.baselines)


def test_one_method_decides(store):
    found = ask(store, "homicide_victims", year(2024), year(2023))
    k1, e1, k2, e2, phi = found.a.n, 366, found.b.n, 365, found.dispersion
    assert phi == 1.0, "killings spread evenly vary less than chance, which is never claimed"
    assert found.p_value == change.exact_test(k1, e1, k2, e2) and (found.p_value < 0.05) == (found.verdict != "no_clear_change")
    assert (found.fall_below, found.rise_above) == change.detectable(k2, e1, e2)


# ------------------------------------------------------------------------------------------------------ claims


def test_a_claim_is_recomputed_from_the_fair_pair(store):
    error = refused(store, "homicide_victims", *OVERLAP)
    claim = check_claim(-25.2, error.a, error.b, error.nearest, 20)
    now, before = (killed_in(w) for w in LIKE_FOR_LIKE)
    assert claim.as_asked == pytest.approx((killed_in(OVERLAP[0]) / killed_in(OVERLAP[1]) - 1) * 100)
    assert claim.like_for_like == pytest.approx((now / before - 1) * 100)
    assert claim.low is not None and claim.high is not None and claim.low < 0 < claim.high


def test_a_claim_about_few_gets_no_percentage(store):
    few = ask(store, "homicide_victims", Days(D(2025, 3, 1), D(2025, 3, 28)), Days(D(2024, 3, 1), D(2024, 3, 28)))
    claim = check_claim(-50, few.a, few.b, few, 20)
    assert (claim.as_asked, claim.like_for_like, claim.low, claim.high) == (None, None, None, None)


# ------------------------------------------------------------------------------------------------ many at once


def test_of_many_comparisons_of_nothing_few_get_a_word():
    rng = np.random.default_rng(3)
    now, before = rng.poisson(400, 2000), rng.poisson(400, 2000)
    changes = {i: a_change(int(k1), int(k2)) for i, (k1, k2) in enumerate(zip(now, before, strict=True))}
    alone = sum(found.verdict != "no_clear_change" for found in changes.values())
    words, judged = judge_many(changes)
    assert judged == 2000 and alone > 40
    assert sum(found.verdict != "no_clear_change" for found in words.values()) <= 2


def test_a_clear_change_keeps_its_word_among_many():
    changes: dict[str, Change] = {f"same-{i}": a_change(300, 300) for i in range(30)}
    changes |= {"fallen": a_change(100, 200), "few": a_change(3, 9)}
    words, judged = judge_many(changes)
    assert judged == 31 and words["fallen"] == changes["fallen"] and words["few"] == changes["few"]


def a_change(k1: int, k2: int) -> Change:
    p, word = change.exact_test(k1, 365, k2, 365), change.verdict(k1, 365, k2, 365)
    ratio = (k1 / k2, 0.1, 10.0) if min(k1, k2) >= 20 else None
    return Change(Window(D(2025, 1, 1), D(2025, 12, 31), k1), Window(D(2024, 1, 1), D(2024, 12, 31), k2), word, ratio, p, None, None, None)


# ---------------------------------------------------------------------------------------------------- property

some_day = st.dates(D(2016, 1, 1), D(2027, 6, 30))
spans = st.builds(lambda start, days: Days(start, start + timedelta(days)), some_day, st.sampled_from([0, 27, 30, 89, 180, 364, 365, 515]) | st.integers(0, 900))
cuts = st.lists(st.dates(D(2017, 2, 1), D(2025, 11, 1)), max_size=3, unique=True)
gaps = st.lists(st.tuples(some_day, st.integers(0, 120)), max_size=2)


@given(spans, spans, cuts, gaps)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_accepted_pair_overlaps_differs_by_more_than_a_day_or_crosses_a_break(store, a, b, cuts, gaps):
    con, facts = store
    breaks = [RULES | {"id": f"cut_{i}", "date": day, "metrics": ["homicide_victims"]} for i, day in enumerate(cuts)]
    missing = tuple(Missing("homicide_victims", "reports", day, day + timedelta(days), "Lost.") for day, days in gaps)
    city = with_breaks(replace(facts, missing=missing), COURT, REDRAW, *breaks)
    series = Series(con, city, make_query(city.metrics["homicide_victims"], city))
    accepted = [(a, b)] if find_reason(series, a, b) is None else []
    try:
        compare(con, city, series.query, a, b)
        assert accepted
    except CompareError as error:
        assert not accepted
        if error.nearest:
            accepted.append((days_of(error.nearest.a), days_of(error.nearest.b)))
        else:
            assert max((span.days for spans in series.stretches() for span in spans), default=0) < 56
    for one, other in accepted:
        first, last = min(one, other).date_from, max(one, other).date_to
        assert not overlap_days(one, other) and abs(one.days - other.days) <= 1
        assert city.metric_from["homicide_victims"] <= first and last <= THROUGH
        assert not [day for day in cuts if first < day <= last]
        assert not [m for m in missing for w in (one, other) if m.date_from <= w.date_to and m.date_to >= w.date_from]
