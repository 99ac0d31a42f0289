"""`/firearms`: firearms that police recovered, by month, kind, way of making, reason and area, with what the number depends on.

Every figure is an answer of the measure `firearms_recovered`, so that its page, its CSV and how it is made come with it.
"""

from __future__ import annotations

from harborlight.charts import formats
from harborlight.metrics.query import canonical_params
from harborlight.metrics.questions import summed
from harborlight.metrics.shapes import Answer
from harborlight.web.context import Bars, Figure, Link, Table
from harborlight.web.context_community import FirearmsPage, FirearmsPart
from harborlight.web.embed import source_line
from harborlight.web.figures import make_bars
from harborlight.web.reader import Reader
from harborlight.web.tables import make_rows_table, make_year_grid
from harborlight.web.wording import Wording

METRIC = "firearms_recovered"
PARTS = ("month", "privately_made", "firearm_kind", "reason", "area")


def make_firearms_page(reader: Reader, wording: Wording) -> FirearmsPage:
    """The page; without a source it says that the city has not supplied one."""
    facts = reader.facts
    links = (
        Link(wording.text("firearms.measure"), f"/metrics/{METRIC}"), Link(wording.text("firearms.table"), "/data/firearms"),
        Link(wording.text("firearms.help"), "/community"),
    )  # fmt: skip
    badge = wording.text("firearms.badge")
    if METRIC not in facts.metrics or not facts.metric_sources[METRIC]:
        return FirearmsPage("", badge, (), (), wording.text("firearms.missing"), links[2:])
    metric = facts.metrics[METRIC]
    whole = reader.answer(reader.ask(METRIC, window="12m"))
    n = summed(whole.rows, whole.query, metric)
    answer = wording.text("firearms.answer", n=n, first=whole.query.date_from, last=whole.query.date_to)
    figures = tuple(
        FirearmsPart(wording.text(f"firearms.title_{name}"), _figure(reader, name, wording)) for name in PARTS if name != "area" or facts.layers
    )
    return FirearmsPage(answer, badge, (metric.caveat, *metric.caveats), figures, "", links)


def _figure(reader: Reader, name: str, wording: Wording) -> Figure:
    """One breakdown: all months, and the last twelve months by everything else."""
    window = {} if name == "month" else {"window": "12m"}
    answer = reader.answer(reader.ask(METRIC, by=name, **window))
    query = answer.query
    days = formats.date_range_words(query.date_from, query.date_to, wording.language)
    caption = wording.text("firearms.caption", what=wording.text(f"firearms.what_{name}"), days=days)
    address = "&".join(f"{key}={value}" for key, value in canonical_params(query))
    links = (
        Link(wording.text("figures.csv"), f"/metrics/{METRIC}.csv?{address}"),
        Link(wording.text("figures.json"), f"/api/v1/metrics/{METRIC}?{address}"),
        Link(wording.text("figures.more"), f"/metrics/{METRIC}?{address}"),
    )  # fmt: skip
    table: Table = make_year_grid(answer, caption, wording) if name == "month" else make_rows_table(answer, caption, reader.facts, wording)
    takeaway = wording.text("firearms.takeaway") if name == "privately_made" else ""
    return Figure(
        title=caption, takeaway=takeaway, image=None,
        bars=_bars(answer, caption, wording) if name == "month" else None, notes=answer.notes, table=table, links=links,
        source=source_line(reader.facts, METRIC, wording),
    )  # fmt: skip


def _bars(answer: Answer, label: str, wording: Wording) -> Bars:
    rows = [row for row in answer.rows if row["month"] is not None]
    edge = f"{answer.provisional_from:%Y-%m}" if answer.provisional_from else "9999"
    points = [(row["n"], "pale" if row["month"] >= edge or row["partial"] else "now") for row in rows]
    first, last = (formats.month_words(row["month"], wording.language) for row in (rows[0], rows[-1]))
    return make_bars(points, label=label, first=first, last=last, wording=wording)
