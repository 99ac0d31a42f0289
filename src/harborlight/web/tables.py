"""Answers as tables for reading: every row worded, missing said with its reason, provisional and part periods marked.

The numbers are those of the answer, unchanged; the CSV and JSON beside a table hold the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from harborlight.charts import formats
from harborlight.metrics.questions import summed
from harborlight.metrics.shapes import Answer, Facts
from harborlight.provenance import join_said
from harborlight.web.context import Cell, Column, Heat, RowGroup, Table
from harborlight.web.figures import share
from harborlight.web.wording import Wording

MOST_SHOWN = 400
Row = Mapping[str, Any]


def make_year_grid(answer: Answer, caption: str, wording: Wording) -> Table:
    """Months as a grid: a row a year, newest first, with the year's total where all of its months are known."""
    years: dict[int, dict[int, Row]] = {}
    undated: int = 0
    for row in answer.rows:
        if row["month"] is None:
            undated = row["n"] or 0
            continue
        years.setdefault(int(row["month"][:4]), {})[int(row["month"][5:])] = row
    names = [formats.month_words(date(2001, m, 1), wording.language).split(" ")[0] for m in range(1, 13)]
    columns = (
        Column(wording.text("tables.year")),
        *(Column(name, True) for name in names),
        Column(wording.text("tables.total"), True),
    )
    rows = tuple(
        (
            Cell(str(year), kind="head"),
            *(grid_cell(years[year].get(m), answer, wording) for m in range(1, 13)),
            _total(years[year], answer, wording),
        )
        for year in sorted(years, reverse=True)
    )
    marked = any(_is_unsettled(row, answer) for months in years.values() for row in months.values())
    notes = [wording.text("tables.italic")] if marked else []
    if undated:
        notes.append(wording.text("tables.undated", n=undated))
    return Table(caption, columns, (RowGroup("", rows),), join_said(notes), is_wide=True)


def grid_cell(row: Row | None, answer: Answer, wording: Wording) -> Cell:
    """One month: its count, `missing`, or nothing where it lies outside the question."""
    if row is None:
        return Cell("", kind="number")
    if row["suppressed"]:
        return Cell(wording.text("tables.hidden"), kind="quiet")
    if row["n"] is None:
        return Cell(wording.text("tables.missing"), kind="quiet")
    return Cell(str(wording.write(row["n"])), kind="provisional" if _is_unsettled(row, answer) else "number")


def _total(months: Mapping[int, Row], answer: Answer, wording: Wording) -> Cell:
    if len(months) < 12 or any(row["n"] is None or row["partial"] for row in months.values()):
        return Cell(wording.text("tables.no_total"), kind="quiet")
    year = int(months[1]["month"][:4])
    total = summed(months.values(), answer.query, answer.metric, (date(year, 1, 1), date(year, 12, 31)))
    return Cell(str(wording.write(total)), kind="number")


def _is_unsettled(row: Row, answer: Answer) -> bool:
    """Whether more records may still arrive for this month, or only a part of it is covered."""
    edge = answer.provisional_from
    return row["n"] is not None and (bool(row["partial"]) or (edge is not None and row["month"] >= f"{edge:%Y-%m}"))


# --------------------------------------------------------------------------------------------- long tables


def make_rows_table(answer: Answer, caption: str, facts: Facts, wording: Wording) -> Table:
    """Any other answer, a row each, in the order of the question; long ones end with a pointer to the CSV."""
    heads = tuple(Column(wording.text(f"breakdowns.{name}")) for name in answer.query.by)
    columns = (*heads, Column(wording.text(f"units.{answer.query.unit}"), True))
    shown = answer.rows[:MOST_SHOWN]
    top = max((row["n"] or 0 for row in shown), default=0)
    rows = tuple(
        (
            *(_key_cell(row, name, i, facts, wording) for i, name in enumerate(answer.query.by)),
            number_cell(row, top, wording),
        )
        for row in shown
    )
    note = wording.text("tables.cut", shown=len(shown), n=len(answer.rows)) if len(shown) < len(answer.rows) else ""
    return Table(caption, columns, (RowGroup("", rows),), note, has_bars=top > 0)


def make_heat_table(heat: Heat, caption: str, wording: Wording) -> Table:
    """Hours down and weekdays across, as plain numbers."""
    columns = (Column(wording.text("breakdowns.hour")), *(Column(short, True) for short, _ in heat.days))
    rows = tuple((Cell(row.label, kind="head"), *(Cell(n, kind="number") for n, _ in row.cells)) for row in heat.rows)
    return Table(caption, columns, (RowGroup("", rows),), heat.unknown)


def _key_cell(row: Row, name: str, position: int, facts: Facts, wording: Wording) -> Cell:
    return Cell(key_words(row, name, facts, wording), kind="text" if position else "head")


def number_cell(row: Row, top: int, wording: Wording) -> Cell:
    """The count of one row with a bar, or why there is none."""
    if row["suppressed"]:
        return Cell(wording.text("tables.hidden"), kind="quiet")
    if row["n"] is None:
        return Cell(wording.text("tables.missing_because", reason=row["missing"]), kind="quiet")
    note = wording.text("tables.part_because", reason=row["partial"]) if row.get("partial") else ""
    return Cell(str(wording.write(row["n"])), kind="number", bar=share(row["n"], top), note=note)


def key_words(row: Row, name: str, facts: Facts, wording: Wording) -> str:
    """One breakdown's value in words; what is not known is said so."""
    lang = wording.language
    value = row["area_id" if name == "area" else name]
    if value is None:
        return wording.text(f"unknown.{name}" if wording.has(f"unknown.{name}") else "unknown.other")
    match name:
        case "month":
            return formats.month_words(value, lang)
        case "day":
            return formats.date_words(date.fromisoformat(value), lang)
        case "week":
            return wording.text("tables.week_of", day=date.fromisoformat(value))
        case "hour":
            return formats.hour_words(value, lang)
        case "weekday":
            return formats.weekday_words(value, lang)
        case "area":
            return str(row["area_name"])
        case "offense" | "offense_code":
            return str(row["offense_name"])
        case "weapon":
            return wording.text(f"weapons.{value}")
        case "firearm_kind" | "privately_made" | "reason":
            return wording.text(f"firearms.{name}_{value}")
        case "source":
            return next((s.title for s in facts.sources if s.id == value), str(value))
        case _:
            return str(value)
