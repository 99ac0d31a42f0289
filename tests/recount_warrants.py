"""Warrants counted again in plain Python from rows as staged: day by day, no SQL."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

Warrant = Mapping[str, Any]


def once(rows: Iterable[Warrant]) -> list[Warrant]:
    """Each number once, with what its earliest row says; without a day of issue it is no count."""
    found: dict[tuple[str, str], Warrant] = {}
    names = ("issued_date", "served_date", "recalled_date", "kind_code", "holder_code", "severity_code")
    for row in sorted(rows, key=lambda r: [(r[name] is None, str(r[name])) for name in names]):
        found.setdefault((row["source_id"], row["warrant_id"]), row)
    return [row for row in found.values() if row["issued_date"] is not None]


def left(row: Warrant) -> tuple[str, date] | None:
    """How and when a warrant left: what came first, served where both came on one day, never before it was issued."""
    ways = [(row[f"{way}_date"], way) for way in ("served", "recalled") if row[f"{way}_date"] is not None]
    if not ways:
        return None
    day, way = min(ways, key=lambda found: (found[0], found[1] != "served"))
    return way, max(day, row["issued_date"])


def anniversary(day: date, years: int) -> date:
    return date(day.year + years, day.month, min(day.day, monthrange(day.year + years, day.month)[1]))


def age_of(issued: date, day: date) -> str:
    if (day - issued).days < 90:
        return "under_90_days"
    if day < anniversary(issued, 1):
        return "under_1_year"
    return "under_5_years" if day < anniversary(issued, 5) else "5_years"


def months_between(first: str, last: str) -> list[str]:
    ends = [int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last)]
    return [f"{n // 12}-{n % 12 + 1:02}" for n in range(ends[0], ends[1] + 1)]


def count(rows: Iterable[Warrant], measure: str, by: str, value: str, first: str, last: str) -> int:
    """The sum over the months from first to last. `rows` are those of `once`."""
    return sum(_count_month(rows, measure, by, value, month) for month in months_between(first, last))


def _count_month(rows: Iterable[Warrant], measure: str, by: str, value: str, month: str) -> int:
    end = date(int(month[:4]), int(month[5:]), monthrange(int(month[:4]), int(month[5:]))[1])
    n = 0
    for row in rows:
        gone = left(row)
        if measure == "issued":
            counts = f"{row['issued_date']:%Y-%m}" == month
        elif measure == "open":
            counts = row["issued_date"] <= end and (gone is None or gone[1] > end)
        else:
            counts = gone is not None and gone[0] == measure and f"{gone[1]:%Y-%m}" == month
        told = "all" if by == "all" else age_of(row["issued_date"], end) if by == "age" else row[f"{by}_code"] or "unknown"
        n += counts and told == value
    return n
