"""The shipped configuration against the profiles of the live layers: nothing undeclared, nothing unmapped."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from harborlight.catalog.load import load_catalog

PROFILES = {
    "nibrs_group_a": ("nibrs_groupa", "nibrs_codes"),
    "part1_legacy": ("part1_legacy", "legacy_codes"),
}
PART1_CLASS_OF = {
    "AGG. ASSAULT": "aggravated_assault",
    "ARSON": "arson",
    "AUTO THEFT": "motor_vehicle_theft",
    "BURGLARY": "burglary",
    "COMMON ASSAULT": "",
    "HOMICIDE": "criminal_homicide",
    "LARCENY": "larceny_theft",
    "LARCENY FROM AUTO": "larceny_theft",
    "RAPE": "rape",
    "ROBBERY": "robbery",
    "ROBBERY - CARJACKING": "robbery",
    "ROBBERY - COMMERCIAL": "robbery",
    "SHOOTING": "aggravated_assault",
}


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def city(repository: Path) -> Path:
    return repository / "cities/baltimore"


@pytest.fixture(scope="module")
def offenses(repository: Path) -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in read_table(repository / "src/harborlight/model/offense_codes.csv")}


def read_profile(shared: Path, name: str) -> dict:
    path = shared / f"data/baltimore/incidents/LIVE_LAYER_PROFILE_{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("source_id", PROFILES)
def test_address_page_size_and_columns_are_those_of_the_live_layer(shared: Path, city: Path, source_id: str):
    profile = read_profile(shared, PROFILES[source_id][0])
    source = load_catalog(city).sources[source_id]
    assert (source.url, source.page_rows) == (profile["layer"], profile["max_record_count"])
    assert set(source.columns) | set(source.known_extra_columns) - {"OBJECTID"} == set(profile["columns"])
    assert not set(source.columns) & set(source.known_extra_columns)
    assert source.columns["CrimeDateTime"].format == "epoch_ms"


@pytest.mark.parametrize("source_id", PROFILES)
def test_every_code_and_description_of_the_live_layer_is_mapped_once(
    shared: Path, city: Path, offenses: dict, source_id: str
):
    profile_name, map_name = PROFILES[source_id]
    stated = {(code, text) for code, text, _ in read_profile(shared, profile_name)["code_description_rows"]}
    rows = read_table(city / f"staging/{map_name}.csv")
    assert Counter((row["code"], row["description"]) for row in rows) == Counter(stated)
    assert {row["offense_code"] for row in rows} <= offenses.keys()


def test_a_code_of_the_newer_layer_means_itself(city: Path):
    assert all(row["code"] == row["offense_code"] for row in read_table(city / "staging/nibrs_codes.csv"))


def test_an_older_description_keeps_its_part_1_class(city: Path, offenses: dict):
    for row in read_table(city / "staging/legacy_codes.csv"):
        part1_class = offenses[row["offense_code"]]["part1_class"]
        assert part1_class == PART1_CLASS_OF[row["description"]], row
        assert (row["is_shooting"] == "true") == (row["description"] == "SHOOTING"), row


def test_every_dispatch_name_of_the_older_real_file_is_mapped_once(repository: Path, shared: Path, offenses: dict):
    oracle = json.loads((shared / "oracles/baltimore.json").read_text(encoding="utf-8"))["part1_raw"]
    stated = [(code, text) for code, text, _ in oracle["by_code_description"]]
    rows = read_table(repository / "tests/baltimore/real_files/staging/part1_codes.csv")
    assert Counter((row["code"], row["description"]) for row in rows) == Counter(stated)
    assert {row["offense_code"] for row in rows} <= offenses.keys()


@pytest.mark.parametrize("source_id", PROFILES)
def test_every_stated_victim_value_is_declared_and_translated(shared: Path, city: Path, source_id: str):
    values = read_profile(shared, PROFILES[source_id][0])["values"]
    source = load_catalog(city).sources[source_id]
    translated = {(row["kind"], row["stated"]) for row in read_table(city / "staging/victim_words.csv")}
    for column, kind in (("Gender", "sex"), ("Race", "race"), ("Ethnicity", "ethnicity")):
        stated = {value for value in values[column] if value.strip() and value != "<null>"}
        assert stated <= set(source.columns[column].values or ())
        assert stated - {"NA"} <= {value for k, value in translated if k == kind}


@pytest.mark.parametrize("name", ["weapons", "premises", "victim_words", "nibrs_codes", "legacy_codes"])
def test_a_map_never_repeats_its_key(city: Path, name: str):
    rows = read_table(city / f"staging/{name}.csv")
    keys = {"victim_words": ("kind", "stated"), "weapons": ("stated",), "premises": ("stated",)}
    counts = Counter(tuple(row[key] for key in keys.get(name, ("code", "description"))) for row in rows)
    assert max(counts.values()) == 1


def test_the_two_layers_never_supply_the_same_day(city: Path):
    sources = load_catalog(city).sources
    older, newer = sources["part1_legacy"].supplies, sources["nibrs_group_a"].supplies
    assert [(span.offense_groups, span.date_to) for span in older] == [
        (("all",), newer[0].date_from.replace(year=2021, month=12, day=31))
    ]
    assert newer[0].date_to is None


def test_a_release_of_the_real_city_waits_for_a_person(city: Path):
    declared = load_catalog(city).city
    assert declared.publish.auto_when == "never"
    assert declared.publish.roles
    assert "to be confirmed by the city" in declared.contact.office
    assert not (declared.contact.email or declared.contact.phone)
