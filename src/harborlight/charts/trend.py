"""A monthly series as the trend chart needs it: gaps, tail, marks and time axis, in plain Python.

In go months with counts and the stretches and dates that belong to them, out come positions counted in months
(the first month is 0, its first day -0.5). It stands apart from the drawing so that what is missing,
provisional or broken is decided once, for the picture and for its description.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from harborlight.charts import formats, layout

MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
MONTHS_WITH_NAMES = 18


@dataclass(frozen=True)
class Axis:
    """Ticks and labels under the plot; `years_below` stand on a second line, under month names."""

    ticks: tuple[float, ...]
    labels: tuple[tuple[float, str], ...]
    years_below: tuple[tuple[float, str], ...]

    @property
    def has_years_below(self) -> bool:
        return bool(self.years_below)


@dataclass(frozen=True)
class Series:
    """Months in order, with what is to be said of them. `marks` are (position, label, kind), `expected` (month's place, low, high)."""

    months: tuple[str, ...]
    values: tuple[int | None, ...]
    provisional_from: str | None
    gaps: tuple[tuple[int, int], ...]
    marks: tuple[tuple[float, str, layout.Kind], ...]
    breaks: tuple[tuple[str, str], ...]
    interventions: tuple[tuple[str, str], ...]
    missing: tuple[tuple[str, str, str], ...]
    expected: tuple[tuple[int, int, int], ...] = ()

    @classmethod
    def of(
        cls, months: Sequence[tuple[str, int | None]], provisional_from: str | None,
        breaks: Sequence[tuple[str, str]], interventions: Sequence[tuple[str, str]],
        missing: Sequence[tuple[str, str, str]], expected: Sequence[tuple[str, int, int]] = (),
    ) -> Series:  # fmt: skip
        """Check the months and bring everything else to their scale; what lies outside them is left out."""
        names = tuple(month for month, _ in months)
        for month in names:
            if not MONTH.fullmatch(month):
                raise ValueError(f"a month is YYYY-MM, not {month!r}")
        for one, other in pairwise(names):
            if _index(other) != _index(one) + 1:
                raise ValueError(f"months must follow one another; {other} comes after {one}")
        for month, n in months:
            if n is not None and n < 0:
                raise ValueError(f"a count may not be negative: {n} in {month}")
        inside_breaks = tuple(mark for mark in breaks if _is_inside(mark[0], names))
        inside_interventions = tuple(mark for mark in interventions if _is_inside(mark[0], names))
        spans = tuple(span for span in missing if names and span[0] <= names[-1] and span[1] >= names[0])
        return cls(
            months=names, values=tuple(n for _, n in months), provisional_from=provisional_from,
            gaps=_find_gaps([n for _, n in months]), breaks=inside_breaks, interventions=inside_interventions,
            marks=(
                *((_position(day, names), text, "break") for day, text in inside_breaks),
                *((_position(day, names), text, "intervention") for day, text in inside_interventions),
            ),
            missing=spans, expected=_find_expected(months, expected),
        )  # fmt: skip

    @property
    def has_provisional(self) -> bool:
        """Whether any month with a number is provisional."""
        return any(n is not None and self._is_late(i) for i, n in enumerate(self.values))

    def segments(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Points of the settled line and of the provisional tail, grouped by unbroken stretch.

        A tail begins at the settled month before it, so that the line does not fall apart.
        """
        settled, tail = [], []
        for group, (start, end) in enumerate(self._runs()):
            points = [{"x": i, "y": self.values[i], "group": group} for i in range(start, end + 1)]
            settled += [point for point in points if not self._is_late(start + points.index(point))]
            late = next((i for i in range(start, end + 1) if self._is_late(i)), end + 1)
            if late <= end:
                tail += points[max(0, late - start - 1) :]
        return settled, tail

    def alone(self) -> list[dict[str, Any]]:
        """Months with a number between two gaps: a line cannot show them."""
        return [
            {"x": start, "y": self.values[start], "late": self._is_late(start)}
            for start, end in self._runs()
            if start == end
        ]

    def last(self) -> dict[str, Any] | None:
        """The last month, if it has a number."""
        if not self.values or self.values[-1] is None:
            return None
        return {"x": len(self.values) - 1, "y": self.values[-1]}

    def _runs(self) -> list[tuple[int, int]]:
        ends = [-1, *(i for i, n in enumerate(self.values) if n is None), len(self.values)]
        return [(a + 1, b - 1) for a, b in pairwise(ends) if b - a > 1]

    def _is_late(self, i: int) -> bool:
        return self.provisional_from is not None and self.months[i] >= self.provisional_from


def describe(series: Series, takeaway: str, locale: str) -> str:
    """Return what the picture says: takeaway, breaks and interventions, gaps with their reasons, the tail."""
    parts = [takeaway]
    for day, text in sorted((*series.breaks, *series.interventions)):
        month = formats.month_words(day[:7], locale)
        parts.append(formats.phrase("series_break", locale, month=month, text=text.rstrip(".")))
    for first, last, reason in series.missing:
        start, end = formats.month_words(first[:7], locale), formats.month_words(last[:7], locale)
        span = start if start == end else formats.phrase("to", locale, first=start, last=end)
        parts.append(formats.phrase("missing_span", locale, months=span, reason=reason.rstrip(".")))
    if series.has_provisional and series.provisional_from:
        words = formats.phrase("provisional", locale, month=formats.month_words(series.provisional_from, locale))
        parts.append(words[:1].upper() + words[1:] + ".")
    for i, low, high in series.expected:
        month = formats.month_words(series.months[i], locale)
        parts.append(formats.phrase("expected_month", locale, month=month, low=formats.number(low, locale), high=formats.number(high, locale)))
    return " ".join(part for part in parts if part)


def axis_labels(series: Series, width: float, locale: str) -> Axis:
    """Month names for a year and a half or less, otherwise years; as many as there is room for."""
    if not series.months:
        return Axis((), (), ())
    if len(series.months) <= MONTHS_WITH_NAMES:
        return _month_axis(series.months, width, locale)
    january = [(i, int(month[:4])) for i, month in enumerate(series.months) if month.endswith("-01")]
    step = layout.year_step(max(1, len(series.months) // 12), width)
    labels = tuple((i - 0.5, str(year)) for i, year in january if year % step == 0)
    return Axis(tuple(i - 0.5 for i, _ in january), labels, ())


def _month_axis(months: Sequence[str], width: float, locale: str) -> Axis:
    room = max(1, int(width // 44))
    step = next(step for step in (1, 2, 3, 6, 12, 24) if -(-len(months) // step) <= room or step == 24)
    shown = [i for i, month in enumerate(months) if (int(month[5:7]) - 1) % step == 0] or [0]
    names = tuple((float(i), formats.month_name(months[i], locale)) for i in shown)
    years = tuple(
        (float(i), months[i][:4]) for n, i in enumerate(shown) if n == 0 or months[i][:4] != months[shown[n - 1]][:4]
    )
    return Axis(tuple(float(i) for i in shown), names, years)


def _find_expected(
    months: Sequence[tuple[str, int | None]], expected: Sequence[tuple[str, int, int]]
) -> tuple[tuple[int, int, int], ...]:
    """Ranges of months that are shown with a number, from that number on; one that the number has passed says nothing more."""
    place = {month: (i, n) for i, (month, n) in enumerate(months) if n is not None}
    found = [(*place[month], low, high) for month, low, high in expected if month in place]
    if any(low > high for _, _, low, high in found):
        raise ValueError("a range ends below its low end")
    return tuple((i, max(n, low), high) for i, n, low, high in found if high > n)


def _index(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7])


def _is_inside(day: str, months: Sequence[str]) -> bool:
    return bool(months) and months[0] <= day[:7] <= months[-1]


def _position(day: str, months: Sequence[str]) -> float:
    """Place of a date: a month (and its first day) begins half a month before its point."""
    share = (int(day[8:10]) - 1) / 31 if len(day) > 7 else 0.0
    return _index(day) - _index(months[0]) - 0.5 + share


def _find_gaps(values: Sequence[int | None]) -> tuple[tuple[int, int], ...]:
    """Stretches of months without a number: (first, last)."""
    ends = [-1, *(i for i, n in enumerate(values) if n is not None), len(values)]
    return tuple((a + 1, b - 1) for a, b in pairwise(ends) if b - a > 1)
