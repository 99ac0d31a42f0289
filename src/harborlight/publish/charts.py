"""The default chart of every metric, drawn once per release in a wide and a narrow form.

Drawing takes tens of milliseconds and two large libraries, so it happens here and never in a serving worker.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from pathlib import Path

from harborlight.catalog.models import Metric
from harborlight.charts.charts import trend_chart
from harborlight.charts.formats import number
from harborlight.metrics.answer import answer
from harborlight.metrics.facts import load_facts
from harborlight.metrics.query import make_query
from harborlight.metrics.shapes import Facts
from harborlight.store import Connection, open_release

WIDTHS = {"wide": False, "narrow": True}


def write_charts(public: Path, folder: Path) -> list[str]:
    """Write `<metric>-trend-wide.svg` and `-narrow.svg` for every metric that has data; returns the names."""
    folder.mkdir(parents=True)
    con = open_release(public)
    facts = load_facts(con, public.parent.name)
    written = []
    for metric in facts.metrics.values():
        if not facts.metric_sources[metric.id]:
            continue
        for width, narrow in WIDTHS.items():
            name = f"{metric.id}-trend-{width}.svg"
            (folder / name).write_text(draw_trend(con, facts, metric, narrow), encoding="utf-8")
            written.append(name)
    con.close()
    return written


def draw_trend(con: Connection, facts: Facts, metric: Metric, narrow: bool) -> str:
    """The monthly series of a metric as SVG, whole months only, with breaks, interventions and gaps."""
    rows = answer(con, facts, make_query(metric, facts, by="month")).rows
    through = facts.metric_through[metric.id]
    months = [(row["month"], row["n"]) for row in rows if row["month"] and _ends_by(row["month"], through)]
    provisional = facts.provisional_from.get(metric.id)
    return trend_chart(
        months, title=f"{metric.title} by month", unit=metric.sentence_noun, takeaway=_takeaway(months, metric),
        provisional_from=f"{provisional:%Y-%m}" if provisional else None, narrow=narrow,
        breaks=[(b.date.isoformat(), b.title) for b in facts.city.breaks if _touches(b.metrics, metric.id) and b.effect == "stops"],
        interventions=[(b.date.isoformat(), b.title) for b in facts.city.interventions if _touches(b.metrics, metric.id)],
        missing=[
            (f"{m.date_from or facts.metric_from[metric.id]:%Y-%m}", f"{m.date_to or through:%Y-%m}", m.reason)
            for m in facts.missing if m.metric == metric.id
        ],
    )  # fmt: skip


def _touches(metrics: tuple[str, ...], metric_id: str) -> bool:
    return metric_id in metrics or "all" in metrics


def _ends_by(month: str, through: date) -> bool:
    year, number_of_month = map(int, month.split("-"))
    return date(year, number_of_month, monthrange(year, number_of_month)[1]) <= through


def _takeaway(months: list[tuple[str, int | None]], metric: Metric) -> str:
    """What the line shows at its end, in counts alone; verdicts are the page's."""
    now, before = [n for _, n in months[-12:]], [n for _, n in months[-24:-12]]
    if len(before) < 12 or None in now or None in before:
        return f"{metric.title} by month."
    return f"{number(sum(n or 0 for n in now))} {metric.sentence_noun} in the last 12 months, {number(sum(n or 0 for n in before))} in the 12 before."
