"""Figures of the tables of groups: counts with rates, two-way tables, the age pyramid, one table over time, ratios.

Rows stand in the fixed order of groups, never by size; a hidden count has words and no bar, and nothing is worked out from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from harborlight.catalog.groups import ALL, CATEGORIES, CHILD_BANDS, CITY, UNKNOWN
from harborlight.charts import formats
from harborlight.metrics.groups import (
    MOST_UNKNOWN,
    MOST_YEARS,
    GroupCount,
    GroupRate,
    GroupRates,
    GroupTable,
    People,
    PeriodCounts,
    Refused,
    group_rates,
    unknown_share,
)
from harborlight.metrics.shapes import Facts
from harborlight.provenance import say
from harborlight.statistics.estimate import SMALL_COUNT
from harborlight.web.context import Cell, Column, Link, RowGroup, Table
from harborlight.web.context_groups import GroupFigure, Pyramid, PyramidRow, PyramidSide
from harborlight.web.embed import make_embed
from harborlight.web.figures import share
from harborlight.web.group_words import (
    column_words,
    count_words,
    group_words,
    heading_words,
    period_words,
    reason_words,
    unit_words,
)
from harborlight.web.trend import chart_image
from harborlight.web.wording import Wording

FITTING = 4  # columns that a phone shows side by side
MOST_PERIODS = 8
ROLLING = "rolling_12_months"


def make_figure(counts: PeriodCounts, people: Sequence[People], facts: Facts, address: str, wording: Wording) -> GroupFigure:
    """One table in one period. `address` is that of the page, for the link to this figure alone."""
    table = counts.table
    if table.dims == ("age_band", "sex_code"):
        drawn: Table | None = None
        pyramid: Pyramid | None = make_pyramid(counts, wording)
        notes: list[str] = []
    else:
        drawn, notes = (make_counts(counts, people, wording) if len(table.dims) == 1 else (make_cross(counts, wording), []))
        pyramid = None
    return GroupFigure(
        id=table.id, heading=heading_words(table, wording), title=title_words(counts, wording), takeaway=takeaway(counts, wording),
        table=drawn, pyramid=pyramid, notes=tuple(note for note in notes if note), source=source_words(table, facts, wording),
        links=figure_links(table, counts.period, address, wording),
    )  # fmt: skip


def title_words(counts: PeriodCounts, wording: Wording) -> str:
    return wording.text(
        "groups.title", title=counts.table.title, period=period_words(counts.period, wording), unit=unit_words(counts.table.unit, wording)
    )


def source_words(table: GroupTable, facts: Facts, wording: Wording) -> str:
    """Whose records, and through which day they are in this table."""
    key = "groups.source_closed" if table.closed_through else "groups.source"
    return wording.text(key, agency=facts.city.police_agency, day=table.closed_through or facts.data_through)


def figure_links(table: GroupTable, period: str, address: str, wording: Wording, ending: str = "") -> tuple[Link, ...]:
    """The same numbers as files, and the address of this figure alone: `ending` tells apart figures of one table."""
    asked = "?" + urlencode({"period": period}, safe="/") if period else ""
    files = (
        Link(wording.text("figures.csv"), f"/api/v1/groups/{table.id}.csv{asked}"),
        Link(wording.text("figures.json"), f"/api/v1/groups/{table.id}{asked}"),
    )
    return (*files, Link(wording.text("groups.permalink"), f"{address}#{table.id}{ending}"))


# ---------------------------------------------------------------------------------------- one sentence


def takeaway(counts: PeriodCounts, wording: Wording, area_id: str = CITY) -> str:
    """The largest of the counts that are shown, or why none can be named. Nothing is said of hidden ones."""
    total, column = counts.total(area_id), counts.table.dims[0]
    place = counts.table.dims.index(column)
    cells = counts.by(column, area_id) if len(counts.table.dims) == 1 else leaves(counts, area_id)
    unit = unit_words(counts.table.unit, wording)
    shown = [c for c in cells if c.n is not None]
    if total is not None and total.n == 0:
        return wording.text("groups.nobody", unit=unit, period=period_words(counts.period, wording))
    known = [c for c in shown if UNKNOWN not in c.groups and c.n]
    if not known:
        return wording.text("groups.nothing_shown" if len(shown) < len(cells) else "groups.none_known")
    top = max(c.n or 0 for c in known)
    first = [c for c in known if c.n == top]
    if len(first) > 1:
        return wording.text("groups.tie", number=top, unit=unit)
    name = name_words(counts.table, first[0].groups, wording)
    if len(shown) < len(cells) or total is None or total.n is None:
        return wording.text("groups.largest_shown", group=name, number=top, unit=unit)
    unknown = sum(c.n or 0 for c in shown if c.groups[place] == UNKNOWN)
    text = wording.text("groups.largest", group=name, number=top, total=total.n, unit=unit)
    if not unknown:
        return text
    return text + " " + wording.text("groups.unknown_too", what=column_words(column, wording).lower(), number=unknown)


def leaves(counts: PeriodCounts, area_id: str = CITY) -> list[GroupCount]:
    """Counts of a place that are sums of no others of the table."""
    return [c for c in counts.cells if c.area_id == area_id and ALL not in c.groups]


def name_words(table: GroupTable, groups: Sequence[str], wording: Wording) -> str:
    return ", ".join(group_words(c, g, wording) for c, g in zip(table.dims, groups, strict=True) if table.narrowed.get(c) != g)


# -------------------------------------------------------------------------------------------- one column


def make_counts(counts: PeriodCounts, people: Sequence[People], wording: Wording) -> tuple[Table, list[str]]:
    """Counts by one column with rates where they may be given, and what to know of them."""
    table, column = counts.table, counts.table.dims[0]
    found = group_rates(counts, column, people)
    rates = {rate.group: rate for rate in found.rates} if isinstance(found, GroupRates) else {}
    cells = counts.by(column)
    top = max((c.n or 0 for c in cells), default=0)
    place = table.dims.index(column)
    rows = [
        (Cell(group_words(column, c.groups[place], wording), kind="head"), count_cell(table, counts.period, c, top, wording),
         *((_rate_cell(rates.get(c.groups[place]), c, table, counts.period, wording),) if rates else ()))
        for c in cells
    ]  # fmt: skip
    total = counts.total()
    if total is not None:
        rows.append(
            (Cell(wording.text("tables.total"), kind="head"), count_cell(table, counts.period, total, 0, wording), *((Cell(""),) if rates else ()))
        )
    heads = [Column(column_words(column, wording)), Column(wording.text(f"units.{table.unit}"), True)]
    heads += [Column(wording.text("groups.rate_head"), True)] if rates else []
    drawn = Table(title_words(counts, wording), tuple(heads), (RowGroup("", tuple(rows)),), has_bars=top > 0)
    return drawn, _rate_notes(found, rates, counts, wording)


def count_cell(table: GroupTable, period: str, cell: GroupCount | None, top: int, wording: Wording) -> Cell:
    """A count with its bar; one that is hidden says so and has none."""
    text = count_words(table, period, cell, wording)
    if cell is None or cell.n is None:
        return Cell(text, kind="quiet")
    return Cell(text, kind="number", bar=share(cell.n, top) if top else None)


def _rate_cell(rate: GroupRate | None, cell: GroupCount, table: GroupTable, period: str, wording: Wording) -> Cell:
    if rate is None:
        key = "tables.hidden" if cell.n is None else "groups.in_no_rate" if UNKNOWN in cell.groups else "groups.no_rate"
        return Cell(wording.text(key), kind="quiet")
    low, high = (formats.decimal(x or 0.0, 1, wording.language) for x in (rate.rate.low, rate.rate.high))
    value = rate.rate.value or 0.0
    text = say(
        formats.decimal(value, 1, wording.language), value, "group_rate",
        table=table.id, period=period, groups=",".join(cell.groups), people=str(rate.people),
    )  # fmt: skip
    return Cell(text, kind="number", note=wording.text("figures.range", low=low, high=high))


def _rate_notes(found: GroupRates | Refused, rates: Mapping[str, GroupRate], counts: PeriodCounts, wording: Wording) -> list[str]:
    if isinstance(found, Refused):
        return [reason_words(found, counts.table.unit, wording)]
    notes = [wording.text("groups.divided_by", people=found.denominator)]
    if any((rate.rate.n_events or 0) < SMALL_COUNT for rate in rates.values()):
        notes.append(wording.text("groups.small"))
    return notes


# ----------------------------------------------------------------------------------------- two columns


def make_cross(counts: PeriodCounts, wording: Wording) -> Table:
    """Two columns against each other, with sums where the table has them."""
    table = counts.table
    one, other = table.dims
    across = [*_groups(counts, other), ALL]
    rows = tuple(
        (Cell(_sum_words(one, group, wording), kind="head"),
         *(count_cell(table, counts.period, _at(counts, {one: group, other: across_group}), 0, wording) for across_group in across))
        for group in [*_groups(counts, one), ALL]
    )  # fmt: skip
    heads = (Column(column_words(one, wording)), *(Column(_sum_words(other, group, wording), True) for group in across))
    return Table(title_words(counts, wording), heads, (RowGroup("", rows),), is_wide=len(heads) > FITTING)


def _groups(counts: PeriodCounts, column: str) -> list[str]:
    """Groups that stand in the table, in the fixed order."""
    place = counts.table.dims.index(column)
    found = {c.groups[place] for c in counts.cells} - {counts.table.narrowed.get(column, ALL)}
    return [group for group in (*CHILD_BANDS, *CATEGORIES[column]) if group in found]


def _at(counts: PeriodCounts, groups: Mapping[str, str]) -> GroupCount | None:
    return counts.cell(**groups)


def _sum_words(column: str, group: str, wording: Wording) -> str:
    return wording.text("tables.total") if group == ALL else group_words(column, group, wording)


def make_pyramid(counts: PeriodCounts, wording: Wording) -> Pyramid:
    """Ages from old to young with one sex on each side; bars share one scale."""
    top = max((c.n or 0 for c in leaves(counts)), default=0)
    bands = [band for band in reversed(_groups(counts, "age_band")) if band != UNKNOWN]
    rows = []
    for band in [*bands, *(band for band in _groups(counts, "age_band") if band == UNKNOWN)]:
        left, right = (_side(counts, band, sex, top, wording) for sex in ("female", "male"))
        unknown = count_words(counts.table, counts.period, _at(counts, {"age_band": band, "sex_code": UNKNOWN}), wording)
        rows.append(PyramidRow(group_words("age_band", band, wording), left, right, unknown))
    names = [group_words("sex_code", sex, wording) for sex in ("female", "male", UNKNOWN)]
    return Pyramid(title_words(counts, wording), (names[0], column_words("age_band", wording), names[1], names[2]), tuple(rows))


def _side(counts: PeriodCounts, band: str, sex: str, top: int, wording: Wording) -> PyramidSide:
    cell = _at(counts, {"age_band": band, "sex_code": sex})
    return PyramidSide(count_words(counts.table, counts.period, cell, wording), share(cell.n, top) if cell and cell.n is not None and top else None)


# --------------------------------------------------------------------------------------------- over time


def make_over_time(
    series: Sequence[PeriodCounts], facts: Facts, address: str, wording: Wording, files: frozenset[str] = frozenset()
) -> GroupFigure | None:
    """One table of one column in its last periods, side by side, with its picture if `files` has one; None where there is only one."""
    rolling = [counts for counts in series if counts.grain == ROLLING]
    whole = [counts for counts in series if counts.grain != ROLLING]
    if len(whole) < 2:
        return None
    table = whole[-1].table
    is_drawn = f"{picture_name(table.id)}-wide.svg" in files
    whole = whole[-(MOST_YEARS if is_drawn else MOST_PERIODS - len(rolling)) :]
    series = [*whole, *rolling]
    column = table.dims[0] if table.dims else ""
    groups = _groups(series[-1], column) if column else []
    what = column_words(column, wording) if column else wording.text("groups.counted")
    rows = tuple(
        (Cell(_sum_words(column, group, wording), kind="head"),
         *(count_cell(table, counts.period, _at(counts, {} if group == ALL else {column: group}), 0, wording) for counts in series))
        for group in [*groups, ALL]
    )  # fmt: skip
    heads = (Column(what), *(Column(period_words(counts.period, wording), True) for counts in series))
    first, last = (period_words(counts.period, wording) for counts in (whole[0], whole[-1]))
    title = wording.text("groups.title_time", title=table.title, first=first, last=last, unit=unit_words(table.unit, wording))
    takeaway, name = _time_words(whole, column, wording), f"{table.id}_time"
    image = chart_image(facts.release_id, picture_name(table.id), files, takeaway)
    return GroupFigure(
        id=name, heading=wording.text("groups.over_time", what=what.lower()) if column else table.title, title=title,
        takeaway=takeaway, table=Table(title, heads, (RowGroup("", rows),), is_wide=len(heads) > FITTING), pyramid=None,
        notes=_time_notes(series, column, wording) if column else (), source=source_words(table, facts, wording),
        links=figure_links(table, "", address, wording, "_time"), image=image,
        embed=make_embed(f"{address}#{name}", picture_address(table.id), title, facts, wording, f"embed-{name}") if image else None,
    )  # fmt: skip


def picture_name(table_id: str) -> str:
    """What the picture of a table over time is called in a release, without its width."""
    return f"groups-{table_id}-time"


def picture_address(table_id: str) -> str:
    """Where that picture lies for other pages, whatever the release."""
    return f"/api/v1/groups/{table_id}.svg"


def _time_words(whole: Sequence[PeriodCounts], column: str, wording: Wording) -> str:
    """The first and the last whole period: the group that is largest now, and all. No verdict; measures give it with its chance."""
    first, last = whole[0], whole[-1]
    names = {"first": period_words(first.period, wording), "last": period_words(last.period, wording)}
    parts = []
    shown = [c for c in (last.by(column) if column else ()) if c.n is not None and UNKNOWN not in c.groups]
    if shown:
        group = max(shown, key=lambda c: c.n or 0).groups[0]
        parts.append((group_words(column, group, wording), [_at(counts, {column: group}) for counts in (first, last)]))
    title = last.table.title.split(" by ")[0] if column else last.table.title
    parts.append((title, [counts.total() for counts in (first, last)]))
    said = [
        wording.text("groups.time", title=title, n_first=cells[0].n, n_last=cells[1].n, **names)
        for title, cells in parts
        if cells[0] is not None and cells[0].n is not None and cells[1] is not None and cells[1].n is not None
    ]
    return " ".join(said) or wording.text("groups.time_hidden")


def _time_notes(series: Sequence[PeriodCounts], column: str, wording: Wording) -> tuple[str, ...]:
    """Periods in which too many are not known to compare groups."""
    high = [
        counts.period for counts in series if isinstance(part := unknown_share(counts, column), float) and part > MOST_UNKNOWN
    ]
    if not high:
        return ()
    names = ", ".join(period_words(period, wording) for period in high)
    return (wording.text("groups.unknown_years", what=column_words(column, wording).lower(), periods=names),)
