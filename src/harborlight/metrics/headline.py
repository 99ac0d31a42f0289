"""The figures of one headline card, from one daily series: rolling 12 months with a verdict, 28 days and year to date.

Every window is summed from the same days, compared by one method (`statistics.change`), and refused where a series break,
a missing stretch or the edge of the data would make the comparison unfair; the refusal carries its reason.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import accumulate

from harborlight.catalog.models import Metric
from harborlight.metrics.answer import daily_counts, daily_located
from harborlight.metrics.facts import missing_reason, redraws
from harborlight.metrics.notes import make_notes, say_day
from harborlight.metrics.query import make_query
from harborlight.metrics.query_places import lines_text
from harborlight.metrics.shapes import RECORDED, Change, Facts, Headline, Query, SparkMonth, Usual, Window
from harborlight.statistics import change
from harborlight.statistics.counts import YEARS_FOR_USUAL, outside_usual, usual_range
from harborlight.statistics.windows import Window as Days
from harborlight.statistics.windows import last_days, last_months, shift_years, year_to_date_window
from harborlight.store import Connection

SPARK_MONTHS = 36
YEARS_BACK = 5
# An area whose twelve months could show no fall at all is compared over three years.
LONGER_MONTHS = 36
# Below this share of records with a known place, counts by place follow the geocoder (Ratcliffe 2004).
LOWEST_LOCATED = 0.85


class _Totals:
    """Sums of daily counts over windows."""

    def __init__(self, counts: Mapping[date, int]) -> None:
        self._days = sorted(counts)
        self._sums = list(accumulate((counts[day] for day in self._days), initial=0))

    def between(self, days: Days) -> int:
        first, last = bisect_left(self._days, days.date_from), bisect_right(self._days, days.date_to)
        return self._sums[last] - self._sums[first]


Shared = dict[Query, _Totals]


class Series:
    """The daily counts of one question with what the release knows about their gaps and breaks.

    `shared` keeps what every area of one set of lines needs: the city's days, and those of records in some area.
    """

    def __init__(self, con: Connection, facts: Facts, query: Query, shared: Shared | None = None) -> None:
        self.facts, self.metric, self.query = facts, facts.metrics[query.metric], query
        self._counts = _Totals(daily_counts(con, facts, query))
        self._all = self._placed = self._counts
        if query.is_located and query.area:
            kept: Shared = {} if shared is None else shared
            city, placed = replace(query, layer=None, area=None, lines=None, lines_text=""), replace(query, area=None)
            if city not in kept:
                kept[city] = _Totals(daily_counts(con, facts, city))
            if placed not in kept:
                kept[placed] = _Totals(daily_located(con, facts, placed))
            self._all, self._placed = kept[city], kept[placed]

    def count(self, days: Days) -> Window:
        return Window(days.date_from, days.date_to, self._counts.between(days))

    def located_share(self, days: Days) -> float:
        """The share of the city's records in a window that lie in some area of the lines asked; 1 where not by place."""
        return self._placed.between(days) / (self._all.between(days) or 1) if self._all.between(days) else 1.0

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

    def redrawn_between(self, first: date, last: date) -> str | None:
        """Why areas as recorded cannot be compared: the lines changed between two days; None where they did not."""
        layer = self.query.layer
        if layer is None or self.query.area is None or self.query.lines != RECORDED:
            return None
        days = redraws(self.facts, layer, first, last)
        return (
            f"The lines changed on {say_day(days[-1])}, so this area was different ground before. By place, both periods "
            "can be counted on one set of lines."
            if days
            else None
        )

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
        last28=_usual(series, last_days(through, 28)), ytd=_usual(series, year_to_date_window(through)),
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
    before = shift_years(now, months // 12)
    now_count, before_count = series.count(now), series.count(before)
    reason, flags = _why_not(series, now, before)
    if reason:
        return Change(now_count, before_count, "not_comparable", None, None, None, None, None, flags, reason)
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


def _why_not(series: Series, now: Days, before: Days) -> tuple[str | None, tuple[str, ...]]:
    """Why two windows of a series may not be compared, with its flag; (None, ()) where they may."""
    if reason := series.lacks(now) or series.lacks(before) or series.breaks_between(before.date_from, now.date_to):
        return reason, ()
    if reason := series.redrawn_between(before.date_from, now.date_to):
        return reason, ("boundary_version",)
    share = min(series.located_share(now), series.located_share(before))
    if share < LOWEST_LOCATED:
        return f"Only {share:.0%} of the city's records of one of the two periods can be placed.", ("low_geocode_rate",)
    return None, ()


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
    fair = [_why_not(series, days, twin)[0] is None for twin in twins]
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
    return make_change(series, facts.metric_through[metric.id])
