"""Single rows of the live layers, with the dirt that they hold, through the shipped contracts and SELECTs."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from pathlib import Path

from harborlight.catalog.load import load_catalog
from harborlight.catalog.snapshot import Part, Snapshot
from harborlight.staging import stage
from harborlight.store import connect, read_rows
from tests.baltimore.conftest import copy_city

NOON_IN_JANUARY = "1641056400000"  # 2022-01-01 12:00 in Baltimore
USUAL = {
    "CCNumber": "X1",
    "CrimeDateTime": NOON_IN_JANUARY,
    "CrimeCode": "13A",
    "Description": "AGG. ASSAULT",
    "Gender": "F",
    "Age": "34",
    "Latitude": "39.3",
    "Longitude": "-76.6",
    "Total_Incidents": "1",
}
OLDER = {"CrimeCode": "4E", "Description": "COMMON ASSAULT"}


def stage_rows(repository: Path, folder: Path, source_id: str, rows: list[dict[str, str]]) -> tuple[dict, dict]:
    """Stage made-up rows as the layer would give them: (records by id, rejects by reason)."""
    catalog = load_catalog(copy_city(repository, folder / "city", source_id))
    columns = tuple(catalog.sources[source_id].columns)
    store = folder / "data/snapshots" / source_id
    store.mkdir(parents=True)
    with (store / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({"RowID": str(number)} | USUAL | row for number, row in enumerate(rows, 1))
    part = Part(file="rows.csv", layout="csv", sha256="", bytes=0, rows=len(rows))
    now = datetime(2026, 10, 1, tzinfo=UTC)
    made = {
        "started_at": now,
        "finished_at": now,
        "full_at": now,
        "connector": "files",
        "connector_version": 1,
    }
    snapshot = Snapshot(
        source_id=source_id,
        id="made-up",
        url="",
        query={},
        rows=len(rows),
        sha256="",
        parts=(part,),
        columns=columns,
        **made,
    )
    con = connect()
    stage(con, catalog, {source_id: snapshot}, folder / "data")
    records = {row["record_id"]: row for row in read_rows(con, "select * from staging.records")}
    rejects = {row["reason"]: row["n"] for row in read_rows(con, "select reason, n from staging.rejects")}
    return records, rejects


def stage_all(repository: Path, folder: Path, source_id: str, rows: list[dict[str, str]]) -> list[dict]:
    """The records of rows of which none is refused, in the rows' order."""
    records, rejects = stage_rows(repository, folder, source_id, rows)
    assert rejects == {}
    return [records[str(number)] for number in range(1, len(rows) + 1)]


def milliseconds(*moment: int) -> str:
    return str(int(datetime(*moment, tzinfo=UTC).timestamp() * 1000))


def test_a_date_in_the_year_1023_is_refused_with_the_reason(repository: Path, tmp_path: Path):
    rows = [OLDER | {"CrimeDateTime": milliseconds(1023, 1, 26, 5)}, OLDER]
    records, rejects = stage_rows(repository, tmp_path, "part1_legacy", rows)
    assert list(records) == ["2"]
    assert rejects == {"CrimeDateTime: below the lowest plausible value": 1}


def test_instants_are_utc_days_are_local_and_a_row_without_a_date_is_kept(repository: Path, tmp_path: Path):
    cases = [
        (milliseconds(2022, 1, 1, 5, 0), date(2022, 1, 1), 0),
        (milliseconds(2022, 1, 1, 4, 59), date(2021, 12, 31), 23),
        (milliseconds(2024, 7, 4, 3, 30), date(2024, 7, 3), 23),
        (milliseconds(2025, 11, 2, 5, 30), date(2025, 11, 2), 1),
        (milliseconds(2025, 11, 2, 6, 30), date(2025, 11, 2), 1),
        ("", None, None),
    ]
    records = stage_all(repository, tmp_path, "nibrs_group_a", [{"CrimeDateTime": text} for text, *_ in cases])
    assert [(r["occurred_date"], r["occurred_hour"]) for r in records] == [(day, hour) for _, day, hour in cases]


