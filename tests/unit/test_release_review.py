"""What an approver is shown before signing."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harborlight.publish.review import make_review

MONTHS = [f"2025-{month:02d}" for month in range(1, 13)] + ["2026-01"]


def counts(**changes: int | None) -> tuple[tuple[Any, ...], ...]:
    """Ten robberies a month from 2025-01 to 2026-01, 120 in 2025; `m2025_03=9` changes a month."""
    months = [
        ("robberies", "month", month, "city", changes.get(f"m{month.replace('-', '_')}", 10))
        for month in MONTHS
    ]
    years = [
        ("robberies", "year", "2025", "city", changes.get("y2025", 120)),
        ("robberies", "year", "2026", "city", 10),
    ]
    districts = [("robberies", "month", "2025-03", "harbor", changes.get("harbor", 4))]
    return (*months, *years, *districts, ("robberies", "year", "undated", "city", 1))


@pytest.fixture
def review(maker: ModuleType, tmp_path: Path) -> dict[str, Any]:
    maker.publish(tmp_path, counts=counts())
    numbers = maker.NUMBERS.model_copy(
        update={
            "rejected": 4, "accepted": 95, "reject_reasons": {"age": 3, "district": 1}, "recent_rows": 40,
            "recent_unmapped": 2, "offense_codes": ("120",),
        }
    )  # fmt: skip
    now = (
        *counts(m2025_03=8, y2025=118, harbor=2, m2026_01=13),
        ("robberies", "month", "2026-02", "city", 5),
        ("burglaries", "month", "2026-02", "city", 7),
    )
    draft = maker.seal(tmp_path, counts=now, facts={"sources": {"s": numbers}, "gates": (maker.HOLD,)})
    return make_review(tmp_path, draft)


def test_headlines_are_compared_as_shown_and_like_for_like(review: dict[str, Any]) -> None:
    robberies = next(row for row in review["headline_changes"] if row["metric"] == "robberies")
    assert robberies["before"] == 120
    assert robberies["now"] == 10 * 9 + 8 + 13 + 5
    assert robberies["same_months_before"] == 110
    assert robberies["months"] == ["2025-03", "2026-02"]
    assert robberies["months_before"] == ["2025-02", "2026-01"]


def test_closed_periods_that_changed_are_listed_and_open_ones_are_not(review: dict[str, Any]) -> None:
    rows = [
        (row["grain"], row["period"], row["before"], row["now"]) for row in review["restated"]["citywide"]
    ]
    assert rows == [("month", "2025-03", 10, 8)]
    assert review["restated"]["area_counts"] == 1


def test_new_categories_rejects_quarantine_and_gates_are_shown(review: dict[str, Any]) -> None:
    assert "New offense code of s: 120." in review["new_categories"]
    assert "New metric: burglaries." in review["new_categories"]
    assert "Gone area: harbor." not in review["new_categories"]
    assert review["rejects"] == [
        {
            "source": "s", "before": 2, "now": 4,
            "reasons": [
                {"reason": "age", "before": 2, "now": 3},
                {"reason": "district", "before": 0, "now": 1},
            ],
        }
    ]  # fmt: skip
    assert review["quarantine"] == [{"source": "s", "rows": 2, "of": 40}]
    assert [gate["name"] for gate in review["failed_gates"]] == ["volume"]
    assert "two different roles" in review["held_because"]
    assert review["same_content"] is False


def test_a_year_counts_as_closed_once_its_december_does(maker: ModuleType, tmp_path: Path) -> None:
    later = (*counts(), ("robberies", "month", "2026-02", "city", 10))
    changed = (*counts(y2025=119), ("robberies", "month", "2026-02", "city", 10))
    maker.publish(tmp_path, counts=later)
    review = make_review(tmp_path, maker.seal(tmp_path, counts=changed))
    assert [row["period"] for row in review["restated"]["citywide"]] == ["2025"]


def test_a_count_that_is_no_longer_known_is_restated(maker: ModuleType, tmp_path: Path) -> None:
    maker.publish(tmp_path, counts=counts())
    review = make_review(tmp_path, maker.seal(tmp_path, counts=counts(m2025_04=None)))
    assert review["restated"]["citywide"] == [
        {"metric": "robberies", "grain": "month", "period": "2025-04", "before": 10, "now": None}
    ]


def test_a_first_release_has_nothing_to_compare_with(maker: ModuleType, tmp_path: Path) -> None:
    review = make_review(tmp_path, maker.seal(tmp_path, counts=counts()))
    assert review["against"] is None
    assert review["new_categories"] == []
    assert review["restated"] == {"citywide": [], "area_counts": 0}
    assert review["headline_changes"][0]["now"] == 120


def test_two_given_releases_are_compared(maker: ModuleType, tmp_path: Path) -> None:
    first, second = maker.publish(tmp_path, counts=counts()), maker.publish(tmp_path, counts=counts())
    review = make_review(tmp_path, second, first)
    assert (review["against"], review["same_content"], review["held_because"]) == (first, True, None)
