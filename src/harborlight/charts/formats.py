"""Numbers, dates and small phrases in the reader's language.

In go numbers and dates, out comes text; the language is the `locale` argument (`en` if left out) and the
names of months and days come from babel. English dates are day before month ("8 Nov 2026"), one style on
every page, and nothing here imports the chart library, so a serving worker may use it.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from functools import cache
from typing import Literal

from babel import Locale
from babel.dates import format_date, get_day_names
from babel.numbers import format_decimal, format_percent

from harborlight.provenance import say_change, say_count

Length = Literal["short", "long"]

# Phrases that babel does not know. A language without its own falls back to English word by word.
PHRASES: dict[str, dict[str, str]] = {
    "en": {
        "to": "{first} to {last}",
        "midnight": "midnight",
        "noon": "noon",
        "higher": "{percent} higher",
        "lower": "{percent} lower",
        "unchanged": "no change",
        "under_one": "less than 1%",
        "more": "{n} more",
        "fewer": "{n} fewer",
        "same": "the same number",
        "missing": "missing",
        "no_sum": "no sum",
        "not_shown": "not shown",
        "no_data": "No data for this chart",
        "provisional": "provisional from {month}",
        "provisional_day": "may still rise: from {day}",
        "expected": "where it is expected to end (95%)",
        "expected_month": "{month} is expected to end between {low} and {high}.",
        "part_year": "{year}: part of the year",
        "series_break": "{month}: {text}.",
        "missing_span": "Missing {months}: {reason}.",
    },
}
ORDINAL_ENDINGS = {"one": "st", "two": "nd", "few": "rd", "other": "th"}


def phrase(key: str, locale: str = "en", **parts: object) -> str:
    """Return the phrase `key` in `locale`, its places filled with `parts`."""
    texts = PHRASES.get(locale, PHRASES.get(locale.split("_")[0], {}))
    return texts.get(key, PHRASES["en"][key]).format(**parts)


def number(n: float, locale: str = "en") -> str:
    """Return a whole number with the language's thousands separators: 1,234; marked if it is a count that knows its question."""
    return say_count(format_decimal(round(n), locale=locale), n)


def decimal(x: float, digits: int = 1, locale: str = "en") -> str:
    """Return `x` with exactly `digits` decimals: 46.0."""
    return format_decimal(x, format="#,##0." + "0" * digits if digits else "#,##0", locale=locale)


def percent(share: float, digits: int = 0, locale: str = "en") -> str:
    """Return a share of 1 as a percentage: 0.314 is 31%."""
    return format_percent(share, format="#,##0." + "0" * digits + "%" if digits else "#,##0%", locale=locale)


def percent_words(change: float | None, locale: str = "en") -> str:
    """Return a change in percent as words: -31.4 is "31% lower"; None is ""."""
    if change is None:
        return ""
    if change == 0:
        return phrase("unchanged", locale)
    size = phrase("under_one", locale) if abs(change) < 1 else percent(_half_up(abs(change)) / 100, 0, locale)
    return phrase("higher" if change > 0 else "lower", locale, percent=size)


def difference_words(now: int, before: int, locale: str = "en") -> str:
    """Return the difference of two counts as words: "61 fewer"."""
    if now == before:
        return phrase("same", locale)
    words = phrase("more" if now > before else "fewer", locale, n=number(abs(now - before), locale))
    return say_change(words, now - before, "difference", now, before)


def range_words(low: float, high: float, locale: str = "en") -> str:
    """Return a range of counts: "6 to 16", or one number if both ends are the same."""
    if low == high:
        return number(low, locale)
    return phrase("to", locale, first=number(low, locale), last=number(high, locale))


def ordinal(n: int, locale: str = "en") -> str:
    """Return 1st, 2nd, 3rd; in other languages the number with a full stop."""
    if not locale.startswith("en"):
        return f"{number(n, locale)}."
    return number(n, locale) + ORDINAL_ENDINGS[_locale(locale).ordinal_form(n)]


def date_words(day: date, locale: str = "en", length: Length = "short") -> str:
    """Return 8 Nov 2026, or 8 November 2026 for `long`."""
    if locale.startswith("en"):
        return format_date(day, "d MMM y" if length == "short" else "d MMMM y", locale=locale)
    return format_date(day, "medium" if length == "short" else "long", locale=locale)


def day_words(day: date, locale: str = "en", *, weekday: bool = False) -> str:
    """Return 8 Nov, or Sun 8 Nov with the weekday: where the year is clear from the page."""
    return format_date(day, "EEE d MMM" if weekday else "d MMM", locale=locale)


def date_range_words(first: date, last: date, locale: str = "en", length: Length = "short") -> str:
    """Return a stretch of days, both included, without saying twice what both share.

    "1 to 28 Nov 2026", "12 Oct to 8 Nov 2026", "1 Nov 2025 to 31 Oct 2026".
    """
    if first == last:
        return date_words(first, locale, length)
    start = date_words(first, locale, length)
    if locale.startswith("en") and first.year == last.year:
        month = "MMM" if length == "short" else "MMMM"
        start = format_date(first, "d" if first.month == last.month else f"d {month}", locale=locale)
    return phrase("to", locale, first=start, last=date_words(last, locale, length))


def month_words(month: str | date, locale: str = "en", length: Length = "short") -> str:
    """Return Sep 2026, or September 2026 for `long`; the month is a date in it or `YYYY-MM`."""
    day = date.fromisoformat(f"{month}-01") if isinstance(month, str) else month
    return format_date(day, "LLL y" if length == "short" else "LLLL y", locale=locale)


def month_name(month: str, locale: str = "en") -> str:
    """Return the month alone, for an axis: Sep."""
    return format_date(date.fromisoformat(f"{month}-01"), "LLL", locale=locale)


def month_range_words(first: date, last: date, locale: str = "en", length: Length = "short") -> str:
    """Return "Nov 2025 to Oct 2026" for whole months, otherwise the days."""
    if first.day != 1 or (last + timedelta(days=1)).day != 1:
        return date_range_words(first, last, locale, length)
    start, end = month_words(first, locale, length), month_words(last, locale, length)
    return start if start == end else phrase("to", locale, first=start, last=end)


def weekday_words(weekday: int, locale: str = "en", length: Length = "long") -> str:
    """Return the name of an ISO weekday (Monday is 1): Monday, or Mon for `short`."""
    if not 1 <= weekday <= 7:
        raise ValueError(f"a weekday is 1 (Monday) to 7 (Sunday), not {weekday}")
    names = get_day_names("wide" if length == "long" else "abbreviated", "stand-alone", locale)
    return str(names[weekday - 1])


def hour_words(hour: int, locale: str = "en") -> str:
    """Return an hour of the day: midnight, 6 am, noon, 6 pm; 18:00 in languages that count to 24."""
    if not 0 <= hour <= 23:
        raise ValueError(f"an hour is 0 to 23, not {hour}")
    if not locale.startswith("en"):
        return f"{hour:02d}:00"
    if hour in (0, 12):
        return phrase("noon" if hour else "midnight", locale)
    return f"{hour % 12} {'am' if hour < 12 else 'pm'}"


def _half_up(x: float) -> int:
    """Round as readers do: 31.5 is 32 and 32.5 is 33."""
    return math.floor(x + 0.5)


@cache
def _locale(name: str) -> Locale:
    return Locale.parse(name)
