"""Follows court cases and incidents by hand: plain loops over staged rows, with none of the model's SQL.

The rules are those of docs/explanation/from-arrest-to-outcome.md, written down a second time. Rows go in as dicts with canonical
names; out come followed cases and journeys to compare with.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib import resources
from typing import Any

Row = Mapping[str, Any]
RANK = ("convicted", "not_criminally_responsible", "probation_before_judgment", "stet", "acquitted", "dismissed", "dropped")
DECISIONS = ("charged", "diverted", "declined", "released")


def read_codes(name: str) -> dict[str, dict[str, str]]:
    """A shipped table of codes by code."""
    with resources.files("harborlight").joinpath(f"model/{name}.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row for row in csv.DictReader(file)}


OFFENSES, DISPOSITIONS = read_codes("offense_codes"), read_codes("disposition_codes")


@dataclass
class Followed:
    """One case from its first court to its last."""

    case_id: str
    rows: list[Row]
    charges: list[Row] = field(default_factory=list)
    outcome: str = "pending"
    disposed: date | None = None
    is_child: bool = False
    is_sensitive: bool = False

    @property
    def is_open(self) -> bool:
        return not self.is_child and not self.is_sensitive

    @property
    def filed(self) -> date | None:
        return min((row["filed_date"] for row in self.rows if row["filed_date"]), default=None)

    def named(self, column: str) -> Any:
        """What the first court says, or else a later one."""
        for is_later in (False, True):
            said = [row[column] for row in self.rows if (row["court_code"] != "district") == is_later and row[column]]
            if said:
                return min(said)
        return None


def follow(cases: Iterable[Row], charges: Iterable[Row], arrests: Iterable[Row], sensitive: set[str]) -> dict[str, Followed]:
    """Every followed case by its key. `sensitive` are incidents with an offense that is T1 or being classified."""
    rows = {row["case_id"]: row for row in cases}
    children = {row["arrest_id"] for row in arrests if row["age_years"] is not None and row["age_years"] < 18}
    by_number: dict[str, list[Row]] = defaultdict(list)
    for row in rows.values():
        by_number[row["case_number"]].append(row)
    before = {i: old["case_id"] for i, row in rows.items() for old in by_number.get(row["earlier_case_number"] or "", ())
              if old["case_id"] != i and old["court_code"] == row["court_code"]}  # fmt: skip
    kept = [row for i, row in rows.items() if i not in before.values()]
    district: dict[str, str] = {}
    for row in rows.values():
        if row["court_code"] == "district":
            for number in filter(None, (row["case_number"], row["earlier_case_number"])):
                district[number] = before.get(row["case_id"], row["case_id"])
    first: dict[str, str] = {}
    for i, row in rows.items():
        own = before.get(i, i)
        twins = [row, rows[own], *(r for r in rows.values() if before.get(r["case_id"]) == own)] if own != i or i in before.values() else [row]
        taken = [district[r["forwarded_from_case_number"]] for r in twins if r["court_code"] != "district" and r["forwarded_from_case_number"] in district]
        first[i] = taken[0] if taken else own
    found: dict[str, Followed] = {}
    for i, row in rows.items():
        found.setdefault(first[i], Followed(first[i], [])).rows.append(row)
    by_case: dict[str, list[Row]] = defaultdict(list)
    for charge in charges:
        by_case[charge["case_id"]].append(charge)
    for case in found.values():
        _finish(case, by_case, {row["case_id"] for row in kept}, children, sensitive)
    return found


def _finish(case: Followed, by_case: Mapping[str, list[Row]], kept: set[str], children: set[str], sensitive: set[str]) -> None:
    takes_over = [row for row in case.rows if row["court_code"] != "district"] if any(r["court_code"] == "district" for r in case.rows) else []
    day = min((row["filed_date"] for row in takes_over), default=None)
    is_unclear = not any(row["case_id"] in kept and by_case.get(row["case_id"]) for row in case.rows)
    for row in case.rows:
        for charge in by_case.get(row["case_id"], ()):
            code = OFFENSES.get(charge["offense_code"] or "")
            case.is_sensitive |= code is None or code["tier"] == "T1"
            if row["case_id"] not in kept or (day and row["court_code"] == "district" and _goes_on(charge, day)):
                continue
            is_unclear |= not _is_clear(charge)
            case.charges.append(charge)
    case.is_sensitive |= is_unclear or not case.charges or case.named("incident_id") in sensitive
    case.is_child = any(r["court_code"] == "juvenile" or (r["age_years"] is not None and r["age_years"] < 18) for r in case.rows)
    case.is_child |= case.named("arrest_id") in children
    ends = [_end(charge) for charge in case.charges]
    if ends and "" not in ends and set(ends) & set(RANK):
        case.outcome = min(set(ends) & set(RANK), key=RANK.index)
        case.disposed = max(charge["disposed_date"] for charge in case.charges)


def _goes_on(charge: Row, day: date) -> bool:
    """Whether a charge of the District Court goes on in the court that took its case over on a day."""
    outcome = DISPOSITIONS.get(charge["disposition_code"] or "", {}).get("outcome", "pending")
    return outcome in ("pending", "forwarded") or (outcome == "dropped" and charge["disposed_date"] is not None and charge["disposed_date"] >= day)


def _is_clear(charge: Row) -> bool:
    code = charge["disposition_code"]
    if code is None:
        return charge["disposed_date"] is None
    return code != "unclassified" and (DISPOSITIONS[code]["is_final"] == "no" or charge["disposed_date"] is not None)


def _end(charge: Row) -> str:
    """The outcome of a charge; nothing while it is pending."""
    row = DISPOSITIONS.get(charge["disposition_code"] or "")
    return row["outcome"] if row and row["is_final"] == "yes" and charge["disposed_date"] else ""


def held_back(cases: Iterable[Followed]) -> set[str]:
    """The arrests that any child's case names: what was decided on them is confidential."""
    return {case.named("arrest_id") for case in cases if case.is_child} - {None}


