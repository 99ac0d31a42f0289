"""Turns one typed question into one SELECT over the smallest table that can answer it.

Columns and tables come from the closed lists here, values are bound; no text of a request ever becomes SQL. The tables
differ only in how much they have been summed, so the same conditions run on each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

from harborlight.catalog.models import Metric
from harborlight.errors import QueryError
from harborlight.metrics.facts import areas_in, lines_by_id
from harborlight.metrics.shapes import Facts, Query

EPOCH, LAST_DAY = date(1900, 1, 1), date(2075, 12, 31)
WEAPONS = ("none", "firearm", "knife", "hands", "other")

# Smallest first; the first whose columns cover the question answers it. `piece` finds areas by place, `placed` is whether
# there is a piece at all.
TABLES: tuple[tuple[str, frozenset[str]], ...] = (
    ("rollup_month", frozenset({"month", "offense", "area", "source", "placed"})),
    ("rollup_hour", frozenset({"month", "weekday", "hour", "offense", "source", "placed"})),
    ("rollup_day", frozenset({"day", "month", "weekday", "offense", "area", "source", "placed"})),
    (
        "packed",
        frozenset({
            "day", "month", "weekday", "hour", "offense", "area", "weapon", "source", "incident", "piece", "placed",
        }),
    ),
)  # fmt: skip
# What the map can show: records with the public point (`snap`) that they are shown at.
TILES = ("tiles", TABLES[-1][1] | {"snap"})
# People killed or shot under each rule of the year that a killing counts in; conditions that its rows can be asked for.
KILLINGS = ("packed_killings", TABLES[-1][1] | {"snap"})
KILLING_FLAGS = frozenset({"is_homicide", "is_nonfatal_shooting", "is_killed_or_shot"})
# Conditions that are nothing but a group of offenses; a shooting can be in any of them.
FLAGGED_GROUPS = {
    "is_homicide": "homicide", "is_robbery": "robbery", "is_aggravated_assault": "aggravated_assault",
    "is_burglary": "burglary", "is_auto_theft": "auto_theft",
}  # fmt: skip
RULE_NUMBERS = {None: 0, "injured": 1, "died": 2, "ruled": 3}
ARRESTS = ("packed_arrests", frozenset({"day", "month", "weekday", "area", "source", "piece", "placed"}))
# By month and district of the lines in force, so that `area` holds what `piece` says in other tables.
FIREARMS = ("packed_firearms", frozenset({"day", "month", "area", "source", "placed", "kind", "made", "reason"}))
FIREARM_KINDS = ("pistol", "revolver", "rifle", "shotgun", "other", "unknown")
PRIVATELY_MADE = ("yes", "no", "unknown")
RECOVERY_REASONS = ("arrest", "stop", "search_warrant", "crime_scene", "found", "handed_in", "other", "unknown")
# Measures that are counted from a table of their own.
OWN_TABLES = {"arrests": ARRESTS, "firearms": FIREARMS}
# Tables with a row for each record; the others hold n records in a row.
RECORD_TABLES = ("packed", "tiles", "packed_killings", "packed_arrests", "packed_firearms")
# What a breakdown groups by, and the column that it needs. 1 January 1900 was a Monday: weekday 0.
GROUPS: dict[str, tuple[str, str]] = {
    "day": ('"day"', "day"),
    "week": ('"day" - "weekday"', "day"),
    "month": ('"month"', "month"),
    # As a small number: its widest type would have a table of sums made for every value that it could hold.
    "year": ('cast("month" // 12 as utinyint)', "month"),
    "hour": ('"hour"', "hour"),
    "weekday": ('"weekday"', "weekday"),
    "area": ("area", "area"),
    "offense": ("g.group_ix", "offense"),
    "offense_code": ("offense", "offense"),
    "weapon": ("weapon", "weapon"),
    "source": ('"source"', "source"),
    "firearm_kind": ("kind", "kind"),
    "privately_made": ("made", "made"),
    "reason": ("reason", "reason"),
}


UNITS = {"victims": "counts_victim", "offenses": "counts_offense", "arrests": "counts_arrest", "firearms": "counts_firearm"}


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


Place = Literal["anywhere", "in_lines", "nowhere"]


@dataclass(frozen=True)
class Scan:
    """The rows that a query counts (`tables`, which reads the counted table as `t`, and `where`) and what is counted of them.

    `conditions` are the parts of `where`, in order.
    """

    tables: str
    where: str
    value: str
    params: dict[str, Any]
    table: str
    conditions: tuple[str, ...] = ()


def compile_query(facts: Facts, query: Query, snaps: Sequence[int] = (), *, nowhere: str = "") -> Compiled:
    """One SELECT with bound values for a count; `snaps` are the public points inside the query's shape.

    `nowhere` adds a column, so that one scan tells both: how many of the counted lie in no area of any layer (`placed`), or
    have no stated area (`stated`).
    Raises QueryError for a measure that this release cannot answer.
    """
    scan = compile_scan(facts, query, snaps)
    joined = " join offenses as g on g.ix = t.offense" if "offense" in query.by else ""
    order = f" group by {', '.join(str(i + 1) for i in range(len(query.by)))} order by all" if query.by else ""
    if _by_piece(facts, query) and "area" in query.by:
        scan.params.update(_lines(facts, query))
        return Compiled(_select_by_place(scan, query.by, joined, order), scan.params, scan.table, query.by)
    select = ", ".join([*(f"{GROUPS[name][0]} as k{i}" for i, name in enumerate(query.by)), f"{scan.value} as n"])
    if nowhere:
        select += f", {_nowhere(scan, nowhere)} as nowhere"
    sql = f"select {select} from {scan.tables}{joined} where {scan.where}{order}"
    return Compiled(sql, scan.params, scan.table, query.by)


def _nowhere(scan: Scan, kind: str) -> str:
    """How many of a scan's rows have no place of this kind; only for values that add up."""
    condition = "area is null" if kind == "stated" else _unplaced(scan.table)
    count = "count(*)" if scan.table in RECORD_TABLES else "sum(n)"
    return f"coalesce({count} filter (where {condition}), 0)"


