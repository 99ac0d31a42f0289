"""What is left out of every count and what is kept, by example."""

from __future__ import annotations

from pathlib import Path

import pytest

from harborlight.metrics import measure
from harborlight.model import build
from tests.spec.conftest import check_counts
from tests.tiny import feed_row, load_tiny, stage_text

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
    build(con, catalog, tmp_path / "data")
    measure(con)
    check_counts(con, catalog, f"metric | year | n\nrobberies | {year} | 1\nrobberies | {other} | 0")
    con.close()
