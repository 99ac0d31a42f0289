"""The tables of the schema `places`, from a declared city to the row."""

from __future__ import annotations

import json
import random
from datetime import date

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harborlight.catalog import Catalog, Layer, Version
from harborlight.errors import ConfigError
from harborlight.places import NOWHERE, Locator
from harborlight.places.boundaries import Boundaries
from harborlight.places.build import Lines, place_points
from harborlight.places.pieces import group_rows, number_pieces
from harborlight.places.population import Blocks
from harborlight.store import Connection, read_rows, read_value
from tests.places.conftest import SIZE, SOUTH, WEST, Town, at, square
from tests.tiny import load_tiny

TABLES = {
    "versions": "lines_ix utinyint, layer varchar, version_id varchar, title varchar, valid_from date, valid_to date, is_current boolean, "
    "is_guarded boolean, n_areas integer, n_repaired integer, gaps_m2 double, overlaps_m2 double, attribution varchar, page varchar, note varchar",
    "areas": "layer varchar, version_id varchar, lines_ix utinyint, ix usmallint, area_id varchar, area_name varchar, population integer, "
    "housing integer, land_km2 double, longitude double, latitude double, west double, south double, east double, north double, geometry varchar",
    "neighbours": "lines_ix utinyint, ix usmallint, neighbour_ix usmallint",
    "piece_areas": "lines_ix utinyint, piece uinteger, area usmallint",
    "points": "longitude double, latitude double, piece uinteger, snap uinteger",
    "snap_points": "snap uinteger, longitude double, latitude double, piece uinteger, n_addresses integer, x uinteger, y uinteger",
    "displacement": "n_points bigint, n_shown bigint, n_not_shown bigint, median_m double, p90_m double, max_m double",
}  # fmt: skip


def all_rows(con: Connection) -> dict[str, list]:
    return {name: con.execute(f"select * from places.{name}").fetchall() for name in TABLES}


def check_columns(con: Connection) -> None:
    for name, columns in TABLES.items():
        found = con.execute(
            f"select column_name, lower(data_type) from (describe places.{name})".replace("data_type", "column_type")
        )
        assert ", ".join(f"{column} {kind}" for column, kind in found.fetchall()) == columns


def draw_town(town: Town) -> None:
    """Two redrawn districts over four wards; a row of wards holds few homes."""
    town.add_layer(
        "police_district", {"West": square(0, 0, 2, 4), "East": square(2, 0, 2, 4)}, "1990", valid_to=date(2019, 12, 31)
    )
    town.add_layer(
        "police_district", {"West": square(0, 0, 3, 4), "East": square(3, 0, 1, 4)}, "2020", valid_from=date(2020, 1, 1)
    )
    town.add_layer("ward", {f"Ward {n}": square(0, n, 4, 1) for n in range(4)}, "2010")
    homes = {0: 3, 1: 8, 2: 20, 3: 9}
    town.add_blocks([(*at(column + 0.5, row + 0.4), 10, homes[row]) for row in range(4) for column in range(4)])


# ---------------------------------------------------------------------------------------------- the tables


def test_a_city_without_lines_has_every_table_and_no_row(town: Town) -> None:
    con = town.build([at(0.5, 0.5), (None, None)])
    check_columns(con)
    rows = all_rows(con)
    assert rows.pop("points") == [(*at(0.5, 0.5), None, None)]
    assert not any(rows.values())


