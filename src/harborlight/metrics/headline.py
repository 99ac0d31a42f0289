"""The figures of one headline card, from one daily series: rolling 12 months with a verdict, 28 days and year to date.

Every window is summed from the same days, compared by one method (`statistics.change`), and refused where a series break,
a missing stretch or the edge of the data would make the comparison unfair; the refusal carries its reason.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from itertools import accumulate

from harborlight.catalog.models import Metric
from harborlight.metrics.answer import daily_counts
from harborlight.metrics.facts import missing_reason
from harborlight.metrics.query import make_query
from harborlight.metrics.shapes import Change, Facts, Headline, Query, SparkMonth, Usual, Window
from harborlight.statistics import change
from harborlight.statistics.counts import YEARS_FOR_USUAL, outside_usual, usual_range
from harborlight.statistics.windows import Window as Days
from harborlight.statistics.windows import last_days, last_months, shift_years, year_to_date_window
from harborlight.store import Connection

SPARK_MONTHS = 36
YEARS_BACK = 5


class Series:
    """The daily counts of one question with what the release knows about their gaps and breaks."""

    def __init__(self, con: Connection, facts: Facts, query: Query) -> None:
        self.facts, self.metric = facts, facts.metrics[query.metric]
        counts = daily_counts(con, facts, query)
        self.days = sorted(counts)
        self.totals = list(accumulate((counts[day] for day in self.days), initial=0))

    def count(self, days: Days) -> Window:
        first, last = bisect_left(self.days, days.date_from), bisect_right(self.days, days.date_to)
        return Window(days.date_from, days.date_to, self.totals[last] - self.totals[first])

    def lacks(self, days: Days) -> str | None:
        """Why the window cannot be used at all, or None."""
        return missing_reason(self.facts, self.metric.id, days.date_from, days.date_to)[1]

    def breaks_between(self, first: date, last: date) -> str | None:
        """The series break that forbids comparing across it, or None."""
        for series_break in self.facts.city.breaks:
            touches = {self.metric.id, "all"} & set(series_break.metrics)
            if series_break.effect == "stops" and touches and first < series_break.date <= last:
                return series_break.text
        return None

    def months(self, last: date, how_many: int) -> list[tuple[Days, int]]:
        """The last closed months, oldest first, with their counts."""
        span = last_months(last, how_many)
        found, first = [], span.date_from
        while first <= span.date_to:
            following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
            days = Days(first, following - timedelta(days=1))
            found.append((days, self.count(days).n))
            first = following
        return found


def make_headline(con: Connection, facts: Facts, metric_id: str, **params: str) -> Headline:
    """Figures of one card. `params` narrow the question (`layer`, `area`, `offense`) in the words of the grammar."""
    metric = facts.metrics[metric_id]
    if not facts.metric_sources[metric_id]:
        return Headline(metric, None, None, None, (), None)
    series = Series(con, facts, make_query(metric, facts, **params))
    through = facts.metric_through[metric_id]
    return Headline(
        metric=metric, data_through=through, year=make_year_change(series, through), spark=_spark(series, through),
        last28=_usual(series, last_days(through, 28)), ytd=_usual(series, year_to_date_window(through)),
    )  # fmt: skip


def make_year_change(series: Series, through: date) -> Change:
    """The last twelve closed months against the twelve before them."""
    now = last_months(through, 12)
    before = shift_years(now, 1)
    now_count, before_count = series.count(now), series.count(before)
    reason = series.lacks(now) or series.lacks(before) or series.breaks_between(before.date_from, now.date_to)
    if reason:
        return Change(now_count, before_count, "not_comparable", None, None, None, None, None, (), reason)
    k1, e1, k2, e2 = now_count.n, now.days, before_count.n, before.days
    phi = _dispersion(series, through)
    estimate = change.rate_ratio(k1, e1, k2, e2, dispersion=phi)
    fall, rise = change.detectable(k2, e1, e2, dispersion=phi) if k2 < 5000 else (None, None)
    value = estimate.value
    small = min(k1, k2) < series.facts.city.percent_base
    return Change(
        now=now_count, before=before_count, verdict=change.verdict(k1, e1, k2, e2, dispersion=phi),
        ratio=None if small or value is None else (float(value), estimate.low or 0.0, estimate.high or float("inf")),
        p_value=change.exact_test(k1, e1, k2, e2, dispersion=phi),
        percent=change.percent_change(k1, k2, series.facts.city.percent_base), fall_below=fall, rise_above=rise,
        flags=tuple(str(flag) for flag in estimate.flags),
    )  # fmt: skip


def _dispersion(series: Series, through: date) -> float:
    """How much more the months vary than chance: from the longest unbroken run of whole years, at most six."""
    for years in (6, 5, 4, 3):
        months = series.months(through, years * 12)
        first, last = months[0][0].date_from, months[-1][0].date_to
        if series.lacks(Days(first, last)) is None and series.breaks_between(first, last) is None:
            return max(1.0, change.dispersion([n for _, n in months]))
    return 1.0


def _usual(series: Series, days: Days) -> Usual | None:
    """A short window, its twin a year before, and the range that earlier years make usual."""
    if series.lacks(days):
        return None
    twins = [shift_years(days, years) for years in range(1, YEARS_BACK + 1)]
    fair = [series.lacks(t) is None and series.breaks_between(t.date_from, days.date_to) is None for t in twins]
    history = [series.count(t).n for t, good in zip(twins, fair, strict=True) if good]
    now = series.count(days)
    if len(history) < YEARS_FOR_USUAL:
        return Usual(now, series.count(twins[0]) if fair[0] else None, None, None, None)
    low, high = usual_range(history, _dispersion(series, days.date_to))
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
    return make_year_change(series, facts.metric_through[metric.id])
