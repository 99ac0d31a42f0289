"""Turns one typed question into one SELECT over the smallest table that can answer it.

Columns and tables come from the closed lists here, values are bound; no text of a request ever becomes SQL. The tables
differ only in how much they have been summed, so the same conditions run on each.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from harborlight.catalog.models import Metric
from harborlight.errors import QueryError
from harborlight.metrics.shapes import Facts, Query

EPOCH = date(1900, 1, 1)
WEAPONS = ("none", "firearm", "knife", "hands", "other")

# Smallest first; the first whose columns cover the question answers it.
TABLES: tuple[tuple[str, frozenset[str]], ...] = (
    ("rollup_month", frozenset({"month", "offense", "area", "source"})),
    ("rollup_hour", frozenset({"month", "weekday", "hour", "offense", "source"})),
    ("rollup_day", frozenset({"day", "month", "weekday", "offense", "area", "source"})),
    ("packed", frozenset({"day", "month", "weekday", "hour", "offense", "area", "weapon", "source", "incident"})),
)
# What a breakdown groups by, and the column that it needs. 1 January 1900 was a Monday: weekday 0.
GROUPS: dict[str, tuple[str, str]] = {
    "day": ('"day"', "day"),
    "week": ('"day" - "weekday"', "day"),
    "month": ('"month"', "month"),
    "year": ('"month" // 12', "month"),
    "hour": ('"hour"', "hour"),
    "weekday": ('"weekday"', "weekday"),
    "area": ("area", "area"),
    "offense": ("g.group_ix", "offense"),
    "offense_code": ("offense", "offense"),
    "weapon": ("weapon", "weapon"),
    "source": ('"source"', "source"),
}


@dataclass(frozen=True)
class Compiled:
    """`columns` are the breakdowns in order; the rows of `sql` hold their numbers and then n."""

    sql: str
    params: dict[str, Any]
    table: str
    columns: tuple[str, ...]


def day_number(day: date) -> int:
    return (day - EPOCH).days


def month_number(day: date) -> int:
    return (day.year - 1900) * 12 + day.month - 1


def compile_query(facts: Facts, query: Query) -> Compiled:
    """One SELECT with bound values for a count. Raises QueryError for a measure that this release cannot answer."""
    metric = facts.metrics[query.metric]
    needs = {GROUPS[name][1] for name in query.by}
    conditions, params = _conditions(facts, metric, query, needs)
    unit, joined = _unit(facts, metric, query, needs)
    table, columns = next((name, columns) for name, columns in TABLES if needs <= columns)
    match metric.measure:
        case "count" if joined:
            value = "count(distinct incident) + count(*) filter (where incident is null)"
        case "count":
            value, conditions = ("count(*)" if table == "packed" else "coalesce(sum(n), 0)"), [*conditions, unit]
        case other:
            raise QueryError(f"The measure {other} has no table in this release.", code="not_found", status=404)
    group_join = " join offenses as g on g.ix = t.offense" if "offense" in query.by else ""
    keys = [f"{GROUPS[name][0]} as k{i}" for i, name in enumerate(query.by)]
    grouping = f" group by {', '.join(str(i + 1) for i in range(len(keys)))} order by all" if keys else ""
    where = " and ".join(conditions)
    sql = f"select {', '.join([*keys, f'{value} as n'])} from {table} as t{group_join} where {where}{grouping}"
    return Compiled(sql, params, table, query.by)


def _conditions(facts: Facts, metric: Metric, query: Query, needs: set[str]) -> tuple[list[str], dict[str, Any]]:
    conditions: list[str] = []
    params: dict[str, Any] = {}
    by_month = query.date_from.day == 1 and (query.date_to + timedelta(days=1)).day == 1
    column, number = ("month", month_number) if by_month and "day" not in needs else ("day", day_number)
    needs.add(column)
    span = f'"{column}" between $first and $last'
    conditions.append(f'({span} or "{column}" is null)' if query.whole else span)
    params |= {"first": number(query.date_from), "last": number(query.date_to)}
    for number_of_gap, gap in enumerate(m for m in facts.missing if m.metric == metric.id):
        # What a source lacks is left out whole: a total never holds the rest of a month that is shown as missing.
        first, last = max(gap.date_from or EPOCH, EPOCH), min(gap.date_to or query.date_to, query.date_to)
        if first <= last and last >= query.date_from:
            whole_months = column == "month" and first.day == 1 and (last + timedelta(days=1)).day == 1
            conditions.append(_outside("month" if whole_months else "day", number_of_gap))
            needs.add("month" if whole_months else "day")
            convert = month_number if whole_months else day_number
            params |= {f"gap{number_of_gap}_first": convert(first), f"gap{number_of_gap}_last": convert(last)}
    if metric.sources:
        conditions.append(_among('"source"', [i for i, s in enumerate(facts.sources) if s.id in metric.sources]))
        needs.add("source")
    else:
        conditions.append("is_counted")
    if query.system:
        conditions.append(
            _among('"source"', [i for i, s in enumerate(facts.sources) if s.counting_system == query.system])
        )
        needs.add("source")
    conditions += [*metric.where, *(f"not {flag}" for flag in metric.where_not)]
    if query.offenses:
        conditions.append(
            _among("offense", [o.ix for o in facts.offenses if o.group in query.offenses or o.code in query.offenses])
        )
        needs.add("offense")
    if query.area is not None:
        params["area"] = next(ix for ix, area_id, _ in facts.areas[query.layer or ""] if area_id == query.area)
        conditions.append("area = $area")
        needs.add("area")
    if query.hours:
        conditions.append('"hour" between 6 and 17' if query.hours == "day" else '("hour" < 6 or "hour" > 17)')
        needs.add("hour")
    return conditions, params


def _outside(column: str, number_of_gap: int) -> str:
    return f'coalesce("{column}" not between $gap{number_of_gap}_first and $gap{number_of_gap}_last, true)'


def _among(column: str, numbers: list[int]) -> str:
    """Membership in a list of the release's own code numbers (a bound list costs a millisecond an entry)."""
    return f"{column} in ({', '.join(str(int(number)) for number in numbers)})" if numbers else "false"


def _unit(facts: Facts, metric: Metric, query: Query, needs: set[str]) -> tuple[str, bool]:
    """The column that makes a record stand for its unit; True where distinct incidents have to be counted instead."""
    if query.unit != "incidents":
        return ("counts_victim" if query.unit == "victims" else "counts_offense"), False
    groups = {o.group for o in facts.offenses}
    one_group = bool(metric.where)
    if "offense_code" in query.by:
        return "counts_incident_code", False
    if "offense" in query.by and all(name in groups for name in query.offenses):
        return "counts_incident_group", False
    if not query.offenses and "offense" not in query.by:
        return ("counts_incident_group" if one_group else "counts_incident"), False
    if len(query.offenses) == 1 and "offense" not in query.by:
        return ("counts_incident_group" if query.offenses[0] in groups else "counts_incident_code"), False
    needs.add("incident")
    return "", True
