"""A city's folder read into a catalog: everything declared arrives, every mistake is told with file and line, overrides win."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harborlight.catalog import load_catalog, load_offense_groups
from harborlight.demo import city_folder
from harborlight.errors import ConfigError, UserError
from tests.tiny import REPORTS, write_city


@pytest.fixture
def city(tmp_path: Path) -> Path:
    return write_city(tmp_path / "city")


def write(city: Path, name: str, text: str) -> None:
    (city / name).parent.mkdir(parents=True, exist_ok=True)
    (city / name).write_text(text)


def mistakes(city: Path, **overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_catalog(city, {name.replace("__", "."): text for name, text in overrides.items()})
    head, *lines = caught.value.message.splitlines()
    assert head.startswith("1 mistake in" if len(lines) == 1 else f"{len(lines)} mistakes in")
    return [line.strip() for line in lines]


def test_what_is_declared_arrives(city):
    catalog = load_catalog(city)
    source = catalog.sources["reports"]
    assert (source.id, source.columns["at"].low, source.columns["age"].high) == ("reports", date(2015, 1, 1), 120)
    assert catalog.layers["police_district"].areas[0].names == ("N DIST",)
    assert catalog.staging_sql["reports"].is_file() and catalog.maps == {}
    assert set(catalog.metrics) >= {"killed_or_shot_victims", "homicide_victims", "robberies", "incidents"}
    assert catalog.city.disclosure_k == 10 and catalog.city.gates.hold_fall == 0.10


@pytest.mark.parametrize("name", ["port-calvert", "baltimore"])
def test_the_cities_of_the_project_hold_no_mistake(repository, name):
    assert load_catalog(repository / "cities" / name).sources


def test_every_comment_of_the_template_belongs_to_a_city_that_loads():
    assert load_catalog(city_folder()).city.fictional


def test_a_catalog_cannot_be_changed(city):
    catalog = load_catalog(city)
    with pytest.raises(Exception, match="frozen"):
        catalog.city.name = "Elsewhere"


# ------------------------------------------------------------------------------------------------------ mistakes


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("sources/reports.yaml", REPORTS.replace("clock: utc", "clock: noon"), "sources/reports.yaml:7: clock: "),
        ("sources/reports.yaml", REPORTS.replace("victim: {type: text, values: [I, B, S, U]}", "victim: {type: text, value: I}"), "sources/reports.yaml:16: columns.victim.value: "),
        ("sources/reports.yaml", REPORTS.replace("low: 0", "low: old"), "sources/reports.yaml:17: columns.age.low"),
        ("sources/reports.yaml", REPORTS.replace("low: 0", "low: 1, low: 0"), "sources/reports.yaml:17: 'low' stands here a second time"),
        ("sources/reports.yaml", REPORTS + "title: Again\n", "sources/reports.yaml:20: 'title' stands here a second time"),
        ("sources/reports.yaml", REPORTS + "incremental: {window_days: 3}\n", "sources/reports.yaml:20: incremental: write either changed_column or date_column"),
        ("sources/reports.yaml", REPORTS + "coverage:\n  - metrics: [nothing]\n    reason: x\n", "sources/reports.yaml: coverage: there is no metric 'nothing'"),
        ("sources/reports.yaml", REPORTS + "token_variable: secret-token\n", "sources/reports.yaml:"),
        ("sources/reports.yaml", REPORTS.replace("- offense_groups: [robbery]", "- offense_groups: [all]\n  - offense_groups: [robbery]"), "sources/reports.yaml: supplies: name each offense group once"),
        ("metrics/own.yaml", "title: x\n", "metrics/own.yaml:1: short_title: Field required"),
        ("corrections/reports.yaml", "- key: a\n  set: {}\n  expect: {text: a}\n  reason: r\n  reported_to: p\n  reported_on: 2026-01-01\n", "corrections/reports.yaml:2: set: "),
        ("corrections/reports.yaml", "- key: a\n  set: {text: b}\n  expect: {text: a}\n  reason: r\n  reported_to: p\n  reported_on: 2026-01-01\n- key: b\n", "corrections/reports.yaml:7: set: "),
        ("places/wards.yaml", "title: Wards\ntitle_one: Ward\nareas: []\n", "places/wards.yaml:1: wards: write areas"),
        ("places/wards.yaml", "title: Wards\ntitle_one: Ward\nareas:\n  - {id: a, name: A}\n  - {id: B, name: B}\n", "places/wards.yaml:5: areas.1.id: "),
        ("notices/x.yaml", "- a\n", "notices/x.yaml:1: x: "),
        ("sources/reports.yaml", "just words\n", "sources/reports.yaml:1: reports: "),
        ("sources/reports.yaml", "a: b: c\n", "sources/reports.yaml:1: not valid YAML"),
        ("sources/reports.yaml", "key: a\n\tb: c\n", "sources/reports.yaml:2: not valid YAML"),
        ("sources/Reports 2.yaml", REPORTS, "sources/Reports 2.yaml:1: id: "),
    ],
)  # fmt: skip
def test_a_mistake_stands_with_its_file_and_line(city, name, text, expected):
    write(city, name, text)
    assert any(line.startswith(expected) for line in mistakes(city)), mistakes(city)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ({"city__disclosure_k": "4"}, "disclosure_k"), ({"city__percent_base": "9"}, "percent_base"), ({"city__publish": "{keep: 1}"}, "publish.keep"),
        ({"city__homicide_year_rule": "[{rule: guessed}]"}, "homicide_year_rule.0.rule"), ({"city__headline_metrics": "[nothing]"}, "no metric 'nothing'"),
        ({"city__bbox": "[1, 2, 3]"}, "bbox"), ({"city__headline_metrics": "[nothing, nowhere]"}, "no metric 'nowhere'"),
    ],
)  # fmt: skip
def test_a_value_outside_its_limits_is_refused(city, override, expected):
    assert any(expected in line for line in mistakes(city, **override))


def test_two_sources_that_give_one_group_on_one_day_are_refused(city):
    write(city, "sources/older.yaml", REPORTS.replace("[robbery]", "[robbery]\n    to: 2022-12-31"))
    write(city, "staging/older.sql", (city / "staging/reports.sql").read_text())
    assert any("both give robbery" in line for line in mistakes(city))
    write(city, "sources/reports.yaml", REPORTS.replace("[robbery]", "[robbery]\n    from: 2023-01-01"))
    assert set(load_catalog(city).sources) == {"older", "reports"}
    write(city, "sources/reports.yaml", REPORTS.replace("[robbery]", "[robbery]\n    from: 2022-12-31"))
    assert any("both give robbery" in line for line in mistakes(city))


def test_all_mistakes_of_all_files_come_at_once(city):
    write(city, "sources/reports.yaml", REPORTS.replace("clock: utc", "clock: noon").replace("format: csv", "format: pdf"))
    write(city, "places/police_district.yaml", "")
    write(city, "metrics/own.yaml", "title: x\n")
    (city / "city.yaml").write_text((city / "city.yaml").read_text() + "colour: blue\n")
    found = mistakes(city)
    for start in ("city.yaml:", "sources/reports.yaml:5", "sources/reports.yaml:7", "places/police_district.yaml: the file is empty", "metrics/own.yaml:"):
        assert any(line.startswith(start) for line in found), (start, found)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)), st.sampled_from(["city.yaml", "sources/reports.yaml", "corrections/reports.yaml"]))
def test_no_content_of_a_file_is_more_than_a_mistake(city, body, name):
    (city / "corrections").mkdir(exist_ok=True)
    write_city(city)
    (city / name).write_bytes(body)
    try:
        load_catalog(city)
    except UserError as error:
        assert str(error)
    (city / "corrections/reports.yaml").unlink(missing_ok=True)


# ----------------------------------------------------------------------------------------------------- overrides


def test_an_override_changes_one_value_and_leaves_its_neighbours(city):
    catalog = load_catalog(city, {"sources.reports.url": "https://example.org/x.csv", "city.gates.hold_fall": "0.2", "sources.reports.csv.delimiter": "';'"})
    source = catalog.sources["reports"]
    assert (source.url, source.csv.delimiter, source.csv.quote) == ("https://example.org/x.csv", ";", '"')
    assert (catalog.city.gates.hold_fall, catalog.city.gates.warn_fall) == (0.2, 0.02)


@pytest.mark.parametrize("name", ["nothing.x", "sources.nothing.url", "sources.reports.nothing", "city.nothing", "city", ""])
def test_an_override_of_nothing_is_refused(city, name):
    with pytest.raises(ConfigError):
        load_catalog(city, {name: "1"})


# -------------------------------------------------------------------------------------------- the configuration's hash


def test_the_hash_changes_with_every_file_that_decides_a_number(city):
    hashes = {load_catalog(city).config_sha256}
    for name, old, new in (
        ("city.yaml", "tagline: \"A", "tagline: \"One"),
        ("sources/reports.yaml", "title: Reports", "title: Report"),
        ("staging/reports.sql", "One row", "A row"),
        ("places/police_district.yaml", "name: North", "name: Nord"),
    ):
        write(city, name, (city / name).read_text().replace(old, new))
        hashes.add(load_catalog(city).config_sha256)
    write(city, "staging/words.csv", "a,b\n")
    hashes.add(load_catalog(city).config_sha256)
    hashes.add(load_catalog(city, {"city.name": "Other"}).config_sha256)
    assert len(hashes) == 7


def test_the_hash_does_not_depend_on_where_the_folder_lies(city, tmp_path):
    assert load_catalog(city).config_sha256 == load_catalog(write_city(tmp_path / "elsewhere")).config_sha256


def test_every_offense_group_of_a_shipped_metric_exists():
    groups = load_offense_groups()
    assert {"homicide", "robbery", "aggravated_assault", "burglary", "auto_theft", "rape"} <= set(groups)
    assert all(title and title[0].isupper() for title in groups.values())


def test_the_tiny_city_of_the_tests_is_valid_yaml(city):
    assert yaml.safe_load((city / "city.yaml").read_text())["name"] == "Littleport"
