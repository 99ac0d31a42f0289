"""Answers one typed question from an open release, with the gaps said in words.

Periods, areas, hours and weekdays without a record are 0 where the sources cover them and a reason where they do not,
so that nothing further on can take a missing figure for none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import product
from typing import Any

from harborlight.catalog.models import Metric
from harborlight.errors import QueryError
from harborlight.metrics.compile import (
    EPOCH,
    FIREARM_KINDS,
    PRIVATELY_MADE,
    RECOVERY_REASONS,
    WEAPONS,
    Compiled,
    Scan,
    compile_query,
    compile_scan,
)
from harborlight.metrics.facts import areas_in, default_layer, missing_reason
from harborlight.metrics.known import answer_known
from harborlight.metrics.notes import make_flags, make_notes
from harborlight.metrics.query_places import default_lines
from harborlight.metrics.questions import counted
from harborlight.metrics.shapes import RECORDED, Answer, Facts, Query
from harborlight.metrics.shapes_on_map import snaps_inside
from harborlight.store import Connection

MOST_ROWS = 20_000
PERIODS = ("day", "week", "month", "year")
# Breakdowns that list what was counted only.
SPARSE = ("offense", "offense_code", "weapon", "source", "firearm_kind", "privately_made", "reason")
CODES = {"weapon": WEAPONS, "firearm_kind": FIREARM_KINDS, "privately_made": PRIVATELY_MADE, "reason": RECOVERY_REASONS}


def answer(con: Connection, facts: Facts, query: Query) -> Answer:
    """Rows in the order of `query.by`; see `Answer`. Raises QueryError when the answer would be too long."""
    if query.known is not None:
        return answer_known(con, facts, query)
    metric = facts.metrics[query.metric]
    domains = [list(_domain(name, facts, query)) for name in query.by]
    _check_size(domains)
    nowhere = _nowhere_told(facts, query)
    compiled = compile_query(facts, query, snaps_inside(con, query), nowhere=nowhere)
    lines, size = con.execute(compiled.sql, compiled.params).fetchall(), len(query.by)
    found = {line[:size]: int(line[size]) for line in lines}
    unmapped = sum(int(line[-1]) for line in lines) if nowhere else _unmapped(con, facts, query, found)
    keys = _all_keys(query, domains, found)
    areas: Areas = {ix: (area_id, name) for ix, area_id, name in areas_in(facts, query.layer or "", query.lines)}
    labels = cache(lambda name, number: _labels(name, number, facts, areas))
    gaps = cache(lambda name, number: _gaps(facts, query, name, number))
    rows = tuple(_row(metric, query, key, found.get(key, 0), gaps, labels) for key in keys)
    return Answer(
        metric=metric, query=query, rows=rows, table=compiled.table, notes=make_notes(facts, query), unmapped=unmapped,
        data_through={s.id: s.data_through for s in facts.sources if s.data_through and s.id in facts.metric_sources[metric.id]},
        provisional_from=facts.provisional_from.get(metric.id), flags=make_flags(facts, query),
    )  # fmt: skip


def count(con: Connection, facts: Facts, query: Query) -> int:
    """The plain number of a question without breakdowns."""
    compiled = _compile(con, facts, replace(query, by=()))
    row = con.execute(compiled.sql, compiled.params).fetchone()
    return int(row[0]) if row else 0


def count_mapped(con: Connection, facts: Facts, query: Query) -> tuple[int, int]:
    """How many of the records that a question counts a map can show at a point, and how many it cannot.

    Their sum is the count of the same question without its shape, because a record without a point is inside no shape.
    """
    asked = replace(query, by=(), bbox=None, polygon=None, near=None)
    mapped = _run(con, compile_scan(facts, asked, on_map=True))
    return mapped, count(con, facts, asked) - mapped


def daily_counts(con: Connection, facts: Facts, query: Query) -> dict[date, int]:
    """Day → count, days without a record left out; what windows are summed from."""
    compiled = _compile(con, facts, replace(query, by=("day",), whole=False))
    return {EPOCH + timedelta(days=day): int(n) for day, n in con.execute(compiled.sql, compiled.params).fetchall()}


def daily_located(con: Connection, facts: Facts, query: Query) -> dict[date, int]:
    """Day → count of the records that lie in some area of the query's lines."""
    scan = compile_scan(facts, replace(query, by=("day",), whole=False), place="in_lines")
    sql = f'select "day", {scan.value} as n from {scan.tables} where {scan.where} group by 1'
    return {EPOCH + timedelta(days=day): int(n) for day, n in con.execute(sql, scan.params).fetchall()}


