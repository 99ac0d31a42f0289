"""The figures of one headline card, from one daily series: rolling 12 months with a verdict, 28 days and year to date.

Every window is summed from the same days (`series.py`) and compared by the one engine (`compare.py`), which refuses a pair
where the comparison would be unfair; the refusal carries its reason.
"""

from __future__ import annotations

from datetime import date

from harborlight.catalog.models import Metric
from harborlight.metrics import compare
from harborlight.metrics.notes import make_notes, say_day
from harborlight.metrics.query import make_query
from harborlight.metrics.query_monthly import is_monthly
from harborlight.metrics.query_places import lines_text
from harborlight.metrics.series import Series as Series
from harborlight.metrics.series import Shared as Shared
from harborlight.metrics.shapes import Change, Facts, Headline, SparkMonth, Usual
from harborlight.statistics.counts import YEARS_FOR_USUAL, outside_usual, usual_range
from harborlight.statistics.windows import Window as Days
from harborlight.statistics.windows import last_days, last_months, shift_years, year_to_date_window
from harborlight.store import Connection

SPARK_MONTHS = 36
YEARS_BACK = 5
# An area whose twelve months could show no fall at all is compared over three years.
LONGER_MONTHS = 36


def headline(
    con: Connection, facts: Facts, metric_id: str, layer: str | None = None, area: str | None = None, lines: str | None = None
) -> Headline:  # fmt: skip
    """One card of the city or of an area. `lines` is a version's id, a day as in the grammar, or `recorded`."""
    given = {"layer": layer, "area": area, "lines": lines}
    if layer and lines in [version.id for version in facts.lines if version.layer == layer]:
        given["lines"] = lines_text(facts, layer, lines)
    return make_headline(con, facts, metric_id, shared=None, **{name: value for name, value in given.items() if value})


def make_headline(
    con: Connection, facts: Facts, metric_id: str, *, shared: Shared | None = None, **params: str
) -> Headline:
    """Figures of one card. `params` narrow the question (`layer`, `area`, `offense`) in the words of the grammar."""
    metric = facts.metrics[metric_id]
    if not facts.metric_sources[metric_id]:
        return Headline(metric, None, None, None, (), None)
    query = make_query(metric, facts, **params)
    series = Series(con, facts, query, shared)
    through = facts.metric_through[metric_id]
    year = make_change(series, through)
    longer, notes = None, make_notes(facts, query)
    if query.area and _is_too_small(year):
        longer = make_change(series, through, LONGER_MONTHS)
        notes = (*notes, _say_longer(longer))
    return Headline(
        metric=metric, data_through=through, year=year, spark=_spark(series, through), longer=longer, notes=notes,
        last28=None if is_monthly(metric) else _usual(series, last_days(through, 28)), ytd=_usual(series, year_to_date_window(through)),
    )  # fmt: skip


def _is_too_small(year: Change) -> bool:
    """Whether twelve months hold so few events that no fall, not even to none, could be told from chance."""
    return year.verdict == "no_clear_change" and year.fall_below is None and year.rise_above is not None


def _say_longer(longer: Change) -> str:
    if longer.verdict == "not_comparable":
        return f"Twelve months hold too few here for a verdict, and 36 cannot be compared: {longer.reason}"
    first, last = longer.now.date_from, longer.now.date_to
    return (
        f"Twelve months hold too few here for a verdict, so the 36 months from {say_day(first)} to {say_day(last)} "
        "are compared with the 36 before."
    )


def make_change(series: Series, through: date, months: int = 12) -> Change:
    """The last closed months (whole years of them) against as many before them."""
    now = last_months(through, months)
    return compare.make_change(series, now, shift_years(now, months // 12))


def _usual(series: Series, days: Days) -> Usual | None:
    """A short window, its twin a year before, and the range that earlier years make usual."""
    if series.lacks(days):
        return None
    twins = [shift_years(days, years) for years in range(1, YEARS_BACK + 1)]
    fair = [compare.find_reason(series, days, twin) is None for twin in twins]
    history = [series.count(t).n for t, good in zip(twins, fair, strict=True) if good]
    now = series.count(days)
    if len(history) < YEARS_FOR_USUAL:
        return Usual(now, series.count(twins[0]) if fair[0] else None, None, None, None)
    low, high = usual_range(history, series.dispersion(days.date_to))
    return Usual(now, series.count(twins[0]) if fair[0] else None, low, high, outside_usual(now.n, (low, high)))


def _spark(series: Series, through: date) -> tuple[SparkMonth, ...]:
    provisional = series.facts.provisional_from.get(series.metric.id)
    return tuple(
        SparkMonth(
            month=f"{days.date_from:%Y-%m}", n=None if series.lacks(days) else n,
            is_provisional=provisional is not None and days.date_to >= provisional,
        )
        for days, n in series.months(through, SPARK_MONTHS)
    )  # fmt: skip


def make_table_change(con: Connection, facts: Facts, metric: Metric, **params: str) -> Change | None:
    """The twelve-month comparison alone, for tables of many offenses or areas."""
    if not facts.metric_sources[metric.id]:
        return None
    series = Series(con, facts, make_query(metric, facts, **params))
    return make_change(series, facts.metric_through[metric.id])
