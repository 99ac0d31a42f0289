"""What a city may declare about places, and the line at which a mistake is named."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from harborlight.catalog import load_catalog
from harborlight.errors import ConfigError
from tests.places.test_boundaries import AREAS_SOURCE
from tests.tiny import write_city

WARD = """\
title: Wards
title_one: Ward
versions:
  - id: "2010"
    valid_to: 2019-12-31
    boundaries: old.geojson
    name_field: name
  - id: "2020"
    valid_from: 2020-01-01
    source: wards
    name_field: WARD
    represents:
      one: {role: Member, office: City council, name: A fictional name}
"""


@pytest.fixture
def city(tmp_path: Path) -> Path:
    folder = write_city(tmp_path / "city")
    (folder / "places/ward.yaml").write_text(WARD)
    (folder / "sources/wards.yaml").write_text(AREAS_SOURCE)
    return folder


def spoil(city: Path, old: str, new: str, name: str = "places/ward.yaml") -> str:
    text = (city / name).read_text()
    assert old in text
    (city / name).write_text(text.replace(old, new))
    with pytest.raises(ConfigError) as error:
        load_catalog(city)
    return str(error.value)


def test_layers_versions_and_sources_of_areas(city: Path) -> None:
    (city / "population.yaml").write_text(
        "{blocks: b.csv, year: 2020, population: p, housing: h, longitude: x, latitude: y, method: By points}"
    )
    (city / "basemap.yaml").write_text("water: water.geojson")
    catalog = load_catalog(city)
    old, new = catalog.layers["ward"].versions
    assert (old.valid_to, old.is_guarded, new.source) == (date(2019, 12, 31), None, "wards")
    assert (
        catalog.population and catalog.population.year == 2020 and catalog.basemap and catalog.basemap.streets is None
    )
    assert catalog.city.primary_layer == "police_district"
    assert catalog.sources["wards"].kind == "areas" and catalog.sources["reports"].kind == "records"
    assert "wards" not in catalog.staging_sql


def test_population_and_basemap_may_be_left_out(city: Path) -> None:
    catalog = load_catalog(city)
    assert catalog.population is None and catalog.basemap is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("    name_field: WARD\n", "", "places/ward.yaml:8: versions.1.name_field: Field required"),
        (
            "valid_to: 2019-12-31",
            "valid_to: 2020-01-01",
            "places/ward.yaml:1: ward: versions 2010 and 2020 are both in force on 2020-01-01",
        ),
        (
            "valid_from: 2020-01-01",
            "valid_from: 2020-13-01",
            "places/ward.yaml:9: there is no such day or time: month must be in 1..12",
        ),
        (
            "    source: wards",
            "    source: wards\n    boundaries: x.geojson",
            "places/ward.yaml:8: versions.1: write either boundaries",
        ),
        ("    source: wards\n", "", "places/ward.yaml:8: versions.1: write either boundaries"),
        (
            "source: wards",
            "source: reports",
            "places/ward.yaml: version 2020: there is no source 'reports' of kind areas",
        ),
        ("name_field: WARD", "name_field: WARDS", "places/ward.yaml: version 2020: wards declares no column 'WARDS'"),
        ('id: "2020"', 'id: "2010"', "two versions have the same id"),
        (
            'id: "2010"\n    valid_to',
            'id: "2010"\n    valid_from: 2020-02-02\n    valid_to',
            "versions.0: valid_to is before valid_from",
        ),
        ("versions:", "version:", "places/ward.yaml:3: version: Extra inputs are not permitted"),
    ],
)
def test_a_mistake_is_named_with_its_line(city: Path, old, new, words) -> None:
    assert words in spoil(city, old, new)


def test_a_layer_states_names_or_lines(city: Path) -> None:
    (city / "places/ward.yaml").write_text("title: Wards\ntitle_one: Ward\n")
    with pytest.raises(ConfigError, match="write areas .* versions .* or both"):
        load_catalog(city)


def test_a_source_of_areas_that_nothing_names(city: Path) -> None:
    (city / "places/ward.yaml").unlink()
    with pytest.raises(
        ConfigError, match=r"sources/wards\.yaml: kind: no version of a layer takes its lines from this source"
    ):
        load_catalog(city)


def test_a_source_of_areas_is_fetched_whole(city: Path) -> None:
    incremental = "incremental: {changed_column: OBJECTID}\ncolumns:"
    assert "is fetched whole" in spoil(city, "columns:", incremental, "sources/wards.yaml")


@pytest.mark.parametrize("days", [0, 30])
def test_nobody_is_named_where_the_lines_are_no_longer_in_force(city: Path, days) -> None:
    in_force = f"valid_from: 2020-01-01\n    valid_to: {date.today() + timedelta(days)}"
    path = city / "places/ward.yaml"
    path.write_text(path.read_text().replace("valid_from: 2020-01-01", in_force))
    assert load_catalog(city).layers["ward"].versions[1].represents["one"].name
    ended = f"valid_to: {date.today() - timedelta(1)}"
    assert "no longer in force" in spoil(city, in_force.splitlines()[1].strip(), ended)


def test_population_needs_all_its_columns(city: Path) -> None:
    (city / "population.yaml").write_text("blocks: b.csv\nyear: 2020\n")
    with pytest.raises(ConfigError, match=r"population\.yaml:1: population: Field required"):
        load_catalog(city)