def _compile(con: Connection, facts: Facts, query: Query) -> Compiled:
    return compile_query(facts, query, snaps_inside(con, query))


def _nowhere_told(facts: Facts, query: Query) -> str:
    """What the answer's own scan can tell of records without a place (see `compile_query`): no shape, no layer, units that add up."""
    layer = default_layer(facts)
    scan = compile_scan(facts, query) if not query.shape and query.layer is None and layer is not None else None
    if layer is None or scan is None or "distinct" in scan.value or "area" in query.by:
        return ""
    if default_lines(facts, layer) != RECORDED:
        return "placed"
    return "" if scan.table == "rollup_hour" else "stated"


def _unmapped(con: Connection, facts: Facts, query: Query, found: Mapping[tuple[int | None, ...], int]) -> int | None:
    """Records that no area of the lines asked holds; with a drawn shape, those that no public point shows.

    Without a layer: records in no area of any layer, or, where the city has no boundaries, without a stated area.
    """
    if query.shape:
        return count_mapped(con, facts, query)[1]
    layer = query.layer or default_layer(facts)
    if query.area is not None or layer is None:
        return None
    if "area" in query.by and query.unit != "incidents":
        # Each record stands in one row: the rows without an area are the answer.
        at = query.by.index("area")
        return sum(n for key, n in found.items() if key[at] is None)
    asked = replace(query, by=(), layer=layer, lines=query.lines or default_lines(facts, layer))
    if not asked.is_located:
        compiled = compile_query(facts, replace(asked, by=("area",)))
        return sum(int(n) for area, n in con.execute(compiled.sql, compiled.params).fetchall() if area is None)
    if query.layer is None:
        return _run(con, compile_scan(facts, asked, place="nowhere"))
    return _run(con, compile_scan(facts, asked)) - _run(con, compile_scan(facts, asked, place="in_lines"))


def _run(con: Connection, scan: Scan) -> int:
    row = con.execute(f"select {scan.value} as n from {scan.tables} where {scan.where}", scan.params).fetchone()
    return int(row[0]) if row else 0


# ----------------------------------------------------------------------------------------------- domains


def _domain(name: str, facts: Facts, query: Query) -> Iterable[int | None]:
    """Every number that a breakdown should show even where nothing was counted."""
    first, last = (query.date_from - EPOCH).days, (query.date_to - EPOCH).days
    match name:
        case "day":
            return range(first, last + 1)
        case "week":
            return range(first - first % 7, last + 1, 7)
        case "month":
            return range(_month(query.date_from), _month(query.date_to) + 1)
        case "year":
            return range(query.date_from.year - 1900, query.date_to.year - 1900 + 1)
        case "hour":
            return range(24)
        case "weekday":
            return range(7)
        case "area" if query.area is None and not query.shape:
            return [*(ix for ix, _, _ in areas_in(facts, query.layer or "", query.lines)), None]
        case _:
            return ()


def _month(day: date) -> int:
    return (day.year - 1900) * 12 + day.month - 1


def _check_size(domains: list[list[int | None]]) -> None:
    size = 1
    for domain in domains:
        size *= max(1, len(domain))
    if size > MOST_ROWS:
        raise QueryError(
            f"This asks for {size} rows; at most {MOST_ROWS} can be given at once.",
            parameter="by",
            allowed=["fewer breakdowns", "a shorter span"],
        )


