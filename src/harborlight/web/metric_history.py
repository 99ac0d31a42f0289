"""The history of one measure on its page: what was published before, what is new or restated since a day, how complete it is.

In go the reader, the measure and the day picked, out comes `MetricHistory`.
"""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlencode

from harborlight.charts import formats
from harborlight.metrics.query_monthly import since_day
from harborlight.metrics.shapes import Query
from harborlight.web.changes_page import earned_words, make_revisions, published_cell
from harborlight.web.changes_query import Asked, count_changes, read_changes, read_span
from harborlight.web.context import Cell, Column, Link, RowGroup, Table
from harborlight.web.context_history import MetricHistory, Picker
from harborlight.web.reader import Reader
from harborlight.web.wording import Wording

NEWS_DAYS = 28
MOST_ROWS = 60
YEARS = """
select
    l.metric,
    l.period,
    l.area_id,
    min_by(l.n, l.step) as first,
    min(l.known_from) as first_on,
    max_by(l.n, l.step) as now,
    count(*) filter (where l.step > 1 and l.before is distinct from l.n and l.why <> 'new_days') as changed,
    max_by(l.why, l.step) filter (where l.step > 1 and l.before is distinct from l.n) as why
from ledger as l
where l.metric = $metric and l.grain = 'year' and l.area_id = 'city' and l.period <> 'undated'
group by l.metric, l.period, l.area_id
order by l.period desc
"""


def make_metric_history(reader: Reader, query: Query, since: date | None, wording: Wording) -> MetricHistory:
    """What was published of a measure before, for the whole city."""
    facts, metric = reader.facts, reader.facts.metrics[query.metric]
    kept, last = read_span(reader)
    asked = Asked(metric=metric.id, area="city", since=since or facts.data_through - timedelta(days=NEWS_DAYS - 1))
    changed = count_changes(reader, Asked(metric=metric.id, area="city"))
    day = asked.since or facts.data_through
    own = urlencode(Asked(metric=metric.id).params())
    intro = wording.text("history.intro", n=changed, day=kept) if kept else wording.text("history.none")
    restated = make_revisions(read_changes(reader, asked, MOST_ROWS), facts, wording, is_of_one=True)
    page = f"/metrics/{metric.id}"
    return MetricHistory(
        intro=intro,
        years=_years(reader, metric.id, wording),
        picker=Picker(page, day.isoformat(), facts.data_from.isoformat(), facts.data_through.isoformat()),
        news=(*_new(reader, query, day, wording), _restated_words(count_changes(reader, asked), day, wording)),
        restated=restated,
        known=Picker(page, (query.known or last or day).isoformat(), str(kept or ""), str(last or "")),
        delay=delay_words(reader, metric.id, wording),
        links=(
            Link(wording.text("history.all"), f"/changes?{own}"),
            Link(wording.text("figures.csv"), f"/api/v1/changes.csv?{own}"),
            Link(wording.text("figures.json"), f"/api/v1/changes?{own}"),
        ),
    )


def _new(reader: Reader, query: Query, since: date, wording: Wording) -> list[str]:
    """How many happened on or after a day."""
    metric, through = reader.facts.metrics[query.metric], reader.facts.metric_through[query.metric]
    if since > through:
        return [wording.text("history.no_days", day=through)]
    since = since_day(since, metric)
    row = reader.answer(reader.ask(metric.id, from_=since.isoformat(), to=through.isoformat())).rows[0]
    if row["n"] is None:
        return [str(row["missing"])]
    days = formats.date_range_words(since, through, wording.language)
    return [wording.text("area.news", number=row["n"], noun=metric.sentence_noun, days=days)]


def _restated_words(n: int, day: date, wording: Wording) -> str:
    return wording.text("history.restated", n=n, day=day) if n else wording.text("history.not_restated", day=day)


def _years(reader: Reader, metric_id: str, wording: Wording) -> Table | None:
    """Each year as first published and as it stands; the year's own page asks for the values of the day before."""
    rows = reader.rows(YEARS, {"metric": metric_id})
    if not any(row["changed"] for row in rows):
        return None
    heads = (
        Column(wording.text("tables.year")), Column(wording.text("history.head_first"), True), Column(wording.text("history.head_now"), True),
        Column(wording.text("history.head_changed"), True), Column(wording.text("history.head_why")),
    )  # fmt: skip
    lines = tuple(
        (
            Cell(row["period"], kind="head"),
            published_cell(row["first"], row, wording, formats.date_words(row["first_on"], wording.language)),
            published_cell(row["now"], row, wording),
            Cell(formats.number(row["changed"], wording.language), f"/changes?metric={metric_id}&grain=year&area=city", "number"),
            Cell(wording.text(f"changes.why_{row['why']}") if row["why"] else ""),
        )
        for row in rows
    )  # fmt: skip
    return Table(wording.text("history.years"), heads, (RowGroup("", lines),), is_wide=True)


# ------------------------------------------------------------------------------------------- the recent end


def delay_words(reader: Reader, metric_id: str, wording: Wording) -> str:
    """What is learnt of late reports, and whether it earns a range; or that too little was seen so far."""
    rows = reader.rows("select * from delay_tests where metric = $metric", {"metric": metric_id})
    if not rows:
        return wording.text("history.delay_unknown")
    words = wording.text("history.delay", n=int(rows[0]["n_events"]), day=rows[0]["learnt_from"])
    return f"{words} {earned_words(rows[0], wording)}"
