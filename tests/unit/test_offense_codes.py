"""The shipped offense table: complete, consistent, and no group with two tiers."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

CLASSES = {
    "criminal_homicide": {"09A"},
    "rape": {"11A", "11B", "11C"},
    "robbery": {"120"},
    "aggravated_assault": {"13A"},
    "burglary": {"220"},
    "larceny_theft": {"23A", "23B", "23C", "23D", "23E", "23F", "23G", "23H"},
    "motor_vehicle_theft": {"240"},
    "arson": {"200"},
}
PERSONS = {"09A", "09B", "100", "11A", "11B", "11C", "11D", "13A", "13B", "13C", "36A", "36B", "64A", "64B"}
PROPERTY = {
    *("120", "200", "210", "220", "240", "250", "270", "280", "290", "510"),
    *(f"23{letter}" for letter in "ABCDEFGH"),
    *(f"26{letter}" for letter in "ABCDEFG"),
}
SENSITIVE = {
    *("11A", "11B", "11C", "11D", "36A", "36B", "40A", "40B", "40C", "64A", "64B"),
    *("360", "370", "90F", "90H", "90I"),
}


@pytest.fixture(scope="module")
def table(repository: Path) -> list[dict[str, str]]:
    path = repository / "src/harborlight/model/offense_codes.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_all_group_a_offenses_and_all_group_b_codes_are_there(table):
    codes = Counter(row["code"] for row in table)
    assert max(codes.values()) == 1
    assert sum(row["nibrs_group"] == "A" for row in table) == 71
    group_b = {row["code"] for row in table if row["nibrs_group"] == "B"}
    assert group_b == {f"90{letter}" for letter in "ABCDEFGHIJKLMZ"}


def test_crimes_against_persons_and_property_are_as_the_standard_says(table):
    group_a = [row for row in table if row["nibrs_group"] == "A"]
    assert {row["code"] for row in group_a if row["crime_against"] == "person"} == PERSONS
    assert {row["code"] for row in group_a if row["crime_against"] == "property"} == PROPERTY
    assert {row["code"] for row in group_a if row["crime_against"] == "not_a_crime"} == {"09C"}


def test_part_1_classes(table):
    found: dict[str, set[str]] = {}
    for row in table:
        if row["part1_class"]:
            found.setdefault(row["part1_class"], set()).add(row["code"])
    assert found == CLASSES


def test_counting_rule_follows_from_what_the_offense_is_against(table):
    for row in table:
        expected = {
            "person": "victim",
            "property": "incident",
            "society": "incident",
            "not_a_crime": "victim",
        }
        rule = "vehicle" if row["code"] == "240" else expected[row["crime_against"]]
        assert row["counts_once_per"] == rule, row["code"]


def test_a_group_has_one_title_and_one_tier(table):
    titles = {(row["offense_group"], row["group_title"], row["tier"]) for row in table}
    assert len(titles) == len({group for group, *_ in titles}) == len({title for _, title, _ in titles})
    assert all(re.fullmatch(r"[a-z][a-z_]*", group) for group, *_ in titles)
    assert {tier for *_, tier in titles} == {"T0", "T1"}


def test_sensitive_offenses_are_t1(table):
    assert {row["code"] for row in table if row["tier"] == "T1"} == SENSITIVE


def test_tables_begin_with_violence_and_every_place_is_taken_once(table):
    order = [row["code"] for row in sorted(table, key=lambda row: int(row["sort"]))]
    assert order == [row["code"] for row in table]
    assert order.index("09A") == 0
    assert order.index("13A") < order.index("220") < order.index("90Z")
    assert len({row["sort"] for row in table}) == len(table)


def test_every_column_is_described(repository: Path, table):
    text = (repository / "src/harborlight/model/offense_codes.yaml").read_text(encoding="utf-8")
    assert list(yaml.safe_load(text)["columns"]) == list(table[0])
