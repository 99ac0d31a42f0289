"""What became of incidents, arrests and cases, counted again in plain Python from rows of the model: no SQL, no cubes, day by day."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from itertools import product
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
    "outcome_districts": ("cohort_year", "police_district", "offense_group", "state_code"),
}


def read_districts(con: Connection) -> dict[tuple[str, str], set[str]]:
    """The districts of every incident's open records: where its piece lies by the lines in force, else what the source states."""
    drawn = read_rows(con, "select lines_ix from places.versions where layer = 'police_district' and is_current")
    current = {row["lines_ix"] for row in drawn}
    names = {(r["lines_ix"], r["ix"]): r["area_id"] for r in read_rows(con, "select lines_ix, ix, area_id from places.areas")}
    pieces = read_rows(con, "select lines_ix, piece, area from places.piece_areas")
    district = {r["piece"]: names[r["lines_ix"], r["area"]] for r in pieces if r["lines_ix"] in current}
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in read_rows(con, "select * from model.records where tier = 'T0' and is_countable and is_counted"):
        area = district.get(row["piece"]) or row["district_id"]
        found[row["source_id"], row["incident_id"]] |= {area} if area else set()
    return found


def folded_groups(districts: Mapping[str, Mapping[str, int]]) -> set[str]:
    """The groups that share one row: those of fewer than ten in some district, and as many of the next as it takes for ten in each."""
    groups = {group for own in districts.values() for group in own}
    least = {group: min(own.get(group, 0) for own in districts.values()) for group in groups}
    folded = {group for group in groups if least[group] < 10}
    for group in sorted(groups - folded, key=lambda g: (least[g], g)):
        if not folded or min(sum(own.get(g, 0) for g in folded) for own in districts.values()) >= 10:
            break
        folded.add(group)
    return folded


def month_of(day: date) -> str:
    return f"{day:%Y-%m}"


def months_between(first: date, last: date) -> int:
    return max(0, (last.year - first.year) * 12 + last.month - first.month)


def month_ends(first: date, last: date) -> Iterable[date]:
    year, month = first.year, first.month
    while (day := date(year, month, monthrange(year, month)[1])) <= last:
        yield day
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def first_decisions(rows: Rows, codes: Mapping[str, Mapping[str, Any]], cases: Rows) -> dict[tuple[str, str], dict[str, Any]]:
    """What each arrest was for and what was decided first, from its rows as staged: the most that was decided on any, nothing of a child."""
    children = {case["arrest_id"] for case in cases if case["is_child"]}
    groups = {code["sort"]: code["offense_group"] for code in codes.values()}
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        own = found.setdefault((row["source_id"], row["arrest_id"]), {"sorts": [], "open": True, "child": row["arrest_id"] in children, "said": set()})
        code = codes.get(row["offense_code"] or "")
        own["open"] &= code is not None and code["tier"] == "T0"
        own["child"] |= row["age_years"] is not None and row["age_years"] < 18
        own["sorts"] += [code["sort"]] if code else []
        own["said"].add(row["charging_decision_code"])
    for own in found.values():
        own["offense_group"] = groups[min(own["sorts"], key=int)] if own["sorts"] else None
        ranked = [said for said in ("charged", "diverted", "declined", "released") if said in own["said"]]
        own |= {"tier": "T0" if own["open"] else "T1", "decision_code": ranked[0] if ranked and not own["child"] else None}
    return found


def _is_in(value: str, text: str) -> bool:
    """Whether a value is one of those separated by commas, or lies between the ends of `first..last`."""
    first, dots, last = text.partition("..")
    return first <= value <= last if dots else value in text.split(",")


