"""The traps of the demo city: each one is in the feeds, and later editions bring what they promise."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from harborlight.catalog import load_catalog
from harborlight.demo import DemoTruth, canaries, city_folder, write_demo
from harborlight.demo.traps import plants
from harborlight.demo.write import THROUGH

SCALE = 0.05
ZONE = ZoneInfo("America/New_York")
ENCODINGS = {"legacy_crime": "cp1252", "nibrs_offenses": "utf-8", "homicide_ledger": "utf-8", "arrests": "utf-8"}
Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Edition:
    folder: Path
    truth: DemoTruth
    legacy: Rows
    nibrs: Rows
    ledger: Rows
    arrests: Rows

    def latest(self, row_id: str) -> dict[str, str] | None:
        """The row that holds for a key: the last in the file."""
        rows = self.legacy if row_id[0] == "L" else self.nibrs
        return next((row for row in reversed(rows) if row["RowID"] == row_id), None)

    def trap(self, name: str) -> Rows:
        found = [self.latest(row_id) for row_id in self.truth.traps[name]]
        assert all(found), f"trap {name} is not in the feeds"
        return [row for row in found if row]


def read(folder: Path, name: str) -> Rows:
    text = (folder / "feeds" / f"{name}.csv").read_bytes().decode(ENCODINGS[name])
    return list(csv.DictReader(io.StringIO(text, newline="")))


def make(folder: Path, vintage: int = 0, seed: int = 20260101) -> Edition:
    truth = write_demo(folder, seed=seed, scale=SCALE, vintage=vintage)
    return Edition(folder, truth, *(read(folder, name) for name in ENCODINGS))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    return make(tmp_path_factory.mktemp("edition0"))


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Edition]:
    return {n: make(tmp_path_factory.mktemp(f"edition{n}"), n) for n in (1, 2, 3, 12)}


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(ZONE)


def moment(text: str) -> datetime | None:
    """A NIBRS time in the city's zone, or None where the contract would refuse it."""
    try:
        when = local(text)
    except ValueError:
        return None
    return when if 2010 <= when.year <= 2035 else None


# --------------------------------------------------------------------------------------------------- traps


def test_every_planted_trap_is_in_the_truth(first: Edition) -> None:
    assert {p.trap for p in plants(THROUGH)} | {"rare"} == set(first.truth.traps)  # people of rare groups stand in rows of other traps


def test_evening_events_are_next_day_in_utc(first: Edition) -> None:
    new_year, midnight = first.trap("new_year")[0], first.trap("midnight")[0]
    assert new_year["OccurredAt"] == "2024-01-01T04:30:00Z" and new_year["Shooting"] == "Y"
    assert local(new_year["OccurredAt"]).date() == date(2023, 12, 31)
    assert midnight["OccurredAt"].startswith("2024-07-01") and local(midnight["OccurredAt"]).month == 6


def test_switch_night_is_in_both_feeds_and_counted_once(first: Edition) -> None:
    (row,) = first.trap("switch_night")
    (twin,) = [r for r in first.nibrs if r["CaseNumber"] == row["ComplaintNo"]]
    assert row["CrimeDateTime"] == "12/31/2022 23:45" and twin["OccurredAt"] == "2023-01-01T04:45:00Z"


def test_the_trial_weeks_are_in_both_feeds(first: Edition) -> None:
    rows = [r for r in first.nibrs if moment(r["OccurredAt"])]
    both = {r["ComplaintNo"] for r in first.legacy} & {r["CaseNumber"] for r in rows}
    assert len(both) > 5
    days = [local(r["OccurredAt"]).date() for r in rows if r["CaseNumber"] in both]
    assert date(2022, 12, 18) <= min(days) and max(days) < date(2023, 1, 1)


def test_hours_that_happen_twice_or_never(first: Edition) -> None:
    twice, after = first.trap("clock_change")
    assert twice["OccurredAt"] == "2024-11-03T05:30:00Z"
    assert after["OccurredAt"] == "2025-03-09T07:05:00Z" and local(after["OccurredAt"]).hour == 3
    skipped = [r for r in first.legacy if r["CrimeDateTime"][:13] in ("03/14/2021 02", "03/13/2022 02")]
    assert not skipped


