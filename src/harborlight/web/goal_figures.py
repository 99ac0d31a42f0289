"""The years of a goal as bars and as a table: counts, what the goal allowed, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from harborlight.charts import formats
from harborlight.metrics.shapes import Facts
from harborlight.web.context import Bars, Cell, Column, Figure, Link, RowGroup, Table
from harborlight.web.figures import make_bars
from harborlight.web.goal_reader import RUNNING, Measured
from harborlight.web.goal_words import chance_words, count_of, limit_words, noun_of, period_words, year_count
from harborlight.web.reader import Row
from harborlight.web.wording import Wording


def make_goal_figure(measured: Measured, facts: Facts, wording: Wording) -> Figure | None:
    """Bars of the baseline and the goal's years, with the table of the same numbers; None where nothing is counted."""
    goal = measured.goal
    if not measured.readings or goal.metric is None:
        return None
    noun = noun_of(facts, goal, wording)
    metric = facts.metrics[goal.metric]
    return Figure(
        title=wording.text("goals.figure", noun=noun[:1].upper() + noun[1:]), takeaway=_line_words(measured, wording), image=None,
        bars=_bars(measured, facts, noun, wording), notes=(), table=make_years(measured, facts, wording), links=data_links(goal.id, wording),
        source=wording.text("goals.source_line", agency=facts.city.police_agency, day=facts.metric_through[metric.id]),
    )  # fmt: skip


def data_links(goal_id: str, wording: Wording) -> tuple[Link, ...]:
    """One goal's numbers as files."""
    return Link(wording.text("goals.csv"), f"/api/v1/goals/{goal_id}.csv"), Link(wording.text("goals.json"), f"/api/v1/goals/{goal_id}")


def _base_year(measured: Measured, facts: Facts) -> Row | None:
    """The first year whose target is worked out from the baseline itself."""
    base = measured.goal.baseline
    return next((y for y in measured.years if base and y["base_from"] == base.date_from and y["base_n"] is not None), None)


def _bars(measured: Measured, facts: Facts, noun: str, wording: Wording) -> Bars | None:
    years = [y for y in measured.years if y["reading"] == measured.readings[0]]
    base = _base_year(measured, facts)
    begun = [y for y in years if y["n"] is not None or y["reason"]]
    points: list[tuple[int | None, str]] = [(round(base["base_n"] / base["base_years"]), "before")] if base else []
    points += [(y["n"], "now" if y["through"] == y["date_to"] else "pale") for y in begun]
    if not any(n for n, _ in points):
        return None
    when = [period_words(base["base_from"], base["base_to"], wording)] if base else []
    when += [period_words(y["date_from"], y["date_to"], wording) for y in begun]
    label = wording.text("goals.bars", noun=noun[:1].upper() + noun[1:], first=when[0], last=when[-1], top=max(n for n, _ in points if n is not None))
    counts = [_base_words(base, measured, facts, wording)] if base else []
    counts += ["" if y["n"] is None else formats.number(year_count(facts, measured.goal, y), wording.language) for y in begun]
    return make_bars(
        points, label=label, first=when[0], last=when[-1], wording=wording, width=360, height=96, gap=0.25,
        limits=[*([None] if base else []), *(y["limit"] for y in begun)], under=list(zip(when, counts, strict=True)),
    )  # fmt: skip


def _base_words(base: Row, measured: Measured, facts: Facts, wording: Wording) -> str:
    """The count of the year before, or that the bar is the mean of several."""
    if base["base_years"] > 1:
        return wording.text("goals.mean")
    return formats.number(count_of(facts, measured.goal, int(base["base_n"]), base["base_from"], base["base_to"]), wording.language)


def _line_words(measured: Measured, wording: Wording) -> str:
    """What the line across each bar says; empty where no target is worked out yet."""
    reading = measured.readings[0]
    if not any(y["limit"] is not None for y in measured.years if y["reading"] == reading):
        return ""
    words = wording.text(f"goals.line_{measured.goal.direction}")
    return wording.text("goals.line_reading", words=words, reading=wording.text(f"goals.reading_{reading}")) if len(measured.readings) > 1 else words


def make_years(measured: Measured, facts: Facts, wording: Wording) -> Table:
    """Baseline and years with count, target and result under each reading."""
    readings = measured.readings
    heads = [Column(wording.text("goals.col_year")), Column(wording.text("goals.col_count"), True)]
    for reading in readings:
        heads += [Column(wording.text(f"goals.col_limit_{reading}"), True), Column(wording.text("goals.col_result"))]
    rows = list(_base_rows(measured, facts, wording))
    for step in range(1, len(measured.goal.periods) + 1):
        rows.append(_year_row([y for r in readings if (y := measured.year(r, step))], measured, facts, wording))
    title = wording.text("goals.figure", noun=noun_of(facts, measured.goal, wording))
    return Table(title, tuple(heads), (RowGroup("", tuple(rows)),), is_wide=len(readings) > 1)


def _base_rows(measured: Measured, facts: Facts, wording: Wording) -> Sequence[tuple[Cell, ...]]:
    year = _base_year(measured, facts)
    if year is None:
        return ()
    n = count_of(facts, measured.goal, int(year["base_n"]), year["base_from"], year["base_to"])
    head = Cell(period_words(year["base_from"], year["base_to"], wording), kind="head", note=wording.text("goals.base"))
    return ((head, Cell(wording.write(n), kind="number"), *(Cell("") for _ in range(2 * len(measured.readings)))),)


def _year_row(years: Sequence[Row], measured: Measured, facts: Facts, wording: Wording) -> tuple[Cell, ...]:
    first = years[0]
    is_running = first["through"] is not None and first["through"] < first["date_to"]
    note = wording.text("goals.so_far", day=first["through"]) if is_running else ""
    head = Cell(period_words(first["date_from"], first["date_to"], wording), kind="head", note=note)
    count = Cell("" if first["n"] is None else wording.write(year_count(facts, measured.goal, first)), kind="provisional" if is_running else "number")
    cells = [head, count]
    for year in years:
        cells += [_limit_cell(year, measured, facts, wording), _result_cell(year, measured, facts, wording)]
    return tuple(cells)


def _limit_cell(year: Row, measured: Measured, facts: Facts, wording: Wording) -> Cell:
    if year["limit"] is None:
        return Cell("")
    key = "goals.or_fewer" if measured.goal.direction == "lower" else "goals.or_more"
    return Cell(wording.text(key, limit=limit_words(facts, measured.goal, year, wording)), kind="number")


def _result_cell(year: Row, measured: Measured, facts: Facts, wording: Wording) -> Cell:
    """The result in words; with the chance while the year runs, or with the reason for which nothing can be said."""
    status = year["status"]
    if year["limit"] is None and status not in ("cannot_say",):
        return Cell("")
    note = ""
    if status in RUNNING:
        note = wording.text("goals.chance", chance=chance_words(facts, measured.goal, year, wording))
    return Cell(wording.text(f"goals.status_{status}"), kind="words", note=note)


def baseline_words(measured: Measured, wording: Wording) -> str:
    base = measured.goal.baseline
    return period_words(base.date_from, base.date_to, wording) if base else ""


def years_words(measured: Measured, wording: Wording) -> str:
    """All its years from the first to the last day."""
    goal = measured.goal
    if not goal.periods or (goal.first.month, goal.first.day) != (1, 1):
        return formats.date_range_words(goal.first, goal.due, wording.language)
    first, last = str(goal.first.year), str(goal.due.year)
    return first if first == last else wording.text("goals.years", first=first, last=last)