@dataclass
class Chain:
    """Rows of the model, and the last day of the records of incidents. `arrests` are those that count, with their first decision."""

    journeys: Rows
    steps: Rows
    cases: Rows
    charges: Rows
    arrests: Rows
    incidents: Rows
    court_links: Rows
    through: date
    districts_of: Mapping[tuple[str, str], set[str]]
    summed: dict[tuple[str, tuple[str, ...]], Table] = field(default_factory=dict)

    @classmethod
    def read(cls, con: Connection) -> Chain:
        """From a private store; first decisions are found again from the rows as staged."""
        names = ("journeys", "journey_steps", "court_cases", "charges", "arrests", "incidents", "court_links")
        journeys, steps, cases, charges, arrests, incidents, links = (read_rows(con, f"select * from model.{name}") for name in names)
        records = read_rows(con, "select counted_date from model.records where is_countable and is_counted and counted_date is not null")
        codes = {code["code"]: code for code in read_rows(con, "select * from staging.offense_codes")}
        decided = first_decisions(read_rows(con, "select * from staging.arrests"), codes, cases)
        arrests = [{**a, **decided[a["source_id"], a["arrest_id"]]} for a in arrests if a["counts_arrest"] and a["is_counted"]]
        return cls(journeys, steps, cases, charges, arrests, incidents, links, max(r["counted_date"] for r in records), read_districts(con))

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
        makers = (self.states, self.clearance, self.cohorts, self.decisions, self.case_times, self.dispositions, self.links, self.districts)
        return {name: Counter({key: n for key, n in make().items() if n}) for name, make in zip(COLUMNS, makers, strict=True)}

    def count(self, table: str, where: Mapping[str, str]) -> int:
        """The sum of all rows that have the values; several are separated by commas, months may be `first..last`."""
        sums = self._sums(table, tuple(where))
        choices = [text.split(",") for text in where.values()]
        if any(".." in text for text in where.values()):
            chosen = [key for key in sums if all(_is_in(value, text) for value, text in zip(key, where.values(), strict=True))]
        else:
            chosen = list(product(*choices))
        return sum(sums[key] for key in chosen)

    def _sums(self, table: str, names: tuple[str, ...]) -> Table:
        """Sums by the values, as text, of some columns."""
        if (table, names) not in self.summed:
            places, found = [COLUMNS[table].index(name) for name in names], Counter[tuple[Any, ...]]()
            for key, n in self.tables[table].items():
                found[tuple(str(key[at]) for at in places)] += n
            self.summed[table, names] = found
        return self.summed[table, names]

    def rows(self, table: str, where: Mapping[str, str]) -> Table:
        wanted = [(COLUMNS[table].index(name), text) for name, text in where.items()]
        return Counter({key: n for key, n in self.tables[table].items() if all(_is_in(str(key[at]), text) for at, text in wanted)})

    def reached(self, table: str, where: Mapping[str, str], codes: Iterable[str], waiting: str, month: int) -> tuple[float, float, int]:
        """Share that had come to one of `codes` by a month, that had come to no end, and the number still waiting when it began."""
        rows = self.rows(table, where)
        code_at, month_at = len(COLUMNS[table]) - 2, len(COLUMNS[table]) - 1
        ends: Counter[tuple[str, int]] = Counter()
        for key, n in rows.items():
            ends[key[code_at], key[month_at]] += n
        left, risk, share = 1.0, sum(ends.values()), 0.0
        for at in range(month + 1):
            here = {code: n for (code, when), n in ends.items() if when == at}
            if at == month:
                waits = risk
            if risk:
                ended = sum(n for code, n in here.items() if code != waiting)
                share += left * sum(here.get(code, 0) for code in codes) / risk
                left *= 1 - ended / risk
            risk -= sum(here.values())
        return share, left, waits

    def states(self) -> Table:
        """Where every incident is at every month's end from the end of its quarter on."""
        told: dict[tuple[str, str], list[tuple[date, str]]] = defaultdict(list)
        for step in self.steps:
            code = "not_charged" if step["state_code"] in ("arrested", "declined", "released") else step["state_code"]
            told[step["source_id"], step["incident_id"]].append((step["step_date"], code))
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

    def districts(self) -> Table:
        """Incidents of whole years in one district, cleared or open; groups of fewer than ten anywhere together, killings never."""
        counts: dict[str, dict[str, Counter[tuple[str, str]]]] = defaultdict(lambda: defaultdict(Counter))
        for j in self.journeys:
            (own, *more) = self.districts_of.get((j["source_id"], j["incident_id"]), set()) or {None}
            if own and not more and f"{j['occurred_date'].year}-12" <= month_of(self.as_of):
                state = "cleared" if j["clearance_code"] and month_of(j["cleared_date"]) <= month_of(self.as_of) else "open"
                counts[str(j["occurred_date"].year)][own][j["offense_group"], state] += 1
        found: Table = Counter()
        for year, districts in counts.items():
            usual = {d: Counter({g: sum(n for (o, _), n in own.items() if o == g) for g, _ in own if g != "homicide"}) for d, own in districts.items()}
            usual = {d: own for d, own in usual.items() if own.total() >= 10}
            folded = folded_groups(usual)
            for district in usual:
                for (group, state), n in districts[district].items():
                    found[year, district, "other" if group in folded else group, state] += n
        return found

    def _by_edge(self, day: date | None) -> bool:
        return day is not None and month_of(day) <= month_of(self.as_of)

    def decisions(self) -> Table:
        known = [a for a in self.arrests if self._by_edge(a["arrested_date"]) and a["tier"] == "T0"]
        return Counter((month_of(a["arrested_date"]), "all", a["decision_code"]) for a in known if a["decision_code"])

    def links(self) -> Table:
        """Of arrests and clearances as the model links them; of cases and charges open ones only, and charges without a case."""
        incidents = {i["incident_id"] for i in self.incidents if i["has_complaint_number"]}
        arrests, cases = {a["arrest_id"] for a in self.arrests}, {c["case_id"]: c for c in self.cases if c["is_open"]}
        told: list[tuple[date | None, str, bool]] = []
        for link in self.court_links:
            if link["link_code"] in ("arrest_incident", "clearance_arrest") or (link["link_code"] == "charge_case" and not link["is_linked"]):
                told.append((link["link_date"], link["link_code"], link["is_linked"]))
        told += [(cases[c["case_id"]]["filed_date"], "charge_case", True) for c in self.charges if c["case_id"] in cases]
        for case in cases.values():
            told.append((case["filed_date"], "case_arrest", case["arrest_id"] in arrests))
            told.append((case["filed_date"], "case_incident", case["incident_id"] in incidents))
        return Counter((month_of(day), code, "yes" if is_found else "no") for day, code, is_found in told if day and self._by_edge(day))
