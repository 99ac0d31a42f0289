"""Comparisons in words: each verdict reads as what it is, small bases get no percentage, refusals give their reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from harborlight.metrics.shapes import Change, SparkMonth, Usual, Window
from harborlight.web import verdicts
from harborlight.web.cache import Front
from harborlight.web.figures import make_bars, make_spark, shade
from harborlight.web.tables import make_year_grid, number_cell
from harborlight.web.wording import get_wording

WORDING = get_wording()
NOW = Window(date(2025, 11, 1), date(2026, 10, 31), 127)
BEFORE = Window(date(2024, 11, 1), date(2025, 10, 31), 181)
LOWER = Change(NOW, BEFORE, "lower", (0.7, 0.56, 0.88), 0.002, -29.8, 148, 216)


@pytest.fixture
def metric(front: Front) -> Any:
    return front.releases.current.facts.metrics["killed_or_shot_victims"]


def test_a_clear_fall(metric: Any) -> None:
    sentence = verdicts.answer_sentence(metric, LOWER, WORDING).replace("\u00a0", " ")
    assert (
        sentence
        == "Fewer people killed or shot: 127 in the 12 months to 31 October 2026, down from 181 in the 12 months before."
    )
    assert (
        verdicts.before_sentence(LOWER, WORDING).replace("\u00a0", " ") == "30% lower than the 12 months before (181)."
    )
    assert "unlikely to be chance" in verdicts.chance_sentence(LOWER, WORDING)


def test_a_clear_rise(metric: Any) -> None:
    rise = replace(LOWER, now=replace(NOW, n=240), verdict="higher", percent=32.6)
    assert verdicts.answer_sentence(metric, rise, WORDING).startswith("More people killed or shot: 240")
    assert verdicts.before_sentence(rise, WORDING).startswith("33% higher")


def test_no_clear_change_shows_the_difference_and_what_would_have_stood_out(metric: Any) -> None:
    same = replace(LOWER, now=replace(NOW, n=170), verdict="no_clear_change", percent=-6.1)
    assert verdicts.answer_sentence(metric, same, WORDING).startswith("No clear change in people killed or shot: 170")
    assert verdicts.before_sentence(same, WORDING).startswith("11 fewer than") and "%" not in verdicts.before_sentence(
        same, WORDING
    )
    assert "below 148 or above 216" in verdicts.chance_sentence(same, WORDING)
    assert "above 216" in verdicts.chance_sentence(replace(same, fall_below=None), WORDING)
    assert "below 148" in verdicts.chance_sentence(replace(same, rise_above=None), WORDING)
    assert "above" not in verdicts.chance_sentence(replace(same, fall_below=None, rise_above=None), WORDING)


def test_a_refused_comparison_gives_its_reason(metric: Any) -> None:
    refused = Change(NOW, BEFORE, "not_comparable", None, None, None, None, None, (), "The rules changed on 1 January.")
    assert "cannot be compared" in verdicts.answer_sentence(metric, refused, WORDING)
    assert verdicts.before_sentence(refused, WORDING).endswith("The rules changed on 1 January.")
    assert verdicts.chance_sentence(refused, WORDING) == ""


def test_a_small_base_has_no_percentage() -> None:
    small = replace(LOWER, now=replace(NOW, n=3), before=replace(BEFORE, n=16), percent=None)
    assert verdicts.before_sentence(small, WORDING).startswith("13 fewer")


def test_a_short_window_has_a_word_only_outside_its_usual_range() -> None:
    inside = Usual(replace(NOW, n=9), replace(BEFORE, n=12), 6, 16, None)
    assert verdicts.usual_sentence(inside, WORDING) == "9. A year before: 12. Usual: 6 to 16."
    assert verdicts.usual_sentence(replace(inside, outside="above"), WORDING).endswith("Above the usual range.")
    assert verdicts.usual_sentence(Usual(replace(NOW, n=9), None, None, None, None), WORDING) == "9."


# ---------------------------------------------------------------------------------------- small drawings


def test_a_missing_month_is_a_gap_and_a_zero_is_a_zero() -> None:
    months = [SparkMonth(f"2026-{m:02}", n, m == 12) for m, n in enumerate([5, None, 0, 4, 3, 2, 1, 5, 10, 7, 6, 3], 1)]
    drawing = make_spark(months, WORDING)
    assert drawing is not None and [bar.kind for bar in drawing.bars] == ["now", "gap", *["now"] * 9, "pale"]
    assert drawing.bars[2].height == 0 and drawing.bars[8].height == max(bar.height for bar in drawing.bars)
    assert drawing.label == "Monthly counts from Jan 2026 to Dec 2026. Highest 10 in Sep 2026; 3 in Dec 2026."
    assert make_spark([SparkMonth("2026-01", None, False)], WORDING) is None


def test_a_small_count_is_still_seen() -> None:
    drawing = make_bars([(1, "now"), (10_000, "now")], label="x", first="a", last="b", wording=WORDING)
    assert drawing.bars[0].height >= 1


@pytest.mark.parametrize(
    ("n", "top", "expected"), [(0, 10, 0), (1, 10, 1), (10, 10, 6), (5, 10, 3), (0, 0, 0), (1, 1, 6)]
)
def test_shades(n: int, top: int, expected: int) -> None:
    assert shade(n, top) == expected


def test_cells_say_why_there_is_no_number(front: Front) -> None:
    row = {
        "n": None,
        "low": None,
        "high": None,
        "suppressed": False,
        "missing": "The file begins in 2015.",
        "partial": None,
    }
    assert number_cell(row, 10, WORDING).text == "missing: The file begins in 2015."
    assert number_cell({**row, "suppressed": True}, 10, WORDING).text == "hidden to protect privacy"
    assert (
        number_cell({**row, "n": 5, "missing": None, "partial": "Half a year."}, 10, WORDING).note
        == "Part of the period only: Half a year."
    )
    reader = front.releases.current.reader
    grid = make_year_grid(
        reader.answer(reader.ask("robberies", by="month", from_="2019-01-01", to="2020-12-31")), "x", WORDING
    )
    cells = [cell.text for cell in grid.groups[0].rows[1][1:13]]
    assert cells == ["missing"] * 12 and grid.groups[0].rows[1][13].text == "–", "a year with gaps has no total"
