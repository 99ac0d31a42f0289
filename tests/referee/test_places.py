"""Every metric by place, on every set of lines: counted by SQL, and counted again in plain Python from coordinates and polygons.

The points are drawn to be awkward: on edges that areas share, on corners, in the gap between areas, on an island of one layer,
outside, at 0/0, missing. Inside shapes drawn on the map the referee looks at one public point and one side at a time.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any

import pytest

from harborlight.catalog import Catalog
from harborlight.metrics.answer import answer, count, count_mapped
from harborlight.metrics.facts import is_covered
from harborlight.metrics.query import parse_query
from harborlight.metrics.referee import Arrest, Record, count_arrests, count_by, find_area
from harborlight.metrics.shapes import Facts, Query
from harborlight.store import Connection, read_rows
from tests.divided import AREAS, load_divided
from tests.tiny import make_store, make_store_facts, refill

DAYS = [date(2023, 7, 8), date(2023, 7, 9), date(2023, 12, 31), date(2024, 1, 1)]
TEXTS = {("police_district", "1959"): "&lines=2000-01-01", ("police_district", "2023"): "&lines=2024-01-01", ("ward", "2020"): "&lines=2020-01-01"}
XS = [-77.5, -76.9375, -76.90625, -76.75, -76.7265, -76.625, -76.5, -76.4375, -76.25, -76.2, 0.0, None]
YS = [38.5, 39.125, 39.15625, 39.25, 39.375, 39.4375, 39.5, 39.53125, 39.5625, 39.625, 39.75, 39.8, 0.0, None]
CHOICES: dict[str, list[Any]] = {
    "incident_id": [f"I{n}" for n in range(40)],
    "occurred_date": [None, *DAYS],
    "district_name": [None, "North", "South"],
    "offense_code": ["09A", "120", "120", "13A", "13B", "220", "240", "11A", None],
    "victim_type_code": ["person", "society", None],
    "is_shooting": [True, False],
    "injury_code": [None, "fatal"],
    "premise_code": ["street", "residence"],
}
SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.deep) for seed in range(2, 30))]


def draw_records(seed: int, n: int = 160) -> list[dict[str, Any]]:
    draw = random.Random(seed)
    return [{name: draw.choice(values) for name, values in CHOICES.items()} | {"point": draw_point(draw)} for _ in range(n)]


def draw_arrests(seed: int, n: int = 160) -> list[tuple[Any, ...]]:
    draw = random.Random(seed)
    return [(f"A{draw.randrange(90)}", draw.choice([None, *DAYS]), draw_point(draw), draw.choice([None, "North", "South"])) for _ in range(n)]


def draw_point(draw: random.Random) -> tuple[float | None, float | None]:
    return draw.choice(XS), draw.choice(YS)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return load_divided(tmp_path_factory.mktemp("city"))


@pytest.fixture(scope="module")
def con(catalog: Catalog) -> Iterator[Connection]:
    made = make_store(catalog, ())
    yield made
    made.close()


def fill(con: Connection, catalog: Catalog, raws: list[dict[str, Any]], arrests: Sequence[tuple[Any, ...]] = ()) -> Facts:
    """The store with these records and arrests; the last day is always there, so that it is the edge of the data."""
    records = [
        {**row, "record_id": f"r{n:03}", "longitude": row["point"][0], "latitude": row["point"][1]} for n, row in enumerate(raws)
    ]
    records.append({"record_id": "last", "offense_code": "520", "occurred_date": date(2024, 2, 29)})
    rows = [
        {"arrest_id": number, "arrested_date": day, "longitude": x, "latitude": y, "district_name": district}
        for number, day, (x, y), district in arrests
    ]
    refill(con, records, rows)
    facts = make_store_facts(con, catalog)
    con.execute("set search_path = 'metric,places'")
    return facts


def is_a_place(longitude: float | None, latitude: float | None) -> bool:
    """Inside the city's own box; 0/0 is not, nor is half a coordinate."""
    return longitude is not None and latitude is not None and -77 <= longitude <= -76 and 39 <= latitude <= 40


def area_by_hand(row: Record | Arrest, lines: tuple[str, str]) -> str | None:
    if not is_a_place(row.longitude, row.latitude):
        return None
    return find_area(row.longitude, row.latitude, [(i, geometry) for i, _, geometry in AREAS[lines]])


def read_placed(con: Connection) -> list[Record]:
    """The referee's records with their coordinates; the coordinates come from staging, where no SQL has touched them."""
    rows = con.execute(
        "select r.source_id, r.record_id, r.incident_id, r.counted_date, r.offense_code, r.offense_group, r.crime_against, r.counts_once_per, "
        "r.tier, r.district_id, r.victim_type_code, r.injury_code, r.is_shooting, r.is_unfounded, r.is_counted, s.longitude, s.latitude "
        "from model.records as r join staging.records as s using (source_id, record_id)"
    ).fetchall()
    return [Record(*row) for row in rows]


def table_of(con: Connection, facts: Facts, metric_id: str, text: str) -> dict[tuple[str, str | None], int]:
    query = parse_query([part.split("=") for part in text.split("&")], facts.metrics[metric_id], facts)
    rows = answer(con, facts, query).rows
    return {("undated" if row["year"] is None else str(row["year"]), row.get("area_id")): row["n"] for row in rows if row["n"]}


