"""Journeys by hand: an incident's way from the report to the outcome, step by step."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.spec.test_court_cases import Fill, Row, case, charge, fill

__all__ = ["fill"]


def arrest(key: str, day: str, incident: str | None = "i1", age: int | None = 30, decision: str | None = None, decided: str | None = None) -> Row:
    return {
        "arrest_id": key, "arrested_date": day, "incident_id": incident, "age_years": age, "charging_decision_code": decision, "decided_date": decided,
    }  # fmt: skip


def record(incident: str = "i1", code: str = "120", day: str = "2024-01-02", status: str = "open", cleared: str | None = None) -> Row:
    return {
        "record_id": f"{incident}-{code}-{status}", "incident_id": incident, "occurred_date": day, "offense_code": code, "status_code": status,
        "cleared_date": cleared,
    }  # fmt: skip


def steps(fill: Fill, records: list[Row], arrests: list[Row], cases: Sequence[Row] = (), charges: Sequence[Row] = ()) -> list[str]:
    con = fill(cases, charges, records=records, arrests=[arrest("first", "2020-01-01", "elsewhere"), *arrests])
    return [f"{day} {state}" for day, state in con.execute("select cast(step_date as varchar), state_code from model.journey_steps order by 1").fetchall()]


TRIED = [case("d1", "2024-01-20", incident_id="i1")]
GUILTY = [charge("d1", 1, "guilty_plea", "2024-09-03")]


def test_from_report_to_conviction(fill: Fill) -> None:
    arrests = [arrest("a1", "2024-01-15", decision="charged", decided="2024-01-17")]
    found = steps(fill, [record(status="cleared_arrest", cleared="2024-01-16")], arrests, TRIED, GUILTY)
    assert found == ["2024-01-02 reported", "2024-01-15 arrested", "2024-01-17 charged", "2024-09-03 convicted"]


@pytest.mark.parametrize("decision", ["declined", "released", "diverted"])
def test_a_first_decision_can_be_the_end(fill: Fill, decision: str) -> None:
    found = steps(fill, [record()], [arrest("a1", "2024-01-15", decision=decision, decided="2024-01-30")])
    assert found == ["2024-01-02 reported", "2024-01-15 arrested", f"2024-01-30 {decision}"]


def test_several_arrests_one_of_them_charged(fill: Fill) -> None:
    arrests = [arrest("a1", "2024-01-15", decision="declined", decided="2024-01-16"), arrest("a2", "2024-02-01", decision="charged", decided="2024-02-02")]
    found = steps(fill, [record()], arrests)
    assert found == ["2024-01-02 reported", "2024-01-15 arrested", "2024-02-02 charged"]


def test_several_cases_are_pending_while_one_is(fill: Fill) -> None:
    cases = [*TRIED, case("d2", "2024-03-01", incident_id="i1")]
    pending = steps(fill, [record()], [arrest("a1", "2024-01-15")], cases, [*GUILTY, charge("d2", 1)])
    assert pending[-1] == "2024-01-20 charged"
    done = steps(fill, [record()], [arrest("a1", "2024-01-15")], cases, [*GUILTY, charge("d2", 1, "stet", "2024-10-01")])
    assert done[-1] == "2024-10-01 convicted"


def test_a_child_never_goes_further_than_the_arrest(fill: Fill) -> None:
    expected = ["2024-01-02 reported", "2024-01-15 arrested"]
    charged = arrest("a1", "2024-01-15", age=16, decision="charged", decided="2024-01-17")
    assert steps(fill, [record()], [charged]) == expected
    assert steps(fill, [record()], [charged], [case("d1", "2024-01-20", incident_id="i1", arrest_id="a1", age_years=16)], GUILTY) == expected
    unknown = arrest("a1", "2024-01-15", age=None, decision="charged", decided="2024-01-17")
    assert steps(fill, [record()], [unknown], [case("j1", "2024-01-20", "juvenile", incident_id="i1")], [charge("j1", 1)]) == expected
    grown = arrest("a1", "2024-01-15", age=18, decision="charged", decided="2024-01-17")
    assert steps(fill, [record()], [grown], [case("d1", "2024-01-20", incident_id="i1", arrest_id="a1", age_years=17)], GUILTY) == expected


def test_an_adult_beside_a_child_is_followed(fill: Fill) -> None:
    arrests = [arrest("a1", "2024-01-15", age=16, decision="charged", decided="2024-01-16"), arrest("a2", "2024-01-18", decision="charged", decided="2024-01-19")]
    cases = [case("d1", "2024-01-16", incident_id="i1", arrest_id="a1", age_years=16), case("d2", "2024-01-20", incident_id="i1", arrest_id="a2")]
    found = steps(fill, [record()], arrests, cases, [*GUILTY, charge("d2", 1, "stet", "2024-10-01")])
    assert found == ["2024-01-02 reported", "2024-01-15 arrested", "2024-01-19 charged", "2024-10-01 stet"]


def test_a_sensitive_case_stops_at_the_decision(fill: Fill) -> None:
    found = steps(fill, [record()], [arrest("a1", "2024-01-15")], TRIED, [charge("d1", 1, "guilty_plea", "2024-09-03", code="11A")])
    assert found == ["2024-01-02 reported", "2024-01-15 arrested"]


def test_cleared_exceptionally_and_cleared_by_an_arrest_that_names_no_incident(fill: Fill) -> None:
    assert steps(fill, [record(status="cleared_exceptional", cleared="2024-05-01")], [])[-1] == "2024-05-01 cleared_exceptional"
    assert steps(fill, [record(status="cleared_arrest", cleared="2024-05-01")], [])[-1] == "2024-05-01 arrested"
    late = steps(fill, [record(status="cleared_exceptional", cleared="2024-05-01")], [arrest("a1", "2024-01-15")])
    assert late == ["2024-01-02 reported", "2024-01-15 arrested"], "a journey goes forward only"


def test_dates_before_the_incident_are_taken_for_its_own(fill: Fill) -> None:
    assert steps(fill, [record()], [arrest("a1", "2023-12-30", decision="declined", decided="2023-12-31")]) == ["2024-01-02 declined"]


def test_incidents_before_the_arrests_begin_and_sensitive_ones_have_no_journey(fill: Fill) -> None:
    assert steps(fill, [record(day="2019-12-31"), record("i2", "11A")], []) == []


def test_a_city_whose_arrests_name_no_incident_has_no_journeys(fill: Fill) -> None:
    con = fill(records=[record()], arrests=[arrest("a1", "2024-01-15", None)])
    assert con.execute("select count(*) from model.journeys").fetchone() == (0,)