# ------------------------------------------------------------------------------------------------ one incident


@dataclass
class Journey:
    occurred: date
    cleared: tuple[str, date] | None = None
    arrested: date | None = None
    decision: tuple[str, date] | None = None
    charged: date | None = None
    outcome: tuple[str, date | None] | None = None

    def state_on(self, day: date) -> str:
        """The furthest stage that was reached by a day."""
        reached = ["reported"]
        if self.cleared and self.cleared[0] == "exceptional" and self.cleared[1] <= day:
            reached.append("cleared_exceptional")
        seen = [self.arrested] if self.arrested else []
        seen += [self.cleared[1]] if self.cleared and self.cleared[0] == "arrest" else []
        if any(on <= day for on in seen):
            reached.append("arrested")
        if self.decision and self.decision[0] != "charged" and self.decision[1] <= day:
            reached.append(self.decision[0])
        if self.charged and self.charged <= day:
            reached.append("charged")
        if self.outcome and self.outcome[1] and self.outcome[1] <= day:
            reached.append(self.outcome[0])
        return reached[-1]


def travel(occurred: date, records: list[Row], arrests: list[Row], cases: list[Followed], held_back: set[str]) -> Journey:
    """The journey of one incident: its records, the arrests that name it and the followed cases that name it.

    `held_back` are the arrests that any child's case names, whichever incident that case names.
    """
    journey = Journey(occurred)
    for how in ("exceptional", "arrest"):
        days = [r["cleared_date"] for r in records if r["status_code"] == f"cleared_{how}" and r["cleared_date"]]
        if days:
            journey.cleared = (how, max(min(days), occurred))
    mine = [a for a in arrests if a["arrested_date"]]
    if mine:
        journey.arrested = max(min(a["arrested_date"] for a in mine), occurred)
    childs = [case for case in cases if case.is_child]
    adults = [a for a in arrests if (a["age_years"] is None and not childs) or (a["age_years"] or 0) >= 18]
    for decision in DECISIONS:
        days = [a["decided_date"] for a in adults if a["charging_decision_code"] == decision and a["arrest_id"] not in held_back and a["decided_date"]]
        if days:
            journey.decision = (decision, max(min(days), journey.arrested or occurred, occurred))
            break
    open_cases = [case for case in cases if case.is_open and case.filed]
    filed = [case.filed for case in open_cases if case.filed]
    said = [a["decided_date"] for a in adults if a["charging_decision_code"] == "charged" and a["arrest_id"] not in held_back and a["decided_date"]]
    if filed or said:
        journey.charged = max(min(filed + said), occurred)
    if any(case.disposed is None for case in open_cases):
        journey.outcome = ("pending", None)
    elif open_cases:
        outcome = min((case.outcome for case in open_cases), key=RANK.index)
        journey.outcome = (outcome, max(*(case.disposed for case in open_cases if case.disposed), min(filed), occurred))
    return journey
