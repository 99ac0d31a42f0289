"""Evaluations of one panel: which word they may carry, what they say of too little, and that each design finds what was planted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harborlight.publish.strategies import load_designs
from harborlight.publish.strategy_estimates import (
    ALWAYS_TREND,
    COMPARED,
    INSIDE,
    Evaluation,
    Panel,
    by_quarter,
    evaluate_panel,
)
from tests.simulated import BEFORE, draw_panel


def large(ratio: float, seed: int = 5) -> Panel:
    """A panel with so many reports that chance hardly matters."""
    rng = np.random.default_rng(seed)
    panel = draw_panel(seed, 1.0)
    mean = np.outer(rng.uniform(60, 90, len(panel.roles)), np.linspace(1.2, 0.9, len(panel.months)))
    rows = np.array([role == INSIDE for role in panel.roles])
    mean[np.ix_(rows, np.arange(len(panel.months)) >= panel.start)] *= ratio
    return replace(panel, counts=rng.poisson(mean).astype(np.int64))


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return evaluate_panel(large(0.8), is_registered=True)


def test_every_design_finds_a_plain_effect(evaluation: Evaluation) -> None:
    found = {line.id: line for line in evaluation.lines}
    for name in ("did", "wdd", "synthetic_control", "augmented", "structural"):
        if name == "structural":  # it is carried on far beyond what it was fitted on, and its range says so
            assert (found[name].ratio_low or 9) < 0.8 < (found[name].ratio_high or 0) < 1
        else:
            assert found[name].ratio == pytest.approx(0.8, abs=0.05), name
        assert (found[name].ratio_low or 9) < (found[name].ratio or 0) < (found[name].ratio_high or 0), name
    assert found["ring_1"].ratio == pytest.approx(1.0, abs=0.05)
    assert 0.8 < (found["total"].ratio or 0) < 1.0
    assert evaluation.verdict == "fewer" and evaluation.label == "evaluation" and evaluation.lacks == ()


def test_labels_are_strict(evaluation: Evaluation) -> None:
    labels = {line.id: line.label for line in evaluation.lines}
    assert {labels[name] for name in ALWAYS_TREND} == {"trend"}
    assert {label for name, label in labels.items() if name not in ALWAYS_TREND} == {"evaluation"}
    exploratory = evaluate_panel(large(0.8), is_registered=False)
    assert exploratory.label == "comparison" and exploratory.lacks == ("registered",)
    assert "evaluation" not in {line.label for line in exploratory.lines}


def test_a_drift_before_the_start_is_no_evaluation() -> None:
    panel = large(1.0)
    counts = panel.counts.copy()
    rows = np.array([role == INSIDE for role in panel.roles])
    counts[rows] = (counts[rows] * np.linspace(1.6, 0.6, len(panel.months))).astype(np.int64)
    found = evaluate_panel(replace(panel, counts=counts), is_registered=True)
    assert "pretrend" in found.lacks and found.label == "comparison"


def test_too_few_reports_give_the_raw_change_only() -> None:
    panel = draw_panel(1, 1.0)
    found = evaluate_panel(replace(panel, counts=np.minimum(panel.counts, 0)), is_registered=True)
    assert found.state == "too_few" and found.verdict is None and found.label == "trend"
    assert [line.id for line in found.lines] == ["raw_change", "raw_compared"]


def test_few_areas_cannot_be_an_evaluation() -> None:
    panel = large(0.8)
    kept = [i for i, role in enumerate(panel.roles) if role == INSIDE][:1] + [i for i, role in enumerate(panel.roles) if role == COMPARED][:6]
    found = evaluate_panel(Panel(panel.months, panel.start, panel.counts[kept], tuple(panel.roles[i] for i in kept)), is_registered=True)
    assert found.placebo is not None and found.placebo.smallest > 0.05 and found.placebo_range is not None
    assert "placebo" in found.lacks and "displacement" in found.lacks and found.verdict == "no_clear_effect"


def test_quarters_are_counted_from_the_start() -> None:
    panel = draw_panel(2, 1.0)
    for start in range(12, 22):
        blocks = by_quarter(replace(panel, start=start))
        assert blocks.counts.sum() == panel.counts.sum()
        assert blocks.sums(INSIDE) == replace(panel, start=start).sums(INSIDE)
        assert blocks.months[blocks.start] == panel.months[start]


def test_events_agree_with_the_ratio(evaluation: Evaluation) -> None:
    for line in evaluation.lines:
        events = line.events(line.ratio)
        assert events is not None and line.n_after is not None and line.ratio
        assert line.n_after / (line.n_after - events) == pytest.approx(line.ratio)


def test_the_same_panel_gives_the_same_numbers() -> None:
    panel = draw_panel(3, 0.7)
    assert evaluate_panel(panel, is_registered=True) == evaluate_panel(panel, is_registered=True)


def test_what_is_expected_sums_to_what_was_before() -> None:
    panel = draw_panel(4, 0.7)
    found = evaluate_panel(panel, is_registered=True)
    assert sum(x or 0 for x in found.expected[:BEFORE]) == pytest.approx(panel.sums(INSIDE)[0])


def test_every_design_is_told_in_words(evaluation: Evaluation) -> None:
    designs = load_designs()
    for line in evaluation.lines:
        words = designs["ring" if line.id.startswith("ring_") else line.id]
        assert all(words[name].strip() for name in ("title", "design", "cannot_say"))
