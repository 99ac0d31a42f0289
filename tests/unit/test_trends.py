"""Weeks with their band, twelve months at a time, and this year against earlier ones: worked by hand, gaps and breaks kept."""

from __future__ import annotations

import math
from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta

import pytest

from harborlight.catalog.models import Break
from harborlight.metrics import trends
from harborlight.metrics.shapes import Answer, Query
from tests.tiny import load_tiny, make_store, make_store_facts

THROUGH = date(2024, 5, 17)


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    catalog = load_tiny(tmp_path_factory.mktemp("city"), supplies={"reports": "[{offense_groups: [all]}]"})
    con = make_store(catalog, [{"record_id": "1", "offense_code": "120", "occurred_date": THROUGH}])
    made = make_store_facts(con, catalog)
    con.close()
    return replace(made, metric_from={**made.metric_from, "robberies": date(2018, 1, 1)})


def answered(facts, by: str, rows, edge: date | None = None) -> Answer:
    query = Query("robberies", date(2018, 1, 1), THROUGH, by=(by,), unit="offenses")
    full = tuple({"n": None, "missing": None, "partial": None, **row} for row in rows)
    return Answer(facts.metrics["robberies"], query, full, {}, edge, None)


def months(counts: dict[str, int | None]):
    return [{"month": month, "n": n, "missing": "lost" if n is None else None} for month, n in counts.items()]


def years(first: int, last: int, n: int) -> dict[str, int | None]:
    return {f"{year}-{month:02}": n for year in range(first, last + 1) for month in range(1, 13)}


def broken(facts, day: date):
    item = Break(id="switch", date=day, metrics=["robberies"], effect="stops", title="Switch", text="A switch.")
    return replace(facts, city=facts.city.model_copy(update={"breaks": (item,)}))


# ----------------------------------------------------------------------------------------------------- weeks


def weeks(counts, first=date(2024, 1, 1)):
    return [
        {"week": (first + timedelta(days=7 * i)).isoformat(), "n": n, "missing": "lost" if n is None else None}
        for i, n in enumerate(counts)
    ]


def test_the_span_ends_with_the_last_whole_week():
    first, last = trends.weeks_span(date(2024, 5, 17))
    assert (first.weekday(), last) == (0, date(2024, 5, 12)) and (last - first).days + 1 == 60 * 7
    assert trends.weeks_span(date(2024, 5, 19))[1] == date(2024, 5, 19)


def test_a_week_is_held_against_the_eight_before_it(facts):
    found = trends.make_weeks(facts, answered(facts, "week", weeks([4] * 8 + [4, 13, 0, 12])))
    assert [week.low for week in found[:8]] == [None] * 8
    assert (found[8].low, found[8].high) == pytest.approx((0.25, 12.25))  # (2 - 1.5) squared, (2 + 1.5) squared
    assert found[8].outside is None and found[9].outside == "above"
    root = math.sqrt((4 * 7 + 13) / 8)
    assert (found[10].low, found[10].high) == pytest.approx(((root - 1.5) ** 2, (root + 1.5) ** 2))
    assert found[10].outside == "below" and found[11].outside is None


def test_a_week_that_may_still_rise_is_never_low_and_may_be_high(facts):
    rows = weeks([4] * 8 + [0, 30])
    found = trends.make_weeks(facts, answered(facts, "week", rows, edge=date(2024, 2, 27)))
    assert [(week.outside, week.is_provisional) for week in found[-2:]] == [(None, True), ("above", True)]


def test_the_weeks_before_begin_anew_after_a_gap_and_at_a_break(facts):
    found = trends.make_weeks(facts, answered(facts, "week", weeks([4] * 9 + [None] + [4] * 9)))
    assert [week.low is not None for week in found] == [False] * 8 + [True] + [False] * 9 + [True]
    assert found[9].n is None and found[9].outside is None
    day = date(2024, 1, 1) + timedelta(days=7 * 9)
    found = trends.make_weeks(broken(facts, day), answered(facts, "week", weeks([4] * 18)))
    assert [week.low is not None for week in found] == [False] * 8 + [True] + [False] * 8 + [True]
    found = trends.make_weeks(broken(facts, day + timedelta(days=3)), answered(facts, "week", weeks([4] * 19)))
    assert [week.low is not None for week in found] == [False] * 8 + [True] + [False] * 9 + [True]


