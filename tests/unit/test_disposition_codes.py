"""The shipped table of dispositions: complete, consistent, and the only words that staging takes."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from harborlight.catalog import load_catalog
from harborlight.demo import city_folder
from harborlight.staging import load_court_columns

ORDER = ["convicted", "not_criminally_responsible", "probation_before_judgment", "stet", "acquitted", "dismissed", "dropped"]


@pytest.fixture(scope="module")
def table(repository: Path) -> list[dict[str, str]]:
    with (repository / "src/harborlight/model/disposition_codes.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_code_is_there_once_and_says_what_it_means(table: list[dict[str, str]]) -> None:
    codes = [row["code"] for row in table]
    assert len(set(codes)) == len(codes)
    assert all(row["name"] and row["about"].endswith(".") for row in table)


def test_staging_takes_these_codes_and_no_others(table: list[dict[str, str]]) -> None:
    assert load_court_columns()["charges"]["disposition_code"]["values"] == [row["code"] for row in table]


def test_outcomes_rank_as_the_design_says(table: list[dict[str, str]]) -> None:
    assert {row["outcome"] for row in table} == {*ORDER, "merged", "forwarded", "pending"}
    for row in table:
        assert row["outcome_rank"] == (str(ORDER.index(row["outcome"]) + 1) if row["outcome"] in ORDER else "")
        assert row["is_conviction"] == ("yes" if row["outcome"] == "convicted" else "no")
        assert row["is_final"] == ("no" if row["outcome"] in ("pending", "forwarded") else "yes")


def test_what_is_no_conviction_is_none(table: list[dict[str, str]]) -> None:
    plain = {row["code"]: row["outcome"] for row in table}
    assert plain["stet"] == "stet" and plain["nolle_prosequi"] == "dropped" and plain["merged"] == "merged"
    assert plain["probation_before_judgment"] == "probation_before_judgment" and plain["not_guilty"] == "acquitted"


def test_the_demo_city_maps_its_courts_words_to_codes_that_exist(table: list[dict[str, str]]) -> None:
    maps = load_catalog(city_folder()).maps
    with maps["dispositions"].open(encoding="utf-8", newline="") as file:
        assert {row["disposition_code"] for row in csv.DictReader(file)} <= {row["code"] for row in table}
