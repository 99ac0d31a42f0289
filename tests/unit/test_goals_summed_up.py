"""Where a goal stands, from its years: a running year decides, an ended goal is final, and what cannot be said is not a miss."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harborlight.catalog.models import Goal
from harborlight.metrics.goal_path import make_path
from harborlight.metrics.goals import GoalYear, limit_of, readings_of, summarize

OVER = ("met", "missed")


def goal(**changes: Any) -> Goal:
    given: dict[str, Any] = {
        "id": "robberies", "title": "Robberies", "text": "Fewer.", "sources": [{"publisher": "Police"}], "owner": "police", "direction": "lower",
        "metric": "robberies", "baseline": {"from": "2021-01-01", "to": "2021-12-31"}, "target": {"percent_a_year": 10}, "due": "2024-12-31",
    }  # fmt: skip
    return Goal.model_validate(given | changes)


def years(reading: str, *statuses: str, limits: tuple[int | None, ...] = ()) -> list[GoalYear]:
    return [
        GoalYear(
            "robberies", reading, step, date(2021 + step, 1, 1), date(2021 + step, 12, 31), status,  # type: ignore[arg-type]
            limit=(limits[step - 1] if limits else 9), reason="No data." if status == "cannot_say" else None,
        )
        for step, status in enumerate(statuses, 1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("statuses", "status", "is_final", "step", "met"),
    [
        (("met", "met", "met"), "met", True, 3, 3),
        (("missed", "missed", "missed"), "missed", True, 3, 0),
        (("missed", "met", "met"), "met_in_some", True, 3, 2),
        (("met", "too_close", "not_begun"), "too_close", False, 2, 1),
        (("missed", "off_track", "not_begun"), "off_track", False, 2, 0),
        (("met", "not_begun", "not_begun"), "not_begun", False, 2, 1),
        (("met", "cannot_say", "cannot_say"), "cannot_say", False, 3, 1),
        (("cannot_say", "met", "met"), "met", True, 3, 2),
    ],
)
def test_year_on_year(statuses: tuple[str, ...], status: str, is_final: bool, step: int, met: int) -> None:
    found = summarize(goal(), [*years("year_on_year", *statuses), *years("compound", *statuses)])[0]
    assert (found.status, found.is_final, found.step, found.met) == (status, is_final, step, met)
    assert found.known == sum(s in OVER for s in statuses)


def test_compounded_the_last_year_decides() -> None:
    found = summarize(goal(), [*years("year_on_year", "met", "met", "met"), *years("compound", "met", "met", "missed")])
    assert [(line.reading, line.status) for line in found] == [("year_on_year", "met"), ("compound", "missed")]


def test_a_target_for_the_last_year_is_not_judged_before_it() -> None:
    one = goal(target={"percent": 20})
    assert readings_of(one) == ("at_the_end",)
    (found,) = summarize(one, years("at_the_end", "not_begun", "not_begun", "not_begun", limits=(None, None, 9)))
    assert (found.status, found.step, found.is_final) == ("not_begun", 3, False)


def test_what_is_not_counted_or_given_up_has_no_reading() -> None:
    (found,) = summarize(goal(), [])
    assert (found.status, found.reading, found.is_final) == ("not_supplied", None, False)
    gone = goal(withdrawn={"withdrawn_on": "2023-05-01", "why": "The law changed."})
    assert summarize(gone, years("year_on_year", "met", "met", "met"))[0].status == "withdrawn"


@given(st.floats(min_value=0, max_value=1e6), st.integers(min_value=0, max_value=1_000_000))
def test_the_whole_number_decides_as_the_exact_target_does(target: float, n: int) -> None:
    if abs(target - round(target)) > 1e-6:
        assert (n <= limit_of(target, "lower")) == (n <= target)
        assert (n >= limit_of(target, "higher")) == (n >= target)


def test_whole_targets_stay_whole() -> None:
    assert limit_of(0.85 * 200, "lower") == 170 == limit_of(0.85 * 200, "higher")
    assert limit_of(0.85 * 194, "lower") == 164


def test_the_path_runs_through_the_season() -> None:
    """One year with all events in June, one with half of them in January: on the mean a quarter by January."""
    rows = [{"month": f"{year}-{month:02}", "n": 0, "missing": None} for year in (2022, 2023, 2024) for month in range(1, 13)]
    counts = {"2022-06": 10, "2023-01": 5, "2023-06": 5, "2024-01": 3}
    rows = [row | {"n": counts.get(str(row["month"]), 0)} for row in rows]
    path = make_path(rows, [2022, 2023], 2024, date(2024, 3, 15), 8)
    assert [month.expected for month in path[:6]] == [2, 2, 2, 2, 2, 8] and path[-1].expected == 8
    assert [month.n for month in path[:4]] == [3, 3, None, None]
    assert (path[0].low, path[0].high) == (0, 5)
    assert make_path([row for row in rows if row["month"] != "2022-03"], [2022, 2023], 2024, date(2024, 3, 15), 8) == ()