def test_tables_of_a_small_city(town: Town) -> None:
    draw_town(town)
    con = town.build([at(0.5, 1.5), at(0.5, 1.5), at(2.5, 1.5), at(2.5, 0.5), at(9, 9), (0.0, 0.0), (-76.5, 99.0)])
    check_columns(con)
    versions = read_rows(
        con, "select lines_ix, layer, version_id, is_current, is_guarded, n_areas from places.versions"
    )
    assert [tuple(row.values()) for row in versions] == [
        (0, "police_district", "1990", False, True, 2), (1, "police_district", "2020", True, True, 2), (2, "ward", "2010", True, True, 4),
    ]  # fmt: skip
    areas = con.execute(
        "select version_id, ix, area_id, population, housing from places.areas where lines_ix < 2"
    ).fetchall()
    assert areas == [
        ("1990", 0, "east", 80, 80), ("1990", 1, "west", 80, 80), ("2020", 0, "east", 40, 40), ("2020", 1, "west", 120, 120),
    ]  # fmt: skip
    points = con.execute("select longitude, latitude, piece is null, snap is null from places.points").fetchall()
    assert points == sorted(
        [(*at(0.5, 1.5), False, False), (*at(2.5, 1.5), False, False), (*at(2.5, 0.5), False, True), (*at(9, 9), True, True),
         (0.0, 0.0, True, True), (-76.5, 99.0, True, True)]
    )  # fmt: skip
    (found,) = read_rows(con, "from places.displacement")
    assert (found["n_points"], found["n_shown"], found["n_not_shown"]) == (3, 2, 1)
    assert found["median_m"] == found["max_m"] == pytest.approx(111.0, abs=0.1)  # a tenth of a square north
    assert con.execute("from places.neighbours where lines_ix = 2").fetchall() == [
        (2, a, b) for a, b in ((0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2))
    ]


def test_pieces_tell_every_area_of_a_coordinate(town: Town) -> None:
    draw_town(town)
    con = town.build([at(2.5, 1.5), at(2.5, 3.5), at(3.5, 3.2)])
    found = con.execute(
        "select p.latitude, a.layer, a.version_id, a.area_name from places.points as p join places.piece_areas as l using (piece) "
        "join places.areas as a on a.lines_ix = l.lines_ix and a.ix = l.area order by all"
    ).fetchall()
    assert [(round((lat - SOUTH) / SIZE, 1), *rest) for lat, *rest in found] == [
        (1.5, "police_district", "1990", "East"), (1.5, "police_district", "2020", "West"), (1.5, "ward", "2010", "Ward 1"),
        (3.2, "police_district", "1990", "East"), (3.2, "police_district", "2020", "East"), (3.2, "ward", "2010", "Ward 3"),
        (3.5, "police_district", "1990", "East"), (3.5, "police_district", "2020", "West"), (3.5, "ward", "2010", "Ward 3"),
    ]  # fmt: skip


def test_published_geometry_is_geojson_of_the_area_and_labels_are_inside(town: Town) -> None:
    draw_town(town)
    for row in read_rows(town.build(), "from places.areas"):
        shape = shapely.from_geojson(row["geometry"])
        assert shape.is_valid and shape.contains(shapely.Point(row["longitude"], row["latitude"]))
        assert shape.bounds == pytest.approx((row["west"], row["south"], row["east"], row["north"]), abs=1e-5)
        assert (
            max(
                len(str(number).split(".")[1])
                for ring in json.loads(row["geometry"])["coordinates"]
                for number in np.ravel(ring)
            )
            <= 5
        )


def test_without_population_there_are_areas_but_no_points(town: Town) -> None:
    town.add_layer("ward", {"One": square(0, 0)})
    con = town.build([at(0.5, 0.5)])
    assert con.execute("select population, housing from places.areas").fetchall() == [(None, None)]
    assert con.execute("select piece is null, snap from places.points").fetchall() == [(False, None)]
    assert con.execute("from places.displacement").fetchall() == [(1, 0, 1, None, None, None)]


# ------------------------------------------------------------------------------------- versions and guards


@pytest.mark.parametrize(
    ("today", "current"), [(date(2019, 12, 31), "1990"), (date(2020, 1, 1), "2020"), (None, "2020")]
)
def test_the_lines_in_force_are_those_of_the_day(town: Town, today, current) -> None:
    draw_town(town)
    con = town.build(today=today)
    assert con.execute(
        "select version_id from places.versions where is_current and layer = 'police_district'"
    ).fetchall() == [(current,)]


