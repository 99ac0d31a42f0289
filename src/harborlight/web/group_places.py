"""Tables of groups on pages of single areas and measures: the latest period, counts only, with the way to the page about groups."""

from __future__ import annotations

from collections.abc import Iterable

from harborlight.catalog.groups import CITY
from harborlight.metrics.groups import GroupTable, PeriodCounts
from harborlight.web.context import Cell, Column, Link, RowGroup, Table
from harborlight.web.context_groups import GroupPart
from harborlight.web.demographics import DIMENSIONS, PAGE, latest
from harborlight.web.group_figures import count_cell, title_words
from harborlight.web.group_note import make_note
from harborlight.web.group_reader import read_counts, read_periods, read_tables, subject_of_metric
from harborlight.web.group_words import column_words, group_words
from harborlight.web.places import Place
from harborlight.web.reader import Reader
from harborlight.web.wording import Wording


def make_area_groups(reader: Reader, place: Place, wording: Wording) -> GroupPart | None:
    """Tables by district on the page of a district, by the lines that they were made with; None on every other page."""
    facts = reader.facts
    if place.lines is None or place.layer.id != facts.city.primary_layer:
        return None
    tables = [t for t in read_tables(reader).values() if t.by_area and t.grain and t.lines == place.lines.id]
    drawn = list(_tables(reader, tables, place.id, wording))
    intro = wording.text("groups.area_intro" if drawn else "groups.area_none", name=place.name)
    links = (Link(wording.text("groups.more"), PAGE),)
    return GroupPart(wording.text("groups.area_title"), intro, tuple(drawn), links, make_note(facts, tables, wording))


def make_metric_groups(reader: Reader, metric_id: str, wording: Wording) -> GroupPart | None:
    """Tables of the whole city about those whom a measure counts; None where there are none of that kind."""
    subject = subject_of_metric(metric_id)
    own = [t for t in read_tables(reader).values() if t.subject == subject and not t.by_area and len(t.dims) == 1] if subject else []
    tables = sorted((t for t in own if t.grain), key=lambda t: DIMENSIONS.index(t.dims[0]) if t.dims[0] in DIMENSIONS else 9)
    if not own:
        return None
    drawn = tuple(_tables(reader, tables, CITY, wording))
    link = Link(wording.text("groups.more"), f"{PAGE}?subject={subject}" if drawn else PAGE)
    intro = wording.text("groups.metric_intro" if drawn else "groups.metric_none")
    return GroupPart(wording.text("groups.metric_title"), intro, drawn, (link,), make_note(reader.facts, tables, wording))


def _tables(reader: Reader, tables: Iterable[GroupTable], area_id: str, wording: Wording) -> Iterable[Table]:
    for table in tables:
        counts = read_counts(reader, table, latest(read_periods(reader, table)))
        if isinstance(counts, PeriodCounts) and len(table.dims) == 1:
            yield make_place_table(counts, area_id, wording)


def make_place_table(counts: PeriodCounts, area_id: str, wording: Wording) -> Table:
    """One place's counts by one column, in the fixed order of groups."""
    table, column = counts.table, counts.table.dims[0]
    cells = counts.by(column, area_id)
    top = max((c.n or 0 for c in cells), default=0)
    rows = [(Cell(group_words(column, c.groups[0], wording), kind="head"), count_cell(table, counts.period, c, top, wording)) for c in cells]
    rows.append((Cell(wording.text("tables.total"), kind="head"), count_cell(table, counts.period, counts.total(area_id), 0, wording)))
    heads = (Column(column_words(column, wording)), Column(wording.text(f"units.{table.unit}"), True))
    return Table(title_words(counts, wording), heads, (RowGroup("", tuple(rows)),), show_caption=True, has_bars=top > 0)
