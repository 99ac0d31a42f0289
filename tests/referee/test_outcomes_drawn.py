"""Drawn at random, as untidy as files are: the referee and the model agree on every case, every journey and every state."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from harborlight.store import read_rows
from tests.referee.courts import DISPOSITIONS, follow, held_back, travel
from tests.spec.test_court_cases import Fill, Row, fill

__all__ = ["fill"]
FIRST = date(2024, 1, 1)
AGES = (None, 15, 17, 18, 19, 30, 30, 30)
ENDS = (None, None, "nolle_prosequi", "nolle_prosequi", "guilty_plea", "guilty_verdict", "stet", "dismissed", "not_guilty", "merged", "probation_before_judgment",
        "forwarded_circuit", "postponed", "unclassified", "not_criminally_responsible")  # fmt: skip
Files = dict[str, list[Row]]


def day(random: Random, low: int = 0, high: int = 300) -> date:
    return FIRST + timedelta(days=random.randrange(low, high))


def draw(random: Random) -> Files:
    """A few incidents with arrests, cases in one court or two, under one number or two, and charges of every kind."""
    files: Files = {"records": [], "arrests": [{"arrest_id": "a", "arrested_date": FIRST, "incident_id": "none"}], "cases": [], "charges": []}
    for n in range(10):
        incident = f"i{n}"
        for k in range(random.choice((1, 1, 2))):
            status = random.choice(("open", "open", "cleared_arrest", "cleared_exceptional", "unfounded"))
            files["records"].append({
                "record_id": f"{incident}-{k}", "incident_id": incident, "occurred_date": day(random, 0, 60), "status_code": status,
                "offense_code": random.choice(("13A", "120", "220", "220", "11A", None)), "cleared_date": random.choice((None, day(random))),
            })  # fmt: skip
        for k in range(random.choice((0, 1, 1, 2))):
            files["arrests"].append({
                "arrest_id": f"{incident}-a{k}", "incident_id": incident, "arrested_date": day(random), "age_years": random.choice(AGES),
                "charging_decision_code": random.choice((None, "charged", "charged", "declined", "released", "diverted")),
                "decided_date": random.choice((None, day(random), day(random))),
            })  # fmt: skip
        for k in range(random.choice((0, 1, 1, 2))):
            _draw_case(random, files, incident, f"{incident}-c{k}")
    return files


def _draw_case(random: Random, files: Files, incident: str, key: str) -> None:
    filed, court = day(random), random.choice(("district", "district", "district", "circuit", "juvenile"))
    row = {
        "case_id": key, "case_number": f"N{key}", "court_code": court, "filed_date": filed, "incident_id": random.choice((incident, incident, None)),
        "arrest_id": random.choice((None, f"{incident}-a0", f"{incident}-a1")), "age_years": random.choice(AGES),
    }  # fmt: skip
    rows = [row]
    if random.random() < 0.2:
        rows.append({**row, "case_id": f"{key}-new", "case_number": f"NEW{key}", "earlier_case_number": f"N{key}"})
    if court == "district" and random.random() < 0.5:
        taken = filed + timedelta(days=random.randrange(40))
        number = random.choice([r["case_number"] for r in rows])
        rows.append({**row, "case_id": f"{key}-z", "case_number": f"Z{key}", "court_code": "circuit", "filed_date": taken, "forwarded_from_case_number": number})
    for one in rows:
        files["cases"].append(one)
        for seq in range(random.choice((0, 1, 1, 2, 3))):
            end = random.choice(ENDS)
            is_dated = end is not None and random.random() < 0.95
            files["charges"].append({
                "case_id": one["case_id"], "charge_seq": seq, "offense_code": random.choice(("13A",) * 12 + ("220",) * 6 + ("11A", None)),
                "severity_code": random.choice(("felony", "misdemeanor", None)), "disposition_code": end,
                "disposed_date": random.choice((rows[-1]["filed_date"], day(random, 0, 500))) if is_dated else None,
            })  # fmt: skip


def compare(fill: Fill, seed: int) -> None:
    random = Random(seed)
    files = draw(random)
    con = fill(files["cases"], files["charges"], records=files["records"], arrests=files["arrests"])
    sensitive = {r["incident_id"] for r in files["records"] if r["offense_code"] in ("11A", None)}
    staged = {table: read_rows(con, f"select * from staging.{table}") for table in ("cases", "charges", "arrests")}
    cases = follow(staged["cases"], staged["charges"], staged["arrests"], sensitive)
    found = {r["case_id"]: (r["outcome_code"], r["disposed_date"], r["is_child"], r["is_open"]) for r in read_rows(con, "select * from model.court_cases")}
    assert found == {key: (case.outcome, case.disposed, case.is_child, case.is_open) for key, case in cases.items()}, seed
    _compare_journeys(con, files, staged, list(cases.values()), random, seed)


def _compare_journeys(con: Any, files: Files, staged: Files, cases: list[Any], random: Random, seed: int) -> None:
    records: dict[str, list[Row]] = defaultdict(list)
    for record in files["records"]:
        if record["offense_code"] not in ("11A", None) and record["status_code"] != "unfounded":
            records[record["incident_id"]].append(record)
    steps: dict[str, list[tuple[date, str]]] = defaultdict(list)
    for row in read_rows(con, "select * from model.journey_steps"):
        steps[row["incident_id"]].append((row["step_date"], row["state_code"]))
    assert steps.keys() == records.keys(), seed
    for incident, mine in records.items():
        journey = travel(
            min(r["occurred_date"] for r in mine), mine, [a for a in staged["arrests"] if a["incident_id"] == incident],
            [case for case in cases if case.named("incident_id") == incident], held_back(cases),
        )  # fmt: skip
        for on in (*(step for step, _ in steps[incident]), *(day(random, -10, 600) for _ in range(10))):
            by_then = [step for step in steps[incident] if step[0] <= on]
            states = [state for step, state in by_then if step == max(s for s, _ in by_then)]
            assert states == ([journey.state_on(on)] if on >= journey.occurred else []), (seed, incident, on)


@pytest.mark.parametrize("seed", range(12))
def test_cases_journeys_and_states_are_those_of_the_referee(fill: Fill, seed: int) -> None:
    compare(fill, seed)


@pytest.mark.deep
def test_a_thousand_more_agree(fill: Fill) -> None:
    assert len(DISPOSITIONS) > 20
    for seed in range(1000, 2000):
        compare(fill, seed)