def test_what_is_guarded(town: Town) -> None:
    for layer in ("police_district", "ward"):
        for version, days, given_ in (
            ("a", {"valid_to": date(2000, 1, 1)}, {}),
            ("b", {"valid_from": date(2001, 1, 1), "valid_to": date(2002, 1, 1)}, {"is_guarded": layer == "ward"}),
            ("c", {"valid_from": date(2003, 1, 1)}, {}),
        ):
            town.add_layer(layer, {"One": square(0, 0)}, version, **days, **given_)
    found = town.build().execute("select layer, version_id, is_guarded from places.versions").fetchall()
    assert found == [
        ("police_district", "a", True), ("police_district", "b", False), ("police_district", "c", True),
        ("ward", "a", False), ("ward", "b", True), ("ward", "c", True),
    ]  # fmt: skip


def test_ids_that_no_boundary_has_are_refused(town: Town) -> None:
    town.add_layer("ward", {"One": square(0, 0)}, represents={"two": {"role": "Member", "office": "Council"}})
    with pytest.raises(ConfigError, match=r"places/ward\.yaml, 2020: represents: the boundaries hold no area two"):
        town.build()
    path = town.folder / "places/ward.yaml"
    path.write_text(path.read_text().replace("two:", "one:") + "areas: [{id: uno, name: One}]\n")
    with pytest.raises(ConfigError, match=r"places/ward\.yaml, all versions: areas: the boundaries hold no area uno"):
        town.build()


# ------------------------------------------------------------------------------------------ the same again


def test_the_order_of_files_and_rows_decides_nothing(town: Town, make_town) -> None:
    draw_town(town)
    points = [at(random.Random(n).uniform(-1, 5), random.Random(n + 0.5).uniform(-1, 5)) for n in range(60)]
    rows = all_rows(town.build(points))
    other = make_town()
    draw_town(other)
    for path in other.folder.glob("boundaries/*.geojson"):
        page = json.loads(path.read_text())
        page["features"].reverse()
        path.write_text(json.dumps(page))
    header, *lines = (other.folder / "blocks.csv").read_text().splitlines()
    (other.folder / "blocks.csv").write_text("\n".join([header, *reversed(lines)]) + "\n")
    assert all_rows(other.build(reversed(points))) == rows


def test_records_decide_neither_the_public_points_nor_the_number_of_a_piece(town: Town) -> None:
    draw_town(town)
    points = [at(0.5, 1.5), at(0.5, 1.4), at(2.5, 3.1)]  # the second is a block's own point
    few, many = town.build(points[:1]), town.build([*points, *[at(n / 7, n / 9) for n in range(40)]])
    assert few.execute("from places.snap_points").fetchall() == many.execute("from places.snap_points").fetchall()
    same = "select piece, snap from places.points where longitude = ? and latitude = ?"
    assert few.execute(same, points[0]).fetchall() == many.execute(same, points[0]).fetchall()


def test_a_number_of_a_piece_is_made_of_its_areas_alone() -> None:
    rows = np.array([[0, NOWHERE], [0, 1], [1, 0]], dtype=np.int32)
    ids = (("a", "b"), ("x", "y"))
    all_three = number_pieces(rows, ("one", "two"), ids)
    assert number_pieces(rows[1:], ("one", "two"), ids).tolist() == all_three[1:].tolist()
    assert len(set(all_three.tolist())) == 3


@given(st.lists(st.tuples(*[st.integers(-1, 3)] * 4), max_size=60))
def test_grouping_keeps_every_row(rows) -> None:
    table = np.array(rows, dtype=np.int32).reshape(-1, 4)
    distinct, row = group_rows(table)
    assert distinct[row].tolist() == table.tolist() and len(np.unique(distinct, axis=0)) == len(distinct)


# ------------------------------------------------------------------------------------ no snap over a line

CUTS = st.lists(st.integers(1, 7), min_size=0, max_size=3, unique=True).map(sorted)
PLACE = st.tuples(st.integers(-2, 34), st.integers(-2, 34))


