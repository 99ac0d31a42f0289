"""What a release says of outcomes: cohorts of incidents, clearances, decisions, cases and their times, read from its small tables.

Every number is a sum of rows of one published table, named by what the rows have in common (`Part`), so that a reader can add it up
again from the download.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from harborlight.errors import QueryError
from harborlight.statistics.estimate import SMALL_COUNT
from harborlight.statistics.flow import Incidence, incidence_of_counts
from harborlight.store import Connection, read_rows

# Every state in the order of the way from a report to an outcome.
STATES = (
    "reported", "cleared_exceptional", "not_charged", "diverted", "charged", "convicted", "not_criminally_responsible",
    "probation_before_judgment", "stet", "acquitted", "dismissed", "dropped",
)  # fmt: skip
OUTCOMES = STATES[5:]
DECISIONS = ("charged", "declined", "released", "diverted")
LINKS = ("arrest_incident", "case_arrest", "case_incident", "charge_case", "clearance_arrest")
# Ends that a case may come to, as the time to an outcome tells them apart.
ENDS: Mapping[str, tuple[str, ...]] = {
    "convicted": ("convicted",),
    "other": ("not_criminally_responsible", "probation_before_judgment", "stet"),
    "not_convicted": ("acquitted", "dismissed", "dropped"),
}
MONTHS = (1, 3, 6, 12, 18, 24, 36)
LATER = (6, 12, 24, 36)  # months after a cohort's end at which it is looked at again
MOST_MOMENTS = 6
LONGEST = 60  # months that a picture of times shows


@dataclass(frozen=True)
class Part:
    """Rows of one published table: `where` names values of its columns, several with commas, months as `first..last`."""

    table: str
    where: Mapping[str, str]

    @property
    def words(self) -> str:
        return ";".join(f"{name}={value}" for name, value in self.where.items())

    def but(self, **where: str) -> Part:
        return Part(self.table, {**self.where, **where})


@dataclass(frozen=True)
class Cohort:
    """Incidents of one year or quarter."""

    id: str
    quarters: tuple[str, ...]

    @property
    def months(self) -> str:
        """`first..last` of its months."""
        first, last = _first_month(self.quarters[0]), _first_month(self.quarters[-1]) + 2
        year = self.quarters[0][:4]
        return f"{year}-{first:02}..{year}-{last:02}"

    @property
    def ends(self) -> date:
        return month_end(self.months.partition("..")[2])


@dataclass(frozen=True)
class Span:
    """What can be asked for: the day that outcomes are told of, complete quarters with their incidents, and offense groups."""

    as_of: date
    quarters: tuple[str, ...]
    groups: tuple[tuple[str, str], ...]  # id and title, in the order of offense codes

    @cached_property
    def cohorts(self) -> tuple[Cohort, ...]:
        """Years, newest first, each followed by its quarters. The last year may have fewer than four of them."""
        found = []
        for year in sorted({q[:4] for q in self.quarters}, reverse=True):
            own = tuple(q for q in self.quarters if q.startswith(year))
            found += [Cohort(year, own), *(Cohort(q, (q,)) for q in reversed(own))]
        return tuple(found)

    @property
    def usual(self) -> Cohort:
        """The newest whole year that has been followed for six months, or the newest cohort."""
        whole = [c for c in self.cohorts if len(c.quarters) == 4]
        grown = [c for c in whole if (self.as_of - c.ends).days >= 180]
        return (grown or whole or list(self.cohorts))[0]


def read_span(con: Connection) -> Span | None:
    """None where the city has not supplied what outcomes are made of."""
    quarters = read_rows(con, "select cohort_quarter as q, max(as_of) as as_of from outcome_states group by 1 order by 1")
    if not quarters:
        return None
    groups = read_rows(
        con,
        "select o.offense_group, any_value(o.group_title) as title, min(o.ix) as place from offenses as o where o.offense_group in ("
        "select offense_group from outcome_states union select offense_group from outcome_case_times union "
        "select offense_group from outcome_decisions) group by 1 order by place",
    )
    as_of = max(row["as_of"] for row in quarters)
    return Span(as_of, tuple(row["q"] for row in quarters), tuple((row["offense_group"], row["title"]) for row in groups))


def find_cohort(span: Span, text: str, message: str) -> Cohort:
    """The cohort of that name, or the usual one without a name. Raises QueryError (400) for any other."""
    if not text:
        return span.usual
    for cohort in span.cohorts:
        if cohort.id == text:
            return cohort
    raise QueryError(message, parameter="cohort", allowed=[c.id for c in span.cohorts])


def read_parts(con: Connection, part: Part, by: Sequence[str]) -> Counter[Any]:
    """How many the rows of a part add up to, by the values of some columns: a bare value for one, a tuple for several."""
    conditions, params = _conditions(part)
    names = ", ".join(f'"{name}"' for name in by)
    rows = con.execute(f"select {names}, cast(sum(n) as bigint) from {part.table} where {conditions} group by all", params).fetchall()
    return Counter({row[0] if len(by) == 1 else row[:-1]: row[-1] for row in rows})


def read_part_rows(con: Connection, part: Part) -> list[dict[str, Any]]:
    """The rows of a part as they are published, in their order."""
    conditions, params = _conditions(part)
    return read_rows(con, f"select * from {part.table} where {conditions} order by all", params)


def _conditions(part: Part) -> tuple[str, list[Any]]:
    """SQL and its values; names of tables and columns come from code alone."""
    parts, params = ["true"], []
    for name, text in part.where.items():
        first, dots, last = text.partition("..")
        if dots:
            parts.append(f'"{name}" between ? and ?')
            params += [first, last]
        else:
            values = text.split(",")
            parts.append(f"cast(\"{name}\" as varchar) in ({', '.join('?' * len(values))})")
            params += values
    return " and ".join(parts), params


def narrowed(table: str, group: str, **where: str) -> Part:
    """Rows of a table, of one offense group where one is asked for."""
    return Part(table, {**where, **({"offense_group": group} if group else {})})


def moments(cohort: Cohort, as_of: date) -> list[date]:
    """Month ends at which a cohort is looked at: its own end, so many months later, and the last."""
    later = [cohort.ends, *(_months_later(cohort.ends, n) for n in LATER)]
    known = [day for day in later if day < as_of]
    return [*known[: MOST_MOMENTS - 1], as_of]


def incidence(times: Mapping[tuple[str, int], int], ends: Mapping[str, Sequence[str]], waiting: str) -> Incidence:
    """Cumulative incidence of ends (each a list of codes) from counts by code and months; `waiting` is the code of those still waiting."""
    most = max((months for _, months in times), default=0)
    counts = {end: [sum(times.get((code, m), 0) for code in codes) for m in range(most + 1)] for end, codes in ends.items()}
    return incidence_of_counts(counts, [times.get((waiting, m), 0) for m in range(most + 1)])


def read_times(con: Connection, group: str) -> Incidence:
    """Cumulative incidence of the three kinds of end of court cases, by calendar months after filing."""
    return incidence(read_parts(con, narrowed("outcome_case_times", group), ("outcome_code", "months")), ENDS, "pending")


def followed_months(found: Incidence) -> int:
    """Months that are drawn: as long as ten cases or more were still waiting at the start of the month."""
    return min(LONGEST, sum(n >= SMALL_COUNT for n in found.at_risk))


def picture_name(group: str) -> str:
    """What the picture of those times is called in a release, without its width."""
    return f"outcome-times-{group.replace('_', '-')}" if group else "outcome-times"


def month_end(month: str) -> date:
    year, number = int(month[:4]), int(month[5:7])
    return (date(year + 1, 1, 1) if number == 12 else date(year, number + 1, 1)) - timedelta(days=1)


def _months_later(day: date, months: int) -> date:
    at = day.year * 12 + day.month - 1 + months
    return month_end(f"{at // 12}-{at % 12 + 1:02}")


def _first_month(quarter: str) -> int:
    return int(quarter[-1]) * 3 - 2
