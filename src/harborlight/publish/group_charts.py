"""The charts of tables of groups: people killed and people shot, by age, sex and race, year by year.

Only tables of true counts (T0) are drawn. Nothing is hidden in them, so that no length, scale or order can tell what a sensitive
table hides. Names of groups are those of the pages.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from harborlight.catalog.groups import ALL, UNKNOWN
from harborlight.catalog.yaml_text import read_yaml
from harborlight.charts.formats import number
from harborlight.charts.panels import panel_chart
from harborlight.metrics.groups import MOST_YEARS, GroupTable, PeriodCounts, read_counts, read_periods, read_tables
from harborlight.store import Connection

FEWEST = 2  # years


def draw_groups(con: Connection, *, narrow: bool) -> dict[str, str]:
    """Name of a picture (`groups-<table>-time`) → SVG, for every open table by one column with two whole years or more."""
    drawn = {}
    for table in read_tables(con).values():
        if table.tier == "T0" and table.grain == "year" and len(table.dims) == 1:
            series = read_series(con, table)
            if len(series) >= FEWEST:
                drawn[f"groups-{table.id}-time"] = _draw(table, series, narrow)
    return drawn


def read_series(con: Connection, table: GroupTable) -> list[PeriodCounts]:
    """The last whole years of a table, oldest first."""
    found = [read_counts(con, table, period) for grain, period in read_periods(con, table) if grain == "year"]
    return [counts for counts in found if isinstance(counts, PeriodCounts)][-MOST_YEARS:]


def _draw(table: GroupTable, series: list[PeriodCounts], narrow: bool) -> str:
    column = table.dims[0]
    years = _years(series)
    groups = [cell.groups[0] for cell in series[-1].by(column)]
    by_year = {counts.period: counts for counts in series}
    panels = [(group_words(column, group), [_n(by_year.get(year), column, group) for year in years]) for group in groups]
    totals = [counts.total() for counts in (series[0], series[-1])]
    first, last = (number(cell.n or 0) if cell else "" for cell in totals)
    return panel_chart(
        panels, years, title=f"{table.title}, {years[0]} to {years[-1]}", unit=f"{table.unit} a year", narrow=narrow,
        takeaway=f"{table.title}: {first} in all in {years[0]}, {last} in {years[-1]}. One panel for each group, all on one scale.",
    )  # fmt: skip


def _years(series: list[PeriodCounts]) -> list[str]:
    """Every year from the first to the last: one that the record lacks is a gap."""
    return [str(year) for year in range(int(series[0].period), int(series[-1].period) + 1)]


def _n(counts: PeriodCounts | None, column: str, group: str) -> int | None:
    cell = counts.cell(**{column: group}) if counts else None
    return cell.n if cell else None


def group_words(column: str, group: str) -> str:
    """One group in the words of the pages."""
    words = _words()
    if group == ALL:
        return words["everybody"]
    if group == UNKNOWN:
        return words["not_known"]
    if column != "age_band":
        return words[f"{column}_{group}"]
    if group.endswith("+"):
        return words["age_over"].format(first=group.removesuffix("+"))
    first, _, last = group.partition("-")
    return words["age_under"].format(last=int(last) + 1) if first == "0" else words["age_span"].format(first=first, last=last)


@cache
def _words() -> dict[str, str]:
    file = resources.files("harborlight").joinpath("web", "messages", "en", "groups.yaml")
    found: dict[str, str] = read_yaml(file.read_text(encoding="utf-8"))
    return found