def _all_keys(
    query: Query, domains: list[list[int | None]], found: dict[tuple[int | None, ...], int]
) -> Iterator[tuple[int | None, ...]]:
    full = [
        sorted({*domain, *(key[i] for key in found)}, key=lambda number: (number is None, number or 0))
        for i, domain in enumerate(domains)
    ]  # fmt: skip
    sparse = [i for i, name in enumerate(query.by) if name in SPARSE]
    for key in product(*full):
        # A row without a date, hour or offense is shown only where there is one.
        if (
            all(part is not None or query.by[i] == "area" for i, part in enumerate(key))
            and not (len(sparse) > 1 and key not in found)
        ) or key in found:
            yield key


# -------------------------------------------------------------------------------------------------- rows


Gaps = Callable[[str | None, int | None], tuple[str | None, str | None]]
Labels = Callable[[str, int | None], dict[str, Any]]
Areas = Mapping[int | None, tuple[str, str]]


def _row(metric: Metric, query: Query, key: tuple[int | None, ...], n: int, gaps: Gaps, labels: Labels) -> dict[str, Any]:
    """One row; a period that the data or the question cover only in part says so."""
    row: dict[str, Any] = {}
    period: tuple[str | None, int | None] = (None, None)
    for name, number in zip(query.by, key, strict=True):
        row.update(labels(name, number))
        if name in PERIODS:
            period = (name, number)
    whole, part = gaps(*period)
    row["n"] = None if whole else counted(n, query, metric, row)
    row.update(low=None, high=None, suppressed=False, missing=whole, partial=None if whole else part)
    return row


def _gaps(facts: Facts, query: Query, name: str | None, number: int | None) -> tuple[str | None, str | None]:
    """Why a period (None: all that was asked for) has no count, and why it has one in part only."""
    if name and number is None:
        return None, None
    span = _span(name, number) if name and number is not None else (query.date_from, query.date_to)
    whole, part = missing_reason(facts, query.metric, *span)
    if not part and (span[0] < query.date_from or span[1] > query.date_to):
        part = "Only a part of this period was asked for."
    return whole, part


def _span(name: str, number: int) -> tuple[date, date]:
    match name:
        case "day":
            start = EPOCH + timedelta(days=number)
            return start, start
        case "week":
            start = EPOCH + timedelta(days=number)
            return start, start + timedelta(days=6)
        case "month":
            following = number + 1
            end = date(1900 + following // 12, following % 12 + 1, 1) - timedelta(days=1)
            return date(1900 + number // 12, number % 12 + 1, 1), end
        case _:
            return date(1900 + number, 1, 1), date(1900 + number, 12, 31)


def _labels(name: str, number: int | None, facts: Facts, areas: Areas) -> dict[str, Any]:
    if number is None and name != "area":
        return {name: None, "offense_name": None} if name in ("offense", "offense_code") else {name: None}
    match name:
        case "day" | "week":
            return {name: (EPOCH + timedelta(days=number or 0)).isoformat()}
        case "month":
            return {name: f"{1900 + (number or 0) // 12}-{(number or 0) % 12 + 1:02}"}
        case "year":
            return {name: 1900 + (number or 0)}
        case "weekday":
            return {name: (number or 0) + 1}
        case "area":
            area_id, area_name = areas.get(number, (None, None))
            return {"area_id": area_id, "area_name": area_name}
        case "offense":
            group = next(o for o in facts.offenses if o.group_ix == number)
            return {"offense": group.group, "offense_name": group.group_title}
        case "offense_code":
            code = next(o for o in facts.offenses if o.ix == number)
            return {name: code.code, "offense_name": code.name}
        case "weapon" | "firearm_kind" | "privately_made" | "reason":
            return {name: CODES[name][number or 0]}
        case "source":
            return {name: facts.sources[number or 0].id}
        case _:
            return {name: number}
