"""Four clearances side by side, and year by year. None of them says that anybody was found guilty."""

from __future__ import annotations

from harborlight.metrics.flows import Part, incidence, read_parts
from harborlight.metrics.shapes import Facts
from harborlight.statistics.clearance import cohort_clearance, reported_clearance
from harborlight.web.context import Cell, Column, RowGroup, Table
from harborlight.web.context_outcomes import ClearanceMeasure, OutcomeFigure
from harborlight.web.outcome_flows import source_words
from harborlight.web.outcome_words import (
    Asked,
    break_notes,
    count_cell,
    count_words,
    figure_links,
    interval_words,
    offense_words,
    parts_of,
    reached_words,
    share_words,
)
from harborlight.web.reader import Reader
from harborlight.web.wording import Wording

CLEARED = ("arrest", "exceptional")
WITHIN = 12  # months


def make_measures(reader: Reader, asked: Asked, wording: Wording) -> tuple[ClearanceMeasure, ...]:
    """Reported (a ratio of two counts), cohort, by arrest and exceptional (shares of one cohort)."""
    made, cohort = _parts(asked, asked.cohort.months)
    counts = reader.using(lambda con: read_parts(con, made, ("how",)))
    kinds = reader.using(lambda con: read_parts(con, cohort, ("how",)))
    return (_reported(counts["arrest"] + counts["exceptional"], counts["reported"], made, wording), *_of_cohort(kinds, cohort, asked, wording))


def _parts(asked: Asked, months: str) -> tuple[Part, Part]:
    parts = parts_of(asked)
    return parts["clearance"].but(month=months), parts["cohorts"].but(cohort_month=months)


def _reported(cleared: int, reported: int, part: Part, wording: Wording) -> ClearanceMeasure:
    one, other = part.but(how=",".join(CLEARED)), part.but(how="reported")
    interval = interval_words(reported_clearance(cleared, reported), "ratio", one, other, wording) if reported else ""
    counts = wording.text(
        "outcomes.reported_counts", cleared=count_words(cleared, one, wording), reported=count_words(reported, other, wording)
    )
    return ClearanceMeasure(
        wording.text("outcomes.clearance_reported"), share_words(cleared, reported, one, other, wording), interval, counts,
        wording.text("outcomes.meaning_c_reported"),
    )  # fmt: skip


def _of_cohort(kinds: dict[str, int], part: Part, asked: Asked, wording: Wording) -> list[ClearanceMeasure]:
    total = sum(kinds.values())
    found = cohort_clearance(total, {how: kinds.get(how, 0) for how in CLEARED}) if total else {}
    measures = []
    for name, key, codes in (("cohort", "all", CLEARED), ("arrest", "arrest", CLEARED[:1]), ("exceptional", "exceptional", CLEARED[1:])):
        own, n = part.but(how=",".join(codes)), sum(kinds.get(code, 0) for code in codes)
        measures.append(
            ClearanceMeasure(
                wording.text(f"outcomes.clearance_{name}"), share_words(n, total, own, part, wording),
                interval_words(found[key], "wilson", own, part, wording) if found else "",
                wording.text("outcomes.cohort_counts", cleared=count_words(n, own, wording), reported=count_words(total, part, wording)),
                wording.text(f"outcomes.meaning_c_{name}", day=asked.span.as_of),
            )
        )  # fmt: skip
    return measures


def make_years(reader: Reader, asked: Asked, facts: Facts, wording: Wording) -> OutcomeFigure | None:
    """The same for every year of the records, newest first, with the share cleared within twelve months where it is known."""
    years = sorted({cohort.id[:4] for cohort in asked.span.cohorts}, reverse=True)
    title = wording.text("outcomes.years_title", offense=offense_words(asked, wording))
    rows = tuple(_year(reader, asked, year, wording) for year in years)
    heads = ("year", "reported", "cleared", "ratio", "so_far", "by_arrest", "within")
    columns = tuple(Column(wording.text(f"outcomes.head_{name}"), name != "year") for name in heads)
    return OutcomeFigure(
        id="clearance", heading=wording.text("outcomes.years_heading"), title=title, takeaway=wording.text("outcomes.years_takeaway"), stack=None,
        image=None, table=Table(title, columns, (RowGroup("", rows),), is_wide=True), is_folded=False,
        notes=break_notes(facts, "incidents", wording),
        source=source_words(asked, facts, wording), links=figure_links(asked, "clearance", wording),
    )  # fmt: skip


def _year(reader: Reader, asked: Asked, year: str, wording: Wording) -> tuple[Cell, ...]:
    made, cohort = _parts(asked, f"{year}-01..{year}-12")
    counts = reader.using(lambda con: read_parts(con, made, ("how",)))
    times = reader.using(lambda con: read_parts(con, cohort, ("how", "months")))
    kinds = {how: sum(n for (own, _), n in times.items() if own == how) for how in (*CLEARED, "open")}
    total, cleared = sum(kinds.values()), counts["arrest"] + counts["exceptional"]
    one, other = made.but(how=",".join(CLEARED)), made.but(how="reported")
    so_far = share_words(kinds["arrest"] + kinds["exceptional"], total, cohort.but(how=",".join(CLEARED)), cohort, wording)
    within = incidence(times, {"cleared": CLEARED}, "open").at("cleared", WITHIN)
    words, interval = reached_words(within, cohort, CLEARED, "open", WITHIN, wording) if within else ("", "")
    return (
        Cell(year, kind="head"), count_cell(counts["reported"], other, wording), count_cell(cleared, one, wording),
        Cell(share_words(cleared, counts["reported"], one, other, wording), kind="number"), Cell(so_far, kind="number"),
        Cell(share_words(kinds["arrest"], total, cohort.but(how="arrest"), cohort, wording), kind="number"),
        Cell(words, kind="number", note=interval) if within else Cell(wording.text("outcomes.not_yet"), kind="quiet"),
    )  # fmt: skip
