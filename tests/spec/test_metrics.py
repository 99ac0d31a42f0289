"""What each metric counts, by example: records on the left of the story, expected numbers at its end.

A column that an example does not need is left out and means "not known". `yes` and `no` are flags. Every example runs
through the model and the measured tables; the ones that begin with rows of a feed run through staging too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from harborlight.catalog import Catalog
from harborlight.metrics import measure
from harborlight.metrics.compile import compile_query
from harborlight.metrics.shapes import Query
from harborlight.model import build
from harborlight.store import Connection
from tests.tiny import feed_row, load_tiny, make_store, make_store_facts, refill, stage_text

NAMES = {
    "record": "record_id", "incident": "incident_id", "date": "occurred_date", "hour": "occurred_hour", "code": "offense_code",
    "shot": "is_shooting", "justified": "is_justified", "injury": "injury_code", "victim": "victim_type_code",
    "status": "status_code", "district": "district_name", "died": "died_at", "ruled": "ruled_at", "source": "source_id",
}  # fmt: skip
FLAGS = {"yes": True, "no": False}
Check = Callable[..., None]


def read_table(text: str) -> list[dict[str, str]]:
    """Rows of a table drawn with bars; the first line is the header."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def read_record(row: Mapping[str, str]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for name, cell in row.items():
        if not cell:
            continue
        value: Any = FLAGS.get(cell, cell)
        if name == "date":
            value = date.fromisoformat(cell)
        elif name in ("died", "ruled"):
            value = datetime.fromisoformat(f"{cell}T17:00:00")
        record[NAMES[name]] = value
    return record


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], tuple[Catalog, Connection]]]:
    """The city and a store under a rule of which year a homicide counts in; made once for each, filled by each example."""
    made: dict[str, tuple[Catalog, Connection]] = {}

    def get(rule: str) -> tuple[Catalog, Connection]:
        if rule not in made:
            supplies = {"reports": "[{offense_groups: [all]}]", "ledger": "[]"}
            catalog = load_tiny(tmp_path_factory.mktemp("city"), supplies=supplies, homicide_year_rule=rule)
            made[rule] = catalog, make_store(catalog, ())
        return made[rule]

    yield get
    for _, con in made.values():
        con.close()


@pytest.fixture
def counts(stores: Callable[[str], tuple[Catalog, Connection]]) -> Check:
    """`counts(records, expected, year_rule)` checks every line of the expected table."""

    def check(records: str, expected: str, year_rule: str = "[{rule: injured}]") -> None:
        catalog, con = stores(year_rule)
        refill(con, [read_record(row) for row in read_table(records)])
        check_counts(con, catalog, expected)

    return check


def check_counts(con: Connection, catalog: Catalog, expected: str) -> None:
    """Each line names a metric and may name a unit, a year, a district or an offence; `n` is what must be counted."""
    facts = make_store_facts(con, catalog)
    for row in read_table(expected):
        metric = facts.metrics[row["metric"]]
        span = (date(1950, 1, 1), date(2075, 12, 31))
        if row.get("year"):
            span = (date(int(row["year"]), 1, 1), date(int(row["year"]), 12, 31))
        query = Query(
            metric.id, *span, whole=not row.get("year"), unit=row.get("unit") or metric.unit, area=row.get("district") or None,
            layer="police_district" if row.get("district") else None, offenses=tuple(filter(None, [row.get("offense")])),
        )  # fmt: skip
        compiled = compile_query(facts, query)
        assert con.execute(compiled.sql, compiled.params).fetchall() == [(int(row["n"]),)], row


# ----------------------------------------------------------------------------------------------- killed or shot


def test_a_person_shot_who_later_dies_is_counted_once_as_killed(counts):
    counts(
        """
        record | incident | date       | code | shot | injury  | died
        1      | A        | 2024-05-03 | 09A  | yes  | fatal   | 2024-06-20
        2      | A        | 2024-05-03 | 13A  | yes  | gunshot |
        """,
        """
        metric                    | year | n
        homicide_victims          | 2024 | 1
        nonfatal_shooting_victims | 2024 | 1
        killed_or_shot_victims    | 2024 | 2
        """,
    )


def test_a_shooting_that_the_feed_marks_fatal_is_not_a_nonfatal_one_even_before_it_is_recoded(counts):
    counts(
        """
        record | date       | code | shot | injury
        1      | 2024-05-03 | 13A  | yes  | fatal
        """,
        """
        metric                    | n
        nonfatal_shooting_victims | 0
        homicide_victims          | 0
        aggravated_assaults       | 1
        """,
    )


def test_a_killing_without_a_gun_is_a_homicide(counts):
    counts(
        """
        record | date       | code | shot | injury
        1      | 2024-05-03 | 09A  | no   | fatal
        2      | 2024-05-04 | 09A  |      |
        """,
        """
        metric                    | n
        homicide_victims          | 2
        killed_or_shot_victims    | 2
        nonfatal_shooting_victims | 0
        """,
    )


