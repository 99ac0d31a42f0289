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
from tests.tiny import make_store, write_city

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


def charge(number: str, seq: int = 1, **given: Any) -> Row:
    return {"case_id": f"id{number}", "charge_seq": seq, "offense_code": "120", "statute_text": "CR 3-402", "severity_code": "felony", **given}


SHOWN, END, LATER = "1D00000001", date(2026, 6, 1), date(2026, 7, 1)
RECENT = {"occurred_date": LAST - timedelta(days=3), "premise_code": "residence"}
# Convicted in District Court, then tried anew in Circuit Court: acquitted there, and not yet decided.
APPEALED = [
    given for n in (1, 2) for given in (
        case(f"6D0000000{n}"), case(f"6240000{n}", court_code="circuit", forwarded_from_case_number=f"6D0000000{n}", filed_date=END + timedelta(days=20)),
    )
]  # fmt: skip
# What must not be shown, each for a reason of its own: what is unusual about the case, and its charges.
CLOSED: list[tuple[Row, list[Row]]] = [
    ({"age_years": 17}, [{}]),
    ({"age_years": None}, [{}]),
    ({"court_code": "juvenile"}, [{}]),
    ({"court_code": None}, [{}]),
    ({"case_number": "SMITH"}, [{}]),
    ({"case_number": None}, [{}]),
    ({}, []),
    ({}, [{"offense_code": "11A"}]),
    ({}, [{}, {"offense_code": "11A"}]),
    ({}, [{"offense_code": None}]),
    ({}, [{"offense_code": "ZZZ"}]),
    ({}, [{"disposition_code": "dismissed", "disposed_date": TODAY}]),
    ({}, [{"disposition_code": "nolle_prosequi", "disposed_date": TODAY}]),
    ({}, [{"disposition_code": "not_guilty", "disposed_date": TODAY}]),
    ({}, [{"disposition_code": "stet", "disposed_date": TODAY}]),
    ({}, [{"disposition_code": "merged", "disposed_date": TODAY}]),
    ({}, [{"disposition_code": "not_criminally_responsible", "disposed_date": TODAY}]),
    ({}, [{"disposition_code": "guilty_plea", "disposed_date": TODAY + timedelta(days=1)}]),
    ({}, [{"disposition_code": "guilty_plea"}]),
    ({}, [{"disposed_date": TODAY}]),
    ({}, [{"disposition_code": "a word that nobody has mapped"}]),
    ({}, [{"disposition_code": "transferred_juvenile"}]),
    ({}, [{"disposition_code": "venue_changed", "disposed_date": END}]),
    ({}, [{}, {"disposition_code": "venue_changed"}]),
    ({"incident_id": "24-0003"}, [{}]),
    ({"case_number": "9D-777777"}, [{}]),
    ({"case_number": "9d 777777"}, [{}]),
]  # fmt: skip


def make_rows() -> dict[str, list[Row]]:
    """Reports and cases that are shown, and beside them everything that is not."""
    records = [
        # Old enough for anything, but for one at the edge of the data.
        record("24-9999", occurred_date=LAST, has_complaint_number=False), record("24-0002"), record("24-0003"),
        record("24-0003b", "11A", incident_id="24-0003"), record("24-0010", status_code="cleared_arrest"), record("24-0011", "11A"),
        record("24-0012", "ZZZ"), record("24-0013", "13B", **RECENT), record("24-0014", status_code="unfounded"),
        record("24-0015", has_complaint_number=False), record("SMITH"), record("24-00-16"), record("24-0016"), record("24-0017", status_code=None),
    ]  # fmt: skip
    cases = [
        *APPEALED, case(SHOWN, incident_id="24-0002"), case("1D00000003", earlier_case_number="OLD-77001"), case("1D00000004"),
        case("12400055", court_code="circuit", forwarded_from_case_number="1D00000004", filed_date=date(2026, 5, 4)),
    ]  # fmt: skip
    charges = [
        charge(SHOWN, 1, disposition_code="dismissed", disposed_date=LATER, statute_text="CR 3-203"),
        charge(SHOWN, 2, disposition_code="guilty_plea", disposed_date=END),
        charge(SHOWN, 3, disposition_code="probation_before_judgment", disposed_date=LATER, statute_text="John Smith"),
        charge(SHOWN, 4, disposition_code="guilty_verdict", disposed_date=END, statute_text="VICTIM: see note 12"),
        charge("1D00000003"), charge("1D00000004", disposition_code="nolle_prosequi", disposed_date=date(2026, 5, 4)), charge("12400055"),
    ]  # fmt: skip
    charges += [charge("6D00000001", disposition_code="guilty_verdict", disposed_date=END), charge("62400001", disposition_code="not_guilty", disposed_date=LATER)]
    charges += [charge("6D00000002", disposition_code="guilty_verdict", disposed_date=END), charge("62400002")]
    for number, (given, several) in enumerate(CLOSED):
        cases.append(case(f"8D{number:08}", **given))
        charges += [charge(f"8D{number:08}", seq, **one) for seq, one in enumerate(several, 1)]
    sentences = [
        {"case_id": f"id{SHOWN}", "charge_seq": 2, "imposed_date": END, "incarceration_days": 730, "suspended_days": 365, "probation_days": 365},
        {"case_id": f"id{SHOWN}", "charge_seq": 3, "imposed_date": LATER, "incarceration_days": 0, "suspended_days": 0, "probation_days": 900},
    ]  # fmt: skip
    return {"records": records, "cases": cases, "charges": charges, "sentences": sentences}