def test_at_most_a_year_of_weeks_is_shown(facts):
    found = trends.make_weeks(facts, answered(facts, "week", weeks(range(70))))
    assert [week.n for week in found] == list(range(18, 70))


# --------------------------------------------------------------------------------------------------- rolling


def test_twelve_months_are_added_up_to_each_closed_month(facts):
    counts = {**years(2022, 2023, 2), "2024-01": 5, "2024-02": 0, "2024-03": 2, "2024-04": 2, "2024-05": 99}
    found = trends.make_rolling(facts, answered(facts, "month", months(counts)))
    assert found[0] == trends.Month("2022-12", 24)
    assert [(m.month, m.n) for m in found[-4:]] == [("2024-01", 27), ("2024-02", 25), ("2024-03", 25), ("2024-04", 25)]


def test_twelve_months_with_a_hole_have_no_sum(facts):
    counts = {**years(2022, 2023, 2), "2022-06": None}
    found = trends.make_rolling(facts, answered(facts, "month", months(counts)))
    assert [m.n is None for m in found] == [True] * 6 + [False] * 7


@pytest.mark.parametrize(("day", "first"), [(date(2022, 3, 1), "2023-02"), (date(2022, 3, 10), "2023-03"), (date(2022, 1, 1), "2022-12")])
def test_no_twelve_months_cross_a_break(facts, day, first):
    found = trends.make_rolling(broken(facts, day), answered(facts, "month", months(years(2022, 2023, 2))))
    assert next(m.month for m in found if m.n is not None) == first


# ----------------------------------------------------------------------------------------------------- season


def test_this_year_stands_over_the_range_of_five_earlier_ones(facts):
    counts = {}
    for year, n in zip(range(2018, 2024), (50, 1, 2, 3, 4, 5), strict=True):
        counts |= years(year, year, n)
    counts |= {"2024-01": 10, "2024-02": 0, "2024-03": 1, "2024-04": 1, "2024-05": 7}
    season = trends.make_season(facts, answered(facts, "month", months(counts), edge=date(2024, 4, 20)))
    assert (season.year, season.earlier) == (2024, (2019, 2020, 2021, 2022, 2023))
    assert [month.total for month in season.months] == [10, 10, 11, 12] + [None] * 8
    assert [(m.low, m.high, m.before) for m in season.months] == [(k, 5 * k, 5 * k) for k in range(1, 13)]
    assert [month.is_provisional for month in season.months] == [False] * 3 + [True] + [False] * 8


def test_a_year_with_a_hole_and_those_before_it_are_left_out(facts):
    counts = {**years(2018, 2023, 2), "2021-05": None, "2024-01": 1, "2024-02": 1, "2024-03": 1, "2024-04": 1}
    assert trends.make_season(facts, answered(facts, "month", months(counts))).earlier == (2022, 2023)
    counts["2022-05"] = None
    assert trends.make_season(facts, answered(facts, "month", months(counts))) is None


@pytest.mark.parametrize(("day", "earlier"), [(date(2021, 1, 1), (2021, 2022, 2023)), (date(2021, 1, 2), (2022, 2023)), (date(2023, 6, 1), None)])
def test_no_earlier_year_was_counted_in_another_way(facts, day, earlier):
    counts = {**years(2018, 2023, 2), "2024-01": 1, "2024-02": 1, "2024-03": 1, "2024-04": 1}
    season = trends.make_season(broken(facts, day), answered(facts, "month", months(counts)))
    assert (season.earlier if season else None) == earlier


def test_every_sum_knows_the_days_that_it_stands_for(facts):
    counts = {**years(2021, 2023, 2), "2024-01": 1, "2024-02": 1, "2024-03": 1, "2024-04": 1}
    answer = answered(facts, "month", months(counts))
    season, rolling = trends.make_season(facts, answer), trends.make_rolling(facts, answer)
    assert "from=2024-01-01&to=2024-04-30" in season.months[3].total.question.asked
    assert "from=2023-05-01&to=2024-04-30" in rolling[-1].n.question.asked


@pytest.mark.parametrize("month", ["2024-02", "2023-02", "2023-12", "2024-01"])
def test_a_month_ends_with_its_last_day(month):
    year, number = int(month[:4]), int(month[5:])
    assert trends.month_end(month) == date(year, number, monthrange(year, number)[1])