def test_someone_shot_dies_later(first: Edition, later: dict[int, Edition]) -> None:
    (row,) = first.trap("dies_later")
    assert (
        row["NIBRSCode"] == "09A"
        and local(row["OccurredAt"]).year == 2024
        and local(row["DiedAt"]).year == 2025
    )
    (before,), (after,) = first.trap("dies_next"), later[1].trap("dies_next")
    assert (before["NIBRSCode"], before["Shooting"], before["Injury"], before["DiedAt"]) == (
        "13A",
        "Y",
        "Gunshot Wound",
        "",
    )
    assert (after["NIBRSCode"], after["Injury"]) == ("09A", "Fatal") and after["DiedAt"]


def test_rulings_come_late(first: Edition, later: dict[int, Edition]) -> None:
    (row,) = first.trap("ruled_late")
    assert row["CrimeDateTime"].startswith("03/05/2021") and row["DateRuled"].startswith("12/20/2022")
    assert first.trap("justified_later")[0]["NIBRSCode"] == "09C"
    assert [e.trap("justified_next")[0]["NIBRSCode"] for e in (first, later[2], later[3])] == [
        "09A",
        "09A",
        "09C",
    ]


def test_a_block_changes_district_with_the_lines(first: Edition) -> None:
    before, after = first.trap("redraw")
    assert before["Location"] == after["Location"]
    assert (before["District"], after["District"]) == ("Lantern Hill", "Quayside")


def test_one_complaint_several_rows(first: Edition) -> None:
    rows = first.trap("several_victims")
    assert Counter(Counter(r["CaseNumber"] for r in rows).values()) == {3: 1, 2: 1}
    offenses = {}
    for row in first.nibrs:
        offenses.setdefault(row["CaseNumber"], set()).add(row["NIBRSCode"])
    assert sum(len(codes) > 1 for codes in offenses.values()) / len(offenses) > 0.04


def test_the_old_system_kept_one_class_per_incident(first: Edition) -> None:
    said: dict[str, set[str]] = {}
    for row in first.legacy:
        said.setdefault(row["ComplaintNo"], set()).add(row["Description"])
    assert {frozenset(words) for words in said.values() if len(words) > 1} <= {
        frozenset({"HOMICIDE", "SHOOTING"}),
        frozenset({"AGG. ASSAULT", "COMMON ASSAULT"}),
    }


def test_reports_change_appear_and_vanish(first: Edition, later: dict[int, Edition]) -> None:
    assert first.trap("unfounded")[0]["CaseStatus"] == "Unfounded"
    assert first.trap("reclassified")[0]["NIBRSCode"] == "13A"
    (withdrawn,), (late,), (next_one,) = (first.truth.traps[t] for t in ("withdrawn", "late", "late_next"))
    assert first.latest(withdrawn) and later[1].latest(withdrawn) and not later[2].latest(withdrawn)
    row = first.latest(late)
    assert row and (local(row["ReportedAt"]) - local(row["OccurredAt"])).days > 365
    assert not first.latest(next_one) and later[1].latest(next_one)


def test_later_editions_move_on(first: Edition, later: dict[int, Edition]) -> None:
    old, new = ({r["RowID"]: r for r in e.nibrs} for e in (first, later[12]))
    both = old.keys() & new.keys()
    assert len(new.keys() - old.keys()) > 200 and 0 < len(old.keys() - new.keys()) < 60
    assert sum(old[k]["NIBRSCode"] != new[k]["NIBRSCode"] for k in both) > 1
    (unfounded,), (recoded,) = (first.truth.traps[t] for t in ("unfounded_next", "reclassified_next"))
    assert (old[unfounded]["CaseStatus"], new[unfounded]["CaseStatus"]) == ("Open", "Unfounded")
    assert (old[recoded]["NIBRSCode"], new[recoded]["NIBRSCode"]) == ("13B", "13A")
    assert later[12].truth.through == date(2027, 1, 31)
    assert later[12].legacy == first.legacy and later[12].ledger == first.ledger


def test_rows_without_number_or_place(first: Edition) -> None:
    assert [r["CaseNumber"] for r in first.trap("no_number")] == ["", "", ""]
    assert first.trap("no_place")[0]["Longitude"] == ""
    assert first.trap("null_island")[0]["Longitude"] == "0"
    assert float(first.trap("swapped")[0]["Longitude"]) > 36
    empty = sum(not r["Longitude"] for r in first.nibrs) / len(first.nibrs)
    assert 0.01 < empty < 0.06