def check_areas(con: Connection, catalog: Catalog, raws: list[dict[str, Any]]) -> None:
    facts = fill(con, catalog, raws)
    records = read_placed(con)
    for metric in facts.metrics.values():
        if metric.table != "events" or not facts.metric_sources[metric.id]:
            continue
        for unit in metric.units:
            whole = table_of(con, facts, metric.id, f"by=year&unit={unit}")
            for lines, text in TEXTS.items():
                found = table_of(con, facts, metric.id, f"by=year,area&unit={unit}&layer={lines[0]}{text}")
                by_hand = count_by(
                    records, metric, unit, grain="year", by_district=False, is_covered=partial(is_covered, facts, metric.id),
                    area_of=lambda record, lines=lines: area_by_hand(record, lines),
                )  # fmt: skip
                assert found == dict(by_hand), (metric.id, unit, lines)
                assert metric.id != "incidents" or len({area for _, area in found}) >= len(AREAS[lines])
                assert sums(found) == sums(whole), (metric.id, unit, lines)


def sums(table: dict[tuple[str, str | None], int]) -> dict[str, int]:
    """Areas and unlocated together, by year."""
    totals: Counter[str] = Counter()
    for (year, _), n in table.items():
        totals[year] += n
    return dict(totals)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_metric_by_place_on_every_version(con, catalog, seed):
    check_areas(con, catalog, draw_records(seed))


@pytest.mark.parametrize("seed", SEEDS)
def test_arrests_by_place_on_every_version(con, catalog, seed):
    arrests = draw_arrests(seed)
    facts = fill(con, catalog, [], arrests)
    pieces = {(r["longitude"], r["latitude"]): r["piece"] for r in read_rows(con, "select * from places.points")}
    rows = [
        Arrest("arrests", number, day, {"North": "north", "South": "south"}.get(district), True, x, y, pieces.get((x, y)))
        for number, day, (x, y), district in arrests
    ]  # fmt: skip
    # A row without a day is counted only where its arrest has no other row, and its source gives the only count.
    for lines, text in TEXTS.items():
        found = table_of(con, facts, "arrests", f"by=year,area&layer={lines[0]}{text}")
        by_hand = count_arrests(
            rows, grain="year", is_covered=partial(is_covered, facts, "arrests"), area_of=lambda row, lines=lines: area_by_hand(row, lines)
        )
        assert found == dict(by_hand), lines


# -------------------------------------------------------------------------------------------------- shapes

SHAPES = ["bbox=-76.7,39.3,-76.4,39.6", "near=-76.5,39.5,12000", "polygon=-76.75,39.25;-76.25,39.25;-76.5,39.75", "polygon=-76.7,39.3;-76.3,39.7;-76.3,39.3;-76.5,39.35"]  # fmt: skip


def shown_by_hand(con: Connection, query: Query) -> set[int]:
    """The public points inside a shape, each looked at by itself."""
    points = read_rows(con, "select snap, longitude, latitude from places.snap_points")
    if query.polygon:
        shape = {"type": "Polygon", "coordinates": [[*query.polygon, query.polygon[0]]]}
        return {p["snap"] for p in points if find_area(p["longitude"], p["latitude"], [("in", shape)])}
    if query.bbox:
        west, south, east, north = query.bbox
        return {p["snap"] for p in points if west <= p["longitude"] <= east and south <= p["latitude"] <= north}
    x, y, metres = query.near or (0, 0, 0)
    return {p["snap"] for p in points if on_the_globe(x, y, p["longitude"], p["latitude"]) <= metres}


def on_the_globe(x1: float, y1: float, x2: float, y2: float) -> float:
    """Metres between two points, by the angle between their vectors."""
    def vector(x: float, y: float) -> tuple[float, float, float]:
        x, y = math.radians(x), math.radians(y)
        return math.cos(y) * math.cos(x), math.cos(y) * math.sin(x), math.sin(y)

    return 6_371_008.8 * math.acos(min(1.0, sum(a * b for a, b in zip(vector(x1, y1), vector(x2, y2), strict=True))))


@pytest.mark.parametrize("seed", SEEDS)
def test_shapes_hold_the_records_shown_at_the_points_inside_them(con, catalog, seed):
    facts = fill(con, catalog, draw_records(seed))
    metric = facts.metrics["incidents"]
    for text in SHAPES:
        query = parse_query([tuple(text.split("="))], metric, facts)
        rows = read_rows(con, "select snap from metric.tiles where counts_incident and is_counted")
        inside = shown_by_hand(con, query)
        assert count(con, facts, query) == sum(row["snap"] in inside for row in rows), text


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_map_shows_and_what_it_cannot_are_the_whole(con, catalog, seed):
    facts = fill(con, catalog, draw_records(seed))
    for more in ("", "&layer=ward&area=ward-3", "&offense=robbery", "&unit=offenses", "&offense=robbery,burglary"):
        check_map(con, facts, more)


def check_map(con: Connection, facts: Facts, more: str) -> None:
    for metric in facts.metrics.values():
        units = [u for u in metric.units if f"unit={u}" in more or "unit" not in more]
        if metric.table != "events" or not units:
            continue
        params = [tuple(part.split("=")) for part in more.split("&") if part]
        query = parse_query(params, metric, facts)
        mapped, unmapped = count_mapped(con, facts, query)
        assert mapped + unmapped == count(con, facts, query) and min(mapped, unmapped) >= 0
        world = parse_query([*params, ("bbox", "-180,-85,180,85")], metric, facts)
        assert count(con, facts, world) == mapped and answer(con, facts, world).unmapped == unmapped


def test_the_referee_takes_edges_as_the_first_areas():
    square = {"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]], [[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]]}
    right = {"type": "MultiPolygon", "coordinates": [[[[4, 0], [8, 0], [8, 4], [4, 4], [4, 0]]]]}
    places = [("a", square), ("b", right)]
    asked = [(4, 2), (0, 0), (5, 1), (1.5, 1.5), (1, 1.5), (9, 1), (3, 4), (3, 4.1), (None, 1)]
    assert [find_area(x, y, places) for x, y in asked] == ["a", "a", "b", None, "a", None, "a", None, None]
