"""Figures that compare groups: ratios of rates under two counts of residents or more, and rates with ages evened out.

A ratio shows a difference, not its cause; each is given under every benchmark, or the reason is given why there is none.
"""

from __future__ import annotations

from collections.abc import Sequence

from harborlight.catalog.groups import CATEGORIES, UNKNOWN
from harborlight.charts import formats
from harborlight.metrics.groups import (
    Disparity,
    GroupTable,
    People,
    PeriodCounts,
    Refused,
    disparity,
    group_rates,
    standardised_rate,
)
from harborlight.metrics.shapes import Facts
from harborlight.provenance import say
from harborlight.statistics.disparity import GroupRatio
from harborlight.statistics.estimate import SMALL_COUNT, Estimate
from harborlight.web.context import Cell, Column, RowGroup, Table
from harborlight.web.context_groups import GroupFigure
from harborlight.web.group_figures import figure_links, source_words
from harborlight.web.group_words import column_words, group_words, period_words, reason_words, unit_words
from harborlight.web.wording import Wording

COMPARED = ("race_code", "sex_code")
# Why there is no ratio where there may be rates; all other reasons stand beside the counts already.
OWN_REASONS = ("one_benchmark", "no_reference", "no_denominator")


def make_ratios(counts: PeriodCounts, people: Sequence[People], facts: Facts, address: str, wording: Wording) -> GroupFigure | None:
    """Ratios to the group with most residents, or why there are none; None for a table that rates do not suit."""
    table, column = counts.table, counts.table.dims[0]
    if column not in COMPARED or len(table.dims) != 1 or not table.denominators or not people:
        return None
    reference = largest_group(people[0], column)
    found = disparity(counts, column, reference, people) if reference else Refused("no_denominator", column)
    if isinstance(found, Refused) and found.reason not in OWN_REASONS:
        return None
    what, period = column_words(column, wording).lower(), period_words(counts.period, wording)
    name = group_words(column, reference, wording) if reference else ""
    title = wording.text("groups.ratio_title", title=table.title, what=what, period=period, reference=name)
    if isinstance(found, Refused):
        drawn, said = None, reason_words(found, table.unit, wording)
        notes: tuple[str, ...] = ()
    else:
        drawn, said, notes = _ratio_table(found, title, wording), ratio_words(found, wording), ratio_notes(found, name, wording)
    return GroupFigure(
        id=f"{table.id}_ratio", heading=wording.text("groups.ratio_heading", what=what), title=title, takeaway=said, table=drawn, pyramid=None,
        notes=notes, source=source_words(table, facts, wording),
        links=figure_links(table, counts.period, address, wording, "_ratio"),
    )  # fmt: skip


def largest_group(people: People, column: str) -> str:
    """The group with most residents: it has the steadiest rate to compare with."""
    known = {group: people.of(**{column: group}) or 0 for group in CATEGORIES[column] if group != UNKNOWN}
    first = max(known, key=lambda group: known[group])
    return first if known[first] else ""


def _ratio_table(found: Disparity, caption: str, wording: Wording) -> Table:
    groups = [g for g in CATEGORIES[found.column] if any(ratio.group == g for ratio in found.ratios)]
    ratios = {(ratio.group, ratio.denominator): ratio for ratio in found.ratios}
    rows = tuple(
        (Cell(group_words(found.column, group, wording), kind="head"),
         *(_ratio_cell(ratios.get((group, name)), found, wording) for name in found.benchmarks))
        for group in groups
    )  # fmt: skip
    heads = (Column(column_words(found.column, wording)), *(Column(name, True) for name in found.benchmarks))
    return Table(caption, heads, (RowGroup("", rows),))


def _ratio_cell(ratio: GroupRatio | None, found: Disparity, wording: Wording) -> Cell:
    if ratio is None or ratio.ratio.value is None:
        return Cell(wording.text("groups.no_ratio"), kind="quiet")
    if ratio.count == 0:
        return Cell(wording.text("groups.no_cases"), kind="quiet")
    value = ratio.ratio.value
    text = say(
        formats.decimal(value, 2, wording.language), value, "group_ratio",
        table=found.table.id, period=found.period, group=ratio.group, benchmark=ratio.denominator,
    )  # fmt: skip
    return Cell(text, kind="number", note=_interval(ratio.ratio, wording, 2))