def test_what_cannot_be_read_as_it_stands(first: Edition) -> None:
    assert {r.get("NIBRSCode") or r["Description"] for r in first.trap("unknown_code")} == {
        "99Z",
        "ZZ - NEW DESCRIPTION",
    }
    assert {first.trap("unknown_district")[0]["District"], first.trap("blank_district")[0]["District"]} == {
        "Zzqdistrict 0001",
        "",
    }
    assert [r["VictimAge"] for r in first.trap("bad_age")] == ["-4", "Zzqage 3O"]
    bad = [r["OccurredAt"] for r in first.nibrs if not moment(r["OccurredAt"])]
    assert len(bad) == first.truth.sources["nibrs_offenses"].rejected == 4
    assert sum(r["CrimeDateTime"].startswith("13/45") for r in first.legacy) == 1


def test_the_correction_finds_its_row(first: Edition) -> None:
    (correction,) = yaml.safe_load((city_folder() / "corrections" / "nibrs_offenses.yaml").read_text())
    row = first.latest(correction["key"])
    assert row and {column: row[column] for column in correction["expect"]} == correction["expect"]


def test_keys_repeat_alike_and_unlike(first: Edition) -> None:
    rows = [tuple(r.items()) for r in first.nibrs]
    by_key: dict[str, set[tuple[tuple[str, str], ...]]] = {}
    for row in rows:
        by_key.setdefault(row[0][1], set()).add(row)
    conflicting = [key for key, wordings in by_key.items() if len(wordings) > 1]
    assert len(rows) > len(set(rows)), "no row is repeated whole"
    assert len(conflicting) == first.truth.sources["nibrs_offenses"].conflicting > 0
    (key,) = first.truth.traps["conflict"]
    assert [r["NIBRSCode"] for r in first.nibrs if r["RowID"] == key] == ["13B", "13A"]
    stamps = [r["LastUpdated"] for r in first.nibrs if r["RowID"] == key]
    assert stamps == sorted(stamps) and len(set(stamps)) == 2


def test_a_month_is_lost_and_declared(first: Edition) -> None:
    for words in ("BURGLARY", "AUTO THEFT"):
        months = Counter(
            r["CrimeDateTime"][:2] + r["CrimeDateTime"][6:10]
            for r in first.legacy
            if r["Description"].startswith(words)
        )
        assert months["052022"] == 0 < min(months["042022"], months["062022"])
    (span,) = load_catalog(city_folder()).sources["legacy_crime"].coverage
    assert (span.date_from, span.date_to) == (date(2022, 5, 1), date(2022, 5, 31))
    assert set(span.metrics) == set(first.truth.missing)
    assert all("2022-05" not in first.truth.by_month[m] for m in span.metrics)


def test_one_source_is_stale_and_counts_nothing(first: Edition) -> None:
    latest = max(date.fromisoformat(r["RuledDate"] or r["DiedDate"]) for r in first.ledger)
    assert (THROUGH - latest).days >= 60
    sources = load_catalog(city_folder()).sources
    assert sources["homicide_ledger"].supplies == ()
    spans = [
        (s.date_from, s.date_to)
        for name in ("legacy_crime", "nibrs_offenses")
        for s in sources[name].supplies
    ]
    assert spans == [(None, date(2022, 12, 31)), (date(2023, 1, 1), None)]


def test_windows_letters(first: Edition) -> None:
    data = (first.folder / "feeds" / "legacy_crime.csv").read_bytes()
    assert b"CAF\xc9 ROW" in data and b"SAILOR\x92S WALK" in data


def test_canaries_are_in_the_raw_feeds(first: Edition) -> None:
    text = "\n".join(
        (first.folder / "feeds" / f"{name}.csv").read_text(encoding=code) for name, code in ENCODINGS.items()
    )
    birds = canaries()
    assert len(birds) == len(set(birds)) > 300
    absent = [bird for bird in birds if bird not in text]
    assert not absent
    assert all("zzq" in bird.lower() for bird in birds)
    assert "VictimName" in load_catalog(city_folder()).sources["nibrs_offenses"].known_extra_columns
