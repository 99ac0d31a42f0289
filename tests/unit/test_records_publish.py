"""What reaches the tables of the look-up, over a handful of cases: a hidden charge leaves nothing behind, and one that may not be shown is not there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from harborlight.catalog import load_catalog
from harborlight.publish.records import make_records
from harborlight.records.numbers import key_of
from harborlight.store import Connection, read_rows, read_value
from tests.tiny import make_store, refill, write_city

TODAY = date(2026, 11, 10)
LAST = date(2026, 11, 8)
POLICY = """\
reviewed_by_office: Counsel
reviewed_on: 2026-01-01
rules:
  - {id: all, title: All, text: All., statute: Code 1, in_force_from: 2020-01-01, sets: [show_outcomes, adult_age, months_until_purge, warrant_days]}
"""
TABLES = ("incident_pages", "case_pages", "case_charges", "case_steps", "case_numbers")
Row = dict[str, Any]


def record(number: str, code: str = "120", **given: Any) -> Row:
    return {"record_id": number, "incident_id": number, "offense_code": code, "occurred_date": date(2026, 3, 5), "status_code": "open", **given}


def case(number: str, **given: Any) -> Row:
    return {"case_id": f"id{number}", "case_number": number, "court_code": "district", "filed_date": date(2026, 3, 20), "age_years": 30, **given}


def charge(number: str, seq: int = 1, disposition: str | None = None, day: date | None = None, **given: Any) -> Row:
    return {"case_id": f"id{number}", "charge_seq": seq, "offense_code": "120", "statute_text": "CR 3-402", "severity_code": "felony",
            "disposition_code": disposition, "disposed_date": day, **given}  # fmt: skip


class Town:
    """A store with whatever a test puts into it, and what is published from it."""

    def __init__(self, folder: Path) -> None:
        write_city(folder)
        (folder / "records.yaml").write_text(POLICY)
        self.catalog = load_catalog(folder)
        self.con: Connection = make_store(self.catalog, [record("24-0001")])
        self.home = str(read_value(self.con, "select current_database()"))

    def publish(self, records: list[Row] = [], catalog: Any = None, **court: list[Row]) -> dict[str, list[Row]]:  # noqa: B006
        # Old enough for anything, so that the edge of the data stands still.
        refill(self.con, [record("24-9999", occurred_date=LAST, incident_id=None, has_complaint_number=False), *records], (), (), **court)
        self.con.execute("attach ':memory:' as public")
        try:
            make_records(self.con, catalog or self.catalog, self.home, through=LAST, today=TODAY)
            return {name: read_rows(self.con, f"select * from public.main.{name}") for name in TABLES}
        finally:
            self.con.execute(f"use {self.home}")
            self.con.execute("detach public")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    made = Town(tmp_path_factory.mktemp("town"))
    yield made
    made.con.close()


def test_a_hidden_charge_leaves_no_gap_no_day_and_no_sentence(town: Town) -> None:
    end, later = date(2026, 6, 1), date(2026, 7, 1)
    charges = [
        charge("1D00000001", 1, "dismissed", later, statute_text="CR 3-203"),
        charge("1D00000001", 2, "guilty_plea", end),
        charge("1D00000001", 3, "probation_before_judgment", later, statute_text="John Smith"),
        charge("1D00000001", 4, "guilty_verdict", end, statute_text="VICTIM: see note 12"),
    ]
    sentences = [
        {"case_id": "id1D00000001", "charge_seq": 2, "imposed_date": end, "incarceration_days": 730, "suspended_days": 365, "probation_days": 365},
        {"case_id": "id1D00000001", "charge_seq": 3, "imposed_date": later, "incarceration_days": 0, "suspended_days": 0, "probation_days": 900},
    ]
    found = town.publish([record("24-0002")], cases=[case("1D00000001", incident_id="24-0002")], charges=charges, sentences=sentences)
    shown = found["case_charges"]
    assert [(row["charge_number"], row["outcome_code"], row["statute"], row["jail_days"], row["probation_days"]) for row in shown] == [
        (1, "convicted", "CR 3-402", 365, 365), (2, "convicted", None, None, None),
    ]  # fmt: skip
    assert [(row["step_code"], row["step_on"]) for row in found["case_steps"]] == [
        ("reported", "2026-03"), ("charged", "2026-03-20"), ("disposed", "2026-06-01"), ("sentenced", "2026-06-01"),
    ]  # fmt: skip
    assert found["case_pages"][0]["incident_key"] == "240002" and found["incident_pages"][0]["offense_codes"] == "120"
    text = repr(found)
    assert not [word for word in ("Smith", "VICTIM", "2026, 7", "900", "age", "defendant", "3-203", "dismissed") if word in text]


@pytest.mark.parametrize(
    ("given", "charges"),
    [
        ({"age_years": 17}, [{}]),
        ({"age_years": None}, [{}]),
        ({"court_code": "juvenile"}, [{}]),
        ({"court_code": None}, [{}]),
        ({"case_number": "SMITH"}, [{}]),
        ({"case_number": None}, [{}]),
        ({}, []),
        ({}, [{"offense_code": "11A"}]),
        ({}, [{}, {"seq": 2, "offense_code": "11A"}]),
        ({}, [{"offense_code": None}]),
        ({}, [{"offense_code": "ZZZ"}]),
        ({}, [{"disposition": "dismissed", "day": TODAY}]),
        ({}, [{"disposition": "nolle_prosequi", "day": TODAY}]),
        ({}, [{"disposition": "not_guilty", "day": TODAY}]),
        ({}, [{"disposition": "stet", "day": TODAY}]),
        ({}, [{"disposition": "merged", "day": TODAY}]),
        ({}, [{"disposition": "not_criminally_responsible", "day": TODAY}]),
        ({}, [{"disposition": "guilty_plea", "day": TODAY + timedelta(days=1)}]),
        ({}, [{"disposition": "guilty_plea"}]),
        ({}, [{"day": TODAY}]),
        ({}, [{"disposition": "a word that nobody has mapped"}]),
        ({}, [{"disposition": "transferred_juvenile"}]),
        ({"incident_id": "24-0003"}, [{}]),
    ],
)
def test_what_may_not_be_shown_is_in_no_table(town: Town, given: Row, charges: list[Row]) -> None:
    """Beside a case that is shown; the report 24-0003 holds a rape as well as a robbery."""
    rows = [{**charge("1D00000002", one.get("seq", 1), one.get("disposition"), one.get("day")), **{k: v for k, v in one.items() if k == "offense_code"}}
            for one in charges]  # fmt: skip
    found = town.publish(
        [record("24-0003"), record("24-0003b", "11A", incident_id="24-0003")],
        cases=[case("1D00000001"), case("1D00000002", **given)], charges=[charge("1D00000001"), *rows],
    )  # fmt: skip
    assert {row["case_key"] for name in TABLES[1:] for row in found[name]} == {"1D00000001"}
    assert [row["offense_codes"] for row in found["incident_pages"]] == ["120"], "a report says what the list of records says of it"


def test_a_number_that_two_cases_share_leads_nowhere(town: Town) -> None:
    twins = [case("1D-00000001"), case("1d 00000001", case_id="other"), case("1D00000003", earlier_case_number="OLD-77001")]
    found = town.publish(cases=twins, charges=[charge("1D-00000001"), charge("1D00000003"), {**charge("x"), "case_id": "other"}])
    assert [row["case_key"] for row in found["case_pages"]] == ["1D00000003"]
    assert {(row["number_key"], row["case_key"]) for row in found["case_numbers"]} == {("1D00000003", "1D00000003"), ("OLD77001", "1D00000003")}


def test_a_forwarded_case_is_one_with_two_numbers(town: Town) -> None:
    cases = [case("1D00000004"), case("12400055", court_code="circuit", forwarded_from_case_number="1D00000004", filed_date=date(2026, 5, 4))]
    charges = [charge("1D00000004", 1, "nolle_prosequi", date(2026, 5, 4)), charge("12400055", 1)]
    found = town.publish(cases=cases, charges=charges)
    (page,) = found["case_pages"]
    assert (page["case_key"], page["later_number"], page["court_code"]) == ("1D00000004", "12400055", "circuit")
    assert {row["number_key"] for row in found["case_numbers"]} == {"1D00000004", "12400055"}
    assert [row["outcome_code"] for row in found["case_charges"]] == ["pending"], "never a dismissal"
    assert ("forwarded", "2026-05-04") in [(row["step_code"], row["step_on"]) for row in found["case_steps"]]


def test_a_report_has_a_page_when_it_is_listed(town: Town) -> None:
    recent = {"occurred_date": LAST - timedelta(days=3), "premise_code": "residence"}
    found = town.publish([
        record("24-0010", status_code="cleared_arrest"), record("24-0010b", "240", incident_id="24-0010"), record("24-0011", "11A"), record("24-0012", "ZZZ"),
        record("24-0013", "13B", **recent), record("24-0014", status_code="unfounded"), record("24-0015", has_complaint_number=False),
        record("SMITH", "120"), record("24-00-16"), record("24-0016"), record("24-0017", status_code=None),
    ])["incident_pages"]  # fmt: skip
    assert {row["incident_number"]: (row["offense_codes"], row["status_code"], row["month"]) for row in found} == {
        "24-0010": ("120,240", "cleared_arrest", "2026-03"), "24-0017": ("120", None, "2026-03"),
    }  # fmt: skip
    assert all(row["incident_key"] == key_of(row["incident_number"]) for row in found)


def test_without_a_review_the_tables_are_empty(town: Town, tmp_path: Path) -> None:
    write_city(tmp_path)
    given: Row = {"cases": [case("1D00000001", incident_id="24-0002")], "charges": [charge("1D00000001")]}
    assert all(town.publish([record("24-0002")], **given)[name] for name in TABLES)
    bare = POLICY.replace("reviewed_by_office: Counsel\nreviewed_on: 2026-01-01\n", "")
    for text in ("", bare, POLICY.replace("2026-01-01", "2026-12-01")):
        (tmp_path / "records.yaml").unlink(missing_ok=True)
        if text:
            (tmp_path / "records.yaml").write_text(text)
        found = town.publish([record("24-0002")], catalog=load_catalog(tmp_path), **given)
        assert not any(found.values())
