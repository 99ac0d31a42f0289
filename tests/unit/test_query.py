"""The question grammar and its answers: every refusal is a QueryError that says what is allowed, every gap is said in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harborlight.errors import QueryError
from harborlight.metrics import answer as answers
from harborlight.metrics.answer import answer, count, daily_counts
from harborlight.metrics.facts import load_facts, render_facts
from harborlight.metrics.query import PARAMETERS, canonical_params, make_query, parse_query, read_window
from harborlight.metrics.shapes import Facts, Missing, Query
from harborlight.store import Connection
from tests.tiny import load_tiny, make_store, make_store_facts

FIRST, LAST = date(2023, 2, 10), date(2024, 3, 17)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Connection, Facts]]:
    """Robberies on five days, one without a date, one without a district; the data run from FIRST to LAST."""
    catalog = load_tiny(tmp_path_factory.mktemp("city"), supplies={"reports": "[{offense_groups: [all]}]"})
    days = [FIRST, date(2023, 12, 31), date(2024, 1, 1), date(2024, 2, 29), LAST, None]
    records = [
        {"record_id": f"r{n}", "offense_code": "120", "occurred_date": day, "occurred_hour": n, "district_name": place}
        for n, (day, place) in enumerate(zip(days, ["North", "North", "South", None, "South", "North"], strict=True))
    ]
    records += [
        {"record_id": "b1", "incident_id": "r1", "offense_code": "220", "occurred_date": date(2024, 1, 1)},
        {"record_id": "b2", "incident_id": "r1", "offense_code": "11A", "occurred_date": date(2024, 1, 1)},
    ]
    con = make_store(catalog, records)
    yield con, make_store_facts(con, catalog)
    con.close()


@pytest.fixture
def facts(store: tuple[Connection, Facts]) -> Facts:
    return store[1]


def ask(facts: Facts, text: str = "", metric: str = "robberies") -> Query:
    pairs = [tuple(part.partition("=")[::2]) for part in text.split("&") if part]
    return parse_query(pairs, facts.metrics[metric], facts)


def refuse(facts: Facts, text: str, metric: str = "robberies") -> QueryError:
    with pytest.raises(QueryError) as caught:
        ask(facts, text, metric)
    error = caught.value
    assert error.status == 400 and error.allowed is not None and str(error).endswith(".")
    return error


# --------------------------------------------------------------------------------------------------- windows


@pytest.mark.parametrize(
    ("window", "last", "span"),
    [
        ("28d", date(2024, 3, 17), (date(2024, 2, 19), date(2024, 3, 17))),
        ("28d", date(2024, 1, 1), (date(2023, 12, 5), date(2024, 1, 1))),
        ("ytd", date(2024, 3, 17), (date(2024, 1, 1), date(2024, 3, 17))),
        ("ytd", date(2024, 1, 1), (date(2024, 1, 1), date(2024, 1, 1))),
        ("12m", date(2024, 3, 17), (date(2023, 3, 1), date(2024, 2, 29))),
        ("12m", date(2024, 3, 31), (date(2023, 4, 1), date(2024, 3, 31))),
        ("12m", date(2024, 2, 29), (date(2023, 3, 1), date(2024, 2, 29))),
        ("12m", date(2023, 2, 28), (date(2022, 3, 1), date(2023, 2, 28))),
        ("12m", date(2024, 12, 31), (date(2024, 1, 1), date(2024, 12, 31))),
        ("12m", date(2025, 1, 1), (date(2024, 1, 1), date(2024, 12, 31))),
        ("year:2019", date(2024, 3, 17), (date(2019, 1, 1), date(2019, 12, 31))),
    ],
)
def test_a_window_ends_with_the_data(window, last, span):
    assert read_window(window, last) == span


@pytest.mark.parametrize("window", ["7d", "28D", "12m ", "year:", "year:24", "year:0000", "year:9999", "year:２０１９", "year:2019\n", "last"])
def test_no_other_window_is_known(window):
    with pytest.raises(QueryError) as caught:
        read_window(window, LAST)
    assert caught.value.parameter == "window" and "28d" in (caught.value.allowed or [])


@pytest.mark.parametrize("more", ["from=2024-01-01", "to=2024-01-01", "from=2024-01-01&to=2024-02-01"])
def test_a_window_stands_alone(facts, more):
    assert refuse(facts, f"window=28d&{more}").parameter == "window"
    assert refuse(facts, f"{more}&window=28d").parameter == "window"


def test_the_default_is_all_there_is(facts):
    query = ask(facts)
    assert (query.date_from, query.date_to, query.whole, query.window) == (FIRST, LAST, True, None)
    assert not ask(facts, "window=ytd").whole and not ask(facts, f"from={FIRST}").whole and not ask(facts, f"to={LAST}").whole


# ----------------------------------------------------------------------------------------------------- dates

NO_DATES = [
    "0000-00-00", "9999-12-31", "9999-99-99", "2024-02-30", "2023-02-29", "2024-13-01", "1899-12-31", "2076-01-01", "20240101", "2024-1-1",
    "2024-01-01T00:00", "2024-W01-1", "1e400", "NaN", "-0", "-2024-01-01", " 2024-01-01", "2024-01-01 ", "2024-01-01\n", "２０２４-01-01",
    "2️⃣024-01-01", "٢٠٢٤-٠١-٠١", "today", "' OR 1=1--", "2024-01-01;drop table packed", "\x00", "0" * 401,
]  # fmt: skip


@pytest.mark.parametrize("text", NO_DATES)
@pytest.mark.parametrize("name", ["from", "to"])
def test_what_is_no_date_is_refused(facts, name, text):
    with pytest.raises(QueryError) as caught:
        parse_query([(name, text)], facts.metrics["robberies"], facts)
    assert caught.value.parameter == name and caught.value.status == 400


def test_dates_are_inclusive_and_in_order(facts):
    query = ask(facts, "from=2024-02-29&to=2024-02-29")
    assert (query.date_from, query.date_to) == (date(2024, 2, 29), date(2024, 2, 29))
    assert refuse(facts, "from=2024-03-01&to=2024-02-29").parameter == "from"
    assert ask(facts, "from=1900-01-01&to=2075-12-31").date_to == date(2075, 12, 31)


# --------------------------------------------------------------------------------------------- other parameters


@pytest.mark.parametrize("name", ["domestic", "is_domestic", "_sql", "_trace", "q", "FROM", "from ", "rings", "sex", "age", "", "x" * 900])
def test_an_unknown_parameter_is_refused_and_shortened(facts, name):
    with pytest.raises(QueryError) as caught:
        parse_query([(name, "1")], facts.metrics["robberies"], facts)
    assert caught.value.parameter == name[:40] and "from" in (caught.value.allowed or [])


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_repeated_parameter_is_refused(facts, name):
    for values in (("a", "a"), ("", ""), ("", "a")):
        with pytest.raises(QueryError) as caught:
            parse_query([(name, value) for value in values], facts.metrics["robberies"], facts)
        assert caught.value.parameter == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("by=planet", "by"), ("by=month,month", "by"), ("by=month,", "by"), ("by=day,week,month,year", "by"), ("by=is_domestic", "by"),
        ("unit=persons", "unit"), ("unit=rows", "unit"), ("hours=noon", "hours"), ("system=ucr", "system"),
        ("layer=wards", "layer"), ("area=north", "layer"), ("layer=police_district&area=east", "area"),
        ('layer=police_district&area=north" or 1=1 --', "area"), ("offense=murder", "offense"), ("offense=120,120", "offense"),
        ("offense=11A", "offense"), ("offense=rape", "offense"), ("offense=120,36A", "offense"), ("offense=90F", "offense"), ("offense=%", "offense"),
    ],
)  # fmt: skip
def test_what_is_not_offered_is_refused_by_name(facts, text, name):
    error = refuse(facts, text)
    assert error.parameter == name and error.allowed


def test_no_sensitive_code_or_group_is_offered(facts):
    allowed = refuse(facts, "offense=nothing").allowed or []
    sensitive = {name for o in facts.offenses if o.tier == "T1" for name in (o.code, o.group)}
    assert sensitive and not sensitive & set(allowed)


def test_a_value_that_is_too_long_is_refused(facts):
    assert refuse(facts, "offense=" + "120," * 101).parameter == "offense"


def test_an_empty_value_is_no_value(facts):
    assert ask(facts, "from=&to=&by=&offense=&unit=&area=") == ask(facts)


def test_by_area_takes_the_citys_first_layer(facts):
    assert ask(facts, "by=area").layer == "police_district"


# ------------------------------------------------------------------------------------------------ canonical text


def test_the_same_question_has_one_text(facts):
    one = ask(facts, "by=month,area&offense=220,120&from=2024-01-01&to=2024-02-29&unit=offenses", "incidents")
    two = ask(facts, "to=2024-02-29&unit=offenses&offense=120,220&from=2024-01-01&by=month,area&layer=police_district", "incidents")
    assert one == two
    assert one.canonical() == "by=month,area&from=2024-01-01&layer=police_district&offense=120,220&to=2024-02-29&unit=offenses"


@pytest.mark.parametrize(
    "text", ["", "window=12m", "window=year:2023&by=month", "from=2024-01-01&to=2024-01-31&by=area&hours=night", "offense=robbery&layer=police_district&area=north", "system=nibrs"]
)  # fmt: skip
def test_the_shortest_parameters_ask_the_same(facts, text):
    query = ask(facts, text, "incidents")
    assert parse_query(canonical_params(query), facts.metrics["incidents"], facts) == query


# ------------------------------------------------------------------------------------------------------- fuzzing

PIECES = ["from", "to", "window", "offense", "layer", "area", "by", "unit", "hours", "system", "format", "28d", "ytd", "year:2024", "year:1899",
          "2024-01-01", "2024-02-30", "robbery", "120", "11A", "police_district", "north", "month", "month,area", ",", "incidents", "day", "nibrs", "csv",
          "lines", "bbox", "polygon", "near", "recorded", "-76.5,39.5,500", "-76.5,39.2,-76.4,39.3", "-76.5,39.2;-76.4,39.2;-76.4,39.3"]  # fmt: skip
word = st.one_of(st.sampled_from(PIECES), st.text(max_size=30), st.dates().map(str), st.integers().map(str))


def check_refusal_or_query(facts: Facts, params: list[tuple[str, str]], number: int) -> None:
    metric = list(facts.metrics.values())[number % len(facts.metrics)]
    try:
        query = parse_query(params, metric, facts)
    except QueryError as error:
        assert error.status == 400 and len(error.parameter or "") <= 40
        return
    assert query.date_from <= query.date_to and set(query.by) <= set(metric.breakdowns)
    again = parse_query(canonical_params(query), metric, facts)
    assert replace(again, unit=query.unit).canonical() == query.canonical()


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(st.tuples(word, word), max_size=4), min_size=5, max_size=5), st.integers(0, 99))
def test_any_text_is_a_query_or_a_refusal(facts, requests, number):
    """400 draws of five requests each."""
    for params in requests:
        check_refusal_or_query(facts, params, number)


# ------------------------------------------------------------------------------------------------------ answers


def rows_of(store: tuple[Connection, Facts], text: str, metric: str = "robberies") -> tuple[dict, ...]:
    con, facts = store
    return answer(con, facts, ask(facts, text, metric)).rows


def with_gap(store: tuple[Connection, Facts], first: str | None, last: str | None, metric: str = "robberies") -> tuple[Connection, Facts]:
    """The same store whose source says that it lacks a stretch."""
    con, facts = store
    gap = Missing(metric, "reports", *(date.fromisoformat(text) if text else None for text in (first, last)), reason="Lost.")
    return con, replace(facts, missing=(gap,))


def test_a_month_without_a_record_is_zero_where_the_data_cover_it(store):
    rows = rows_of(store, "by=month&from=2023-11-01&to=2024-03-17")
    assert [(row["month"], row["n"]) for row in rows] == [("2023-11", 0), ("2023-12", 1), ("2024-01", 1), ("2024-02", 1), ("2024-03", 1)]
    assert [row["missing"] for row in rows] == [None] * 5


def test_a_week_is_named_by_its_monday_and_counts_only_the_days_asked_for(store):
    rows = rows_of(store, "by=week&from=2023-12-31&to=2024-01-08")
    assert [(row["week"], row["n"]) for row in rows] == [("2023-12-25", 1), ("2024-01-01", 1), ("2024-01-08", 0)]
    assert [bool(row["partial"]) for row in rows] == [True, False, True]


def test_every_day_hour_weekday_and_area_has_its_row(store):
    assert [row["day"] for row in rows_of(store, "by=day&from=2024-02-28&to=2024-03-01")] == ["2024-02-28", "2024-02-29", "2024-03-01"]
    assert [row["hour"] for row in rows_of(store, "by=hour")] == list(range(24))
    assert [(row["weekday"], row["n"]) for row in rows_of(store, "by=weekday&from=2024-01-01&to=2024-01-01")][:2] == [(1, 1), (2, 0)]
    assert [(row["area_id"], row["n"]) for row in rows_of(store, "by=area")] == [("north", 3), ("south", 2), (None, 1)]


def test_a_record_without_a_date_is_in_the_whole_and_in_a_row_of_its_own(store):
    assert [(row["year"], row["n"]) for row in rows_of(store, "by=year")] == [(2023, 2), (2024, 3), (None, 1)]
    assert sum(row["n"] for row in rows_of(store, f"by=year&from={FIRST}&to={LAST}")) == 5
    con, facts = store
    assert count(con, facts, ask(facts)) == 6


def test_the_first_and_last_period_say_that_they_are_not_whole(store):
    rows = rows_of(store, "by=year")
    assert [row["partial"] for row in rows] == ["The record begins on 2023-02-10.", "The record ends on 2024-03-17 so far.", None]


def test_periods_outside_the_data_are_missing_with_a_reason_and_never_zero(store):
    rows = rows_of(store, "by=year&from=2022-01-01&to=2025-12-31")
    assert [(row["year"], row["n"], bool(row["missing"])) for row in rows] == [(2022, None, True), (2023, 2, False), (2024, 3, False), (2025, None, True)]


def test_a_stretch_that_a_source_lacks_is_missing(store):
    rows = rows_of(with_gap(store, "2024-01-01", "2024-01-31"), "by=month&from=2023-12-01&to=2024-02-29")
    assert [(row["month"], row["n"], row["missing"]) for row in rows] == [("2023-12", 1, None), ("2024-01", None, "Lost."), ("2024-02", 1, None)]


def test_a_period_that_a_source_lacks_in_part_counts_the_rest_and_says_so(store):
    gap = with_gap(store, "2023-12-15", "2024-01-15")
    assert [(row["month"], row["n"], row["partial"]) for row in rows_of(gap, "by=month&from=2023-12-01&to=2024-01-31")] == [
        ("2023-12", 0, "Lost."), ("2024-01", 0, "Lost."),
    ]  # fmt: skip
    assert [(row["year"], row["n"]) for row in rows_of(gap, "by=year&from=2023-01-01&to=2024-12-31")] == [(2023, 1), (2024, 2)]


def test_a_gap_without_ends_covers_everything(store):
    gap = with_gap(store, None, None)
    assert {row["n"] for row in rows_of(gap, "by=month&from=2024-01-01&to=2024-02-29")} == {None}
    con, facts = gap
    assert count(con, facts, ask(facts, "from=2024-01-01&to=2024-02-29")) == 0


def test_a_gap_of_one_metric_leaves_the_others_alone(store):
    gap = with_gap(store, "2024-01-01", "2024-01-31", metric="burglaries")
    assert [row["n"] for row in rows_of(gap, "by=month&from=2024-01-01&to=2024-01-31")] == [1]


def test_two_gaps_that_meet_make_a_whole_period_missing(store):
    con, facts = store
    halves = [("2024-01-01", "2024-01-10"), ("2024-01-11", "2024-01-31")]
    spans = tuple(Missing("robberies", "reports", date.fromisoformat(a), date.fromisoformat(b), "Lost.") for a, b in halves)
    assert [row["n"] for row in rows_of((con, replace(facts, missing=spans)), "by=month&from=2024-01-01&to=2024-01-31")] == [None]


def test_offences_of_one_incident_stand_under_each_and_sensitive_ones_under_none(store):
    rows = rows_of(store, "by=offense&from=2024-01-01&to=2024-01-31", "incidents")
    assert {row["offense"]: row["n"] for row in rows} == {"robbery": 1, "burglary": 1}
    con, facts = store
    assert answer(con, facts, ask(facts, "by=offense", "incidents")).notes


def test_too_long_an_answer_is_refused_and_says_what_to_do(store, monkeypatch):
    con, facts = store
    query = ask(facts, "by=day,hour,area&from=1900-01-01&to=2075-12-31")
    with pytest.raises(QueryError) as caught:
        answer(con, facts, query)
    assert caught.value.parameter == "by" and caught.value.status == 400
    monkeypatch.setattr(answers, "MOST_ROWS", 72)
    assert len(rows_of(store, "by=hour,area")) >= 72
    monkeypatch.setattr(answers, "MOST_ROWS", 71)
    with pytest.raises(QueryError):
        rows_of(store, "by=hour,area")


def test_an_answer_says_how_many_are_in_no_area_and_where_the_data_end(store):
    con, facts = store
    whole = answer(con, facts, ask(facts))
    assert whole.unmapped == 1 and whole.data_through == {"reports": LAST} and whole.notes == ()
    assert answer(con, facts, ask(facts, "layer=police_district&area=north")).unmapped is None
    assert str(LAST) in answer(con, facts, ask(facts, f"to={LAST + timedelta(days=1)}")).notes[0]


def test_days_are_counted_as_the_rows_say(store):
    con, facts = store
    days = daily_counts(con, facts, ask(facts))
    assert days == dict.fromkeys((FIRST, date(2023, 12, 31), date(2024, 1, 1), date(2024, 2, 29), LAST), 1)


def test_facts_survive_their_own_text(store):
    con, facts = store
    con.execute("create or replace table metric.facts as select ? as value", [render_facts(facts)])
    assert load_facts(con, facts.release_id) == facts


def test_a_question_by_code_is_a_question_by_address(facts):
    made = make_query(facts.metrics["robberies"], facts, by="month", from_="2024-01-01", to="2024-02-01")
    assert made == ask(facts, "by=month&from=2024-01-01&to=2024-02-01")


def test_the_tiny_city_lies_where_the_tests_think(tmp_path: Path):
    assert list(load_tiny(tmp_path).layers) == ["police_district"]
