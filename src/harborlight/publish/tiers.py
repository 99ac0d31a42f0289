"""Sensitive offenses (tier T1) as fixed city-wide tables: closed periods only, small counts hidden, never a filter.

For each group the finest of month, quarter and year is taken that keeps at least 90 % of the events visible. No total over
hidden cells is ever published, so nothing can be subtracted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType

from harborlight.store import Connection, quote_text, read_rows

GRAINS = ("month", "quarter", "year")
VISIBLE_SHARE = 0.9
CLOSED_AFTER_DAYS = 30


def read_grains(con: Connection, previous: Path | None) -> dict[str, str]:
    """Offense group → the grain that the release before published it by."""
    if previous is None:
        return {}
    con.execute(f"attach {quote_text(str(previous))} as earlier (read_only)")
    rows = read_rows(con, "select distinct offense_group, grain from earlier.main.sensitive where n is not null")
    con.execute("detach earlier")
    return {row["offense_group"]: row["grain"] for row in rows}


def make_sensitive(
    con: Connection, k: int, data_through: date, grains: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Create `public.main.sensitive`. `k` is the smallest count that may be shown; counts 1 to k-1 and 0 are hidden alike.

    A group keeps the grain in `grains`, by which it was published before: a quarter beside months that were shown
    earlier would give a hidden month away.
    """
    con.execute(
        "create table public.main.sensitive (offense_group varchar, group_title varchar, grain varchar, period varchar, n bigint, is_hidden boolean)"
    )
    groups = read_rows(
        con, "select distinct offense_group, group_title from metric.offenses where tier = 'T1' order by 1"
    )
    for group in groups:
        name = group["offense_group"]
        allowed = (grains[name],) if name in grains else GRAINS
        grain, cells = _choose_grain(con, name, k, data_through, allowed)
        for period, n in cells:
            hidden = n < k or grain is None
            con.execute(
                "insert into public.main.sensitive values (?, ?, ?, ?, ?, ?)",
                [name, group["group_title"], grain or allowed[-1], period, None if hidden else n, hidden],
            )


def _choose_grain(
    con: Connection, group: str, k: int, data_through: date, allowed: Sequence[str]
) -> tuple[str | None, list[tuple[str, int]]]:
    """The finest grain that keeps enough visible, with its cells; None, with years, where none does: all are hidden."""
    for grain in allowed:
        cells = _count_closed(con, group, grain, data_through)
        events = sum(n for _, n in cells)
        if events and sum(n for _, n in cells if n >= k) >= VISIBLE_SHARE * events:
            return grain, cells
    return None, _count_closed(con, group, allowed[-1], data_through)


def _count_closed(con: Connection, group: str, grain: str, data_through: date) -> list[tuple[str, int]]:
    """Counted offenses of a group in periods that ended at least 30 days before the edge of the data."""
    last_day = data_through - timedelta(days=CLOSED_AFTER_DAYS)
    rows = con.execute(
        "select cast(date_trunc($grain, counted_date) as date) as first, count(*) as n from model.offenses "
        "where offense_group = $group and is_counted and counted_date is not null group by 1 order by 1",
        {"grain": grain, "group": group},
    ).fetchall()
    if not rows:
        return []
    counted = {first: int(n) for first, n in rows}
    cells, first = [], min(counted)
    while (following := _next(first, grain)) - timedelta(days=1) <= last_day:
        cells.append((_name(first, grain), counted.get(first, 0)))
        first = following
    return cells


def _next(first: date, grain: str) -> date:
    months = {"month": 1, "quarter": 3, "year": 12}[grain]
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _name(first: date, grain: str) -> str:
    match grain:
        case "month":
            return f"{first.year}-{first.month:02}"
        case "quarter":
            return f"{first.year}-Q{(first.month + 2) // 3}"
        case _:
            return str(first.year)
