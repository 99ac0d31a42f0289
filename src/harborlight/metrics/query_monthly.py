"""What may be asked of measures that are counted by whole closed months and police districts, and by nothing finer.

Recovered firearms are the case: many are taken at homes, and a day or a small area together with how police came by one would tell
a neighbor whose it was. The tables that such a measure is counted from hold nothing finer either.
"""

from __future__ import annotations

from datetime import date, timedelta

from harborlight.catalog.models import Metric
from harborlight.errors import QueryError
from harborlight.metrics.facts import default_layer
from harborlight.metrics.query_places import default_lines
from harborlight.metrics.shapes import Facts, Query

# Model tables whose measures are counted so.
MONTHLY = frozenset({"firearms"})
LAYER = "police_district"
SPANS = ["`from` the first day of a month", "`to` the last day of a month", "12m", "ytd", "year:YYYY"]
WINDOWS = ("12m", "ytd", "28d")


def is_monthly(metric: Metric) -> bool:
    """Whether a measure is counted by whole months and districts only."""
    return metric.table in MONTHLY


def windows_of(metric: Metric) -> tuple[str, ...]:
    """The named windows that a page offers for a measure."""
    return tuple(name for name in WINDOWS if name != "28d" or not is_monthly(metric))


def is_by_layer(metric: Metric, layer: str | None, facts: Facts) -> bool:
    """Whether a measure is counted by the areas of a layer."""
    return "area" in metric.breakdowns and (not is_monthly(metric) or (layer == LAYER == default_layer(facts)))


def check_monthly(query: Query, metric: Metric, facts: Facts) -> Query:
    """The question itself, where nothing in it is finer than it may be. Raises QueryError (status 400)."""
    if not is_monthly(metric):
        return query
    if query.layer is not None and not is_by_layer(metric, query.layer, facts):
        allowed = [LAYER] if is_by_layer(metric, LAYER, facts) else ["the whole city"]
        raise QueryError("This measure is counted by police district and by no smaller area.", parameter="layer", allowed=allowed)
    if query.layer is not None and query.lines != default_lines(facts, query.layer):
        raise QueryError("This measure is counted by the lines in force only.", parameter="lines", allowed=["leave it out"])
    if not is_whole(query.date_from, query.date_to, metric, facts):
        name = "window" if query.window else "from" if query.date_from.day != 1 else "to"
        raise QueryError("This measure is counted by whole months only.", parameter=name, allowed=SPANS)
    return query


def is_whole(first: date, last: date, metric: Metric, facts: Facts) -> bool:
    """Whether two days, both included, bound whole months as far as the measure reaches; of other measures any days do."""
    begins = first.day == 1 or first == facts.metric_from[metric.id]
    ends = (last + timedelta(days=1)).day == 1 or last == facts.metric_through[metric.id]
    return not is_monthly(metric) or (begins and ends)


def since_day(day: date, metric: Metric) -> date:
    """The day from which a measure can be asked so that this day is in it."""
    return day.replace(day=1) if is_monthly(metric) else day


def whole_months(first: date, last: date) -> tuple[date, date]:
    """The months of a stretch that have ended in it, the first one whole; the last day may lie before the first."""
    return first.replace(day=1), (last + timedelta(days=1)).replace(day=1) - timedelta(days=1)
