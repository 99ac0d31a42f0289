"""Counting events by period, and what is usual for a short window.

In go event dates or counts of the same weeks in earlier years, out come counts with their days, and the range
that those years make usual. Short windows get a range and not a test, because with 28 days of few events
almost any test says nothing, while "9; usual for these weeks 6 to 16" says what a reader wants to know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from scipy import special

from harborlight.statistics.estimate import check_confidence, check_count, check_dispersion
from harborlight.statistics.windows import DAY, Window, check_windows, year_to_date_window

Frequency = Literal["day", "week", "month", "year"]
YEARS_FOR_USUAL = 3


@dataclass(frozen=True)
class WindowCounts:
    """Two counts with their days, ready for `change.rate_ratio(k1, e1, k2, e2)`."""

    k1: int
    e1: int
    k2: int
    e2: int


def usual_range(history: Sequence[int], dispersion: float = 1.0, confidence: float = 0.95) -> tuple[int, int]:
    """Return the range (low, high), in events, in which this window's count would usually lie.

    `history` holds the counts of the same window in earlier years: at least three, five at best. The range is
    the central 95 % of a negative binomial for one more such count: its mean is that of the history (half an
    event added to the total, so that years of zeros still allow for one), its variance phi x mean x (1 +
    1/years), the second part because the mean is itself uncertain. phi is the largest of 1, `dispersion` (of
    the monthly series) and the spread among the years themselves, so a range never ignores how far the years
    lay apart; the range at phi = 1 is always inside it. At phi = 1 it is the Bayesian prediction of one more
    Poisson count under Jeffreys' prior.
    """
    counts = [check_count(k, "count of an earlier year") for k in history]
    alpha, phi = 1 - check_confidence(confidence), check_dispersion(dispersion)
    years = len(counts)
    if years < YEARS_FOR_USUAL:
        raise ValueError(f"a usual range needs {YEARS_FOR_USUAL} earlier years, got {years}")
    total = sum(counts)
    if total:
        phi = max(phi, sum((k - total / years) ** 2 for k in counts) / (total / years) / (years - 1))
    mean = (total + 0.5) / years
    chance, clustered = (_central_range(mean, factor * (1 + 1 / years), alpha) for factor in (1.0, phi))
    return min(chance[0], clustered[0]), max(chance[1], clustered[1])


def outside_usual(count: int, usual: tuple[int, int]) -> Literal["above", "below"] | None:
    """Say whether `count` lies above or below its usual range; None inside it, ends included."""
    low, high = usual
    return "below" if check_count(count) < low else "above" if count > high else None


def compare_windows(dates: Iterable[date], a: Window, b: Window, data_through: date | None = None) -> WindowCounts:
    """Count events in `a` (k1) and `b` (k2) with their days; WindowError if they may not be compared."""
    check_windows(a, b, data_through)
    k1 = k2 = 0
    for day in dates:
        k1 += a.date_from <= day <= a.date_to
        k2 += b.date_from <= day <= b.date_to
    return WindowCounts(k1, a.days, k2, b.days)


def year_to_date(dates: Iterable[date], through: date, years: Sequence[int]) -> dict[int, int]:
    """Return events from 1 January to the same month and day as `through`, for each of `years`."""
    windows = {year: year_to_date_window(through, year) for year in years}
    counts = dict.fromkeys(years, 0)
    for day in dates:
        window = windows.get(day.year)
        if window is not None and day <= window.date_to:
            counts[day.year] += 1
    return counts


def count_by_period(dates: Iterable[date], frequency: Frequency, data_through: date) -> dict[date, int]:
    """Return events by the first day of their period, from the first event on, with zeros for empty periods.

    Only whole periods that ended by `data_through`; weeks begin on Monday.
    """
    found = Counter(_first_day(day, frequency) for day in dates)
    counts: dict[date, int] = {}
    if not found:
        return counts
    first = min(found)
    while (after := _next_period(first, frequency)) - DAY <= data_through:
        counts[first] = found[first]
        first = after
    return counts


def rolling_sum(series: Sequence[int], days: int) -> list[int | None]:
    """Return for each day the events of the `days` days that end with it; None until there are so many."""
    if days < 1:
        raise ValueError(f"days must be 1 or more, not {days}")
    counts = [check_count(k, "daily count") for k in series]
    sums: list[int | None] = []
    running = 0
    for i, k in enumerate(counts):
        running += k - (counts[i - days] if i >= days else 0)
        sums.append(running if i >= days - 1 else None)
    return sums


def _central_range(mean: float, ratio: float, alpha: float) -> tuple[int, int]:
    """Limits that leave alpha/2 on each side of a negative binomial; variance = `ratio` (above 1) x mean."""
    size, success = mean / (ratio - 1), 1 / ratio
    return _quantile(alpha / 2, size, success), _quantile(1 - alpha / 2, size, success)


def _quantile(share: float, size: float, success: float) -> int:
    """Smallest k with P(X <= k) >= share, X negative binomial with a real-valued size."""

    def below(k: int) -> float:
        return float(special.betainc(size, k + 1, success))

    high = 1
    while below(high) < share:
        high *= 2
    low = -1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if below(middle) >= share else (middle, high)
    return high


def _first_day(day: date, frequency: Frequency) -> date:
    match frequency:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "year":
            return day.replace(month=1, day=1)
    raise ValueError(f"frequency is day, week, month or year, not {frequency!r}")


def _next_period(first: date, frequency: Frequency) -> date:
    match frequency:
        case "day":
            return first + DAY
        case "week":
            return first + 7 * DAY
        case "month":
            return (first + 31 * DAY).replace(day=1)
        case "year":
            return first.replace(year=first.year + 1)
