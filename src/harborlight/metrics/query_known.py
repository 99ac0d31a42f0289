"""What may be asked "as known on" a day: what the publication ledger holds, and nothing else.

The ledger keeps counts by month, for the whole city and by area of the city's first layer in the lines then in force.
"""

from __future__ import annotations

from datetime import date, timedelta

from harborlight.catalog.models import Metric
from harborlight.errors import QueryError
from harborlight.metrics.facts import default_layer
from harborlight.metrics.shapes import Facts, Query

BREAKDOWNS = ("month", "year", "area")


def check_known(query: Query, metric: Metric, facts: Facts) -> Query:
    """The question itself, where the ledger can answer it. Raises QueryError (status 400)."""
    if query.known is None:
        return query
    if any(name not in BREAKDOWNS for name in query.by) or {"month", "year"} <= set(query.by):
        raise QueryError("Earlier values are kept by month, year and area.", parameter="by", allowed=["month", "year", "area"])
    given = {
        "offense": query.offenses, "unit": query.unit != metric.unit, "hours": query.hours, "system": query.system,
        "rule": query.rule, "justified": query.justified, "lines": query.lines_text, query.shape or "bbox": query.shape,
        "layer": query.layer is not None and query.layer != default_layer(facts),
    }  # fmt: skip
    for name, is_given in given.items():
        if is_given:
            allowed = ["from", "to", "window", "area", "by", "format"]
            raise QueryError("Earlier values are not kept for this.", parameter=name, allowed=allowed)
    first, last = facts.metric_from[metric.id], facts.metric_through[metric.id]
    begins = query.date_from.day == 1 or query.date_from == first
    ends = (query.date_to + timedelta(days=1)).day == 1 or query.date_to == last
    if not (begins and ends):
        raise QueryError("Earlier values are kept for whole months.", parameter="known", allowed=["whole months", "12m", "ytd", "year:YYYY"])
    return query


def month_range(query: Query) -> list[str]:
    """The months of a question in order, as 2024-03."""
    months, day = [], query.date_from.replace(day=1)
    while day <= query.date_to:
        months.append(f"{day:%Y-%m}")
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return months
