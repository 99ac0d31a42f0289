"""Where a question may look: lines of a day, drawn shapes, and what is said about them; every refusal says what is allowed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harborlight.errors import QueryError
from harborlight.metrics.answer import answer, count
from harborlight.metrics.facts import areas_in, default_layer, lines_of, load_facts, render_facts
from harborlight.metrics.query import canonical_params, parse_query
from harborlight.metrics.shapes import Facts, Lines, Query
from harborlight.store import Connection
from tests.divided import load_divided
from tests.tiny import load_tiny, make_store, make_store_facts

# One record an hour, at places named by where they lie: on the redrawn ground, north of it, on the island, nowhere.
PLACES = {"redrawn": (-76.625, 39.53125), "north": (-76.5, 39.6875), "south": (-76.5625, 39.3125), "island": (-76.90625, 39.15625)}
RECORDS = [
    ("redrawn", date(2023, 1, 10), "North"), ("redrawn", date(2023, 6, 10), "North"), ("redrawn", date(2024, 1, 10), "South"),
    ("north", date(2023, 2, 1), "North"), ("south", date(2024, 2, 1), "South"), ("island", date(2024, 3, 1), None), (None, date(2024, 3, 31), "North"),
]  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Connection, Facts]]:
    catalog = load_divided(tmp_path_factory.mktemp("city"))
    records = [
        {"record_id": f"r{n}", "offense_code": "120", "occurred_date": day, "district_name": stated, "premise_code": "street",
         "longitude": PLACES[name][0] if name else None, "latitude": PLACES[name][1] if name else None}
        for n, (name, day, stated) in enumerate(RECORDS)
    ]  # fmt: skip
    arrests = [{"arrest_id": f"a{n}", "arrested_date": date(2024, 1, n + 1), "longitude": -76.5, "latitude": 39.6875} for n in range(3)]
    con = make_store(catalog, records, arrests)
    facts = make_store_facts(con, catalog)
    con.execute("set search_path = 'metric,places'")
    yield con, facts
    con.close()


@pytest.fixture
def facts(store: tuple[Connection, Facts]) -> Facts:
    return store[1]


def ask(facts: Facts, text: str = "", metric: str = "robberies") -> Query:
    return parse_query(parse_qsl(text, keep_blank_values=True), facts.metrics[metric], facts)


def refuse(facts: Facts, text: str, metric: str = "robberies") -> QueryError:
    with pytest.raises(QueryError) as caught:
        ask(facts, text, metric)
    error = caught.value
    assert error.status == 400 and error.allowed and str(error).endswith(".")
    return error


def areas_of(store: tuple[Connection, Facts], text: str, metric: str = "robberies") -> dict[str | None, int]:
    con, facts = store
    return {row["area_id"]: row["n"] for row in answer(con, facts, ask(facts, text, metric)).rows if row["n"]}


# ---------------------------------------------------------------------------------------------------- lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", "2023"), ("&lines=2023-07-09", "2023"), ("&lines=2075-12-31", "2023"), ("&lines=2023-07-08", "1959"), ("&lines=1900-01-01", "1959"),
        ("&lines=recorded", "recorded"),
    ],
)  # fmt: skip
def test_a_day_names_the_lines_in_force_on_it(facts, text, lines):
    assert ask(facts, f"by=area{text}").lines == lines
    assert ask(facts, f"layer=police_district&area=north{text}").lines == lines


def test_both_versions_and_the_stated_areas_count_the_same_records(store):
    assert areas_of(store, "by=area") == {"north": 1, "south": 4, None: 2}
    assert areas_of(store, "by=area&lines=2023-01-01") == {"north": 4, "south": 1, None: 2}
    assert areas_of(store, "by=area&lines=recorded") == {"north": 4, "south": 2, None: 1}
    assert areas_of(store, "by=area&layer=ward") == {"ward-1": 1, "ward-2": 1, "ward-3": 4, None: 1}


def test_a_question_about_one_area_counts_it_alone(store):
    con, facts = store
    numbers = [count(con, facts, ask(facts, f"layer=police_district&area=south{more}")) for more in ("", "&lines=2023-01-01", "&lines=recorded")]
    assert numbers == [4, 1, 2]
    assert areas_of(store, "layer=police_district&area=south&by=area") == {"south": 4}


def test_every_area_of_the_lines_asked_has_its_row(store):
    con, facts = store
    rows = answer(con, facts, ask(facts, "by=area&layer=ward&from=2020-01-01&to=2020-01-31")).rows
    assert [(row["area_id"], row["area_name"]) for row in rows] == [("ward-1", "Ward 1"), ("ward-2", "Ward 2"), ("ward-3", "Ward 3"), (None, None)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("by=area&lines=1959", "lines"), ("by=area&lines=2023-02-30", "lines"), ("by=area&lines=1899-12-31", "lines"), ("by=area&lines=2076-01-01", "lines"),
        ("by=area&lines=Recorded", "lines"), ("by=area&lines=２０２３-01-01", "lines"), ("by=area&lines=2023-01-01%0A", "lines"),
        ("by=area&layer=ward&lines=2019-12-31", "lines"), ("by=area&layer=ward&lines=recorded", "lines"),
        ("lines=2023-01-01", "layer"), ("lines=recorded", "layer"), ("area=north", "layer"), ("layer=ward&area=north", "area"), ("layer=wards", "layer"),
    ],
)  # fmt: skip
def test_lines_and_areas_that_are_not_held_are_refused(facts, text, name):
    assert refuse(facts, text).parameter == name


def test_a_refusal_of_lines_says_which_days_there_are(facts):
    assert refuse(facts, "by=area&lines=never").allowed == [
        "a date from 1900-01-01 to 2023-07-08", "a date from 2023-07-09 on", "recorded (the area that the source states)",
    ]  # fmt: skip
    assert refuse(facts, "by=area&layer=ward&lines=2019-12-31").allowed == ["a date from 2020-01-01 on"]


def test_a_city_without_boundaries_has_recorded_areas_only(tmp_path):
    catalog = load_tiny(tmp_path)
    con = make_store(catalog, [])
    facts = make_store_facts(con, catalog)
    assert ask(facts, "by=area").lines == "recorded" and ask(facts, "by=area&lines=recorded") == ask(facts, "by=area")
    error = refuse(facts, "by=area&lines=2023-01-01")
    assert error.parameter == "lines" and error.allowed == ["recorded (the area that the source states)"]
    con.close()


def test_the_facts_know_lines_and_survive_their_own_text(store):
    con, facts = store
    assert default_layer(facts) == "police_district"
    assert [lines_of(facts, "police_district", day).id for day in (date(2023, 7, 8), date(2023, 7, 9))] == ["1959", "2023"]
    assert lines_of(facts, "ward", date(2019, 12, 31)) is None and lines_of(facts, "none") is None
    assert areas_in(facts, "ward", "2020")[2] == (2, "ward-3", "Ward 3") and areas_in(facts, "ward", "recorded") == ()
    con.execute("create or replace table metric.facts as select ? as value", [render_facts(facts)])
    assert load_facts(con, facts.release_id) == facts


def test_of_versions_without_a_first_day_each_is_found_again_by_its_text(facts):
    """Whatever days a city declares, the text of a version leads back to it."""
    one, two = (lines for lines in facts.lines if lines.layer == "police_district")
    early = replace(one, ix=9, id="1850", valid_from=date(1850, 1, 1), valid_to=date(1958, 12, 31))
    more = replace(facts, lines=(early, replace(one, valid_from=date(1959, 1, 1)), two))
    for day in ("1950-06-01", "1959-01-01", "2023-07-08", "2023-07-09"):
        query = ask(more, f"by=area&lines={day}")
        assert ask(more, f"by=area&lines={query.lines_text}").lines == query.lines


def test_what_lies_in_no_area_is_said_beside_every_answer(store):
    """Without a layer: in no area of any. The island is in a ward, so only the record without a place is."""
    con, facts = store
    asked = {"by=area": 2, "by=year,area": 2, "layer=police_district&by=year": 2, "by=area&lines=recorded": 1, "by=area&layer=ward": 1, "by=month": 1,
             "by=hour": 1, "": 1, "by=area&unit=incidents": 2, "layer=ward&area=ward-1": None}  # fmt: skip
    assert {text: answer(con, facts, ask(facts, text)).unmapped for text in asked} == asked
    assert answer(con, facts, ask(facts, "by=month")).table == "rollup_day"


# ---------------------------------------------------------------------------------------------------- notes


def notes_of(store: tuple[Connection, Facts], text: str) -> tuple[str, ...]:
    con, facts = store
    return answer(con, facts, ask(facts, text)).notes


def test_an_answer_names_its_lines_and_says_when_they_are_not_in_force(store):
    assert notes_of(store, "by=area") == ("Police districts of 2023, lines valid since 9 July 2023.",)
    assert notes_of(store, "by=area&lines=2023-07-08") == (
        "Police districts of 1959, lines valid until 8 July 2023.",
        "These are not the lines in force: those are Police districts of 2023, lines valid since 9 July 2023.",
    )
    assert notes_of(store, "by=area&layer=ward") == ("Wards, lines valid since 1 January 2020.",)
    assert notes_of(store, "by=month") == ()


def test_areas_as_recorded_over_a_redraw_are_flagged(store):
    con, facts = store
    across = answer(con, facts, ask(facts, "by=year,area&lines=recorded"))
    assert across.flags == ("boundary_version",) and "The lines changed on 9 July 2023" in across.notes[-1]
    after = answer(con, facts, ask(facts, "by=area&lines=recorded&from=2023-07-09&to=2024-03-31"))
    assert after.flags == () and after.notes == ("Police districts as the sources state them, not by place.",)
    assert answer(con, facts, ask(facts, "by=year,area")).flags == ()
    assert answer(con, facts, ask(facts, "by=month")).flags == ()


# --------------------------------------------------------------------------------------------------- shapes

WHOLE = "bbox=-77,39,-76,40"
AROUND_SOUTH = "near=-76.5625,39.3125,3000"


def test_a_shape_counts_what_the_map_shows_inside_it(store):
    """Five records lie where people live; the island has no home, and one record has no place."""
    con, facts = store
    found = {text: count(con, facts, ask(facts, text)) for text in (WHOLE, AROUND_SOUTH, "polygon=-77,39;-76,39;-76,39.4;-77,39.4")}
    assert found == {WHOLE: 5, AROUND_SOUTH: 1, "polygon=-77,39;-76,39;-76,39.4;-77,39.4": 1}
    shaped = answer(con, facts, ask(facts, f"{AROUND_SOUTH}&by=area"))
    assert [(row["area_id"], row["n"]) for row in shaped.rows] == [("south", 1)] and shaped.table == "tiles"
    assert shaped.unmapped == 2 and "at a public point" in shaped.notes[-1]
    assert answer(con, facts, ask(facts, "bbox=10,10,11,11&by=year")).rows[0]["n"] == 0


@pytest.mark.parametrize(
    "text",
    [
        "bbox=", "bbox=1", "bbox=-77,39,-76", "bbox=-77,39,-76,40,41", "bbox=-76,39,-77,40", "bbox=-77,40,-76,39", "bbox=-77,39,-77,40", "bbox=nan,39,-76,40",
        "bbox=-77,39,-76,inf", "bbox=-1e2,39,-76,40", "bbox=-181,39,-76,40", "bbox=-77,-86,-76,40", "bbox=-77;39;-76;40", "bbox=-77.000001,39,-77.000002,40",
        "bbox= -77,39,-76,40", "bbox=-٧٧,39,-76,40", "bbox=" + "1" * 401,
        "near=1", "near=-76,39", "near=-76,39,-5", "near=-76,39,0", "near=-76,39,9", "near=-76,39,20001", "near=-76,39,1e3", "near=-76,39,500.5",
        "near=-76,39,nan", "near=nan,39,500", "near=-76,139,500", "near=-76,39,500,1", "near=--76,39,500",
        "polygon=1", "polygon=1,1", "polygon=1,1;2,2", "polygon=1,1;2,2;3,3", "polygon=1,1;2,2;1,1", "polygon=1,1;1,1;1,1", "polygon=1,1;2,1;nan,2",
        "polygon=1,1;2,1;2,2;", "polygon=1,1,1;2,1,1;2,2,2", "polygon=0,0;1,1;1,0;0,1", "polygon=0,0;2,0;1,0;1,1", "polygon=0,0;2,0;2,2;1,0;0,2",
        "polygon=0,0;1,0;1,89", "polygon=-999,0;1,0;1,8", "polygon=0,0;3,0;3,3;0,3;0,0;1,1", "polygon=0,0;0.000001,0;0,0.000001",
        "polygon=" + ";".join(f"{math.cos(i / 51 * 2 * math.pi):.5f},{math.sin(i / 51 * 2 * math.pi):.5f}" for i in range(51)),
        "polygon=" + "0,0;" * 400,
        f"{WHOLE}&{AROUND_SOUTH}", f"{WHOLE}&polygon=0,0;1,0;1,1", f"polygon=0,0;1,0;1,1&{AROUND_SOUTH}", f"{WHOLE}&{WHOLE}",
    ],
)  # fmt: skip
def test_a_shape_that_is_none_is_refused(facts, text):
    if text == "bbox=":
        assert ask(facts, text) == ask(facts)
    else:
        assert refuse(facts, text).parameter in ("bbox", "polygon", "near")


def test_fifty_corners_are_the_most(facts):
    corners = [(math.cos(i / 50 * 2 * math.pi), math.sin(i / 50 * 2 * math.pi)) for i in range(50)]
    text = ";".join(f"{x:.5f},{y:.5f}" for x, y in corners)
    closed = f"{text};{text.split(';')[0]}"
    assert len(ask(facts, f"polygon={text}").polygon or ()) == 50 and ask(facts, f"polygon={text}") == ask(facts, f"polygon={closed}")


def test_a_shape_as_large_as_the_map_is_a_shape(store):
    con, facts = store
    largest = ("bbox=-180,-85,180,85", "polygon=-180,-85;180,-85;180,85;-180,85", "near=-76.5,39.5,20000")
    assert [count(con, facts, ask(facts, text)) for text in largest] == [5, 5, 3]


@pytest.mark.parametrize("number", range(4))
def test_a_polygon_is_the_same_however_it_is_drawn(facts, number):
    corners = ["-76.6,39.3", "-76.5,39.3", "-76.45,39.4", "-76.6,39.4"]
    turned = corners[number:] + corners[:number]
    one, other = (ask(facts, "polygon=" + ";".join(way)) for way in (turned, turned[::-1]))
    assert one == other == ask(facts, "polygon=" + ";".join(corners))
    assert one.canonical().endswith("polygon=-76.6,39.3;-76.5,39.3;-76.45,39.4;-76.6,39.4&to=2024-03-31&unit=offenses")


def test_degrees_are_written_in_one_short_way(facts):
    assert ask(facts, "bbox=-77.000004,-0.000001,-76.50,40.10").canonical().startswith("bbox=-77,0,-76.5,40.1&")
    assert ask(facts, "near=-76.50000,39.4999999,0500").canonical() == ask(facts, "near=-76.5,39.5,500").canonical()


# ------------------------------------------------------------------------------------------------- arrests


def test_arrests_count_by_place_and_cannot_be_asked_for_more(store):
    con, facts = store
    assert areas_of(store, "by=area", "arrests") == {"north": 3} and areas_of(store, "by=area&lines=recorded", "arrests") == {None: 3}
    assert answer(con, facts, ask(facts, "by=month", "arrests")).rows[0]["n"] == 3
    for name, text in (("offense", "robbery"), ("hours", "night"), ("bbox", "-77,39,-76,40"), ("near", "-76,39,500"), ("polygon", "0,0;1,0;1,1")):
        error = refuse(facts, f"{name}={text}", "arrests")
        assert error.parameter == name and name not in (error.allowed or [])
    assert refuse(facts, "by=hour", "arrests").parameter == "by"
    assert refuse(facts, "by=offense", "arrests").parameter == "by"


# ------------------------------------------------------------------------------------------- canonical text

QUESTIONS = [
    "", "by=area", "by=area&lines=recorded", "by=area&lines=2020-05-05", "by=area&layer=ward&lines=2021-01-01", "layer=ward&area=ward-2&window=12m",
    "layer=police_district&lines=2001-01-01", f"{WHOLE}&by=month,area&lines=2000-01-01", AROUND_SOUTH, "polygon=0,0;1,0;1,1;0,0&by=area",
    "layer=police_district&area=north&lines=recorded&hours=night&system=nibrs", "unit=offenses&by=year",
]  # fmt: skip


@pytest.mark.parametrize("text", QUESTIONS)
def test_the_shortest_parameters_ask_the_same(facts, text):
    query = ask(facts, text, "incidents")
    metric = facts.metrics["incidents"]
    params = canonical_params(query, metric)
    assert parse_query(params, metric, facts) == query
    assert canonical_params(parse_query(params, metric, facts), metric) == params


def test_lines_that_are_the_default_stand_in_no_address(facts):
    assert canonical_params(ask(facts, "by=area&lines=2024-01-01")) == [("layer", "police_district"), ("by", "area")]
    assert ("lines", "2023-07-08") in canonical_params(ask(facts, "by=area&lines=2011-01-01"))


def test_different_places_are_different_questions(facts):
    texts = ["by=area", "by=area&lines=recorded", "by=area&lines=2011-01-01", "by=area&layer=ward", f"by=area&{WHOLE}", f"by=area&{AROUND_SOUTH}"]
    assert len({ask(facts, text).canonical() for text in texts}) == len(texts)


# -------------------------------------------------------------------------------------------------- fuzzing

degrees = st.floats(-200, 200).map(lambda x: f"{x:.6f}") | st.sampled_from(["-76.5", "39.5", "nan", "1e5", "-0", "", "39.50"])
corner = st.lists(degrees, min_size=1, max_size=3).map(",".join)
shape_text = st.lists(corner, min_size=1, max_size=8).map(";".join) | st.lists(degrees, max_size=5).map(",".join)
value = st.one_of(
    shape_text, st.sampled_from(["recorded", "2023-07-08", "2024-01-01", "police_district", "ward", "north", "ward-3", "area", "month,area"]), st.dates().map(str), st.text(max_size=20)
)  # fmt: skip
pair = st.tuples(st.sampled_from(["lines", "bbox", "polygon", "near", "layer", "area", "by", "window", "known"]), value)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(pair, max_size=4), min_size=5, max_size=5), st.sampled_from(["robberies", "arrests"]))
def test_any_text_is_a_query_that_can_be_answered_or_a_refusal(store, requests, metric_id):
    con, facts = store
    metric = facts.metrics[metric_id]
    for params in requests:
        try:
            query = parse_query(params, metric, facts)
        except QueryError as error:
            assert error.status == 400 and error.allowed is not None and len(error.parameter or "") <= 40
            continue
        again = parse_query(canonical_params(query, metric), metric, facts)
        assert again == query and again.canonical() == query.canonical()
        if query.known is None:  # earlier values stand in the ledger, which this store does not have
            assert 0 <= count(con, facts, query) <= 7


def test_lines_are_plain_data(facts):
    assert all(isinstance(lines, Lines) and isinstance(lines.areas[0].bbox, tuple) for lines in facts.lines)