class Town:
    """One store, and what is published from it under a policy."""

    def __init__(self, folder: Path) -> None:
        write_city(folder)
        self.folder, rows = folder, make_rows()
        self.con: Connection = make_store(load_catalog(folder), rows.pop("records"), **rows)
        self.home = str(read_value(self.con, "select current_database()"))

    def publish(self, policy: str = POLICY) -> dict[str, list[Row]]:
        path = self.folder / "records.yaml"
        path.write_text(policy) if policy else path.unlink(missing_ok=True)
        self.con.execute("attach ':memory:' as public")
        try:
            make_records(self.con, load_catalog(self.folder), self.home, through=LAST, today=TODAY)
            return {name: read_rows(self.con, f"select * from public.main.{name}") for name in TABLES}
        finally:
            self.con.execute(f"use {self.home}")
            self.con.execute("detach public")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    made = Town(tmp_path_factory.mktemp("town"))
    yield made
    made.con.close()


@pytest.fixture(scope="module")
def found(town: Town) -> dict[str, list[Row]]:
    return town.publish()


def of(found: dict[str, list[Row]], table: str, key: str) -> list[Row]:
    return [row for row in found[table] if row["case_key"] == key]


def test_only_what_may_be_shown_is_in_any_table(found: dict[str, list[Row]]) -> None:
    """The report 24-0003 holds a rape as well as a robbery: a case that belongs to it is closed."""
    shown = {SHOWN, "1D00000003", "1D00000004"}
    assert all({row["case_key"] for row in found[name]} == shown for name in TABLES[1:])


def test_a_hidden_charge_leaves_no_gap_no_day_and_no_sentence(found: dict[str, list[Row]]) -> None:
    charges, steps, (page,) = (of(found, name, SHOWN) for name in ("case_charges", "case_steps", "case_pages"))
    assert [(row["charge_number"], row["outcome_code"], row["statute"], row["jail_days"], row["probation_days"]) for row in charges] == [
        (1, "convicted", "CR 3-402", 365, 365), (2, "convicted", None, None, None),
    ]  # fmt: skip
    assert [(row["step_code"], row["step_on"]) for row in steps] == [
        ("reported", "2026-03"), ("charged", "2026-03-20"), ("disposed", "2026-06-01"), ("sentenced", "2026-06-01"),
    ]  # fmt: skip
    assert page["incident_key"] == "240002"
    assert not [word for word in ("Smith", "VICTIM", "2026, 7", "900", "age_", "defendant", "3-203", "dismissed") if word in repr(found)]


def test_old_numbers_lead_to_the_case_and_shared_ones_nowhere(found: dict[str, list[Row]]) -> None:
    assert {(row["number_key"], row["case_key"]) for row in found["case_numbers"]} == {
        (SHOWN, SHOWN), ("1D00000003", "1D00000003"), ("OLD77001", "1D00000003"), ("1D00000004", "1D00000004"), ("12400055", "1D00000004"),
    }  # fmt: skip


def test_a_forwarded_case_is_one_with_two_numbers(found: dict[str, list[Row]]) -> None:
    (page,), charges, steps = (of(found, name, "1D00000004") for name in ("case_pages", "case_charges", "case_steps"))
    assert (page["later_number"], page["court_code"]) == ("12400055", "circuit")
    assert [row["outcome_code"] for row in charges] == ["pending"], "never a dismissal"
    assert ("forwarded", "2026-05-04") in [(row["step_code"], row["step_on"]) for row in steps]


def test_a_report_has_a_page_when_it_is_listed(found: dict[str, list[Row]]) -> None:
    """And says nothing of a sensitive record of the same report: neither the page nor its absence tells more than the list."""
    pages = found["incident_pages"]
    assert {row["incident_number"]: (row["offense_codes"], row["status_code"], row["month"]) for row in pages} == {
        "24-0002": ("120", "open", "2026-03"), "24-0003": ("120", "open", "2026-03"),
        "24-0010": ("120", "cleared_arrest", "2026-03"), "24-0017": ("120", None, "2026-03"),
    }  # fmt: skip
    assert all(row["incident_key"] == key_of(row["incident_number"]) for row in pages)


def test_without_a_review_the_tables_are_empty(town: Town) -> None:
    bare = POLICY.replace("reviewed_by_office: Counsel\nreviewed_on: 2026-01-01\n", "")
    for policy in ("", bare, POLICY.replace("reviewed_on: 2026-01-01", "reviewed_on: 2026-12-01")):
        assert not any(town.publish(policy).values())
    assert all(town.publish().values())


def test_a_policy_may_leave_single_reports_out(town: Town) -> None:
    """Where numbers run on without gaps, one without a page says that its report is sensitive or unfounded."""
    found, usual = town.publish(f"show_reports: false\n{POLICY}"), town.publish()
    assert not found["incident_pages"] and len(found["case_pages"]) == len(usual["case_pages"])
    assert {row["incident_key"] for row in found["case_pages"]} == {None} and "reported" not in {row["step_code"] for row in found["case_steps"]}
    assert usual["incident_pages"]


def test_a_policy_may_show_more_outcomes(town: Town) -> None:
    found = town.publish(f"show_outcomes: [pending, convicted, probation_before_judgment, stet]\n{POLICY}")
    assert [(row["charge_number"], row["outcome_code"]) for row in of(found, "case_charges", SHOWN)] == [
        (1, "convicted"), (2, "probation_before_judgment"), (3, "convicted"),
    ]  # fmt: skip
    assert len(found["case_pages"]) == 4, "and the case that was set aside"