def test_older_codes_and_descriptions(repository: Path, tmp_path: Path):
    cases = [
        ("9S", "SHOOTING", "13A", True, "firearm"),
        ("4A", "SHOOTING", "13A", True, "firearm"),
        ("3", "SHOOTING", "13A", True, "firearm"),
        ("4A", "AGG. ASSAULT", "13A", False, "firearm"),
        ("6D", "LARCENY FROM AUTO", "23F", False, None),
        ("6D", "LARCENY", "23H", False, None),
        ("1K", "HOMICIDE", "09A", False, "knife"),
        ("3BJ", "ROBBERY - CARJACKING", "120", False, "hands"),
        ("4E", "COMMON ASSAULT", "13B", False, "hands"),
        ("4E", "A NEW DESCRIPTION", None, False, None),
    ]
    rows = [{"CrimeCode": code, "Description": text} for code, text, *_ in cases]
    records = stage_all(repository, tmp_path, "part1_legacy", rows)
    found = [(r["offense_text"], r["offense_code"], r["is_shooting"], r["weapon_code"]) for r in records]
    assert found == [(f"{code} {text}", *expected) for code, text, *expected in cases]


def test_any_flag_but_a_stated_no_is_a_shooting(repository: Path, tmp_path: Path):
    cases = {"Y": True, "Shooting": True, "N": False, "no": False, "": False}
    records = stage_all(repository, tmp_path, "nibrs_group_a", [{"Shooting": flag} for flag in cases])
    assert [r["is_shooting"] for r in records] == list(cases.values())
    assert [r["injury_code"] for r in records] == ["gunshot", "gunshot", None, None, None]


def test_weapons(repository: Path, tmp_path: Path):
    cases = {
        "Auto Handgun": "firearm",
        "OTHER_FIREARM": "firearm",
        "Knife/Cutting Device": "knife",
        "PERSONAL_WEAPONS": "hands",
        "Blunt Object": "other",
        "Unknown": None,
        "never seen before": None,
        "": None,
    }
    records = stage_all(repository, tmp_path, "nibrs_group_a", [{"Weapon": stated} for stated in cases])
    assert [r["weapon_code"] for r in records] == list(cases.values())


def test_not_applicable_is_not_unknown(repository: Path, tmp_path: Path):
    vandalism = {"CrimeCode": "290", "Description": "VANDALISM"}
    cases = [
        ({"Gender": "NA"}, ("business", None)),
        ({"Gender": "U"}, ("person", "unknown")),
        ({"Gender": "M"}, ("person", "male")),
        ({"Gender": "", "Age": ""}, ("person", None)),
        ({"Gender": "", "Age": ""} | vandalism, ("unknown", None)),
    ]
    records = stage_all(repository, tmp_path, "nibrs_group_a", [row for row, _ in cases])
    assert [(r["victim_type_code"], r["sex_code"]) for r in records] == [expected for _, expected in cases]


def test_an_age_that_is_no_age_is_not_known_and_the_row_is_kept(repository: Path, tmp_path: Path):
    cases = {"34": 34, " 34 ": 34, "1O": None, "-2": None, "172": None, "": None}
    records = stage_all(repository, tmp_path, "part1_legacy", [OLDER | {"Age": age} for age in cases])
    assert [r["age_years"] for r in records] == list(cases.values())


def test_a_blank_ethnicity_and_a_coordinate_of_nought_are_not_known(repository: Path, tmp_path: Path):
    row = OLDER | {"Ethnicity": " ", "Latitude": "0", "Longitude": "0"}
    (record,) = stage_all(repository, tmp_path, "part1_legacy", [row])
    assert (record["ethnicity_code"], record["latitude"], record["longitude"]) == (None, None, None)


def test_the_district_is_that_of_the_lines_in_force(repository: Path, tmp_path: Path):
    cases = [
        ((2023, 7, 9, 3, 59), "WESTERN", "CENTRAL", "WESTERN"),
        ((2023, 7, 9, 4, 0), "WESTERN", "CENTRAL", "CENTRAL"),
        ((2024, 1, 1, 12, 0), "WESTERN", "", "WESTERN"),
        ((2022, 1, 1, 12, 0), "", "Southwest", "SOUTHWEST"),
        ((2022, 1, 1, 12, 0), "", "", None),
    ]
    rows = [
        {"CrimeDateTime": milliseconds(*when), "Old_District": old, "New_District": new} for when, old, new, _ in cases
    ]
    records = stage_all(repository, tmp_path, "nibrs_group_a", rows)
    assert [r["district_name"] for r in records] == [district for *_, district in cases]
