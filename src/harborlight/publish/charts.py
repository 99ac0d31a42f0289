"""The charts of every metric, drawn once per release in a wide and a narrow form: by month, twelve months at a time, weeks, and this year.

Drawing takes tens of milliseconds and two large libraries, so it happens here and never in a serving worker.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from pathlib import Path

from harborlight.catalog.models import Metric
from harborlight.charts.bands import control_chart, season_chart
from harborlight.charts.charts import trend_chart
from harborlight.charts.formats import number
from harborlight.metrics import trends
from harborlight.metrics.answer import answer
from harborlight.metrics.facts import load_facts
from harborlight.metrics.query import make_query
from harborlight.metrics.shapes import Facts
from harborlight.publish.goal_charts import draw_goals
from harborlight.publish.group_charts import draw_groups
from harborlight.publish.outcome_charts import draw_outcomes
from harborlight.store import Connection, open_release

WIDTHS = {"wide": False, "narrow": True}


def write_charts(public: Path, folder: Path) -> list[str]:
    """Write `<metric>-trend-wide.svg` and `-narrow.svg`, and the other views alike, for every metric that has data; returns the names.

    `rolling`, `season` and `weeks` are there where the data reach far enough for them. Open tables of groups, goals and courts have pictures as well.
    """
    folder.mkdir(parents=True)
    con = open_release(public)
    facts = load_facts(con, public.parent.name)
    written = []
    for metric in facts.metrics.values():
        if not facts.metric_sources[metric.id]:
            continue
        for width, narrow in WIDTHS.items():
            drawn = {"trend": draw_trend(con, facts, metric, narrow), **draw_views(con, facts, metric, narrow)}
            for view, svg in drawn.items():
                name = f"{metric.id}-{view}-{width}.svg"
                (folder / name).write_text(svg, encoding="utf-8")
                written.append(name)
    for width, narrow in WIDTHS.items():
        for view, svg in (draw_groups(con, narrow=narrow) | draw_goals(con, facts, narrow) | draw_outcomes(con, facts, narrow)).items():
            (folder / f"{view}-{width}.svg").write_text(svg, encoding="utf-8")
            written.append(f"{view}-{width}.svg")
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
        breaks=_breaks(facts, metric), interventions=_interventions(facts, metric),
        missing=[
            (f"{m.date_from or facts.metric_from[metric.id]:%Y-%m}", f"{m.date_to or through:%Y-%m}", m.reason)
            for m in facts.missing if m.metric == metric.id
        ],
        expected=_read_expected(con, metric),
    )  # fmt: skip


def _read_expected(con: Connection, metric: Metric) -> list[tuple[str, int, int]]:
    """(month, low, high) of recent months whose expected range the back-test has earned."""
    sql = "select period, low, high from expected where metric = ? and low is not null and high is not null order by period"
    return [(str(month), int(low), int(high)) for month, low, high in con.execute(sql, [metric.id]).fetchall()]


def draw_views(con: Connection, facts: Facts, metric: Metric, narrow: bool) -> dict[str, str]:
    """The other views of a metric as SVG, by name; those that its data are too short for are left out."""
    months = answer(con, facts, make_query(metric, facts, by="month"))
    drawn = {}
    rolling = trends.make_rolling(facts, months)
    if any(month.n is not None for month in rolling):
        drawn["rolling"] = trend_chart(
            [(month.month, month.n) for month in rolling], title=f"{metric.title}, twelve months at a time",
            unit=f"{metric.sentence_noun} in 12 months", takeaway="Each point counts the twelve months that end with its month.",
            provisional_from=f"{edge:%Y-%m}" if (edge := facts.provisional_from.get(metric.id)) else None,
            narrow=narrow, breaks=_breaks(facts, metric), interventions=_interventions(facts, metric), gap="no_sum",
        )  # fmt: skip
    season = trends.make_season(facts, months)
    if season:
        drawn["season"] = _draw_season(season, metric, narrow)
    first, last = trends.weeks_span(facts.metric_through[metric.id])
    if first >= facts.metric_from[metric.id]:
        query = make_query(metric, facts, from_=first.isoformat(), to=last.isoformat(), by="week")
        drawn["weeks"] = _draw_weeks(facts, trends.make_weeks(facts, answer(con, facts, query)), metric, narrow)
    return drawn


def _draw_season(season: trends.Season, metric: Metric, narrow: bool) -> str:
    late = next((month.number for month in season.months if month.is_provisional), None)
    return season_chart(
        [(month.total, month.before, (month.low, month.high)) for month in season.months],
        title=f"{metric.title} since January, {season.year} and earlier years", unit=f"{metric.sentence_noun} since January",
        year=str(season.year), before=str(season.earlier[-1]), band=f"range of {season.earlier[0]} to {season.earlier[-1]}",
        takeaway=f"{metric.title} since January of {season.year}, over the range of {season.earlier[0]} to {season.earlier[-1]}.",
        provisional_from=late, narrow=narrow,
    )  # fmt: skip


def _draw_weeks(facts: Facts, weeks: tuple[trends.Week, ...], metric: Metric, narrow: bool) -> str:
    outside = sum(week.outside is not None for week in weeks)
    return control_chart(
        [(week.start, week.n, None if week.low is None or week.high is None else (week.low, week.high)) for week in weeks],
        title=f"{metric.title} by week", unit=f"{metric.sentence_noun} a week", band="usual, by the eight weeks before",
        takeaway=f"{outside} of {len(weeks)} weeks lie outside their usual band.", provisional_from=facts.provisional_from.get(metric.id),
        breaks=_breaks(facts, metric), interventions=_interventions(facts, metric), narrow=narrow,
    )  # fmt: skip


def _breaks(facts: Facts, metric: Metric) -> list[tuple[str, str]]:
    return [(b.date.isoformat(), b.title) for b in facts.city.breaks if _touches(b.metrics, metric.id) and b.effect == "stops"]


def _interventions(facts: Facts, metric: Metric) -> list[tuple[str, str]]:
    return [(b.date.isoformat(), b.title) for b in facts.city.interventions if _touches(b.metrics, metric.id)]


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
