"""Tables `strategies`, `strategy_estimates`, `strategy_months` and `strategy_studies`: made once a release, from its public counts.

A strategy is published with its plan, the plan's hash, and the day of the first release that carries this very plan: who changes a plan
after having seen an estimate leaves a trace. Nothing here runs in a serving worker.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from harborlight.catalog.models import Strategy
from harborlight.catalog.yaml_text import read_yaml
from harborlight.metrics.shapes import Facts
from harborlight.publish.strategy_estimates import COMPARED, INSIDE, Evaluation, Line, Panel, evaluate_panel
from harborlight.publish.strategy_panel import NoPanelError, Window, place_lines, read_panel, unit_lines
from harborlight.store import Connection, quote_text, read_rows, read_value, write_rows

PLAN = ("metric", "place", "starts_on", "comparison", "spans", "registered_on")
STRATEGY = {
    "strategy_id": "varchar", "title": "varchar", "agency": "varchar", "what": "varchar", "story": "varchar", "metric": "varchar",
    "layer": "varchar", "lines": "varchar", "areas": "varchar", "starts_on": "date", "ends_on": "date", "registered_on": "date",
    "plan_sha256": "varchar", "plan_since": "date", "state": "varchar", "why_not": "varchar", "label": "varchar", "lacks": "varchar",
    "verdict": "varchar", "unit_layer": "varchar", "unit_lines": "varchar", "inside_areas": "varchar", "compared_areas": "varchar",
    "ring_areas": "varchar", "before_from": "date", "before_to": "date", "after_from": "date", "after_to": "date", "pretrend_p": "double",
    "placebo_p": "double", "placebo_smallest": "double", "placebo_low": "double", "placebo_high": "double", "error": "double",
    "detectable_fall": "double", "power_20": "double", "power_30": "double", "ratio_least": "double", "ratio_most": "double", "cannot_say": "varchar",
}  # fmt: skip
ESTIMATE = {
    "strategy_id": "varchar", "estimate": "varchar", "title": "varchar", "label": "varchar", "place": "varchar", "n_before": "bigint",
    "n_after": "bigint", "ratio": "double", "ratio_low": "double", "ratio_high": "double", "events": "double", "events_low": "double",
    "events_high": "double", "p_value": "double", "flags": "varchar", "why_not": "varchar", "design": "varchar", "cannot_say": "varchar",
}  # fmt: skip
MONTH = {
    "strategy_id": "varchar", "month": "varchar", "is_after": "boolean", "inside": "bigint", "expected": "double", "compared": "bigint",
}
STUDY = {
    "strategy_id": "varchar", "ix": "integer", "kind": "varchar", "title": "varchar", "publisher": "varchar", "year": "integer",
    "page": "varchar", "design": "varchar", "outcome": "varchar", "finding": "varchar", "change": "double", "low": "double", "high": "double",
}  # fmt: skip
# Only these are estimates of what the strategy itself did: their spread is shown.
OF_EFFECT = ("did", "wdd", "synthetic_control", "augmented", "structural")


def make_strategies(con: Connection, facts: Facts, strategies: Sequence[Strategy], previous: Path | None, today: date) -> None:
    """Write the four tables into the database in use, which holds the public counts. `previous` is the store of the release before."""
    since = _plans_before(con, previous)
    found = []
    for strategy in sorted(strategies, key=lambda s: s.id):
        others = [other for other in strategies if other.id != strategy.id]
        plan_since = since.get((strategy.id, plan_sha256(strategy)), today)
        found.append(Judged(strategy, plan_since, *_evaluate(con, facts, strategy, others, today)))
    write_strategies(con, facts, found)


@dataclass(frozen=True)
class Judged:
    """A strategy with the day of the first release that has its plan, and whatever could be worked out."""

    strategy: Strategy
    plan_since: date
    state: str
    panel: Panel | None = None
    window: Window | None = None
    evaluation: Evaluation | None = None


def write_strategies(con: Connection, facts: Facts, found: Sequence[Judged]) -> None:
    """Write the four tables."""
    tables = (
        ("strategies", STRATEGY, [_strategy(facts, one) for one in found]),
        ("strategy_estimates", ESTIMATE, [_estimate(one.strategy.id, line) for one in found if one.evaluation for line in one.evaluation.lines]),
        ("strategy_months", MONTH, [row for one in found for row in _months(one)]),
        ("strategy_studies", STUDY, [row for one in found for row in _studies(one.strategy)]),
    )
    for name, types, rows in tables:
        write_rows(con, name, types, [tuple(map(_rounded, row)) for row in rows])


def _rounded(value: Any) -> Any:
    """Six digits of a fraction: more would differ from one processor to the next, and a rebuild must give the same rows."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


def plan_sha256(strategy: Strategy) -> str:
    """The hash of everything that decides an estimate: what it runs on, never how it is told."""
    plan = strategy.model_dump(mode="json", include=set(PLAN))
    return hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()