def _interval(estimate: Estimate, wording: Wording, digits: int) -> str:
    low, high = (formats.decimal(x or 0.0, digits, wording.language) for x in (estimate.low, estimate.high))
    return wording.text("figures.range", low=low, high=high)


def ratio_words(found: Disparity, wording: Wording) -> str:
    """The ratio whose interval lies farthest from 1 under every benchmark, or that none is clear; then what a ratio is."""
    limit = wording.text("groups.ratio_rule")
    groups = list(dict.fromkeys(ratio.group for ratio in found.ratios))
    clear = [g for g in groups if all(_is_clear(r.ratio) for r in found.ratios if r.group == g)]
    if not clear:
        return wording.text("groups.ratio_unclear") + " " + limit
    names = ", ".join(group_words(found.column, g, wording) for g in clear)
    return wording.text("groups.ratio_clear", groups=names) + " " + limit


def _is_clear(estimate: Estimate) -> bool:
    return (estimate.low is not None and estimate.low > 1) or (estimate.high is not None and estimate.high < 1)


def ratio_notes(found: Disparity, reference: str, wording: Wording) -> tuple[str, ...]:
    notes = [wording.text("groups.ratio_reference", reference=reference)]
    if any(min(ratio.count, ratio.reference_count) < SMALL_COUNT for ratio in found.ratios):
        notes.append(wording.text("groups.small"))
    return tuple(notes)


# ------------------------------------------------------------------------------------- ages evened out


def make_standardised(counts: PeriodCounts, people: Sequence[People], facts: Facts, address: str, wording: Wording) -> GroupFigure | None:
    """Rates of the groups of a two-way table as if all were as old as the city; None where the table does not suit."""
    table = counts.table
    column = next((c for c in table.dims if c != "age_band"), "")
    if "age_band" not in table.dims or not column or not table.denominators or not people:
        return None
    standard = {band: float(n) for band in CATEGORIES["age_band"] if band != UNKNOWN and (n := _everybody(people[0], band))}
    groups = [group for group in CATEGORIES[column] if group != UNKNOWN]
    found = {group: standardised_rate(counts, column, group, people[0], standard) for group in groups}
    crude = group_rates(counts, column, people)
    rates = {rate.group: rate.rate for rate in crude.rates} if not isinstance(crude, Refused) else {}
    known = {group: rate for group, rate in found.items() if isinstance(rate, Estimate)}
    what, period = column_words(column, wording).lower(), period_words(counts.period, wording)
    title = wording.text("groups.even_title", title=table.title, period=period)
    first = next((rate for rate in found.values() if isinstance(rate, Refused)), None)
    takeaway = wording.text("groups.even") if known else reason_words(first, table.unit, wording) if first else ""
    if not takeaway:
        return None
    return GroupFigure(
        id=f"{table.id}_even", heading=wording.text("groups.even_heading", what=what), title=title, takeaway=takeaway,
        table=_even_table(known, rates, table, counts.period, column, title, wording) if known else None, pyramid=None,
        notes=(wording.text("groups.even_standard", people=people[0].name, unit=unit_words(table.unit, wording)),) if known else (),
        source=source_words(table, facts, wording), links=figure_links(table, counts.period, address, wording, "_even"),
    )  # fmt: skip


def _everybody(people: People, band: str) -> int:
    return people.of(age_band=band) or 0


def _even_table(
    known: dict[str, Estimate], crude: dict[str, Estimate], table: GroupTable, period: str, column: str, caption: str, wording: Wording
) -> Table:
    rows = tuple(
        (Cell(group_words(column, group, wording), kind="head"), _estimate_cell(crude.get(group), "group_crude", table, period, group, wording),
         _estimate_cell(rate, "group_even", table, period, group, wording))
        for group, rate in known.items()
    )  # fmt: skip
    heads = (Column(column_words(column, wording)), Column(wording.text("groups.rate_head"), True), Column(wording.text("groups.even_head"), True))
    return Table(caption, heads, (RowGroup("", rows),))


def _estimate_cell(rate: Estimate | None, kind: str, table: GroupTable, period: str, group: str, wording: Wording) -> Cell:
    if rate is None or rate.value is None:
        return Cell(wording.text("groups.no_rate"), kind="quiet")
    text = say(formats.decimal(rate.value, 1, wording.language), rate.value, kind, table=table.id, period=period, group=group)
    return Cell(text, kind="number", note=_interval(rate, wording, 1))
