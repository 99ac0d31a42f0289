"""Every gate at its threshold, on both sides of it."""

from __future__ import annotations

from typing import Any

import pytest

from harborlight.catalog.models import Gates
from harborlight.publish.gates import GateResult, SourceNumbers, YearTotal, check_gates, is_sensitive_text


def numbers(**given: Any) -> SourceNumbers:
    facts = {"source_id": "s", "fetched": 1000, "rejected": 0, "duplicate": 0, **given}
    facts.setdefault("accepted", facts["fetched"] - facts["rejected"] - facts["duplicate"])
    return SourceNumbers(**facts)


def gate(name: str, now: SourceNumbers, before: SourceNumbers | None = None, **given: Any) -> GateResult:
    results = check_gates([now], {"s": before} if before else {}, Gates(), **given)
    return next(result for result in results if result.name == name)


def test_a_first_ordinary_run_passes_every_gate() -> None:
    results = check_gates([numbers(rows_by_year={2025: 900, 2026: 100}, recent_rows=80)], {}, Gates())
    assert {result.level for result in results} == {"ok"}
    assert {result.name for result in results} == {
        "reconciliation", "rejects", "volume", "history", "unmapped", "categories", "sources", "closed_years",
    }  # fmt: skip


@pytest.mark.parametrize("fetched", [999, 1001])
def test_rows_that_do_not_add_up_hold_either_way(fetched: int) -> None:
    result = gate("reconciliation", numbers(fetched=fetched, accepted=990, rejected=4, duplicate=6))
    assert result.level == "hold"
    assert "1 do not add up" in result.sentence


@pytest.mark.parametrize(("rejected", "level"), [(0, "ok"), (5, "ok"), (6, "hold"), (1000, "hold")])
def test_share_of_rejects(rejected: int, level: str) -> None:
    assert gate("rejects", numbers(rejected=rejected)).level == level


def test_a_new_reason_for_rejects_warns_and_is_named() -> None:
    before, now = (
        numbers(reject_reasons={"age": 1}),
        numbers(rejected=2, reject_reasons={"age": 1, "district": 1}),
    )
    result = gate("rejects", now, before)
    assert (result.level, "district" in result.sentence, "age" in result.sentence) == ("warn", True, False)
    assert gate("rejects", before, before).level == "ok"
    assert gate("rejects", now).level == "ok"


@pytest.mark.parametrize(
    ("fetched", "level"),
    [(0, "hold"), (900, "hold"), (901, "warn"), (980, "warn"), (981, "ok"), (1199, "ok"), (1200, "warn")],
)
def test_volume_against_the_last_release(fetched: int, level: str) -> None:
    assert gate("volume", numbers(fetched=fetched), numbers()).level == level


def test_no_rows_hold_even_in_a_first_run() -> None:
    assert gate("volume", numbers(fetched=0)).level == "hold"


def test_a_source_without_volume_gates_is_still_reconciled() -> None:
    results = check_gates(
        [numbers(fetched=10, accepted=9, has_volume_gates=False)], {"s": numbers()}, Gates()
    )
    assert {result.name: result.level for result in results}["reconciliation"] == "hold"
    assert not {"volume", "history"} & {result.name for result in results}


@pytest.mark.parametrize(
    ("past", "level"), [(1000, "ok"), (1100, "ok"), (995, "ok"), (994, "hold"), (0, "hold")]
)
def test_past_years_must_not_shrink(past: int, level: str) -> None:
    before = numbers(rows_by_year={2024: 600, 2025: 400, 2026: 50})
    now = numbers(rows_by_year={2024: past - past // 2, 2025: past // 2, 2026: 9})
    assert gate("history", now, before).level == level


def test_the_year_in_progress_may_shrink() -> None:
    before, now = numbers(rows_by_year={2025: 400, 2026: 50}), numbers(rows_by_year={2025: 400, 2026: 1})
    assert gate("history", now, before).level == "ok"


@pytest.mark.parametrize(("unmapped", "level"), [(0, "ok"), (1, "ok"), (2, "hold")])
def test_share_of_recent_rows_without_a_code(unmapped: int, level: str) -> None:
    assert gate("unmapped", numbers(recent_rows=200, recent_unmapped=unmapped)).level == level


def test_sensitive_words_among_unmapped_texts_hold_and_are_not_repeated() -> None:
    result = gate("unmapped", numbers(recent_rows=200, has_sensitive_unmapped=True))
    assert result.level == "hold"
    assert not any(character.isdigit() for character in result.sentence)


@pytest.mark.parametrize(
    ("text", "sensitive"),
    [("ATTEMPTED RAPE - FORCE", True), ("Child neglect", True), ("GRAND LARCENY", False), ("", False)],
)
def test_sensitive_words_are_found_in_any_case(text: str, sensitive: bool) -> None:
    assert is_sensitive_text(text, ("rape", "CHILD")) is sensitive


def test_new_offence_codes_warn() -> None:
    before, now = numbers(offense_codes=("120",)), numbers(offense_codes=("120", "200"))
    result = gate("categories", now, before)
    assert (result.level, "200" in result.sentence, "120" in result.sentence) == ("warn", True, False)


def test_a_source_that_is_gone_holds() -> None:
    results = check_gates([numbers()], {"s": numbers(), "gone": numbers(source_id="gone")}, Gates())
    held = [result for result in results if result.level == "hold"]
    assert [result.name for result in held] == ["sources"]
    assert "gone" in held[0].sentence


def test_a_closed_year_changes_only_with_a_note() -> None:
    totals = [
        YearTotal(metric="robberies", year=2024, before=10, now=10),
        YearTotal(metric="homicide_victims", year=2024, before=10, now=11),
        YearTotal(metric="burglaries", year=2024, before=10, now=9, is_noted=True),
    ]
    results = check_gates([], {}, Gates(), closed_years=totals)
    levels = {result.source: result.level for result in results if result.name == "closed_years"}
    assert levels == {"homicide_victims": "hold", "burglaries": "warn"}


def test_the_city_sets_the_limits() -> None:
    gates = Gates(hold_fall=0.5, warn_fall=0.4)
    result = check_gates([numbers(fetched=700)], {"s": numbers()}, gates)
    assert {r.name: r.level for r in result}["volume"] == "ok"
