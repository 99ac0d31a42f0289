"""Pages that account for the site itself: status of each source, releases and restated counts, corrections, methods."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from harborlight.charts import formats
from harborlight.metrics.shapes import Facts, SourceFacts
from harborlight.web.compare_golden import make_golden
from harborlight.web.context import (
    Cell,
    Column,
    Link,
    MethodsPage,
    RowGroup,
    SourceStatus,
    StatusPage,
    Table,
)
from harborlight.web.metric_page import source_lines
from harborlight.web.places_methods import (
    displacement_words,
    make_agreement_table,
    make_lines_table,
    make_unlocated,
    population_words,
)
from harborlight.web.reader import Reader, Row
from harborlight.web.record_methods import make_rules_part
from harborlight.web.totals import make_totals
from harborlight.web.wording import Wording

PAGE_SCHEMES = ("https://", "http://")


# ----------------------------------------------------------------------------------------------- status


def make_status(reader: Reader, late: Sequence[SourceFacts], today: date, wording: Wording) -> StatusPage:
    """Every source: how fresh, how many rows and what became of them."""
    facts = reader.facts
    years = reader.reconciliation()
    open_sources = [s for s in facts.sources if not s.is_closed]
    key = "fresh" if not late else "late"
    return StatusPage(
        summary=wording.text(f"status.summary_{key}", n=len(late), of=len(open_sources)),
        sources=tuple(
            _source_status(s, s in late, [r for r in years if r["source_id"] == s.id], wording) for s in facts.sources
        ),
        unlocated=make_unlocated(reader, wording),
        missing=(*facts.city.missing, *_gaps(facts, wording)),
        being_classified=wording.text("status.classified", n=facts.being_classified),
        totals=make_totals(reader.totals(), facts, today, wording),
    )


def _source_status(source: SourceFacts, is_late: bool, years: list[Row], wording: Wording) -> SourceStatus:
    lang = wording.language
    state = "held" if source.held_reason else "late" if is_late else "closed" if source.is_closed else "fresh"
    notes = [wording.text("status.held", reason=source.held_reason)] if source.held_reason else []
    if source.new_columns:
        notes.append(wording.text("status.new_columns", n=len(source.new_columns), names=", ".join(source.new_columns)))
    numbers = (
        ("fetched", source.fetched),
        ("accepted", source.accepted),
        ("rejected", source.rejected),
        ("duplicate", source.duplicate),
    )
    return SourceStatus(
        title=source.title,
        agency=source.agency,
        page=source.page if source.page.startswith(PAGE_SCHEMES) else "",
        state=wording.text(f"status.state_{state}"),
        state_kind=state,
        through=formats.date_words(source.data_through, lang)
        if source.data_through
        else wording.text("tables.no_total"),
        fetched=formats.date_words(source.fetched_at.date(), lang),
        rhythm=wording.text("status.rhythm_closed")
        if source.is_closed
        else wording.text("status.rhythm", n=source.cadence_days),
        counts=tuple((wording.text(f"status.count_{name}"), formats.number(n, lang)) for name, n in numbers),
        rejects=_rejects(source, wording),
        years=_years(years, wording),
        notes=(*notes, *source.notes),
    )


def _rejects(source: SourceFacts, wording: Wording) -> Table | None:
    if not source.rejects:
        return None
    rows = tuple(
        (Cell(reason, kind="head"), Cell(formats.number(n, wording.language), kind="number"))
        for reason, n in source.rejects.items()
    )
    heads = (Column(wording.text("status.reason")), Column(wording.text("status.rows"), True))
    return Table(wording.text("status.rejects", source=source.title), heads, (RowGroup("", rows),))


def _years(years: list[Row], wording: Wording) -> Table | None:
    if not years:
        return None
    lang = wording.language
    heads = (
        Column(wording.text("tables.year")),
        *(Column(wording.text(f"status.year_{n}"), True) for n in ("accepted", "counted", "other")),
    )
    rows = tuple(
        (
            Cell(str(r["year"]) if r["year"] else wording.text("unknown.other"), kind="head"),
            *(Cell(formats.number(r[n], lang), kind="number") for n in ("accepted", "counted", "other")),
        )
        for r in years
    )
    return Table(wording.text("status.years"), heads, (RowGroup("", rows),), wording.text("status.years_note"))


def _gaps(facts: Facts, wording: Wording) -> list[str]:
    """Declared gaps, those of several metrics with one reason as one line."""
    found: dict[tuple[date, date, str], list[str]] = {}
    for gap in facts.missing:
        if gap.metric in facts.metrics:
            first, last = gap.date_from or facts.data_from, gap.date_to or facts.data_through
            found.setdefault((min(first, last), last, gap.reason), []).append(facts.metrics[gap.metric].title)
    return [
        wording.text(
            "status.gap",
            titles=", ".join(dict.fromkeys(titles)),
            days=formats.date_range_words(first, last, wording.language),
            reason=reason,
        )
        for (first, last, reason), titles in found.items()
    ]


# ---------------------------------------------------------------------------------------------- methods


def make_methods(reader: Reader, wording: Wording) -> MethodsPage:
    """How every number is made, with the choices that this city has made."""
    facts = reader.facts
    return MethodsPage(
        measures=tuple(
            (
                Link(m.title, f"/metrics/{m.id}"),
                m.definition,
                wording.text("metric.version", version=str(m.definition_version), day=m.reviewed_on),
            )
            for m in (facts.metrics[i] for i in reader.metric_ids())
        ),
        sources=tuple(source_lines(facts, None, wording)),
        breaks=tuple(
            (wording.text("metric.break", title=b.title, day=b.date), b.text)
            for b in sorted(facts.city.breaks, key=lambda b: b.date)
        ),
        rules=tuple(
            wording.text(f"methods.rule_{r.rule}_until", day=r.until)
            if r.until
            else wording.text(f"methods.rule_{r.rule}")
            for r in facts.city.homicide_year_rule
        ),
        being_classified=wording.text("status.classified", n=facts.being_classified),
        lines=make_lines_table(reader, wording),
        displacement=displacement_words(reader, wording),
        agreement=make_agreement_table(reader, wording),
        population=population_words(facts, wording),
        smallest=formats.number(facts.city.disclosure_k, wording.language),
        base=formats.number(facts.city.percent_base, wording.language),
        golden=make_golden(reader, wording),
        records=make_rules_part(facts, wording),
    )
