"""The real file of arrests through the shipped contract and SELECT, on the shipped layers with the real lines and people."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from harborlight import metrics
from harborlight.catalog import load_catalog
from harborlight.model.build import build
from harborlight.sources.fetch import fetch_source
from harborlight.staging import stage
from harborlight.store import Connection, connect, read_rows, read_sql, read_value
from tests.baltimore.conftest import copy_city, lay_files

SHORT = {"Northeast": "northeastern", "Northwest": "northwestern", "Southeast": "southeastern", "Southwest": "southwestern"}


@pytest.fixture(scope="module")
def oracles(shared: Path) -> dict:
    return json.loads((shared / "oracles/baltimore.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def oracle(oracles: dict) -> dict:
    return oracles["arrests_2014_2021"]


@pytest.fixture(scope="module")
def store(repository: Path, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    folder = tmp_path_factory.mktemp("arrests")
    catalog, data = load_catalog(copy_city(repository, folder / "city", "arrests")), folder / "data"
    lay_files(shared, data)
    snapshot = fetch_source(catalog.sources["arrests"], catalog.city, data, city_folder=catalog.folder)
    con = connect()
    stage(con, catalog, {"arrests": snapshot}, data)
    build(con, catalog, data)
    yield con
    con.close()


def counts(con: Connection, sql: str) -> dict:
    return dict(con.execute(sql).fetchall())


def test_every_row_is_staged_once(store: Connection, oracle: dict):
    (books,) = read_rows(store, "select fetched, accepted, rejected, duplicate from staging.sources")
    assert tuple(books.values()) == (oracle["rows"], oracle["rows"], 0, 0)
    assert read_value(store, "select count(*) from staging.arrests") == oracle["rows"] == 173_197


def test_rows_by_year_and_stated_district_equal_the_oracle(store: Connection, oracle: dict):
    by_year = counts(store, "select cast(year(arrested_date) as varchar), count(*) from staging.arrests group by 1")
    assert by_year == oracle["by_year"]
    by_district = counts(store, "select coalesce(district_name, 'blank'), count(*) from staging.arrests group by 1")
    assert by_district == oracle["by_district"]
    cube: dict[str, dict[str, int]] = {}
    sql = "select cast(year(arrested_date) as varchar), coalesce(district_name, 'blank'), count(*) from staging.arrests group by 1, 2"
    for year, district, n in store.execute(sql).fetchall():
        cube.setdefault(year, {})[district] = n
    assert cube == oracle["by_year_district"]


def test_arrests_by_year_district_and_race_equal_a_count_of_the_file(store: Connection, shared: Path):
    """Numbers used twice are left out on both sides: which of their rows stands for the arrest is the model's choice."""
    with gzip.open(shared / "data/baltimore/arrests/bpd_arrests_2014_2021.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = [(r["ArrestNumb"], r["ArrestDate"][:4], r["District"], r["Race"]) for r in csv.DictReader(file)]
    used = Counter(number for number, *_ in rows if number)
    races = {"A": "asian", "B": "black", "I": "american_indian", "W": "white"}
    counted = Counter(
        (int(year), SHORT.get(district, district.lower()) or None, races.get(race, "unknown")) for number, year, district, race in rows if used[number] < 2
    )
    found = store.execute(
        "select year(arrested_date), district_id, race_code, count(*) from model.arrests where counts_arrest and is_counted "
        "and arrest_id in (select arrest_id from model.arrests group by arrest_id having count(*) = 1) group by 1, 2, 3"
    ).fetchall()
    assert {(year, district, race): n for year, district, race, n in found} == counted
    assert sum(counted.values()) == 173_158 - 39


def test_coordinates_of_nothing_are_none(store: Connection, oracle: dict):
    missing = read_value(store, "select count(*) from staging.arrests where longitude is null or latitude is null")
    assert missing == oracle["no_coordinates"] + oracle["null_island"] == 84_147 + 19
    assert read_value(store, "select count(*) from raw.arrests where \"Latitude\" is null") == oracle["no_coordinates"]
    assert read_value(store, "select count(*) from staging.arrests where (longitude is null) <> (latitude is null)") == 0


def test_what_is_known_of_persons_is_translated(store: Connection, oracle: dict):
    sexes = counts(store, "select coalesce(sex_code, 'blank'), count(*) from staging.arrests group by 1")
    assert sexes == {"female": oracle["by_gender"]["F"], "male": oracle["by_gender"]["M"], "blank": oracle["by_gender"]["blank"]}
    races = counts(store, "select coalesce(race_code, 'blank'), count(*) from staging.arrests group by 1")
    words = {"A": "asian", "B": "black", "I": "american_indian", "U": "unknown", "W": "white", "blank": "blank"}
    assert races == {words[code]: n for code, n in oracle["by_race"].items()}
    under_18 = "select cast(year(arrested_date) as varchar), count(*) from staging.arrests where age_years < 18 group by 1"
    assert counts(store, under_18) == oracle["under_18_by_year"]


def test_a_number_used_twice_is_one_arrest_and_a_blank_one_its_own(store: Connection, oracle: dict):
    arrests = read_value(store, "select count(*) from model.arrests where counts_arrest")
    assert arrests == oracle["rows"] - oracle["arrest_numbers_used_twice"] == 173_158
    assert read_value(store, "select count(*) from staging.arrests where arrest_id like 'row %'") == 8_090
    assert read_value(store, "select count(*) from model.arrests where not is_counted") == 0


def test_short_district_names_are_known(store: Connection, oracle: dict):
    found = counts(store, "select district_id, count(*) from model.arrests where district_id is not null group by 1")
    stated = {SHORT.get(name, name.lower()): n for name, n in oracle["by_district"].items() if name != "blank"}
    assert found == stated


def test_places_outside_the_city_lie_in_no_piece(store: Connection, oracle: dict):
    outside = oracle["no_coordinates"] + oracle["null_island"] + oracle["outside_city_bbox_excluding_null_island"]
    assert read_value(store, "select count(*) from model.arrests where piece is null") >= outside


def test_stated_districts_agree_with_the_old_lines_in_98_of_100(store: Connection, oracle: dict):
    """87,126 of the 88,820 rows that state a district and have coordinates: all arrests are from before the redraw."""
    sql = read_sql(Path(metrics.__file__).parent / "tables/district_agreement.sql")
    rows = {row["version_id"]: row for row in read_rows(store, sql)}
    assert rows["1959"]["n_stated"] == oracle["rows"] - oracle["by_district"]["blank"] == 88_820
    assert rows["1959"]["n_agree"] == 87_126
    assert round(100 * rows["1959"]["n_agree"] / rows["1959"]["n_stated"], 1) == 98.1
    assert rows["2023"]["n_agree"] < 0.9 * rows["2023"]["n_compared"]



# ------------------------------------------------------------------------------------- the shipped layers


def test_every_version_reads_the_file_that_it_names(store: Connection):
    rows = read_rows(store, "select layer, version_id, n_areas, is_current from places.versions order by 1, 2")
    assert [tuple(row.values()) for row in rows] == [
        ("census_tract", "2020", 199, True),
        ("city_council_district", "2012", 14, True),
        ("community_statistical_area", "2010", 56, True),
        ("police_district", "1959", 9, False),
        ("police_district", "2023", 9, True),
        ("state_legislative_district", "2012", 6, False),
        ("state_legislative_district", "2022", 5, True),
    ]


@pytest.mark.parametrize(
    ("layer", "version", "name"),
    [("police_district", "1959", "district_1959"), ("police_district", "2023", "district_2023"),
     ("community_statistical_area", "2010", "csa")],
)  # fmt: skip
def test_people_by_area_are_those_of_the_blocks_in_it(store: Connection, oracles: dict, layer: str, version: str, name: str):
    blocks = oracles["population_2020_blocks"]
    people = counts(
        store, f"select area_name, population from places.areas where layer = '{layer}' and version_id = '{version}'"
    )
    expected = {area: n for area, n in blocks[name].items() if area != "None"}
    assert {area: n for area, n in people.items() if n or area in expected} == expected
    assert sum(people.values()) + blocks[name].get("None", 0) == blocks["city_total"] == 585_708


def test_stated_districts_have_the_ids_of_the_lines(repository: Path, store: Connection):
    layer = load_catalog(repository / "cities/baltimore").layers["police_district"]
    for version in ("1959", "2023"):
        found = store.execute(
            "select area_id from places.areas where layer = 'police_district' and version_id = ? order by 1", [version]
        ).fetchall()
        assert [area_id for (area_id,) in found] == sorted(area.id for area in layer.areas)


def test_nobody_is_named_on_any_lines(repository: Path):
    layers = load_catalog(repository / "cities/baltimore").layers
    assert not [who for layer in layers.values() for version in layer.versions for who in version.represents.values()]
    assert layers["city_council_district"].versions[0].note == "lines of 2012"
