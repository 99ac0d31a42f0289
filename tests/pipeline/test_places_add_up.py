"""Areas add up to the city on every set of lines, the map and what it cannot show add up to the table, for every measure."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harborlight.catalog import Catalog
from harborlight.catalog.models import Metric
from harborlight.errors import CheckFailed
from harborlight.metrics.answer import answer, count, count_mapped
from harborlight.metrics.facts import default_layer, lines_of
from harborlight.metrics.query import make_query
from harborlight.metrics.query_monthly import is_monthly
from harborlight.metrics.shapes import Facts
from harborlight.model import model_files
from harborlight.publish.build import build_public
from harborlight.publish.facts import SourceState
from harborlight.publish.recompute import recompute_sample
from harborlight.publish.sample import check_sample
from harborlight.store import Connection, connect, open_release, quote_text, read_rows, read_sql
from tests.squares import EAST, LAYERS, MIDDLE_X, MIDDLE_Y, NORTH, SOUTH, STRIP, WEST, load_squares
from tests.tiny import make_snapshot, make_store, make_store_facts, refill

LAST = date(2024, 6, 30)
# Edges and corners, the strip in no quarter, the quarter with five homes, places out of the city, 0/0 and none at all.
XS = (WEST, -76.57, -76.51, MIDDLE_X, -76.46, STRIP, -76.41, EAST, -76.33)
YS = (SOUTH, 39.43, 39.49, MIDDLE_Y, 39.52, NORTH, 39.71)
PLACES = [(x, y) for x in XS for y in YS] + [(0.0, 0.0), (None, None)]
CODES = ["09A", "13A", "120", "220", "240", "13B", "23H", "35A", "11A", "36A", None]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return load_squares(tmp_path_factory.mktemp("squares"))


@pytest.fixture(scope="module")
def store(catalog: Catalog) -> Connection:
    return make_store(catalog, ())


def make_record(number: int, code: str | None, place: tuple[float | None, float | None], **more: Any) -> dict[str, Any]:
    return {
        "record_id": f"r{number:03}", "incident_id": f"i{number // 2:03}", "occurred_date": LAST - timedelta(days=number * 7 % 150),
        "occurred_hour": number % 24, "offense_code": code, "district_name": ("North", "South", None)[number % 3], "is_shooting": number % 2 == 0,
        "victim_type_code": "person", "premise_code": ("residence", "street", None)[number % 3], "longitude": place[0], "latitude": place[1], **more,
    }  # fmt: skip


def make_arrest(number: int, place: tuple[float | None, float | None], **more: Any) -> dict[str, Any]:
    return {
        "arrest_id": f"a{number // 2}", "arrested_date": LAST - timedelta(days=number % 90), "district_name": ("North", "N Dist", None)[number % 3],
        "longitude": place[0], "latitude": place[1], **more,
    }  # fmt: skip


EVERYWHERE = [make_record(n, CODES[n % len(CODES)], PLACES[n % len(PLACES)]) for n in range(150)]
ARRESTED = [make_arrest(n, PLACES[n * 5 % len(PLACES)]) for n in range(80)]


def check_sums(con: Connection, facts: Facts) -> int:
    """Every measure on every set of lines: areas and no area are the city. Returns how many comparisons saw a count."""
    seen = 0
    ways = [("police_district", "recorded"), *((lines.layer, (lines.valid_to or LAST).isoformat()) for lines in facts.lines)]
    for metric in facts.metrics.values():
        city = count(con, facts, make_query(metric, facts))
        if is_monthly(metric):
            assert count_by_district(con, facts, metric) == city
            continue
        for layer, lines in ways:
            asked = make_query(metric, facts, by="area", layer=layer, lines=lines)
            found = answer(con, facts, asked)
            assert sum(row["n"] for row in found.rows) == city, (metric.id, layer, lines)
            assert found.unmapped == next(row["n"] for row in found.rows if row["area_id"] is None)
            for row in found.rows:
                if row["area_id"]:
                    one = make_query(metric, facts, layer=layer, lines=lines, area=row["area_id"])
                    assert count(con, facts, one) == row["n"], (metric.id, layer, lines, row)
            seen += city > 0
    return seen


def count_by_district(con: Connection, facts: Facts, metric: Metric) -> int:
    """The same of a measure that is counted by the districts in force only."""
    return sum(row["n"] for row in answer(con, facts, make_query(metric, facts, by="area")).rows)


def test_areas_and_unlocated_are_the_city_for_every_measure_and_all_lines(store, catalog):
    refill(store, EVERYWHERE, ARRESTED)
    facts = make_store_facts(store, catalog)
    assert [(lines.layer, lines.id) for lines in facts.lines] == [("police_district", "old"), ("police_district", "new"), ("quarter", "all")]
    store.execute("set search_path = 'metric,places'")
    supplied = [metric for metric in facts.metrics if facts.metric_sources.get(metric)]
    assert set(facts.metrics) - set(supplied) == {"firearms_recovered"} and check_sums(store, facts) == len(supplied) * 4


places = st.sampled_from(PLACES)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(CODES), places), max_size=40), st.lists(places, max_size=10))
def test_no_draw_of_places_is_lost_or_counted_twice(store, catalog, drawn, arrested):
    records = [make_record(n, code, place) for n, (code, place) in enumerate(drawn)]
    refill(store, [*records, make_record(399, "120", (None, None))], [make_arrest(n, place) for n, place in enumerate(arrested)])
    facts = make_store_facts(store, catalog)
    store.execute("set search_path = 'metric,places'")
    check_sums(store, facts)


def locate(name: str, place: tuple[float | None, float | None]) -> str | None:
    """The area of a place, said again: of several that share an edge the one that comes first by name."""
    x, y = place
    if x is None or y is None:
        return None
    return next((i for i, (w, s, e, n) in sorted(LAYERS[name].items()) if w <= x <= e and s <= y <= n), None)


@pytest.mark.parametrize(("layer", "name", "lines"), [("police_district", "old", "2024-04-30"), ("police_district", "new", "2024-05-01"), ("quarter", "quarters", "2024-05-01")])
def test_each_arrest_is_in_the_area_that_it_lies_in(store, catalog, layer, name, lines):
    arrested = [make_arrest(n * 2, place) for n, place in enumerate(PLACES)]
    refill(store, EVERYWHERE, arrested)
    facts = make_store_facts(store, catalog)
    store.execute("set search_path = 'metric,places'")
    rows = answer(store, facts, make_query(facts.metrics["arrests"], facts, by="area", layer=layer, lines=lines)).rows
    wanted = [locate(name, place) for place in PLACES]
    assert {row["area_id"]: row["n"] for row in rows} == {area: wanted.count(area) for area in (*LAYERS[name], None)}


def test_rows_of_one_arrest_count_once_and_on_its_first_day(store, catalog):
    rows = [make_arrest(0, (None, None), arrested_date=LAST), make_arrest(1, (-76.51, 39.52), arrested_date=LAST - timedelta(days=60))]
    refill(store, EVERYWHERE, rows)
    facts = make_store_facts(store, catalog)
    store.execute("set search_path = 'metric,places'")
    months = answer(store, facts, make_query(facts.metrics["arrests"], facts, by="month")).rows
    assert [(row["month"], row["n"]) for row in months if row["n"]] == [("2024-05", 1)]


def test_mapped_and_unmapped_are_the_table_for_every_measure_on_the_map(store, catalog):
    refill(store, EVERYWHERE, ARRESTED)
    facts = make_store_facts(store, catalog)
    store.execute("set search_path = 'metric,places'")
    seen = 0
    for metric in (m for m in facts.metrics.values() if m.table == "events"):
        for params in ({}, {"layer": "quarter", "area": "nw"}, {"layer": "police_district", "lines": "2024-04-30", "area": "south"}, {"window": "28d"}):
            query = make_query(metric, facts, **params)
            mapped, unmapped = count_mapped(store, facts, query)
            without_point = read_rows(store, "select count(*) as n from metric.packed where snap is null")[0]["n"]
            assert mapped + unmapped == count(store, facts, query) and 0 <= unmapped <= without_point
            seen += bool(mapped and unmapped)
    assert seen > 5


def test_every_record_is_on_the_map_or_counted_as_not_shown(store, catalog):
    refill(store, EVERYWHERE, ARRESTED)
    figures = read_rows(store, "select count(*) as n, count(snap) as shown from metric.packed")[0]
    tiles = read_rows(store, "select count(*) as n, count(distinct (x, y)) as points from metric.tiles")[0]
    assert 0 < tiles["n"] == figures["shown"] < figures["n"] and tiles["points"] > 5


# ----------------------------------------------------------------------------------------------- published


@pytest.fixture
def release(store: Connection, catalog: Catalog, tmp_path: Path) -> Path:
    refill(store, EVERYWHERE, ARRESTED)
    states = {i: SourceState(make_snapshot(i, 0)) for i in catalog.sources}
    build_public(store, catalog, states, tmp_path / "public.duckdb", previous=None, today=date(2026, 10, 1))
    return tmp_path / "public.duckdb"


def test_counts_by_district_are_those_of_the_lines_in_force(store, catalog, release):
    con = open_release(release)
    rows = con.execute("select area_id, sum(n) from counts where metric = 'arrests' and grain = 'year' group by 1").fetchall()
    con.close()
    firsts = {a["arrest_id"]: a for a in sorted(ARRESTED, key=lambda a: (a["arrested_date"], a["district_name"] is None), reverse=True)}
    found = [locate("new", (a["longitude"], a["latitude"])) or "unlocated" for a in firsts.values()]
    assert dict(rows) == {area: found.count(area) for area in set(found)} | {"city": len(firsts)}


def test_the_referee_and_anybody_else_count_the_same(store, catalog, release):
    facts = make_store_facts(store, catalog)
    assert default_layer(facts) == "police_district" and (lines_of(facts, "police_district") or facts.lines[0]).id == "new"
    store.execute(f"attach {quote_text(str(release))} as fresh (read_only)")
    assert check_sample(store, facts, "fresh", "seed") > 50
    store.execute("detach fresh")
    assert recompute_sample(release) == []


@pytest.mark.parametrize("metric", ["robberies", "arrests"])
def test_a_count_of_an_area_that_was_changed_is_seen_by_both(store, catalog, release, metric):
    con = connect(release)
    con.execute("update counts set n = n + 1 where metric = ? and grain = 'month' and area_id = 'south'", [metric])
    con.close()
    assert any(metric in problem and "south" in problem for problem in recompute_sample(release))
    facts = make_store_facts(store, catalog)
    store.execute(f"attach {quote_text(str(release))} as fresh (read_only)")
    with pytest.raises(CheckFailed, match=f"{metric} in 2024-0. .south."):
        check_sample(store, facts, "fresh", "seed")
    store.execute("detach fresh")


def test_agreement_of_stated_and_located_districts_is_published(store, catalog, tmp_path):
    inside = (-76.57, 39.52)  # north by the old lines and by the new ones
    moved = (-76.57, 39.43)  # south by the old lines, north by the new ones
    named = {"North": 4, "South": 3, None: 2}
    records = [make_record(i * 20 + n, "120", moved, district_name=name) for i, (name, copies) in enumerate(named.items()) for n in range(copies)]
    arrested = [make_arrest(n * 2, inside, district_name="N DIST") for n in range(5)] + [make_arrest(90, (None, None), district_name="South")]
    refill(store, [*records, make_record(200, "11A", moved, district_name="North")], arrested)
    rows = store.execute('select "of", version_id, n_stated, n_compared, n_agree from metric.district_agreement').fetchall()
    assert rows == [("arrests", "old", 6, 5, 5), ("arrests", "new", 6, 5, 5), ("records", "old", 7, 7, 3), ("records", "new", 7, 7, 4)]


BROKEN = {
    "snaps_stay_in_their_piece": "update places.snap_points set piece = (select max(piece) from places.piece_areas where lines_ix = 0 and area = 0)",
    "places_only_of_open_offenses": "update model.records set piece = 1 where tier = 'T1'",
    "arrests_count_once": "update model.arrests set counts_arrest = true",
    "arrests_keep_every_row": "delete from model.arrests where arrest_id = 'a0'",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_check_sees_what_would_break_the_rule(store, catalog, name):
    refill(store, EVERYWHERE, ARRESTED)
    check = read_sql(model_files()["model.records"].parent / "checks" / f"{name}.sql")
    assert store.execute(check).fetchall() == [], "the build lets nothing through"
    store.execute(BROKEN[name])
    assert store.execute(check).fetchall()
