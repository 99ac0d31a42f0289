"""Numbers, dates and phrases as pages show them."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest

from harborlight.charts import formats

D = date


def test_numbers_have_the_separators_of_the_language() -> None:
    assert formats.number(1234) == "1,234"
    assert formats.number(1234567, "es") == "1.234.567"
    assert formats.number(0) == "0"
    assert formats.decimal(46) == "46.0"
    assert formats.decimal(1234.56, 0) == "1,235"


def test_percentages() -> None:
    assert formats.percent(0.314) == "31%"
    assert formats.percent(0.0378, 1) == "3.8%"
    assert formats.percent_words(-31.4) == "31% lower"
    assert formats.percent_words(12.5) == "13% higher"
    assert formats.percent_words(-0.4) == "less than 1% lower"
    assert formats.percent_words(0) == "no change"
    assert formats.percent_words(None) == ""


def test_differences_and_ranges() -> None:
    assert formats.difference_words(133, 194) == "61 fewer"
    assert formats.difference_words(2194, 133) == "2,061 more"
    assert formats.difference_words(7, 7) == "the same number"
    assert formats.range_words(6, 16) == "6 to 16"
    assert formats.range_words(3, 3) == "3"


@pytest.mark.parametrize(
    ("n", "text"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd"), (113, "113th")],
)
def test_ordinals(n: int, text: str) -> None:
    assert formats.ordinal(n) == text


def test_dates_put_the_day_first() -> None:
    assert formats.date_words(D(2026, 11, 8)) == "8 Nov 2026"
    assert formats.date_words(D(2026, 11, 8), length="long") == "8 November 2026"
    assert formats.date_words(D(2026, 11, 8), "es", "long") == "8 de noviembre de 2026"
    assert formats.day_words(D(2026, 11, 8)) == "8 Nov"
    assert formats.day_words(D(2026, 11, 18), weekday=True) == "Wed 18 Nov"


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (D(2026, 11, 1), D(2026, 11, 28), "1 to 28 Nov 2026"),
        (D(2026, 10, 12), D(2026, 11, 8), "12 Oct to 8 Nov 2026"),
        (D(2025, 11, 1), D(2026, 10, 31), "1 Nov 2025 to 31 Oct 2026"),
        (D(2026, 11, 8), D(2026, 11, 8), "8 Nov 2026"),
    ],
)
def test_date_ranges_say_nothing_twice(first: date, last: date, text: str) -> None:
    assert formats.date_range_words(first, last) == text


def test_months() -> None:
    assert formats.month_words("2026-09") == "Sep 2026"
    assert formats.month_words(D(2026, 9, 30), length="long") == "September 2026"
    assert formats.month_name("2026-05") == "May"
    assert formats.month_range_words(D(2025, 11, 1), D(2026, 10, 31)) == "Nov 2025 to Oct 2026"
    assert formats.month_range_words(D(2024, 2, 1), D(2024, 2, 29)) == "Feb 2024"
    assert formats.month_range_words(D(2025, 11, 1), D(2026, 10, 30)) == "1 Nov 2025 to 30 Oct 2026"


def test_weekdays_and_hours() -> None:
    assert [formats.weekday_words(day, length="short") for day in (1, 7)] == ["Mon", "Sun"]
    assert formats.weekday_words(6) == "Saturday"
    assert [formats.hour_words(hour) for hour in (0, 1, 11, 12, 13, 23)] == [
        "midnight", "1 am", "11 am", "noon", "1 pm", "11 pm",
    ]  # fmt: skip
    assert formats.hour_words(9, "es") == "09:00"
    with pytest.raises(ValueError, match="weekday"):
        formats.weekday_words(0)
    with pytest.raises(ValueError, match="hour"):
        formats.hour_words(24)


def test_a_language_without_a_phrase_falls_back_to_english() -> None:
    assert formats.phrase("noon", "es") == formats.phrase("noon", "en_GB") == "noon"


def test_page_servers_do_not_load_the_chart_library() -> None:
    modules = "harborlight.charts.formats, harborlight.charts.trend, harborlight.statistics.change"
    code = f"import sys, {modules}; print(sorted({{'altair', 'vl_convert', 'scipy.stats'}} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
