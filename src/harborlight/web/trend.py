"""A metric over time: the picture made at publish beside the same months as a grid, with every break and gap in words."""

from __future__ import annotations

from datetime import date

from harborlight.charts import formats
from harborlight.metrics.shapes import Answer, Facts
from harborlight.web.context import Bars, ChartImage, Figure, Link
from harborlight.web.embed import make_embed, picture_address, source_line
from harborlight.web.figures import make_bars
from harborlight.web.reader import Reader
from harborlight.web.tables import key_words, make_year_grid
from harborlight.web.tail import tail_lines
from harborlight.web.wording import Wording


def make_trend(reader: Reader, metric_id: str, charts: frozenset[str], wording: Wording) -> Figure:
    """Every month of one metric, whole city."""
    facts = reader.facts
    metric = facts.metrics[metric_id]
    answer = reader.answer(reader.ask(metric_id, by="month"))
    caption = wording.text("trend.title", title=metric.title, unit=wording.text(f"units.{metric.unit}").lower())
    takeaway = _takeaway(answer, wording)
    image = chart_image(facts.release_id, f"{metric_id}-trend", charts, takeaway or caption)
    return Figure(
        title=caption,
        takeaway=takeaway,
        image=image,
        bars=None if image else period_bars(answer, facts, caption, wording),
        notes=(*trend_notes(facts, metric_id, wording), *tail_lines(reader, metric_id, answer.rows, wording)),
        table=make_year_grid(answer, caption, wording),
        links=(
            Link(wording.text("figures.csv"), f"/metrics/{metric_id}.csv?by=month"),
            Link(wording.text("figures.json"), f"/api/v1/metrics/{metric_id}?by=month"),
            Link(wording.text("figures.definition"), f"/metrics/{metric_id}#definition"),
        ),
        source=source_line(facts, metric_id, wording),
        embed=make_embed(f"/metrics/{metric_id}", picture_address(metric_id), caption, facts, wording),
    )


def chart_image(release: str, name: str, charts: frozenset[str], alt: str) -> ChartImage | None:
    """Addresses of the two sizes of a picture, or None where the release has not got both."""
    if not {f"{name}-wide.svg", f"{name}-narrow.svg"} <= charts:
        return None
    return ChartImage(f"/charts/{release}/{name}-wide.svg", f"/charts/{release}/{name}-narrow.svg", alt)


def _takeaway(answer: Answer, wording: Wording) -> str:
    """Between which months the counts moved: whole months only."""
    known = [r for r in answer.rows if r["month"] is not None and r["n"] is not None and not r["partial"]]
    if len(known) < 2:
        return ""
    top, low = max(known, key=lambda r: r["n"]), min(known, key=lambda r: r["n"])
    return wording.text(
        "trend.takeaway",
        top=top["n"],
        top_month=formats.month_words(top["month"], wording.language, "long"),
        low=low["n"],
        low_month=formats.month_words(low["month"], wording.language, "long"),
    )


def period_bars(answer: Answer, facts: Facts, label: str, wording: Wording) -> Bars | None:
    """The rows of an answer by one period as bars."""
    if not answer.rows or len(answer.query.by) != 1:
        return None
    name = answer.query.by[0]
    rows = [row for row in answer.rows if name == "area" or row[name] is not None]
    edge = f"{answer.provisional_from:%Y-%m-%d}" if answer.provisional_from else "9999"
    points = [
        (
            row["n"],
            "pale" if name in ("day", "week", "month") and str(row[name]) >= edge[: len(str(row[name]))] else "now",
        )
        for row in rows
    ]
    if not points:
        return None
    first, last = (key_words(row, name, facts, wording) for row in (rows[0], rows[-1]))
    return make_bars(points, label=label, first=first, last=last, wording=wording)


def trend_notes(facts: Facts, metric_id: str, wording: Wording) -> tuple[str, ...]:
    """Breaks, interventions, gaps and the provisional part, each as a sentence, in order of date."""
    found: list[tuple[date, str]] = []
    first, last = facts.metric_from[metric_id], facts.metric_through[metric_id]
    for item in (*facts.city.breaks, *facts.city.interventions):
        if {metric_id, "all"} & set(item.metrics) and first <= item.date <= last:
            key = f"trend.break_{item.effect}" if item in facts.city.breaks else "trend.intervention"
            found.append((item.date, wording.text(key, day=item.date, title=item.title)))
    lines = [text for _, text in sorted(found)]
    lines += gap_lines(facts, metric_id, wording)
    if edge := facts.provisional_from.get(metric_id):
        lines.append(wording.text("trend.provisional", day=edge))
    return tuple(lines)


def gap_lines(facts: Facts, metric_id: str, wording: Wording) -> list[str]:
    """Stretches that the sources lack, with the reason that was declared."""
    lines = []
    for gap in facts.missing:
        if gap.metric == metric_id:
            first, last = (
                gap.date_from or facts.metric_from[metric_id],
                gap.date_to or facts.metric_through[metric_id],
            )
            days = formats.date_range_words(min(first, last), last, wording.language)
            lines.append(wording.text("trend.missing", days=days, reason=gap.reason))
    return lines