def _unplaced(table: str) -> str:
    """The rows of a table that lie in no area of any layer."""
    return "area is null" if table == FIREARMS[0] else "piece is null" if table in RECORD_TABLES else "not is_placed"


def _by_piece(facts: Facts, query: Query) -> bool:
    """Whether the areas of a question are found by pieces of the map, rather than in the table itself."""
    return query.is_located and facts.metrics[query.metric].table != "firearms"


def _select_by_place(scan: Scan, by: tuple[str, ...], joined: str, order: str) -> str:
    """Counts by area of one set of lines. Pieces are few: they are counted first and then given their areas."""
    areas = "(select piece as place, area as located from piece_areas where lines_ix = $lines) as p"
    if "distinct" in scan.value:
        keys = [f"{'located' if name == 'area' else GROUPS[name][0]} as k{i}" for i, name in enumerate(by)]
        rows = f"{scan.tables}{joined} left join {areas} on p.place = t.piece where {scan.where}"
        return f"select {', '.join([*keys, f'{scan.value} as n'])} from {rows}{order}"
    keys = [f"{'piece' if name == 'area' else GROUPS[name][0]} as k{i}" for i, name in enumerate(by)]
    numbers = ", ".join(str(i + 1) for i in range(len(by)))
    pieces = f"select {', '.join([*keys, f'{scan.value} as n'])} from {scan.tables}{joined} where {scan.where} group by {numbers}"
    outer = [f"located as k{i}" if name == "area" else f"k{i}" for i, name in enumerate(by)]
    rows = f"({pieces}) as s left join {areas} on p.place = s.k{by.index('area')}"
    return f"select {', '.join([*outer, 'sum(n) as n'])} from {rows}{order}"


def compile_scan(
    facts: Facts, query: Query, snaps: Sequence[int] = (), *, on_map: bool = False, place: Place = "anywhere"
) -> Scan:
    """The rows that a query counts. `on_map` keeps those that the map can show, from table `tiles`.

    `place` keeps those in some area of the query's lines, or those in no area of any layer.
    """
    metric = facts.metrics[query.metric]
    if query.known is not None:
        raise QueryError("This cannot be asked as known on an earlier day.", parameter="known", allowed=["the page and rows of a measure"])
    if metric.measure != "count":
        raise QueryError(f"The measure {metric.measure} has no table in this release.", code="not_found", status=404)
    needs = {"piece" if name == "area" and _by_piece(facts, query) else GROUPS[name][1] for name in query.by}
    needs |= {"snap"} if on_map or query.shape else set()
    conditions, params = _conditions(facts, metric, query, needs)
    unit, joined = _unit(facts, metric, query, needs)
    if place == "in_lines" and not _by_piece(facts, query):
        conditions.append("area is not null")
        needs.add("area")
    elif place == "in_lines":
        conditions.append("piece in (select piece from piece_areas where lines_ix = $lines)")
        params |= _lines(facts, query)
        needs.add("piece")
    elif place == "nowhere":
        needs.add("placed")
    table = _smallest(metric, query, needs)
    if table == KILLINGS[0]:
        conditions += [*_rule(query), *(["snap is not null"] if on_map else [])]
    if place == "nowhere":
        conditions.append(_unplaced(table))
    if joined:
        value = "count(distinct incident) + count(*) filter (where incident is null)"
    else:
        value, conditions = ("count(*)" if table in RECORD_TABLES else "coalesce(sum(n), 0)"), [*conditions, unit]
    if query.shape:
        conditions.append("snap in (select cast(unnest(string_split($snaps, ',')) as uinteger))")
        params["snaps"] = ",".join(str(int(snap)) for snap in snaps) or None
    return Scan(f"{table} as t", " and ".join(conditions), value, params, table, tuple(conditions))


