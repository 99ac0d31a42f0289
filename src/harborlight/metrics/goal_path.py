"""The running year of a goal month by month: what was counted, and the path of a year that ends exactly on its target.

In go the goal's own question by month and the years that its season was learnt from, out come twelve points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from harborlight.catalog.goals import Goal
from harborlight.metrics.goals import goal_query
from harborlight.metrics.shapes import Facts, Query
from harborlight.metrics.trends import month_end
from harborlight.statistics.goals import expected_to_date, seasonal_share
from harborlight.statistics.windows import Window as Days


@dataclass(frozen=True)
class PathMonth:
    """One month of the year: events since its first day by the month's end (None: not settled yet), and what the path has by then.

    `low` and `high` are the least and the most that the earlier years had by then.
    """

    end: date
    n: int | None
    share: float
    expected: float
    low: int
    high: int


def path_query(facts: Facts, goal: Goal, years: Sequence[int], through: date) -> Query:
    """The question that the path is made from: the goal's own, by month, from the first of the earlier years on."""
    return replace(goal_query(facts, goal, Days(date(min(years), 1, 1), through)), by=("month",))


def make_path(rows: Sequence[Mapping[str, Any]], years: Sequence[int], year: int, through: date, target: float) -> tuple[PathMonth, ...]:
    """Twelve months of a calendar year; nothing where an earlier year has a month without a count."""
    counts = {row["month"]: row["n"] for row in rows if row["month"] and not row["missing"]}
    whole = {past: _running(counts, past) for past in years}
    if not whole or any(None in sums or not sums[-1] for sums in whole.values()):
        return ()
    so_far = _running(counts, year)
    months = []
    for at in range(12):
        end = month_end(f"{year}-{at + 1:02}")
        known = [(sums[at] or 0, sums[-1] or 0) for sums in whole.values()]
        share = seasonal_share(known)
        parts = [part for part, _ in known]
        months.append(PathMonth(end, so_far[at] if end <= through else None, share, expected_to_date(target, share), min(parts), max(parts)))
    return tuple(months)


def _running(counts: Mapping[str, int | None], year: int) -> list[int | None]:
    """Sums since January; None from the first month on that has no count."""
    sums: list[int | None] = []
    total: int | None = 0
    for month in range(1, 13):
        n = counts.get(f"{year}-{month:02}")
        total = None if total is None or n is None else total + n
        sums.append(total)
    return sums
