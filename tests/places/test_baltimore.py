"""The real lines, blocks and coordinates of Baltimore against totals counted elsewhere, and against shapely alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely
import yaml

from harborlight.places import Locator, build_places
from harborlight.places.boundaries import read_boundaries
from harborlight.store import Connection, connect
from tests.places.conftest import Town

LAYERS = {
    "police_district": [("1959", "police_districts_1959_2022", {"valid_to": "2023-07-08"}), ("2023", "police_districts_2023", {"valid_from": "2023-07-09"})],
    "neighborhood": [("2020", "neighborhoods_2020_nsa", {})],
    "community_statistical_area": [("2010", "community_statistical_areas_2010", {})],
    "city_council_district": [("2012", "city_council_districts_2012", {"name_field": "id", "prefix": "District"})],
    "state_legislative_district": [("2022", "md_legislative_districts_2022", {})],
    "census_tract": [("2020", "census_tracts_2020", {"id_field": "geoid", "prefix": "Tract"})],
}  # fmt: skip
BLOCKS = {
    "year": 2020,
    "population": "pop20",
    "housing": "housing20",
    "longitude": "intptlon20",
    "latitude": "intptlat20",
    "method": "points",
}
DISTRICTS = {
    "WD": "Western", "ED": "Eastern", "NE": "Northeastern", "SW": "Southwestern", "NW": "Northwestern", "SD": "Southern",
    "ND": "Northern", "SE": "Southeastern", "CD": "Central",
}  # fmt: skip


@pytest.fixture(scope="module")
def city(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Town:
    town, data = Town(tmp_path_factory.mktemp("baltimore")), shared / "data/baltimore"
    path = town.folder / "city.yaml"
    path.write_text(path.read_text().replace("bbox: [-77, 39, -76, 40]", "bbox: [-76.72, 39.19, -76.52, 39.38]"))
    for layer, versions in LAYERS.items():
        stated = [
            {"id": i, "boundaries": str(data / f"places/{file}.geojson"), "name_field": "name"} | more
            for i, file, more in versions
        ]
        (town.folder / f"places/{layer}.yaml").write_text(
            yaml.safe_dump({"title": layer, "title_one": layer, "versions": stated})
        )
    blocks = BLOCKS | {"blocks": str(data / "population/census_blocks_2020_pop_housing.csv.gz")}
    (town.folder / "population.yaml").write_text(yaml.safe_dump(blocks))
    return town


@pytest.fixture(scope="module")
def oracle(shared: Path) -> dict:
    return json.loads((shared / "oracles/baltimore.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def con(city: Town, shared: Path) -> Iterator[Connection]:
    """The schema `places` for the coordinates of every real homicide and arrest, with both files beside it."""
    con, data = connect(), shared / "data/baltimore"
    con.execute("create schema staging")
    con.execute(
        "create table staging.records as select id, district, date, cast(longitude as double) as longitude, cast(latitude as double) as latitude "
        f"from read_csv('{data}/homicides/sun_homicides_2007_2020_deidentified.csv', all_varchar = true)"
    )
    con.execute(
        'create table staging.arrests as select "District" as district, try_cast(geom_lon as double) as longitude, try_cast(geom_lat as double) as latitude '
        f"from read_csv('{data}/arrests/bpd_arrests_2014_2021.csv.gz', all_varchar = true)"
    )
    build_places(con, city.load(), city.data)
    con.execute(
        "create view located as select v.layer, v.version_id, p.longitude, p.latitude, a.area_name from places.points as p "
        "cross join places.versions as v left join places.piece_areas as l on l.piece = p.piece and l.lines_ix = v.lines_ix "
        "left join places.areas as a on a.lines_ix = l.lines_ix and a.ix = l.area"
    )
    yield con
    con.close()


def located(con: Connection, table: str, version: str, what: str) -> list[tuple]:
    return con.execute(
        f"select {what}, coalesce(area_name, 'None') as area, count(*) from staging.{table} join located using (longitude, latitude) "
        "where layer = 'police_district' and version_id = ? group by all", [version]
    ).fetchall()  # fmt: skip


def test_homicides_by_district_of_1959(con: Connection, oracle: dict) -> None:
    found = {area: n for _, area, n in located(con, "records", "1959", "''")}
    assert found == oracle["sun_homicides"]["pip"]["district_1959"]


def test_homicides_by_district_of_2023(con: Connection, oracle: dict) -> None:
    found = {area: n for _, area, n in located(con, "records", "2023", "''")}
    assert found == oracle["sun_homicides"]["pip"]["district_2023"]


def test_homicides_by_year_and_district_of_2023(con: Connection, oracle: dict) -> None:
    found: dict[str, dict[str, int]] = {}
    for year, area, n in located(con, "records", "2023", "substr(cast(date as varchar), 1, 4)"):
        found.setdefault(year, {})[area] = n
    assert found == oracle["sun_homicides"]["by_year_district_2023_pip"]


def test_stated_district_of_homicides_against_the_located_one(con: Connection, oracle: dict) -> None:
    agree = sum(n for stated, area, n in located(con, "records", "1959", "district") if DISTRICTS.get(stated) == area)
    assert agree == oracle["sun_homicides"]["stated_district_equals_pip_1959"]["agree"]


def test_stated_district_of_arrests_against_the_located_one(con: Connection) -> None:
    """Seven of those that state a district have no place in one: 88,813 can be compared."""
    rows = [row for row in located(con, "arrests", "1959", "district") if row[0]]
    rows += con.execute(
        "select district, '', count(*) from staging.arrests where longitude is null and district <> '' group by all"
    ).fetchall()
    agree = sum(n for stated, area, n in rows if area in (stated, f"{stated}ern"))
    in_one = sum(n for _, area, n in rows if area not in ("None", ""))
    assert (agree, in_one, sum(n for *_, n in rows)) == (87_126, 88_813, 88_820)


@pytest.mark.parametrize(
    ("name", "layer", "version", "prefix"),
    [
        ("district_1959", "police_district", "1959", ""),
        ("district_2023", "police_district", "2023", ""),
        ("csa", "community_statistical_area", "2010", ""),
        ("council2012", "city_council_district", "2012", "District "),
        ("legislative2022", "state_legislative_district", "2022", ""),
    ],
)
def test_people_by_area(con: Connection, oracle: dict, name, layer, version, prefix) -> None:
    counted = oracle["population_2020_blocks"]
    found = dict(
        con.execute(
            "select area_name, population from places.areas where layer = ? and version_id = ?", [layer, version]
        ).fetchall()
    )
    expected = {area if area == "None" else prefix + area: n for area, n in counted[name].items()}
    lost = counted["city_total"] - sum(found.values())
    assert found | ({"None": lost} if lost else {}) == expected | dict.fromkeys(found.keys() - expected.keys(), 0)


def test_areas_and_unlocated_make_all_coordinates(con: Connection) -> None:
    total = con.execute("select count(*) from places.points").fetchone()
    sums = con.execute("select count(*) from located group by layer, version_id").fetchall()
    assert sums == [total] * 7


def test_located_as_shapely_alone_locates(city: Town) -> None:
    """Every corner of the lines themselves, and points at random: all of them against a tree of the polygons."""
    catalog, random = city.load(), np.random.default_rng(3)
    for layer, version in (("police_district", 1), ("community_statistical_area", 0)):
        declared = catalog.layers[layer]
        shapes = read_boundaries(catalog, city.data, declared, declared.versions[version]).shapes
        corners = shapely.get_coordinates(shapes)[::7]
        free = np.column_stack([random.uniform(-76.72, -76.52, 4000), random.uniform(39.19, 39.38, 4000)])
        points = np.vstack([corners, (corners[1:] + corners[:-1]) / 2, free])
        expected = np.full(len(points), -1)
        for ix in reversed(range(len(shapes))):
            expected[shapely.intersects_xy(shapes[ix], points[:, 0], points[:, 1])] = ix
        found = Locator(shapes).locate(points[:, 0], points[:, 1])
        assert (expected >= 0).sum() > 1000 and found.tolist() == expected.tolist()


def test_what_is_wrong_with_the_lines_is_measured(con: Connection) -> None:
    rows = con.execute(
        "select layer || version_id, n_areas, n_repaired, gaps_m2, overlaps_m2 from places.versions"
    ).fetchall()
    found = {name: numbers for name, *numbers in rows}
    assert found["community_statistical_area2010"][:2] == [56, 2]
    assert found["community_statistical_area2010"][3] == pytest.approx(
        3912, rel=0.01
    )  # counted elsewhere, in Maryland's state plane
    assert found["police_district1959"][2] > 10_000_000  # the harbour
    assert found["census_tract2020"][2:] == [0, 0]


def test_drawn_lines_are_small_valid_and_still_meet(con: Connection) -> None:
    for layer, version, texts in con.execute(
        "select layer, version_id, list(geometry order by ix) from places.areas group by all"
    ).fetchall():
        shapes = shapely.from_geojson(texts)
        assert shapely.is_valid(shapes).all(), layer
        assert sum(map(len, texts)) < 400_000
        full = shapely.area(shapely.union_all(shapes))
        assert shapely.area(shapes).sum() == pytest.approx(full, rel=2e-5), (layer, version)


def test_public_points_are_those_of_blocks_with_eight_homes_and_stay_in_their_piece(con: Connection) -> None:
    assert con.execute("select min(n_addresses) >= 8, count(*) > 5000 from places.snap_points").fetchone() == (
        True,
        True,
    )
    crossing = con.execute(
        "select count(*) from places.points as p join places.snap_points as s using (snap) cross join places.versions as v "
        "left join places.piece_areas as a on a.lines_ix = v.lines_ix and a.piece = p.piece "
        "left join places.piece_areas as b on b.lines_ix = v.lines_ix and b.piece = s.piece "
        "where v.is_guarded and coalesce(a.area, 65535) <> coalesce(b.area, 65535)"
    ).fetchone()
    assert crossing == (0,)
    n_points, n_shown, n_not_shown, median, p90, most = con.execute("from places.displacement").fetchone()
    assert n_points == n_shown + n_not_shown and n_shown > 0.9 * n_points
    assert 20 < median < p90 < 300 and p90 < most