def test_a_killing_ruled_justified_leaves_every_count(counts):
    counts(
        """
        record | date       | code | shot | justified
        1      | 2024-05-03 | 09A  | yes  | yes
        2      | 2024-05-03 | 09C  | yes  |
        3      | 2024-05-03 | 09A  | yes  | no
        """,
        """
        metric                    | n
        homicide_victims          | 1
        killed_or_shot_victims    | 1
        nonfatal_shooting_victims | 0
        incidents                 | 1
        """,
    )


def test_negligent_manslaughter_is_an_incident_but_no_homicide(counts):
    counts(
        """
        record | date       | code
        1      | 2024-05-03 | 09B
        """,
        """
        metric                 | n
        homicide_victims       | 0
        killed_or_shot_victims | 0
        incidents              | 1
        """,
    )


def test_a_person_shot_on_two_days_counts_twice(counts):
    counts(
        """
        record | incident | date       | code | shot
        1      | A        | 2024-01-05 | 13A  | yes
        2      | B        | 2024-09-09 | 13A  | yes
        """,
        """
        metric                    | n
        nonfatal_shooting_victims | 2
        """,
    )


def test_shots_that_hit_nobody_are_no_shooting_victim(counts):
    counts(
        """
        record | date       | code | shot | victim
        1      | 2024-01-05 | 520  | yes  | society
        2      | 2024-01-05 | 13A  | no   | person
        """,
        """
        metric                    | n
        nonfatal_shooting_victims | 0
        """,
    )


def test_a_robbery_in_which_somebody_is_shot_is_a_robbery_and_a_shooting(counts):
    counts(
        """
        record | incident | date       | code | shot
        1      | A        | 2024-01-05 | 120  | yes
        """,
        """
        metric                    | n
        nonfatal_shooting_victims | 1
        robberies                 | 1
        aggravated_assaults       | 0
        """,
    )


# -------------------------------------------------------------------------------------- which year a killing counts in

WOUNDED_IN_2020_DEAD_IN_2021_RULED_IN_2023 = """
    record | date       | code | died       | ruled
    1      | 2020-12-30 | 09A  | 2021-01-02 | 2023-04-01
    2      | 2021-06-01 | 09A  |            |
    """


@pytest.mark.parametrize(
    ("rule", "by_year"),
    [
        ("[{rule: injured}]", {2020: 1, 2021: 1, 2023: 0}),
        ("[{rule: died}]", {2020: 0, 2021: 2, 2023: 0}),
        ("[{rule: ruled}]", {2020: 0, 2021: 1, 2023: 1}),
        ("[{rule: ruled, until: 2023-12-31}, {rule: injured}]", {2020: 0, 2021: 1, 2023: 1}),
        ("[{rule: ruled, until: 2022-12-31}, {rule: injured}]", {2020: 1, 2021: 1, 2023: 0}),
    ],
)
def test_the_city_says_which_date_of_a_killing_counts(counts, rule, by_year):
    lines = "\n".join(f"homicide_victims | {year} | {n}" for year, n in by_year.items())
    counts(WOUNDED_IN_2020_DEAD_IN_2021_RULED_IN_2023, f"metric | year | n\n{lines}\nhomicide_victims | | 2", rule)


def test_only_homicides_move_with_the_rule(counts):
    counts(
        """
        record | date       | code | died       | ruled
        1      | 2020-12-30 | 13A  | 2021-01-02 | 2023-04-01
        """,
        """
        metric              | year | n
        aggravated_assaults | 2020 | 1
        aggravated_assaults | 2023 | 0
        """,
        "[{rule: ruled}]",
    )


# ------------------------------------------------------------------------------------------ offences and incidents


def test_a_robbery_of_three_people_is_one_robbery(counts):
    counts(
        """
        record | incident | date       | code | victim
        1      | A        | 2024-03-01 | 120  | person
        2      | A        | 2024-03-01 | 120  | person
        3      | A        | 2024-03-01 | 120  | business
        """,
        """
        metric    | unit      | n
        robberies | offenses  | 1
        robberies | incidents | 1
        robberies | victims   | 3
        incidents | incidents | 1
        """,
    )


def test_two_vehicles_in_one_complaint_are_two_auto_thefts(counts):
    counts(
        """
        record | incident | date       | code
        1      | A        | 2024-03-01 | 240
        2      | A        | 2024-03-01 | 240
        """,
        """
        metric      | unit      | n
        auto_thefts | offenses  | 2
        auto_thefts | incidents | 1
        """,
    )


def test_an_assault_of_two_people_is_two_assaults(counts):
    counts(
        """
        record | incident | date       | code
        1      | A        | 2024-03-01 | 13A
        2      | A        | 2024-03-01 | 13A
        """,
        """
        metric              | unit      | n
        aggravated_assaults | offenses  | 2
        aggravated_assaults | incidents | 1
        """,
    )


def test_a_break_in_at_a_shared_house_is_one_burglary(counts):
    counts(
        """
        record | incident | date       | code
        1      | A        | 2024-03-01 | 220
        2      | A        | 2024-03-01 | 220
        3      | B        | 2024-03-01 | 220
        """,
        """
        metric     | n
        burglaries | 2
        """,
    )


