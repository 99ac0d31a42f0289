"""A slow referee follows every case and incident of the fictional city by itself and agrees with the model; states are conserved."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harborlight.store import Connection, connect, read_rows
from tests.conftest import DemoCity
from tests.referee.courts import Followed, Journey, follow, held_back, travel

STATES = {
    "reported", "cleared_exceptional", "arrested", "declined", "released", "diverted", "charged", "convicted", "not_criminally_responsible",
    "probation_before_judgment", "stet", "acquitted", "dismissed", "dropped",
}  # fmt: skip


@dataclass
class Told:
    """The model's tables, and what the referee makes of the staged rows."""

    con: Connection
    cases: dict[str, Followed]
    journeys: dict[tuple[str, str], Journey]
    steps: dict[tuple[str, str], list[tuple[date, str]]]
    modelled: dict[tuple[str, str], dict[str, Any]]

    def state_on(self, member: tuple[str, str], day: date) -> list[str]:
        """The states that the model gives a member on a day: the last step by then."""
        by_then = [step for step in self.steps[member] if step[0] <= day]
        latest = max((step[0] for step in by_then), default=None)
        return [state for on, state in by_then if on == latest]


@pytest.fixture(scope="module")
def told(demo_city: DemoCity) -> Iterator[Told]:
    con = connect()
    con.execute(f"attach '{next(demo_city.data.rglob('private.duckdb'))}' as store (read_only)")
    con.execute("use store")
    sensitive = {row["incident_id"] for row in read_rows(con, "select distinct incident_id from model.records where tier = 'T1' and has_complaint_number")}
    arrests = read_rows(con, "select * from staging.arrests")
    cases = follow(read_rows(con, "select * from staging.cases"), read_rows(con, "select * from staging.charges"), arrests, sensitive)
    by_incident: dict[str, list[Followed]] = defaultdict(list)
    for case in cases.values():
        by_incident[case.named("incident_id")].append(case)
    arrests_of: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for arrest in arrests:
        arrests_of[arrest["incident_id"]].append(arrest)
    records_of: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for record in read_rows(
        con,
        "select m.source_id, m.incident_id, m.counted_date, m.status_code, s.cleared_date from model.records as m "
        "join staging.records as s using (source_id, record_id) where m.is_countable and m.tier = 'T0' and m.is_counted",
    ):
        records_of[record["source_id"], record["incident_id"]].append(record)
    begin = min(a["arrested_date"] for a in arrests if a["arrested_date"] >= date(2021, 1, 1))
    journeys, confidential = {}, held_back(cases.values())
    for (source, incident), records in records_of.items():
        occurred = min((r["counted_date"] for r in records if r["counted_date"]), default=date.min)
        if occurred >= begin:
            journeys[source, incident] = travel(occurred, records, arrests_of[incident], by_incident[incident], confidential)
    steps: dict[tuple[str, str], list[tuple[date, str]]] = defaultdict(list)
    for row in read_rows(con, "select * from model.journey_steps"):
        steps[row["source_id"], row["incident_id"]].append((row["step_date"], row["state_code"]))
    modelled = {(row["source_id"], row["incident_id"]): row for row in read_rows(con, "select * from model.journeys")}
    yield Told(con, cases, journeys, steps, modelled)
    con.close()


def test_every_case_has_the_outcome_that_the_referee_finds(told: Told) -> None:
    rows = {row["case_id"]: row for row in read_rows(told.con, "select * from model.court_cases")}
    assert rows.keys() == told.cases.keys() and len(rows) > 1000
    for case_id, case in told.cases.items():
        row = rows[case_id]
        said = (row["outcome_code"], row["disposed_date"], row["is_child"], row["is_open"], row["filed_date"], row["incident_id"], row["arrest_id"])
        found = (case.outcome, case.disposed, case.is_child, case.is_open, case.filed, case.named("incident_id"), case.named("arrest_id"))
        assert said == found, case_id


def test_every_charge_of_a_case_is_there_once(told: Told) -> None:
    counts = dict(told.con.execute("select case_id, count(*) from model.charges group by 1").fetchall())
    assert counts == {case_id: len(case.charges) for case_id, case in told.cases.items() if case.charges}


def test_the_generator_tells_the_same_outcomes(told: Told, demo_city: DemoCity) -> None:
    truth = demo_city.truth.courts
    assert dict(Counter(case.outcome for case in told.cases.values())) == truth.cases
    assert dict(Counter(case.outcome for case in told.cases.values() if case.is_open)) == {k: n for k, n in truth.open_cases.items() if n}
    assert sum(len(case.rows) for case in told.cases.values()) == truth.rows


def test_every_incident_has_the_journey_that_the_referee_finds(told: Told) -> None:
    assert told.modelled.keys() == told.journeys.keys() and len(told.journeys) > 4000
    for member, journey in told.journeys.items():
        row = told.modelled[member]
        said = {
            "occurred": row["occurred_date"], "cleared": row["clearance_code"] and (row["clearance_code"], row["cleared_date"]),
            "arrested": row["arrested_date"], "decision": row["decision_code"] and (row["decision_code"], row["decided_date"]),
            "charged": row["charged_date"], "outcome": row["outcome_code"] and (row["outcome_code"], row["disposed_date"]),
        }  # fmt: skip
        assert said == vars(journey), member


def test_every_incident_is_in_the_state_that_the_referee_finds_at_every_quarter(told: Told) -> None:
    days = [date(year, month, 1) - timedelta(days=1) for year in range(2021, 2027) for month in (4, 7, 10)] + [date(2026, 11, 8), date(2030, 1, 1)]
    for member, journey in told.journeys.items():
        for day in days:
            expected = [journey.state_on(day)] if day >= journey.occurred else []
            assert told.state_on(member, day) == expected, (member, day)


def test_on_every_change_and_the_day_before_each_member_is_in_exactly_one_state(told: Told) -> None:
    for member, steps in told.steps.items():
        assert {state for _, state in steps} <= STATES
        for on, _ in steps:
            for day in (on, on - timedelta(days=1)):
                assert len(told.state_on(member, day)) == (day >= told.journeys[member].occurred), (member, day)


@settings(max_examples=60, deadline=None)
@given(day=st.dates(date(2020, 12, 1), date(2027, 12, 31)), month=st.dates(date(2021, 1, 1), date(2026, 11, 1)))
def test_states_are_conserved_for_any_cohort_and_date(told: Told, day: date, month: date) -> None:
    cohort = [member for member, row in told.modelled.items() if row["cohort_month"] == month.replace(day=1)]
    states = [state for member in cohort for state in told.state_on(member, day)]
    assert len(states) == sum(told.modelled[member]["occurred_date"] <= day for member in cohort)


def test_a_forwarded_felony_is_never_a_dismissal(told: Told, demo_city: DemoCity) -> None:
    traps = demo_city.truth.courts.traps
    outcomes = {name: told.cases[traps[name]].outcome for name in ("forwarded", "forwarded_open", "forwarded_dropped", "forwarded_lost")}
    assert outcomes == {"forwarded": "convicted", "forwarded_open": "pending", "forwarded_dropped": "dropped", "forwarded_lost": "pending"}
    later = [case for case in told.cases.values() if {row["court_code"] for row in case.rows} == {"district", "circuit"}]
    assert len(later) > 100
    for case in later:
        circuit = {row["case_id"] for row in case.rows if row["court_code"] == "circuit"}
        if case.outcome in ("dropped", "dismissed"):
            assert {charge["case_id"] for charge in case.charges} & circuit, case.case_id
    assert told.con.execute("select count(*) from model.charges where outcome_code = 'forwarded'").fetchone() == (0,)