def _plans_before(con: Connection, previous: Path | None) -> dict[tuple[str, str], date]:
    """(strategy, plan) → day of the first release with it, as the release before knew it."""
    if previous is None:
        return {}
    con.execute(f"attach {quote_text(str(previous))} as plans_before (read_only)")
    try:
        if not read_value(
            con, "select count(*) from duckdb_tables() where database_name = 'plans_before' and table_name = 'strategies'"
        ):
            return {}
        rows = read_rows(con, "select strategy_id, plan_sha256, plan_since from plans_before.main.strategies")
    finally:
        con.execute("detach plans_before")
    return {(row["strategy_id"], row["plan_sha256"]): row["plan_since"] for row in rows}


def _evaluate(
    con: Connection, facts: Facts, strategy: Strategy, others: Sequence[Strategy], today: date
) -> tuple[str, Panel | None, Window | None, Evaluation | None]:
    """State, and whatever could be worked out. Nothing is looked at before the day of registration."""
    if strategy.comparison is None:
        return "not_evaluated", None, None, None
    if strategy.registered_on and strategy.registered_on >= today:
        return "not_yet_registered", None, None, None
    try:
        panel, window, _, _ = read_panel(con, facts, strategy, others)
    except NoPanelError as reason:
        return str(reason), None, None, None
    is_registered = strategy.registered_on is not None and strategy.registered_on <= window.after_to
    found = evaluate_panel(panel, is_registered=is_registered)
    return found.state, panel, window, found


# ---------------------------------------------------------------------------------------------------- rows


def _strategy(facts: Facts, one: Judged) -> tuple[Any, ...]:
    strategy, window, found = one.strategy, one.window, one.evaluation
    place, comparison = place_lines(facts, strategy), strategy.comparison
    ratios = [line.ratio for line in found.lines if line.id in OF_EFFECT and line.ratio] if found else []
    days: tuple[date | None, ...] = (window.before_from, window.before_to, window.after_from, window.after_to) if window else (None,) * 4
    checks: tuple[float | None, ...] = (None,) * 9
    if found and found.placebo:
        placebos = found.placebo.p_value, found.placebo.smallest, *(found.placebo_range or (None, None))
        checks = (found.pretrend_p, *placebos, found.error, found.detectable_fall, found.chance(0.8), found.chance(0.7))
    return (
        strategy.id, strategy.title, strategy.agency, strategy.what, "\n".join(strategy.story), strategy.metric, strategy.place.layer,
        place.id if place else strategy.place.lines, " ".join(strategy.place.areas), _day(strategy.starts_on), _day(strategy.ends_on),
        _day(strategy.registered_on), plan_sha256(strategy), _day(one.plan_since), one.state, strategy.not_evaluated,
        found.label if found else None, " ".join(found.lacks) if found else "", found.verdict if found else None,
        comparison.layer if comparison else None, *_units(facts, strategy, one.panel), *map(_day, days), *checks,
        min(ratios, default=None), max(ratios, default=None), "\n".join(strategy.cannot_say),
    )  # fmt: skip


def _units(facts: Facts, strategy: Strategy, panel: Panel | None) -> tuple[str | None, str, str, str]:
    """The version of the areas, and which of them are inside, compared, and around."""
    lines = unit_lines(facts, strategy)
    if lines is None or panel is None:
        return lines.id if lines else None, "", "", ""

    def having(test: str) -> str:
        return " ".join(area.id for area, role in zip(lines.areas, panel.roles, strict=True) if role.startswith(test))

    return lines.id, having(INSIDE), having(COMPARED), having("ring_")


def _estimate(strategy_id: str, line: Line) -> tuple[Any, ...]:
    words = load_designs()["ring" if line.id.startswith("ring_") else line.id]
    place = line.id if line.id.startswith("ring_") or line.id == "total" else COMPARED if line.id == "raw_compared" else INSIDE
    is_raw = line.id.startswith("raw_")
    events = [None if is_raw else line.events(ratio) for ratio in (line.ratio, line.ratio_low, line.ratio_high)]
    return (
        strategy_id, line.id, words["title"], line.label, place, line.n_before, line.n_after, line.ratio, line.ratio_low, line.ratio_high,
        *events, line.p_value, " ".join(line.flags), line.why_not, words["design"], words["cannot_say"],
    )  # fmt: skip


def _months(one: Judged) -> Iterator[tuple[Any, ...]]:
    if one.panel is None or one.evaluation is None:
        return
    panel, expected = one.panel, one.evaluation.expected or (None,) * len(one.panel.months)
    inside, compared = panel.rows(INSIDE).sum(0), panel.rows(COMPARED).sum(0)
    for i, month in enumerate(panel.months):
        yield one.strategy.id, month, i >= panel.start, int(inside[i]), expected[i], int(compared[i])


def _studies(strategy: Strategy) -> Iterator[tuple[Any, ...]]:
    for i, s in enumerate(strategy.studies, 1):
        yield strategy.id, i, s.kind, s.title, s.publisher, s.year, s.page, s.design, s.outcome, s.finding, s.change, s.low, s.high


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def load_designs() -> dict[str, dict[str, str]]:
    """Estimate → its title, how it works and what it cannot say, in plain words."""
    found: dict[str, dict[str, str]] = read_yaml((Path(__file__).parent / "designs.yaml").read_text(encoding="utf-8"))
    return found
