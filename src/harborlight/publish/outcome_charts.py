"""The charts of courts: how long cases take by how they end, for every offense group with enough of them, and cases that ended by month.

Drawn at publish like all others. A series break of the courts (`metrics: [courts]` in the city's file) is a line in the one over time.
"""

from __future__ import annotations

from harborlight.catalog.models import COURTS
from harborlight.charts.charts import trend_chart
from harborlight.charts.flows import incidence_chart
from harborlight.charts.formats import number, percent
from harborlight.metrics.flows import ENDS, Part, Span, followed_months, picture_name, read_parts, read_span, read_times
from harborlight.metrics.shapes import Facts
from harborlight.statistics.flow import Incidence
from harborlight.store import Connection

FEWEST = 30  # cases
WORDS = {"convicted": "Convicted", "other": "Other outcome", "not_convicted": "Dropped, dismissed or acquitted"}


def draw_outcomes(con: Connection, facts: Facts, narrow: bool) -> dict[str, str]:
    """Name of a picture → SVG: `outcome-times[-<group>]` and `outcome-dispositions`."""
    span = read_span(con)
    if span is None:
        return {}
    drawn = {}
    for group, title in (("", "all open offenses"), *span.groups):
        found = read_times(con, group)
        if found.n >= FEWEST and followed_months(found) > 1:
            drawn[picture_name(group)] = _draw_times(found, title, narrow)
    ended = _draw_dispositions(con, facts, span, narrow)
    return drawn | ({"outcome-dispositions": ended} if ended else {})


def _draw_times(found: Incidence, title: str, narrow: bool) -> str:
    last = followed_months(found)
    curves = [(WORDS[end], [point.share for point in found.curves[end][:last]]) for end in ENDS]
    ends = ", ".join(f"{WORDS[end].lower()} {percent(shares[-1])}" for (_, shares), end in zip(curves, ENDS, strict=True))
    return incidence_chart(
        curves, found.at_risk[:last], title=f"How court cases ended over time, {title}", unit="percent of cases filed",
        waiting="Cases still waiting at the start of that month:", months="calendar months after filing", narrow=narrow,
        takeaway=f"{number(found.n)} cases. After {last - 1} months: {ends}; the rest were still waiting.",
    )  # fmt: skip


def _draw_dispositions(con: Connection, facts: Facts, span: Span, narrow: bool) -> str:
    """Cases that ended, by month: a month without any is a zero, because the feed covers it."""
    counts = read_parts(con, Part("outcome_dispositions", {}), ("disposed_month",))
    if not counts:
        return ""
    first, last = min(counts), f"{span.as_of:%Y-%m}"
    months, at = [], int(first[:4]) * 12 + int(first[5:7]) - 1
    while (month := f"{at // 12}-{at % 12 + 1:02}") <= last:
        months.append((month, counts.get(month, 0)))
        at += 1
    breaks = [(b.date.isoformat(), b.title) for b in facts.city.breaks if COURTS in b.metrics]
    recent = sum(n for _, n in months[-12:])
    return trend_chart(
        months, title="Court cases that ended, by month", unit="cases", takeaway=f"{number(recent)} cases ended in the last 12 months.",
        breaks=breaks, narrow=narrow,
    )  # fmt: skip
