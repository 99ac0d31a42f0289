"""Three ways of looking at a series over time: week by week with its usual band, twelve months at a time, and this year against earlier ones.

In go the rows of an answer by week or by month, out come frozen points. What is missing stays missing: a window with a
missing part, or one that a series break runs through, has no number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from harborlight.metrics.questions import summed
from harborlight.metrics.shapes import Answer, Facts
from harborlight.statistics.anomaly import control_limits
from harborlight.statistics.windows import DAY, last_months

WEEKS_SHOWN = 52
# Periods before a week that say what is usual for it, and how far from that a week stands out (Wheeler 2016).
WEEKS_BEFORE, Z = 8, 3.0
YEARS_BACK, FEWEST_YEARS = 5, 2
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Week:
    """One week from Monday; `low` and `high` are the ends of its usual band in events, None where the weeks before do not tell."""

    start: date
    n: int | None
    low: float | None
    high: float | None
    outside: Literal["above", "below"] | None
    is_provisional: bool


@dataclass(frozen=True)
class Month:
    """The twelve months that end with a month (`YYYY-MM`); None where they are not all known or made in one way."""

    month: str
    n: int | None


@dataclass(frozen=True)
class SeasonMonth:
    """One month of the year: its count and the count since January, of this year (None: not over) and of the year before.

    `low` and `high` are the least and the most that earlier years had since January.
    """

    number: int
    n: int | None
    total: int | None
    before: int | None
    low: int
    high: int
    is_provisional: bool


@dataclass(frozen=True)
class Season:
    """This year beside `earlier` years, the oldest first, which were counted in the same way and are complete."""

    year: int
    earlier: tuple[int, ...]
    months: tuple[SeasonMonth, ...]


def weeks_span(through: date) -> tuple[date, date]:
    """First and last day to ask for, so that `WEEKS_SHOWN` whole weeks to `through` can be shown with their bands."""
    last = through - timedelta(days=(through.weekday() + 1) % 7)
    return last - timedelta(days=7 * (WEEKS_SHOWN + WEEKS_BEFORE) - 1), last


def stops(facts: Facts, metric_id: str) -> list[date]:
    """Days before and after which counts of a measure are made in different ways."""
    return sorted(b.date for b in facts.city.breaks if b.effect == "stops" and {metric_id, "all"} & set(b.metrics))


def make_weeks(facts: Facts, answer: Answer) -> tuple[Week, ...]:
    """The last weeks of an answer by week, each with the band that the eight weeks before it make usual.

    A week that may still rise is never called low.
    """
    edge, cuts = answer.provisional_from, stops(facts, answer.metric.id)
    rows = [(date.fromisoformat(row["week"]), _known(row)) for row in answer.rows if row["week"] is not None]
    limits = _limits(rows, cuts)
    weeks = []
    for (start, n), band in zip(rows, limits, strict=True):
        late = edge is not None and start + timedelta(days=6) >= edge
        low, high = band or (None, None)
        outside: Literal["above", "below"] | None = None
        if n is not None and low is not None and high is not None:
            outside = "above" if n > high else "below" if n < low and not late else None
        weeks.append(Week(start, n, low, high, outside, late))
    return tuple(weeks[-WEEKS_SHOWN:])


def _limits(rows: Sequence[tuple[date, int | None]], cuts: Sequence[date]) -> list[tuple[float, float] | None]:
    """The band of each week; the weeks before begin anew after a gap and at a break."""
    limits: list[tuple[float, float] | None] = []
    run: list[int] = []
    for start, n in rows:
        if any(start < cut <= start + timedelta(days=6) for cut in cuts) or n is None:
            run = []
            limits.append(None)
            continue
        if any(cut == start for cut in cuts):
            run = []
        run.append(n)
        limits.append(control_limits(run, WEEKS_BEFORE, Z)[-1])
    return limits


def make_rolling(facts: Facts, answer: Answer) -> tuple[Month, ...]:
    """For each closed month of an answer by month the count of the twelve that end with it, from the twelfth on."""
    through, cuts = facts.metric_through[answer.metric.id], stops(facts, answer.metric.id)
    rows = [row for row in answer.rows if row["month"] is not None and month_end(row["month"]) <= through]
    found = []
    for last in range(11, len(rows)):
        months = rows[last - 11 : last + 1]
        first_day, last_day = month_start(months[0]["month"]), month_end(months[-1]["month"])
        broken = any(first_day < cut <= last_day for cut in cuts)
        known = not broken and all(_known(row) is not None for row in months)
        n = summed(months, answer.query, answer.metric, (first_day, last_day)) if known else None
        found.append(Month(months[-1]["month"], n))
    return tuple(found)


def make_season(facts: Facts, answer: Answer) -> Season | None:
    """The year of the last closed month beside up to five earlier years; None where fewer than two can stand beside it."""
    metric = answer.metric
    last = last_months(facts.metric_through[metric.id], 1).date_to
    rows = {row["month"]: row for row in answer.rows if row["month"] is not None}
    cuts = stops(facts, metric.id)
    earlier = []
    for year in range(last.year - 1, last.year - 1 - YEARS_BACK, -1):
        if any(date(year, 1, 1) < cut <= last for cut in cuts) or not _is_whole(rows, year):
            break
        earlier.append(year)
    if len(earlier) < FEWEST_YEARS:
        return None
    months = tuple(_season_month(answer, rows, number, last, earlier) for number in range(1, 13))
    return None if months[0].total is None else Season(last.year, tuple(sorted(earlier)), months)


def _season_month(answer: Answer, rows: Mapping[str, Row], number: int, last: date, earlier: Sequence[int]) -> SeasonMonth:
    totals = [0 if (n := _since_january(answer, rows, year, number)) is None else n for year in earlier]
    is_over = number <= last.month
    edge = answer.provisional_from
    return SeasonMonth(
        number=number, n=_known(rows.get(f"{last.year}-{number:02}", {})) if is_over else None,
        total=_since_january(answer, rows, last.year, number) if is_over else None,
        before=totals[0], low=min(totals), high=max(totals),
        is_provisional=is_over and edge is not None and month_end(f"{last.year}-{number:02}") >= edge,
    )  # fmt: skip


def _since_january(answer: Answer, rows: Mapping[str, Row], year: int, number: int) -> int | None:
    names = [f"{year}-{month:02}" for month in range(1, number + 1)]
    found = [rows.get(name, {}) for name in names]
    if any(_known(row) is None for row in found):
        return None
    return summed(found, answer.query, answer.metric, (date(year, 1, 1), month_end(names[-1])))


def _is_whole(rows: Mapping[str, Row], year: int) -> bool:
    return all(_known(rows.get(f"{year}-{month:02}", {})) is not None for month in range(1, 13))


def _known(row: Row) -> int | None:
    """The count of a period that is covered from end to end."""
    return None if row.get("partial") or row.get("missing") else row.get("n")


def month_start(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def month_end(month: str) -> date:
    return (month_start(month) + 31 * DAY).replace(day=1) - DAY
