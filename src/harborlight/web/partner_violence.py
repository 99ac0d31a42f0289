"""`/intimate-partner-violence`: help first, then counts where the city's review by advocates is recorded.

Nothing here is below a district, on a map, or about a single event; who leaves the page is led to a neutral site.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harborlight.catalog.models import HelpLine
from harborlight.metrics.groups import GroupTable, PeriodCounts
from harborlight.web.context_areas import HelpItem
from harborlight.web.context_groups import GroupFigure, PartnerViolencePage
from harborlight.web.demographics import latest, missing_tables
from harborlight.web.group_figures import make_figure, make_over_time
from harborlight.web.group_note import make_note
from harborlight.web.group_reader import read_counts, read_people, read_periods, read_tables
from harborlight.web.help_lines import general_help, make_help
from harborlight.web.reader import Reader
from harborlight.web.wording import Wording

PAGE = "/intimate-partner-violence"
FIRST = ("violence_relationship", "partner_violence_age", "partner_violence_sex", "partner_violence_race")


def make_partner_violence(reader: Reader, wording: Wording) -> PartnerViolencePage:
    """The page; without the review only help, definitions and what is missing."""
    facts = reader.facts
    reviewed = facts.city.advocate_review
    tables = [t for t in read_tables(reader).values() if is_about_relationship(t)] if reviewed else []
    tables.sort(key=lambda t: (FIRST.index(t.id) if t.id in FIRST else len(FIRST), t.id))
    review = wording.text("partner.reviewed", day=reviewed) if reviewed else wording.text("partner.not_reviewed", office=facts.city.contact.office)
    return PartnerViolencePage(
        leave_to=facts.city.leave_to, help=help_lines(facts.help, wording),
        no_help="" if general_help(facts.help) else wording.text("area.no_help", office=facts.city.contact.office),
        is_on=reviewed is not None, review=review, figures=tuple(_figures(reader, [t for t in tables if t.grain], wording)),
        missing=missing_tables(tables, wording), note=make_note(facts, tables, wording),
    )  # fmt: skip


def is_about_relationship(table: GroupTable) -> bool:
    """Tables by relationship, or about partners or family; children stand on the page about groups."""
    return "relationship" in (*table.dims, *table.narrowed)


def help_lines(lines: Sequence[HelpLine], wording: Wording) -> tuple[HelpItem, ...]:
    """Those for this first, then those that always answer."""
    ordered = sorted(general_help(lines), key=lambda line: "partner_violence" not in line.topics)
    return tuple(make_help(line, wording) for line in ordered)


def relationship_words(counts: PeriodCounts, wording: Wording) -> str:
    """How many were harmed by a partner, and how many by other family; or that it is hidden."""
    cells = [counts.total(), counts.cell(relationship="intimate_partner"), counts.cell(relationship="family")]
    numbers = [cell.n for cell in cells if cell is not None and cell.n is not None]
    if len(numbers) < len(cells):
        return wording.text("groups.time_hidden")
    return wording.text("partner.takeaway", total=numbers[0], partners=numbers[1], family=numbers[2])


def _figures(reader: Reader, tables: Sequence[GroupTable], wording: Wording) -> list[GroupFigure]:
    facts, people = reader.facts, read_people(reader)
    found: list[GroupFigure | None] = []
    for table in tables:
        periods = read_periods(reader, table)
        series = [c for p in periods if isinstance(c := read_counts(reader, table, p), PeriodCounts)]
        now = next((c for c in series if c.period == latest(periods)), None)
        if now is None:
            continue
        if table.dims:
            figure = replace(make_figure(now, people, facts, PAGE, wording), heading=table.title)
            found.append(replace(figure, takeaway=relationship_words(now, wording)) if table.dims == ("relationship",) else figure)
        over_time = make_over_time(series, facts, PAGE, wording)
        if over_time and table.dims:
            over_time = replace(over_time, heading=wording.text("partner.over_time", title=table.title))
        found.append(over_time)
    return [figure for figure in found if figure]
