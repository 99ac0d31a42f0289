"""The front page: is it getting better, by which figures, when and where, and what changed.

In go the reader's headline figures, out comes `OverviewPage`. Everything here is the whole city's; links carry the same
question onward to the metric page, where it can be narrowed.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from harborlight.charts import formats
from harborlight.errors import QueryError
from harborlight.metrics.facts import default_layer
from harborlight.metrics.questions import counted, question_of
from harborlight.metrics.shapes import Answer, Headline
from harborlight.provenance import join_said, say
from harborlight.web import verdicts
from harborlight.web.area_lists import current_shades
from harborlight.web.cards import make_card
from harborlight.web.context import Cell, Column, Heat, HeatRow, Link, OverviewPage, RowGroup, Table
from harborlight.web.context_drawings import Outline
from harborlight.web.figures import shade, share
from harborlight.web.group_note import make_sensitive_note
from harborlight.web.offense_table import make_offenses
from harborlight.web.outline import WIDTH
from harborlight.web.places import sort_name
from harborlight.web.reader import Reader
from harborlight.web.trend import make_trend
from harborlight.web.trend_views import make_views
from harborlight.web.wording import Wording


def make_overview(reader: Reader, charts: frozenset[str], wording: Wording) -> OverviewPage:
    """The front page of one release. `charts` are the names of the pictures that the release holds."""
    headlines = [reader.headline(m) for m in reader.facts.city.headline_metrics if m in reader.metric_ids()]
    headlines = [h for h in headlines if h.year]
    first = headlines[0] if headlines else None
    answer, qualifier = _answer(reader, first, wording)
    offenses = make_offenses(reader, wording)
    return OverviewPage(
        question=wording.text("overview.question", city=reader.facts.city.name),
        answer=answer,
        qualifier=qualifier,
        cards=tuple(make_card(reader, h, wording, is_first=h is first) for h in headlines),
        trend=make_trend(reader, first.metric.id, charts, wording) if first else None,
        views=make_views(reader, first.metric.id, charts, wording) if first else None,
        offenses=offenses,
        note=make_sensitive_note(reader.facts, reader.sensitive(), wording) if offenses else None,
        offense_links=_links(wording, "incidents", "window=12m&by=offense") if offenses else (),
        heat=_heat(reader, first, wording),
        areas=_areas(reader, first, wording),
        outline=_outline(reader, first, wording),
        area_links=_area_links(reader, first, wording),
        changes=_changes(reader, wording),
        onward=tuple(
            (Link(wording.text(f"overview.onward_{key}"), href), wording.text(f"overview.onward_{key}_text"))
            for key, href in (
                ("metrics", "/metrics"),
                ("data", "/data"),
                ("methods", "/methods"),
                ("report", "/report"),
            )
        ),
    )


def _answer(reader: Reader, first: Headline | None, wording: Wording) -> tuple[str, str]:
    if first is None or first.year is None:
        return wording.text("overview.no_answer"), ""
    change = first.year
    parts = [
        verdicts.chance_sentence(change, wording) if change.verdict != "not_comparable" else change.reason,
        verdicts.provisional_sentence(reader.facts, first.metric, wording),
    ]
    return verdicts.answer_sentence(first.metric, change, wording), join_said(parts)


# --------------------------------------------------------------------------------------- when and where


def _heat(reader: Reader, first: Headline | None, wording: Wording) -> Heat | None:
    if first is None or first.year is None or not {"hour", "weekday"} <= set(first.metric.breakdowns):
        return None
    span = first.year.now
    years = reader.answer(
        reader.ask(
            first.metric.id,
            from_=_start(reader, first, span.date_to),
            to=str(span.date_to),
            by="hour,weekday",
        )
    )
    return make_heat(years, wording)


def _start(reader: Reader, first: Headline, end: date) -> str:
    """Three years back where the data reach so far: one year is too few for 168 cells."""
    least = reader.facts.metric_from[first.metric.id]
    back = date(end.year - 3 + (end.month == 12), end.month % 12 + 1, 1)
    return max(least, back).isoformat()


def make_heat(answer: Answer, wording: Wording) -> Heat:
    """Hours down, weekdays across, each count in its cell: the picture is its own table."""
    lang = wording.language
    cells = {
        (r["hour"], r["weekday"]): r["n"]
        for r in answer.rows
        if r["hour"] is not None and r["weekday"] is not None and r["n"] is not None
    }
    top = max(cells.values(), default=0)
    known, unknown = sum(cells.values()), sum(r["n"] or 0 for r in answer.rows if r["hour"] is None)
    rows = tuple(
        HeatRow(
            formats.hour_words(h, lang),
            tuple((str(wording.write(n)), shade(n, top)) for n in (cells.get((h, d), 0) for d in range(1, 8))),
        )
        for h in range(24)
    )
    night = sum(n for (h, _), n in cells.items() if h >= 20 or h < 4)
    weekend = sum(n for (_, d), n in cells.items() if d >= 6)
    query, asked = answer.query, question_of(answer.query, answer.metric).asked
    address = f"/metrics/{query.metric}?from={query.date_from}&to={query.date_to}&by=hour,weekday"
    return Heat(
        caption=wording.text(
            "overview.heat_caption",
            title=answer.metric.title,
            days=formats.date_range_words(query.date_from, query.date_to, lang),
        ),
        days=tuple((formats.weekday_words(d, lang, "short"), formats.weekday_words(d, lang)) for d in range(1, 8)),
        rows=rows,
        takeaway=wording.text(
            "overview.heat_takeaway",
            night=say(formats.percent(night / known, 0, lang), night / known, "share", query=asked, part="night"),
            weekend=say(formats.percent(weekend / known, 0, lang), weekend / known, "share", query=asked, part="weekend"),
        )
        if known
        else "",
        unknown=wording.text("overview.heat_unknown", n=counted(unknown, query, answer.metric, {"hour": None})) if unknown else "",
        href=address,
        csv=address.replace("?", ".csv?"),
        how=address.replace("?", "/how?"),
    )


def _areas(reader: Reader, first: Headline | None, wording: Wording) -> Table | None:
    if first is None or first.year is None or not reader.facts.layers:
        return None
    layer = reader.facts.layers[default_layer(reader.facts) or ""]
    now, before = first.year.now, first.year.before
    try:
        counts = [_by_area(reader, first.metric.id, layer.id, w.date_from, w.date_to) for w in (now, before)]
    except QueryError:
        return None
    top = max((row["n"] or 0 for row in counts[0].values()), default=0)
    rows = tuple(
        (
            Cell(
                row["area_name"] or wording.text("unknown.area"),
                kind="head",
                href=f"/areas/{layer.id}/{key}" if key else "",
            ),
            _number(row, wording, top),
            _number(counts[1][key], wording),
        )
        for key, row in sorted(
            counts[0].items(),
            key=lambda item: (item[0] is None, sort_name(item[1]["area_name"] or "")),
        )
        if key is not None or row["n"] or counts[1][key]["n"]
    )
    columns = (
        Column(layer.title_one),
        Column(verdicts.period_words(now, wording), True),
        Column(verdicts.period_words(before, wording), True),
    )
    caption = wording.text("overview.areas_caption", title=first.metric.title, layer=layer.title.lower())
    return Table(caption, columns, (RowGroup("", rows),), layer.note, has_bars=True)


def _by_area(reader: Reader, metric: str, layer: str, first: date, last: date) -> dict[str | None, dict[str, Any]]:
    query = reader.ask(metric, from_=str(first), to=str(last), layer=layer, by="area")
    return {row["area_id"]: row for row in reader.answer(query).rows}


def _number(row: dict[str, Any], wording: Wording, top: int = 0) -> Cell:
    if row["n"] is None:
        return Cell(wording.text("tables.missing_because", reason=row["missing"]), kind="quiet")
    return Cell(str(wording.write(row["n"])), kind="number", bar=share(row["n"], top))


def _links(wording: Wording, metric: str, query: str) -> tuple[Link, ...]:
    return (
        Link(wording.text("figures.csv"), f"/metrics/{metric}.csv?{query}"),
        Link(wording.text("figures.more"), f"/metrics/{metric}?{query}"),
    )


def _area_links(reader: Reader, first: Headline | None, wording: Wording) -> tuple[Link, ...]:
    if first is None or first.year is None or not reader.facts.layers:
        return ()
    now, layer = first.year.now, default_layer(reader.facts)
    own = (Link(wording.text("overview.map"), f"/map?layer={layer}"), Link(wording.text("overview.area_pages"), f"/areas/{layer}"))
    return (*own, *_links(wording, first.metric.id, f"from={now.date_from}&to={now.date_to}&by=area"))


def _outline(reader: Reader, first: Headline | None, wording: Wording) -> Outline | None:
    """The small picture beside the table: the primary layer, shaded by rate."""
    name = default_layer(reader.facts)
    if first is None or first.year is None or name is None or "area" not in first.metric.breakdowns:
        return None
    now, layer = first.year.now, reader.facts.layers[name]
    span = {"from_": str(now.date_from), "to": str(now.date_to)}
    return current_shades(reader, first.metric.id, layer, span, wording, width=WIDTH)


# --------------------------------------------------------------------------------------------- changes


def _changes(reader: Reader, wording: Wording) -> tuple[str, ...]:
    """What this release changed in what was published before, whole city only."""
    day, n = reader.last_revised()
    if day is None:
        return (wording.text("overview.changes_none"),)
    return (wording.text("overview.changes", n=n, day=day),)