def test_an_incident_with_two_offences_is_one_incident_and_stands_under_both(counts):
    counts(
        """
        record | incident | date       | code
        1      | A        | 2024-03-01 | 120
        2      | A        | 2024-03-01 | 13A
        """,
        """
        metric    | unit      | offense            | n
        incidents | incidents |                    | 1
        incidents | incidents | robbery            | 1
        incidents | incidents | aggravated_assault | 1
        incidents | offenses  |                    | 2
        """,
    )


def test_an_incident_counts_on_its_earliest_day_in_the_district_of_that_record(counts):
    counts(
        """
        record | incident | date       | code | district
        1      | A        | 2024-01-01 | 120  | South
        2      | A        | 2023-12-31 | 120  | n dist
        """,
        """
        metric    | year | district | n
        robberies | 2023 | north    | 1
        robberies | 2024 |          | 0
        robberies |      | south    | 0
        """,
    )


def test_a_complaint_number_of_another_source_is_another_incident(counts):
    counts(
        """
        record | incident | date       | code | source
        1      | A        | 2024-03-01 | 120  | reports
        1      | A        | 2024-03-01 | 120  | ledger
        """,
        """
        metric    | n
        robberies | 1
        """,
    )


def test_a_source_that_supplies_nothing_is_never_added(counts):
    counts(
        """
        record | date       | code | source
        1      | 2024-03-01 | 09A  | ledger
        2      | 2024-03-01 | 09A  | reports
        """,
        """
        metric           | n
        homicide_victims | 1
        incidents        | 1
        """,
    )


# ---------------------------------------------------------------------------------------------------- left out, kept


def test_an_unfounded_report_counts_as_nothing(counts):
    counts(
        """
        record | incident | date       | code | status
        1      | A        | 2024-03-01 | 120  | unfounded
        2      | B        | 2024-03-01 | 120  | open
        3      | B        | 2024-02-01 | 120  | unfounded
        """,
        """
        metric    | year | n
        robberies | 2024 | 1
        incidents |      | 1
        """,
    )


def test_a_report_without_a_date_is_in_the_whole_and_in_no_year(counts):
    counts(
        """
        record | date       | code
        1      |            | 120
        2      | 2024-03-01 | 120
        """,
        """
        metric    | year | n
        robberies |      | 2
        robberies | 2024 | 1
        """,
    )


def test_a_report_without_a_district_is_in_the_city_and_in_no_district(counts):
    counts(
        """
        record | date       | code | district
        1      | 2024-03-01 | 120  |
        2      | 2024-03-01 | 120  | Elsewhere
        3      | 2024-03-01 | 120  | SOUTH
        """,
        """
        metric    | district | n
        robberies |          | 3
        robberies | south    | 1
        robberies | north    | 0
        """,
    )


def test_sensitive_and_unknown_codes_are_in_no_count(counts):
    counts(
        """
        record | incident | date       | code
        1      | A        | 2024-03-01 | 11A
        2      | A        | 2024-03-02 | 120
        3      | B        | 2024-03-01 | 90F
        4      | C        | 2024-03-01 | 99Z
        5      | D        | 2024-03-01 |
        """,
        """
        metric    | unit      | n
        incidents | incidents | 1
        incidents | offenses  | 1
        robberies | offenses  | 1
        """,
    )


def test_a_sensitive_record_does_not_move_its_incident_to_another_day(counts):
    counts(
        """
        record | incident | date       | code
        1      | A        | 2023-12-31 | 11A
        2      | A        | 2024-01-01 | 120
        """,
        """
        metric    | year | n
        incidents | 2023 | 0
        incidents | 2024 | 1
        """,
    )


def test_society_is_nobody_harmed(counts):
    counts(
        """
        record | incident | date       | code | victim
        1      | A        | 2024-03-01 | 120  | society
        2      | A        | 2024-03-01 | 120  | unknown
        """,
        """
        metric    | unit     | n
        robberies | victims  | 1
        robberies | offenses | 1
        """,
    )


# -------------------------------------------------------------------------------------------- from the feed's clock


@pytest.mark.parametrize(
    ("at", "year", "other"),
    [
        ("2024-01-01T03:30:00Z", 2023, 2024),  # 22:30 on 31 December in New York
        ("2024-01-01T04:59:59Z", 2023, 2024),
        ("2024-01-01T05:00:00Z", 2024, 2023),
        ("2024-07-01T03:59:59Z", 2024, 2023),
    ],
)
def test_an_evening_in_december_belongs_to_the_old_year(tmp_path: Path, at, year, other):
    catalog = load_tiny(tmp_path / "city")
    row = feed_row(1, at=at)
    con = stage_text(catalog, tmp_path / "data", ",".join(row) + "\n" + ",".join(row.values()) + "\n", 1)
    build(con)
    measure(con)
    check_counts(con, catalog, f"metric | year | n\nrobberies | {year} | 1\nrobberies | {other} | 0")
    con.close()
