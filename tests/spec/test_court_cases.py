"""Court cases by hand: a few rows for each rule of how a case is followed, and what the model makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from harborlight.catalog import load_catalog
from harborlight.model.build import model_files
from harborlight.store import Connection, build_order, create_table, read_rows, read_sql
from tests.tiny import fill_staging, make_store, write_city

ARRESTS = """\
title: Arrests
kind: arrests
agency: Littleport Police
connector: files
url: feeds/arrests.csv
format: csv
key: id
clock: local
counting_system: nibrs
columns:
  id: {type: text, required: true}
supplies:
  - from: 2020-01-01
"""
Row = dict[str, Any]
Fill = Callable[..., Connection]


@pytest.fixture(scope="module")
def fill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fill]:
    folder: Path = write_city(tmp_path_factory.mktemp("city"))
    (folder / "sources/reports.yaml").write_text((folder / "sources/reports.yaml").read_text().replace("[robbery]", "[all]"))
    (folder / "sources/arrests.yaml").write_text(ARRESTS, encoding="utf-8")
    (folder / "staging/arrests.sql").write_text("-- One row per row.\nselect r.id as arrest_id from raw.arrests as r\n", encoding="utf-8")
    con = make_store(load_catalog(folder), [])

    files = model_files()
    order = [name for name in build_order(con, files) if name.removeprefix("model.") not in ("firearms", "victims", "killings", "offenses", "incidents", "events")]

    def put(
        cases: Sequence[Row] = (), charges: Sequence[Row] = (), *, records: Sequence[Row] = (), arrests: Sequence[Row] = (), **more: Sequence[Row]
    ) -> Connection:  # fmt: skip
        """Fill staging and make anew the tables that courts have to do with: much quicker than a whole build."""
        fill_staging(con, records, arrests, cases=cases, charges=charges, **more)
        for name in order:
            create_table(con, name, files[name], {})
        return con

    yield put
    con.close()


def case(key: str, filed: str = "2024-01-10", court: str = "district", **given: Any) -> Row:
    return {"case_id": key, "case_number": f"N-{key}", "court_code": court, "filed_date": filed, "age_years": 30, **given}


def charge(key: str, seq: int, disposition: str | None = None, day: str | None = None, *, code: str | None = "13A", severity: str = "felony") -> Row:
    return {
        "case_id": key, "charge_seq": seq, "disposition_code": disposition, "disposed_date": day, "offense_code": code, "severity_code": severity,
        "statute_text": f"STATUTE {seq}",
    }  # fmt: skip


def outcomes(con: Connection) -> dict[str, tuple[str, str | None]]:
    rows = con.execute("select case_id, outcome_code, cast(disposed_date as varchar) from model.court_cases").fetchall()
    return {key: (outcome, day) for key, outcome, day in rows}


def one(con: Connection) -> Row:
    (row,) = read_rows(con, "select * from model.court_cases")
    return row


FORWARDED = [case("d1"), case("c1", "2024-02-14", "circuit", forwarded_from_case_number="N-d1")]


@pytest.mark.parametrize("closed", ["nolle_prosequi", "forwarded_circuit", None])
def test_a_forwarded_felony_is_one_case_and_no_dismissal(fill: Fill, closed: str | None) -> None:
    day = closed and "2024-02-14"
    con = fill(FORWARDED, [charge("d1", 1, closed, day), charge("d1", 2, closed, day), charge("c1", 1, "guilty_plea", "2024-11-05")])
    row = one(con)
    assert (row["case_id"], row["later_case_id"], row["court_code"], row["filed_date"]) == ("d1", "c1", "circuit", date(2024, 1, 10))
    assert outcomes(con) == {"d1": ("convicted", "2024-11-05")}
    assert con.execute("select charge_number, row_case_id, outcome_code from model.charges").fetchall() == [(1, "c1", "convicted")]


def test_what_the_district_court_ended_before_the_day_stays_ended(fill: Fill) -> None:
    con = fill(FORWARDED, [charge("d1", 1, "nolle_prosequi", "2024-02-14"), charge("d1", 2, "dismissed", "2024-01-20"), charge("c1", 1, "not_guilty", "2024-11-05")])
    assert outcomes(con) == {"d1": ("acquitted", "2024-11-05")}
    assert con.execute("select row_case_id, outcome_code from model.charges order by charge_number").fetchall() == [("d1", "dismissed"), ("c1", "acquitted")]


def test_a_felony_that_both_courts_drop_is_dropped_once(fill: Fill) -> None:
    con = fill(FORWARDED, [charge("d1", 1, "nolle_prosequi", "2024-02-14"), charge("c1", 1, "nolle_prosequi", "2025-01-07")])
    assert outcomes(con) == {"d1": ("dropped", "2025-01-07")}


def test_a_felony_that_has_not_arrived_is_pending(fill: Fill) -> None:
    assert outcomes(fill([case("d1")], [charge("d1", 1, "forwarded_circuit", "2024-02-14")])) == {"d1": ("pending", None)}


def test_nolle_prosequi_without_a_later_case_is_dropped(fill: Fill) -> None:
    assert outcomes(fill([case("d1")], [charge("d1", 1, "nolle_prosequi", "2024-02-14")])) == {"d1": ("dropped", "2024-02-14")}


def test_a_case_under_two_numbers_is_one_and_the_newer_row_holds(fill: Fill) -> None:
    con = fill(
        [case("old"), case("new", earlier_case_number="N-old"), case("c1", "2024-06-03", "circuit", forwarded_from_case_number="N-old")],
        [charge("old", 1), charge("new", 1, "nolle_prosequi", "2024-06-03"), charge("c1", 1, "guilty_verdict", "2025-02-04")],
    )
    assert outcomes(con) == {"old": ("convicted", "2025-02-04")}
    assert one(con)["case_number"] == "N-new"


@pytest.mark.parametrize(
    ("ends", "outcome"),
    [
        (["guilty_plea", "merged", "merged"], "convicted"),
        (["nolle_prosequi", "guilty_plea"], "convicted"),
        (["nolle_prosequi", "probation_before_judgment"], "probation_before_judgment"),
        (["stet", "not_guilty"], "stet"),
        (["not_guilty", "dismissed"], "acquitted"),
        (["dismissed_no_probable_cause", "nolle_prosequi"], "dismissed"),
        (["not_criminally_responsible", "stet"], "not_criminally_responsible"),
        (["guilty_plea", None], "pending"),
        (["nolle_prosequi", "postponed"], "pending"),
        (["merged"], "pending"),
    ],
)
def test_the_highest_outcome_of_a_case_holds_once_nothing_is_pending(fill: Fill, ends: list[str | None], outcome: str) -> None:
    con = fill([case("d1")], [charge("d1", k, end, end and f"2024-03-0{k}") for k, end in enumerate(ends, 1)])
    day = None if outcome == "pending" else f"2024-03-0{len(ends)}"
    assert outcomes(con) == {"d1": (outcome, day)}


def test_charges_are_numbered_anew_and_the_top_one_is_a_felony_first(fill: Fill) -> None:
    con = fill([case("d1")], [charge("d1", 9, code="13A"), charge("d1", 2, code="09A", severity="misdemeanor"), charge("d1", 5, code="120")])
    rows = con.execute("select charge_number, charge_seq, is_top from model.charges order by 1").fetchall()
    assert rows == [(1, 2, False), (2, 5, True), (3, 9, False)]
    assert (one(con)["offense_code"], one(con)["severity_code"]) == ("120", "felony")


@pytest.mark.parametrize(
    ("given", "charges", "is_child", "tier"),
    [
        ({}, [charge("d1", 1)], False, "T0"),
        ({"age_years": None}, [charge("d1", 1)], False, "T0"),
        ({"age_years": 17}, [charge("d1", 1)], True, "T0"),
        ({"age_years": 17, "court_code": "circuit"}, [charge("d1", 1)], True, "T0"),
        ({"age_years": None, "court_code": "juvenile"}, [charge("d1", 1)], True, "T0"),
        ({"age_years": 19, "court_code": "juvenile"}, [charge("d1", 1)], True, "T0"),
        ({"arrest_id": "a17"}, [charge("d1", 1)], True, "T0"),
        ({}, [charge("d1", 1), charge("d1", 2, code="11A")], False, "T1"),
        ({}, [charge("d1", 1, code=None)], False, "T1"),
        ({}, [charge("d1", 1, code="ZZ9")], False, "T1"),
        ({}, [charge("d1", 1, "unclassified", "2024-03-01")], False, "T1"),
        ({}, [charge("d1", 1, "nolle_prosequi")], False, "T1"),
        ({}, [charge("d1", 1, None, "2024-03-01")], False, "T1"),
        ({}, [], False, "T1"),
        ({"incident_id": "i-rape"}, [charge("d1", 1)], False, "T1"),
        ({"incident_id": "i-new"}, [charge("d1", 1)], False, "T1"),
    ],
)
def test_what_is_of_a_child_sensitive_or_unclear_is_closed(fill: Fill, given: Row, charges: list[Row], is_child: bool, tier: str) -> None:
    records = [{"record_id": i, "occurred_date": "2024-01-02", "offense_code": code} for i, code in (("i-rape", "11A"), ("i-new", None), ("i-robbery", "120"))]
    row = one(fill([case("d1") | given], charges, records=records, arrests=[{"arrest_id": "a17", "age_years": 17, "arrested_date": "2024-01-05"}]))
    assert (row["is_child"], row["tier"], row["is_open"]) == (is_child, tier, not is_child and tier == "T0")


def test_sentences_count_for_guilt_only_less_what_is_suspended(fill: Fill) -> None:
    con = fill(
        [case("d1")], [charge("d1", 1, "guilty_plea", "2024-03-01"), charge("d1", 2, "guilty_plea", "2024-03-01"), charge("d1", 3, "not_guilty", "2024-03-01")],
        sentences=[
            {"case_id": "d1", "charge_seq": 1, "imposed_date": "2024-04-01", "incarceration_days": 1000, "suspended_days": 900, "probation_days": 365},
            {"case_id": "d1", "charge_seq": 2, "imposed_date": "2024-04-02", "incarceration_days": 200, "suspended_days": None, "probation_days": None},
            {"case_id": "d1", "charge_seq": 3, "imposed_date": "2024-01-01", "incarceration_days": 5000, "suspended_days": 0, "probation_days": 0},
            {"case_id": "nowhere", "charge_seq": 1, "imposed_date": "2024-01-01"},
        ],
    )  # fmt: skip
    row = one(con)
    assert (row["sentenced_date"], row["incarceration_days"], row["probation_days"]) == (date(2024, 4, 1), 200, 365)


def test_charges_without_a_case_and_cases_without_an_arrest_stay_and_are_counted_as_unlinked(fill: Fill) -> None:
    records = [{"record_id": "i1", "occurred_date": "2024-01-02", "offense_code": "120"}]
    con = fill([case("d1", incident_id="i1"), case("d2", incident_id="gone", arrest_id="gone")], [charge("d1", 1), charge("d2", 1), charge("lost", 1)], records=records)
    links = con.execute("select link_code, count(*), count(*) filter (where is_linked) from model.court_links group by 1 order by 1").fetchall()
    assert links == [("case_arrest", 2, 0), ("case_incident", 2, 1), ("charge_case", 3, 2)]
    assert con.execute("select count(*) from model.charges").fetchone() == (2,)


def test_a_warrant_is_open_until_it_is_served_or_recalled(fill: Fill) -> None:
    con = fill(warrants=[
        {"warrant_id": "w1", "issued_date": "2024-01-01", "served_date": "2024-02-01", "recalled_date": "2024-01-15"},
        {"warrant_id": "w2", "issued_date": "2024-01-01"},
        {"warrant_id": "w2", "issued_date": "2024-01-01"},
        {"warrant_id": "w3", "issued_date": "2024-01-05", "served_date": "2024-01-01"},
    ])  # fmt: skip
    rows = con.execute("select warrant_id, cast(open_from as varchar), cast(open_to as varchar) from model.warrants where counts_warrant order by 1").fetchall()
    assert rows == [("w1", "2024-01-01", "2024-01-15"), ("w2", "2024-01-01", None), ("w3", "2024-01-05", "2024-01-05")]


@pytest.mark.parametrize(
    ("check", "spoil"),
    [
        ("case_parts_keep_every_case", "delete from model.case_parts where case_id = 'd1'"),
        ("court_cases_are_one_a_case", "insert into model.court_cases select * from model.court_cases"),
        ("court_cases_of_children_are_closed", "update model.court_cases set is_open = true"),
        ("court_cases_are_final_or_pending", "update model.court_cases set outcome_code = 'pending'"),
        ("forwarded_cases_count_once", "update model.court_cases set case_id = 'c1' where case_id = 'd1'"),
        ("charges_are_numbered_without_gaps", "update model.charges set charge_number = 7"),
        ("charges_keep_every_row", "delete from model.charges"),
        ("sentences_follow_guilt", "update model.charges set outcome_code = 'stet'"),
        ("warrants_count_once", "update model.warrants set counts_warrant = false"),
        ("court_links_keep_every_case", "delete from model.court_links"),
        ("journeys_are_the_incidents", "delete from model.journeys"),
        ("journey_steps_give_one_state", "insert into model.journey_steps select * from model.journey_steps"),
        ("journeys_keep_children_out", "update model.journeys set charged_date = date '2024-02-01'"),
    ],
)
def test_a_check_sees_what_would_break_the_rule(fill: Fill, check: str, spoil: str) -> None:
    con = fill(
        [*FORWARDED, case("j1", age_years=16)], [charge("d1", 1, "nolle_prosequi", "2024-02-14"), charge("c1", 1, "guilty_plea", "2024-11-05"), charge("j1", 1)],
        records=[{"record_id": "i1", "occurred_date": "2024-01-02", "offense_code": "120"}],
        arrests=[{"arrest_id": "a1", "incident_id": "i1", "age_years": 15, "arrested_date": "2024-01-01", "charging_decision_code": "charged", "decided_date": "2024-01-05"}],
        sentences=[{"case_id": "c1", "charge_seq": 1, "imposed_date": "2024-12-01", "incarceration_days": 10}], warrants=[{"warrant_id": "w1"}],
    )  # fmt: skip
    sql = read_sql(model_files()["model.charges"].parent / "checks" / f"{check}.sql")
    assert con.execute(sql).fetchall() == []
    con.execute("begin")
    con.execute(spoil)
    assert con.execute(sql).fetchall()
    con.execute("rollback")
