"""What became of incidents, arrests and cases, counted again in plain Python from rows of the model: no SQL, no cubes, day by day."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from harborlight.store import Connection, read_rows

Rows = list[dict[str, Any]]
Table = Counter[tuple[Any, ...]]
# The columns of every published table, without the count.
COLUMNS = {
    "outcome_states": ("cohort_quarter", "offense_group", "as_of", "state_code"),
    "outcome_clearance": ("month", "offense_group", "how"),
    "outcome_cohorts": ("cohort_month", "offense_group", "how", "months"),
    "outcome_decisions": ("month", "offense_group", "decision_code"),
    "outcome_case_times": ("filed_month", "offense_group", "outcome_code", "months"),
    "outcome_dispositions": ("disposed_month", "court_code", "offense_group", "outcome_code"),
    "outcome_links": ("month", "link_code", "is_linked"),
}


def month_of(day: date) -> str:
    return f"{day:%Y-%m}"


def months_between(first: date, last: date) -> int:
    return max(0, (last.year - first.year) * 12 + last.month - first.month)


def month_ends(first: date, last: date) -> Iterable[date]:
    year, month = first.year, first.month
    while (day := date(year, month, monthrange(year, month)[1])) <= last:
        yield day
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


@dataclass
class Chain:
    """Rows of the model, and the last day of the records of incidents."""

    journeys: Rows
    steps: Rows
    cases: Rows
    arrests: Rows
    incidents: Rows
    through: date

    @classmethod
    def read(cls, con: Connection) -> Chain:
        """From a private store."""
        names = ("journeys", "journey_steps", "court_cases", "arrests", "incidents")
        journeys, steps, cases, arrests, incidents = (read_rows(con, f"select * from model.{name}") for name in names)
        records = read_rows(con, "select counted_date from model.records where is_countable and is_counted and counted_date is not null")
        return cls(journeys, steps, cases, arrests, incidents, max(r["counted_date"] for r in records))

    @cached_property
    def as_of(self) -> date:
        """The last month's end that reports, arrests and courts have reached."""
        courts = [day for c in self.cases for day in (c["filed_date"], c["disposed_date"]) if day]
        arrested = [a["arrested_date"] for a in self.arrests if a["arrested_date"]]
        edge = min([self.through, *([max(courts)] if courts else []), *([max(arrested)] if arrested else [])])
        tomorrow = edge + timedelta(days=1)
        return tomorrow.replace(day=1) - timedelta(days=1)

    @cached_property
    def tables(self) -> dict[str, Table]:
        makers = (self.states, self.clearance, self.cohorts, self.decisions, self.case_times, self.dispositions, self.links)
        return {name: Counter({key: n for key, n in make().items() if n}) for name, make in zip(COLUMNS, makers, strict=True)}

    def count(self, table: str, where: Mapping[str, str]) -> int:
        """The sum of all rows that have the values; several are separated by commas."""
        wanted = {COLUMNS[table].index(name): set(text.split(",")) for name, text in where.items()}
        return sum(n for key, n in self.tables[table].items() if all(str(key[at]) in values for at, values in wanted.items()))

    def states(self) -> Table:
        """Where every incident is at every month's end from the end of its quarter on."""
        told: dict[tuple[str, str], list[tuple[date, str]]] = defaultdict(list)
        for step in self.steps:
            told[step["source_id"], step["incident_id"]].append((step["step_date"], step["state_code"]))
        found: Table = Counter()
        for journey in self.journeys:
            day, own = journey["occurred_date"], sorted(told[journey["source_id"], journey["incident_id"]])
            quarter = (day.month - 1) // 3
            start = date(day.year, quarter * 3 + 3, 1)
            for end in month_ends(start, self.as_of):
                state = [code for at, code in own if at <= end]
                if state:
                    found[f"{day.year}-Q{quarter + 1}", journey["offense_group"], end, state[-1]] += 1
        return found

    def clearance(self) -> Table:
        found: Table = Counter()
        for j in self.journeys:
            found[month_of(j["occurred_date"]), j["offense_group"], "reported"] += 1
            if j["clearance_code"]:
                found[month_of(j["cleared_date"]), j["offense_group"], j["clearance_code"]] += 1
        return Counter({key: n for key, n in found.items() if key[0] <= month_of(self.as_of)})

    def cohorts(self) -> Table:
        rows = [(j["occurred_date"], j["offense_group"], j["clearance_code"], j["cleared_date"]) for j in self.journeys]
        return self._followed(rows, "open")

    def case_times(self) -> Table:
        rows = [(c["filed_date"], c["offense_group"], c["outcome_code"], c["disposed_date"]) for c in self.cases if c["is_open"] and c["filed_date"]]
        return self._followed(rows, "pending")

    def _followed(self, rows: Iterable[tuple[date, str, str | None, date | None]], waiting: str) -> Table:
        """Each from its month until its end, or until the last month."""
        found: Table = Counter()
        for start, group, end, day in rows:
            if month_of(start) > month_of(self.as_of):
                continue
            if day and end and (month_of(day) <= month_of(self.as_of) or months_between(start, day) == 0):
                found[month_of(start), group, end, months_between(start, day)] += 1
            else:
                found[month_of(start), group, waiting, months_between(start, self.as_of)] += 1
        return found

    def dispositions(self) -> Table:
        ended = [c for c in self.cases if c["is_open"] and c["disposed_date"] and month_of(c["disposed_date"]) <= month_of(self.as_of)]
        return Counter((month_of(c["disposed_date"]), c["court_code"], c["offense_group"], c["outcome_code"]) for c in ended)

    def _arrests(self) -> Rows:
        known = [a for a in self.arrests if a["counts_arrest"] and a["is_counted"] and a["arrested_date"]]
        return [a for a in known if month_of(a["arrested_date"]) <= month_of(self.as_of)]

    def decisions(self) -> Table:
        return Counter(
            (month_of(a["arrested_date"]), a["offense_group"], "none" if a["is_child"] else a["decision_code"] or "none")
            for a in self._arrests() if a["tier"] == "T0"
        )  # fmt: skip

    def links(self) -> Table:
        incidents, arrests = {i["incident_id"] for i in self.incidents}, {a["arrest_id"] for a in self.arrests} - {None}
        found: Table = Counter()
        for a in self._arrests():
            found[month_of(a["arrested_date"]), "arrest_to_incident", "yes" if a["incident_id"] in incidents else "no"] += 1
        for c in self.cases:
            if c["is_open"] and c["filed_date"] and month_of(c["filed_date"]) <= month_of(self.as_of):
                found[month_of(c["filed_date"]), "case_to_arrest", "yes" if c["arrest_id"] in arrests else "no"] += 1
                found[month_of(c["filed_date"]), "case_to_incident", "yes" if c["incident_id"] in incidents else "no"] += 1
        return found
