"""The panel of one strategy, from the public counts alone: which areas play which part, which months count, and the counts.

In go the declared strategy and the open public store; out comes a `Panel`, or the reason why there is none. Whatever a reader could
ask the site for is all that an evaluation ever sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from harborlight.catalog.models import Strategy
from harborlight.metrics.answer import answer
from harborlight.metrics.facts import lines_by_id, lines_of
from harborlight.metrics.query import make_query
from harborlight.metrics.query_places import lines_text
from harborlight.metrics.shapes import Facts, Lines
from harborlight.publish.strategy_estimates import COMPARED, INSIDE, OUT, Panel
from harborlight.store import Connection, read_rows

MOSTLY, PARTLY = 0.5, 0.05


@dataclass(frozen=True)
class Window:
    """Whole months, both ends inclusive: before the start and after it. A month in which a strategy starts in its middle is in neither."""

    before_from: date
    before_to: date
    after_from: date
    after_to: date


class NoPanelError(Exception):
    """Why there is no panel, as a code: no_lines, no_source, no_months."""


def read_panel(con: Connection, facts: Facts, strategy: Strategy, others: Iterable[Strategy]) -> tuple[Panel, Window, Lines, Lines]:
    """The panel with its window, the lines of the place and those of the areas. Raises NoPanelError."""
    place, units = place_lines(facts, strategy), unit_lines(facts, strategy)
    if place is None or units is None or not facts.metric_sources.get(strategy.metric):
        raise NoPanelError("no_lines" if place is None or units is None else "no_source")
    window = read_window(facts, strategy)
    roles = read_roles(con, facts, strategy, place, units, others)
    counts, months = _read_counts(con, facts, strategy, units, window)
    start = sum(month < f"{window.after_from:%Y-%m}" for month in months)
    if not 0 < start < len(months):
        raise NoPanelError("no_months")
    rows = np.array([[counts.get((area.id, month), 0) for month in months] for area in units.areas], dtype=np.int64)
    return Panel(months, start, rows, tuple(roles[area.id] for area in units.areas)), window, place, units


def place_lines(facts: Facts, strategy: Strategy) -> Lines | None:
    return find_lines(facts, strategy.place.layer, strategy.place.lines)


def unit_lines(facts: Facts, strategy: Strategy) -> Lines | None:
    return find_lines(facts, strategy.comparison.layer, strategy.comparison.lines) if strategy.comparison else None


def find_lines(facts: Facts, layer: str, lines_id: str | None) -> Lines | None:
    """A version by its id, or the one in force."""
    return lines_by_id(facts, layer, lines_id) if lines_id else lines_of(facts, layer)


def read_window(facts: Facts, strategy: Strategy) -> Window:
    """The declared days, cut to whole months that are settled and can be compared. Raises NoPanelError."""
    metric = strategy.metric
    first, last = facts.metric_from[metric], facts.metric_through[metric]
    open_from = facts.provisional_from.get(metric)
    last = min(last, open_from - timedelta(days=1)) if open_from else last
    for found in facts.city.breaks:
        if found.effect == "stops" and {metric, "all"} & set(found.metrics):
            first = max(first, found.date) if found.date <= strategy.starts_on else first
            last = min(last, found.date - timedelta(days=1)) if found.date > strategy.starts_on else last
    first = max(first, strategy.spans.before_from or first)
    last = min(last, strategy.spans.after_to or last)
    before_from = first if first.day == 1 else _next_month(first)
    before_to = strategy.starts_on.replace(day=1) - timedelta(days=1)
    after_from = strategy.starts_on if strategy.starts_on.day == 1 else _next_month(strategy.starts_on)
    after_to = last if (last + timedelta(days=1)).day == 1 else last.replace(day=1) - timedelta(days=1)
    if before_from > before_to or after_from > after_to:
        raise NoPanelError("no_months")
    return Window(before_from, before_to, after_from, after_to)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def read_roles(
    con: Connection, facts: Facts, strategy: Strategy, place: Lines, units: Lines, others: Iterable[Strategy]
) -> dict[str, str]:
    """Area id → inside (most of its records lie in the place), compared, ring_1 …, or out."""
    if strategy.comparison is None:
        raise NoPanelError("no_lines")
    shares = _shares(con, place, units, strategy.place.areas)
    inside = {area for area, share in shares.items() if share >= MOSTLY}
    if not inside:
        raise NoPanelError("no_lines")
    roles = {area.id: INSIDE if area.id in inside else OUT if shares.get(area.id, 0) >= PARTLY else COMPARED for area in units.areas}
    reached = {area for area, role in roles.items() if role != COMPARED}
    beside = _neighbours(con, units)
    for step in range(1, strategy.comparison.rings + 1):
        ring = {other for area in reached for other in beside.get(area, ())} - reached
        roles |= dict.fromkeys(ring, f"ring_{step}")
        reached |= ring
    taken = {area for other in others for area in _taken(con, facts, other, units)} - inside
    roles |= {area: OUT for area in taken if roles.get(area) == COMPARED}
    if named := set(strategy.comparison.areas):
        roles |= {area: OUT for area, role in roles.items() if role == COMPARED and area not in named}
    return roles


def _taken(con: Connection, facts: Facts, other: Strategy, units: Lines) -> set[str]:
    """Areas in which another strategy runs."""
    place = place_lines(facts, other)
    return {area for area, share in _shares(con, place, units, other.place.areas).items() if share >= PARTLY} if place else set()


def _shares(con: Connection, place: Lines, units: Lines, areas: Iterable[str]) -> dict[str, float]:
    """Area id → the share of its records that lie in the place, which may be drawn by other lines."""
    names = {area.ix: area.id for area in units.areas}
    numbers = [area.ix for area in place.areas if area.id in set(areas)]
    if not numbers:
        return {}
    rows = read_rows(
        con,
        "select u.area as ix, sum(case when list_contains($numbers, p.area) then k.n else 0 end) / sum(k.n) as share "
        "from piece_areas as u join (select piece, count(*) as n from packed group by piece) as k on u.piece = k.piece "
        "left join piece_areas as p on p.piece = u.piece and p.lines_ix = $place where u.lines_ix = $units group by 1",
        {"numbers": numbers, "place": place.ix, "units": units.ix},
    )
    return {names[row["ix"]]: float(row["share"]) for row in rows if row["ix"] in names}


def _neighbours(con: Connection, units: Lines) -> dict[str, set[str]]:
    names = {area.ix: area.id for area in units.areas}
    found: dict[str, set[str]] = {}
    for row in read_rows(con, "select ix, neighbour_ix from neighbours where lines_ix = ?", [units.ix]):
        found.setdefault(names[row["ix"]], set()).add(names[row["neighbour_ix"]])
    return found


def _read_counts(
    con: Connection, facts: Facts, strategy: Strategy, units: Lines, window: Window
) -> tuple[Mapping[tuple[str, str], int], tuple[str, ...]]:
    """(area, month) → count, and the months that have one; asked as a page would ask."""
    text = lines_text(facts, units.layer, units.id)
    query = make_query(
        facts.metrics[strategy.metric], facts, layer=units.layer, by="area,month", from_=window.before_from.isoformat(),
        to=window.after_to.isoformat(), **({"lines": text} if text else {}),
    )  # fmt: skip
    rows = answer(con, facts, query).rows
    lost = {row["month"] for row in rows if row["missing"]}
    skipped = {f"{strategy.starts_on:%Y-%m}"} if strategy.starts_on.day > 1 else set()
    months = tuple(sorted({row["month"] for row in rows if row["month"]} - lost - skipped))
    return {(row["area_id"], row["month"]): int(row["n"]) for row in rows if row["area_id"] and row["month"] in months}, months
