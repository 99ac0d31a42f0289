"""How far each goal has come: its years counted through the goal's own question, its targets, and the chance of a year that runs.

In go an open release and a declared goal, out come one line for each of its years under each of its readings. Counted are days
that are settled: later ones may still rise, and would make a goal look closer than it is. A status is worked out here and
nowhere else.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from harborlight.catalog.goals import Goal, add_years
from harborlight.metrics.query import make_query
from harborlight.metrics.series import Series
from harborlight.metrics.shapes import Facts, Query
from harborlight.statistics.goals import goal_outlook, goal_probability, seasonal_share
from harborlight.statistics.windows import Window as Days
from harborlight.store import Connection

Reading = Literal["year_on_year", "compound", "at_the_end", "count"]
Status = Literal["met", "missed", "met_in_some", "on_track", "too_close", "off_track", "not_begun", "cannot_say", "not_supplied", "withdrawn"]
DAY = timedelta(days=1)
YEARS_FOR_SEASON, FEWEST_YEARS, FEWEST_EVENTS = 5, 2, 50


@dataclass(frozen=True)
class GoalYear:
    """One year of a goal under one reading.

    `n` counts the days from `date_from` through `through`, the last settled one; None where nothing can be counted, with
    `reason`. `target` is base_n / base_years x (1 - percent)^times for a change in percent, and `limit` the whole number that a
    count is held against. `share` of a usual year had passed by `through`: from earlier years (`share_years`), or from the days.
    """

    goal: str
    reading: Reading
    step: int
    date_from: date
    date_to: date
    status: Status
    through: date | None = None
    n: int | None = None
    base_from: date | None = None
    base_to: date | None = None
    base_n: int | None = None
    base_years: int | None = None
    percent: float | None = None
    times: int | None = None
    target: float | None = None
    limit: int | None = None
    share: float | None = None
    share_years: tuple[int, ...] = ()
    expected: float | None = None
    dispersion: float | None = None
    probability: float | None = None
    reason: str | None = None


@dataclass(frozen=True)
class GoalStatus:
    """Where a goal stands under one reading: the year that decides, and in how many of its finished years the target was met."""

    goal: str
    reading: Reading | None
    status: Status
    is_final: bool
    step: int | None = None
    met: int = 0
    known: int = 0


@dataclass(frozen=True)
class _Base:
    """What a target is worked out from: a count of days, over how many years, and how often the change is applied to it."""

    days: Days
    years: int
    times: int


def readings_of(goal: Goal) -> tuple[Reading, ...]:
    """How the goal may be read: a change "each year" in two ways, everything else in one."""
    target = goal.target
    if goal.metric is None or target is None:
        return ()
    if target.percent_a_year is not None:
        return ("year_on_year", "compound")
    return ("at_the_end",) if target.percent is not None else ("count",)


def goal_query(facts: Facts, goal: Goal, days: Days) -> Query:
    """The question that counts some days of a goal."""
    given = {"from_": days.date_from.isoformat(), "to": days.date_to.isoformat()}
    parts = (pair.split("=", 1) for pair in goal.measure.split("&"))
    given |= {name: value for name, value in parts if name != "metric"}
    return make_query(facts.metrics[goal.metric or ""], facts, **given)


def settled_through(facts: Facts, metric_id: str) -> date:
    """The last day whose count is not expected to rise."""
    edge = facts.provisional_from.get(metric_id)
    return min(facts.metric_through[metric_id], edge - DAY) if edge else facts.metric_through[metric_id]


def can_be_counted(facts: Facts, goal: Goal) -> bool:
    """Whether this release has records of what the goal counts."""
    return goal.metric is not None and bool(facts.metric_sources.get(goal.metric))


def measure_goal(con: Connection, facts: Facts, goal: Goal) -> tuple[GoalYear, ...]:
    """Every year of a goal under every reading, in their order; nothing for a goal that cannot be counted."""
    if not can_be_counted(facts, goal):
        return ()
    first = goal.baseline.date_from if goal.baseline else goal.first
    series = Series(con, facts, goal_query(facts, goal, Days(min(first, facts.metric_from[goal.metric or ""]), goal.due)))
    cut = settled_through(facts, goal.metric or "")
    return tuple(_year(series, goal, reading, step, cut) for reading in readings_of(goal) for step in range(1, len(goal.periods) + 1))


def summarize(goal: Goal, years: Sequence[GoalYear]) -> tuple[GoalStatus, ...]:
    """Where a goal stands under each reading. Withdrawn and uncounted goals have one line without a reading."""
    if goal.withdrawn:
        return (GoalStatus(goal.id, None, "withdrawn", True),)
    if not years:
        return (GoalStatus(goal.id, None, "not_supplied", False),)
    return tuple(_summary(goal, reading, [y for y in years if y.reading == reading]) for reading in readings_of(goal))


def _summary(goal: Goal, reading: Reading, years: Sequence[GoalYear]) -> GoalStatus:
    """The running year decides while there is one; after the end the last year, or, year on year, all of them."""
    over = [y for y in years if y.status in ("met", "missed")]
    met = sum(y.status == "met" for y in over)
    running = next((y for y in years if y.status in ("on_track", "too_close", "off_track")), None)
    aimed = [y for y in years if y.limit is not None or y.reason] or list(years)
    last = running or next((y for y in aimed if y.status == "not_begun"), aimed[-1])
    is_final = last is aimed[-1] and last.status in ("met", "missed")
    status: Status = last.status
    if is_final and reading == "year_on_year" and 0 < met < len(over):
        status = "met_in_some"
    return GoalStatus(goal.id, reading, status, is_final, last.step, met, len(over))


# -------------------------------------------------------------------------------------------------- one year


def _year(series: Series, goal: Goal, reading: Reading, step: int, cut: date) -> GoalYear:
    first, last = goal.periods[step - 1]
    year = GoalYear(goal.id, reading, step, first, last, "not_begun")
    if first > cut:
        return _aim(series, goal, year, cut)
    through = min(last, cut)
    lacking = series.lacks(Days(first, through))
    if lacking:
        return replace(year, status="cannot_say", reason=lacking)
    year = _aim(series, goal, replace(year, through=through, n=int(series.count(Days(first, through)).n)), cut)
    if year.status == "cannot_say" or year.limit is None:
        return year
    return _judge(series, goal, year)


def _aim(series: Series, goal: Goal, year: GoalYear, cut: date) -> GoalYear:
    """The year with its target, where it has one by now; a base that cannot be compared with it is a reason to say nothing."""
    is_last = year.step == len(goal.periods)
    if year.reading in ("at_the_end", "count") and not is_last:
        return year
    assert goal.target is not None  # a goal without a target has no readings  # noqa: S101
    if goal.target.count is not None:
        return replace(year, target=float(goal.target.count), limit=goal.target.count)
    base, percent = _base_of(goal, year), goal.target.percent_a_year or goal.target.percent or 0.0
    if base.days.date_to > cut:
        return year
    span = (base.days.date_from, year.date_to)
    reason = series.lacks(base.days) or series.breaks_between(*span) or series.redrawn_between(*span)
    if reason:
        return replace(year, status="cannot_say", reason=reason)
    n = int(series.count(base.days).n)
    target = n / base.years * (1 + (-percent if goal.direction == "lower" else percent) / 100) ** base.times
    return replace(
        year, base_from=base.days.date_from, base_to=base.days.date_to, base_n=n, base_years=base.years, percent=percent, times=base.times,
        target=target, limit=limit_of(target, goal.direction),
    )  # fmt: skip


def _base_of(goal: Goal, year: GoalYear) -> _Base:
    """The year before for a year-on-year reading, from the second year on; otherwise the declared baseline."""
    if year.reading == "year_on_year" and year.step > 1:
        return _Base(Days(*goal.periods[year.step - 2]), 1, 1)
    assert goal.baseline is not None  # the model asks for one where the target is a change  # noqa: S101
    span = Days(goal.baseline.date_from, goal.baseline.date_to)
    years = (goal.baseline.date_to + DAY).year - goal.baseline.date_from.year
    return _Base(span, years, year.step if year.reading == "compound" else 1)


def limit_of(target: float, direction: str) -> int:
    """The whole number that a count is held against: counts are whole, so "at most 164.9" is "at most 164"."""
    return math.floor(target + 1e-9) if direction == "lower" else math.ceil(target - 1e-9)


def _judge(series: Series, goal: Goal, year: GoalYear) -> GoalYear:
    """Met or missed when the year is over; before that the chance, its word, and what the path expects by now."""
    assert year.n is not None and year.through is not None and year.limit is not None  # noqa: S101
    if year.through == year.date_to:
        is_met = year.n <= year.limit if goal.direction == "lower" else year.n >= year.limit
        return replace(year, status="met" if is_met else "missed", share=1.0, expected=year.target)
    share, years = season_of(series, year.date_from, year.through)
    phi = series.dispersion(year.through)
    chance = goal_probability(year.n, share, year.limit, phi, goal.direction)
    return replace(
        year, status=goal_outlook(chance), share=share, share_years=years, expected=(year.target or 0.0) * share,
        dispersion=float(phi), probability=chance,
    )  # fmt: skip


def season_of(series: Series, first: date, through: date) -> tuple[float, tuple[int, ...]]:
    """Which share of a usual year has passed by a day, and the years that say so: up to five before that are wholly known.

    A share lies within one year, so a break between two years does not matter, one inside a year does. Where fewer than two
    years or fifty events can say, the share of days stands in, and no year is named.
    """
    found: list[tuple[int, int, int]] = []
    for back in range(1, YEARS_FOR_SEASON + 1):
        start = add_years(first, -back)
        whole, part = Days(start, add_years(first, 1 - back) - DAY), Days(start, add_years(through, -back))
        if series.lacks(whole) or series.breaks_between(whole.date_from, whole.date_to):
            continue
        if n := series.count(whole).n:
            found.append((start.year, series.count(part).n, n))
    enough = len(found) >= FEWEST_YEARS and sum(n for _, _, n in found) >= FEWEST_EVENTS
    share = seasonal_share([(part, whole) for _, part, whole in found]) if enough else 0.0
    if share > 0:
        return share, tuple(sorted(year for year, _, _ in found))
    return ((through - first).days + 1) / ((add_years(first, 1) - first).days), ()
