"""Answers a question as it would have been answered on an earlier day, from the publication ledger alone.

A period that nobody had published by then is missing, never 0. Years and totals are sums of the months that were published.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from harborlight.errors import QueryError
from harborlight.metrics.facts import areas_in, default_layer
from harborlight.metrics.notes import say_day
from harborlight.metrics.query_known import month_range
from harborlight.metrics.query_places import default_lines
from harborlight.metrics.questions import counted
from harborlight.metrics.shapes import Answer, Facts, Query
from harborlight.store import Connection, read_value

# What each part of the statement asks, in the order in which a row of the ledger is taken through them.
CONDITIONS: tuple[tuple[str, str], ...] = (
    ("measure", "metric = $metric"),
    ("years", "grain = 'month'"),
    ("area", "area_id {areas}"),
    ("period", "(period between $first and $last{undated})"),
    ("later", "known_from <= $known"),
    ("replaced", "(known_to is null or known_to > $known)"),
)
Cells = dict[tuple[str, str], int | None]


def known_sql(query: Query) -> tuple[str, dict[str, Any]]:
    """The statement that reads the values of a day, and what is bound to it."""
    conditions, params = known_conditions(query)
    return f"select period, area_id, n from ledger where {' and '.join(sql for _, sql in conditions)} order by all", params


def known_conditions(query: Query) -> tuple[tuple[tuple[str, str], ...], dict[str, Any]]:
    """((what is asked, its condition), ...) in order, and the bound values."""
    months, is_split = month_range(query), "area" in query.by and query.area is None
    words = {"areas": "<> 'city'" if is_split else "= $area", "undated": " or period = 'undated'" if query.whole else ""}
    params: dict[str, Any] = {"metric": query.metric, "known": query.known, "first": months[0], "last": months[-1]}
    conditions = tuple((name, sql.format(**words)) for name, sql in CONDITIONS)
    return conditions, params if is_split else params | {"area": query.area or "city"}


def check_published(con: Connection, known: date) -> None:
    """Raises QueryError for a day before the first release that the ledger knows."""
    first = read_value(con, "select min(known_from) from ledger")
    if first is None or known < first:
        allowed = [f"a date from {first.isoformat()}"] if first else []
        raise QueryError("Nothing was published here by that day.", parameter="known", allowed=allowed)


def answer_known(con: Connection, facts: Facts, query: Query) -> Answer:
    """Rows as `answer` gives them, with the values of the day `query.known`. Raises QueryError before the first release."""
    metric, known = facts.metrics[query.metric], query.known or date.max
    check_published(con, known)
    sql, params = known_sql(query)
    cells: Cells = {(period, area): n for period, area, n in con.execute(sql, params).fetchall()}
    rows = tuple(_rows(facts, query, cells))
    lost = [row["n"] or 0 for row in rows if row["area_id"] is None] if "area" in query.by and query.area is None else None
    return Answer(
        metric=metric, query=query, rows=rows, table="ledger", unmapped=None if lost is None else sum(lost),
        notes=(f"As published on {say_day(known)}; records that came or changed later are not in it.",),
        data_through={s.id: s.data_through for s in facts.sources if s.data_through and s.id in facts.metric_sources[metric.id]},
        provisional_from=facts.provisional_from.get(metric.id),
    )  # fmt: skip


def _rows(facts: Facts, query: Query, cells: Cells) -> Iterator[dict[str, Any]]:
    months = month_range(query) + (["undated"] if query.whole and any(period == "undated" for period, _ in cells) else [])
    areas = _areas(facts, query)
    names = [name for name in query.by if name != "area" or query.area is None]
    for key in _keys(names, months, [area_id for area_id, _ in areas]):
        given = dict(zip(names, key, strict=True))
        wanted = [m for m in months if given.get("month", m) == m and given.get("year", _year(m)) == _year(m)]
        area = given.get("area", query.area or "city")
        row: dict[str, Any] = {}
        for name in query.by:
            row |= _labels(name, given, area, dict(areas))
        yield row | _values(facts, query, row, [cells.get((month, area)) for month in wanted], wanted)


def _areas(facts: Facts, query: Query) -> list[tuple[str, str | None]]:
    """(id, name) of every area that a row may stand for; `unlocated` last."""
    layer = query.layer or default_layer(facts) or ""
    areas: list[tuple[str, str | None]] = [(area_id, name) for _, area_id, name in areas_in(facts, layer, query.lines or default_lines(facts, layer))]
    return [*areas, ("unlocated", None)]


def _keys(names: Sequence[str], months: list[str], areas: list[str]) -> Iterator[tuple[str, ...]]:
    domains = {"month": months, "year": list(dict.fromkeys(_year(m) for m in months)), "area": areas}
    keys: list[tuple[str, ...]] = [()]
    for name in names:
        keys = [(*key, value) for key in keys for value in domains[name]]
    yield from keys


def _labels(name: str, given: dict[str, str], area: str, titles: dict[str, str | None]) -> dict[str, Any]:
    if name == "area":
        return {"area_id": None if area == "unlocated" else area, "area_name": titles.get(area)}
    value = given[name]
    return {name: None if value == "undated" else int(value) if name == "year" else value}


def _values(facts: Facts, query: Query, row: dict[str, Any], found: list[int | None], months: list[str]) -> dict[str, Any]:
    known = query.known or date.max
    published = [n for n in found if n is not None]
    lacking, missing, partial = len(found) - len(published), None, None
    if not published:
        missing = f"Not published by {say_day(known)}."
    elif lacking:
        partial = f"Some months were not published by {say_day(known)}."
    elif months[-1] != "undated" and _end(months[-1]) >= known:
        partial = "This period was not over on that day."
    n = counted(sum(published), query, facts.metrics[query.metric], row) if published else None
    return {"n": n, "low": None, "high": None, "suppressed": False, "missing": missing, "partial": partial}


def _year(month: str) -> str:
    return month if month == "undated" else month[:4]


def _end(month: str) -> date:
    year, number = map(int, month.split("-"))
    return date(year, number, monthrange(year, number)[1])
