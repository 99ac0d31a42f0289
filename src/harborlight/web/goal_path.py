"""The running year of a goal as a chart made at publish, with the table of the same numbers."""

from __future__ import annotations

from collections.abc import Sequence

from harborlight.charts import formats
from harborlight.metrics.goal_path import PathMonth, make_path, path_query
from harborlight.web.context import Cell, ChartImage, Column, Figure, RowGroup, Table
from harborlight.web.goal_figures import data_links
from harborlight.web.goal_reader import Measured
from harborlight.web.goal_words import count_of, noun_of, path_words
from harborlight.web.reader import Reader, Row
from harborlight.web.wording import Wording


def make_path_figure(reader: Reader, measured: Measured, files: frozenset[str], wording: Wording) -> Figure | None:
    """None where no year runs, or where too few earlier years say how one runs."""
    goal, facts = measured.goal, reader.facts
    name = f"goal-{goal.id}-path"
    year = next((y for y in measured.years if y["probability"] is not None), None)
    if year is None or f"{name}-wide.svg" not in files:
        return None
    years = [int(past) for past in year["share_years"].split()]
    rows = reader.answer(path_query(facts, goal, years, year["through"])).rows
    months = make_path(rows, years, year["date_from"].year, year["through"], year["limit"])
    if not months:
        return None
    noun, takeaway = noun_of(facts, goal, wording), wording.text("goals.path_takeaway")
    title, at = wording.text("goals.path_title", day=year["date_from"], noun=noun), f"/charts/{facts.release_id}/{name}"
    table = _table(measured, months, year, title, reader, wording)
    return Figure(
        title=title[:1].upper() + title[1:], takeaway=takeaway, image=ChartImage(f"{at}-wide.svg", f"{at}-narrow.svg", f"{title}. {takeaway}"),
        bars=None, notes=(), table=table, links=data_links(goal.id, wording),
        source=wording.text("goals.source_line", agency=facts.city.police_agency, day=year["through"]),
    )  # fmt: skip


def _table(measured: Measured, months: Sequence[PathMonth], year: Row, title: str, reader: Reader, wording: Wording) -> Table:
    """Month, count since January, what the path has by then."""
    heads = (Column(wording.text("goals.path_month")), Column(wording.text("goals.path_count"), True), Column(wording.text("goals.path_goal"), True))
    rows = []
    for month in months:
        n = "" if month.n is None else wording.write(count_of(reader.facts, measured.goal, month.n, year["date_from"], month.end))
        head = Cell(formats.month_words(month.end, wording.language), kind="head")
        rows.append((head, Cell(n, kind="number"), Cell(path_words(year, month, wording), kind="number")))
    return Table(title, heads, (RowGroup("", tuple(rows)),))
