"""The table of all offense groups on the overview: twelve months, the twelve before, and a verdict where one is fair.

Sensitive offenses stand in it too, to their last closed period and city-wide, from their own fixed table: leaving them
out would read as if there were none.
"""

from __future__ import annotations

from collections.abc import Iterable

from harborlight.charts import formats
from harborlight.metrics.compare import judge_many
from harborlight.metrics.shapes import Change, Facts
from harborlight.web import verdicts
from harborlight.web.context import Cell, Column, RowGroup, Table
from harborlight.web.reader import Reader, Row
from harborlight.web.wording import Wording

METRIC = "incidents"
CLASSES = ("person", "property", "society")
PERIODS_A_YEAR = {"month": 12, "quarter": 4, "year": 1}


def make_offenses(reader: Reader, wording: Wording) -> Table | None:
    """Every offense group with at least one record in either year; None where the release has no incidents."""
    if METRIC not in reader.metric_ids():
        return None
    whole = reader.change(METRIC)
    if whole is None:
        return None
    changes = {name: reader.change(METRIC, offense=name) for name in public_groups(reader.facts)}
    seen, judged = judge_many({n: c for n, c in changes.items() if c and (c.now.n or c.before.n)})
    groups = [
        RowGroup(wording.text(f"offenses.against_{kind}"), rows)
        for kind in CLASSES
        if (
            rows := tuple(
                _row(reader.facts, name, change, wording)
                for name, change in seen.items()
                if kind_of(reader.facts, name) == kind
            )
        )
    ]
    rest = tuple(_row(reader.facts, n, c, wording) for n, c in seen.items() if kind_of(reader.facts, n) not in CLASSES)
    groups += [RowGroup(wording.text("offenses.other"), rest)] if rest else []
    if sensitive := tuple(_sensitive_rows(reader, wording)):
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
        _note(changes.values(), judged, reader.facts, wording),
    )


def public_groups(facts: Facts) -> dict[str, str]:
    """Offense groups that may be counted freely, in the order of the offense table: slug → title."""
    return {o.group: o.group_title for o in facts.offenses if o.tier == "T0"}


def kind_of(facts: Facts, group: str) -> str:
    return next(o.crime_against for o in facts.offenses if o.group == group)


def _row(facts: Facts, group: str, change: Change, wording: Wording) -> tuple[Cell, ...]:
    title = next(o.group_title for o in facts.offenses if o.group == group)
    small = min(change.now.n, change.before.n) < facts.city.percent_base
    words = wording.text("offenses.small") if small else verdicts.verdict_words(change, wording)
    is_clear = not small and change.verdict in ("lower", "higher")
    note = "" if not is_clear else verdicts.say_percent(change, wording)
    return (
        Cell(title, f"/metrics/{METRIC}?by=month&offense={group}", "head"),
        Cell(formats.number(change.now.n, wording.language), kind="number"),
        Cell(formats.number(change.before.n, wording.language), kind="number"),
        Cell(
            words,
            kind="words" if is_clear else "quiet",
            note=note,
        ),
    )


def _note(changes: Iterable[Change | None], judged: int, facts: Facts, wording: Wording) -> str:
    """How many verdicts were given at once, the first reason for which they were refused, then what is not in the table."""
    refused = next((c.reason for c in changes if c and c.verdict == "not_comparable"), "")
    unnamed = wording.text("offenses.classified", n=facts.being_classified) if facts.being_classified else ""
    many = wording.text("windows.many", n=judged) if judged > 1 else ""
    return " ".join(part for part in (wording.text("offenses.note"), many, refused, unnamed) if part)


# ------------------------------------------------------------------------------------------- sensitive


def _sensitive_rows(reader: Reader, wording: Wording) -> Iterable[tuple[Cell, ...]]:
    """The last closed period of each sensitive group beside the same period a year before.

    Never a sum: one over hidden cells would give them away.
    """
    cells: dict[str, list[Row]] = {}
    for cell in reader.sensitive():
        cells.setdefault(str(cell["offense_group"]), []).append(cell)
    for group in (g for g in dict.fromkeys(o.group for o in reader.facts.offenses) if g in cells):
        own = cells[group]
        size = PERIODS_A_YEAR[own[-1]["grain"]]
        now, before = own[-1], own[-1 - size] if len(own) > size else None
        yield (
            Cell(str(now["group_title"]), "/data/sensitive", "head"),
            _closed_cell(now, wording),
            _closed_cell(before, wording),
            Cell(wording.text("offenses.counts_only"), kind="quiet"),
        )


def period_name(cell: Row, wording: Wording) -> str:
    period = str(cell["period"])
    return formats.month_words(period, wording.language) if cell["grain"] == "month" else period.replace("-", " ")


def _closed_cell(cell: Row | None, wording: Wording) -> Cell:
    if cell is None:
        return Cell(wording.text("offenses.no_year"), kind="quiet")
    if cell["is_hidden"]:
        return Cell(wording.text("tables.hidden"), kind="quiet", note=period_name(cell, wording))
    return Cell(formats.number(cell["n"], wording.language), kind="number", note=period_name(cell, wording))
