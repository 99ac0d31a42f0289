"""Ten made-up cases, and how many killings each year has under every rule of the year that a killing counts in.

A is plain. B dies in the new year, C is ruled a homicide in it. D dies of an injury two years old and is ruled later still,
E takes a year for each step. F is ruled justified. Of G only the day is known. H are two people hurt at once, one of whom
dies in the new year. I is shot and lives. J are two people shot at once on the last day of a year: one dies the day after.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from harborlight.metrics.compile import compile_query
from harborlight.metrics.query import RULES
from harborlight.metrics.shapes import Query
from tests.drawn import read_record, read_table
from tests.tiny import load_tiny, make_store, make_store_facts

CASES = """
record | incident | date       | died       | ruled      | code | shot | justified
A      | A        | 2023-05-01 | 2023-05-01 | 2023-05-01 | 09A  | yes  |
B      | B        | 2022-12-31 | 2023-01-01 | 2023-01-03 | 09A  | yes  |
C      | C        | 2022-11-05 | 2022-12-30 | 2023-02-10 | 09A  |      |
D      | D        | 2021-03-05 | 2023-11-10 | 2024-01-20 | 09A  | yes  |
E      | E        | 2023-08-01 | 2024-02-01 | 2025-03-01 | 09A  |      |
F      | F        | 2023-09-14 | 2023-09-14 | 2024-09-20 | 09A  | yes  | yes
G      | G        | 2024-04-04 |            |            | 09A  |      |
H1     | H        | 2024-12-30 | 2024-12-30 | 2025-01-02 | 09A  | yes  |
H2     | H        | 2024-12-30 | 2025-01-15 | 2025-01-20 | 09A  | yes  |
I      | I        | 2023-06-06 |            |            | 13A  | yes  |
J1     | J        | 2024-12-31 | 2025-01-01 | 2025-01-04 | 09A  | yes  |
J2     | J        | 2024-12-31 |            |            | 13A  | yes  |
"""
# The city counts by ruling through 2023, then by injury. What no rule catches counts by injury: D and E.
CITY = "[{rule: ruled, until: 2023-12-31}, {rule: injured}]"
YEARS = (2021, 2022, 2023, 2024, 2025)
# (measure, unit, rule, justified) and the counts of 2021 to 2025.
KNOWN = """
metric                 | unit      | rule    | justified | 2021 | 2022 | 2023 | 2024 | 2025
homicide_victims       | victims   |         |           | 1    | 0    | 4    | 4    | 0
homicide_victims       | victims   | injured |           | 1    | 2    | 2    | 4    | 0
homicide_victims       | victims   | died    |           | 0    | 1    | 3    | 3    | 2
homicide_victims       | victims   | ruled   |           | 0    | 0    | 3    | 2    | 4
homicide_victims       | victims   |         | in        | 1    | 0    | 5    | 4    | 0
homicide_victims       | victims   | injured | in        | 1    | 2    | 3    | 4    | 0
homicide_victims       | victims   | died    | in        | 0    | 1    | 4    | 3    | 2
homicide_victims       | victims   | ruled   | in        | 0    | 0    | 3    | 3    | 4
homicide_victims       | incidents |         |           | 1    | 0    | 4    | 3    | 0
homicide_victims       | incidents | injured |           | 1    | 2    | 2    | 3    | 0
homicide_victims       | incidents | died    |           | 0    | 1    | 3    | 3    | 1
homicide_victims       | incidents | ruled   |           | 0    | 0    | 3    | 2    | 3
homicide_victims       | incidents | ruled   | in        | 0    | 0    | 3    | 3    | 3
killed_or_shot_victims | victims   |         |           | 1    | 0    | 5    | 5    | 0
killed_or_shot_victims | victims   | injured |           | 1    | 2    | 3    | 5    | 0
killed_or_shot_victims | victims   | died    |           | 0    | 1    | 4    | 4    | 2
killed_or_shot_victims | victims   | ruled   |           | 0    | 0    | 4    | 3    | 4
killed_or_shot_victims | victims   | ruled   | in        | 0    | 0    | 4    | 4    | 4
killed_or_shot_victims | incidents |         |           | 1    | 0    | 5    | 3    | 0
killed_or_shot_victims | incidents | died    |           | 0    | 1    | 4    | 4    | 0
killed_or_shot_victims | incidents | ruled   | in        | 0    | 0    | 4    | 4    | 2
"""


def count(con, facts, query: Query) -> int:
    compiled = compile_query(facts, query)
    return int(con.execute(compiled.sql, compiled.params).fetchone()[0])


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """The ten cases in a city that changed its rule."""
    catalog = load_tiny(
        tmp_path_factory.mktemp("city"), supplies={"reports": "[{offense_groups: [all]}]"}, homicide_year_rule=CITY
    )
    con = make_store(catalog, [read_record(row) for row in read_table(CASES)])
    yield con, make_store_facts(con, catalog)
    con.close()


@pytest.mark.parametrize("row", read_table(KNOWN), ids=lambda row: "-".join(list(row.values())[:4]))
def test_every_case_counts_in_its_year(city, row):
    con, facts = city
    query = Query(
        row["metric"], date(2021, 1, 1), date(2025, 12, 31), unit=row["unit"], rule=row["rule"] or None, justified=row["justified"] or None
    )
    found = [count(con, facts, replace(query, date_from=date(y, 1, 1), date_to=date(y, 12, 31))) for y in YEARS]
    assert found == [int(row[str(year)]) for year in YEARS]
    assert count(con, facts, query) == sum(found)


@pytest.mark.parametrize("by", ["month", "day", "weekday", "hour", "area", "offense", "offense_code", "weapon", "source"])
@pytest.mark.parametrize("unit", ["victims", "incidents"])
def test_every_breakdown_adds_up_under_a_rule(city, by, unit):
    con, facts = city
    layer = "police_district" if by == "area" else None
    for metric in ("homicide_victims", "killed_or_shot_victims"):
        query = Query(metric, date(2021, 1, 1), date(2025, 12, 31), unit=unit, rule="died", justified="in", layer=layer)
        compiled = compile_query(facts, replace(query, by=(by,)))
        parts = sum(int(row[-1]) for row in con.execute(compiled.sql, compiled.params).fetchall())
        # Two people of incident J stand under two offenses, so that their one incident is named twice.
        twice = 1 if unit == "incidents" and by in ("offense", "offense_code") and metric == "killed_or_shot_victims" else 0
        assert parts - twice == count(con, facts, query), metric


def test_no_rule_makes_or_loses_a_killing(city):
    con, facts = city
    whole = Query("homicide_victims", date(1950, 1, 1), date(2075, 12, 31), whole=True, unit="victims")
    assert {count(con, facts, replace(whole, rule=rule)) for rule in (None, *RULES)} == {9}
    assert {count(con, facts, replace(whole, rule=rule, justified="in")) for rule in (None, *RULES)} == {10}


def test_the_release_knows_which_dates_its_sources_have(city):
    assert city[1].killings == {"n": 10, "died": 9, "ruled": 9, "justified": 1}


def test_where_two_sources_take_turns_a_killing_across_the_turn_counts_once_under_every_rule(tmp_path):
    """Hurt before the turn and ruled a homicide after it: only the older file has it."""
    supplies = {
        "reports": "[{offense_groups: [all], from: 2023-01-01}]",
        "ledger": "[{offense_groups: [homicide], to: 2022-12-31}]",
    }
    catalog = load_tiny(tmp_path, supplies=supplies, homicide_year_rule=CITY)
    rows = """
    record | date       | died       | ruled      | code | source
    1      | 2022-12-20 | 2022-12-21 | 2023-01-05 | 09A  | ledger
    2      | 2022-12-27 | 2022-12-28 | 2023-01-09 | 09A  | ledger
    2      | 2022-12-27 | 2022-12-28 | 2023-01-09 | 09A  | reports
    3      | 2023-02-01 | 2023-02-01 | 2023-02-02 | 09A  | reports
    """
    con = make_store(catalog, [read_record(row) for row in read_table(rows)])
    facts = make_store_facts(con, catalog)
    found = {
        rule: [
            count(con, facts, Query("homicide_victims", date(y, 1, 1), date(y, 12, 31), unit="victims", rule=rule))
            for y in (2022, 2023)
        ]
        for rule in (None, *RULES)
    }
    con.close()
    assert found == {None: [0, 3], "ruled": [0, 3], "died": [2, 1], "injured": [2, 1]}
