"""Pages that account for the site itself: status of each source, releases and restated counts, corrections, methods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from harborlight.catalog.models import Notice
from harborlight.charts import formats
from harborlight.metrics.facts import areas_in, default_layer, lines_of
from harborlight.metrics.shapes import Facts, SourceFacts
from harborlight.web.context import (
    Cell,
    ChangesPage,
    Column,
    CorrectionsPage,
    Link,
    MethodsPage,
    NoticeItem,
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
from harborlight.web.wording import Wording

PAGE_SCHEMES = ("https://", "http://")


@dataclass(frozen=True)
class ReleaseEntry:
    """One release that lies in the data folder, from its manifest."""

    id: str
    made_at: datetime | None
    content_sha256: str


# ----------------------------------------------------------------------------------------------- status


def make_status(reader: Reader, late: Sequence[SourceFacts], wording: Wording) -> StatusPage:
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


# ---------------------------------------------------------------------------------------------- changes


def make_changes(reader: Reader, releases: Sequence[ReleaseEntry], wording: Wording) -> ChangesPage:
    """Releases that can be switched to, and every published count that later changed."""
    facts, lang = reader.facts, wording.language
    rows = tuple(
        (
            Cell(
                formats.date_words(r.made_at.date(), lang) if r.made_at else "",
                kind="head",
                note=wording.text("changes.current") if r.id == facts.release_id else "",
            ),
            Cell(r.id, kind="code"),
            Cell(r.content_sha256[:16], kind="code"),
        )
        for r in releases
    )
    heads = tuple(Column(wording.text(f"changes.head_{name}")) for name in ("made", "release", "hash"))
    revisions = reader.revisions()
    summary = wording.text("changes.summary", n=len(revisions)) if revisions else wording.text("changes.none")
    return ChangesPage(
        Table(wording.text("changes.releases"), heads, (RowGroup("", rows),)),
        _revisions(revisions, facts, wording),
        summary,
    )


def _revisions(rows: list[Row], facts: Facts, wording: Wording) -> Table | None:
    if not rows:
        return None
    lang = wording.language
    layer = default_layer(facts) or ""
    current = lines_of(facts, layer)
    names = {area_id: name for _, area_id, name in areas_in(facts, layer, current.id if current else None)}
    heads = (
        *(Column(wording.text(f"changes.head_{n}")) for n in ("measure", "period", "place")),
        *(Column(wording.text(f"changes.head_{n}"), True) for n in ("before", "after")),
        Column(wording.text("changes.head_known")),
    )
    lines = tuple(
        (
            Cell(facts.metrics[r["metric"]].title if r["metric"] in facts.metrics else r["metric"], kind="head"),
            Cell(_period(r, wording)),
            Cell(
                names.get(
                    r["area_id"],
                    wording.text(f"changes.place_{r['area_id']}")
                    if r["area_id"] in ("city", "unlocated")
                    else r["area_id"],
                )
            ),
            _count(r["before"], wording),
            _count(r["after"], wording),
            Cell(formats.date_words(r["known_on"], lang)),
        )
        for r in rows
    )
    return Table(wording.text("changes.revisions"), heads, (RowGroup("", lines),), is_wide=True)


def _period(row: Row, wording: Wording) -> str:
    if row["period"] == "undated":
        return wording.text("unknown.month")
    return formats.month_words(row["period"], wording.language) if row["grain"] == "month" else str(row["period"])


def _count(n: int | None, wording: Wording) -> Cell:
    return (
        Cell(wording.text("tables.missing"), kind="quiet")
        if n is None
        else Cell(formats.number(n, wording.language), kind="number")
    )


def make_corrections(notices: Sequence[Notice], wording: Wording) -> CorrectionsPage:
    """Written notices, newest first."""
    return CorrectionsPage(
        tuple(_notice(n, wording) for n in sorted(notices, key=lambda n: n.published_on, reverse=True))
    )


def _notice(notice: Notice, wording: Wording) -> NoticeItem:
    since = formats.date_words(notice.wrong_since, wording.language) if notice.wrong_since else ""
    parts = (
        ("since", since),
        ("before", notice.before),
        ("after", notice.after),
        ("cause", notice.cause),
        ("fix", notice.fix),
        ("prevention", notice.prevention),
    )
    return NoticeItem(
        id=notice.id,
        title=notice.title,
        kind=wording.text(f"corrections.kind_{notice.kind}"),
        published=formats.date_words(notice.published_on, wording.language),
        lines=tuple((wording.text(f"corrections.part_{name}"), text) for name, text in parts if text),
    )


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
    )
