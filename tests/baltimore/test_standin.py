"""The stand-in for the live layer under the shipped configuration, against the profile and a plain count."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from harborlight.store import Connection, read_rows, read_value
from tests.baltimore.conftest import Refreshed, lay_files, make_standin_city, refreshed, standin_overrides
from tests.baltimore.standin import Counted, count_standin

# 275,000 rows: the way of each row is told by tests/baltimore/test_staging_rows.py in every run.
pytestmark = pytest.mark.deep
RACES = {
    "BLACK_OR_AFRICAN_AMERICAN": "black",
    "WHITE": "white",
    "ASIAN": "asian",
    "NATIVE_HAWAIIAN_OR_OTHER_PACIFIC_ISLANDER": "pacific_islander",
    "AMERICAN_INDIAN_OR_ALASKA_NATIVE": "american_indian",
    "UNKNOWN": "unknown",
    "": None,
}


@pytest.fixture(scope="module")
def city(
    repository: Path,
    shared: Path,
    standin_portal: str,
    signing_key: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Refreshed]:
    folder = tmp_path_factory.mktemp("live")
    declared = make_standin_city(repository, folder / "city")
    lay_files(shared, folder / "data")
    with refreshed(declared, folder / "data", standin_overrides(standin_portal)) as done:
        yield done


@pytest.fixture(scope="module")
def counted(standin: Path) -> Counted:
    return count_standin(standin)


def counts(con: Connection, sql: str) -> dict:
    return dict(con.execute(sql).fetchall())


# ------------------------------------------------------------------------------------- the stand-in itself


def test_the_standin_has_the_shape_of_the_live_layer(standin: Path, profile: dict):
    with standin.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(profile["columns"])
    for name, column in profile["columns"].items():
        if name == "Ethnicity":
            continue  # the stated share (8.3 %) contradicts the value counts (23.2 %), which are met below
        blank = sum(row[name] in ("", "NA") if name == "Gender" else row[name] == "" for row in rows)
        assert round(100 * blank / len(rows), 1) == column["blank_pct"], name
    for name, values in profile["values"].items():
        assert Counter(row[name] for row in rows) == values
    assert Counter((row["CrimeCode"], row["Description"]) for row in rows) == {
        (code, text): n for code, text, n in profile["code_description_rows"]
    }


def test_the_standin_repeats_complaint_numbers_as_the_live_layer_does(counted: Counted, profile: dict):
    assert counted.rows == profile["rows"]
    assert counted.incidents == profile["columns"]["CCNumber"]["distinct"]
    assert counted.rows - counted.incidents == profile["duplicate_ccnumber_rows"]


# ----------------------------------------------------------------------------------------------- staging


def test_rows_per_code_and_description_equal_the_profile(city: Refreshed, profile: dict):
    sql = "select offense_text, count(*) from staging.records group by 1"
    expected = {f"{code} {text}": n for code, text, n in profile["code_description_rows"]}
    assert counts(city.private, sql) == expected


def test_every_code_is_mapped(city: Refreshed):
    assert read_value(city.private, "select count(*) from model.records where offense_code is null") == 0


def test_rows_per_local_month_equal_the_profile(city: Refreshed, profile: dict):
    sql = "select strftime(occurred_date, '%Y-%m'), count(*) from staging.records group by 1"
    assert counts(city.private, sql) == profile["rows_by_month"]


def test_first_and_last_day_are_those_of_the_live_layer(city: Refreshed, profile: dict):
    sql = "select cast(min(occurred_date) as varchar), cast(max(occurred_date) as varchar) from staging.records"
    assert tuple(read_rows(city.private, sql)[0].values()) == (profile["date_min"], profile["date_max"])


def test_victim_values_equal_the_profile(city: Refreshed, profile: dict):
    genders, sexes = (
        profile["values"]["Gender"],
        counts(city.private, "select sex_code, count(*) from staging.records group by 1"),
    )
    not_known = genders["NA"] + genders[""]
    assert sexes == {"female": genders["F"], "male": genders["M"], "unknown": genders["U"], None: not_known}
    races = counts(city.private, "select race_code, count(*) from staging.records group by 1")
    assert races == {RACES[value]: n for value, n in profile["values"]["Race"].items()}


def test_books_balance_and_nothing_is_refused(city: Refreshed, profile: dict):
    sql = "select fetched, accepted, rejected, duplicate from staging.sources"
    assert tuple(read_rows(city.private, sql)[0].values()) == (profile["rows"], profile["rows"], 0, 0)


# ------------------------------------------------------------------------- offenses, victims and incidents


def test_incidents_equal_the_plain_count(city: Refreshed, counted: Counted):
    assert read_value(city.private, "select count(*) from model.incidents") == counted.incidents


def test_offenses_equal_the_plain_count(city: Refreshed, counted: Counted):
    assert counts(city.private, "select offense_code, count(*) from model.offenses group by 1") == counted.offenses


def test_victims_equal_the_plain_count(city: Refreshed, counted: Counted):
    assert counts(city.private, "select offense_code, count(*) from model.victims group by 1") == counted.victims


def test_published_incidents_are_those_with_an_offense_that_is_not_sensitive(city: Refreshed, counted: Counted):
    assert sum(row["n"] for row in city.ask("incidents", by="year")) == counted.public_incidents


def test_published_violence_by_year_equals_the_plain_count(city: Refreshed, counted: Counted):
    killed = {row["year"]: row["n"] for row in city.ask("homicide_victims", by="year")}
    shot = {row["year"]: row["n"] for row in city.ask("nonfatal_shooting_victims", by="year")}
    both = {row["year"]: row["n"] for row in city.ask("killed_or_shot_victims", by="year")}
    assert killed == counted.homicides_by_year
    assert shot == counted.shot_not_killed_by_year
    assert both == counted.homicides_by_year + counted.shot_not_killed_by_year


def test_published_offenses_equal_the_plain_count(city: Refreshed, counted: Counted):
    for metric_id, code in (
        ("robberies", "120"),
        ("aggravated_assaults", "13A"),
        ("burglaries", "220"),
        ("auto_thefts", "240"),
    ):
        assert sum(row["n"] for row in city.ask(metric_id, by="year")) == counted.offenses[code], metric_id
