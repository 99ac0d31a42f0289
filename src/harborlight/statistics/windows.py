"""Windows of days: which two may be compared, and what to offer when they may not.

In go inclusive local dates, out come windows, or a `WindowError` that carries a code and the nearest valid
pair, already worked out. The rules stand here and not in a page, because a comparison of overlapping or
unequal windows looks just as convincing as a sound one.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

WindowCode = Literal["reversed", "overlap", "unequal_length", "after_data"]
DAY = timedelta(days=1)
# A pair that is offered instead is not shorter than this, unless a shorter one was asked for.
SHORTEST_OFFER = 28


@dataclass(frozen=True, order=True)
class Window:
    """Days from `date_from` to `date_to`, both included."""

    date_from: date
    date_to: date

    def __post_init__(self) -> None:
        if self.date_to < self.date_from:
            reason = f"The window ends on {self.date_to}, before it starts on {self.date_from}."
            raise WindowError("reversed", reason)

    @property
    def days(self) -> int:
        """Length in days: the exposure of a count."""
        return (self.date_to - self.date_from).days + 1


class WindowError(ValueError):
    """Two windows that may not be compared. `nearest` is the nearest pair that may (later, earlier)."""

    def __init__(self, code: WindowCode, message: str, nearest: tuple[Window, Window] | None = None) -> None:
        super().__init__(message)
        self.code, self.nearest = code, nearest


def overlap_days(a: Window, b: Window) -> int:
    """Return how many days belong to both windows."""
    return max(0, (min(a.date_to, b.date_to) - max(a.date_from, b.date_from)).days + 1)


def check_windows(a: Window, b: Window, data_through: date | None = None) -> None:
    """Raise WindowError unless `a` and `b` may be compared.

    They may not overlap, differ in length by more than a day (a leap day), or run past the last complete day
    `data_through`. Equal lengths or not, counts are compared with their days as exposure.
    """
    later, earlier = max(a, b), min(a, b)
    if data_through is not None and max(a.date_to, b.date_to) > data_through:
        code: WindowCode = "after_data"
        reason = f"The data end on {data_through}; a window runs past that day."
    elif overlap := overlap_days(a, b):
        code = "overlap"
        reason = f"The two windows share {overlap} days, so the same events would stand on both sides."
    elif abs(a.days - b.days) > 1:
        code = "unequal_length"
        reason = f"One window has {later.days} days and the other {earlier.days}; a longer one holds more events."
    else:
        return
    raise WindowError(code, reason, nearest_windows(a, b, data_through))


def nearest_windows(a: Window, b: Window, data_through: date | None = None) -> tuple[Window, Window] | None:
    """Return the nearest valid pair (later, earlier): the later as asked, the earlier on the same days.

    The later window is cut at `data_through` (None if nothing is left). The earlier one has the same month
    and day some whole number of years before, so that seasons agree: the number whose end comes nearest to
    the end that was asked for, without overlap.
    """
    later, earlier = max(a, b), min(a, b)
    if data_through is not None and later.date_to > data_through:
        if later.date_from > data_through:
            return None
        later = Window(later.date_from, data_through)
    pairs = [
        shift_years(later, years)
        for years in range(1, max(1, later.date_to.year - earlier.date_to.year + 1) + later.days // 365 + 1)
    ]
    apart = [pair for pair in pairs if not overlap_days(later, pair)]
    return later, min(apart, key=lambda pair: abs((pair.date_to - earlier.date_to).days))


def nearest_pairs(
    a: Window, b: Window, stretches: Sequence[Sequence[Window]], most: int = 20
) -> list[tuple[Window, Window]]:
    """Return valid pairs (later, earlier) instead of `a` and `b`, the nearest first; empty where there is none.

    `stretches` are the days that may be compared with one another: for each stretch without a series break, its
    covered spans in order. Nearest is the later window as asked (cut at the last covered day) beside the same
    days of an earlier year; then the earlier window as asked; then the pair whose four ends lie nearest to those
    asked for; then the last days of a stretch, as long as those asked for; then the two halves of a span.
    """
    later, earlier = max(a, b), min(a, b)
    edge = max((span.date_to for spans in stretches for span in spans), default=later.date_to)
    wanted = Window(later.date_from, min(later.date_to, edge)) if later.date_from <= edge else later
    least = min(SHORTEST_OFFER, a.days, b.days)
    found: dict[tuple[Window, Window], tuple[int, int, int]] = {}
    for spans in stretches:
        for rank, one, other in _offers(later, earlier, spans):
            if min(one.days, other.days) < least or overlap_days(one, other) or abs(one.days - other.days) > 1:
                continue
            rank = 0 if one == wanted else 1 if other == earlier else rank
            key = rank, _distance(one, later) + _distance(other, earlier), -one.date_to.toordinal()
            found[one, other] = min(key, found.get((one, other), key))
    return sorted(found, key=lambda pair: (found[pair], pair))[:most]


def _offers(later: Window, earlier: Window, spans: Sequence[Window]) -> Iterator[tuple[int, Window, Window]]:
    """Pairs (rank, later, earlier) inside the covered spans of one stretch, not all of them valid."""
    reach = spans[-1].date_to.year - spans[0].date_from.year + 1 if spans else 0
    for span in spans:
        bases = [(2, part) for window in (later, earlier) if (part := common_days(window, span))]
        bases += [(2, last_days(base.date_to, 365)) for _, base in bases if base.days > 366]
        bases.append((3, last_days(span.date_to, min(later.days, 365, span.days))))
        for (rank, base), years, other in ((b, y, o) for b in bases for y in range(1, reach + 1) for o in spans):
            if part := common_days(shift_years(base, years), other):
                yield rank, common_days(shift_years(part, -years), base) or base, part
            if part := common_days(shift_years(base, -years), other):
                yield rank, part, common_days(shift_years(part, years), base) or base
        half = span.days // 2
        if half:
            last = last_days(span.date_to, half)
            yield 4, last, last_days(last.date_from - DAY, half)


def common_days(a: Window, b: Window) -> Window | None:
    """Return the days that belong to both windows; None where there are none."""
    return Window(max(a.date_from, b.date_from), min(a.date_to, b.date_to)) if overlap_days(a, b) else None


def _distance(offered: Window, asked: Window) -> int:
    return abs((offered.date_from - asked.date_from).days) + abs((offered.date_to - asked.date_to).days)


def same_day(day: date, year: int) -> date:
    """Return the same month and day in `year`; 29 February becomes 28 February where there is none."""
    last = calendar.monthrange(year, day.month)[1]
    return day.replace(year=year, day=min(day.day, last))


def shift_years(window: Window, years: int, *, keep_length: bool = False) -> Window:
    """Return the window `years` years before, on the same calendar days.

    A leap day may make it a day longer or shorter. A window that ends with a February ends with that month in
    every year. With `keep_length` the end is shifted and the length kept: for windows of whole weeks, where
    the mix of weekdays matters more than the date.
    """
    end = same_day(window.date_to, window.date_to.year - years)
    if keep_length:
        return Window(end - timedelta(days=window.days - 1), end)
    if window.date_to.month == 2 and (window.date_to + DAY).day == 1 and window.date_from.day == 1:
        end = end.replace(day=calendar.monthrange(end.year, 2)[1])
    return Window(same_day(window.date_from, window.date_from.year - years), end)


def year_to_date_window(through: date, year: int | None = None) -> Window:
    """Return 1 January to the same month and day as `through`, in `year` (that of `through` if left out).

    On 29 February a year without one ends on the 28th: a day shorter, to be compared as daily rates.
    """
    year = through.year if year is None else year
    return Window(date(year, 1, 1), same_day(through, year))


def last_days(through: date, days: int = 28) -> Window:
    """Return the last `days` complete days; 28 are whole weeks, so weekdays cancel."""
    return Window(through - timedelta(days=days - 1), through)


def last_months(through: date, months: int = 12) -> Window:
    """Return the last `months` complete calendar months at `through`; changes only when a month ends."""
    first_after = through + DAY
    end = first_after.replace(day=1) - DAY
    index = end.year * 12 + end.month - months
    return Window(date(index // 12, index % 12 + 1, 1), end)
