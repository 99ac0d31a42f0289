"""The daily counts of one question, with what the release knows about their gaps, breaks and lines.

Headlines, tables and comparisons of any two windows are all summed from such a series, so that they cannot disagree.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import accumulate

from harborlight.metrics.answer import daily_counts, daily_located
from harborlight.metrics.facts import missing_reason, redraws
from harborlight.metrics.notes import say_day
from harborlight.metrics.questions import counted
from harborlight.metrics.shapes import RECORDED, Facts, Query, Window
from harborlight.statistics import change
from harborlight.statistics.windows import DAY, last_months
from harborlight.statistics.windows import Window as Days
from harborlight.store import Connection

# Whole years of months that the dispersion is estimated from, the longest first.
YEARS_FOR_DISPERSION = (6, 5, 4, 3)


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
        self._dispersions: dict[date, float | None] = {}
        if query.is_located and query.area:
            kept: Shared = {} if shared is None else shared
            city, placed = replace(query, layer=None, area=None, lines=None, lines_text=""), replace(query, area=None)
            if city not in kept:
                kept[city] = _Totals(daily_counts(con, facts, city))
            if placed not in kept:
                kept[placed] = _Totals(daily_located(con, facts, placed))
            self._all, self._placed = kept[city], kept[placed]

    @property
    def through(self) -> date:
        """The last day that every source of the measure covers."""
        return self.facts.metric_through[self.metric.id]

    def count(self, days: Days) -> Window:
        asked = replace(self.query, by=(), date_from=days.date_from, date_to=days.date_to, window=None, whole=False)
        return Window(days.date_from, days.date_to, counted(self._counts.between(days), asked, self.metric))

    def located_share(self, days: Days) -> float:
        """The share of the city's records in a window that lie in some area of the lines asked; 1 where not by place."""
        return self._placed.between(days) / (self._all.between(days) or 1) if self._all.between(days) else 1.0

    def lacks(self, days: Days) -> str | None:
        """Why the window cannot be used at all, or None."""
        return missing_reason(self.facts, self.metric.id, days.date_from, days.date_to)[1]

    def breaks_between(self, first: date, last: date) -> str | None:
        """The series break that forbids comparing across it, or None."""
        stops = self.stops()
        return next((text for day, text in stops if first < day <= last), None)

    def stops(self) -> list[tuple[date, str]]:
        """Every day across which this measure may not be compared, with the reason; a break touches only its own measures."""
        return [
            (item.date, item.text)
            for item in self.facts.city.breaks
            if item.effect == "stops" and {self.metric.id, "all"} & set(item.metrics)
        ]

    def redraws(self, first: date, last: date) -> list[date]:
        """Days across which an area as recorded may not be compared: other lines hold from then on."""
        layer = self.query.layer
        if layer is None or self.query.area is None or self.query.lines != RECORDED:
            return []
        return redraws(self.facts, layer, first, last)

    def redrawn_between(self, first: date, last: date) -> str | None:
        """Why areas as recorded cannot be compared: the lines changed between two days; None where they did not."""
        days = self.redraws(first, last)
        return (
            f"The lines changed on {say_day(days[-1])}, so this area was different ground before. By place, both periods "
            "can be counted on one set of lines."
            if days
            else None
        )

    def stretches(self) -> list[list[Days]]:
        """The days that may be compared with one another: for each stretch without a break, its covered spans in order."""
        first, last = self.facts.metric_from[self.metric.id], self.through
        if first > last:
            return []
        cuts = {day for day, _ in self.stops()} | {*self.redraws(first, last)}
        starts = [first, *sorted(day for day in cuts if first < day <= last)]
        ends = [*(day - DAY for day in starts[1:]), last]
        return [self._covered(Days(start, end)) for start, end in zip(starts, ends, strict=True)]

    def _covered(self, days: Days) -> list[Days]:
        """The parts of a stretch without a missing day."""
        left = [days]
        for gap in (m for m in self.facts.missing if m.metric == self.metric.id):
            begin, end = gap.date_from or date.min, gap.date_to or date.max
            parts: list[Days] = []
            for span in left:
                if begin > span.date_to or end < span.date_from:
                    parts.append(span)
                    continue
                if begin > span.date_from:
                    parts.append(Days(span.date_from, begin - DAY))
                if end < span.date_to:
                    parts.append(Days(end + DAY, span.date_to))
            left = parts
        return left

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

    def dispersion(self, last: date) -> float:
        """How much more the months vary than chance, at least 1: from up to six whole years to `last`, or to the data's edge.

        Years across a break or with a missing month are left out; without three whole years it is 1.
        """
        for end in dict.fromkeys((last, self.through)):
            if end not in self._dispersions:
                self._dispersions[end] = self._estimate_dispersion(end)
            found = self._dispersions[end]
            if found is not None:
                return found
        return 1.0

    def _estimate_dispersion(self, last: date) -> float | None:
        for years in YEARS_FOR_DISPERSION:
            span = last_months(last, years * 12)
            if self.lacks(span) is None and self.breaks_between(span.date_from, span.date_to) is None:
                return max(1.0, change.dispersion([n for _, n in self.months(last, years * 12)]))
        return None
