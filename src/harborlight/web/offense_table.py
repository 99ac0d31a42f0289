"""The table of all offence groups on the overview: twelve months, the twelve before, and a verdict where one is fair.

Sensitive offences stand in it too, to their last closed period and city-wide, from their own fixed table: leaving them
out would read as if there were none.
"""

from __future__ import annotations

from collections.abc import Iterable

from harborlight.charts import formats
from harborlight.metrics.shapes import Change, Facts
from harborlight.web import verdicts
from harborlight.web.context import Cell, Column, RowGroup, Table
from harborlight.web.reader import Reader, Row
from harborlight.web.wording import Wording

METRIC = "incidents"
CLASSES = ("person", "property", "society")
PERIODS_A_YEAR = {"month": 12, "quarter": 4, "year": 1}


def make_offenses(reader: Reader, wording: Wording) -> Table | None:
    """Every offence group with at least one record in either year; None where the release has no incidents."""
    if METRIC not in reader.metric_ids():
        return None
    whole = reader.change(METRIC)
    if whole is None:
        return None
    changes = {name: reader.change(METRIC, offense=name) for name in public_groups(reader.facts)}
    seen = {name: change for name, change in changes.items() if change and (change.now.n or change.before.n)}
    groups = [
        RowGroup(wording.text(f"offenses.{kind}"), rows)
        for kind in CLASSES
        if (
            rows := tuple(
                _row(reader.facts, name, change, wording)
                for name, change in seen.items()
                if kind_of(reader.facts, name) == kind
            )
        )
    ]
    rest = tuple(
        _row(reader.facts, n, c, wording) for n, c in seen.items() if kind_of(reader.facts, n) not in CLASSES
    )
    groups += [RowGroup(wording.text("offenses.other"), rest)] if rest else []
    if sensitive := tuple(_sensitive_rows(reader.sensitive(), wording)):
        groups.append(RowGroup(wording.text("offenses.sensitive"), sensitive))
    columns = (
        Column(wording.text("offenses.offense")),
        Column(verdicts.period_words(whole.now, wording), True),
        Column(verdicts.period_words(whole.before, wording), True),
        Column(wording.text("offenses.verdict")),
    )
    return Table(
        wording.text("offenses.caption"),
        columns,
        tuple(groups),
        _note(changes.values(), reader.facts, wording),
    )


def public_groups(facts: Facts) -> dict[str, str]:
    """Offence groups that may be counted freely, in the order of the offence table: slug → title."""
    return {o.group: o.group_title for o in facts.offenses if o.tier == "T0"}


def kind_of(facts: Facts, group: str) -> str:
    return next(o.crime_against for o in facts.offenses if o.group == group)


def _row(facts: Facts, group: str, change: Change, wording: Wording) -> tuple[Cell, ...]:
    title = next(o.group_title for o in facts.offenses if o.group == group)
    small = min(change.now.n, change.before.n) < facts.city.percent_base
    words = wording.text("offenses.small") if small else verdicts.verdict_words(change, wording)
    note = "" if small else formats.percent_words(change.percent, wording.language)
    return (
        Cell(title, f"/metrics/{METRIC}?by=month&offense={group}", "head"),
        Cell(formats.number(change.now.n, wording.language), kind="number"),
        Cell(formats.number(change.before.n, wording.language), kind="number"),
        Cell(
            words,
            kind="quiet" if small or change.verdict in ("no_clear_change", "not_comparable") else "words",
            note=note,
        ),
    )


def _note(changes: Iterable[Change | None], facts: Facts, wording: Wording) -> str:
    """The first reason for which verdicts were refused, then what is not in the table."""
    refused = next((c.reason for c in changes if c and c.verdict == "not_comparable"), "")
    unnamed = wording.text("offenses.classified", n=facts.being_classified) if facts.being_classified else ""
    return " ".join(part for part in (wording.text("offenses.note"), refused, unnamed) if part)


# ------------------------------------------------------------------------------------------- sensitive


def _sensitive_rows(cells: list[Row], wording: Wording) -> Iterable[tuple[Cell, ...]]:
    """The last closed year of each sensitive group against the one before, from published cells only."""
    for title in dict.fromkeys(str(cell["group_title"]) for cell in cells):
        own = [cell for cell in cells if cell["group_title"] == title]
        size = PERIODS_A_YEAR[own[0]["grain"]]
        now, before = own[-size:], own[-2 * size : -size]
        yield (
            Cell(title, "/data/sensitive", "head", note=_closed_words(now, wording)),
            _sum_cell(now, size, wording),
            _sum_cell(before, size, wording),
            Cell(wording.text("offenses.counts_only"), kind="quiet"),
        )


def _closed_words(cells: list[Row], wording: Wording) -> str:
    first, last = period_name(cells[0], wording), period_name(cells[-1], wording)
    return first if first == last else wording.text("offenses.closed", first=first, last=last)


def period_name(cell: Row, wording: Wording) -> str:
    period = str(cell["period"])
    return (
        formats.month_words(period, wording.language)
        if cell["grain"] == "month"
        else period.replace("-", " ")
    )


def _sum_cell(cells: list[Row], size: int, wording: Wording) -> Cell:
    if len(cells) < size:
        return Cell(wording.text("offenses.no_year"), kind="quiet")
    if any(cell["is_hidden"] for cell in cells):
        return Cell(wording.text("tables.hidden"), kind="quiet")
    return Cell(formats.number(sum(cell["n"] for cell in cells), wording.language), kind="number")