def compile_listed(facts: Facts, metric: Metric, query: Query, snaps: Sequence[int] = ()) -> Scan:
    """Records that may be listed, narrowed by a question: what a source lacks in part is listed as far as it is there."""
    needs = {"day", "offense"} | ({"snap"} if query.shape else set())
    query = replace(query, date_from=EPOCH, date_to=LAST_DAY, whole=False) if query.whole else query
    every = metric.model_copy(update={"id": "", "where": (), "where_not": (), "sources": ()})
    conditions, params = _conditions(facts, every, query, needs)
    conditions.append("is_listed")
    if query.shape:
        conditions.append("snap in (select cast(unnest(string_split($snaps, ',')) as uinteger))")
        params["snaps"] = ",".join(str(int(snap)) for snap in snaps) or None
    return Scan("packed as t", " and ".join(conditions), "count(*)", params, "packed", tuple(conditions))


def _smallest(metric: Metric, query: Query, needs: set[str]) -> str:
    if metric.table in OWN_TABLES:
        tables: Sequence[tuple[str, frozenset[str]]] = [OWN_TABLES[metric.table]]
    elif asks_killings(metric, query):
        tables = [KILLINGS]
    else:
        tables = [TILES] if "snap" in needs else TABLES
    table = next((name for name, columns in tables if needs <= columns), None)
    if table is None:
        allowed = [*metric.breakdowns]
        raise QueryError("This measure cannot be asked so.", parameter=query.shape or "by", allowed=allowed)
    return table


def asks_killings(metric: Metric, query: Query) -> bool:
    """Whether only the table of killings by rule can answer: a rule is named, justified ones are in, or shot people's incidents count."""
    flags = {*metric.where, *metric.where_not}
    if metric.table != "events" or not metric.where or not flags <= KILLING_FLAGS:
        return False
    return bool(query.rule or query.justified == "in" or (query.unit == "incidents" and flags != {"is_homicide"}))


def _rule(query: Query) -> list[str]:
    """The rule by which killings have their days, and whether justified ones are among them."""
    return [f'"rule" = {RULE_NUMBERS[query.rule]}', *([] if query.justified == "in" else ["not is_justified"])]


def _lines(facts: Facts, query: Query) -> dict[str, int | None]:
    lines = lines_by_id(facts, query.layer or "", query.lines)
    return {"lines": lines.ix if lines else None}


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
    groups = [FLAGGED_GROUPS[flag] for flag in metric.where if flag in FLAGGED_GROUPS]
    if groups and "snap" not in needs and not asks_killings(metric, query):
        conditions += _spanned([o.ix for o in facts.offenses if o.group in groups])
        needs.add("offense")
    if query.offenses:
        codes = [o.ix for o in facts.offenses if o.group in query.offenses or o.code in query.offenses]
        conditions += [_in_mask("offense", codes)] if "snap" in needs else [_among("offense", codes), *_spanned(codes)]
        needs.add("offense")
    if query.area is not None:
        areas = areas_in(facts, query.layer or "", query.lines)
        params["area"] = next(ix for ix, area_id, _ in areas if area_id == query.area)
        if _by_piece(facts, query):
            conditions.append("piece in (select piece from piece_areas where lines_ix = $lines and area = $area)")
            params |= _lines(facts, query)
        else:
            conditions.append("area = $area")
        needs.add("piece" if _by_piece(facts, query) else "area")
    if query.hours:
        conditions.append('"hour" between 6 and 17' if query.hours == "day" else '"hour" not between 6 and 17')
        needs.add("hour")
    return conditions, params


def _outside(column: str, number_of_gap: int) -> str:
    return f'coalesce("{column}" not between $gap{number_of_gap}_first and $gap{number_of_gap}_last, true)'


def _among(column: str, numbers: list[int]) -> str:
    """Membership in a list of the release's own code numbers (a bound list costs a millisecond an entry)."""
    return f"{column} in ({', '.join(str(int(number)) for number in numbers)})" if numbers else "false"


def _spanned(codes: list[int]) -> list[str]:
    """Where the records of these offenses begin and end: tables lie in the order of offenses, so the rest is not read."""
    return [f"offense between {min(codes)} and {max(codes)}"] if codes else []


def _in_mask(column: str, numbers: list[int]) -> str:
    """The same as one bit a number: half the time of a list on the map's table, which is always read whole."""
    if not numbers or max(numbers) > 62:
        return _among(column, numbers)
    return f"({sum(1 << int(number) for number in set(numbers))}::bigint >> {column}) & 1 = 1"


def _unit(facts: Facts, metric: Metric, query: Query, needs: set[str]) -> tuple[str, bool]:
    """The column that makes a record stand for its unit; True where distinct incidents have to be counted instead."""
    if query.unit != "incidents":
        return UNITS[query.unit], False
    if asks_killings(metric, query):
        needs.add("incident")
        if query.offenses or {"offense", "offense_code"} & set(query.by):
            return "", True
        return ("counts_incident" if "is_killed_or_shot" in metric.where else "counts_incident_group"), False
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