def stripes(cuts, is_upright: bool) -> list[shapely.Polygon]:
    ends = [0, *cuts, 8]
    return [
        square(a, 0, b - a, 8) if is_upright else square(0, a, 8, b - a) for a, b in zip(ends, ends[1:], strict=False)
    ]


def make_lines(ix: int, shapes, is_guarded: bool) -> Lines:
    names = tuple(f"a{n}" for n in range(len(shapes)))
    version = Version(id=f"v{ix}", boundaries="x", name_field="name")
    layer = Layer(id=f"layer{ix}", title="x", title_one="x", versions=(version,))
    made = np.empty(len(shapes), dtype=object)
    made[:] = shapes
    return Lines(ix, layer, version, True, is_guarded, Boundaries(names, names, made, 0), Locator(made, most_cells=64))


@pytest.fixture(scope="module")
def catalog(tmp_path_factory) -> Catalog:
    return load_tiny(tmp_path_factory.mktemp("city"))


@given(CUTS, CUTS, CUTS, st.lists(st.tuples(PLACE, st.integers(0, 20)), max_size=40), st.lists(PLACE, max_size=40))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_snap_crosses_a_guarded_line_and_areas_and_unlocated_make_all(
    catalog, one, two, three, homes, records
) -> None:
    all_lines = [
        make_lines(0, stripes(one, True), True),
        make_lines(1, stripes(two, False), True),
        make_lines(2, stripes(three, True), False),
    ]
    places = np.array([at(x / 4, y / 4) for (x, y), _ in homes], dtype=float).reshape(-1, 2)
    counts = np.array([n for _, n in homes], dtype=np.int64)
    blocks = Blocks(places[:, 0], places[:, 1], counts, counts)
    distinct = np.array(sorted({at(x / 4, y / 4) for x, y in records}), dtype=float).reshape(-1, 2)
    points, snaps = place_points(catalog, all_lines, blocks, distinct[:, 0], distinct[:, 1])
    for index, (x, y) in enumerate(distinct):
        by_hand = [
            min(
                (n for n, shape in enumerate(lines.boundaries.shapes) if shape.intersects(shapely.Point(x, y))),
                default=NOWHERE,
            )
            for lines in all_lines
        ]
        row = points.row[index]
        assert (points.rows[row].tolist() if row != NOWHERE else [NOWHERE] * 3) == by_hand
        if points.snap[index] != NOWHERE:
            assert points.rows[snaps.row[points.snap[index]]][:2].tolist() == by_hand[:2]
    assert (snaps.homes >= 8).all()
    assert {(x, y) for x, y in zip(snaps.longitude, snaps.latitude, strict=True)} <= {
        (x, y) for x, y in places.tolist()
    }


# ------------------------------------------------------------------------------------------ census blocks


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lon,lat,people\n", "there is no column 'homes'"),
        ("lon,lat,people,homes\n-76.5,39.5,1,1\n-76.5,39.5,x,1\n", r"blocks\.csv:3: people is not a number"),
        ("lon,lat,people,homes\n-76.5,,1,1\n", r"blocks\.csv:2: lat is not a number"),
        ("lon,lat,people,homes\n-76.5,39.5,1,-1\n", r"blocks\.csv:2: a block with fewer than 0"),
    ],
)
def test_a_block_that_is_none_is_refused(town: Town, text, words) -> None:
    town.add_blocks([])
    (town.folder / "blocks.csv").write_text(text)
    with pytest.raises(ConfigError, match=words):
        town.build()


def test_blocks_out_of_the_bbox_count_as_people_but_are_no_public_point(town: Town) -> None:
    town.add_layer("ward", {"One": shapely.box(WEST, 39.5, WEST + 1, 39.6)})  # the city's bbox ends at -76
    town.add_blocks([(WEST + 0.1, 39.55, 5, 9), (WEST + 0.7, 39.55, 7, 9)])
    con = town.build()
    assert read_value(con, "select population from places.areas") == 12
    assert con.execute("select longitude from places.snap_points").fetchall() == [(WEST + 0.1,)]
